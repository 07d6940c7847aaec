//! What was deleted comes back whole, until it is let go.

use super::{is_there, names, push_index, push_signature, send, timed, within};
use crate::support::{OCI_MANIFEST, TestApp, sha256};
use portolan::domain::Role;
use portolan::server::clock::Clock;
use serde_json::{Value, json};

async fn entries(test: &TestApp) -> Vec<Value> {
    test.get("/api/v1/trash").await.json()["items"].as_array().cloned().expect("a list")
}

#[tokio::test]
async fn a_tag_is_restored_unless_somebody_else_took_the_name() {
    let test = TestApp::new().await;
    let one = test.push_image("team/web", "1.0", "amd64", b"one").await;
    assert_eq!(test.delete("/v2/team/web/manifests/1.0").await.status, 202);
    let listed = entries(&test).await;
    assert_eq!(listed.len(), 1);
    let entry = &listed[0];
    assert_eq!(
        (entry["kind"].clone(), entry["tag"].clone(), entry["repository"].clone()),
        (json!("tag"), json!("1.0"), json!("team/web"))
    );
    assert!(entry["held_bytes"].as_u64().is_some_and(|held| held > 0), "its image has no other name: {entry}");
    let alone = format!("/api/v1/trash/{}", entry["id"].as_str().unwrap());
    assert_eq!(&test.get(&alone).await.json(), entry, "by its id it is the same");
    assert_eq!(within(&test, "other/*", Role::Owner, None).get(&alone).await.status, 404, "to who may restore it");
    let restore = format!("{alone}/restore");

    let two = test.push_image("team/web", "1.0", "amd64", b"two").await;
    let refused = test.call("POST", &restore, "application/json", "").await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    assert_eq!(names(&test, "team/web", "1.0").await.as_ref(), Some(&two));
    // Over what it was seen to name, and nothing else.
    let three = test.push_image("team/web", "1.0", "amd64", b"three").await;
    let stale = send(&test, "POST", &restore, json!({"over": true, "expect": {"1.0": two}})).await;
    assert_eq!((stale.status.as_u16(), stale.json()["current"].clone()), (409, json!(three)), "{}", stale.text());
    assert_eq!(send(&test, "POST", &restore, json!({"expect": {"1.0": three}})).await.status, 400);
    assert_eq!(names(&test, "team/web", "1.0").await.as_ref(), Some(&three));
    assert_eq!(send(&test, "POST", &restore, json!({"over": true, "expect": {"1.0": three}})).await.status, 204);
    assert_eq!(names(&test, "team/web", "1.0").await, Some(one));
    assert_eq!(entries(&test).await.len(), 0);
    assert_eq!(send(&test, "POST", &restore, json!({})).await.status, 404);
}

/// An entry that would bring back what is there is none, whatever brought it back.
#[tokio::test]
async fn a_tag_that_is_back_by_any_way_is_in_the_trash_no_more() {
    let (test, clock) = timed().await;
    let one = test.push_image("team/web", "1.0", "amd64", b"one").await;
    test.push_image("other/web", "1.0", "amd64", b"one").await;
    let two = test.push_image("team/web", "2.0", "amd64", b"two").await;
    clock.advance_ms(60_000);
    let then = clock.now().rfc3339();
    let left = async || {
        let mut left: Vec<String> =
            entries(&test).await.iter().map(|it| it["tag"].as_str().unwrap().to_owned()).collect();
        left.sort();
        left
    };
    let copied = json!({"tags": ["1.0"], "to": "team/web"});
    for (way, path, body) in [
        ("push", "", json!({})),
        ("copy", "/api/v1/r/other/web/-/copy", copied),
        ("tag rolled back", "/api/v1/r/team/web/-/rollback", json!({"tag": "1.0", "digest": one})),
        ("namespace rolled back", "/api/v1/n/team/-/rollback", json!({"t": then})),
    ] {
        clock.advance_ms(60_000);
        for tag in ["1.0", "2.0"] {
            assert_eq!(test.delete(&format!("/v2/team/web/manifests/{tag}")).await.status, 202, "{way}");
        }
        assert_eq!(left().await, ["1.0", "2.0"], "{way}");
        // Another image by that name is no way back to what was deleted.
        test.push_image("team/web", "1.0", "amd64", b"three").await;
        assert_eq!(left().await, ["1.0", "2.0"], "{way}");
        assert_eq!(test.delete("/v2/team/web/manifests/1.0").await.status, 202);
        assert_eq!(left().await, ["1.0", "1.0", "2.0"], "{way}");
        match path {
            "" => assert_eq!(test.push_image("team/web", "1.0", "amd64", b"one").await, one),
            path => {
                let back = send(&test, "POST", path, body).await;
                assert!(back.status.is_success(), "{way}: {}", back.text());
            }
        }
        assert_eq!(names(&test, "team/web", "1.0").await.as_ref(), Some(&one), "{way}");
        let is_all = way.starts_with("namespace");
        assert_eq!(left().await, if is_all { vec!["1.0"] } else { vec!["1.0", "2.0"] }, "{way}");
        test.push_image("team/web", "1.0", "amd64", b"three").await;
        test.push_image("team/web", "1.0", "amd64", b"one").await;
        assert_eq!(test.push_image("team/web", "2.0", "amd64", b"two").await, two);
        assert_eq!(left().await, [""; 0], "{way}");
    }
}

