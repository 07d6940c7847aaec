//! Tags are copied and promoted on a page that says before what it would do, and taken back by a press.

use super::{followed, form, is_there, names, push_index, push_signature, send, within};
use crate::support::{Answer, TestApp, user};
use axum::http::StatusCode;
use portolan::domain::{Role, Terms};
use portolan::server::access::Standing;
use serde_json::json;

fn short(digest: &str) -> &str {
    &digest[7..19]
}

/// The value of a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&field).unwrap_or_else(|| panic!("{field} in {page}"));
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// Presses the button of the page at an address, as it stands.
async fn pressed(test: &TestApp, address: &str) -> Answer {
    let page = test.get(address).await.text();
    let (seen, expect) = (hidden(&page, "seen"), hidden(&page, "expect"));
    form(test, address, "copy-tags", &[("seen", &seen), ("expect", &expect)]).await
}

/// Presses *Undo* on the page that follows.
async fn undone(test: &TestApp, answer: &Answer) -> Answer {
    let said = followed(test, answer).await;
    assert!(said.contains(">Undo<"), "{said}");
    form(test, answer.header("location"), "undo-copy", &[("copy", &hidden(&said, "copy"))]).await
}

#[tokio::test]
async fn a_build_is_promoted_to_a_name_that_was_moved_before() {
    let test = TestApp::new().await;
    test.push_image("team/web", "prod", "amd64", b"one").await;
    let two = test.push_image("team/web", "prod", "amd64", b"two").await;
    let three = test.push_image("team/web", "1.5", "amd64", b"three").await;
    let image = test.get("/r/team/web/-/tags/1.5").await.text();
    assert!(image.contains("href=\"/r/team/web/-/copy?tag=1.5\""), "{image}");
    let choose = test.get("/r/team/web/-/copy?tag=1.5").await.text();
    let address = "/r/team/web/-/copy?tag=1.5&to=team/web&name=prod";
    assert!(choose.contains(&address.replace('&', "&amp;")) && choose.contains(short(&two)), "{choose}");

    let look = test.get(address).await.text();
    let says = format!("prod names {} in team/web now, and 1.5 afterwards.", short(&two));
    assert!(look.contains(&says) && look.contains(">Promote 1.5 to prod<"), "{look}");
    let done = pressed(&test, address).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/r/team/web/-/tags/prod"));
    let said = followed(&test, &done).await;
    assert!(said.contains("prod names the same image as 1.5 now."), "{said}");
    assert_eq!(names(&test, "team/web", "prod").await.as_deref(), Some(&*three));
    let history = async |query: &str| {
        test.get(&format!("/api/v1/r/team/web/-/history?{query}")).await.json()["items"].as_array().unwrap().clone()
    };
    let (last, promotions) = (history("tag=prod").await[0].clone(), history("how=promote").await);
    assert_eq!((&last["how"], &last["from"], &last["to"]), (&json!("promote"), &json!(two), &json!(three)), "{last}");
    assert_eq!(promotions, [last], "it is found by how it came");
    let page = test.get("/r/team/web/-/history?how=promote").await.text();
    assert_eq!(page.matches(">Promote").count(), 2, "in its row, and among the ways to choose: {page}");
    let back = [("to", &*two), ("expect", &*three)];
    assert_eq!(form(&test, "/r/team/web/-/tags/prod/rollback", "roll-back-tag", &back).await.status, 303);
    assert_eq!(names(&test, "team/web", "prod").await.as_deref(), Some(&*two));

    // It moves meanwhile: both states, and nothing done.
    let seen = hidden(&test.get(address).await.text(), "seen");
    let four = test.push_image("team/web", "prod", "amd64", b"four").await;
    let stale = form(&test, address, "copy-tags", &[("seen", &seen), ("expect", &two)]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let stale = stale.text();
    assert!(stale.contains("moved meanwhile:") && stale.contains(short(&two)) && stale.contains(short(&four)));
    assert_eq!(names(&test, "team/web", "prod").await.as_deref(), Some(&*four));
}

/// The files that hold content, with how large they are and when each was written, and the blobs that are known.
async fn stored(test: &TestApp) -> (Vec<String>, u64) {
    fn walk(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let (path, of) = (entry.path(), entry.metadata().unwrap());
            match of.is_dir() {
                true => walk(&path, found),
                false => found.push(format!("{} {} {:?}", path.display(), of.len(), of.modified().unwrap())),
            }
        }
    }
    let mut files = Vec::new();
    for folder in ["blobs", "staging"] {
        walk(&test.folder.path().join(folder), &mut files);
    }
    files.sort();
    assert!(files.len() > 3, "content lies there: {files:?}");
    let mut row = test.app.store.one("SELECT COUNT(*) FROM blobs", vec![]).await.unwrap().unwrap();
    (files, row.take().unwrap())
}

