//! The history of names: read, and all of a namespace brought back to a time.

mod back;
mod kept;
mod shown;

pub use back::{Agreed, roll_back};
pub use kept::{Weighed, weigh};
pub use shown::{as_of_page, deleted, page};

use super::repositories::{position, require};
use super::who;
use crate::domain::action::{ReadRepository, RollBackNamespace};
use crate::domain::view::{Difference, HistoryQuery, HistoryRow};
use crate::domain::{Digest, Error, Namespace, Page, Result, Scope, Timestamp};
use crate::server::access::Authorized;
use crate::server::context::{App, Mount};
use crate::server::store::history::{self, Span};
use crate::server::store::protections;
use crate::server::store::radius::Reader;
use std::sync::Arc;

/// One page of the moves of a repository's tags, newest first.
pub async fn list(app: &App, proof: &Authorized<ReadRepository>, query: &HistoryQuery) -> Result<Page<HistoryRow>> {
    who::require_told(&proof.rights(), query.by.is_some())?;
    let name = &proof.action().repository;
    let position = position(query.after.clone(), query.before.clone())?;
    let found = require(app, name).await?;
    let mut page = history::list(&app.store, &found.id, query, &position).await?;
    who::of_history(&proof.rights(), &mut page.items);
    Ok(page)
}

/// The hosted registry in which a namespace lies.
///
/// # Errors
/// [`Error::Elsewhere`] for one that lies in a registry elsewhere.
fn mount_of(app: &App, namespace: &Namespace) -> Result<Arc<Mount>> {
    app.hosted_below(namespace, |host| {
        format!(
            "{host} keeps {namespace}, and only what is hosted here goes back to a time as a whole. A tag there goes back by \
             itself, from the history of its repository, where its mount lets tags be changed"
        )
    })
}

/// Whether a namespace goes back to a time: what a registry elsewhere keeps does not.
pub(super) fn goes_back(app: &App, namespace: &Namespace) -> bool {
    mount_of(app, namespace).is_ok()
}

/// Refuses a time that has no past here.
fn past(app: &App, then: Timestamp) -> Result<()> {
    let now = app.clock.now();
    if then > now {
        return Err(Error::invalid("t", "this time is to come; choose one that is over"));
    }
    if then < now.plus_days(-i64::from(app.facts.history_days)) {
        let days = app.facts.history_days;
        return Err(Error::invalid("t", format!("images are kept for {days} days of history; choose a later time")));
    }
    Ok(())
}

/// Tags of a namespace that name another image now than they did then: some of them, after a repository and tag, of
/// those that the proof's holder may see in full.
pub async fn as_of(
    app: &App,
    proof: &Authorized<RollBackNamespace>,
    after: (&str, &str),
    limit: u32,
) -> Result<Vec<Difference>> {
    let RollBackNamespace { namespace, to } = proof.action();
    past(app, *to)?;
    let mount = mount_of(app, namespace)?;
    let span = Span { mount_id: &mount.id, namespace, then: *to, after, limit };
    let mut found = history::differences(&app.store, &span).await?;
    let rules = protections::below(&mut Reader::Store(&app.store), &Scope::Namespace(namespace.clone())).await?;
    kept::mark(&rules, &proof.rights(), &mut found);
    Ok(found)
}

/// What differs between a time and now, as one value: another one wherever another tag would go back, or to something
/// else, or other tags are left out.
fn print_of(since: String, left_out: &[String]) -> Digest {
    let mut left_out = left_out.to_vec();
    left_out.sort();
    super::print_of(std::iter::once(since).chain(left_out))
}

/// All that differs.
fn whole<'a>(mount_id: &'a str, namespace: &'a Namespace, then: Timestamp) -> Span<'a> {
    Span { mount_id, namespace, then, after: ("", ""), limit: u32::MAX }
}
