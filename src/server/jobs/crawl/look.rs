//! Looking at a repository because somebody opened it: one that was never read is read now, and what is on
//! screen of others is checked again. Or at its registry, which somebody was told does not do what they want.

use super::{ask_powers, finish_empty, finish_tried, repository};
use crate::domain::{Error, RepositoryName, Result};
use crate::server::jobs::reading::{Reading, is_ours};
use crate::server::looks::{Look, Why};
use crate::server::store::mounts;

/// Answers one look; open pages hear of what it found.
pub(in crate::server::jobs) async fn look(reading: &Reading<'_>, look: Look) {
    let name = look.repository;
    let looked = match look.why {
        Why::First(first_rows) => repository::read(reading, &name, Some(first_rows)).await,
        Why::Again(on_screen) => repository::check(reading, &name, on_screen).await,
        Why::Moved(tag, caught_up) => {
            let read = repository::catch_up(reading, &name, tag).await;
            let _ = caught_up.send(()); // Whoever waited may have gone on.
            read
        }
        Why::Powers(asked_again) => {
            let asked = ask_powers(reading).await;
            let _ = asked_again.send(());
            asked
        }
    };
    let noted = match looked {
        Ok(()) => Ok(()),
        // It is gone, which says nothing against the registry.
        Err(Error::NotFound(_)) => finish_empty(reading, &name).await,
        Err(error) => {
            tracing::warn!(repository = %name, %error, "a repository that was opened could not be read");
            note_failure(reading, &name, error).await
        }
    };
    if let Err(error) = noted {
        tracing::error!(repository = %name, %error, "what a look found could not be noted");
    }
    reading.app.events.changed(name);
}

/// That the registry cannot be asked is said about the registry; any other failure about the repository.
async fn note_failure(reading: &Reading<'_>, name: &RepositoryName, error: Error) -> Result<()> {
    let (now, message) = (reading.app.clock.now(), error.to_string());
    if is_ours(&error) {
        return Err(error);
    }
    if !matches!(error, Error::Upstream { is_down: true, .. }) {
        return finish_tried(reading, name.clone(), message).await;
    }
    reading.keep(move |tx, id| Box::pin(async move { mounts::look_failed(tx, id, &message, now).await })).await
}
