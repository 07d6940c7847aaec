//! A client that asks whether something is here and hears that it is sends it no more: so it stays for a while. Nothing is
//! written where that was promised not long ago.

use super::HostedRegistry;
use crate::domain::{Digest, RepositoryName, Result, Timestamp};
use crate::server::registry::KeepContent;
use crate::server::store::collect;
use async_trait::async_trait;

#[async_trait]
impl KeepContent for HostedRegistry {
    async fn keep_blob(&self, repository: &RepositoryName, digest: &Digest) -> Result<bool> {
        let (long_ago, now) = self.moments();
        match collect::blob_told_at(&self.parts.store, repository, digest).await? {
            None => Ok(false),
            Some(told_at) if told_at > long_ago => Ok(true),
            Some(_) => {
                let (repository, digest) = (repository.clone(), digest.clone());
                let promise = self.parts.store.note(&self.parts.keeps, move |tx| {
                    Box::pin(async move { collect::promise_blob(tx, &repository, &digest, (long_ago, now)).await })
                });
                promise.await
            }
        }
    }

    async fn keep_manifest(&self, repository: &RepositoryName, digest: &Digest) -> Result<bool> {
        let (long_ago, now) = self.moments();
        match collect::image_left_at(&self.parts.store, repository, digest).await? {
            None => Ok(false),
            Some(left_at) if left_at.is_none_or(|left_at| left_at > long_ago) => Ok(true),
            Some(_) => {
                let (repository, digest) = (repository.clone(), digest.clone());
                let promise = self.parts.store.note(&self.parts.keeps, move |tx| {
                    Box::pin(async move { collect::promise_image(tx, &repository, &digest, (long_ago, now)).await })
                });
                promise.await
            }
        }
    }
}

impl HostedRegistry {
    /// Since when a promise is young enough, and now.
    fn moments(&self) -> (Timestamp, Timestamp) {
        let now = self.parts.clock.now();
        (Timestamp(now.0 - collect::grace(self.parts.grace_ms) / 2), now)
    }
}