/// What a push asks about the trash costs no statement of its own, but where a tag of its image was deleted.
#[tokio::test]
async fn a_push_asks_about_the_trash_where_a_tag_of_its_image_was_deleted() {
    let test = TestApp::new().await;
    let image = test.image("team/web", "amd64", b"one").await;
    test.push_image("team/web", "other", "amd64", b"two").await;
    let store = &test.app.store;
    let cost = async |tag: &str| {
        let before = store.statements_in_changes();
        assert_eq!(test.put_manifest("team/web", tag, OCI_MANIFEST, &image).await.status, 201);
        store.statements_in_changes() - before
    };
    cost("first").await;
    let plain = cost("a").await;
    assert_eq!(test.delete("/v2/team/web/manifests/other").await.status, 202);
    assert_eq!(cost("b").await, plain, "what was deleted is of another image");
    assert_eq!(test.delete("/v2/team/web/manifests/a").await.status, 202);
    assert_eq!(cost("c").await, plain + 1, "it might have been this one");
    assert!(cost("a").await > plain + 1);
    assert_eq!(cost("d").await, plain, "nothing of it is left there");
}

/// A layer that is taken out while its image is in the trash is not let go before the image is.
#[tokio::test]
async fn a_part_of_what_is_in_the_trash_is_not_purged_before_it() {
    let test = TestApp::new().await;
    let image = test.push_image("team/web", "1.0", "amd64", b"one").await;
    assert_eq!(test.delete(&format!("/v2/team/web/manifests/{image}")).await.status, 202);
    assert_eq!(test.delete(&format!("/v2/team/web/blobs/{}", sha256(b"one"))).await.status, 202);
    let listed = entries(&test).await;
    let path = |kind: &str| {
        let entry = listed.iter().find(|it| it["kind"] == kind).expect("an entry");
        format!("/api/v1/trash/{}", entry["id"].as_str().unwrap())
    };
    let refused = test.delete(&path("blob")).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    assert!(refused.text().contains("purge that first"), "{}", refused.text());
    let restore = format!("{}/restore", path("image"));
    assert_eq!(test.call("POST", &restore, "application/json", "").await.status, 204);
    assert!(is_there(&test, "team/web", "1.0").await);
    assert_eq!(test.get(&format!("/v2/team/web/blobs/{}", sha256(b"one"))).await.text(), "one");
}

#[tokio::test]
async fn an_image_comes_back_with_its_tags_platforms_and_signatures() {
    let test = TestApp::new().await;
    let (index, children) = push_index(&test, "team/web", "1.0", "one").await;
    let put = json!({"digest": index});
    assert_eq!(send(&test, "PUT", "/api/v1/r/team/web/-/tags/prod", put).await.status, 201);
    let signature = push_signature(&test, "team/web", &index, 2).await;
    let all: Vec<&str> =
        [&*index, "1.0", "prod", &signature].into_iter().chain(children.iter().map(|it| &**it)).collect();
    let totals = test.get("/api/v1/r/team/web").await.json();

    assert_eq!(test.delete(&format!("/api/v1/r/team/web/-/manifests/{index}")).await.status, 204);
    for reference in &all {
        assert!(!is_there(&test, "team/web", reference).await, "{reference} is gone");
    }
    let listed = entries(&test).await;
    assert_eq!((listed.len(), listed[0]["n_tags"].clone()), (1, json!(2)));
    let restore = format!("/api/v1/trash/{}/restore", listed[0]["id"].as_str().unwrap());
    assert_eq!(test.call("POST", &restore, "application/json", "").await.status, 204);
    for reference in &all {
        assert!(is_there(&test, "team/web", reference).await, "{reference} is back");
    }
    let after = test.get("/api/v1/r/team/web").await.json();
    for key in ["n_tags", "n_images", "logical_bytes", "stored_bytes"] {
        assert_eq!(after[key], totals[key], "{key}");
    }
    let referrers = test.get(&format!("/v2/team/web/referrers/{index}")).await.json();
    assert_eq!(referrers["manifests"][0]["digest"], json!(signature));
}

