//! Sending manifests, and the two bytes that one without content names (end-4 to end-7, end-11).

use super::client::{Answer, Ask, Client, Sent};
use super::{body, failure};
use crate::domain::digest::Algorithm;
use crate::domain::{Digest, Error, Reference, Result};
use crate::server::blobs::ContentHash;
use crate::server::registry::RawManifest;
use bytes::Bytes;
use reqwest::Method;
use serde::Deserialize;
use url::Url;

/// Where an artifact has nothing to say.
pub const NOTHING: &[u8] = b"{}";
/// The type of what has none.
pub const BYTES: &str = "application/octet-stream";
/// What is read of a refusal.
const REFUSAL_BYTES: usize = 16 * 1024;

impl Client {
    /// Keeps a manifest under a tag or its digest. Registries that know conditions refuse it where something else than
    /// `expected` is there.
    pub async fn put_manifest(
        &self,
        name: &str,
        reference: &Reference,
        manifest: &RawManifest,
        expected: Option<&Digest>,
    ) -> Result<()> {
        let body = Some((manifest.media_type.clone(), manifest.bytes.clone()));
        let change = Sent { body, expected: expected.cloned() };
        let ask = self.ask_change(Method::PUT, &format!("{name}/manifests/{reference}"), push_scope(name), change);
        let answer = self.send(&ask).await?;
        match answer.status() {
            200..=204 if !answer.is_html() => Ok(()),
            412 => Err(Error::Changed { current: self.resolve(name, reference).await? }),
            _ => Err(self.unchanged(&ask, answer).await),
        }
    }

    /// Makes sure that the repository has the two bytes of [`NOTHING`]; returns their digest.
    pub async fn ensure_nothing(&self, name: &str) -> Result<Digest> {
        let digest = ContentHash::digest_of(Algorithm::Sha256, NOTHING);
        let ask = Ask { method: Method::HEAD, ..self.ask_blob(name, &digest, None) };
        if self.send(&ask).await?.status() == 200 {
            return Ok(digest);
        }
        let start = self.ask_change(Method::POST, &format!("{name}/blobs/uploads/"), push_scope(name), Sent::default());
        let answer = self.send(&start).await?;
        if answer.status() != 202 {
            return Err(self.unchanged(&start, answer).await);
        }
        let mut url = self.upload(&answer)?;
        url.query_pairs_mut().append_pair("digest", digest.as_str());
        let body = Some((BYTES.to_owned(), Bytes::from_static(NOTHING)));
        let finish = Ask { method: Method::PUT, url, change: Some(Sent { body, expected: None }), ..start };
        let answer = self.send(&finish).await?;
        match answer.status() {
            201 | 204 => Ok(digest),
            _ => Err(self.unchanged(&finish, answer).await),
        }
    }

    /// A question that changes something.
    pub fn ask_change(&self, method: Method, path: &str, scope: String, change: Sent) -> Ask {
        let (url, change) = (self.url(path), Some(change));
        Ask {
            method,
            url,
            scope,
            accept: "*/*",
            range: None,
            what: "the outcome of a change",
            elsewhere: false,
            change,
        }
    }

    /// Where an upload goes on: at the registry itself, whatever it believes that its own address is.
    pub fn upload(&self, answer: &Answer) -> Result<Url> {
        let here = self.url("");
        let said = answer.header("location").and_then(|location| here.join(location).ok());
        let said = said.filter(|url| url.host() == here.host());
        let said = said.ok_or_else(|| self.error("begins an upload at no address of its own; check url"))?;
        let mut url = here;
        url.set_path(said.path());
        url.set_query(said.query());
        Ok(url)
    }

    /// Why something was not changed, by the code of the refusal where it is a known one.
    pub async fn unchanged(&self, ask: &Ask, answer: Answer) -> Error {
        let status = answer.status();
        if answer.is_html() || matches!(status, 401 | 429 | 500..) {
            return self.refusal(ask, &answer);
        }
        let bytes = body::read(answer.response, &self.transport, REFUSAL_BYTES).await.unwrap_or_default();
        self.error(failure::change_words(status, code(&bytes).as_deref().unwrap_or_default()))
    }
}

/// The right to send to one repository.
pub fn push_scope(upstream_name: &str) -> String {
    format!("repository:{upstream_name}:pull,push")
}

/// The code of the first error in a refusal.
fn code(bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Wire {
        errors: Vec<Code>,
    }
    #[derive(Deserialize)]
    struct Code {
        code: String,
    }
    let wire: Wire = serde_json::from_slice(bytes).ok()?;
    wire.errors.into_iter().next().map(|error| error.code)
}
