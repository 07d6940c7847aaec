//! Ends deletes at registries elsewhere that did not come to their end, and takes hidden tags away there that nothing in the
//! trash needs any more.

use super::proof;
use crate::domain::action::{DeleteImages, DeleteTag};
use crate::domain::principal::Job;
use crate::domain::{Error, RepositoryName, Result, Tag, Timestamp};
use crate::server::access::Authorized;
use crate::server::context::{App, Mount};
use crate::server::service::elsewhere;
use crate::server::store::holds::{Hold, Takes};
use crate::server::store::{going, holds};
use std::sync::Arc;

/// A delete that began less long ago may be under way.
const UNDER_WAY_MS: i64 = 3_600_000;
/// What is looked at together.
const TOGETHER: u32 = 100;
/// How long one run takes for one registry; the next goes on.
const MOST_MS: i64 = 60_000;

/// Goes through the registries that may be changed. One that cannot be reached holds up no other.
pub(super) async fn run(app: &App) -> Result<()> {
    for mount in app.mounts.now().iter().filter(|mount| mount.changes.is_some()) {
        if let Err(error) = Round::begin(app, mount).run().await {
            tracing::warn!(prefix = %mount.prefix, %error, "hidden tags could not be looked after; the next sweep tries again");
        }
    }
    Ok(())
}

/// What is done for one registry. It goes on for as long as there is something that can be done, and its time is not over:
/// what failed comes last, and where nothing else is left it is for the next sweep.
struct Round<'a> {
    app: &'a App,
    mount: &'a Mount,
    now: Timestamp,
}

impl<'a> Round<'a> {
    fn begin(app: &'a App, mount: &'a Mount) -> Self {
        Self { app, mount, now: app.clock.now() }
    }

    fn is_over(&self) -> bool {
        self.app.clock.now().0 > self.now.0 + MOST_MS
    }

    fn under_way(&self) -> Timestamp {
        Timestamp(self.now.0 - UNDER_WAY_MS)
    }

    async fn run(&self) -> Result<()> {
        while !self.is_over() && self.end_some().await? > 0 {}
        self.expire().await?;
        while !self.is_over() && self.release_some().await? > 0 {}
        Ok(())
    }

    /// Deletes that did not come to their end; how many did. One that cannot be ended holds up no other.
    async fn end_some(&self) -> Result<usize> {
        let (app, now) = (self.app, self.now);
        let mut n_ended = 0;
        for going in going::left(&app.store, &self.mount.id, self.under_way(), TOGETHER).await? {
            match elsewhere::end(app, &allowed(app, &going.name, &going.tag), going.clone()).await {
                Ok(()) => n_ended += 1,
                Err(error) => {
                    let failed = going.clone();
                    let keeping = proof(app, Job::Sweep);
                    app.store
                        .note(&keeping, move |tx| Box::pin(async move { going::failed(tx, &failed, now).await }))
                        .await?;
                    go_on(error, (&going.name, &going.tag))?;
                }
            }
        }
        Ok(n_ended)
    }

    /// Ends the delete of an image that did not come to its end, where there is no trash; whether nothing of that is left.
    async fn is_at_its_end(&self, hold: &Hold) -> Result<bool> {
        if self.mount.keeps_trash || hold.takes != Takes::Part {
            return Ok(true);
        }
        let (repository, digests) = (hold.repository.clone(), vec![hold.digest.clone()]);
        let allowed = self.app.access.system(Job::Sweep, DeleteImages { repository, digests, tags: vec![] });
        match elsewhere::end_image(self.app, &allowed, hold).await {
            Ok(()) => Ok(true),
            Err(error) => self.failed(hold, error).await.map(|()| false),
        }
    }

    /// Notes that something could not be taken away; an error where nothing else could.
    async fn failed(&self, hold: &Hold, error: Error) -> Result<()> {
        let (tag, now, keeping) = (hold.tag.clone(), self.now, proof(self.app, Job::Sweep));
        self.app.store.note(&keeping, move |tx| Box::pin(async move { holds::failed(tx, &tag, now).await })).await?;
        go_on(error, (&hold.repository, &hold.tag))
    }

    /// What is in the trash and whose time is over, each by itself. What stays for now is looked at once: none of it stays
    /// for what goes.
    async fn expire(&self) -> Result<()> {
        let (app, keeping) = (self.app, proof(self.app, Job::Sweep));
        let moved_since = self.now.plus_days(-i64::from(app.facts.history_days));
        let which = holds::Expiring { mount_id: self.mount.id.clone(), now: self.now, moved_since };
        let mut after = None;
        while !self.is_over() {
            let found = holds::expired(&app.store, &which, after.as_ref(), TOGETHER).await?;
            let Some(last) = found.last().cloned() else { return Ok(()) };
            for (_, id) in found {
                let (which, entropy) = (which.clone(), Arc::clone(&app.entropy));
                let expire = app
                    .store
                    .note(&keeping, move |tx| Box::pin(async move { holds::expire(tx, &which, &id, &*entropy).await }));
                expire.await?;
            }
            after = Some(last);
        }
        Ok(())
    }

    /// Hidden tags that nothing needs any more; how many could be taken away. One that cannot holds up no other.
    async fn release_some(&self) -> Result<usize> {
        let app = self.app;
        let mut free = vec![];
        for hold in holds::free(&app.store, &self.mount.id, self.under_way(), TOGETHER).await? {
            if self.is_at_its_end(&hold).await? {
                free.push(hold);
            }
        }
        let mut n_gone = 0;
        for some in elsewhere::together(free) {
            n_gone += some.len();
            let allowed = allowed(app, &some[0].repository, &some[0].tag);
            for (hold, error) in elsewhere::release(app, &allowed, &some).await {
                n_gone -= 1;
                self.failed(hold, error).await?;
            }
        }
        Ok(n_gone)
    }
}

/// What failed is tried again by a later sweep. Where the registry is down, all else would fail too.
fn go_on(error: Error, (repository, tag): (&RepositoryName, &Tag)) -> Result<()> {
    tracing::warn!(%repository, %tag, %error, "a delete could not be ended, or a hidden tag taken away; a later sweep tries again");
    if matches!(error, Error::Upstream { is_down: true, .. }) { Err(error) } else { Ok(()) }
}

fn allowed(app: &App, repository: &RepositoryName, tag: &Tag) -> Authorized<DeleteTag> {
    app.access.system(Job::Sweep, DeleteTag { repository: repository.clone(), tag: tag.clone() })
}