#[tokio::test]
async fn a_repository_comes_back_whole_under_its_name_if_that_is_free() {
    let test = TestApp::new().await;
    let (index, children) = push_index(&test, "team/web", "1.0", "one").await;
    let single = test.push_image("team/web", "2.0", "amd64", b"two").await;
    assert_eq!(test.delete("/v2/team/web/manifests/2.0").await.status, 202, "this one is in the trash by itself");
    let totals = test.get("/api/v1/r/team/web").await.json();
    assert_eq!(test.delete("/api/v1/r/team/web").await.status, 204);
    assert!(!is_there(&test, "team/web", &index).await);
    let listed = entries(&test).await;
    assert_eq!(listed[0]["kind"], "repository");
    let restore = |entry: &Value| format!("/api/v1/trash/{}/restore", entry["id"].as_str().unwrap());
    let (whole, tag) = (restore(&listed[0]), restore(&listed[1]));
    assert_eq!(test.call("POST", &tag, "application/json", "").await.status, 409, "its repository comes first");

    test.push_image("team/web", "other", "amd64", b"other").await;
    assert_eq!(test.call("POST", &whole, "application/json", "").await.status, 409, "the name is taken");
    assert_eq!(test.delete("/api/v1/r/team/web").await.status, 204);
    let back = test.call("POST", &whole, "application/json", "").await;
    assert_eq!(back.status, 204, "{}", back.text());
    assert_eq!(names(&test, "team/web", "1.0").await, Some(index));
    for child in &children {
        assert!(is_there(&test, "team/web", child).await);
    }
    let after = test.get("/api/v1/r/team/web").await.json();
    for key in ["n_tags", "n_images", "logical_bytes", "stored_bytes", "description", "visibility"] {
        assert_eq!(after[key], totals[key], "{key}");
    }
    assert_eq!(test.call("POST", &tag, "application/json", "").await.status, 204);
    assert_eq!(names(&test, "team/web", "2.0").await, Some(single));
}

#[tokio::test]
async fn what_is_purged_never_comes_back() {
    let test = TestApp::new().await;
    let (index, _) = push_index(&test, "team/web", "1.0", "one").await;
    assert_eq!(test.delete(&format!("/api/v1/r/team/web/-/manifests/{index}")).await.status, 204);
    let id = entries(&test).await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(test.delete(&format!("/api/v1/trash/{id}")).await.status, 204);
    assert_eq!(entries(&test).await.len(), 0);
    assert_eq!(test.call("POST", &format!("/api/v1/trash/{id}/restore"), "application/json", "").await.status, 404);
    assert_eq!(test.delete(&format!("/api/v1/trash/{id}")).await.status, 404);
    let back = json!({"tag": "1.0", "digest": index});
    let refused = send(&test, "POST", "/api/v1/r/team/web/-/rollback", back).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
}

/// A tag that was deleted first can come back for as long as the trash says, whatever took its image along.
#[tokio::test]
async fn what_a_tag_in_the_trash_names_is_purged_after_it() {
    let test = TestApp::new().await;
    let (index, children) = push_index(&test, "team/web", "1.0", "one").await;
    let part = json!({"digest": children[0]});
    assert_eq!(send(&test, "PUT", "/api/v1/r/team/web/-/tags/part", part).await.status, 201);
    for path in ["tags/part".to_owned(), format!("manifests/{index}")] {
        assert_eq!(test.delete(&format!("/api/v1/r/team/web/-/{path}")).await.status, 204);
    }
    let all = entries(&test).await;
    let purge = format!("/api/v1/trash/{}", all[0]["id"].as_str().unwrap());
    let refused = test.delete(&purge).await.text();
    assert!(refused.contains("the tag part, which is in the trash"), "{refused}");
    restore(&test, &all[1]).await;
    assert_eq!(names(&test, "team/web", "part").await.as_ref(), Some(&children[0]));
    assert_eq!(test.delete(&purge).await.status, 204);
}

