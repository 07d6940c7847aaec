//! Sending blobs: linked at the registry where it can do that, and else streamed there in one request.

use super::RemoteRegistry;
use super::client::{Ask, Client, Sent};
use super::lists::pull_scope;
use super::writing::push_scope;
use crate::domain::{Digest, Reference, RepositoryName, Result};
use crate::server::blobs::Content;
use crate::server::registry::RawManifest;
use crate::server::registry::changing::{Allowed, SendContent};
use async_trait::async_trait;
use reqwest::Method;
use url::Url;

#[async_trait]
impl SendContent for RemoteRegistry {
    async fn has_blob(&self, repository: &RepositoryName, digest: &Digest) -> Result<bool> {
        let name = self.upstream_name(repository)?;
        self.client.within(self.client.has_blob(&name, digest)).await
    }

    async fn mount_blob(&self, at: &Allowed<'_>, from: &RepositoryName, digest: &Digest) -> Result<bool> {
        let (name, from) = (self.upstream_name(at.repository())?, self.upstream_name(from)?);
        at.confirm().await?;
        self.client.within_change(self.client.mount_blob((&name, &from), digest)).await
    }

    async fn send_blob(&self, at: &Allowed<'_>, digest: &Digest, content: Content) -> Result<()> {
        let name = self.upstream_name(at.repository())?;
        at.confirm().await?;
        let place = self.client.within_change(self.client.begin_upload(&name)).await?;
        self.client.send_blob(&name, place, (digest, content)).await
    }

    async fn send_manifest(&self, at: &Allowed<'_>, manifest: &RawManifest) -> Result<()> {
        let (name, by_digest) = (self.upstream_name(at.repository())?, Reference::Digest(manifest.digest.clone()));
        at.confirm().await?;
        self.client.within_change(self.client.put_manifest(&name, &by_digest, manifest, None)).await
    }
}

impl Client {
    async fn has_blob(&self, name: &str, digest: &Digest) -> Result<bool> {
        let ask = Ask { method: Method::HEAD, ..self.ask_blob(name, digest, None) };
        let answer = self.send(&ask).await?;
        match answer.status() {
            200 if !answer.is_html() => Ok(true),
            404 if !answer.is_html() => Ok(false),
            _ => Err(self.refusal(&ask, &answer)),
        }
    }

    /// Links a blob (end-11). Registries that do not, or not this one, begin an upload, which is given up.
    async fn mount_blob(&self, (name, from): (&str, &str), digest: &Digest) -> Result<bool> {
        let scope = format!("{} {}", push_scope(name), pull_scope(from));
        let mut ask = self.ask_change(Method::POST, &format!("{name}/blobs/uploads/"), scope, Sent::default());
        ask.url.query_pairs_mut().append_pair("mount", digest.as_str()).append_pair("from", from);
        let answer = self.send(&ask).await?;
        match answer.status() {
            201 => Ok(true),
            202 => {
                if let Ok(url) = self.upload(&answer) {
                    let _ = self.send(&Ask { method: Method::DELETE, url, ..ask }).await; // It ends by itself too.
                }
                Ok(false)
            }
            400 | 404 | 405 => Ok(false),
            _ => Err(self.unchanged(&ask, answer).await),
        }
    }

    async fn begin_upload(&self, name: &str) -> Result<Url> {
        let ask = self.ask_change(Method::POST, &format!("{name}/blobs/uploads/"), push_scope(name), Sent::default());
        let answer = self.send(&ask).await?;
        match answer.status() {
            202 => self.upload(&answer),
            _ => Err(self.unchanged(&ask, answer).await),
        }
    }

    async fn send_blob(&self, name: &str, mut url: Url, (digest, content): (&Digest, Content)) -> Result<()> {
        url.query_pairs_mut().append_pair("digest", digest.as_str());
        let ask = self.ask_change(Method::PUT, "", push_scope(name), Sent::default());
        let ask = Ask { url, ..ask };
        let answer = self.send_body(&ask, content.length, content.body).await?;
        match answer.status() {
            201 | 204 => Ok(()),
            _ => Err(self.unchanged(&ask, answer).await),
        }
    }
}
