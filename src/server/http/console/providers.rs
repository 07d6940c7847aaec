//! Forms about identity providers.

use super::sent::{at, taken};
use super::{Done, Form};
use crate::domain::action::{
    AcceptGroup, ChangeProvider, CreateProvider, DeleteProvider, DisableProvider, EnableProvider, ListProviders,
};
use crate::domain::error::What;
use crate::domain::view::ProviderView;
use crate::domain::{Address, Error, ProviderName, ProviderSettings, Result};
use crate::server::identity::again;
use crate::server::service::providers;
use crate::ui::form::Intent;

/// The secret's field: what is called so is never shown again.
const SECRET: &str = "client_password";

pub(super) async fn perform(form: &Form<'_>, intent: Intent) -> Result<Done> {
    match intent {
        Intent::CreateProvider => create(form).await,
        Intent::ChangeProvider => change(form).await,
        Intent::EnableProvider | Intent::DisableProvider => set_enabled(form, intent == Intent::EnableProvider).await,
        Intent::DeleteProvider => delete(form).await,
        Intent::AcceptGroup => accept_group(form).await,
        // One is tried by a link: a form is not led to another host.
        _ => Err(Error::Method),
    }
}

async fn create(form: &Form<'_>) -> Result<Done> {
    let (name, kind): (ProviderName, _) = (form.sent.parse("name")?, form.sent.parse("kind")?);
    let settings = settings(form);
    let brings_admins = !settings.admin_groups.is_empty();
    let action = CreateProvider { name: name.clone(), brings_admins };
    let proof = form.app.access.authorize(form.caller, action).await?;
    let made = providers::create(form.app, &proof, (kind, settings), Some(form.sent.secret(SECRET))).await;
    made.map_err(|error| taken("name", of_form(error)))?;
    let title = form.sent.text("title");
    Ok(Done::new(Address::Provider(name), Intent::CreateProvider, title))
}

async fn change(form: &Form<'_>) -> Result<Done> {
    let (name, before) = present(form).await?;
    let (settings, secret) = (settings(form), form.sent.secret(SECRET));
    let keeps_address = settings.url == before.settings.url;
    if secret.expose().is_empty() && !(keeps_address && before.row.has_secret) {
        let words = match keeps_address {
            true => "give the client secret: none is kept",
            false => {
                "the address is another one, so give the secret that belongs to it: the one before goes nowhere else"
            }
        };
        return Err(Error::invalid(SECRET, words));
    }
    let brings_admins = !settings.admin_groups.is_empty() || !before.settings.admin_groups.is_empty();
    let action = ChangeProvider { name: name.clone(), brings_admins };
    let proof = form.app.access.authorize(form.caller, action).await?;
    providers::change(form.app, &proof, settings, Some(secret)).await.map_err(of_form)?;
    Ok(Done::new(Address::Provider(name), Intent::ChangeProvider, form.sent.text("title")))
}

async fn set_enabled(form: &Form<'_>, is_enabled: bool) -> Result<Done> {
    let (name, before) = present(form).await?;
    let intent = match is_enabled {
        true => {
            let brings_admins = !before.settings.admin_groups.is_empty();
            let action = EnableProvider { name: name.clone(), brings_admins };
            providers::enable(form.app, &form.app.access.authorize(form.caller, action).await?).await?;
            Intent::EnableProvider
        }
        false => {
            let action = DisableProvider { name: name.clone() };
            providers::disable(form.app, &form.app.access.authorize(form.caller, action).await?).await?;
            Intent::DisableProvider
        }
    };
    Ok(Done::new(Address::Provider(name), intent, before.row.title))
}

async fn delete(form: &Form<'_>) -> Result<Done> {
    let (name, before) = present(form).await?;
    form.confirmed(name.as_str())?;
    let proof = form.app.access.authorize(form.caller, DeleteProvider { name: name.clone() }).await?;
    let listing = form.app.access.authorize(form.caller, ListProviders {}).await?;
    if providers::is_last(form.app, &listing, name.as_str()).await? {
        let from = (form.from.as_str(), form.mark.as_ref());
        again::show(form.app, &form.caller.standing, &form.sent.secret("password"), from).await?;
    }
    providers::delete(form.app, &proof).await?;
    Ok(Done::new(Address::Providers, Intent::DeleteProvider, before.row.title))
}

async fn accept_group(form: &Form<'_>) -> Result<Done> {
    let (name, _) = present(form).await?;
    let (value, id) = (form.sent.text("value").to_owned(), form.sent.text("id").to_owned());
    let brings_admins = providers::brings_admins(form.app, &name, &value);
    let action = AcceptGroup { name: name.clone(), value: value.clone(), id, brings_admins };
    let proof = form.app.access.authorize(form.caller, action).await?;
    providers::accept(form.app, &proof).await?;
    Ok(Done::new(Address::Provider(name), Intent::AcceptGroup, value))
}

/// The provider whose page it is.
async fn present(form: &Form<'_>) -> Result<(ProviderName, ProviderView)> {
    let name: ProviderName = form.last_part().parse().map_err(|_| Error::NotFound(What::Page))?;
    let proof = form.app.access.authorize(form.caller, ListProviders {}).await?;
    let view = providers::view(form.app, &proof, name.as_str()).await?;
    Ok((name, view))
}

fn settings(form: &Form<'_>) -> ProviderSettings {
    let text = |name: &str| form.sent.text(name).to_owned();
    let lines = |name: &str| {
        let lines = form.sent.text(name).lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    ProviderSettings {
        title: text("title"),
        url: text("url"),
        api_url: text("api_url"),
        client_id: text("client_id"),
        scopes: form.sent.text("scopes").split_whitespace().map(ToOwned::to_owned).collect(),
        groups_claim: text("groups_claim"),
        username_claim: text("username_claim"),
        open_sign_up: form.sent.text("open_sign_up") == "yes",
        allowed_groups: lines("allowed_groups"),
        admin_groups: lines("admin_groups"),
    }
}

/// What is wrong with the secret is wrong with the field that it has here.
fn of_form(error: Error) -> Error {
    match &error {
        Error::Invalid { field, .. } if field == "client_secret" => at(SECRET, error),
        _ => error,
    }
}
