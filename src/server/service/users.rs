//! Accounts of people.

use crate::domain::action::{ChangeUser, CreateUser, ListUsers};
use crate::domain::error::What;
use crate::domain::principal::{Principal, PrincipalKind};
use crate::domain::{Error, Result, Username};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::identity::passwords;
use crate::server::secret::Secret;
use crate::server::store::{Change, principals, sessions};

/// What an account begins with.
pub struct NewUser {
    pub name: String,
    pub email: String,
    pub password: Secret,
}

/// Users after `after` in the order of their names.
pub async fn list(app: &App, _proof: &Authorized<ListUsers>, after: &str, limit: u32) -> Result<Vec<Principal>> {
    principals::users(&app.store, after, limit).await
}

/// One user, by username or id.
pub async fn show(app: &App, _proof: &Authorized<ListUsers>, who: &str) -> Result<Principal> {
    find(app, who).await
}

async fn find(app: &App, who: &str) -> Result<Principal> {
    let by_name = match who.parse::<Username>() {
        Ok(username) => principals::by_username(&app.store, &username).await?,
        Err(_) => None,
    };
    let found = if by_name.is_some() { by_name } else { principals::by_id(&app.store, who).await? };
    let found = found.filter(|found| found.kind == PrincipalKind::User);
    found.ok_or_else(|| Error::NotFound(What::User(who.chars().take(80).collect())))
}

/// Makes an account.
///
/// # Errors
/// [`Error::Conflict`] if the username is taken, [`Error::Invalid`] for a password that may not be used.
pub async fn create(app: &App, proof: &Authorized<CreateUser>, new: NewUser) -> Result<Principal> {
    let username = proof.action().username.clone();
    passwords::check(&new.password, &username)?;
    let (hash, now) = (app.identity.passwords.hash(&new.password).await?, app.clock.now());
    let user = Principal {
        id: new_id(&*app.entropy, now),
        kind: PrincipalKind::User,
        username,
        name: new.name,
        email: new.email,
        namespace: None,
        expires_at: None,
        disabled_at: None,
        created_at: now,
        seen_at: None,
    };
    let (added, by) = (user.clone(), proof.actor().clone());
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if !principals::insert(tx, &added, &by).await? {
                let taken = format!("the username {} is taken; choose another one", added.username);
                return Err(Error::Conflict(taken));
            }
            principals::set_password(tx, &added.id, &hash, now).await?;
            Ok(Change::new((), None, Some(added.id)))
        })
    });
    write.await?;
    Ok(user)
}

/// Lets somebody in no more, which ends their sessions, or again.
///
/// # Errors
/// [`Error::Conflict`] if nobody would be left who may do everything.
pub async fn change(app: &App, proof: &Authorized<ChangeUser>) -> Result<Principal> {
    let ChangeUser { username, disabled } = proof.action().clone();
    let (user, now) = (find(app, username.as_str()).await?, app.clock.now());
    let disabled_at = disabled.then_some(now);
    let (id, was_disabled) = (user.id.clone(), user.disabled_at.is_some());
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            principals::set_disabled(tx, &id, disabled_at).await?;
            if disabled {
                sessions::end_all(tx, &id).await?;
                principals::require_admin(tx).await?;
            }
            let words = |is_disabled: bool| Some(if is_disabled { "disabled" } else { "active" }.to_owned());
            Ok(Change::new((), words(was_disabled), words(disabled)))
        })
    });
    write.await?;
    Ok(Principal { disabled_at, ..user })
}
