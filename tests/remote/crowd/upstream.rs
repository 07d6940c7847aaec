//! The old registry as its own clients use it, who know nothing of Portolan.

use crate::remote::changes::ACCEPT;
use crate::support::process::exchange;
use crate::support::sha256;
use serde_json::Value;

/// A client starts over for as many times where the registry is confused for a moment.
const TRIES: usize = 50;

#[derive(Clone)]
pub struct Upstream {
    pub host: String,
    /// Whether it keeps its content in memory: in files, others read for a moment what is written half.
    pub is_calm: bool,
}

/// What came back: status, head and body.
type Said = (u16, String, String);

impl Upstream {
    async fn once(&self, method: &'static str, path: &str, kind: &'static str, body: &str) -> Said {
        let (host, path, body) = (self.host.clone(), path.to_owned(), body.as_bytes().to_vec());
        let ask = move || exchange(method, &host, &path, &[("Content-Type", kind), ACCEPT], &body);
        tokio::task::spawn_blocking(ask).await.unwrap()
    }

    /// Asks until an answer comes that is one.
    async fn ask(&self, method: &'static str, path: &str) -> Said {
        for _ in 0..TRIES {
            let said = self.once(method, path, "", "").await;
            if said.0 != 500 {
                return said;
            }
            assert!(!self.is_calm, "{path}: {said:?}");
        }
        panic!("{path} cannot be read");
    }

    /// What a tag or a digest names.
    pub async fn named(&self, repository: &str, reference: &str) -> Option<String> {
        let (status, _, body) = self.ask("GET", &format!("/v2/{repository}/manifests/{reference}")).await;
        assert!(matches!(status, 200 | 404), "{repository} {reference}: {status} {body}");
        (status == 200).then(|| sha256(body.as_bytes()))
    }

    pub async fn manifest(&self, repository: &str, digest: &str) -> Option<String> {
        let (status, _, body) = self.ask("GET", &format!("/v2/{repository}/manifests/{digest}")).await;
        (status == 200).then_some(body)
    }

    pub async fn blob(&self, repository: &str, digest: &str) -> Option<String> {
        let (status, _, body) = self.ask("GET", &format!("/v2/{repository}/blobs/{digest}")).await;
        (status == 200).then_some(body)
    }

    /// All names that it lists.
    pub async fn tags(&self, repository: &str) -> Vec<String> {
        let (status, _, body) = self.ask("GET", &format!("/v2/{repository}/tags/list")).await;
        if status != 200 {
            return vec![];
        }
        let listed: Value = serde_json::from_str(&body).unwrap();
        listed["tags"].as_array().into_iter().flatten().map(|tag| tag.as_str().unwrap().to_owned()).collect()
    }

    /// Pushes a manifest and what it is made of.
    pub async fn push(&self, repository: &str, reference: &str, (kind, text): (&'static str, &str), blobs: &[String]) {
        let path = format!("/v2/{repository}/manifests/{reference}");
        for _ in 0..TRIES {
            for blob in blobs {
                self.provide(repository, blob).await;
            }
            let said = self.once("PUT", &path, kind, text).await;
            if said.0 == 201 {
                return;
            }
            assert!(!self.is_calm && matches!(said.0, 400 | 500), "{path}: {said:?}");
        }
        panic!("{path} cannot be pushed");
    }

    async fn provide(&self, repository: &str, blob: &str) {
        let digest = sha256(blob.as_bytes());
        if self.once("HEAD", &format!("/v2/{repository}/blobs/{digest}"), "", "").await.0 == 200 {
            return;
        }
        let start = format!("/v2/{repository}/blobs/uploads/");
        let (_, head, _) = self.once("POST", &start, "", "").await;
        let Some(location) = head.lines().find_map(|line| line.strip_prefix("Location: ")) else { return };
        let location = location.trim();
        let path = location.split_once(&self.host).map_or(location, |(_, path)| path);
        let joint = if path.contains('?') { '&' } else { '?' };
        self.once("PUT", &format!("{path}{joint}digest={digest}"), "application/octet-stream", blob).await;
    }
}
