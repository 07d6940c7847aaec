//! A copy takes the rights of both sides; and what is immutable is named once, by whichever door comes first.

use super::{names, send};
use crate::support::{OCI_MANIFEST, TestApp, sha256, user};
use portolan::domain::{Role, Terms};
use portolan::server::access::{Policy, Standing};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The same server, as somebody with these roles uses it.
fn across(test: &TestApp, roles: &[(&str, Role)]) -> TestApp {
    let held = |(scope, role): &(&str, Role)| Terms {
        role: *role,
        scope: scope.parse().unwrap(),
        tags: None,
        expires_at: None,
    };
    test.with_standing(Standing { terms: roles.iter().map(held).collect(), ..Standing::of(user("lena")) })
}

#[tokio::test]
async fn who_lacks_a_right_on_one_side_copies_nothing() {
    let test = TestApp::with("", Policy::Grants).await;
    let one = test.push_image("team/web", "1.0", "amd64", b"one").await;
    let two = test.push_image("prod/web", "1.0", "amd64", b"two").await;
    let copy = |to: &str, name: &str| json!({"tags": ["1.0"], "to": to, "names": {"1.0": name}});
    let path = "/api/v1/r/team/web/-/copy";
    for (roles, to, name, status, lacks) in [
        (vec![("prod/*", Role::Owner)], "prod/web", "new", 404, "the source"),
        (vec![("team/*", Role::Owner)], "prod/web", "new", 404, "the destination"),
        (vec![("team/*", Role::Owner), ("prod/*", Role::Reader)], "prod/web", "new", 403, "repository.push"),
        (vec![("team/*", Role::Reader), ("prod/*", Role::Publisher)], "prod/web", "1.0", 403, "tag.move"),
        (vec![("team/*", Role::Reader), ("prod/web", Role::Owner)], "prod/api", "new", 404, "the other repository"),
    ] {
        let refused = send(&across(&test, &roles), "POST", path, copy(to, name)).await;
        assert_eq!(refused.status, status, "{lacks}: {}", refused.text());
        assert_eq!(names(&test, "prod/web", "1.0").await.as_ref(), Some(&two), "{lacks}");
        assert_eq!(names(&test, to, "new").await, None, "{lacks}");
    }
    let enough = across(&test, &[("team/*", Role::Reader), ("prod/*", Role::Publisher)]);
    let copied = send(&enough, "POST", path, copy("prod/web", "new")).await;
    assert_eq!(copied.status, 200, "{}", copied.text());
    assert_eq!(names(&test, "prod/web", "new").await, Some(one));
}

/// SEC-44, at the doors besides a push.
#[tokio::test]
async fn what_is_immutable_is_named_once_by_whichever_door_comes_first() {
    let test = Arc::new(TestApp::with("", Policy::Grants).await);
    let rule = json!({"scope": "team/*", "tags": "r*", "kind": "immutable"});
    assert_eq!(send(&test, "POST", "/api/v1/protections", rule).await.status, 201);
    let (one, two) = (
        test.push_image("team/web", "one", "amd64", b"1").await,
        test.push_image("team/web", "two", "amd64", b"2").await,
    );
    test.push_image("other/web", "r1", "amd64", b"3").await;
    let image = test.image("team/web", "amd64", b"4").await;
    let tried = (0..32).map(|number| {
        let (test, one, two, image) = (Arc::clone(&test), one.clone(), two.clone(), image.clone());
        tokio::spawn(async move {
            let (answer, digest) = match number % 4 {
                0 => (test.put_manifest("team/web", "r1", OCI_MANIFEST, &image).await, Some(sha256(image.as_bytes()))),
                1 => {
                    let copy = json!({"tags": ["r1"], "to": "team/web"});
                    (
                        send(&test, "POST", "/api/v1/r/other/web/-/copy", copy).await,
                        names(&test, "other/web", "r1").await,
                    )
                }
                either => {
                    let digest = if either == 2 { one } else { two };
                    let put = json!({"digest": digest});
                    (send(&test, "PUT", "/api/v1/r/team/web/-/tags/r1", put).await, Some(digest))
                }
            };
            assert!(answer.status.is_success() || answer.status == 403, "{}: {}", answer.status, answer.text());
            digest.filter(|_| answer.status.is_success())
        })
    });
    let tried: Vec<_> = tried.collect();
    let mut acknowledged = BTreeSet::new();
    for tried in tried {
        acknowledged.extend(tried.await.unwrap());
    }
    assert_eq!(acknowledged.len(), 1, "{acknowledged:?}");
    assert_eq!(names(&test, "team/web", "r1").await, acknowledged.pop_first());
}
