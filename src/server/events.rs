//! Tells open pages which repository changed. The store announces changes once they are durable, and
//! a crawl what it has listed and looked at.

use crate::domain::RepositoryName;
use std::sync::{Arc, Mutex};
use tokio::sync::broadcast;

/// Changes that a slow reader may fall behind before it is told to fetch everything anew.
const REMEMBERED: usize = 1024;

/// What changed, until the server stops.
#[derive(Clone)]
pub struct Events(Arc<Mutex<Option<broadcast::Sender<RepositoryName>>>>);

impl Default for Events {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Some(broadcast::channel(REMEMBERED).0))))
    }
}

impl Events {
    /// Something in this repository changed, durably.
    pub fn changed(&self, repository: RepositoryName) {
        if let Some(sender) = &*self.0.lock().expect("no holder of the lock panics") {
            let _ = sender.send(repository); // Nobody may be looking.
        }
    }

    /// Every change from now on; a reader that falls behind is told so, and one that comes while the
    /// server stops hears that there is nothing more.
    pub fn subscribe(&self) -> broadcast::Receiver<RepositoryName> {
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
