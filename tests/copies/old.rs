//! CNCF distribution 2.8 as a counterpart: it knows no lists of referrers, so they are kept under tags.

use super::{ask, fill, signed_in, step, whole};
use crate::support::process::{Distribution, http};
use crate::support::{START, TestApp, choices};
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use serde_json::{Value, json};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_goes_to_an_old_registry_about_in_it_and_back_and_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let Some(upstream) = Distribution::start(folder.path()) else { return };
    let config = format!(
        "[[mounts]]\nprefix = \"up\"\nkind = \"remote\"\nurl = \"http://{}\"\nread_only = false\n[[mounts]]\nkind = \"hosted\"",
        upstream.host
    );
    let clock = Arc::new(ManualClock::new(START));
    let test = signed_in(TestApp::build(&config, choices(Policy::Grants, clock.clone())).await).await;
    let index = fill(&test, "team/web", "1.0").await;
    let source = whole(&test, "team/web", "1.0").await;
    for (from, to) in [("team/web", "up/web"), ("up/web", "up/prod/web"), ("up/prod/web", "back/web")] {
        clock.advance_ms(1);
        let id = ask(&test, from, json!({"tags": ["1.0"], "to": to})).await;
        while !step(&test, &id).await.unwrap() {}
    }
    assert_eq!(whole(&test, "back/web", "1.0").await, source);

    // What somebody else noted about the same image stays in its list.
    let (listed, other) = (index.replace(':', "-"), crate::tags::push_signature(&test, "team/web", &index, 9).await);
    let theirs = json!({"schemaVersion": 2, "mediaType": crate::support::OCI_INDEX, "manifests": [
        {"mediaType": crate::support::OCI_MANIFEST, "digest": index, "size": 1}]});
    let path = format!("/v2/web/manifests/{listed}");
    let put = http(
        "PUT",
        &upstream.host,
        &path,
        &[("Content-Type", crate::support::OCI_INDEX)],
        theirs.to_string().as_bytes(),
    );
    assert_eq!(put.0, 201, "{}", put.1);
    clock.advance_ms(1);
    let id = ask(&test, "team/web", json!({"tags": ["1.0"], "to": "up/web"})).await;
    while !step(&test, &id).await.unwrap() {}
    let (_, list) = http("GET", &upstream.host, &path, &[("Accept", crate::support::OCI_INDEX)], b"");
    let list: Value = serde_json::from_str(&list).unwrap();
    let digests: Vec<&str> =
        list["manifests"].as_array().unwrap().iter().map(|it| it["digest"].as_str().unwrap()).collect();
    assert!(digests.contains(&&*index) && digests.contains(&&*other) && digests.len() == 3, "{list}");
}
