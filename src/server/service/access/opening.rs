//! What becomes readable by anybody through a step that somebody is about to take, by the rule by which lists show it.

use super::require_name;
use crate::domain::action::{ConfigureRepository, GiveAccess};
use crate::domain::view::Opening;
use crate::domain::{Result, Scope};
use crate::server::access::{Authorized, Policy, Standing, visibility};
use crate::server::context::App;
use crate::server::store::{grants, unseen};

/// The most repositories that are named.
const FIRST: u32 = 10;

/// By a grant to everybody.
///
/// # Errors
/// [`Error::Invalid`](crate::domain::Error::Invalid) for a role that nobody gets without a name.
pub async fn by_grant(app: &App, proof: &Authorized<GiveAccess>) -> Result<Opening> {
    let GiveAccess { to, terms } = proof.action();
    require_name(to, terms.role)?;
    of(app, &terms.scope).await
}

/// By a repository that is made public.
pub async fn by_visibility(app: &App, proof: &Authorized<ConfigureRepository>) -> Result<Opening> {
    of(app, &Scope::Repository(proof.action().repository.clone())).await
}

async fn of(app: &App, scope: &Scope) -> Result<Opening> {
    let nobody = Standing::anonymous(grants::of_everybody(&app.store).await?);
    let seen = visibility(Policy::Grants, &nobody, app.clock.now());
    let (n, first) = unseen::of(&app.store, scope, &seen, FIRST).await?;
    Ok(Opening { n, first })
}
