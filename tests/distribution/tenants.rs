//! Two tenants on one server: neither reads, continues, mounts or learns of what the other has. The policy is the
//! fixed one of tests: `one` and `two` own the namespace of their name, `one-ci` deletes nothing there, `public` is
//! for everybody.

use super::{ANY, n_staged};
use crate::support::{Answer, OCI_MANIFEST, TestApp, sha256, sha512};
use axum::http::StatusCode;
use serde_json::json;

/// The server, the attacker, the victim, and the digest of the victim's image of one layer, `secret`.
async fn tenants() -> (TestApp, TestApp, TestApp, String) {
    let test = TestApp::tenants().await;
    let (one, two) = (test.by("one"), test.by("two"));
    let image = two.push_image("two/b", "v1", "amd64", b"secret").await;
    one.push_blob("one/a", b"mine").await;
    (test, one, two, image)
}

async fn mount(by: &TestApp, repository: &str, digest: &str, from: Option<&str>) -> Answer {
    let from = from.map(|from| format!("&from={from}")).unwrap_or_default();
    by.call("POST", &format!("/v2/{repository}/blobs/uploads/?mount={digest}{from}"), ANY, "").await
}

/// SEC-2, and OCI-23 for refusals.
#[tokio::test]
async fn a_blob_is_readable_only_through_a_repository_that_may_be_read() {
    let (test, one, two, image) = tenants().await;
    let secret = sha256(b"secret");
    assert_eq!(two.get(&format!("/v2/two/b/blobs/{secret}")).await.text(), "secret");
    let (unknown, nobody) = ("404 NAME_UNKNOWN", "401 UNAUTHORIZED");
    for (stranger, unknown) in
        [(&one, unknown), (&test, nobody), (&two.by("two-other"), unknown), (&two.by("tw"), unknown)]
    {
        let absent = stranger.get(&format!("/v2/two/none/blobs/{secret}")).await;
        for path in [format!("blobs/{secret}"), format!("manifests/{image}"), "manifests/v1".into(), "tags/list".into()]
        {
            let answer = stranger.get(&format!("/v2/two/b/{path}")).await;
            assert_eq!(answer.refusal(), unknown, "{path}");
            assert_eq!(answer.text().replace("two/b", "two/none"), absent.text(), "as if it were not there: {path}");
            let head = stranger.head(&format!("/v2/two/b/{path}")).await;
            assert_eq!(head.status, answer.status, "{path}");
        }
        assert_eq!(stranger.get(&format!("/v2/two/b/referrers/{image}")).await.refusal(), unknown);
        let ranged = stranger.ask("GET", &format!("/v2/two/b/blobs/{secret}"), &[("range", "bytes=0-1")], "").await;
        assert_eq!(ranged.refusal(), unknown);
        let known = [("if-none-match", &*format!("\"{secret}\""))];
        let path = format!("/v2/one/a/blobs/{secret}");
        let known = stranger.ask("GET", &path, &known, "").await.status;
        assert!(known.is_client_error(), "nor by a condition: {known}");
    }
    for path in [format!("/v2/one/a/blobs/{secret}"), format!("/v2/one/a/manifests/{image}")] {
        assert_eq!(one.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(one.head(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for from in [None, Some("two/b"), Some("two/none"), Some("one/a")] {
        let mounted = mount(&one, "one/a", &secret, from).await;
        assert_eq!(mounted.status, StatusCode::ACCEPTED, "{from:?}");
        let put = one.call("PUT", &format!("{}?digest={secret}", mounted.location()), ANY, "other bytes").await;
        assert_eq!(put.refusal(), "400 DIGEST_INVALID", "{from:?}: who has not the bytes does not get them");
    }
    let with_digest = format!("/v2/one/a/blobs/uploads/?mount={secret}&from=two/b&digest={secret}");
    assert_eq!(one.call("POST", &with_digest, ANY, "").await.status, StatusCode::ACCEPTED, "and no bytes are no blob");
    assert_eq!(one.get(&format!("/v2/one/a/blobs/{secret}")).await.refusal(), "404 BLOB_UNKNOWN");
}

/// SEC-2: a manifest is no way around either.
#[tokio::test]
async fn naming_a_blob_is_no_right_to_read_it() {
    let (_, one, _, image) = tenants().await;
    let (secret, config) = (sha256(b"secret"), one.push_blob("one/a", b"{}").await);
    let manifest = |layer_type: &str| {
        json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 2},
            "layers": [{"mediaType": layer_type, "digest": secret, "size": 6, "urls": ["https://example.com/layer"]}]})
        .to_string()
    };
    let plain =
        one.put_manifest("one/a", "v1", OCI_MANIFEST, &manifest("application/vnd.oci.image.layer.v1.tar")).await;
    assert_eq!(plain.refusal(), "400 MANIFEST_BLOB_UNKNOWN");
    let foreign = manifest("application/vnd.oci.image.layer.nondistributable.v1.tar");
    let put = one.put_manifest("one/a", "v1", OCI_MANIFEST, &foreign).await;
    assert_eq!(put.status, StatusCode::CREATED, "a layer that lives elsewhere may be missing: {}", put.text());
    let about = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": [],
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2},
        "subject": {"mediaType": OCI_MANIFEST, "digest": image, "size": 7}});
    let put = one.put_manifest("one/a", "about", OCI_MANIFEST, &about.to_string()).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
    assert_eq!(one.get(&format!("/v2/one/a/blobs/{secret}")).await.refusal(), "404 BLOB_UNKNOWN");
    assert_eq!(one.get(&format!("/v2/one/a/manifests/{image}")).await.refusal(), "404 MANIFEST_UNKNOWN");
    assert_eq!(one.get(&format!("/v2/two/b/referrers/{image}")).await.refusal(), "404 NAME_UNKNOWN");
}

