//! People who signed in by a provider and whom nobody has let in yet.

use crate::domain::Result;
use crate::domain::action::{Dismiss, LetIn, ListUsers};
use crate::domain::principal::Principal;
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::identity;
use crate::server::store::Change;
use crate::server::store::waiting::{self, Waiting};

/// Those who wait, who came last first.
pub async fn list(app: &App, _proof: &Authorized<ListUsers>, limit: u32) -> Result<Vec<Waiting>> {
    waiting::list(&app.store, limit).await
}

/// Lets somebody in: they are a user from now on, with what is given to them and what their groups bring.
///
/// # Errors
/// [`crate::domain::Error::NotFound`] if nobody waits under that identity.
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
