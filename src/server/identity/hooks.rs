//! Which registry elsewhere it is that tells of pushes: by the secret of its mount, which is found by its fingerprint and opens
//! nothing else. Whoever shows it is nobody who may do anything.

use super::known::Identity;
use super::secrets;
use crate::domain::{Error, Result};
use crate::server::secret::Secret;
use crate::server::store::hooks;

/// A registry that told of something.
pub struct Teller {
    fingerprint: String,
    is_news: bool,
}

impl Identity {
    /// The registry of the mount of that id, if this is its secret.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], by the same question, whether there is no such mount, it has no secret or another one.
    pub async fn teller(&self, mount_id: &str, shown: &Secret) -> Result<Teller> {
        let fingerprint = secrets::fingerprint(shown);
        let hook = hooks::find(&self.store, &fingerprint).await?.filter(|hook| hook.mount_id == mount_id);
        let is_news = hook.ok_or(Error::Unauthenticated)?.is_news(self.clock.now());
        Ok(Teller { fingerprint, is_news })
    }

    /// Notes that something was heard of it, once a minute.
    pub async fn heard(&self, teller: Teller) {
        let (Teller { fingerprint, is_news }, now) = (teller, self.clock.now());
        if !is_news {
            return;
        }
        let noted = self.note(move |tx| Box::pin(async move { hooks::heard(tx, &fingerprint, now).await }));
        if let Err(error) = noted.await {
            tracing::warn!(%error, "that a registry told of a push could not be noted");
        }
    }
}