/// SEC-3.
#[tokio::test]
async fn an_upload_belongs_to_its_repository_and_to_who_began_it() {
    let (test, one, two, _) = tenants().await;
    let upload = two.call("POST", "/v2/two/b/blobs/uploads/", ANY, "").await.location();
    two.call("PATCH", &upload, ANY, "first ").await;
    let digest = sha256(b"first second");
    let paths = [upload.clone(), upload.replace("/two/b/", "/one/a/"), upload.replace("/two/b/", "/two/c/")];
    let strangers: [(&TestApp, &[String]); 4] =
        [(&one, &paths), (&test, &paths), (&two, &paths[1..]), (&two.by("two-ci"), &paths)];
    for (by, paths) in strangers {
        for path in paths {
            for (method, query) in
                [("GET", ""), ("HEAD", ""), ("PATCH", ""), ("PUT", &*format!("?digest={digest}")), ("DELETE", "")]
            {
                let answer = by.call(method, &format!("{path}{query}"), ANY, "stolen").await;
                assert!(matches!(answer.status.as_u16(), 401 | 404), "{method} {path}: {}", answer.status);
            }
        }
    }
    assert_eq!(two.get(&upload).await.header("range"), "0-5");
    let put = two.call("PUT", &format!("{upload}?digest={digest}"), ANY, "second").await;
    assert_eq!(put.status, StatusCode::CREATED, "whose it is can finish it");
    assert_eq!(n_staged(&test), 0);
}

/// OCI-12: who may push and not delete gives an upload of its own up, and deletes nothing.
#[tokio::test]
async fn giving_an_upload_up_takes_no_right_to_delete() {
    let (_, one, ..) = tenants().await;
    let ci = one.by("one-ci");
    let image = ci.push_image("one/a", "v1", "amd64", b"layer").await;
    let upload = ci.call("POST", "/v2/one/a/blobs/uploads/", ANY, "").await.location();
    assert_eq!(ci.delete(&upload).await.status, StatusCode::NO_CONTENT);
    assert_eq!(ci.get(&upload).await.refusal(), "404 BLOB_UPLOAD_UNKNOWN");
    let paths = [format!("blobs/{}", sha256(b"mine")), "manifests/v1".to_owned(), format!("manifests/{image}")];
    for path in &paths {
        assert_eq!(ci.delete(&format!("/v2/one/a/{path}")).await.refusal(), "403 DENIED", "{path}");
    }
    for path in &paths {
        assert_eq!(one.delete(&format!("/v2/one/a/{path}")).await.status, StatusCode::ACCEPTED, "{path}");
    }
}

