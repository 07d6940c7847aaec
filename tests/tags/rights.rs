//! A copy takes the rights of both sides; and what is immutable is named once, by whichever door comes first.

use super::{is_there, names, send, within};
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

/// What comes along by itself needs no right that what was chosen does not.
#[tokio::test]
async fn a_signature_whose_tag_they_may_not_set_is_left_out_and_named_before() {
    let test = TestApp::with("", Policy::Grants).await;
    let one = test.push_image("team/web", "1.0", "amd64", b"one").await;
    let noted = format!("{}.sig", one.replace(':', "-"));
    let signature = test.push_image("team/web", &noted, "amd64", b"signed").await;
    let rule =
        json!({"scope": "kept/*", "tags": "*", "except": "release-*", "kind": "protected", "role": "maintainer"});
    assert_eq!(send(&test, "POST", "/api/v1/protections", rule).await.status, 201);
    for (to, tags) in [("prod/web", Some("release-*")), ("kept/web", None)] {
        let [reader, publisher] = [("team/*", Role::Reader, None), (to, Role::Publisher, tags)].map(|it| Terms {
            role: it.1,
            scope: it.0.parse().unwrap(),
            tags: it.2.map(|tags| tags.parse().unwrap()),
            expires_at: None,
        });
        let lena = test.with_standing(Standing { terms: vec![reader, publisher], ..Standing::of(user("lena")) });
        let page = lena.get(&format!("/r/team/web/-/copy?tag=1.0&to={to}&as=release-1")).await.text();
        let said = format!("left out: {noted}. They name others there, or you may not set them");
        assert!(page.contains(&said) && page.contains("name=\"seen\""), "{to}: {page}");
        let copy = json!({"tags": ["1.0"], "to": to, "names": {"1.0": "release-1"}});
        let copied = send(&lena, "POST", "/api/v1/r/team/web/-/copy", copy).await;
        assert_eq!(copied.status, 200, "{to}: {}", copied.text());
        assert_eq!(copied.json()["left"], json!([noted]), "{to}");
        assert_eq!(names(&test, to, "release-1").await.as_ref(), Some(&one), "{to}");
        assert_eq!(names(&test, to, &noted).await, None, "{to}");
        assert!(is_there(&test, to, &signature).await, "{to}: it came along, and its tag can be set later");
    }
}

/// What was deleted as an image comes back by who may bring back all of the repository.
#[tokio::test]
async fn no_way_back_is_offered_to_an_image_in_the_trash_that_they_may_not_restore() {
    let test = TestApp::with("", Policy::Grants).await;
    let mut pushed = Vec::new();
    for layer in ["one", "two", "three"] {
        pushed.push(test.push_image("team/web", "release-1", "amd64", layer.as_bytes()).await);
    }
    let (trashed, kept) = (&pushed[0], &pushed[1]);
    let also = send(&test, "PUT", "/api/v1/r/team/web/-/tags/release-0", json!({"digest": trashed})).await;
    assert_eq!(also.status, 201, "{}", also.text());
    assert_eq!(test.delete("/api/v1/r/team/web/-/tags/release-0").await.status, 204);
    assert_eq!(test.delete(&format!("/v2/team/web/manifests/{trashed}")).await.status, 202);
    for (tags, may_restore) in [(Some("release-*"), false), (None, true)] {
        let lena = within(&test, "team/*", Role::Developer, tags);
        let (page, back) = ("/r/team/web/-/history", "/r/team/web/-/tags/release-1/rollback");
        let links = |page: &str, to: &str| page.contains(&format!("{back}?to={to}"));
        for page in [page, back] {
            let page = lena.get(page).await.text();
            assert_eq!((links(&page, kept), links(&page, trashed)), (true, may_restore), "{tags:?}: {page}");
        }
        let trash = lena.get("/trash").await.text();
        let (says, offers) = (trash.contains("its image is in the trash too"), trash.contains("Restore tag release-0"));
        assert_eq!((says, offers), (!may_restore, may_restore), "{tags:?}: {trash}");
        let asked = lena.get(&format!("{back}?to={trashed}")).await;
        assert_eq!(asked.status, if may_restore { 200 } else { 403 }, "{tags:?}: {}", asked.text());
        let done =
            send(&lena, "POST", "/api/v1/r/team/web/-/rollback", json!({"tag": "release-1", "digest": trashed})).await;
        assert_eq!(done.status.is_success(), may_restore, "{tags:?}: {}", done.text());
    }
}

#[tokio::test]
async fn a_broken_request_is_answered_alike_whether_or_not_there_is_something_to_restore() {
    let test = TestApp::with("", Policy::Grants).await;
    test.push_image("team/web", "1.0", "amd64", b"one").await;
    assert_eq!(test.delete("/api/v1/r/team/web/-/tags/1.0").await.status, 204);
    let id = test.get("/api/v1/trash").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let lena = within(&test, "other/*", Role::Owner, None);
    for id in [&*id, "none"] {
        let sent = send(&lena, "POST", &format!("/api/v1/trash/{id}/restore"), json!({"odd": 1})).await;
        assert_eq!(sent.status, 404, "{id}: {}", sent.text());
    }
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
