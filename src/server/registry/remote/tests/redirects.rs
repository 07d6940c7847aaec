//! Where answers point, and where that is followed.

use super::upstream::*;
use crate::domain::{Digest, Error};
use crate::server::blobs::collect;
use crate::server::registry::ReadRegistry;
use crate::server::registry::remote::{RemoteRegistry, RemoteSettings};

fn digest() -> Digest {
    format!("sha256:{}", "a".repeat(64)).parse().unwrap()
}

async fn read_blob(registry: &RemoteRegistry) -> Result<Vec<u8>, Error> {
    let content = registry.blob(&name("a"), &digest(), None).await?.expect("the blob is there");
    Ok(collect(content, 1 << 20).await?.to_vec())
}

/// A registry that wants Basic and sends everybody to `to`.
async fn sends_to(to: String) -> Upstream {
    Upstream::start(move |seen| match seen.authorization {
        Some(_) => answer(307, &[("location", &to)], ""),
        None => answer(401, &[("www-authenticate", "Basic realm=x")], ""),
    })
    .await
}

fn signed_in(server: &Upstream) -> RemoteSettings {
    RemoteSettings { credentials: credentials(), ..settings(&server.url) }
}

#[tokio::test]
async fn lists_and_manifests_stay_on_their_host() {
    let other = Upstream::start(|_| json(r#"{"tags":["v1"]}"#)).await;
    let server = sends_to(format!("{}v2/secret?signature=s3cret", other.url)).await;
    let mut mount = signed_in(&server);
    mount.outbound_allow = vec!["127.0.0.0/8".parse().unwrap()];
    let registry = registry(mount);
    for said in [
        words(registry.manifest(&name("a"), &reference("v1")).await),
        words(registry.resolve(&name("a"), &reference("v1")).await),
        words(registry.tags(&name("a"), None, 9).await),
        words(registry.repositories(None, 9).await),
    ] {
        assert!(said.starts_with("redirects to 127.0.0.1:") && !said.contains("s3cret"), "{said}");
    }
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn a_blob_elsewhere_is_read_only_from_where_that_is_allowed() {
    let other = Upstream::start(|_| answer(200, &[], "content")).await;
    for host in ["127.0.0.1", "localhost", "0x7f.1", "[::ffff:127.0.0.1]"] {
        let port = other.url.port().unwrap();
        let server = sends_to(format!("http://{host}:{port}/blob?signature=s3cret")).await;
        let said = words(read_blob(&registry(signed_in(&server))).await);
        assert!(said.contains("limits.outbound_allow") && !said.contains("s3cret"), "{host}: {said}");
    }
    assert!(other.seen().is_empty());

    for host in ["127.0.0.1", "localhost"] {
        let server = sends_to(format!("http://{host}:{}/blob", other.url.port().unwrap())).await;
        let mut mount = signed_in(&server);
        mount.outbound_allow = vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        assert_eq!(read_blob(&registry(mount)).await.unwrap(), b"content", "{host}");
    }
    assert!(other.seen().iter().all(|seen| seen.authorization.is_none()));
    assert_eq!(other.seen().len(), 2);
}

#[tokio::test]
async fn another_host_does_not_get_a_sign_in_by_asking() {
    let other = Upstream::start(|_| answer(401, &[("www-authenticate", "Basic realm=x")], "")).await;
    let server = sends_to(format!("{}blob", other.url)).await;
    let mut mount = signed_in(&server);
    mount.outbound_allow = vec!["127.0.0.0/8".parse().unwrap()];
    let said = words(read_blob(&registry(mount)).await);
    assert!(said.starts_with("keeps the content at 127.0.0.1:") && said.contains("401"), "{said}");
    assert_eq!(other.seen().len(), 1);
    assert_eq!(other.seen()[0].authorization, None);
}

#[tokio::test]
async fn a_host_may_redirect_to_itself_but_not_for_ever() {
    let server = Upstream::start(|seen| match seen.path.as_str() {
        path if path.starts_with("/moved/") => json(r#"{"tags":["v1"]}"#),
        path if path.contains("/loop/") => answer(302, &[("location", path)], ""),
        path if path.contains("/odd/") => answer(302, &[("location", "gopher://x/")], ""),
        path => answer(308, &[("location", &format!("/moved{path}"))], ""),
    })
    .await;
    let registry = registry(settings(&server.url));
    assert_eq!(registry.tags(&name("a"), None, 9).await.unwrap().items.len(), 1);
    assert!(words(registry.tags(&name("loop"), None, 9).await).contains("redirects more than 5 times"));
    assert_eq!(server.count("/loop/"), 6);
    assert!(words(registry.tags(&name("odd"), None, 9).await).contains("Location cannot be read"));
}
