//! Forms about tokens: one's own, and those of a user whose page it is.

use super::account::username;
use super::sent::{at_until, taken};
use super::{Done, Form};
use crate::domain::action::{CreateToken, DeleteToken, ListUsers, ReadAccount, RevokeToken};
use crate::domain::{Address, Error, Result, Role, Terms, TokenName, Username};
use crate::server::service::{personal_tokens, users};
use crate::ui::form::Intent;

pub(super) async fn create(form: &Form<'_>) -> Result<Done> {
    let (username, name): (_, TokenName) = (username(form)?, form.sent.parse("name")?);
    let (bound, expires_at) = (bound(form)?, form.sent.end_of_day("until")?);
    let action = CreateToken { username, name: name.clone(), bound, expires_at };
    let proof = form.app.access.authorize(form.caller, action).await?;
    let made = personal_tokens::create(form.app, &proof).await;
    let (_, secret) = made.map_err(|error| taken("name", at_until(error)))?;
    Ok(Done::new(Address::Tokens, Intent::CreateToken, name).with_secret(secret.expose().to_owned()))
}

/// The most that it allows; nothing where all that its owner may was chosen.
fn bound(form: &Form<'_>) -> Result<Option<Terms>> {
    let Some(role) = form.sent.optional::<Role>("role")? else {
        let left = ["scope", "tags"].into_iter().find(|field| !form.sent.text(field).is_empty());
        return match left {
            None => Ok(None),
            // Whoever filled these in meant a bound.
            Some(_) => Err(Error::invalid("role", "choose a role, or leave out where and which tags")),
        };
    };
    if form.sent.text("scope").is_empty() {
        return Err(Error::invalid("scope", "say where: * is everything, team/* a namespace, team/web a repository"));
    }
    Terms::new(role, form.sent.parse("scope")?, form.sent.optional("tags")?, None).map(Some)
}

pub(super) async fn delete(form: &Form<'_>) -> Result<Done> {
    let username = username(form)?;
    let reading = form.app.access.authorize(form.caller, ReadAccount { username: username.clone() }).await?;
    let token = personal_tokens::find(form.app, &reading, form.sent.text("token")).await?;
    let action = DeleteToken { username, id: token.id, name: token.name.clone() };
    let proof = form.app.access.authorize(form.caller, action).await?;
    personal_tokens::delete(form.app, &proof).await?;
    Ok(Done::new(Address::Tokens, Intent::DeleteToken, token.name))
}

pub(super) async fn revoke(form: &Form<'_>) -> Result<Done> {
    let username: Username = form.last_part().parse()?;
    let listing = form.app.access.authorize(form.caller, ListUsers {}).await?;
    let user = users::view(form.app, &listing, &username).await?;
    let token = personal_tokens::chosen(user.tokens, form.sent.text("token"))?;
    let action = RevokeToken { username: username.clone(), id: token.id, name: token.name.clone() };
    let proof = form.app.access.authorize(form.caller, action).await?;
    personal_tokens::revoke(form.app, &proof).await?;
    Ok(Done::new(Address::User(username), Intent::RevokeToken, token.name))
}
