//! What keeps a mount at its address: jobs read from it and write to it, and tags are on their way into its trash. None of
//! that may go on at another registry.

use crate::domain::run::RunKind;
use crate::domain::text::first_of;
use crate::domain::{Error, RepositoryName, Result};
use crate::server::context::App;
use crate::server::store::radius::Reader;
use crate::server::store::under_way;
use serde::Deserialize;

/// What is named one by one; the rest is counted.
const MAX_NAMED: usize = 5;
/// Tags that are counted.
const MAX_TAGS: u32 = 1000;

/// Repositories that a run is about, as each kind writes them.
#[derive(Deserialize)]
struct About {
    from: Option<RepositoryName>,
    to: Option<RepositoryName>,
    repository: Option<RepositoryName>,
}

/// Makes sure that nothing is under way at the registry of a mount.
///
/// # Errors
/// [`Error::Conflict`] that lists what is.
pub(super) async fn refuse(app: &App, reader: &mut Reader<'_>, mount_id: &str) -> Result<()> {
    let mut found = Vec::new();
    for run in under_way::runs(reader).await? {
        let Ok(About { from, to, repository }) = serde_json::from_str(&run.params) else { continue };
        let is_there = |name: &&RepositoryName| app.mount(name).is_some_and(|mount| mount.id == mount_id);
        if let Some(name) = [to, from, repository].iter().flatten().find(is_there) {
            found.push(format!("{} {name} (the job {})", doing(run.kind), run.id));
        }
    }
    let tags = under_way::going(reader, mount_id, MAX_TAGS).await?;
    found.extend(tags.into_iter().map(|(name, tag)| format!("deleting {name}:{tag}")));
    if found.is_empty() {
        return Ok(());
    }
    let words = first_of(&found, MAX_NAMED);
    Err(Error::Conflict(format!(
        "the address stays while something is under way there: {words}; wait for it, or cancel its job"
    )))
}

fn doing(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Copy => "a copy of",
        RunKind::Delete => "deleting tags of",
        RunKind::Restore => "restoring",
        RunKind::Collect => "collecting",
    }
}
