//! Where else an image is tagged: what the decision about each repository allows, and nothing else, also in numbers.

use super::{page, said};
use crate::support::{Answer, OCI_MANIFEST, TestApp, user};
use axum::http::StatusCode;
use portolan::domain::{Role, Terms, Timestamp};
use portolan::server::access::Standing;
use std::collections::BTreeSet;

const PLACES: [&str; 8] =
    ["one/web", "one/deep/web", "one-ci/web", "public/web", "team/web", "team/api", "team/inner", "prod/web"];

/// The card, or nothing.
fn card(page: &Answer) -> String {
    let text = page.text();
    let card = text.split("id=\"h-elsewhere\"").nth(1).map(|rest| rest.split("</section>").next().unwrap_or_default());
    card.unwrap_or_default().to_owned()
}

/// The repositories that a card leads to.
fn listed(card: &str) -> BTreeSet<String> {
    let links = card.split("href=\"/r/").skip(1).filter_map(|rest| rest.split("/-/tags/").next());
    links.map(str::to_owned).collect()
}

/// SEC-1.
#[tokio::test]
async fn where_else_shows_what_the_decision_allows() {
    let test = TestApp::new().await;
    let digest = test.push_image("public/here", "v1", "amd64", b"layer").await;
    for name in PLACES {
        assert_eq!(test.push_image(name, "latest", "amd64", b"layer").await, digest);
    }
    // One that no tag names, another image, and one that was deleted are nowhere.
    let manifest = test.image("public/untagged", "amd64", b"layer").await;
    assert_eq!(
        test.put_manifest("public/untagged", &digest, OCI_MANIFEST, &manifest).await.status,
        StatusCode::CREATED
    );
    test.push_image("public/other", "latest", "amd64", b"other").await;
    test.push_image("public/gone", "latest", "amd64", b"layer").await;
    assert_eq!(test.delete("/api/v1/r/public/gone").await.status, StatusCode::NO_CONTENT);
    for (name, visibility) in [("team/inner", "internal"), ("one-ci/web", "public")] {
        let body = format!(r#"{{"visibility":"{visibility}"}}"#);
        let set = test.call("PATCH", &format!("/api/v1/r/{name}"), "application/json", body).await;
        assert_eq!(set.status, StatusCode::OK, "{}", set.text());
    }
    let reads =
        |scope: &str, expires_at| Terms { role: Role::Reader, scope: scope.parse().unwrap(), tags: None, expires_at };
    let with = |terms: Vec<Terms>| {
        let terms = terms.into_iter().chain([reads("public/*", None)]).collect();
        test.with_standing(Standing { terms, ..Standing::of(user("lena")) })
    };
    let over = Some(Timestamp(1));
    let callers = [
        ("an administrator", test.again()),
        ("a tenant", test.by("one")),
        ("another", test.by("two")),
        ("a reader of a namespace", with(vec![reads("team/*", None)])),
        ("a reader of one", with(vec![reads("prod/web", None), reads("one/*", over)])),
        ("a reader of one below", with(vec![reads("one/deep/*", None)])),
    ];
    let mut seen = BTreeSet::new();
    for (who, caller) in callers {
        let mut allowed = BTreeSet::new();
        for name in PLACES {
            if caller.get(&format!("/api/v1/r/{name}")).await.status == StatusCode::OK {
                allowed.insert(name.to_owned());
            }
        }
        let shown = page(&caller, "/r/public/here/-/tags/v1").await;
        let card = card(&shown);
        assert_eq!(listed(&card), allowed, "{who}");
        assert!(card.contains(&format!(">{}<", allowed.len())), "{who} is told how many: {card}");
        for name in PLACES.iter().filter(|name| !allowed.contains(**name)) {
            assert!(!shown.text().contains(name), "{who} reads {name}");
        }
        seen.insert(allowed);
    }
    assert!(seen.len() >= 5, "the callers see different things: {seen:?}");
}

#[tokio::test]
async fn of_many_the_first_are_named_and_the_others_counted() {
    let test = TestApp::new().await;
    for n in 0..31 {
        test.push_image(&format!("team/r{n:02}"), "b", "amd64", b"layer").await;
    }
    test.push_image("team/r01", "a", "amd64", b"layer").await;
    test.push_image("hidden/web", "a", "amd64", b"layer").await;
    let terms = vec![Terms { role: Role::Reader, scope: "team/*".parse().unwrap(), tags: None, expires_at: None }];
    let reader = test.with_standing(Standing { terms, ..Standing::of(user("lena")) });
    let shown = page(&reader, "/r/team/r00/-/tags/b").await;
    let card = card(&shown);
    assert_eq!(listed(&card).len(), 10);
    assert!(card.contains(">30<") && card.contains("And 20 more repositories."), "{card}");
    assert!(said(&shown).contains("team/ r01 a and 1 more"), "{}", said(&shown));
    let alone = page(&test.by_admin("mara"), "/r/hidden/web/-/tags/a").await;
    assert!(self::card(&alone).contains(">31<"), "who sees all counts all");
}
