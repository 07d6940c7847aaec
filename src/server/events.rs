//! Tells open pages which repository changed, or all of which scope. The store announces changes once they are durable, and
//! a crawl what it has listed and looked at.

use crate::domain::{RepositoryName, RepositoryVisibility, Scope};
use std::sync::{Arc, Mutex};
use tokio::sync::{OnceCell, broadcast};

/// Changes that a slow reader may fall behind before it is told to fetch everything anew.
const REMEMBERED: usize = 1024;

/// One change, the same to all who hear of it.
#[derive(Debug)]
pub struct Changed {
    pub scope: Scope,
    /// How visible a repository is; `None` where it is not there. The first of those who have to know looks, for all of them.
    pub visibility: OnceCell<Option<RepositoryVisibility>>,
}

/// What changed, until the server stops.
#[derive(Clone)]
pub struct Events(Arc<Mutex<Option<broadcast::Sender<Arc<Changed>>>>>);

impl Default for Events {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Some(broadcast::channel(REMEMBERED).0))))
    }
}

impl Events {
    /// Something in this repository changed, durably.
    pub fn changed(&self, repository: RepositoryName) {
        self.changed_in(Scope::Repository(repository));
    }

    /// The same of all that a scope holds.
    pub fn changed_in(&self, scope: Scope) {
        if let Some(sender) = &*self.0.lock().expect("no holder of the lock panics") {
            let changed = Changed { scope, visibility: OnceCell::new() };
            let _ = sender.send(Arc::new(changed)); // Nobody may be looking.
        }
    }

    /// Every change from now on; a reader that falls behind is told so, and one that comes while the
    /// server stops hears that there is nothing more.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Changed>> {
        match &*self.0.lock().expect("no holder of the lock panics") {
            Some(sender) => sender.subscribe(),
            None => broadcast::channel(1).1,
        }
    }

    /// Ends every stream, so that open pages do not hold the server up when it stops.
    pub fn close(&self) {
        self.0.lock().expect("no holder of the lock panics").take();
    }
}
