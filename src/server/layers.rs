//! Asking for the files of layers because somebody looks at them. Pages ask here and the jobs of this process answer;
//! neither knows the other.

use crate::domain::{Actor, Digest, RepositoryName};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot};
use tokio::time::Instant;

/// How long a page waits for layers that are small.
const PATIENCE: Duration = Duration::from_millis(900);
/// Layers that wait to be read, and those of them that one may have asked for: an image of very many layers is read over
/// several looks at it, and holds up nobody else.
const WAITING: usize = 128;
const OF_ONE: usize = 32;
/// Pages that put lists together at a time: each holds as many bytes as lists may be long.
const LOOKING: usize = 4;

/// Where pages ask.
pub struct Layers {
    waiting: mpsc::Sender<Asked>,
    under_way: Arc<Mutex<UnderWay>>,
    looking: Semaphore,
}

#[derive(Default)]
struct UnderWay {
    layers: HashSet<(RepositoryName, Digest)>,
    /// How many of them somebody asked for.
    of: HashMap<String, usize>,
}

/// A layer of a repository, to be read.
pub struct Asked {
    pub repository: RepositoryName,
    pub digest: Digest,
    by: String,
    under_way: Arc<Mutex<UnderWay>>,
    /// Told by being dropped.
    _done: oneshot::Sender<()>,
}

impl Drop for Asked {
    fn drop(&mut self) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.layers.remove(&(self.repository.clone(), self.digest.clone()));
        if let Some(n) = under_way.of.get_mut(&self.by) {
            *n -= 1;
        }
        under_way.of.retain(|_, n| *n > 0);
    }
}

impl Layers {
    /// Where pages ask, and where the jobs take.
    pub fn channel() -> (Self, mpsc::Receiver<Asked>) {
        let (waiting, taken) = mpsc::channel(WAITING);
        (Self { waiting, under_way: Arc::default(), looking: Semaphore::new(LOOKING) }, taken)
    }

    /// Somebody looks at these layers, of which nobody knows the files. Waits a moment; returns whether more of them may be
    /// known.
    pub async fn want(&self, by: &Actor, repository: &RepositoryName, layers: &[Digest]) -> bool {
        let asked: Vec<_> = layers.iter().filter_map(|layer| self.ask(by, repository, layer)).collect();
        let until = Instant::now() + PATIENCE;
        let is_any = !asked.is_empty();
        for done in asked {
            let _ = tokio::time::timeout_at(until, done).await; // The page shows what there is.
        }
        is_any
    }

    /// The same for who waits for none of it.
    pub fn hint(&self, by: &Actor, repository: &RepositoryName, layers: &[Digest]) {
        layers.iter().for_each(|layer| drop(self.ask(by, repository, layer)));
    }

    /// A turn to put lists together.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.looking.acquire().await.ok()
    }

    fn ask(&self, by: &Actor, repository: &RepositoryName, layer: &Digest) -> Option<oneshot::Receiver<()>> {
        let place = self.waiting.try_reserve().ok()?;
        let by = by.key();
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let n = under_way.of.get(&by).copied().unwrap_or_default();
        if n >= OF_ONE || !under_way.layers.insert((repository.clone(), layer.clone())) {
            return None;
        }
        under_way.of.insert(by.clone(), n + 1);
        drop(under_way);
        let (done, told) = oneshot::channel();
        let (repository, digest, under_way) = (repository.clone(), layer.clone(), Arc::clone(&self.under_way));
        place.send(Asked { repository, digest, by, under_way, _done: done });
        Some(told)
    }
}
