//! Forms about how repositories and namespaces are set.

use super::sent::taken;
use super::{Done, Form};
use crate::domain::action::{ConfigureNamespace, ConfigureRepository, CreateRepository};
use crate::domain::error::What;
use crate::domain::{Address, Error, RepositoryName, Result, Scope};
use crate::server::service::settings;
use crate::ui::form::Intent;
use crate::ui::query::address;

pub(super) async fn create(form: &Form<'_>) -> Result<Done> {
    let repository: RepositoryName = form.sent.parse("name")?;
    let description = form.sent.text("description").to_owned();
    let visibility = form.sent.optional("visibility")?;
    let action = CreateRepository { repository: repository.clone(), description, visibility };
    let proof = form.app.access.authorize(form.caller, action).await?;
    settings::create_repository(form.app, &proof).await.map_err(|error| taken("name", error))?;
    Ok(Done::new(Address::Repository(repository.clone()), Intent::CreateRepository, repository))
}

/// The repository whose page it is.
fn of_page(form: &Form<'_>) -> Result<RepositoryName> {
    match form.page().strip_prefix("/r/").and_then(Address::parse_repository) {
        Some(Address::Settings(Scope::Repository(repository))) => Ok(repository),
        _ => Err(Error::NotFound(What::Page)),
    }
}

pub(super) async fn repository(form: &Form<'_>) -> Result<Done> {
    repository_or_ask(form).await.map_err(|error| form.to_question(error))
}

/// A repository becomes public only after that was asked about.
async fn repository_or_ask(form: &Form<'_>) -> Result<Done> {
    let repository = of_page(form)?;
    let description = Some(form.sent.text("description").to_owned());
    let visibility = Some(form.sent.parse("visibility")?);
    let action = ConfigureRepository { repository: repository.clone(), description, visibility };
    let proof = form.app.access.authorize(form.caller, action).await?;
    if settings::makes_public(form.app, &proof).await? && !form.answered(repository.as_str())? {
        let asked = [("open", "yes"), ("description", form.sent.text("description"))];
        return Ok(Done::asking(address(form.page(), &asked), Intent::ConfigureRepository));
    }
    settings::configure_repository(form.app, &proof).await?;
    Ok(Done::new(form.page(), Intent::ConfigureRepository, repository))
}

pub(super) async fn namespace(form: &Form<'_>) -> Result<Done> {
    let page = form.page().strip_prefix("/n/").and_then(Address::parse_namespace);
    let (namespace, default_visibility, trash_days) = match page {
        Some(Address::Settings(Scope::Namespace(namespace))) => {
            (namespace, Some(form.sent.parse("default_visibility")?), None)
        }
        Some(Address::Policies(namespace)) => (namespace, None, Some(form.sent.optional("trash_days")?)),
        _ => return Err(Error::NotFound(What::Page)),
    };
    let action = ConfigureNamespace { namespace: namespace.clone(), default_visibility, trash_days };
    let proof = form.app.access.authorize(form.caller, action).await?;
    if settings::begins_public(form.app, &proof).await? && !form.answered(namespace.as_str())? {
        return Ok(Done::asking(address(form.page(), &[("open", "yes")]), Intent::ConfigureNamespace));
    }
    if settings::keeps_shorter(form.app, &proof).await? && !form.answered(namespace.as_str())? {
        let days = form.sent.text("trash_days");
        return Ok(Done::asking(address(form.page(), &[("days", days)]), Intent::ConfigureNamespace));
    }
    settings::configure_namespace(form.app, &proof).await?;
    Ok(Done::new(form.page(), Intent::ConfigureNamespace, namespace))
}
