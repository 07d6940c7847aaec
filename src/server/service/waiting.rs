//! People who signed in by a provider and whom nobody has let in yet.

use crate::domain::action::{Dismiss, LetIn, ListUsers};
use crate::domain::error::What;
use crate::domain::principal::Principal;
use crate::domain::{Error, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::identity;
use crate::server::store::Change;
use crate::server::store::waiting;
pub use crate::server::store::waiting::Waiting;

/// Those who wait, who came last first.
pub async fn list(app: &App, _proof: &Authorized<ListUsers>, limit: u32) -> Result<Vec<Waiting>> {
    waiting::list(&app.store, limit).await
}

/// Those after an identity, in the order of identities.
pub async fn page(app: &App, _proof: &Authorized<ListUsers>, after: (&str, &str), limit: u32) -> Result<Vec<Waiting>> {
    waiting::page(&app.store, after, limit).await
}

/// The one who waits under that identity.
///
/// # Errors
/// [`Error::NotFound`] if nobody does.
pub async fn find(app: &App, _proof: &Authorized<ListUsers>, (issuer, subject): (&str, &str)) -> Result<Waiting> {
    let found = waiting::find(&app.store, issuer, subject).await?;
    found.ok_or_else(|| Error::NotFound(What::User(subject.chars().take(80).collect())))
}

/// Lets somebody in: they are a user from now on, with what is given to them and what their groups bring.
///
/// # Errors
/// [`Error::NotFound`] if nobody waits under that identity.
pub async fn let_in(app: &App, proof: &Authorized<LetIn>) -> Result<Principal> {
    identity::let_in(app, proof).await
}

/// Somebody waits no longer; whoever they are, they may ask again by signing in.
pub async fn dismiss(app: &App, proof: &Authorized<Dismiss>) -> Result<()> {
    let Dismiss { issuer, subject } = proof.action().clone();
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            waiting::remove(tx, &issuer, &subject).await?;
            Ok(Change::new((), Some(format!("{subject} of {issuer}")), None))
        })
    });
    write.await
}
