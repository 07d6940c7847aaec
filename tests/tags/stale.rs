//! A page of a delete that somebody else overtook: what its tags named when it was drawn, and what they name now.

use super::{form, is_there, names, send, timed};
use crate::support::{Answer, TestApp};
use portolan::server::clock::Clock;
use serde_json::json;
use std::collections::BTreeMap;

fn short(digest: &str) -> &str {
    &digest[7..19]
}

/// What stands in the form of a page besides what it asks for: all that a browser sends of it.
pub(crate) fn fields(page: &str) -> Vec<(String, String)> {
    let value = |input: &str, key: &str| {
        let (_, rest) = input.split_once(&format!(" {key}=\"")).unwrap_or_default();
        rest.split('"').next().unwrap_or_default().to_owned()
    };
    let form = page.split("class=\"plan\"").nth(1).expect("a form").split("</form>").next().unwrap_or_default();
    let inputs = form.split("<input").skip(1).filter_map(|rest| rest.split('>').next());
    let fields = inputs.map(|input| (value(input, "name"), value(input, "value")));
    fields.filter(|(name, _)| name != "do").collect()
}

/// Sends the form of a page as it stands there.
pub(crate) async fn sent(test: &TestApp, path: &str, page: &str) -> Answer {
    let fields = fields(page);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    form(test, path, "delete-tags", &fields).await
}

#[tokio::test]
async fn a_tag_that_moved_is_not_deleted_and_both_states_are_shown() {
    let test = TestApp::new().await;
    let one = test.push_image("team/web", "prod", "amd64", b"one").await;
    let path = "/r/team/web/-/tags/prod/delete";
    let page = test.get(path).await.text();
    let two = test.push_image("team/web", "prod", "amd64", b"two").await;
    let stale = sent(&test, path, &page).await;
    assert_eq!(stale.status, 409, "{}", stale.text());
    let stale = stale.text();
    for words in ["moved meanwhile:", short(&one), short(&two), "Nothing was done"] {
        assert!(stale.contains(words), "{words}: {stale}");
    }
    assert_eq!(names(&test, "team/web", "prod").await, Some(two));
    let done = sent(&test, path, &stale).await;
    assert_eq!(done.status, 303, "as it was seen the second time: {}", done.text());
    assert!(!is_there(&test, "team/web", "prod").await);
}

/// Chosen one by one, or by a filter: those that moved, and no others, with both images of each.
#[tokio::test]
async fn of_several_tags_those_that_moved_are_named_with_what_they_named_and_name() {
    let test = TestApp::new().await;
    for path in ["/r/team/web/-/delete?tag=a&tag=b&tag=c", "/r/team/web/-/delete?filter=?"] {
        let mut before = Vec::new();
        for tag in ["a", "b", "c"] {
            before.push(test.push_image("team/web", tag, "amd64", format!("{path} {tag}").as_bytes()).await);
        }
        let page = test.get(path).await.text();
        let mut now = Vec::new();
        for tag in ["a", "c"] {
            now.push(test.push_image("team/web", tag, "amd64", format!("{path} newer {tag}").as_bytes()).await);
        }
        let stale = sent(&test, path, &page).await;
        assert_eq!(stale.status, 409, "{path}: {}", stale.text());
        let stale = stale.text();
        let (_, said) = stale.split_once("id=\"problem\"").expect("it is said");
        let (said, _) = said.split_once("Below is what would go now.").expect("and what is below");
        for words in ["2 tags moved meanwhile. Look again.", "Nothing was deleted."] {
            assert!(said.contains(words), "{path} {words}: {said}");
        }
        for digest in [&before[0], &now[0], &before[2], &now[1]] {
            assert!(said.contains(short(digest)), "{path} {digest}: {said}");
        }
        assert!(!said.contains(short(&before[1])), "{path}: that stayed: {said}");
        for (tag, digest) in [("a", &now[0]), ("b", &before[1]), ("c", &now[1])] {
            assert_eq!(names(&test, "team/web", tag).await.as_ref(), Some(digest), "{path}: nothing is deleted");
        }
        // One more that moves and one more that matches are both said.
        test.push_image("team/web", "b", "amd64", format!("{path} newer b").as_bytes()).await;
        if path.contains("filter") {
            let put = json!({"digest": now[0]});
            assert_eq!(send(&test, "PUT", "/api/v1/r/team/web/-/tags/d", put).await.status, 201);
            let stale = sent(&test, path, &stale).await.text();
            assert!(
                stale.contains("1 more tag now matches. Look again.") && stale.contains("when you looked"),
                "{stale}"
            );
        }
        let fresh = test.get(path).await.text();
        let done = sent(&test, path, &fresh).await;
        assert_eq!(done.status, 303, "{path}: {}", done.text());
    }
    assert!(!is_there(&test, "team/web", "d").await);
}

/// Names of several repositories are told apart: what one was seen to name says nothing of the other.
#[tokio::test]
async fn what_several_repositories_lost_together_comes_back_over_what_was_seen_of_each() {
    let (test, clock) = timed().await;
    let places = ["team/api", "team/web"];
    for name in places {
        test.push_image(name, "kept", "amd64", name.as_bytes()).await;
    }
    clock.advance_ms(60_000);
    let then = clock.now().rfc3339();
    clock.advance_ms(60_000);
    let push = async |place: usize, layer: &str| {
        let layer = format!("{layer} {}", places[place]);
        test.push_image(places[place], "latest", "amd64", layer.as_bytes()).await
    };
    let old = [push(0, "old").await, push(1, "old").await];
    assert_eq!(send(&test, "POST", "/api/v1/n/team/-/rollback", json!({"t": then})).await.status, 200);
    let batch = test.get("/api/v1/trash").await.json()["items"][0]["batch"].as_str().unwrap().to_owned();
    let new = [push(0, "new").await, push(1, "new").await];

    let question = format!("/trash?restore-all={batch}");
    let shown = test.get(&question).await.text();
    for (place, digest) in places.iter().zip(&new) {
        assert!(shown.contains(&format!("value=\"{place}:latest {digest}\"")), "{shown}");
        assert!(shown.contains(&format!("/r/{place}/-/manifests/{digest}")), "each leads to its own: {shown}");
    }
    let seen = new.each_ref().map(|digest| digest.as_str());
    let expect = |seen: [&str; 2]| {
        let tags = places.map(|place| format!("{place}:latest"));
        tags.into_iter().zip(seen.map(str::to_owned))
    };
    let lines: Vec<String> = expect(seen).map(|(tag, digest)| format!("{tag} {digest}")).collect();
    let fields = [("batch", &*batch), ("over", "yes"), ("expect", &*lines[0]), ("expect", &*lines[1])];
    let newest = push(1, "newest").await;
    assert_eq!(form(&test, &question, "restore-trash", &fields).await.status, 409, "one of them moved since");
    assert_eq!(names(&test, places[0], "latest").await.as_deref(), Some(&*new[0]), "and none did");

    let back = async |seen: [&str; 2]| {
        let seen: BTreeMap<String, String> = expect(seen).collect();
        let body = json!({"batch": batch, "over": true, "expect": seen});
        send(&test, "POST", "/api/v1/trash/restore", body).await.status
    };
    assert_eq!(back([&new[0], &new[1]]).await, 409);
    assert_eq!(back([&new[0], &newest]).await, 204);
    for (place, digest) in places.iter().zip(&old) {
        assert_eq!(names(&test, place, "latest").await.as_ref(), Some(digest));
    }
}
