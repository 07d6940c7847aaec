//! At which registries a run was asked to do something. One that is mounted elsewhere by now, or not at all, gets nothing of
//! it: the same names stand for other repositories there.

use crate::domain::action::Bookkeeping;
use crate::domain::run::how_far;
use crate::domain::{Error, RepositoryName, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::store::radius::Reader;
use crate::server::store::runs;
use crate::server::store::under_way::{self, Open};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What each kind of run writes of repositories.
#[derive(Default, Deserialize)]
#[serde(default)]
struct About {
    from: Option<RepositoryName>,
    to: Option<RepositoryName>,
    repository: Option<RepositoryName>,
    /// Where each of them was.
    at: BTreeMap<RepositoryName, String>,
}

/// What a run is asked for, with where each of its repositories is.
pub(super) fn noted(app: &App, params: &str) -> Result<String> {
    let mut params: Value = serde_json::from_str(params).map_err(|_| Error::Internal)?;
    let About { from, to, repository, .. } = serde_json::from_value(params.clone()).map_err(|_| Error::Internal)?;
    let at: BTreeMap<RepositoryName, String> = [from, to, repository]
        .into_iter()
        .flatten()
        .filter_map(|name| app.mount(&name).map(|mount| (name, mount.address())))
        .collect();
    if !at.is_empty() {
        params["at"] = json!(at);
    }
    Ok(params.to_string())
}

/// Makes sure that a run goes on where it was asked for.
///
/// # Errors
/// [`Error::Conflict`] that says where its repository was and is.
pub fn require(app: &App, params: &str) -> Result<()> {
    let Ok(About { at, .. }) = serde_json::from_str(params) else { return Ok(()) };
    for (name, was) in at {
        let is = app.mount(&name).map(|mount| mount.address());
        if is.as_ref() == Some(&was) {
            continue;
        }
        let is = is.map_or_else(|| "nowhere".to_owned(), |is| format!("at {is}"));
        return Err(Error::Conflict(format!(
            "{name} was at {was} when this was asked for, and is {is} by now; nothing of it is done there"
        )));
    }
    Ok(())
}

/// Ends the runs that cannot go on where they were asked for, and says so in the log.
pub async fn end_displaced<A: Bookkeeping>(app: &App, proof: &Authorized<A>) -> Result<()> {
    for Open { id, kind, params, n_done, n_total } in under_way::runs(&mut Reader::Store(&app.store)).await? {
        let Err(failure) = require(app, &params) else { continue };
        let far = how_far(runs::nouns(kind, &params), n_done, n_total);
        let words = far.map_or_else(|| failure.to_string(), |far| format!("{far} were done: {failure}"));
        tracing::warn!(run = id, kind = kind.name(), words, "a job ends, since its registry is another one by now");
        let now = app.clock.now();
        app.store.note(proof, move |tx| Box::pin(async move { under_way::end(tx, &id, &words, now).await })).await?;
    }
    Ok(())
}
