//! Asking for a fresh look at a repository because somebody opened it, or at what its registry can do because somebody was
//! told that it cannot, or because somebody told of a push there ([`hints`]). Pages and registries ask here and the jobs of
//! this process answer; neither knows the other.

pub mod hints;

use crate::domain::{RepositoryName, Tag, Timestamp};
use hints::{Hint, Hints, Taken};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// How long a page waits for the first rows of a repository that was never read.
const PATIENCE: Duration = Duration::from_millis(900);
/// How long a preview waits for what a registry can do, which takes some requests.
const PATIENCE_OF_PREVIEWS: Duration = Duration::from_secs(3);
/// The same is not looked at again within this time.
const LOOK_EVERY_MS: i64 = 3_000;
/// Looks that are remembered; beyond it no more are taken until the oldest may be repeated.
const REMEMBERED: usize = 10_000;
/// Looks that wait to be taken; beyond it pages show what there is.
const WAITING: usize = 16;

/// Where pages ask.
pub struct Looks {
    waiting: mpsc::Sender<Look>,
    asked: Mutex<HashMap<What, Timestamp>>,
    hints: Arc<Hints>,
}

/// What was asked for.
#[derive(PartialEq, Eq, Hash)]
enum What {
    /// A repository, and the first of the tags on screen.
    Tags(RepositoryName, Option<Tag>),
    /// What the registry of a mount can do.
    Powers(String),
}

/// One repository to look at, or its registry.
pub struct Look {
    pub repository: RepositoryName,
    pub why: Why,
}

/// Why somebody looks at it.
pub enum Why {
    /// It was never read, and a page waits for its first rows: told by this, or by its being dropped.
    First(oneshot::Sender<()>),
    /// These tags are on screen and may have moved.
    Again(Vec<Tag>),
    /// This tag is not what the catalog says; who found that waits until it is: told as the first rows are.
    Moved(Tag, oneshot::Sender<()>),
    /// The registry was found not to do something, which may be otherwise by now: told when it was asked again.
    Powers(oneshot::Sender<()>),
}

impl Looks {
    /// Where pages ask, and where the jobs take.
    pub fn channel() -> (Self, mpsc::Receiver<Look>) {
        let (waiting, taken) = mpsc::channel(WAITING);
        (Self { waiting, asked: Mutex::default(), hints: Arc::default() }, taken)
    }

    /// Somebody opened a repository that was never read. Waits a moment; returns whether its first rows may have come.
    pub async fn first(&self, repository: &RepositoryName, now: Timestamp) -> bool {
        let (first_rows, seen) = oneshot::channel();
        let is_asked = self.ask(What::Tags(repository.clone(), None), repository, Why::First(first_rows), now);
        if is_asked {
            let _ = tokio::time::timeout(PATIENCE, seen).await; // The page shows what there is.
        }
        is_asked
    }

    /// Somebody has these tags on screen. Open pages hear of what is found.
    pub fn again(&self, repository: &RepositoryName, on_screen: Vec<Tag>, now: Timestamp) {
        let what = What::Tags(repository.clone(), on_screen.first().cloned());
        self.ask(what, repository, Why::Again(on_screen), now);
    }

    /// Somebody wants of a repository what its registry, that of this mount, does not do as far as is known. Waits until
    /// that was asked again; returns whether something else may be known now.
    pub async fn powers(&self, repository: &RepositoryName, mount_id: &str, now: Timestamp) -> bool {
        let (asked_again, seen) = oneshot::channel();
        let is_asked = self.ask(What::Powers(mount_id.to_owned()), repository, Why::Powers(asked_again), now);
        if is_asked {
            let _ = tokio::time::timeout(PATIENCE_OF_PREVIEWS, seen).await; // The preview says what is known.
        }
        is_asked
    }

    /// Somebody found that a tag moved there. Waits a moment for the catalog to say so too.
    pub async fn moved(&self, repository: &RepositoryName, tag: &Tag) {
        let (caught_up, seen) = oneshot::channel();
        let look = Look { repository: repository.clone(), why: Why::Moved(tag.clone(), caught_up) };
        if self.waiting.try_send(look).is_ok() {
            let _ = tokio::time::timeout(PATIENCE, seen).await;
        }
    }

    /// Somebody told of a push to a repository of this mount. Nobody waits for what comes of it.
    pub fn hint(&self, mount_id: &str, repository: RepositoryName, tag: Option<Tag>) {
        self.hints.put(mount_id, Hint { repository, tag }, Instant::now());
    }

    /// The next of what was told, when the jobs are to ask about it.
    pub async fn next_hint(&self) -> Taken {
        self.hints.next().await
    }

    fn ask(&self, what: What, repository: &RepositoryName, why: Why, now: Timestamp) -> bool {
        let Ok(place) = self.waiting.try_reserve() else { return false };
        if !self.claim(what, now) {
            return false;
        }
        place.send(Look { repository: repository.clone(), why });
        true
    }

    fn claim(&self, what: What, now: Timestamp) -> bool {
        let is_recent = |last: &Timestamp| (0..LOOK_EVERY_MS).contains(&(now.0 - last.0));
        let mut asked = self.asked.lock().expect("no holder of the lock panics");
        if asked.get(&what).is_some_and(is_recent) {
            return false;
        }
        if asked.len() >= REMEMBERED {
            asked.retain(|_, last| is_recent(last));
        }
        if asked.len() >= REMEMBERED {
            return false;
        }
        asked.insert(what, now);
        true
    }
}
