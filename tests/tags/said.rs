//! What pages say before something goes, and where it was afterwards.

use super::large::fill_with;
use super::{followed, form, is_there, push_index, push_signature, send, timed, within};
use crate::support::TestApp;
use axum::http::StatusCode;
use portolan::domain::Role;
use portolan::server::clock::Clock;
use serde_json::json;

async fn tag(test: &TestApp, name: &str, digest: &str) {
    let put = send(test, "PUT", &format!("/api/v1/r/team/web/-/tags/{name}"), json!({"digest": digest})).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
}

/// Deletes all that is asked for, as a preview says.
async fn delete(test: &TestApp, place: &str, asked: serde_json::Value) {
    let preview = send(test, "POST", &format!("/api/v1/{place}/-/delete-preview"), asked).await.json();
    let plan = json!({"plan": preview["plan"]});
    assert_eq!(send(test, "POST", &format!("/api/v1/{place}/-/delete"), plan).await.status, StatusCode::OK);
}

/// All tags together would let go of the image on the same day, so that this is offered by what it leaves until then; who
/// came by one of several is offered that one.
#[tokio::test]
async fn the_delete_of_an_image_offers_what_really_keeps_it() {
    let (test, clock) = timed().await;
    let (index, _) = push_index(&test, "team/web", "1.4.2", "one").await;
    let page = format!("/r/team/web/-/manifests/{index}/delete");
    let until = clock.now().plus_days(30).date();
    let asked = test.get(&page).await.text();
    for words in ["To remove only the name, ", &format!("can then be pulled by its digest at least until {until}.")] {
        assert!(asked.contains(words), "{words}: {asked}");
    }
    for name in ["1.4", "latest"] {
        tag(&test, name, &index).await;
    }
    let image = test.get("/r/team/web/-/tags/1.4.2").await.text();
    assert!(image.contains(&format!("{page}?tag=1.4.2\"")), "{image}");
    let asked = test.get(&format!("{page}?tag=1.4.2")).await.text();
    for words in [
        "To remove only 1.4.2 and keep the image with 1.4 and latest, ",
        "href=\"/r/team/web/-/tags/1.4.2/delete\"",
        "delete the tag 1.4.2 instead",
    ] {
        assert!(asked.contains(words), "{words}: {asked}");
    }
    for other in [page.clone(), format!("{page}?tag=other")] {
        let asked = test.get(&other).await.text();
        assert!(asked.contains("To remove only the names, ") && !asked.contains("keep the image"), "{asked}");
    }
}

/// Nobody pulls all platforms of an index.
#[tokio::test]
async fn what_an_image_is_to_pull_is_said_as_on_its_own_page() {
    let test = TestApp::new().await;
    let (index, _) = push_index(&test, "team/web", "1.4.2", "one").await;
    push_signature(&test, "team/web", &index, 2).await;
    let mut sizes = Vec::new();
    for platform in ["linux/amd64", "linux/arm64"] {
        let page = test.get(&format!("/r/team/web/-/tags/1.4.2?platform={platform}")).await.text();
        let before = page.split(" to pull").filter_map(|before| before.rsplit([',', '>']).next());
        sizes.push(before.map(str::trim).find(|size| size.ends_with('B')).expect("a size").to_owned());
    }
    let words = format!("{} to pull for linux/amd64, {} for linux/arm64. What other", sizes[0], sizes[1]);
    for page in ["/r/team/web/-/tags/1.4.2/delete".to_owned(), format!("/r/team/web/-/manifests/{index}/delete")] {
        let asked = test.get(&page).await.text();
        assert!(asked.contains(&words), "{page}: {words}: {asked}");
    }
}

/// However many go, and wherever they come in the order of names.
#[tokio::test]
async fn every_tag_that_stays_is_named_where_they_are_few() {
    let (test, clock) = timed().await;
    let image = test.push_image("team/web", "1.4", "amd64", b"one").await;
    fill_with(&test, &image, (600, clock.now().0)).await;
    for name in ["1.4.2", "zz"] {
        tag(&test, name, &image).await;
    }
    let asked = test.get("/r/team/web/-/delete?filter=t-*").await.text();
    assert!(asked.contains("600 tags are removed") && asked.contains("3 tags stay on the same images"), "{asked}");
    for name in ["1.4", "1.4.2", "zz"] {
        assert!(asked.contains(&format!("class=\"tagchip\">{name}<")), "{name}: {asked}");
    }
    assert!(!asked.contains("and 1 more"), "{asked}");
}

