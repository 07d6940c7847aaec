//! What is looked at there before an image is deleted by its digest: all tags, and all that some client reads in what they
//! name. What cannot be read keeps everything.

use super::gone::of;
use super::push;
use super::stand_in::{Deletes, Lists, StandIn};
use super::survivors::{manifest, put};
use super::undone::{hidden, listed, mounted, send};
use super::world::{HOUR_MS, artifact, index, world_with};
use crate::support::{OCI_INDEX, OCI_MANIFEST, eventually};
use serde_json::json;

/// What the entry of an index says of an image.
fn entry(content: &str) -> String {
    format!(r#""mediaType":"{OCI_MANIFEST}","digest":"{}","size":{}"#, of(content), content.len())
}

/// An index with this after its type.
fn with(rest: &str) -> String {
    format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}",{rest}}}"#)
}

/// What Go's parser reads, and stricter ones do not.
fn odd(entry: &str) -> [String; 4] {
    [
        with(&format!(r#""Manifests":[{{{entry}}}]"#)),
        with(&format!(r#""manifests":[{{{}}}]"#, entry.replace("digest", "Digest"))),
        with(&format!(r#""manifests":[{{{}}}]"#, entry.replace(&format!("\"{OCI_MANIFEST}\""), "null"))),
        with(&format!(r#""manifests":[],"manifests":[{{{entry}}}]"#)),
    ]
}

fn fill(upstream: &StandIn) {
    upstream.push(&["a"], &artifact("a"));
    upstream.push(&["solo"], &artifact("solo"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_index_lists_that_is_written_oddly_stays_there() {
    let (entry, inner) = (entry(&artifact("a")), index(&[&artifact("a")]));
    let nested = with(&format!(r#""manifests":[{{"digest":"{}","size":{}}}]"#, of(&inner), inner.len()));
    let read = odd(&entry).into_iter().chain([nested]).map(|it| (it, true));
    let unread = ["no JSON".to_owned(), with(r#""manifests":{}"#), with(r#""manifests":[{"digest":7}]"#)];
    for (theirs, is_read) in read.chain(unread.map(|it| (it, false))) {
        let world = world_with(Deletes::ByDigest, "", fill).await;
        world.upstream.push(&[], &inner);
        world.upstream.push(&["theirs"], &theirs);
        for tag in ["a", "solo"] {
            let entry = world.take(tag).await;
            world.purge(&entry).await;
        }
        assert!(world.has(&artifact("a")), "{theirs}");
        assert_eq!(world.has(&artifact("solo")), !is_read, "what nothing lists goes, if all is read: {theirs}");
        assert_eq!((world.hidden(), world.n_holds().await), (vec![], 0), "{theirs}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cncf_distribution_takes_an_index_that_is_written_oddly_and_what_it_lists_stays() {
    let folder = tempfile::tempdir().unwrap();
    let Some((upstream, test, _jobs)) = mounted(folder.path(), "read_only = false").await else { return };
    let host = &upstream.host;
    let let_go = async |tag: &str| {
        assert_eq!(send(&test, "DELETE", &format!("r/up/team/web/-/tags/{tag}"), json!({})).await.status, 204, "{tag}");
        let entry = test.get("/api/v1/trash").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
        let purged = send(&test, "DELETE", &format!("trash/{entry}"), json!({})).await;
        assert_eq!((purged.status.as_u16(), hidden(&upstream)), (204, vec![]), "{}", purged.text());
    };
    for n in 0..=4 {
        let tag = format!("part-{n}");
        let part = push(host, "team/web", &tag, tag.as_bytes());
        eventually("it is read", async || listed(&test).await.iter().any(|(it, _)| *it == tag)).await;
        let theirs = odd(&entry(&manifest(host, &part).unwrap())).into_iter().nth(n);
        if let Some(theirs) = &theirs {
            put(host, "theirs", OCI_INDEX, theirs);
        }
        let_go(&tag).await;
        assert_eq!(manifest(host, &part).is_some(), theirs.is_some(), "{theirs:?}");
    }
}

/// It need not say by a link that there are more tags.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_pages_without_links_is_read_to_its_end() {
    let world = world_with(Deletes::ByDigest, "", |upstream| {
        fill(upstream);
        for n in 0..1000 {
            upstream.push(&[&format!("t-{n:03}")], &artifact("other"));
        }
        upstream.push(&["z"], &artifact("solo"));
        upstream.now().lists = Lists::Cut;
    });
    let world = world.await;
    let entry = world.take("solo").await;
    world.purge(&entry).await;
    assert!(world.has(&artifact("solo")) && world.named("z").is_some(), "its name behind the first page keeps it");

    let entry = world.take("z").await;
    world.upstream.now().lists = Lists::Lost;
    world.purge(&entry).await;
    assert!(world.has(&artifact("solo")), "a list that breaks off says nothing");
    assert_eq!(world.n_holds().await, 1);
    world.upstream.now().lists = Lists::Cut;
    world.later(2 * HOUR_MS).await;
    assert_eq!((world.has(&artifact("solo")), world.n_holds().await), (false, 0));
}
