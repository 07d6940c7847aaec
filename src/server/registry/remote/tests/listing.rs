//! Lists of repositories and tags.

use super::upstream::*;
use crate::domain::capability::Capability;
use crate::domain::error::{Error, What};
use crate::server::registry::ReadRegistry;
use crate::server::registry::remote::RemoteRegistry;

async fn all_tags(registry: &RemoteRegistry, limit: u32) -> Result<Vec<String>, Error> {
    let (mut all, mut after) = (Vec::new(), None::<String>);
    for _ in 0..100 {
        let page = registry.tags(&name("a"), after.as_deref(), limit).await?;
        all.extend(page.items.into_iter().map(String::from));
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
    panic!("the list does not end")
}

#[tokio::test]
async fn a_registry_that_does_not_page_is_paged_here() {
    let all = Upstream::start(|_| json(r#"{"name":"a","tags":["0.1.20","A","0.1.2","a","_"]}"#)).await;
    let tags = all_tags(&registry(settings(&all.url)), 2).await.unwrap();
    assert_eq!(tags, ["0.1.2", "0.1.20", "A", "_", "a"]);
}

#[tokio::test]
async fn only_the_last_of_a_link_is_followed() {
    let evil = Upstream::start(|_| json("{}")).await;
    let link = format!("<{}v2/a/tags/list?last=v1&n=1>; rel=\"next\"", evil.url);
    let server = Upstream::start(move |seen| match seen.path.contains("last=v1") {
        true => json(r#"{"tags":["v2"]}"#),
        false if seen.path.contains("last=v2") => json(r#"{"tags":[]}"#),
        false => answer(200, &[("link", &link)], r#"{"tags":["v1"]}"#),
    })
    .await;
    assert_eq!(all_tags(&registry(settings(&server.url)), 1).await.unwrap(), ["v1", "v2"]);
    assert!(evil.seen().is_empty());
}

#[tokio::test]
async fn pages_that_do_not_advance_are_refused() {
    let link = ("link", "</v2/a/tags/list?last=v2&n=2>; rel=\"next\"");
    let endless = Upstream::start(move |_| answer(200, &[link], r#"{"tags":["v1","v2"],"repositories":["v1"]}"#)).await;
    let registry = registry(settings(&endless.url));
    assert!(words(all_tags(&registry, 2).await).contains("does not end"));
    let first = registry.repositories(None, 2).await.unwrap();
    assert!(words(registry.repositories(first.next.as_deref(), 2).await).contains("does not end"));
}

#[tokio::test]
async fn hostile_names_are_left_out_and_counted() {
    let server = Upstream::start(|_| {
        json(r#"{"repositories":["ok","../etc","<script>","UPPER","a b",""],"tags":["ok","-x","<b>","a/b"]}"#)
    })
    .await;
    let registry = registry(settings(&server.url));
    let repositories = registry.repositories(None, 50).await.unwrap();
    assert_eq!((repositories.items, repositories.refused), (vec![name("ok")], 5));
    let tags = registry.tags(&name("a"), None, 50).await.unwrap();
    assert_eq!((tags.items.len(), tags.refused), (1, 3));
}

#[tokio::test]
async fn empty_missing_and_senseless_lists_differ() {
    let server = Upstream::start(|seen| match seen.path.as_str() {
        path if path.contains("/null/") => json(r#"{"name":"null","tags":null}"#),
        path if path.contains("/gone/") => answer(404, &[], "404 page not found"),
        path if path.contains("/deep/") => json("[".repeat(1_000_000)),
        _ => json(r#"{"hello":"world"}"#),
    })
    .await;
    let registry = registry(settings(&server.url));
    assert!(registry.tags(&name("null"), None, 50).await.unwrap().items.is_empty());
    let gone = registry.tags(&name("gone"), None, 50).await;
    assert_eq!(gone, Err(Error::NotFound(What::Repository(name("gone")))));
    assert!(words(registry.tags(&name("deep"), None, 50).await).contains("not a list of tags"));
    assert!(words(registry.repositories(None, 50).await).contains("not a list of repositories"));
}

#[tokio::test]
async fn a_mount_sees_its_part_under_its_own_names() {
    let server = Upstream::start(|seen| match seen.path.as_str() {
        "/v2/_catalog?n=2" => answer(
            200,
            &[("link", "</v2/_catalog?last=team%2Fapi&n=2>; rel=\"next\"")],
            r#"{"repositories":["other","team/api"]}"#,
        ),
        "/v2/_catalog?n=2&last=team%2Fapi" => json(r#"{"repositories":["team/web"]}"#),
        "/v2/team/web/tags/list?n=9" => json(r#"{"tags":["v1"]}"#),
        other => panic!("{other}"),
    })
    .await;
    let mut mount = settings(&server.url);
    (mount.prefix, mount.upstream_prefix) = ("hub".parse().unwrap(), Some("team".parse().unwrap()));
    let registry = registry(mount);
    let first = registry.repositories(None, 2).await.unwrap();
    assert_eq!((first.items, first.next.as_deref(), first.refused), (vec![name("hub/api")], Some("hub/api"), 0));
    let second = registry.repositories(first.next.as_deref(), 2).await.unwrap();
    assert_eq!((second.items, second.next), (vec![name("hub/web")], None));
    assert_eq!(registry.tags(&name("hub/web"), None, 9).await.unwrap().items.len(), 1);
    assert!(matches!(registry.tags(&name("web"), None, 9).await, Err(Error::NotFound(_))));
    assert_eq!(registry.resolve(&name("web"), &reference("v1")).await, Ok(None));
}

#[tokio::test]
async fn named_repositories_stand_in_for_a_catalog() {
    for status in [401, 404, 405] {
        let server = Upstream::start(move |_| answer(status, &[], "")).await;
        assert!(
            words(registry(settings(&server.url)).repositories(None, 9).await).contains("name them in repositories")
        );
    }
    let mut named = settings(&"http://127.0.0.1:1".parse().unwrap());
    named.repositories = Some(["c", "a", "b", "a"].map(str::to_owned).to_vec());
    let registry = registry(named);
    let first = registry.repositories(None, 2).await.unwrap();
    assert_eq!((first.items, first.next.as_deref()), (vec![name("a"), name("b")], Some("b")));
    let second = registry.repositories(Some("b"), 2).await.unwrap();
    assert_eq!((second.items, second.next), (vec![name("c")], None));
}

#[tokio::test]
async fn capabilities_are_found_out_by_asking() {
    let server = Upstream::start(|seen| match seen.path.as_str() {
        path if path.contains("_catalog") => json(r#"{"repositories":["one","../x","two"]}"#),
        path if path.contains("/one/tags") => json(r#"{"tags":["v1"]}"#),
        path if path.contains("/two/tags") => json(r#"{"tags":["v1","v2"]}"#),
        _ => answer(404, &[], "404 page not found"),
    })
    .await;
    let registry = registry(settings(&server.url));
    let expected = [Some(true), Some(false), Some(false), Some(false), None, None];
    let found = registry.capabilities().await;
    assert_eq!(found, Capability::ALL.into_iter().zip(expected).collect::<Vec<_>>());
    assert!(server.seen().len() <= 5, "it takes few questions");
}
