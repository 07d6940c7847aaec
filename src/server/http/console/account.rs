//! Forms about one's own account.

use super::{Done, Form};
use crate::domain::action::{ChangePassword, EndSession, LinkIdentity, StarRepository, UnlinkIdentity};
use crate::domain::error::What;
use crate::domain::{Address, Error, Result, Username};
use crate::server::identity::linking::{self, Ownership};
use crate::server::service::{account, stars};
use crate::ui::form::Intent;

pub(super) async fn perform(form: &Form<'_>, intent: Intent) -> Result<Done> {
    match intent {
        Intent::Star | Intent::Unstar => star(form, intent).await,
        Intent::ChangePassword => change_password(form).await,
        Intent::EndSession => end_session(form).await,
        Intent::LinkIdentity => link(form).await,
        Intent::UnlinkIdentity => unlink(form).await,
        _ => Err(Error::Method),
    }
}

async fn change_password(form: &Form<'_>) -> Result<Done> {
    let username = username(form)?;
    let proof = form.app.access.authorize(form.caller, ChangePassword { username: username.clone() }).await?;
    let secrets = (&form.sent.secret("password_before"), &form.sent.secret("password"));
    let session = form.caller.standing.session().map(ToOwned::to_owned);
    account::change_password(form.app, &proof, secrets, (session, (&form.from, form.mark.as_ref()))).await?;
    Ok(Done::new(Address::Account, Intent::ChangePassword, username))
}

async fn end_session(form: &Form<'_>) -> Result<Done> {
    let action = EndSession { username: username(form)?, id: form.sent.text("session").to_owned() };
    let proof = form.app.access.authorize(form.caller, action).await?;
    account::end_session(form.app, &proof).await?;
    Ok(Done::new(Address::Account, Intent::EndSession, ""))
}

/// Goes to a provider, to come back with one more way in.
async fn link(form: &Form<'_>) -> Result<Done> {
    let action = LinkIdentity { username: username(form)?, provider: form.sent.text("provider").to_owned() };
    let proof = form.app.access.authorize(form.caller, action).await?;
    let session = form.caller.standing.session().unwrap_or_default();
    let (password, from) = (form.sent.secret("password"), (form.from.as_str(), form.mark.as_ref()));
    let shown = Ownership { session, password, from };
    let begun = linking::begin(form.app, &proof, shown, form.browser.clone()).await?;
    Ok(Done::new(Address::Account, Intent::LinkIdentity, "").by(begun))
}

async fn unlink(form: &Form<'_>) -> Result<Done> {
    let provider = form.sent.text("provider").to_owned();
    let action = UnlinkIdentity { username: username(form)?, provider: provider.clone() };
    let proof = form.app.access.authorize(form.caller, action).await?;
    linking::unlink(form.app, &proof, form.caller.standing.session()).await?;
    let title = form.app.identity.providers.find(&provider).map(|provider| provider.title.clone());
    Ok(Done::new(Address::Account, Intent::UnlinkIdentity, title.unwrap_or(provider)))
}

/// Marks the repository whose page it is.
async fn star(form: &Form<'_>, intent: Intent) -> Result<Done> {
    let Some(Address::Repository(repository)) = form.page().strip_prefix("/r/").and_then(Address::parse_repository)
    else {
        return Err(Error::NotFound(What::Page));
    };
    let (username, starred) = (username(form)?, intent == Intent::Star);
    let action = StarRepository { username, repository: repository.clone(), starred };
    let proof = form.app.access.authorize(form.caller, action).await?;
    stars::set(form.app, &proof).await?;
    Ok(Done::new(Address::Repository(repository.clone()), intent, repository))
}

/// Whoever sends the form.
pub(super) fn username(form: &Form<'_>) -> Result<Username> {
    form.caller.actor().name().ok_or(Error::Unauthenticated)?.parse()
}
