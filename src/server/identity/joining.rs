//! Becoming a user by an identity at a provider: because its rules say so, or because an administrator lets somebody in
//! who waits. Under a name that nobody has, and once, however often it is asked.

use super::following::identity;
use super::names;
use super::provider::{Provider, Verified};
use super::sign_in::From;
use crate::domain::action::{JoinByProvider, LetIn, Mutation};
use crate::domain::error::What;
use crate::domain::principal::{Principal, PrincipalKind};
use crate::domain::{Actor, Error, Result, Timestamp, Username};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::store::identities::{self, Identity};
use crate::server::store::{Change, Tx, principals, waiting};

/// Makes a user of somebody whom the provider's rules let in.
pub(super) async fn join(app: &App, provider: &Provider, (verified, from): (&Verified, &From)) -> Result<Principal> {
    let now = app.clock.now();
    for username in names::candidates(&verified.usernames, &*app.entropy) {
        let user = new_user(app, username, (&verified.name, vouched(&verified.email, verified.email_is_verified)), now);
        let identity = identity(provider, verified, (&user.id, now));
        let action = JoinByProvider { username: user.username.clone(), provider: provider.name.clone() };
        let proof = app.access.vouch(user.actor(), from.asked(), action);
        let by = user.actor();
        if let Some(user) = add(app, &proof, (user, identity), by).await? {
            return Ok(user);
        }
    }
    Err(nameless())
}

/// Makes a user of somebody who waits. They have a session once they sign in again.
///
/// # Errors
/// [`Error::NotFound`] if nobody waits under that identity.
pub async fn let_in(app: &App, proof: &Authorized<LetIn>) -> Result<Principal> {
    let LetIn { issuer, subject } = proof.action();
    let who = waiting::find(&app.store, issuer, subject).await?;
    let who = who.ok_or_else(|| Error::NotFound(What::User(subject.chars().take(80).collect())))?;
    for username in names::candidates(&who.usernames, &*app.entropy) {
        let user = new_user(app, username, (&who.name, vouched(&who.email, who.email_verified)), app.clock.now());
        let identity = Identity {
            issuer: issuer.clone(),
            subject: subject.clone(),
            provider: who.provider.clone(),
            user_id: user.id.clone(),
            email: who.email.clone(),
            name: who.name.clone(),
            checked_at: who.last_at,
            refused_at: None,
        };
        if let Some(user) = add(app, proof, (user, identity), proof.actor().clone()).await? {
            return Ok(user);
        }
    }
    Err(nameless())
}

/// An address for which the provider vouches: others name people by it, and anybody can say of themselves what they like.
fn vouched(email: &str, is_verified: bool) -> &str {
    if is_verified { email } else { "" }
}

/// Adds the user with the identity; the one who has it already, if somebody does. `None` if the username is taken.
async fn add<A: Mutation>(
    app: &App,
    proof: &Authorized<A>,
    (user, identity): (Principal, Identity),
    by: Actor,
) -> Result<Option<Principal>> {
    let added = user.clone();
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let id = insert(tx, &added, &identity, &by).await?.ok_or_else(taken)?;
            Ok(Change::new(id, None, Some(format!("{} <{}>", added.username, identity.email))))
        })
    });
    let written = write.await;
    waiting::changed(&app.store);
    match written {
        Ok(id) if id == user.id => Ok(Some(user)),
        Ok(other) => principals::by_id(&app.store, &other).await?.ok_or(Error::Internal).map(Some),
        Err(error) if error == taken() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The id of whose identity it is now; `None` if the username is taken.
async fn insert(tx: &mut Tx, user: &Principal, identity: &Identity, by: &Actor) -> Result<Option<String>> {
    tx.lock(&format!("identity {} of {}", identity.subject, identity.issuer)).await?;
    if let Some(other) = identities::find_in(tx, &identity.issuer, &identity.subject).await? {
        return Ok(Some(other.user_id));
    }
    if !principals::insert(tx, user, by).await? {
        return Ok(None);
    }
    identities::insert(tx, identity).await?;
    waiting::remove(tx, &identity.issuer, &identity.subject).await?;
    Ok(Some(user.id.clone()))
}

fn new_user(app: &App, username: Username, (name, email): (&str, &str), now: Timestamp) -> Principal {
    Principal {
        id: new_id(&*app.entropy, now),
        kind: PrincipalKind::User,
        username,
        name: name.to_owned(),
        // Where the provider tells no address, it may be a name.
        email: if email.contains('@') { email.to_owned() } else { String::new() },
        namespace: None,
        expires_at: None,
        disabled_at: None,
        created_at: now,
        seen_at: None,
    }
}

fn taken() -> Error {
    Error::Conflict("the username is taken".to_owned())
}

fn nameless() -> Error {
    Error::Conflict("no name could be found for this account; ask an administrator of this registry".to_owned())
}
