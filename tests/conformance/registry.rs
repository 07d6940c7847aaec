//! What every registry does that can be read: the hosted one, and the same one seen from outside
//! over the distribution API. (`remote.rs` runs the suite against CNCF distribution too.)

use crate::support::{TestApp, sha256};
use portolan::domain::{Error, Reference, RepositoryName, Tag};
use portolan::server::blobs::{ContentRange, collect};
use portolan::server::entropy::SeededEntropy;
use portolan::server::registry::ReadRegistry;
use portolan::server::registry::remote::{Limits, RemoteRegistry, RemoteSettings};
use std::sync::Arc;

#[tokio::test]
async fn hosted() {
    let test = TestApp::new().await;
    let content = fill(&test).await;
    suite(&*test.app.mounts.now()[0].read, "", &content).await;
}

#[tokio::test]
async fn remote_over_portolan() {
    let test = TestApp::new().await;
    let content = fill(&test).await;
    let address = serve(&test).await;
    suite(&remote(&address, "up"), "up/", &content).await;
}

/// Serves a test's router on a free port of this machine.
pub(crate) async fn serve(test: &TestApp) -> String {
    serve_router(test.open_router()).await
}

/// Serves any router likewise.
pub(crate) async fn serve_router(router: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// The registry at an address, mounted under a prefix.
pub(crate) fn remote(address: &str, prefix: &str) -> RemoteRegistry {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let settings = RemoteSettings {
        prefix: prefix.parse().unwrap(),
        url: address.parse().unwrap(),
        upstream_prefix: None,
        repositories: None,
        auth_hosts: vec![],
        credentials: None,
        outbound_allow: vec![],
        ca_file: None,
        is_typed: false,
        is_read_only: false,
    };
    RemoteRegistry::new(settings, Limits::default(), Arc::new(SeededEntropy::new(3))).unwrap()
}

/// What a registry under test holds.
pub(crate) struct Known {
    pub repositories: Vec<&'static str>,
    pub tags: Vec<&'static str>,
    pub digest: String,
    pub layer: &'static [u8],
}

/// Fills a server over HTTP.
pub(crate) async fn fill(test: &TestApp) -> Known {
    let layer: &[u8] = b"the layer of team/web";
    let digest = test.push_image("team/web", "1.0", "amd64", layer).await;
    for tag in ["1.0.1", "1.1", "latest"] {
        test.push_image("team/web", tag, "amd64", layer).await;
    }
    for repository in ["base", "team/api", "team/jobs/mailer"] {
        test.push_image(repository, "latest", "arm64", repository.as_bytes()).await;
    }
    let repositories = vec!["base", "team/api", "team/jobs/mailer", "team/web"];
    Known { repositories, tags: vec!["1.0", "1.0.1", "1.1", "latest"], digest, layer }
}

/// The suite; names lie under `prefix`.
pub(crate) async fn suite(registry: &dyn ReadRegistry, prefix: &str, known: &Known) {
    lists_come_in_pages(registry, prefix, known).await;
    references_resolve(registry, prefix, known).await;
    blobs_come_whole_and_in_parts(registry, prefix, known).await;
    absence_is_no_failure(registry, prefix, known).await;
}

async fn lists_come_in_pages(registry: &dyn ReadRegistry, prefix: &str, known: &Known) {
    for limit in [1, 2, 3, 100] {
        let (mut names, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = registry.repositories(after.as_deref(), limit).await.unwrap();
            assert!(page.items.len() <= limit as usize);
            names.extend(page.items.iter().map(ToString::to_string));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let expected: Vec<String> = known.repositories.iter().map(|name| format!("{prefix}{name}")).collect();
        assert_eq!(names, expected, "pages of {limit}");
        let (mut tags, mut after) = (Vec::<Tag>::new(), None::<String>);
        loop {
            let page = registry.tags(&name(prefix, "team/web"), after.as_deref(), limit).await.unwrap();
            tags.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(tags.iter().map(Tag::as_str).collect::<Vec<_>>(), known.tags, "pages of {limit}");
    }
}

async fn references_resolve(registry: &dyn ReadRegistry, prefix: &str, known: &Known) {
    let web = name(prefix, "team/web");
    let by_tag: Reference = "latest".parse().unwrap();
    let by_digest: Reference = known.digest.parse().unwrap();
    for reference in [&by_tag, &by_digest] {
        assert_eq!(registry.resolve(&web, reference).await.unwrap().unwrap().as_str(), known.digest);
        let manifest = registry.manifest(&web, reference).await.unwrap().unwrap();
        assert_eq!(sha256(&manifest.bytes), known.digest);
        assert_eq!(manifest.media_type, crate::support::OCI_MANIFEST);
    }
}

async fn blobs_come_whole_and_in_parts(registry: &dyn ReadRegistry, prefix: &str, known: &Known) {
    let (web, digest) = (name(prefix, "team/web"), sha256(known.layer).parse().unwrap());
    let whole = registry.blob(&web, &digest, None).await.unwrap().unwrap();
    assert_eq!(whole.size, known.layer.len() as u64);
    assert_eq!(collect(whole, 1000).await.unwrap(), known.layer);
    let range = Some(ContentRange::From { start: 4, end: Some(8) });
    let part = registry.blob(&web, &digest, range).await.unwrap().unwrap();
    assert_eq!((part.size, part.start, part.length), (known.layer.len() as u64, 4, 5));
    assert_eq!(collect(part, 1000).await.unwrap(), known.layer[4..=8]);
}

async fn absence_is_no_failure(registry: &dyn ReadRegistry, prefix: &str, known: &Known) {
    let (web, nothing) = (name(prefix, "team/web"), name(prefix, "team/nothing"));
    let absent: Reference = sha256(b"absent").parse().unwrap();
    for reference in [&"absent".parse().unwrap(), &absent] {
        assert_eq!(registry.resolve(&web, reference).await.unwrap(), None);
        assert!(registry.manifest(&web, reference).await.unwrap().is_none());
        assert!(registry.manifest(&nothing, reference).await.unwrap().is_none());
    }
    assert!(registry.blob(&web, &sha256(b"absent").parse().unwrap(), None).await.unwrap().is_none());
    assert!(registry.blob(&nothing, &sha256(known.layer).parse().unwrap(), None).await.unwrap().is_none());
    assert!(matches!(registry.tags(&nothing, None, 10).await, Err(Error::NotFound(_))));
}

fn name(prefix: &str, inner: &str) -> RepositoryName {
    format!("{prefix}{inner}").parse().unwrap()
}
