//! What a reference names, and manifests whose bytes are what their digest says.

use super::client::{Answer, Ask, Client};
use super::lists::pull_scope;
use super::{body, failure};
use crate::domain::digest::Algorithm;
use crate::domain::{Digest, Reference, Result, media_type};
use crate::server::blobs::ContentHash;
use crate::server::registry::RawManifest;
use bytes::Bytes;
use reqwest::Method;
use serde::Deserialize;

impl Client {
    /// The digest that a reference names, by HEAD where the registry answers that in full.
    pub async fn resolve(&self, name: &str, reference: &Reference) -> Result<Option<Digest>> {
        let ask = self.ask_manifest(Method::HEAD, name, reference);
        let answer = self.send(&ask).await?;
        match answer.status() {
            200 if answer.is_html() => Err(self.refusal(&ask, &answer)),
            200 => match stated_digest(&answer) {
                Some(digest) => self.named(reference, digest).map(Some),
                None => self.resolve_by_reading(name, reference).await,
            },
            405 => self.resolve_by_reading(name, reference).await,
            404 if !answer.is_html() => Ok(None),
            _ => Err(self.refusal(&ask, &answer)),
        }
    }

    async fn resolve_by_reading(&self, name: &str, reference: &Reference) -> Result<Option<Digest>> {
        Ok(self.manifest(name, reference).await?.map(|manifest| manifest.digest))
    }

    /// A manifest with the digest that its bytes have.
    pub async fn manifest(&self, name: &str, reference: &Reference) -> Result<Option<RawManifest>> {
        let ask = self.ask_manifest(Method::GET, name, reference);
        let answer = self.send(&ask).await?;
        match answer.status() {
            200 if !answer.is_html() => {}
            404 if !answer.is_html() => return Ok(None),
            _ => return Err(self.refusal(&ask, &answer)),
        }
        let (stated, sent_as) = (stated_digest(&answer), answer.media_type());
        let bytes = body::read(answer.response, &self.transport, self.transport.limits.manifest_bytes).await;
        let bytes = bytes.map_err(|words| self.error(format!("was asked for a manifest: it {words}")))?;
        if body::looks_like_html(&bytes) {
            return Err(self.error(failure::web_page(ask.what)));
        }
        let asked = match reference {
            Reference::Digest(digest) => Some(digest),
            Reference::Tag(_) => None,
        };
        for claim in asked.into_iter().chain(&stated) {
            if ContentHash::digest_of(claim.algorithm(), &bytes) != *claim {
                return Err(self.error(format!(
                    "sent a manifest that does not have the digest {}…; it was altered there or on its way, and is not used",
                    claim.short()
                )));
            }
        }
        let digest = match asked.cloned().or(stated) {
            Some(digest) => digest,
            None => ContentHash::digest_of(Algorithm::Sha256, &bytes),
        };
        Ok(Some(RawManifest { digest, media_type: media_type_of(sent_as, &bytes), bytes }))
    }

    fn ask_manifest(&self, method: Method, name: &str, reference: &Reference) -> Ask {
        Ask {
            method,
            url: self.url(&format!("{name}/manifests/{reference}")),
            scope: pull_scope(name),
            accept: media_type::ACCEPT_MANIFESTS,
            range: None,
            what: "a manifest",
            elsewhere: false,
            change: None,
        }
    }

    /// A digest names itself. Registries may state it in another algorithm, but not another digest.
    fn named(&self, reference: &Reference, stated: Digest) -> Result<Digest> {
        match reference {
            Reference::Digest(asked) if asked.algorithm() == stated.algorithm() && *asked != stated => {
                Err(self.error(format!("was asked for the manifest {}… and offers {}…", asked.short(), stated.short())))
            }
            Reference::Digest(asked) => Ok(asked.clone()),
            Reference::Tag(_) => Ok(stated),
        }
    }
}

fn stated_digest(answer: &Answer) -> Option<Digest> {
    answer.header("docker-content-digest")?.trim().parse().ok()
}

/// What it was sent as. Registries on plain file servers send every manifest as some JSON; then
/// the manifest itself says what it is.
fn media_type_of(sent_as: String, bytes: &Bytes) -> String {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wire {
        media_type: Option<String>,
    }
    let says_nothing = matches!(sent_as.as_str(), "" | "application/json" | "application/octet-stream" | "text/plain");
    let stated = || serde_json::from_slice::<Wire>(bytes).ok()?.media_type.filter(|kind| media_type::is_manifest(kind));
    if says_nothing { stated().unwrap_or(sent_as) } else { sent_as }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_that_is_sent_as_anything_says_what_it_is() {
        let body = Bytes::from(format!(r#"{{"mediaType":"{}"}}"#, media_type::OCI_INDEX));
        assert_eq!(media_type_of("application/json".to_owned(), &body), media_type::OCI_INDEX);
        assert_eq!(media_type_of(media_type::OCI_MANIFEST.to_owned(), &body), media_type::OCI_MANIFEST);
        assert_eq!(media_type_of(String::new(), &Bytes::from_static(b"{}")), "");
    }
}
