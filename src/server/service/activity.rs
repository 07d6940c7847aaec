//! What was done, by whom.

use crate::domain::Result;
use crate::domain::action::ReadActivity;
use crate::domain::view::{ActivityQuery, ActivityView};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::store::activity;

/// A page of it, newest first.
pub async fn list(
    app: &App,
    _proof: &Authorized<ReadActivity>,
    query: &ActivityQuery,
    limit: u32,
) -> Result<ActivityView> {
    let mut rows = activity::list(&app.store, query, limit + 1).await?;
    let is_cut = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| is_cut).map(|row| row.id.clone());
    Ok(ActivityView { rows, next })
}
