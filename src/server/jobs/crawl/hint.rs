//! Asking a registry about what somebody told of: one tag, or a repository of which nothing else was said. What the registry
//! itself does not say is not believed, so a name that was made up costs it a question or two, and leaves nothing here. What
//! it fails to answer is left to the next reading.

use super::{finish_empty, repository};
use crate::domain::{Digest, Error, Reference, RepositoryName, Result, Tag};
use crate::server::jobs::reading::Reading;
use crate::server::looks::hints::{Hint, Taken};
use crate::server::store::{repositories, tags};

/// Asks about one name; open pages hear of what changed.
pub(in crate::server::jobs) async fn hear(reading: &Reading<'_>, told: Taken) {
    let Hint { repository: name, tag } = told.hint.clone();
    match ask(reading, &name, tag).await {
        Ok(true) => {}
        Ok(false) => told.again(),
        Err(error) => {
            tracing::info!(repository = %name, %error, "what a registry told of could not be read");
            told.again();
        }
    }
}

/// Whether something is known by it that was not known before.
async fn ask(reading: &Reading<'_>, name: &RepositoryName, tag: Option<Tag>) -> Result<bool> {
    let known = repositories::find(&reading.app.store, name).await?;
    match (known, tag) {
        (None, tag) => is_new(reading, name, tag).await,
        (Some(repository), Some(tag)) => {
            let is_at = resolve(reading, name, &tag).await?;
            if is_at == tags::named(&reading.app.store, &repository.id, &tag).await? {
                return Ok(false);
            }
            repository::catch_up(reading, name, tag).await?;
            match is_at {
                Some(_) => settle(reading, name).await,
                None => Ok(true), // The tag is missing; who knows what else is.
            }
        }
        (Some(_), None) => match repository::read(reading, name, None).await {
            // It is gone there, as far as can be told: its tags are missing, and stay.
            Err(Error::NotFound(_)) => finish_empty(reading, name).await.map(|()| true),
            Err(error) => Err(error),
            Ok(()) => settle(reading, name).await,
        },
    }
}

/// Reads a repository that was not known, if the registry has something in it.
async fn is_new(reading: &Reading<'_>, name: &RepositoryName, tag: Option<Tag>) -> Result<bool> {
    let is_there = match tag {
        Some(tag) => resolve(reading, name, &tag).await?.is_some(),
        None => match reading.mount.read.tags(name, None, 1).await {
            Ok(first) => !first.items.is_empty(),
            Err(Error::NotFound(_)) => false,
            Err(error) => return Err(error),
        },
    };
    if !is_there {
        return Ok(false);
    }
    repository::read(reading, name, None).await?;
    settle(reading, name).await
}

async fn resolve(reading: &Reading<'_>, name: &RepositoryName, tag: &Tag) -> Result<Option<Digest>> {
    let _turn = reading.lane.requests.acquire().await;
    reading.mount.read.resolve(name, &Reference::Tag(tag.clone())).await
}

/// Notes that the registry has a repository at this moment, whatever its last list said, and which of its tags is the
/// newest by now.
async fn settle(reading: &Reading<'_>, name: &RepositoryName) -> Result<bool> {
    let (names, now) = (vec![name.clone()], reading.app.clock.now());
    let settled = reading.keep_in(name.clone(), move |tx, repository| {
        Box::pin(async move {
            repositories::mark_listed(tx, &repository.mount_id, &names, now).await?;
            repositories::refresh_newest(tx, repository).await
        })
    });
    settled.await.map(|()| true)
}
