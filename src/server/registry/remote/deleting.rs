//! Deleting by tag and by digest (end-9), which registries do in different ways: CNCF distribution 2.8 takes digests
//! alone, and with one all tags that name it.

use super::client::{Ask, Client, Sent};
use crate::domain::{Digest, Error, Reference, Result, Tag};
use reqwest::Method;

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    Done,
    /// There was no such thing.
    Absent,
    /// The registry does not delete such a thing.
    Unable,
}

impl Client {
    /// Deletes what a reference names. Registries that know conditions refuse it where that is not `expected`.
    pub async fn delete(&self, name: &str, reference: &Reference, expected: Option<&Digest>) -> Result<Deleted> {
        let ask = self.ask_delete(name, reference, expected);
        let answer = self.send(&ask).await?;
        match answer.status() {
            200..=204 if !answer.is_html() => Ok(Deleted::Done),
            404 if !answer.is_html() => Ok(Deleted::Absent),
            400 | 405 | 501 => Ok(Deleted::Unable),
            412 => Err(Error::Changed { current: self.resolve(name, reference).await? }),
            _ => Err(self.unchanged(&ask, answer).await),
        }
    }

    /// Whether manifests can be deleted by their digests, found out by one that nobody has; `None` if the answer does
    /// not tell.
    pub async fn deletes_by_digest(&self, name: &str) -> Result<Option<bool>> {
        let nobody = format!("sha256:{}", "0".repeat(64)).parse().map(Reference::Digest)?;
        self.deletes(name, &nobody).await
    }

    /// The same for tags by their names.
    pub async fn deletes_by_tag(&self, name: &str) -> Result<Option<bool>> {
        self.deletes(name, &Reference::Tag(Tag::of_nothing())).await
    }

    async fn deletes(&self, name: &str, nothing: &Reference) -> Result<Option<bool>> {
        let ask = self.ask_delete(name, nothing, None);
        let answer = self.send(&ask).await?;
        match answer.status() {
            _ if answer.is_html() => Ok(None),
            202 | 404 => Ok(Some(true)),
            400 | 405 | 501 => Ok(Some(false)),
            401 | 403 | 429 | 500.. => Err(self.unchanged(&ask, answer).await),
            _ => Ok(None),
        }
    }

    fn ask_delete(&self, name: &str, reference: &Reference, expected: Option<&Digest>) -> Ask {
        let (path, scope) = (format!("{name}/manifests/{reference}"), format!("repository:{name}:delete"));
        self.ask_change(Method::DELETE, &path, scope, Sent { body: None, expected: expected.cloned() })
    }
}