/// OCI-10, OCI-14.
#[tokio::test]
async fn a_mount_links_what_may_be_read_and_is_an_upload_otherwise() {
    let (test, one, two, _) = tenants().await;
    for digest in [one.push_blob("one/a", b"layer").await, sha512(b"layer")] {
        let whole = format!("/v2/one/a/blobs/uploads/?digest={digest}");
        one.call("POST", &whole, ANY, "layer").await;
        let mounted = mount(&one, "one/b", &digest, Some("one/a")).await;
        assert_eq!((mounted.status, mounted.header("docker-content-digest")), (StatusCode::CREATED, &*digest));
        assert_eq!(mounted.location(), format!("/v2/one/b/blobs/{digest}"));
        assert_eq!(one.get(&mounted.location()).await.text(), "layer");
        assert_eq!(one.delete(&format!("/v2/one/a/blobs/{digest}")).await.status, StatusCode::ACCEPTED);
        assert_eq!(one.get(&mounted.location()).await.text(), "layer", "it is a link of its own");
        let itself = mount(&one, "one/b", &digest, Some("one/b")).await;
        assert_eq!(itself.status, StatusCode::CREATED, "from the same repository");
    }
    let layer = sha256(b"layer");
    for (digest, from) in [
        (&layer, Some("one/a")),             // It was deleted there.
        (&layer, Some("one/none")),          // No such repository.
        (&sha256(b"never"), Some("one/b")),  // No such blob.
        (&sha256(b"secret"), Some("two/b")), // Not to be read.
        (&layer, None),
        (&layer, Some("")),
        (&layer, Some("ODD..name")),
    ] {
        let answer = mount(&one, "one/c", digest, from).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{digest} from {from:?}");
        let put = one.call("PUT", &format!("{}?digest={layer}", answer.location()), ANY, "layer").await;
        assert_eq!(put.status, StatusCode::CREATED, "an ordinary upload goes on");
        assert_eq!(one.delete(&format!("/v2/one/c/blobs/{layer}")).await.status, StatusCode::ACCEPTED);
    }
    for odd in ["", "sha256:xyz", "md5:aa", "v1"] {
        assert_eq!(mount(&one, "one/c", odd, Some("one/b")).await.refusal(), "400 DIGEST_INVALID", "{odd}");
    }
    for (by, refusal) in [(&two, "404 NAME_UNKNOWN"), (&test, "401 UNAUTHORIZED")] {
        assert_eq!(mount(by, "one/c", &layer, Some("one/b")).await.refusal(), refusal, "into what is another's");
    }
    assert_eq!(mount(&two, "public/x", &layer, None).await.refusal(), "403 DENIED", "which may be read only");
}

