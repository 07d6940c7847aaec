//! What pages of a registry elsewhere offer, and what they say was done there.

use super::stand_in::Deletes;
use super::world::{AT, CHANGED, World, artifact, mounted_with, world};
use crate::support::{TestApp, field, user};
use crate::tags::form;
use portolan::domain::{Role, Terms};
use portolan::server::access::Standing;
use serde_json::json;
use std::collections::BTreeSet;

/// Two tags that were moved from here, and so can be rolled back, and two that are in the trash.
const TAGS: [&str; 2] = ["prod", "dev-1"];
const IN_TRASH: [&str; 2] = ["gone", "dev-gone"];
const WAYS: [&str; 5] = ["retag", "rename", "rollback", "delete", "copy"];

async fn filled(of_mount: &str) -> World {
    let tags: Vec<&str> = TAGS.into_iter().chain(IN_TRASH).collect();
    let world = mounted_with(Deletes::ByDigest, ("", of_mount), |upstream| {
        upstream.push(&tags, &artifact("old"));
    });
    world.await
}

/// Where a page leads.
fn links(page: &str) -> BTreeSet<String> {
    let hrefs = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let whole = hrefs.map(|href| href.replace("&amp;", "&"));
    whole.filter_map(|href| href.split('#').next().map(str::to_owned)).collect()
}

/// The ways to change a tag that a page leads to; on its own page its image gets another name by that of the image.
fn ways(links: &BTreeSet<String>, tag: &str) -> Vec<&'static str> {
    let is = |way: &str, link: &str| match way {
        "copy" => link.starts_with(&format!("/r/up/a/-/copy?tag={tag}")),
        "retag" if link.starts_with("/r/up/a/-/manifests/") && link.ends_with("/tag") => true,
        way => link.starts_with(&format!("/r/up/a/-/tags/{tag}/{way}")),
    };
    WAYS.into_iter().filter(|way| links.iter().any(|link| is(way, link))).collect()
}

fn by(world: &World, role: Role, tags: Option<&str>) -> TestApp {
    let tags = tags.map(|tags| tags.parse().unwrap());
    let terms = vec![Terms { role, scope: "up/*".parse().unwrap(), tags, expires_at: None }];
    world.test.with_standing(Standing { terms, ..Standing::of(user("lena")) })
}

/// UX 7: every way that is shown is open, and every other one is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_shown_a_control_there_that_would_be_refused() {
    let world = filled(CHANGED).await;
    let other = world.named("other").unwrap();
    for tag in TAGS {
        let moved = world.send("PUT", &format!("{AT}/tags/{tag}"), json!({"digest": other})).await;
        assert_eq!(moved.status, 200, "{}", moved.text());
    }
    for tag in IN_TRASH {
        assert_eq!(world.test.delete(&format!("{AT}/tags/{tag}")).await.status, 204);
    }
    let entries = world.trash().await;
    let adds: &[&str] = &["retag", "copy"];
    for (who, role, of, prod, dev, purges) in [
        ("a reader", Role::Reader, None, &[][..], &[][..], false),
        ("a publisher", Role::Publisher, None, adds, adds, false),
        ("a developer of some", Role::Developer, Some("dev-*"), adds, &WAYS, false),
        ("a maintainer", Role::Maintainer, None, &WAYS, &WAYS, false),
        ("an owner", Role::Owner, None, &WAYS, &WAYS, true),
    ] {
        let by = by(&world, role, of);
        let list = by.get("/r/up/a").await.text();
        let history = by.get("/r/up/a/-/history").await.text();
        let mut shown = links(&list);
        shown.extend(links(&history));
        for (tag, expected) in TAGS.into_iter().zip([prod, dev]) {
            assert_eq!(ways(&links(&list), tag), expected, "{who}: {tag} in its row: {list}");
            let rolls_back = expected.contains(&"rollback");
            assert_eq!(ways(&links(&history), tag).contains(&"rollback"), rolls_back, "{who}: {tag}: {history}");
            let head = by.get(&format!("/r/up/a/-/tags/{tag}")).await.text();
            assert_eq!(ways(&links(&head), tag), expected, "{who}: {tag} on its page: {head}");
            shown.extend(links(&head));
            for way in ["retag", "rename", "rollback", "delete"] {
                let status = if expected.contains(&way) { 200 } else { 403 };
                let asked = by.get(&format!("/r/up/a/-/tags/{tag}/{way}")).await;
                assert_eq!(asked.status, status, "{who}: {way} of {tag}: {}", asked.text());
            }
        }
        let trash = by.get("/n/up/-/trash").await;
        for entry in &entries {
            let (id, tag) = (entry["id"].as_str().unwrap(), entry["tag"].as_str().unwrap());
            let is_theirs = if tag == "gone" { prod == WAYS } else { dev == WAYS };
            assert_eq!(trash.text().contains(&format!("value=\"{id}\"")), is_theirs, "{who}: {tag}: {}", trash.text());
            assert_eq!(trash.text().contains(&format!("purge={id}")), purges, "{who}: {tag}: {}", trash.text());
        }
        shown.extend(links(&trash.text()));
        for link in shown.iter().filter(|link| link.contains("/up/") || link.contains("/trash")) {
            assert_eq!(by.get(link).await.status, 200, "{who} is led to {link}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_mount_is_read_only_nobody_is_shown_a_way_to_change_it() {
    let world = filled("").await;
    let owner = by(&world, Role::Owner, None);
    for page in ["/r/up/a", "/r/up/a/-/tags/prod", "/r/up/a/-/history"] {
        let shown = links(&owner.get(page).await.text());
        for tag in TAGS {
            assert!(ways(&shown, tag).iter().all(|way| *way == "copy"), "{page}: {shown:?}");
        }
    }
}

/// As in the hosted registry: a name that moves to another image of the same repository was promoted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promotion_there_is_called_so_in_its_history() {
    let world = world(Deletes::ByDigest).await;
    let (old, other) = (world.image.clone(), world.named("other").unwrap());
    let address = "/r/up/a/-/copy?tag=other&to=up/a&name=latest";
    let seen = field(&world.test.get(address).await.text(), "seen");
    let done = form(&world.test, address, "copy-tags", &[("seen", &seen), ("expect", &old)]).await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, "/r/up/a/-/tags/latest"), "{}", done.text());
    assert_eq!(world.named("latest"), Some(other.clone()));
    let history = world.test.get(&format!("{AT}/history?how=promote")).await.json();
    let moves = history["items"].as_array().unwrap();
    assert_eq!(moves.len(), 1, "{history}");
    let expected = json!(["latest", "promote", old, other, "user:admin"]);
    assert_eq!(json!(["tag", "how", "from", "to", "by"].map(|key| &moves[0][key])), expected, "{history}");
    let page = world.test.get("/r/up/a/-/history").await.text();
    assert_eq!(page.matches(">Promote").count(), 2, "in its row, and among the ways to choose: {page}");
}
