//! Manifests that are no manifests, and answers that do not come.

use super::upstream::*;
use crate::domain::media_type::OCI_MANIFEST;
use crate::server::registry::{RawManifest, ReadRegistry};
use axum::body::Body;
use bytes::Bytes;
use sha2::{Digest as _, Sha256, Sha512};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn sha256(bytes: &str) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

const TYPE: (&str, &str) = ("content-type", "application/vnd.oci.image.manifest.v1+json; charset=utf-8");

#[tokio::test]
async fn a_web_page_is_called_a_web_page() {
    for status in [200, 404] {
        let html = move |_: &Seen| answer(status, &[("content-type", "text/html; charset=utf-8")], "<h1>hello</h1>");
        let registry = registry(settings(&Upstream::start(html).await.url));
        let said = [
            words(registry.tags(&name("a"), None, 10).await),
            words(registry.repositories(None, 10).await),
            words(registry.manifest(&name("a"), &reference("v1")).await),
            words(registry.resolve(&name("a"), &reference("v1")).await),
        ];
        assert_eq!(
            said[0],
            "answered with a web page instead of a list of tags; check that url points at the registry itself"
        );
        assert!(said.iter().all(|said| said.contains("a web page instead of a ")), "{said:?}");
    }
    let disguised = Upstream::start(|_| json("\n <!doctype html>")).await;
    let registry = registry(settings(&disguised.url));
    assert!(words(registry.tags(&name("a"), None, 10).await).contains("web page"));
    assert!(words(registry.manifest(&name("a"), &reference("v1")).await).contains("web page"));
}

#[tokio::test]
async fn a_huge_manifest_is_not_read_to_its_end() {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = sent.clone();
    let endless = Upstream::start(move |_| {
        let count = count.clone();
        let parts = (0..1600).map(move |_| {
            count.fetch_add(65_536, Ordering::SeqCst);
            Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 65_536]))
        });
        answer(200, &[TYPE], Body::from_stream(futures::stream::iter(parts)))
    })
    .await;
    let registry = registry(settings(&endless.url));
    let said = words(registry.manifest(&name("a"), &reference("v1")).await);
    assert_eq!(
        said,
        "was asked for a manifest: it sent more than 4194304 bytes where that is the most; the rest was not read"
    );
    assert!(sent.load(Ordering::SeqCst) < 32 << 20, "{sent:?}");
}

#[tokio::test]
async fn a_lying_manifest_is_refused() {
    let lie = sha256("something else");
    let header = lie.clone();
    let liar = Upstream::start(move |seen| match seen.path.contains("header") {
        true => answer(200, &[TYPE, ("docker-content-digest", &header)], "{}"),
        false => answer(200, &[TYPE], "{}"),
    })
    .await;
    let registry = registry(settings(&liar.url));
    assert!(words(registry.manifest(&name("a"), &reference("header")).await).contains("does not have the digest"));
    assert!(words(registry.manifest(&name("a"), &reference(&lie)).await).contains("does not have the digest"));
    assert!(words(registry.manifest(&name("header"), &reference(&sha256("{}"))).await).contains("does not have"));
    assert!(words(registry.resolve(&name("header"), &reference(&sha256("{}"))).await).contains("and offers"));
}

#[tokio::test]
async fn a_manifest_comes_with_its_digest_and_bare_type() {
    let honest = Upstream::start(|_| answer(200, &[TYPE], "{ }")).await;
    let registry = registry(settings(&honest.url));
    let manifest = registry.manifest(&name("a"), &reference("v1")).await.unwrap().unwrap();
    assert_eq!((manifest.digest.to_string(), &manifest.bytes[..]), (sha256("{ }"), &b"{ }"[..]));
    assert_eq!(manifest.media_type, OCI_MANIFEST);
    let sha512 = format!("sha512:{}", hex::encode(Sha512::digest("{ }")));
    let manifest = registry.manifest(&name("a"), &reference(&sha512)).await.unwrap().unwrap();
    assert_eq!(manifest.digest.to_string(), sha512);
}

#[tokio::test]
async fn a_reference_is_resolved_by_head_where_that_is_enough() {
    let stated = sha256("stated");
    let header = stated.clone();
    let server = Upstream::start(move |seen| match (seen.method.as_str(), seen.path.rsplit('/').next().unwrap()) {
        (_, "stated") => answer(200, &[TYPE, ("docker-content-digest", &header)], ""),
        ("HEAD", "no-head") => answer(405, &[], ""),
        ("HEAD", "odd") => answer(200, &[TYPE, ("docker-content-digest", "sha256:../../x")], ""),
        (_, "missing") => answer(404, &[("content-type", "application/json")], ""),
        (_, "denied") => answer(403, &[], ""),
        _ => answer(200, &[TYPE], "{}"),
    })
    .await;
    let registry = registry(settings(&server.url));
    let resolve = async |tag: &str| registry.resolve(&name("a"), &reference(tag)).await;
    assert_eq!(resolve("stated").await.unwrap().unwrap().to_string(), stated);
    assert!(server.seen().iter().all(|seen| seen.method == "HEAD"));
    for tag in ["no-head", "odd", "no-header"] {
        assert_eq!(resolve(tag).await.unwrap().unwrap().to_string(), sha256("{}"), "{tag}");
    }
    assert_eq!(resolve("missing").await.unwrap(), None);
    assert!(words(resolve("denied").await).starts_with("denied access (403)"));
}

