//! What was done, by whom.

use super::opens;
use crate::domain::action::ReadActivity;
use crate::domain::view::{ActivityQuery, ActivityRow, ActivityView};
use crate::domain::{Permission, Result, Target};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::store::activity;

/// A page of what was done in a scope, newest first. Who may not look people up reads that something happened to
/// accounts and groups, and no address or name that stands in the state before or after.
pub async fn list(
    app: &App,
    proof: &Authorized<ReadActivity>,
    query: &ActivityQuery,
    limit: u32,
) -> Result<ActivityView> {
    let scope = proof.action().scope.clone();
    let mut rows = activity::list(&app.store, &scope, query, limit + 1).await?;
    let is_cut = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| is_cut).map(|row| row.id.clone());
    if proof.rights().require(Permission::UserRead, &Target::Instance).is_err() {
        rows.iter_mut().filter(|row| is_about_people(row)).for_each(mask);
    }
    Ok(ActivityView { opens: opens(proof, &scope), scope, rows, next })
}

fn is_about_people(row: &ActivityRow) -> bool {
    let kind = row.action.split('.').next().unwrap_or_default();
    matches!(kind, "user" | "group" | "account" | "session" | "instance")
}

fn mask(row: &mut ActivityRow) {
    (row.before, row.after) = (None, None);
    // What a provider calls somebody may be an address.
    if matches!(row.action.as_str(), "user.let-in" | "user.dismiss") {
        row.object.clear();
    }
}
