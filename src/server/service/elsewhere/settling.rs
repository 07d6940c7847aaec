//! What is done at a registry elsewhere already, in the catalog: nobody is asked again, whatever was set or read
//! meanwhile. A delete that did not come to its end is ended here too.

use super::held::let_all_go;
use super::taking::Gone;
use super::{Elsewhere, Renamed, closed};
use crate::domain::action::{Bookkeeping, Mutation, RenameTag};
use crate::domain::radius::Radius;
use crate::domain::view::{How, TagRow};
use crate::domain::{Digest, Error, RepositoryName, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::registry::changing::Allowed;
use crate::server::service::locking;
use crate::server::service::namer::Namer;
use crate::server::store::deletes::{self, Deleting, Deletion};
use crate::server::store::going::{self, Going};
use crate::server::store::repositories::{self, Repository};
use crate::server::store::{Change, Tx, holds, tags};
use futures::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The most requests whose hidden tags are looked at because one image got a name back.
const BATCHES: u32 = 20;

/// Puts what is gone there into the trash, if its mount keeps one; what was left alone is on its way no more. Returns the ids of the entries, and what went.
pub(in crate::server::service) async fn settle(
    tx: &mut Tx,
    (repository, name): (Repository, &RepositoryName),
    who: &Deleting,
    (gone, keeps_trash): (&Gone, bool),
) -> Result<(Vec<String>, Radius)> {
    let deletion = Deletion::begin(tx, repository, name.clone(), who.clone()).await?;
    let (entries, radius) = deletes::gone(tx, &deletion, &gone.tags, &gone.images).await?;
    if keeps_trash && entries.is_empty() && gone.tags.is_empty() && !gone.images.is_empty() {
        return Err(Error::Outdated); // All of it is named by now, and nothing was taken there.
    }
    let kept = match keeps_trash {
        true => entries,
        false => {
            deletes::keep_none(tx, &entries).await?;
            vec![]
        }
    };
    let id = &deletion.repository.id;
    going::forget(tx, (&who.batch, id), gone.tags.keys().chain(&gone.moved)).await?;
    if !keeps_trash {
        holds::forget_parts(tx, &deletion.repository, &gone.looked_at).await?;
    }
    repositories::touch(tx, id, Some(&who.by), who.at).await?;
    Ok((kept, radius))
}

/// Writes a change of names; of one that its registry did already nothing is asked any more.
pub(in crate::server::service) async fn write<A, T, F>(
    app: &App,
    proof: &Authorized<A>,
    is_done: bool,
    change: F,
) -> Result<T>
where
    A: Mutation,
    T: Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<Change<T>>> + Send + 'static,
{
    if is_done { app.store.settle(proof, change).await } else { app.store.write(proof, change).await }
}

/// The same for a name that an image got: which the trash may have held for it there until now.
pub(in crate::server::service) async fn write_name<A, T, F>(
    app: &App,
    proof: &Authorized<A>,
    (is_done, name, digest): (bool, &RepositoryName, &Digest),
    change: F,
) -> Result<T>
where
    A: Bookkeeping,
    T: Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<Change<T>>> + Send + 'static,
{
    let held = if is_done { holds::batches(&app.store, (name, digest), BATCHES).await? } else { BTreeSet::new() };
    let written = write(app, proof, is_done, change).await?;
    let_go(app, proof, name, &held).await;
    Ok(written)
}

/// Takes away at once, and not by the sweep an hour later, what nothing needs any more of what these requests had held. What
/// cannot be taken away is for the sweep.
async fn let_go<A: Bookkeeping>(app: &App, proof: &Authorized<A>, name: &RepositoryName, held: &BTreeSet<String>) {
    if held.is_empty() {
        return;
    }
    let gone = async { let_all_go(app, proof, super::of(app, name)?, held).await };
    if let Err(error) = gone.await {
        tracing::warn!(repository = %name, %error, "what held an image could not be let go; the next sweep tries again");
    }
}

/// Gives an image its new name in the catalog, and puts the old one into the trash.
pub(in crate::server::service) async fn renamed(
    app: &App,
    proof: &Authorized<RenameTag>,
    namer: Namer,
    (renamed, batch): (Renamed, String),
) -> Result<TagRow> {
    let RenameTag { repository, tag, to } = proof.action().clone();
    let held = holds::batches(&app.store, (&repository, &renamed.digest), BATCHES).await?;
    let change = app.store.settle(proof, move |tx| {
        Box::pin(async move {
            let Renamed { digest, gone } = renamed;
            let found = namer.open(tx).await?;
            let rules = namer.rules(tx).await?;
            // What a reading found there since is newer.
            if tags::current(tx, &found.id, &to).await?.is_none_or(|it| it.is_missing) {
                namer.put(tx, (&found, &rules), (&to, &digest), (How::Rename, None)).await?;
            }
            let who = namer.deleting(How::Delete, batch);
            settle(tx, (found.clone(), &namer.name), &who, (&gone, namer.keeps_trash)).await?;
            let named = namer.named(tx, &found, &to).await?;
            let change = Change::new(named, Some(format!("{tag} {digest}")), Some(format!("{to} {digest}")));
            Ok(change.announcing(namer.name))
        })
    });
    let named = change.await?;
    let_go(app, proof, &repository, &held).await;
    Ok(named)
}

impl Elsewhere {
    /// Takes a tag to its end there that stands on its tombstone; whether it did.
    async fn end_tag<A: Bookkeeping>(&self, app: &App, proof: &Authorized<A>, going: &Going) -> Result<bool> {
        let still = self.still(app, proof, (&going.name, vec![]));
        self.changes.end_tag(&Allowed::by(proof, &going.name, &still)?, &going.tag).await
    }
}

/// Ends a delete that did not come to its end: a tag that is gone there, or that stood on its tombstone, goes to the trash,
/// if its mount keeps one, and one that names what it did is on its way no more.
///
/// # Errors
/// [`Error::ReadOnly`] where its registry may not be changed any more.
pub async fn end<A: Bookkeeping>(app: &App, proof: &Authorized<A>, going: Going) -> Result<()> {
    let elsewhere = Elsewhere::if_open(app, &going.repository.mount_id).ok_or_else(closed)?;
    let mut current = elsewhere.named(&going.name, &going.tag).await?;
    if current.is_none() && elsewhere.end_tag(app, proof, &going).await? {
        current = elsewhere.named(&going.name, &going.tag).await?; // Somebody may have set it at this moment.
    }
    if current.as_ref() == Some(&going.digest) {
        let forget = app.store.note(proof, move |tx| {
            Box::pin(async move {
                match going::is_there(tx, &going).await? {
                    true => {
                        let of = (going.batch.as_str(), going.repository.id.as_str());
                        going::forget(tx, of, std::iter::once(&going.tag)).await
                    }
                    false => Ok(()),
                }
            })
        });
        return forget.await;
    }
    let who = Deleting {
        by: going.by.clone().unwrap_or_else(|| proof.actor().clone()),
        at: going.since,
        how: How::Delete,
        batch: going.batch.clone(),
        default_days: app.facts.trash_days,
        entropy: Arc::clone(&app.entropy),
    };
    let keeps_trash = elsewhere.mount.keeps_trash;
    let change = app.store.settle(proof, move |tx| {
        Box::pin(async move {
            let found = locking::repository(tx, &going.name, &going.repository.mount_id).await?;
            if going::is_there(tx, &going).await? {
                let tags = BTreeMap::from([(going.tag.clone(), going.digest.clone())]);
                let gone = Gone { tags, ..Gone::default() };
                settle(tx, (found, &going.name), &who, (&gone, keeps_trash)).await?;
            }
            let before = format!("{} {}", going.tag, going.digest);
            let after = keeps_trash.then(|| format!("in the trash as {}", who.batch));
            Ok(Change::new((), Some(before), after).announcing(going.name))
        })
    });
    change.await
}
