//! A page of a delete that somebody else overtook: what its tags named when it was drawn, and what they name now.

use super::{form, is_there, names, send};
use crate::support::{Answer, TestApp};
use serde_json::json;

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