/// Whoever follows the links meets what may be read and learns of nothing between.
#[tokio::test]
async fn pages_of_the_catalog_are_full_whatever_is_hidden_between() {
    let test = TestApp::tenants().await;
    for (owner, names) in [
        ("one", ["one/a", "one/b", "one/c"]),
        ("one-more", ["one-more/a", "one-more/b", "one-more/c"]),
        ("other", ["other/a", "other/b", "other/c"]),
        ("public", ["public/a", "public/b", "public/c"]),
        ("two", ["two/a", "two/b", "two/c"]),
    ] {
        for name in names {
            test.by(owner).push_blob(name, b"layer").await;
        }
    }
    let (one, two) = (["one/a", "one/b", "one/c"], ["two/a", "two/b", "two/c"]);
    let public = ["public/a", "public/b", "public/c"];
    let cases = [("one", [one, public].concat()), ("two", [public, two].concat()), ("nobody", public.to_vec())];
    for ((actor, visible), n) in cases.iter().flat_map(|case| (1..=7).map(move |n| (case, n))) {
        let (by, mut path) = (test.by(actor), format!("/v2/_catalog?n={n}"));
        for (at, page) in visible.chunks(n).enumerate() {
            let answer = by.get(&path).await;
            assert_eq!(answer.json(), json!({"repositories": page}), "{actor}: {path}");
            let is_last = (at + 1) * n >= visible.len();
            path = format!("/v2/_catalog?last={}&n={n}", page.last().unwrap());
            let link = if is_last { String::new() } else { format!("<{path}>; rel=\"next\"") };
            assert_eq!(answer.header("link"), link, "{actor}: {path}");
        }
    }
    let whole = test.get("/v2/_catalog").await;
    assert_eq!(
        (whole.json()["repositories"].clone(), whole.header("link")),
        (json!(public), ""),
        "for nobody in particular"
    );
    for query in ["n=0", "n=0&last=one/a"] {
        let none = test.by("one").get(&format!("/v2/_catalog?{query}")).await;
        assert_eq!((none.json(), none.header("link")), (json!({"repositories": []}), ""), "{query}");
    }
    for bad in ["n=-1", "n=x", "n="] {
        let refused = test.by("one").get(&format!("/v2/_catalog?{bad}")).await;
        assert_eq!(refused.refusal(), "400 PAGINATION_NUMBER_INVALID", "{bad}");
    }
    let beyond = test.by("one").get("/v2/_catalog?n=2&last=other/b").await;
    assert_eq!(beyond.json(), json!({"repositories": ["public/a", "public/b"]}), "from a name that is hidden");
}

/// SEC-13, SEC-36: lists show what may be read, by whichever path.
#[tokio::test]
async fn lists_name_nothing_that_may_not_be_read() {
    let (test, one, two, _) = tenants().await;
    let catalog = |by: TestApp| async move { by.get("/v2/_catalog").await.json()["repositories"].clone() };
    assert_eq!(catalog(one.by("one")).await, json!(["one/a"]));
    assert_eq!(catalog(two.by("two")).await, json!(["two/b"]));
    assert_eq!(catalog(test.by("nobody")).await, json!([]));
    let odd = [
        "/v2/_catalog",
        "//v2/_catalog",
        "/v2//_catalog",
        "/v2/_catalog/",
        "/V2/_catalog",
        "/v2/%5fcatalog",
        "/v2/_catalog?n=1000&last=one/zzz",
        "/v2/_catalog?last=%00",
        "/v2/./_catalog",
        "/v2/../v2/_catalog",
        "/v2/one/../_catalog",
        "/health/live/../../v2/_catalog",
        "/v2/public/../two/b/tags/list",
        "/v2/two/b/tags/list?/v2/public/x/tags/list",
        "/v2/public%2f..%2ftwo/b/tags/list",
        "/v2/two%2fb/tags/list",
        "/v2/public/x/..%2f..%2ftwo/b/manifests/v1",
        "/v2/_catalog;/health/live",
        "/v2//two/b/tags/list",
        "/repositories?q=two",
        "/repositories?q=%25",
        "/r/two/b",
        "/r/two/b/-/tags/v1",
        "/r/two%2fb",
    ];
    for path in odd {
        for by in [&test, &one] {
            let answer = by.get(path).await;
            if path.contains("two/b") || path.contains("two%2fb") {
                let asked_in = answer.header("location").starts_with("/auth/login?next=");
                assert!(answer.status.is_client_error() || asked_in, "{path}: {}", answer.status);
                assert!(!answer.text().contains("v1\""), "{path}: {}", answer.text());
            } else {
                assert!(!answer.text().contains("two/b"), "{path}: {}", answer.text());
            }
        }
    }
}