/// Where somebody lands who looks for it: who may bring it back is led to the trash, and to the others it never was.
#[tokio::test]
async fn what_was_deleted_leads_to_the_trash_from_where_it_was() {
    let test = TestApp::new().await;
    let owner = within(&test, "team/*", Role::Owner, None);
    let (reader, stranger) = (within(&test, "team/*", Role::Reader, None), within(&test, "other/*", Role::Owner, None));
    for name in ["1.4.0", "1.4.1"] {
        test.push_image("team/web", name, "amd64", name.as_bytes()).await;
    }
    let image = test.push_image("team/web", "gone", "amd64", b"gone").await;
    assert_eq!(test.delete("/api/v1/r/team/web/-/tags/1.4.0").await.status, StatusCode::NO_CONTENT);
    assert_eq!(test.delete(&format!("/api/v1/r/team/web/-/manifests/{image}")).await.status, StatusCode::NO_CONTENT);
    let said = async |who: &TestApp, page: &str| {
        let answer = who.get(page).await;
        assert!(matches!(answer.status.as_u16(), 200 | 404), "{page}");
        let text = answer.text();
        (text.contains("/trash?"), text.contains("It was deleted ") || text.contains(" were deleted and "), text)
    };
    for (page, has_history) in [("tags/1.4.0", true), ("tags/gone", true), (&*format!("manifests/{image}"), false)] {
        let page = format!("/r/team/web/-/{page}");
        let (leads, tells, text) = said(&owner, &page).await;
        assert!(
            leads && tells && text.contains(" by admin") && text.contains(" and can be restored until "),
            "{page}: {text}"
        );
        assert_eq!(text.contains("See the history of "), has_history, "{page}: {text}");
        let (leads, tells, text) = said(&reader, &page).await;
        assert!(!leads && !tells, "{page}: {text}");
        assert_eq!(text.contains("See the history of "), has_history, "who reads it may read its past: {text}");
    }
    let (_, _, text) = said(&owner, "/r/team/web/-/tags/never").await;
    assert!(!text.contains("It was deleted") && !text.contains("See the history of "), "{text}");

    let (leads, tells, text) = said(&owner, "/r/team/web?q=1.4.0").await;
    assert!(leads && tells && text.contains("2 things of team/web were deleted and can be restored until"), "{text}");
    assert!(!said(&reader, "/r/team/web?q=1.4.0").await.0);
    assert!(!said(&owner, "/r/team/web?q=1.4.1").await.1, "what is there is shown");

    assert_eq!(test.delete("/api/v1/r/team/web").await.status, StatusCode::NO_CONTENT);
    let (leads, tells, text) = said(&owner, "/r/team/web").await;
    assert!(leads && tells && text.contains("No such repository"), "{text}");
    for (who, page) in [(&reader, "/r/team/web"), (&stranger, "/r/team/web"), (&owner, "/r/team/never")] {
        let (leads, tells, text) = said(who, page).await;
        assert!(!leads && !tells, "{page}: {text}");
    }
    let emptied = owner.get("/n/team").await.text();
    for words in [
        "3 things of team were deleted and can be restored until",
        "href=\"/n/team/-/trash\">Open the trash of team",
        "No repositories here now",
        "No repositories now.",
    ] {
        assert!(emptied.contains(words), "{words}: {emptied}");
    }
}

#[tokio::test]
async fn a_namespace_that_was_deleted_is_one_line_and_comes_back_whole() {
    let test = TestApp::new().await;
    for (name, tags) in [("team/api", 1), ("team/jobs/mailer", 1), ("team/web", 2)] {
        for tag in 0..tags {
            test.push_image(name, &format!("v{tag}"), "amd64", format!("{name} {tag}").as_bytes()).await;
        }
    }
    delete(&test, "n/team", json!({})).await;
    let page = test.get("/trash").await.text();
    for words in ["Namespace ", ">team<", "3 repositories", "4 tags", "deleted together", "Show all 3"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(page.matches("scope=\"row\"").count(), 1, "{page}");
    assert!(page.contains(">Restore all 3<") && !page.contains(">Restore<") && !page.contains("Delete now"), "{page}");
    let below = test.get("/n/team/jobs/-/trash").await.text();
    assert!(below.contains("deleted with 2 other things") && below.contains(">Restore<"), "{below}");
    let some = within(&test, "team/web", Role::Owner, None).get("/trash").await.text();
    assert!(some.contains(">Restore<") && !some.contains("Namespace ") && !some.contains("other thing"), "{some}");

    let batch = page.split("/trash?batch=").nth(1).and_then(|rest| rest.split('"').next()).expect("a link").to_owned();
    let each = test.get(&format!("/trash?batch={batch}")).await.text();
    assert_eq!(each.matches(">Restore<").count(), 3, "single ones come after: {each}");
    let back = form(&test, "/trash", "restore-trash", &[("batch", &batch)]).await;
    assert!(followed(&test, &back).await.contains("Restored 3 things that were deleted together."));
    for name in ["team/api", "team/jobs/mailer", "team/web"] {
        assert!(is_there(&test, name, "v0").await, "{name}");
    }
}
