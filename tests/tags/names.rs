//! Tags are set, renamed, rolled back, one or all of a namespace.

use super::{is_there, names, push_index, push_signature, send, timed};
use crate::support::TestApp;
use portolan::server::clock::Clock;
use serde_json::{Value, json};

#[tokio::test]
async fn a_tag_is_set_as_expected_or_not_at_all() {
    let test = TestApp::new().await;
    let one = test.push_image("team/web", "1.0", "amd64", b"one").await;
    let two = test.push_image("team/web", "2.0", "amd64", b"two").await;
    let at = "/api/v1/r/team/web/-/tags/prod";

    let made = send(&test, "PUT", at, json!({"digest": one, "expect": null})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(made.json()["digest"], json!(one));
    let again = send(&test, "PUT", at, json!({"digest": two, "expect": null})).await;
    assert_eq!((again.status.as_u16(), again.json()["current"].clone()), (409, json!(one)), "it is there by now");
    let stale = send(&test, "PUT", at, json!({"digest": two, "expect": two})).await;
    assert_eq!((stale.status.as_u16(), stale.json()["current"].clone()), (409, json!(one)));
    assert_eq!(names(&test, "team/web", "prod").await.as_deref(), Some(&*one), "nothing moved");
    let moved = send(&test, "PUT", at, json!({"digest": two, "expect": one})).await;
    assert_eq!((moved.status.as_u16(), moved.json()["digest"].clone()), (200, json!(two)));
    assert_eq!(send(&test, "PUT", at, json!({"digest": one})).await.status, 200, "without a condition it moves");
    let history = test.get("/api/v1/r/team/web/-/history?how=retag").await.json();
    assert_eq!(history["items"].as_array().map(Vec::len), Some(3), "each of them, and no push: {history}");
    assert!(history["items"].as_array().unwrap().iter().all(|it| it["how"] == "retag" && it["tag"] == "prod"));
    let page = test.get("/r/team/web/-/history?tag=prod").await.text();
    assert_eq!(page.matches(">Retagged<").count(), 3, "{page}");

    let absent = format!("sha256:{}", "0".repeat(64));
    assert_eq!(send(&test, "PUT", at, json!({"digest": absent})).await.status, 404);
    for (body, field) in
        [(json!({"digest": "sha256:x"}), "body"), (json!({}), "body"), (json!({"digest": one, "to": 1}), "body")]
    {
        let refused = send(&test, "PUT", at, body).await;
        assert_eq!(refused.status, 400, "{field}: {}", refused.text());
    }
    assert_eq!(send(&test, "PUT", "/api/v1/r/team/web/-/tags/.bad", json!({"digest": one})).await.status, 400);
    assert_eq!(names(&test, "team/web", "prod").await.as_deref(), Some(&*one));
}

#[tokio::test]
async fn a_tag_gets_another_name_as_it_was_expected_or_not_at_all() {
    let test = TestApp::new().await;
    let one = test.push_image("team/web", "1.0", "amd64", b"one").await;
    let two = test.push_image("team/web", "2.0", "amd64", b"two").await;
    let rename = async |body: Value| send(&test, "POST", "/api/v1/r/team/web/-/rename", body).await;
    let stale = rename(json!({"tag": "1.0", "to": "1.1", "expect": two})).await;
    assert_eq!((stale.status.as_u16(), stale.json()["current"].clone()), (409, json!(one)), "{}", stale.text());
    for (body, status) in [
        (json!({"tag": "1.0", "to": "2.0"}), 409),
        (json!({"tag": "none", "to": "1.1"}), 404),
        (json!({"tag": "1.0", "to": "portolan.trash.x"}), 400),
        (json!({"tag": "1.0", "to": ".bad"}), 400),
        (json!({"tag": "1.0"}), 400),
    ] {
        let refused = rename(body.clone()).await;
        assert_eq!(refused.status.as_u16(), status, "{body}: {}", refused.text());
    }
    assert_eq!(
        (names(&test, "team/web", "1.0").await, names(&test, "team/web", "2.0").await),
        (Some(one.clone()), Some(two))
    );
    let renamed = rename(json!({"tag": "1.0", "to": "1.1", "expect": one})).await;
    assert_eq!(renamed.status, 200, "{}", renamed.text());
    assert_eq!((&renamed.json()["name"], &renamed.json()["digest"]), (&json!("1.1"), &json!(one)));
    assert_eq!((names(&test, "team/web", "1.0").await, names(&test, "team/web", "1.1").await), (None, Some(one)));
    let history = test.get("/api/v1/r/team/web/-/history?tag=1.1").await.json();
    assert_eq!(history["items"][0]["how"], "rename", "{history}");
    assert_eq!(test.get("/api/v1/trash").await.json()["items"][0]["tag"], "1.0");
}

#[tokio::test]
async fn a_tag_keeps_its_history_and_comes_back_to_any_of_it() {
    let test = TestApp::new().await;
    let one = test.push_image("team/web", "prod", "amd64", b"one").await;
    let two = test.push_image("team/web", "prod", "amd64", b"two").await;
    let other = test.push_image("team/web", "other", "amd64", b"other").await;
    let back =
        |digest: &str, expect: Value| json!({"tag": "prod", "digest": digest, "expect": expect, "reason": "it broke"});
    let at = "/api/v1/r/team/web/-/rollback";

    let refused = send(&test, "POST", at, back(&other, json!(two))).await;
    assert_eq!(refused.status, 409, "it never named that: {}", refused.text());
    let turned = json!({"tag": "prod", "digest": one, "expect": two, "reason": "it \u{202e}broke"});
    let turned = send(&test, "POST", at, turned).await;
    assert!(turned.status == 400 && turned.text().contains("none of which is hidden"), "{}", turned.text());
    let stale = send(&test, "POST", at, back(&one, json!(one))).await;
    assert_eq!((stale.status.as_u16(), stale.json()["current"].clone()), (409, json!(two)));
    let moved = send(&test, "POST", at, back(&one, json!(two))).await;
    assert_eq!(moved.status, 200, "{}", moved.text());
    assert_eq!(names(&test, "team/web", "prod").await.as_deref(), Some(&*one));

    let page = test.get("/r/team/web/-/tags/prod/rollback").await.text();
    let known = page.split("class=\"cell-sub\"").find(|it| it.contains("linux/amd64"));
    assert!(
        known.is_some_and(|it| it.contains(" · ") && it.contains("\u{a0}B")),
        "what the image is, not only its digest: {page}"
    );

    let history = test.get("/api/v1/r/team/web/-/history?tag=prod&limit=2").await.json();
    assert_eq!(history["items"][0]["how"], "rollback");
    assert_eq!(history["items"][0]["reason"], "it broke");
    assert_eq!(history["items"][0]["from"], json!(two));
    assert_eq!(history["items"][1]["how"], "push");
    let next = history["next"].as_str().expect("there is more").replace('~', "%7E");
    let rest = test.get(&format!("/api/v1/r/team/web/-/history?tag=prod&limit=2&after={next}")).await.json();
    assert_eq!((rest["items"].as_array().map(Vec::len), rest["items"][0]["from"].clone()), (Some(1), Value::Null));

    // An image that went to the trash meanwhile is brought back first.
    assert_eq!(test.delete(&format!("/api/v1/r/team/web/-/manifests/{two}")).await.status, 204);
    assert_eq!(names(&test, "team/web", &two).await, None);
    let moved = send(&test, "POST", at, back(&two, json!(one))).await;
    assert_eq!(moved.status, 200, "{}", moved.text());
    assert_eq!(names(&test, "team/web", "prod").await.as_deref(), Some(&*two));
    assert_eq!(test.get("/api/v1/trash").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_namespace_goes_back_to_a_time_in_one_step() {
    let (test, clock) = timed().await;
    let one = test.push_image("team/web", "prod", "amd64", b"one").await;
    let api = test.push_image("team/api", "prod", "amd64", b"api").await;
    test.push_image("other/web", "prod", "amd64", b"other").await;
    test.push_image("team/old", "prod", "amd64", b"old").await;
    test.push_image("team/older", "prod", "amd64", b"older").await;
    assert_eq!(test.delete("/api/v1/r/team/older").await.status, 204);
    clock.advance_ms(60_000);
    let then = clock.now().rfc3339();
    clock.advance_ms(60_000);
    assert_eq!(test.delete("/api/v1/r/team/old").await.status, 204);
    let two = test.push_image("team/web", "prod", "amd64", b"two").await;
    test.push_image("team/web", "new", "amd64", b"new").await;
    test.push_image("other/web", "prod", "amd64", b"moved").await;
    assert_eq!(test.delete("/v2/team/api/manifests/prod").await.status, 202);

    let differs = test.get(&format!("/api/v1/n/team/-/as-of?t={then}")).await.json();
    let expected = json!([
        {"repository": "team/api", "tag": "prod", "then": api, "now": null, "is_kept": true},
        {"repository": "team/web", "tag": "new", "then": null, "now": names(&test, "team/web", "new").await, "is_kept": true},
        {"repository": "team/web", "tag": "prod", "then": one, "now": two, "is_kept": true},
    ]);
    assert_eq!(differs["items"], expected);
    assert_eq!((&differs["deleted"], &differs["deleted_more"]), (&json!(["team/old"]), &json!(0)));
    let paged = test.get(&format!("/api/v1/n/team/-/as-of?t={then}&limit=1&after=team/api:prod")).await.json();
    assert_eq!((paged["items"][0]["tag"].clone(), paged["next"].clone()), (json!("new"), json!("team/web:new")));

    let seen = json!({"t": then, "print": differs["print"]});
    let newest = test.push_image("team/web", "new", "amd64", b"newest").await;
    let stale = send(&test, "POST", "/api/v1/n/team/-/rollback", seen).await;
    let now = stale.json()["differing"].clone();
    assert_eq!((stale.status.as_u16(), &now["items"][1]["now"]), (409, &json!(newest)), "{}", stale.text());
    assert_eq!(now["deleted"], json!(["team/old"]));
    assert_eq!(names(&test, "team/web", "prod").await, Some(two), "as many differ, and not what was seen");
    let moved = send(&test, "POST", "/api/v1/n/team/-/rollback", json!({"t": then, "print": now["print"]})).await;
    let done = json!({"moved": 3, "deleted": ["team/old"], "deleted_more": 0});
    assert_eq!((moved.status.as_u16(), moved.json()), (200, done), "{}", moved.text());
    assert_eq!(test.get("/api/v1/r/team/old").await.status, 404, "it is in the trash still, as was said");
    assert_eq!(names(&test, "team/web", "prod").await, Some(one));
    assert_eq!(names(&test, "team/api", "prod").await, Some(api));
    assert_eq!(names(&test, "team/web", "new").await, None, "it was not there then");
    assert_eq!(test.get(&format!("/api/v1/n/team/-/as-of?t={then}")).await.json()["items"], json!([]));
    for odd in ["2999-01-01T00:00:00Z", "1999-01-01T00:00:00Z", "yesterday"] {
        assert_eq!(send(&test, "POST", "/api/v1/n/team/-/rollback", json!({"t": odd})).await.status, 400, "{odd}");
    }
}

#[tokio::test]
async fn many_repositories_that_do_not_come_back_are_counted() {
    let (test, clock) = timed().await;
    let then = clock.now().rfc3339();
    clock.advance_ms(60_000);
    for number in 10..63 {
        assert_eq!(send(&test, "POST", &format!("/api/v1/r/team/n{number}"), json!({})).await.status, 201);
    }
    let plan = send(&test, "POST", "/api/v1/n/team/-/delete-preview", json!({})).await.json()["plan"].clone();
    assert_eq!(send(&test, "POST", "/api/v1/n/team/-/delete", json!({"plan": plan})).await.status, 200);
    let shown = test.get(&format!("/api/v1/n/team/-/as-of?t={then}")).await.json();
    assert_eq!((shown["deleted"].as_array().map(Vec::len), &shown["deleted_more"]), (Some(50), &json!(3)), "{shown}");
    let page = test.get(&format!("/n/team/-/as-of?t={then}")).await.text();
    assert!(page.contains("team/n59") && page.contains("and 3 more") && !page.contains("team/n60"), "{page}");
}

#[tokio::test]
async fn tags_are_copied_with_all_that_their_images_are() {
    let test = TestApp::new().await;
    let (index, children) = push_index(&test, "team/web", "1.0", "one").await;
    let signature = push_signature(&test, "team/web", &index, 2).await;
    // By each of the names that cosign gives what is about an image: also for one of its platforms.
    let noted = format!("{}.sig", index.replace(':', "-"));
    let legacy = test.push_image("team/web", &noted, "amd64", b"legacy").await;
    let mut others = Vec::new();
    for (of, end) in [(&index, "att"), (&index, "sbom"), (&children[0], "att"), (&children[1], "sbom")] {
        let tag = format!("{}.{end}", of.replace(':', "-"));
        let digest = test.push_image("team/web", &tag, "amd64", tag.as_bytes()).await;
        others.push((tag, digest));
    }
    let at = "/api/v1/r/team/web/-/copy";

    let copied =
        send(&test, "POST", at, json!({"tags": ["1.0"], "to": "prod/web", "names": {"1.0": "stable"}, "expect": null}))
            .await;
    assert_eq!(copied.status, 200, "{}", copied.text());
    assert_eq!(copied.json()["tags"]["stable"], json!(index));
    for reference in ["stable", &index, &children[0], &children[1], &signature, &noted, &legacy] {
        assert!(is_there(&test, "prod/web", reference).await, "{reference}");
    }
    for (tag, digest) in &others {
        assert_eq!(names(&test, "prod/web", tag).await.as_ref(), Some(digest), "{tag}");
    }
    for child in &children {
        let image = test.get(&format!("/v2/prod/web/manifests/{child}")).await.json();
        let layer = image["layers"][0]["digest"].as_str().unwrap();
        assert_eq!(test.get(&format!("/v2/prod/web/blobs/{layer}")).await.status, 200, "with its bytes");
    }
    assert_eq!(test.get("/api/v1/r/prod/web/-/history?tag=stable").await.json()["items"][0]["how"], "copy");
    let (one, other) = (test.get("/api/v1/r/team/web").await.json(), test.get("/api/v1/r/prod/web").await.json());
    for key in ["n_tags", "n_images", "logical_bytes", "stored_bytes"] {
        assert_eq!(one[key], other[key], "{key}");
    }
    // Somebody signs the copy as well, and that one stays when the same is copied once more.
    let counter = test.push_image("prod/web", &noted, "amd64", b"signed there too").await;
    let again = send(&test, "POST", at, json!({"tags": ["1.0"], "to": "prod/web", "names": {"1.0": "stable"}})).await;
    assert_eq!((again.status.as_u16(), again.json()["left"].clone()), (200, json!([noted])), "{}", again.text());
    assert_eq!(names(&test, "prod/web", &noted).await, Some(counter));
    // The first goes, and the copy stands by itself.
    assert_eq!(test.delete("/api/v1/r/team/web").await.status, 204);
    assert!(is_there(&test, "prod/web", &index).await);

    let stale = send(
        &test,
        "POST",
        "/api/v1/r/prod/web/-/copy",
        json!({"tags": [noted], "to": "prod/web", "names": {&*noted: "stable"}, "expect": null}),
    )
    .await;
    assert_eq!((stale.status.as_u16(), stale.json()["current"].clone()), (409, json!(index)));
    for odd in [
        json!({"tags": [], "to": "a"}),
        json!({"tags": ["none"], "to": "a/b"}),
        json!({"tags": ["stable"], "to": "Bad"}),
    ] {
        let refused = send(&test, "POST", "/api/v1/r/prod/web/-/copy", odd.clone()).await;
        assert!([400, 404].contains(&refused.status.as_u16()), "{odd}: {}", refused.text());
    }
    assert_eq!(test.get("/api/v1/r/a/b").await.status, 404, "nothing was made");
}
