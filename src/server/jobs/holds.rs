//! Takes hidden tags away at registries elsewhere that nothing in the trash needs any more: its time is over, or a delete
//! did not come to its end.

use super::proof;
use crate::domain::Result;
use crate::domain::Timestamp;
use crate::domain::action::DeleteTag;
use crate::domain::principal::Job;
use crate::server::context::App;
use crate::server::service::elsewhere;
use crate::server::store::holds;

/// A delete that began less long ago may be under way.
const UNDER_WAY_MS: i64 = 3_600_000;
/// Hidden tags of one registry that one run takes away.
const TOGETHER: u32 = 100;

/// Goes through the registries that may be changed. One that cannot be reached holds up no other.
pub(super) async fn run(app: &App) -> Result<()> {
    let (now, before) = (app.clock.now(), Timestamp(app.clock.now().0 - UNDER_WAY_MS));
    for mount in app.mounts.now().iter().filter(|mount| mount.changes.is_some()) {
        let id = mount.id.clone();
        let keeping = proof(app, Job::Sweep);
        let expire =
            app.store.note(&keeping, move |tx| Box::pin(async move { holds::expire(tx, &id, now, TOGETHER).await }));
        expire.await?;
        for hold in holds::free(&app.store, &mount.id, before, TOGETHER).await? {
            let action = DeleteTag { repository: hold.repository.clone(), tag: hold.tag.clone() };
            let allowed = app.access.system(Job::Sweep, action);
            if let Err(error) = elsewhere::release(app, &allowed, &hold).await {
                tracing::warn!(repository = %hold.repository, tag = %hold.tag, %error, "a hidden tag could not be taken away; the next sweep tries again");
                break;
            }
        }
    }
    Ok(())
}
