//! The way back from a copy that a job did: at once where the hosted registry has it, and tag by tag at a registry elsewhere.

use super::back::take_back;
use super::way::ToCopy;
use crate::domain::action::{DeleteTags, RollBackTag, TakeBackCopy};
use crate::domain::condition::Expect;
use crate::domain::run::AT_ONCE_ELSEWHERE;
use crate::domain::view::ActivityRow;
use crate::domain::{Digest, Error, Result, Tag};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::elsewhere::{self, saying};
use crate::server::service::names;
use crate::server::service::plans;
use crate::server::store::radius::{Reader, named};
use crate::server::store::{activity, repositories};
use std::collections::BTreeMap;

/// What takes back what a job was asked to copy: of its tags those that it set and that still name it. Signatures that came
/// along stay, and so does what somebody else set to the same image.
pub(in crate::server::service) async fn of_job(app: &App, id: &str, params: &str) -> Result<Option<TakeBackCopy>> {
    let ToCopy { to, tags, .. } = serde_json::from_str(params).map_err(|_| Error::Internal)?;
    let Some(found) = repositories::find(&app.store, &to).await? else { return Ok(None) };
    let names: Vec<Tag> = tags.iter().map(|it| it.name.clone()).collect();
    let now = named(&mut Reader::Store(&app.store), &found.id, &names).await?;
    let moved = tags.into_iter().filter(|it| it.before.as_ref() != Some(&it.digest));
    let set = set_by(app, id).await?;
    let still = moved.filter(|it| now.get(&it.name) == Some(&it.digest) && set.get(&it.name) == Some(&it.digest));
    let tags: Vec<_> = still.map(|it| (it.name, it.digest, it.before)).collect();
    Ok((!tags.is_empty()).then_some(TakeBackCopy { repository: to, tags }))
}

/// The tags that a job set, as that stands on record, each with its image. One that was so already it did not set.
async fn set_by(app: &App, id: &str) -> Result<BTreeMap<Tag, Digest>> {
    let rows = activity::copies_of(&app.store, id).await?.into_iter().filter(|row| row.before != row.after);
    let set = |row: ActivityRow| {
        let (tag, digest) = row.after?.split_once(' ').map(|(tag, digest)| (tag.parse(), digest.parse()))?;
        Some((tag.ok()?, digest.ok()?))
    };
    Ok(rows.filter_map(set).collect())
}

/// Brings the tags of a copy back to what they named; those that were not there go to the trash. Elsewhere what failed halfway
/// goes on when it is asked for once more.
///
/// # Errors
/// [`Error::Conflict`] if one moved since, or they are too many.
pub async fn undo(app: &App, caller: &Caller, action: TakeBackCopy) -> Result<()> {
    let proof = app.access.authorize(caller, action.clone()).await?;
    let TakeBackCopy { repository, tags } = action;
    if elsewhere::of(app, &repository)?.is_none() {
        return take_back(app, &proof).await;
    }
    if tags.len() as u64 > AT_ONCE_ELSEWHERE {
        let words =
            "so many are not taken back at once at a registry elsewhere; roll them back on their pages, or delete them";
        return Err(Error::Conflict(words.to_owned()));
    }
    let n_tags = tags.len();
    for (n_done, (tag, copied, before)) in tags.into_iter().enumerate() {
        let taken = match before {
            Some(digest) => {
                let (repository, reason) = (repository.clone(), String::new());
                let proof = app.access.authorize(caller, RollBackTag { repository, tag, digest, reason }).await?;
                names::roll_back(app, &proof, Expect::Named(copied)).await.map(drop)
            }
            None => {
                let action = DeleteTags { repository: repository.clone(), tags: vec![tag], filter: None };
                let proof = app.access.authorize(caller, action).await?;
                plans::untag(app, &proof, &copied).await.map(drop)
            }
        };
        taken.map_err(|failed| match n_done {
            0 => failed,
            _ => saying(failed, format!("{n_done} of {n_tags} tags are as they were; undo once more")),
        })?;
    }
    Ok(())
}