#[tokio::test]
async fn a_tag_goes_to_another_repository_with_all_that_it_is_and_comes_back() {
    let test = TestApp::new().await;
    let (index, children) = push_index(&test, "team/web", "1.5", "one").await;
    let signature = push_signature(&test, "team/web", &index, 2).await;
    let before = test.push_image("prod/web", "stable", "amd64", b"before").await;
    let choose = test.get("/r/team/web/-/copy?tag=1.5").await.text();
    assert!(choose.contains("href=\"/r/team/web/-/copy?tag=1.5&amp;to=prod/web\""), "what is called alike: {choose}");

    let address = "/r/team/web/-/copy?tag=1.5&to=prod/web&as=stable";
    let look = test.get(address).await.text();
    for words in
        [short(&before), short(&index), "4 images come along", "no byte is written", ">Copy 1.5 to prod/web as"]
    {
        assert!(look.contains(words), "{words} in {look}");
    }
    let stored = stored(&test).await;
    let done = pressed(&test, address).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/r/prod/web/-/tags/stable"));
    assert_eq!(self::stored(&test).await, stored, "no byte is written");
    for reference in ["stable", &index, &children[0], &children[1], &signature] {
        assert!(is_there(&test, "prod/web", reference).await, "{reference}");
    }
    assert!(test.get(address).await.text().contains("Nothing would change"));
    let history = test.get("/api/v1/r/prod/web/-/history?tag=stable").await.json();
    assert_eq!(history["items"][0]["how"], "copy", "it is another repository: {history}");
    let back = undone(&test, &done).await;
    assert!(followed(&test, &back).await.contains("stable of prod/web is as it was."));
    assert_eq!(names(&test, "prod/web", "stable").await.as_deref(), Some(&*before));
    let row = test.get("/api/v1/activity?action=tag.take-back").await.json()["items"][0].clone();
    let states = [&index, &before].map(|named| format!("prod/web:stable {named}"));
    assert_eq!([&row["before"], &row["after"]], [&*states[0], &*states[1]], "{row}");

    // Several at once, to a repository that is new; somebody moves one before it is taken back.
    let two = test.push_image("team/web", "1.6", "amd64", b"two").await;
    let several = "/r/team/web/-/copy?tag=1.5&tag=1.6&to=new/web";
    let look = test.get(several).await.text();
    assert!(
        look.contains("The repository new/web is made by it.") && look.contains("Copy 2 tags to new/web"),
        "{look}"
    );
    let done = pressed(&test, several).await;
    assert!(followed(&test, &done).await.contains("Copied 2 tags to new/web."));
    assert_eq!(names(&test, "new/web", "1.6").await.as_deref(), Some(&*two));
    test.push_image("new/web", "1.6", "amd64", b"moved").await;
    let refused = undone(&test, &done).await;
    assert!(refused.status == StatusCode::CONFLICT && refused.text().contains("moved since"), "{}", refused.text());
    assert_eq!(names(&test, "new/web", "1.5").await.as_deref(), Some(&*index), "all or none");
    test.put_manifest(
        "new/web",
        "1.6",
        crate::support::OCI_MANIFEST,
        &test.get(&format!("/v2/team/web/manifests/{two}")).await.text(),
    )
    .await;
    assert_eq!(undone(&test, &done).await.status, StatusCode::SEE_OTHER);
    assert_eq!((names(&test, "new/web", "1.5").await, names(&test, "new/web", "1.6").await), (None, None));

    // And by programs: what the answer of one's own copy names.
    let copy = json!({"tags": ["1.5", "1.6"], "to": "new/web"});
    let copied = send(&test, "POST", "/api/v1/r/team/web/-/copy", copy).await.json();
    let undo = async |who: &TestApp, to: &str| {
        send(who, "POST", &format!("/api/v1/r/{to}/-/copy/undo"), json!({"copy": copied["copy"]})).await
    };
    assert_eq!(undo(&test.by_admin("nina"), "new/web").await.status, 404, "{copied}");
    assert_eq!(undo(&test, "team/web").await.status, 404);
    assert_eq!(names(&test, "new/web", "1.6").await.as_deref(), Some(&*two));
    assert_eq!(undo(&test, "new/web").await.status, 204);
    assert_eq!((names(&test, "new/web", "1.5").await, names(&test, "new/web", "1.6").await), (None, None));
    assert_eq!(undo(&test, "new/web").await.status, 409, "it is done once");

    let nobodys = form(&test.by_admin("nina"), "/r/prod/web", "undo-copy", &[("copy", "none")]).await;
    assert_eq!(nobodys.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_changed_since_somebody_looked_is_not_copied() {
    let test = TestApp::new().await;
    for tag in ["1.5", "1.6"] {
        test.push_image("team/web", tag, "amd64", tag.as_bytes()).await;
    }
    let address = "/r/team/web/-/copy?tag=1.5&tag=1.6&to=prod/web";
    let seen = hidden(&test.get(address).await.text(), "seen");
    test.push_image("team/web", "1.6", "amd64", b"moved").await;
    let stale = form(&test, address, "copy-tags", &[("seen", &seen), ("expect", "")]).await;
    assert!(stale.status == StatusCode::CONFLICT && stale.text().contains("changed since you looked"));
    assert_eq!(names(&test, "prod/web", "1.5").await, None);
    for (to, field) in [("to=Bad", "A repository"), ("to=team/web", "are in team/web already")] {
        let odd = test.get(&format!("/r/team/web/-/copy?tag=1.5&tag=1.6&{to}")).await.text();
        assert!(odd.contains("field-error") && odd.contains(field), "{to}: {odd}");
    }
    for (name, words) in [("name=1.5", "it has this name here already"), ("name=.bad", "field-error")] {
        let odd = test.get(&format!("/r/team/web/-/copy?tag=1.5&to=team/web&{name}")).await.text();
        assert!(odd.to_lowercase().contains(words), "{name}: {odd}");
    }
    assert_eq!(test.get("/r/team/web/-/copy?tag=none").await.status, StatusCode::NOT_FOUND);
    assert_eq!(test.get("/r/team/web/-/copy").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_a_filter_matches_is_copied_as_it_was_seen_and_taken_back() {
    let test = TestApp::new().await;
    let before = test.push_image("prod/web", "1.5", "amd64", b"before").await;
    let mut images = Vec::new();
    for tag in ["1.5", "1.6", "2.0"] {
        images.push(test.push_image("team/web", tag, "amd64", tag.as_bytes()).await);
    }
    let there = async || {
        let named = ["1.5", "1.6", "1.7", "2.0"].map(async |tag: &str| names(&test, "prod/web", tag).await);
        futures::future::join_all(named).await
    };
    let address = "/r/team/web/-/copy?filter=1.*&to=prod/web";
    let page = test.get(address).await.text();
    assert!(page.contains("Copy 2 tags to prod/web"), "{page}");
    // One more matches meanwhile.
    images.push(test.push_image("team/web", "1.7", "amd64", b"1.7").await);
    let stale = form(&test, address, "copy-tags", &[("seen", &hidden(&page, "seen")), ("expect", "")]).await;
    assert!(stale.status == StatusCode::CONFLICT && stale.text().contains("changed since you looked"));
    assert_eq!(there().await, [Some(before.clone()), None, None, None]);

    let done = pressed(&test, address).await;
    assert!(followed(&test, &done).await.contains("Copied 3 tags to prod/web."));
    let [of_5, of_6, _, of_7] = images.try_into().unwrap();
    assert_eq!(there().await, [Some(of_5), Some(of_6), Some(of_7), None]);
    let back = undone(&test, &done).await;
    assert!(followed(&test, &back).await.contains("3 tags of prod/web are as they were."));
    assert_eq!(there().await, [Some(before), None, None, None]);
}

#[tokio::test]
async fn a_copy_is_offered_to_who_may_push_somewhere_and_says_what_stops_it() {
    let test = TestApp::new().await;
    test.push_image("team/web", "1.5", "amd64", b"one").await;
    test.push_image("prod/web", "1.5", "amd64", b"other").await;
    let (page, to) = ("/r/team/web/-/copy?tag=1.5", "/r/team/web/-/copy?tag=1.5&to=prod/web");
    let reader = within(&test, "*", Role::Reader, None);
    assert!(!reader.get("/r/team/web").await.text().contains("/-/copy"));
    assert_eq!(reader.get(page).await.status, StatusCode::FORBIDDEN);
    let publisher = within(&test, "*", Role::Publisher, None);
    assert!(publisher.get("/r/team/web").await.text().contains("Copy or promote"));
    let over = publisher.get(to).await.text();
    assert!(over.contains("to move it there takes tag.move") && !over.contains("name=\"seen\""), "{over}");
    // What they may not push to reads the same whether or not it is there.
    let here = within(&test, "team/*", Role::Developer, None);
    for there in ["prod/web", "prod/none"] {
        let refused = here.get(&format!("{page}&to={there}")).await.text();
        assert!(refused.contains(&format!("You cannot push to {there}")), "{refused}");
    }
    let choose = here.get(page).await.text();
    assert!(
        !choose.contains("value=\"prod/web\"") && !choose.contains("to=prod/web"),
        "nothing is suggested that is refused: {choose}"
    );
    assert_eq!(within(&test, "other/*", Role::Owner, None).get(page).await.status, StatusCode::NOT_FOUND);

    let rule = json!({"scope": "prod/*", "tags": "1.*", "kind": "immutable"});
    assert_eq!(super::send(&test, "POST", "/api/v1/protections", rule).await.status, StatusCode::CREATED);
    let barred = test.get(to).await.text();
    assert!(barred.contains("1.5 is immutable") && !barred.contains("name=\"seen\""), "{barred}");
}

#[tokio::test]
async fn a_rename_is_taken_back_and_a_delete_comes_back_to_its_list() {
    let test = TestApp::new().await;
    let one = test.push_image("team/web", "1.0", "amd64", b"one").await;
    test.push_image("team/web", "2.0", "amd64", b"two").await;
    let done = form(&test, "/r/team/web/-/tags/1.0/rename", "rename-tag", &[("to", "1.1"), ("expect", &one)]).await;
    let said = followed(&test, &done).await;
    assert!(said.contains("action=\"/r/team/web/-/tags/1.1/rename\"") && said.contains(">Undo<"), "{said}");
    let undo = [("to", "1.0"), ("expect", &*one)];
    assert_eq!(form(&test, "/r/team/web/-/tags/1.1/rename", "rename-tag", &undo).await.status, StatusCode::SEE_OTHER);
    assert_eq!(names(&test, "team/web", "1.0").await.as_deref(), Some(&*one));
    assert_eq!(names(&test, "team/web", "1.1").await, None);

    let list = test.get("/r/team/web?q=1.*&sort=name").await.text();
    assert!(list.contains("name=\"list\" value=\"q=1.*&amp;sort=name\""), "{list}");
    let page = "/r/team/web/-/tags/1.0/delete?list=q%3D1.*%26sort%3Dname";
    let shown = test.get(page).await.text();
    assert!(shown.contains("href=\"/r/team/web?q=1.*&amp;sort=name\""), "who changes their mind is led back: {shown}");
    let plan = hidden(&shown, "plan");
    let sent = [("plan", &*plan), ("tags", "1")];
    // From a dialog the script is told where it goes on, and reads nothing in the place of the reader.
    let done = form(&test, &format!("{page}&part=dialog"), "delete-tags", &sent).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::NO_CONTENT, "/r/team/web?q=1.*&sort=name"));
    assert!(done.header("set-cookie").contains("portolan-said"));
    assert_eq!(names(&test, "team/web", "1.0").await, None);
}

#[tokio::test]
async fn what_is_wrong_in_a_dialog_is_said_in_it() {
    let test = TestApp::new().await;
    let one = test.push_image("team/web", "1.0", "amd64", b"one").await;
    test.push_image("team/web", "2.0", "amd64", b"two").await;
    let rename = "/r/team/web/-/tags/1.0/rename?part=dialog";
    let shown = test.get(rename).await.text();
    assert!(shown.contains("id=\"dialog-title\"") && !shown.contains("<html"), "{shown}");
    let wrong = form(&test, rename, "rename-tag", &[("to", "2.0"), ("expect", &one)]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = wrong.text();
    assert!(
        !wrong.contains("<html") && wrong.contains("id=\"dialog-title\"") && wrong.contains("field-error"),
        "{wrong}"
    );
    assert!(wrong.contains("action=\"/r/team/web/-/tags/1.0/rename\""), "and goes on from there: {wrong}");
    // A tag that is there is asked about in the same dialog.
    let asked = [("name", "2.0"), ("digest", &*one), ("expect", "")];
    let asked = form(&test, "/r/team/web/-/tags/1.0/retag?part=dialog", "set-tag", &asked).await;
    assert_eq!(asked.header("location"), "/r/team/web/-/tags/1.0/retag?name=2.0&part=dialog");
    assert!(test.get(asked.header("location")).await.text().contains("Move 2.0 to"));

    let image = format!("/r/team/web/-/manifests/{one}/delete?part=dialog");
    let plan = hidden(&test.get(&image).await.text(), "plan");
    let wrong = form(&test, &image, "delete-image", &[("plan", &plan), ("tags", "1"), ("confirmed", "team")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text().contains("field-error"));
    assert!(is_there(&test, "team/web", "1.0").await);
}

#[tokio::test]
async fn nobody_is_offered_a_promotion_that_would_be_refused() {
    let test = TestApp::new().await;
    test.push_image("team/web", "prod", "amd64", b"one").await;
    test.push_image("team/web", "prod", "amd64", b"two").await;
    test.push_image("team/web", "1.5", "amd64", b"three").await;
    test.push_image("other/web", "1", "amd64", b"other").await;
    let term = |role, scope: &str| Terms { role, scope: scope.parse().unwrap(), tags: None, expires_at: None };
    for (here, offers) in
        [(Role::Reader, [false, false]), (Role::Publisher, [true, false]), (Role::Developer, [true, true])]
    {
        let terms = vec![term(here, "team/*"), term(Role::Publisher, "other/*")];
        let lena = test.with_standing(Standing { terms, ..Standing::of(user("lena")) });
        let page = lena.get("/r/team/web/-/copy?tag=1.5").await.text();
        let shown = ["To a name of team/web", "Promote to prod…"].map(|words| page.contains(words));
        assert!(shown == offers && page.contains("Copy to other/web…"), "{here:?}: {page}");
    }
}
