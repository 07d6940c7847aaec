//! Asking for the files of layers because somebody looks at them. Pages ask here and the jobs of this process answer;
//! neither knows the other.

use crate::domain::{Actor, Digest, RepositoryName};
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, SemaphorePermit, oneshot};
use tokio::time::Instant;

/// How long a page waits for layers that are small.
const PATIENCE: Duration = Duration::from_millis(900);
/// Layers that wait to be read, and those of them that one may have asked for: an image of very many layers is read over
/// several looks at it.
const WAITING: usize = 128;
const OF_ONE: usize = 32;
/// Pages that put lists together at a time: each holds as many bytes as lists may be long.
const LOOKING: usize = 4;

/// Where pages ask.
pub struct Layers {
    shared: Arc<Shared>,
    looking: Semaphore,
}

/// Where the jobs take.
pub struct Waiting(Arc<Shared>);

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    asked: Notify,
}

#[derive(Default)]
struct Queue {
    /// What each asked for; whose turn it is comes first.
    of: VecDeque<(String, VecDeque<Asked>)>,
    n_waiting: usize,
    /// What waits or is read.
    under_way: HashSet<(RepositoryName, Digest)>,
}

/// A layer of a repository, to be read.
pub struct Asked {
    pub repository: RepositoryName,
    pub digest: Digest,
    shared: Weak<Shared>,
    /// Told by being dropped.
    _done: oneshot::Sender<()>,
}

impl Drop for Asked {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.queue().under_way.remove(&(self.repository.clone(), self.digest.clone()));
        }
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// What is read next, when somebody asks. Those who ask take turns, however much each asks for.
    pub async fn next(&self) -> Asked {
        loop {
            let asked = self.0.asked.notified();
            if let Some(next) = self.try_next() {
                return next;
            }
            asked.await;
        }
    }

    /// The same, if somebody asked.
    pub fn try_next(&self) -> Option<Asked> {
        let mut queue = self.0.queue();
        let (by, mut own) = queue.of.pop_front()?;
        let next = own.pop_front();
        if !own.is_empty() {
            queue.of.push_back((by, own));
        }
        queue.n_waiting -= 1;
        next
    }
}

impl Layers {
    /// Where pages ask, and where the jobs take.
    pub fn channel() -> (Self, Waiting) {
        let shared = Arc::<Shared>::default();
        (Self { shared: Arc::clone(&shared), looking: Semaphore::new(LOOKING) }, Waiting(shared))
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
        let by = by.key();
        let mut queue = self.shared.queue();
        let n_own = queue.of.iter().find(|(other, _)| *other == by).map_or(0, |(_, own)| own.len());
        let is_full = queue.n_waiting >= WAITING || n_own >= OF_ONE;
        if is_full || !queue.under_way.insert((repository.clone(), layer.clone())) {
            return None;
        }
        let (done, told) = oneshot::channel();
        let (repository, digest) = (repository.clone(), layer.clone());
        let asked = Asked { repository, digest, shared: Arc::downgrade(&self.shared), _done: done };
        match queue.of.iter_mut().find(|(other, _)| *other == by) {
            Some((_, own)) => own.push_back(asked),
            None => queue.of.push_back((by, VecDeque::from([asked]))),
        }
        queue.n_waiting += 1;
        drop(queue);
        self.shared.asked.notify_one();
        Some(told)
    }
}
