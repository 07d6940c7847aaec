//! What is about an image, where the registry lists that by itself (end-12).

use super::client::{Ask, Client};
use super::failure;
use super::lists::{next_of, pull_scope};
use crate::domain::{Digest, Result, media_type};
use crate::server::registry::{About, MAX_REFERRERS};
use reqwest::Method;
use serde::Deserialize;

/// Pages of one list that are read.
const MAX_PAGES: usize = 100;

#[derive(Deserialize)]
struct Wire {
    manifests: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
struct Entry {
    digest: Digest,
}

impl Client {
    /// What is about an image; `None` where the registry does not know such lists.
    pub async fn referrers(&self, name: &str, subject: &Digest) -> Result<Option<About>> {
        let mut ask = Ask {
            method: Method::GET,
            url: self.url(&format!("{name}/referrers/{subject}")),
            scope: pull_scope(name),
            accept: media_type::OCI_INDEX,
            range: None,
            what: "a list of what is about an image",
            elsewhere: false,
            change: None,
        };
        let (mut found, mut is_more): (Vec<Digest>, _) = (Vec::new(), false);
        for _ in 0..MAX_PAGES {
            let answer = self.send(&ask).await?;
            match answer.status() {
                200 if !answer.is_html() => {}
                // Those that never heard of it answer in many ways.
                200 | 400 | 404 | 405 if found.is_empty() => return Ok(None),
                _ => return Err(self.refusal(&ask, &answer)),
            }
            let next = next_of(&answer, &ask).and_then(|next| next.last);
            let bytes = self.list_bytes(&ask, answer).await?;
            let wire: Option<Wire> = serde_json::from_slice(&bytes).ok();
            let wire = wire.ok_or_else(|| self.error(failure::odd(ask.what)))?;
            let before = found.last().cloned();
            found.extend(wire.manifests.unwrap_or_default().into_iter().map(|entry| entry.digest));
            match next {
                Some(last) if found.last() != before.as_ref() && found.len() < MAX_REFERRERS => {
                    ask.url.query_pairs_mut().clear().append_pair("last", &last);
                    is_more = true;
                }
                next => {
                    is_more = next.is_some();
                    break;
                }
            }
        }
        Ok(Some(About::cut(found, is_more)))
    }
}
