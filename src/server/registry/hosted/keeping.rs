//! A client that asks whether something is here and hears that it is sends it no more: so it stays for a while. Nothing is
//! written where that was promised not long ago.

use super::HostedRegistry;
use crate::domain::{Digest, RepositoryName, Result, Timestamp};
use crate::server::registry::KeepContent;
use crate::server::store::collect::{self, Promised};
use async_trait::async_trait;

#[async_trait]
impl KeepContent for HostedRegistry {
    async fn keep_blob(&self, repository: &RepositoryName, digest: &Digest) -> Result<bool> {
        self.keep(Promised::Blob, repository, digest).await
    }

    async fn keep_manifest(&self, repository: &RepositoryName, digest: &Digest) -> Result<bool> {
        self.keep(Promised::Image, repository, digest).await
    }
}

impl HostedRegistry {
    async fn keep(&self, what: Promised, repository: &RepositoryName, digest: &Digest) -> Result<bool> {
        let (store, now) = (&self.parts.store, self.parts.clock.now());
        let long_ago = Timestamp(now.0 - collect::renewed_after(self.parts.grace_ms));
        match what.told_at(store, repository, digest).await? {
            None => Ok(false),
            Some(told_at) if told_at > long_ago => Ok(true),
            Some(_) => {
                let place = (repository.clone(), digest.clone());
                let promise = store.note(&self.parts.keeps, move |tx| {
                    Box::pin(async move { what.promise(tx, (&place.0, &place.1), (long_ago, now)).await })
                });
                promise.await
            }
        }
    }
}