/// A namespace that goes back takes tags of several repositories away at once: those of each go by themselves.
#[tokio::test]
async fn tags_of_a_repository_that_were_deleted_together_go_for_good_by_one_call() {
    let (test, clock) = timed().await;
    for name in ["team/web", "team/api"] {
        test.push_image(name, "kept", "amd64", name.as_bytes()).await;
    }
    clock.advance_ms(60_000);
    let then = clock.now().rfc3339();
    clock.advance_ms(60_000);
    for n in 0..12 {
        let name = ["team/web", "team/api"][n % 2];
        test.push_image(name, &format!("v{n}"), "amd64", format!("layer {n}").as_bytes()).await;
    }
    assert_eq!(send(&test, "POST", "/api/v1/n/team/-/rollback", json!({"t": then})).await.status, 200);
    let batch = entries(&test).await[0]["batch"].as_str().unwrap().to_owned();
    let question = format!("/trash?purge-all={batch}&of=team/web");
    assert!(test.get("/trash").await.text().contains(&format!("href=\"{}\"", question.replace('&', "&amp;"))));
    assert!(test.get(&question).await.text().contains("Delete 6 tags of team/web now?"));

    let at = "/api/v1/trash/purge";
    let purge = async |who: &TestApp| send(who, "POST", at, json!({"batch": batch, "repository": "team/web"})).await;
    for (who, status) in [
        (within(&test, "team/*", Role::Developer, None), 403),
        (within(&test, "team/web", Role::Owner, Some("v*")), 404),
        (within(&test, "team/api", Role::Owner, None), 404),
    ] {
        let refused = purge(&who).await;
        assert_eq!((refused.status.as_u16(), refused.header("content-type")), (status, "application/problem+json"));
    }
    assert_eq!(send(&test, "POST", at, json!({"batch": batch})).await.status, 400);
    assert_eq!(entries(&test).await.len(), 12);
    let gone = purge(&within(&test, "team/web", Role::Owner, None)).await;
    assert_eq!((gone.status.as_u16(), gone.json()), (200, json!({"purged": 6})));
    // What was refused is written down a moment later, and may stand above it.
    let rows = test.get("/api/v1/activity?action=trash.purge").await.json()["items"].as_array().unwrap().clone();
    let done = rows.iter().find(|row| row["refused"].is_null()).unwrap();
    assert!(done["before"].to_string().contains("tag v10 of team/web"), "{done}");
    assert_eq!(purge(&test).await.status, 404, "once");
    let left = entries(&test).await;
    assert!(left.len() == 6 && left.iter().all(|it| it["repository"] == "team/api"), "{left:?}");
}

async fn restore(test: &TestApp, entry: &Value) {
    let path = format!("/api/v1/trash/{}/restore", entry["id"].as_str().unwrap());
    let back = test.call("POST", &path, "application/json", "").await;
    assert_eq!(back.status, 204, "{entry}: {}", back.text());
}

/// It comes back out of all of them, and what else was deleted with it stays in the trash by itself.
#[tokio::test]
async fn an_image_that_was_deleted_more_than_once_comes_back_with_all_its_tags() {
    let (test, clock) = timed().await;
    let image = test.image("team/web", "amd64", b"one").await;
    let digest = sha256(image.as_bytes());
    let push = async |tags: &[&str]| {
        clock.advance_ms(1000);
        for tag in tags {
            assert_eq!(test.put_manifest("team/web", tag, OCI_MANIFEST, &image).await.status, 201);
        }
        assert_eq!(test.delete(&format!("/v2/team/web/manifests/{digest}")).await.status, 202);
    };
    push(&["a", "b"]).await;
    push(&["a"]).await;
    let listed = entries(&test).await;
    clock.advance_ms(1000);
    restore(&test, &listed[0]).await;
    assert_eq!(names(&test, "team/web", "a").await.as_ref(), Some(&digest));
    push(&[]).await;
    // Of the first delete only the tag is left that is not back.
    let listed = entries(&test).await;
    let kinds: Vec<_> = listed.iter().map(|it| (it["kind"].as_str().unwrap(), it["n_tags"].clone())).collect();
    assert_eq!(kinds, [("image", json!(1)), ("tag", json!(1))], "{listed:?}");
    restore(&test, &listed[1]).await;
    assert_eq!(
        (names(&test, "team/web", "a").await, names(&test, "team/web", "b").await),
        (None, Some(digest.clone()))
    );
    assert_eq!(test.get("/api/v1/r/team/web").await.json()["n_tags"], 1);
    let listed = entries(&test).await;
    assert_eq!((listed.len(), &listed[0]["kind"]), (1, &json!("tag")), "{listed:?}");
    restore(&test, &listed[0]).await;
    assert_eq!(names(&test, "team/web", "a").await.as_ref(), Some(&digest));
    assert_eq!(test.get("/api/v1/r/team/web").await.json()["n_tags"], 2);
    assert!(entries(&test).await.is_empty());
}

