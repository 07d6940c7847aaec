//! Ends deletes at registries elsewhere that did not come to their end, and takes hidden tags away there that nothing in the
//! trash needs any more.

use super::proof;
use crate::domain::action::DeleteTag;
use crate::domain::principal::Job;
use crate::domain::{Error, RepositoryName, Result, Tag, Timestamp};
use crate::server::access::Authorized;
use crate::server::context::{App, Mount};
use crate::server::service::elsewhere;
use crate::server::store::holds::Expiring;
use crate::server::store::{going, holds};
use std::sync::Arc;

/// A delete that began less long ago may be under way.
const UNDER_WAY_MS: i64 = 3_600_000;
/// Tags of one registry that one run looks at.
const TOGETHER: u32 = 100;

/// Goes through the registries that may be changed. One that cannot be reached holds up no other.
pub(super) async fn run(app: &App) -> Result<()> {
    for mount in app.mounts.now().iter().filter(|mount| mount.changes.is_some()) {
        let ended = match end(app, mount).await {
            Ok(()) => release(app, mount).await,
            failed => failed,
        };
        if let Err(error) = ended {
            tracing::warn!(prefix = %mount.prefix, %error, "hidden tags could not be looked after; the next sweep tries again");
        }
    }
    Ok(())
}

/// Deletes that did not come to their end. One that cannot be ended holds up no other.
async fn end(app: &App, mount: &Mount) -> Result<()> {
    let now = app.clock.now();
    for going in going::left(&app.store, &mount.id, Timestamp(now.0 - UNDER_WAY_MS), TOGETHER).await? {
        if let Err(error) = elsewhere::end(app, &allowed(app, &going.name, &going.tag), going.clone()).await {
            let failed = going.clone();
            let keeping = proof(app, Job::Sweep);
            app.store.note(&keeping, move |tx| Box::pin(async move { going::failed(tx, &failed, now).await })).await?;
            go_on(error, (&going.name, &going.tag))?;
        }
    }
    Ok(())
}

/// Hidden tags that nothing needs any more. One that cannot be taken away holds up no other.
async fn release(app: &App, mount: &Mount) -> Result<()> {
    let (now, id, entropy) = (app.clock.now(), mount.id.clone(), Arc::clone(&app.entropy));
    let (keeping, moved_since) = (proof(app, Job::Sweep), now.plus_days(-i64::from(app.facts.history_days)));
    let expire = app.store.note(&keeping, move |tx| {
        Box::pin(async move {
            let over = Expiring { mount_id: &id, now, moved_since, limit: TOGETHER };
            holds::expire(tx, over, &*entropy).await
        })
    });
    expire.await?;
    let free = holds::free(&app.store, &mount.id, Timestamp(now.0 - UNDER_WAY_MS), TOGETHER).await?;
    for some in elsewhere::together(free) {
        let allowed = allowed(app, &some[0].repository, &some[0].tag);
        for (hold, error) in elsewhere::release(app, &allowed, &some).await {
            let tag = hold.tag.clone();
            app.store.note(&keeping, move |tx| Box::pin(async move { holds::failed(tx, &tag, now).await })).await?;
            go_on(error, (&hold.repository, &hold.tag))?;
        }
    }
    Ok(())
}

/// What failed is tried again by a later sweep. Where the registry is down, all else would fail too.
fn go_on(error: Error, (repository, tag): (&RepositoryName, &Tag)) -> Result<()> {
    tracing::warn!(%repository, %tag, %error, "a delete could not be ended, or a hidden tag taken away; a later sweep tries again");
    if matches!(error, Error::Upstream { is_down: true, .. }) { Err(error) } else { Ok(()) }
}

fn allowed(app: &App, repository: &RepositoryName, tag: &Tag) -> Authorized<DeleteTag> {
    app.access.system(Job::Sweep, DeleteTag { repository: repository.clone(), tag: tag.clone() })
}
