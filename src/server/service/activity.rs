//! What was done, by whom.

use super::opens;
use crate::domain::action::ReadActivity;
use crate::domain::view::{ActivityQuery, ActivityRow, ActivityView};
use crate::domain::{Permission, RepositoryName, Result, Target};
use crate::server::access::{Authorized, Standing};
use crate::server::context::App;
use crate::server::store::activity;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A page of what was done in a scope, newest first. Who may not look people, mounts or providers up reads that something
/// happened to them, and neither the state before or after nor from where; who may not read what was copied to a repository,
/// that something was.
pub async fn list(
    app: &App,
    proof: &Authorized<ReadActivity>,
    query: &ActivityQuery,
    limit: u32,
) -> Result<ActivityView> {
    let scope = proof.action().scope.clone();
    let lacks = |permission| proof.rights().require(permission, &Target::Instance).is_err();
    let masked = MASKED.iter().filter(|(permission, _)| lacks(*permission));
    let masked: Vec<&str> = masked.flat_map(|(_, kinds)| kinds.iter().copied()).collect();
    // What is hidden is not found by it either, nor told by how many there are.
    let mut left_out = if query.object.is_empty() { vec![] } else { masked.clone() };
    let mut sources = Sources { app, standing: proof.rights().standing(), read: BTreeMap::new() };
    if let Some(source) = activity::source_in(&query.object)
        && !sources.are_read(source).await?
    {
        left_out.push("tag");
    }
    let mut rows = activity::list(&app.store, &scope, (query, &left_out), limit + 1).await?;
    let is_cut = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| is_cut).map(|row| row.id.clone());
    rows.iter_mut().filter(|row| is_of(&masked, row)).for_each(mask);
    for row in &mut rows {
        if let Some(source) = &row.source
            && !sources.are_read(source).await?
        {
            row.source = None;
        }
    }
    Ok(ActivityView { opens: opens(app, proof, &scope), scope, rows, next })
}

/// Kinds of actions whose details stand on pages that want a permission of the instance.
const MASKED: &[(Permission, &[&str])] = &[
    (Permission::UserRead, &["user", "group", "account", "session", "instance"]),
    (Permission::MountRead, &["mount"]),
    (Permission::SystemConfigure, &["provider"]),
];

/// What was copied, with what was found out of where it was.
struct Sources<'a> {
    app: &'a App,
    standing: Arc<Standing>,
    read: BTreeMap<RepositoryName, bool>,
}

impl Sources<'_> {
    /// Whether the reader may read where that was.
    async fn are_read(&mut self, source: &str) -> Result<bool> {
        let Some(name) = place_of(source) else { return Ok(false) };
        if let Some(known) = self.read.get(&name) {
            return Ok(*known);
        }
        let target = Target::Repository(name.clone());
        let is_read = self.app.access.permits(&self.standing, Permission::RepositoryRead, &target).await?;
        self.read.insert(name, is_read);
        Ok(is_read)
    }
}

/// The repository of what a record names: of `team/web:1.0 and 2 more`, `team/web`.
pub(super) fn place_of(object: &str) -> Option<RepositoryName> {
    object.split([':', ' ']).next()?.parse().ok()
}

fn is_of(kinds: &[&str], row: &ActivityRow) -> bool {
    kinds.contains(&row.action.split('.').next().unwrap_or_default())
}

fn mask(row: &mut ActivityRow) {
    (row.before, row.after) = (None, None);
    row.address.clear();
    // What a provider calls somebody may be an address.
    if matches!(row.action.as_str(), "user.let-in" | "user.dismiss" | "session.open") {
        row.object.clear();
    }
}
