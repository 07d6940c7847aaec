//! Forms about users.

use super::sent::taken;
use super::{Done, Form};
use crate::domain::action::{ChangeUser, CreateUser, DeleteUser, Dismiss, InviteUser, LetIn, SignOutUser};
use crate::domain::{Address, Error, Result, Username};
use crate::server::service::users::{self, NewUser};
use crate::server::service::waiting;
use crate::ui::form::Intent;

pub(super) async fn perform(form: &Form<'_>, intent: Intent) -> Result<Done> {
    match intent {
        Intent::CreateUser => create(form).await,
        Intent::InviteAgain => invite_again(form).await,
        Intent::DisableUser | Intent::EnableUser => set_disabled(form, intent == Intent::DisableUser).await,
        Intent::DeleteUser => delete(form).await,
        Intent::EndSessions => end_sessions(form).await,
        Intent::LetIn => let_in(form).await,
        Intent::Dismiss => dismiss(form).await,
        _ => Err(Error::Method),
    }
}

async fn create(form: &Form<'_>) -> Result<Done> {
    let username: Username = form.sent.parse("username")?;
    let new =
        NewUser { name: form.sent.text("name").to_owned(), email: form.sent.text("email").to_owned(), password: None };
    let proof = form.app.access.authorize(form.caller, CreateUser { username }).await?;
    let made = users::create(form.app, &proof, new).await;
    let (made, link) = made.map_err(|error| taken("username", error))?;
    let done = Done::new(Address::Users, Intent::CreateUser, made.username);
    Ok(match link {
        Some(link) => done.with_secret(link),
        None => done,
    })
}

async fn invite_again(form: &Form<'_>) -> Result<Done> {
    let username = username(form)?;
    let proof = form.app.access.authorize(form.caller, InviteUser { username: username.clone() }).await?;
    let link = users::invite(form.app, &proof).await?;
    Ok(Done::new(Address::User(username.clone()), Intent::InviteAgain, username).with_secret(link))
}

async fn set_disabled(form: &Form<'_>, disabled: bool) -> Result<Done> {
    let username = username(form)?;
    let action = ChangeUser { username: username.clone(), disabled };
    let proof = form.app.access.authorize(form.caller, action).await?;
    let ended = users::change(form.app, &proof).await?;
    let intent = if disabled { Intent::DisableUser } else { Intent::EnableUser };
    Ok(Done::new(Address::User(username.clone()), intent, username).with_ended(ended))
}

async fn delete(form: &Form<'_>) -> Result<Done> {
    let username = username(form)?;
    form.confirmed(username.as_str())?;
    let proof = form.app.access.authorize(form.caller, DeleteUser { username: username.clone() }).await?;
    users::delete(form.app, &proof).await?;
    Ok(Done::new(Address::Users, Intent::DeleteUser, username))
}

async fn end_sessions(form: &Form<'_>) -> Result<Done> {
    let username = username(form)?;
    let proof = form.app.access.authorize(form.caller, SignOutUser { username: username.clone() }).await?;
    users::sign_out(form.app, &proof).await?;
    Ok(Done::new(Address::User(username.clone()), Intent::EndSessions, username))
}

async fn let_in(form: &Form<'_>) -> Result<Done> {
    let (issuer, subject) = (form.sent.text("issuer").to_owned(), form.sent.text("subject").to_owned());
    let proof = form.app.access.authorize(form.caller, LetIn { issuer, subject }).await?;
    let user = waiting::let_in(form.app, &proof).await?;
    Ok(Done::new(Address::User(user.username.clone()), Intent::LetIn, user.username))
}

async fn dismiss(form: &Form<'_>) -> Result<Done> {
    let (issuer, subject) = (form.sent.text("issuer").to_owned(), form.sent.text("subject").to_owned());
    let proof = form.app.access.authorize(form.caller, Dismiss { issuer, subject }).await?;
    waiting::dismiss(form.app, &proof).await?;
    let page = form.uri.path_and_query().map_or_else(|| Address::Users.to_string(), ToString::to_string);
    Ok(Done::new(page, Intent::Dismiss, form.sent.text("email")))
}

/// The user whose page it is.
fn username(form: &Form<'_>) -> Result<Username> {
    form.last_part().parse()
}