/// Of what one delete took, a part was brought back by another way and deleted again: its tag brings it along.
#[tokio::test]
async fn a_tag_that_comes_back_brings_its_image_out_of_another_entry() {
    let (test, clock) = timed().await;
    let image = test.push_image("team/web", "1.0", "amd64", b"one").await;
    let signature = push_signature(&test, "team/web", &image, 2).await;
    let at = "/api/v1/r/team/web/-";
    assert_eq!(send(&test, "PUT", &format!("{at}/tags/signed"), json!({"digest": signature})).await.status, 201);
    let bytes = test.get("/v2/team/web/manifests/signed").await.text();
    let preview = json!({"digests": [image], "tags": ["signed"]});
    let plan = send(&test, "POST", &format!("{at}/delete-preview"), preview).await.json()["plan"].clone();
    assert_eq!(send(&test, "POST", &format!("{at}/delete"), json!({"plan": plan})).await.status, 200);
    let first = entries(&test).await;
    assert_eq!((first.len(), &first[0]["n_tags"]), (1, &json!(2)), "{first:?}");
    let delete = async || {
        clock.advance_ms(1000);
        assert_eq!(test.delete(&format!("/v2/team/web/manifests/{signature}")).await.status, 202);
        entries(&test).await[0].clone()
    };
    assert_eq!(test.put_manifest("team/web", &signature, OCI_MANIFEST, &bytes).await.status, 201);
    let second = delete().await;
    restore(&test, &second).await;
    delete().await;
    restore(&test, &first[0]).await;
    assert_eq!(names(&test, "team/web", "1.0").await, Some(image));
    assert_eq!(names(&test, "team/web", "signed").await, Some(signature));
    assert_eq!(test.get("/api/v1/r/team/web").await.json()["n_tags"], 2);
    assert!(entries(&test).await.is_empty());
}

/// A tag goes back to an image that was deleted as an image by who may bring such a one back.
#[tokio::test]
async fn what_was_deleted_as_an_image_comes_back_by_who_may_restore_it() {
    let test = TestApp::new().await;
    let one = test.push_image("team/web", "v1", "amd64", b"one").await;
    let two = test.push_image("team/web", "v1", "amd64", b"two").await;
    assert_eq!(test.delete(&format!("/api/v1/r/team/web/-/manifests/{one}")).await.status, 204);
    let (of_tags, back) = (within(&test, "team/*", Role::Developer, Some("v*")), json!({"tag": "v1", "digest": one}));
    let at = "/api/v1/r/team/web/-/rollback";
    assert_eq!(send(&of_tags, "POST", at, back.clone()).await.status, 403);
    assert_eq!(names(&test, "team/web", "v1").await, Some(two));
    let of_all = within(&test, "team/*", Role::Developer, None);
    assert_eq!(send(&of_all, "POST", at, back).await.status, 200);
    assert_eq!(names(&test, "team/web", "v1").await, Some(one));
}

/// Somebody pushed it again: their tag moved when they did so, and what comes back beside it when it did before.
#[tokio::test]
async fn a_tag_that_was_set_again_meanwhile_stays_as_it_was_set() {
    let (test, clock) = timed().await;
    let image = test.image("team/web", "amd64", b"one").await;
    let push = async |who: &TestApp, tag: &str| {
        assert_eq!(who.put_manifest("team/web", tag, OCI_MANIFEST, &image).await.status, 201);
    };
    push(&test, "v1").await;
    push(&test, "v2").await;
    let moved = async |tag: &str| {
        let row = test.get(&format!("/api/v1/r/team/web/-/tags/{tag}")).await.json();
        (row["moved_at"].clone(), row["moved_by"].clone())
    };
    let at_first = moved("v2").await;
    clock.advance_ms(40 * 86_400_000);
    let digest = sha256(image.as_bytes());
    assert_eq!(test.delete(&format!("/v2/team/web/manifests/{digest}")).await.status, 202);
    clock.advance_ms(60_000);
    push(&test.by_admin("nina"), "v1").await;
    assert!(is_there(&test, "team/web", "v1").await);
    let set_again = moved("v1").await;
    assert_eq!(set_again, (json!(clock.now().rfc3339()), json!("user:nina")));
    clock.advance_ms(60_000);
    restore(&test, &entries(&test).await[0]).await;
    assert_eq!((moved("v1").await, moved("v2").await), (set_again, at_first));
    let asked = json!({"filter": "age:>30d"});
    let preview = send(&test, "POST", "/api/v1/r/team/web/-/delete-preview", asked).await.json();
    let old: Vec<&Value> = preview["removed"].as_array().unwrap().iter().map(|it| &it["tag"]).collect();
    assert_eq!(old, ["v2"], "{preview}");
}
