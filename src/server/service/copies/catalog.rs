//! What is at a registry elsewhere by this copy is in the catalog at once, so that its pages show it and its tags can be
//! written down with whose they are.

use super::reading::Image;
use super::way::{Copying, There, of};
use crate::domain::manifest::{Descriptor, MAX_CONFIG_BYTES, MAX_CONFIG_TIME};
use crate::domain::{Error, Permission, Result, Target};
use crate::server::blobs::{ContentHash, collect_within};
use crate::server::entropy::new_id;
use crate::server::store::manifests::{self, NewManifest};
use crate::server::store::{edges, repositories};

impl Copying<'_> {
    /// Lists an image that is at a registry elsewhere, if it is not listed.
    pub(super) async fn list_in_catalog(&self, image: &Image) -> Result<()> {
        let (store, to, digest) = (&self.app.store, self.asked.to.clone(), image.raw.digest.clone());
        let There::Elsewhere(there) = &self.there else { return Ok(()) };
        if !manifests::known(store, &to, std::slice::from_ref(&digest)).await?.is_empty() {
            return Ok(());
        }
        let config = match image.parsed.readable_config() {
            Some(config) => self.config(config).await?,
            None => None,
        };
        let new = NewManifest { digest, content: image.raw.bytes.to_vec(), parsed: image.parsed.clone(), config };
        let (now, by, rights) = (self.app.clock.now(), self.proof.actor().clone(), self.proof.rights());
        let (mount_id, id) = (there.mount_id().to_owned(), new_id(&*self.app.entropy, now));
        let note = store.note(&self.proof, move |tx| {
            Box::pin(async move {
                tx.lock(to.as_str()).await?;
                tx.lock(&mount_id).await?;
                let (repository, is_new) = repositories::ensure(tx, &to, &mount_id, &id, now).await?;
                if is_new {
                    rights.require(Permission::RepositoryCreate, &Target::Repository(to.clone()))?;
                }
                if manifests::insert(tx, &repository, &new, Some(&by), now).await? {
                    edges::link_parts(tx, &repository, &new, now).await?;
                }
                Ok(())
            })
        });
        note.await
    }

    /// What lists show of an image, as far as it can be read.
    async fn config(&self, config: &Descriptor) -> Result<Option<Vec<u8>>> {
        let what = format!("read the configuration {}", config.digest);
        let found = self.source.read.blob(&self.asked.from, &config.digest, None).await;
        let Some(content) = found.map_err(|failure| of(&what, failure))? else { return Ok(None) };
        if content.size != config.size {
            return Ok(None);
        }
        let slow = || Error::Unavailable(format!("it did not come within {} s", MAX_CONFIG_TIME.as_secs()));
        let bytes = collect_within(content, MAX_CONFIG_BYTES, MAX_CONFIG_TIME).await.and_then(|it| it.ok_or_else(slow));
        let bytes = bytes.map_err(|failure| of(&what, failure))?;
        let is_it = ContentHash::digest_of(config.digest.algorithm(), &bytes) == config.digest;
        Ok(is_it.then(|| bytes.to_vec()))
    }
}
