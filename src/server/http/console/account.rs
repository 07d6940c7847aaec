//! Forms about one's own account.

use super::{Done, Form};
use crate::domain::action::{ChangePassword, EndSession};
use crate::domain::{Address, Error, Result, Username};
use crate::server::service::account;
use crate::ui::form::Intent;

pub(super) async fn change_password(form: &Form<'_>) -> Result<Done> {
    let username = username(form)?;
    let proof = form.app.access.authorize(form.caller, ChangePassword { username: username.clone() }).await?;
    let secrets = (&form.sent.secret("password_before"), &form.sent.secret("password"));
    let session = form.caller.standing.session().map(ToOwned::to_owned);
    account::change_password(form.app, &proof, secrets, (session, (&form.from, form.mark.as_ref()))).await?;
    Ok(Done::new(Address::Account, Intent::ChangePassword, username))
}

pub(super) async fn end_session(form: &Form<'_>) -> Result<Done> {
    let action = EndSession { username: username(form)?, id: form.sent.text("session").to_owned() };
    let proof = form.app.access.authorize(form.caller, action).await?;
    account::end_session(form.app, &proof).await?;
    Ok(Done::new(Address::Account, Intent::EndSession, ""))
}

/// Whoever sends the form.
pub(super) fn username(form: &Form<'_>) -> Result<Username> {
    form.caller.actor().name().ok_or(Error::Unauthenticated)?.parse()
}
