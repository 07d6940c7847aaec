//! Forms about mounts.

use super::{Done, Form};
use crate::domain::action::{ChangeMount, CheckMount, CreateMount, DeleteMount, ProbeMount, RotateHook};
use crate::domain::error::What;
use crate::domain::mount::MountSettings;
use crate::domain::view::ProbeView;
use crate::domain::{Address, Error, MountPrefix, RepositoryVisibility, Result};
use crate::server::secret::Secret;
use crate::server::service::mounts::{self, Wanted};
use crate::ui::form::Intent;

/// What a registry answers, if a form is only to ask it.
pub(super) async fn probe(form: &Form<'_>, intent: Intent) -> Result<Option<ProbeView>> {
    if form.sent.text("probe").is_empty() {
        return Ok(None);
    }
    let found = match intent {
        Intent::CreateMount => {
            let proof = form.app.access.authorize(form.caller, ProbeMount {}).await?;
            mounts::probe(form.app, &proof, &wanted(form, form.sent.parse("prefix")?)?).await?
        }
        Intent::ChangeMount => {
            let prefix = prefix(form)?;
            let proof = form.app.access.authorize(form.caller, ChangeMount { prefix: prefix.clone() }).await?;
            mounts::try_change(form.app, &proof, wanted(form, prefix)?).await?
        }
        _ => return Ok(None),
    };
    Ok(Some(found))
}

pub(super) async fn perform(form: &Form<'_>, intent: Intent) -> Result<Done> {
    match intent {
        Intent::CreateMount => create(form).await,
        Intent::ChangeMount => change(form).await,
        Intent::CheckMount => check_now(form).await,
        Intent::RotateHook => rotate_hook(form).await,
        Intent::DeleteMount => delete(form).await,
        _ => Err(Error::Method),
    }
}

async fn create(form: &Form<'_>) -> Result<Done> {
    let prefix: MountPrefix = form.sent.parse("prefix")?;
    let proof = form.app.access.authorize(form.caller, CreateMount { prefix: prefix.clone() }).await?;
    let wanted = wanted(form, prefix.clone())?;
    require_name_of_public(form, &wanted, RepositoryVisibility::default())?;
    mounts::create(form.app, &proof, wanted).await?;
    Ok(Done::new(Address::Mount(prefix.clone()), Intent::CreateMount, prefix.shown()))
}

async fn change(form: &Form<'_>) -> Result<Done> {
    let prefix = prefix(form)?;
    let proof = form.app.access.authorize(form.caller, ChangeMount { prefix: prefix.clone() }).await?;
    let wanted = wanted(form, prefix.clone())?;
    require_name_of_public(form, &wanted, mounts::settings(form.app, &proof).await?.visibility)?;
    mounts::change(form.app, &proof, wanted).await?;
    Ok(Done::new(form.page(), Intent::ChangeMount, prefix.shown()))
}

async fn check_now(form: &Form<'_>) -> Result<Done> {
    let prefix = prefix(form)?;
    let proof = form.app.access.authorize(form.caller, CheckMount { prefix: prefix.clone() }).await?;
    mounts::check_now(form.app, &proof).await?;
    Ok(Done::new(form.page(), Intent::CheckMount, prefix.shown()))
}

async fn rotate_hook(form: &Form<'_>) -> Result<Done> {
    let prefix = prefix(form)?;
    let proof = form.app.access.authorize(form.caller, RotateHook { prefix: prefix.clone() }).await?;
    let secret = mounts::rotate_hook(form.app, &proof).await?;
    Ok(Done::new(form.page(), Intent::RotateHook, prefix.shown()).with_secret(secret.expose().to_owned()))
}

async fn delete(form: &Form<'_>) -> Result<Done> {
    let prefix = prefix(form)?;
    let proof = form.app.access.authorize(form.caller, DeleteMount { prefix: prefix.clone() }).await?;
    form.confirmed(&prefix.shown())?;
    mounts::remove(form.app, &proof).await?;
    Ok(Done::new(Address::Mounts, Intent::DeleteMount, prefix.shown()))
}

/// What becomes public takes its name typed. A form that holds a password goes nowhere else to be asked about: it comes
/// back with a field for that.
fn require_name_of_public(form: &Form<'_>, wanted: &Wanted, before: RepositoryVisibility) -> Result<()> {
    let opens = wanted.settings.visibility == RepositoryVisibility::Public && before != RepositoryVisibility::Public;
    if opens { form.confirmed(&wanted.prefix.shown()) } else { Ok(()) }
}

/// The mount whose page it is.
fn prefix(form: &Form<'_>) -> Result<MountPrefix> {
    let name = form.page().strip_prefix("/admin/mounts/").unwrap_or_default();
    MountPrefix::of_address(name).ok_or_else(|| Error::NotFound(What::Mount(name.chars().take(80).collect())))
}

fn wanted(form: &Form<'_>, prefix: MountPrefix) -> Result<Wanted> {
    let sent = form.sent;
    let names = |field: &str| {
        sent.text(field).split([' ', ',', '\r', '\n']).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    };
    let seconds = sent.text("refresh_s").parse();
    let (read_only, trash) = match sent.text("changes") {
        "trash" => (false, true),
        "final" => (false, false),
        _ => (true, true),
    };
    let settings = MountSettings {
        url: sent.text("url").to_owned(),
        upstream_prefix: sent.optional("upstream_prefix")?,
        repositories: names("repositories"),
        auth_hosts: names("auth_hosts"),
        username: sent.text("username").to_owned(),
        refresh_s: seconds.map_err(|_| Error::invalid("refresh_s", "this is a number of seconds"))?,
        token_service: sent.text("token_service").to_owned(),
        visibility: sent.parse("visibility")?,
        read_only,
        trash,
    };
    let password = Some(sent.secret("password")).filter(|password: &Secret| !password.expose().is_empty());
    Ok(Wanted { prefix, settings, password })
}
