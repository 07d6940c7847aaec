//! Questions about tokens and robots.

use crate::domain::view::{RobotsView, TokensView};
use crate::domain::{Error, Namespace};
use leptos::prelude::*;

/// The caller's own tokens.
#[server(name = ShowTokens, endpoint = "tokens/show")]
pub async fn show_tokens() -> Result<TokensView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let username = caller.actor().name().unwrap_or_default().parse().map_err(|_| Error::Unauthenticated)?;
    let proof = app.access.authorize(&caller, action::ReadAccount { username }).await?;
    service::personal_tokens::view(&app, &proof).await
}

/// The robots of a namespace after `after`.
#[server(name = ShowRobots, endpoint = "robots/show")]
pub async fn show_robots(namespace: Namespace, after: String) -> Result<RobotsView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ReadRobots { namespace }).await?;
    service::robots::view(&app, &proof, &after).await
}