#[tokio::test]
async fn silence_and_closed_doors_are_said_in_words() {
    let hung = raw("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{", true).await;
    let said = words(impatient(settings(&hung)).tags(&name("a"), None, 10).await);
    assert!(said.contains("did not answer within 300 ms"), "{said}");

    let silent = raw("", true).await;
    let said = words(impatient(settings(&silent)).tags(&name("a"), None, 10).await);
    assert!(said.starts_with("did not answer within 300 ms"), "{said}");

    let hangs_up = raw("", false).await;
    let said = words(registry(settings(&hangs_up)).tags(&name("a"), None, 10).await);
    assert!(said.starts_with("broke off"), "{said}");

    let not_http = raw("SSH-2.0-OpenSSH_9.2\r\n\r\n", false).await;
    let said = words(registry(settings(&not_http)).tags(&name("a"), None, 10).await);
    assert!(said.contains("not HTTP"), "{said}");

    let plain = Upstream::start(|_| json("{}")).await.url.as_str().replace("http:", "https:").parse().unwrap();
    let said = words(registry(settings(&plain)).tags(&name("a"), None, 10).await);
    assert!(said.contains("does not speak TLS"), "{said}");

    let closed = "http://127.0.0.1:1".parse().unwrap();
    let said = words(registry(settings(&closed)).tags(&name("a"), None, 10).await);
    assert!(said.starts_with("refused the connection"), "{said}");

    let unknown = "http://registry.invalid".parse().unwrap();
    let said = words(registry(settings(&unknown)).tags(&name("a"), None, 10).await);
    assert!(said.contains("DNS"), "{said}");
}

#[tokio::test]
async fn a_moment_of_trouble_is_outlived_and_a_long_one_is_said() {
    let times = Arc::new(AtomicUsize::new(0));
    let moody = Upstream::start(move |seen| match seen.path.as_str() {
        path if path.contains("busy") => answer(429, &[("retry-after", "60")], ""),
        path if path.contains("down") => answer(503, &[], ""),
        _ if times.fetch_add(1, Ordering::SeqCst) == 0 => answer(429, &[("retry-after", "0")], ""),
        _ if times.fetch_add(1, Ordering::SeqCst) == 2 => answer(502, &[], ""),
        _ => json(r#"{"tags":["v1"]}"#),
    })
    .await;
    let registry = registry(settings(&moody.url));
    assert_eq!(registry.tags(&name("a"), None, 10).await.unwrap().items.len(), 1);
    assert_eq!(moody.count("/a/"), 3);
    let said = words(registry.tags(&name("busy"), None, 10).await);
    assert_eq!(said, "had too many requests from here (429) and asks to wait 60 s");
    assert_eq!(moody.count("/busy/"), 1);
    assert!(words(registry.tags(&name("down"), None, 10).await).starts_with("failed with status 503"));
    assert_eq!(moody.count("/down/"), 3);
}

/// As CNCF distribution 2.8 fails to read what somebody writes at that moment.
#[tokio::test]
async fn a_read_that_fails_is_asked_a_few_times_and_a_write_once() {
    const MOST: usize = 3;
    let v1 = reference("v1");
    for status in [500, 502, 503, 504] {
        for n_failing in 1..=MOST {
            let times = Arc::new(AtomicUsize::new(0));
            let moody = Upstream::start(move |_| match times.fetch_add(1, Ordering::SeqCst) < n_failing {
                true => answer(status, &[], ""),
                false => answer(200, &[TYPE], "{}"),
            })
            .await;
            let read = registry(settings(&moody.url)).manifest(&name("a"), &v1).await;
            assert_eq!((read.is_ok(), moody.seen().len()), (n_failing < MOST, MOST.min(n_failing + 1)), "{status}");
        }
        let failing = Upstream::start(move |_| answer(status, &[], "")).await;
        let there = registry(settings(&failing.url)).client;
        let digest = sha256("{}").parse().unwrap();
        let manifest = RawManifest { digest, media_type: OCI_MANIFEST.to_owned(), bytes: Bytes::from_static(b"{}") };
        assert!(there.put_manifest("a", &v1, &manifest, None).await.is_err());
        assert!(there.delete("a", &v1, None).await.is_err());
        assert!(there.ensure_nothing("a").await.is_err());
        let asked = |method: &str| failing.seen().iter().filter(|seen| seen.method == method).count();
        assert_eq!(["PUT", "DELETE", "POST", "HEAD"].map(asked), [1, 1, 1, MOST], "{status}");
    }
    for n_failing in 1..=MOST {
        let (url, came) = hangs_up(n_failing, "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
        let read = registry(settings(&url)).manifest(&name("a"), &v1).await;
        assert_eq!((read.is_ok(), came.load(Ordering::SeqCst)), (n_failing < MOST, MOST.min(n_failing + 1)));
    }
}
