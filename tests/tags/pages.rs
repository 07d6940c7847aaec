//! Names, history, trash and time on pages, by plain forms: nothing here runs a script.

use super::{followed, form, names, timed, within};
use crate::support::{TestApp, field};
use axum::http::StatusCode;
use portolan::domain::Role;
use portolan::server::clock::Clock;

fn short(digest: &str) -> &str {
    &digest[7..19]
}

#[tokio::test]
async fn a_name_is_given_at_once_and_moves_after_a_look() {
    let test = TestApp::new().await;
    let one = test.push_image("team/web", "1.0", "amd64", b"one").await;
    let two = test.push_image("team/web", "2.0", "amd64", b"two").await;
    let page = "/r/team/web/-/tags/1.0/retag";
    assert!(test.get(page).await.text().contains("Retag 1.0 of team/web"));
    let made = form(&test, page, "set-tag", &[("name", "prod"), ("digest", &one), ("expect", "")]).await;
    assert_eq!((made.status, made.header("location")), (StatusCode::SEE_OTHER, "/r/team/web/-/tags/prod"));
    let said = followed(&test, &made).await;
    assert!(said.contains("1.0 is prod as well.") && said.contains(">Undo<"), "{said}");

    let asked = [("name", "prod"), ("digest", &*two), ("expect", "")];
    let asked = form(&test, "/r/team/web/-/tags/2.0/retag", "set-tag", &asked).await;
    let question = "/r/team/web/-/tags/2.0/retag?name=prod";
    assert_eq!((asked.status, asked.header("location")), (StatusCode::SEE_OTHER, question));
    assert_eq!(names(&test, "team/web", "prod").await.as_deref(), Some(&*one), "it is a question");
    let shown = test.get(question).await.text();
    for words in ["Move prod of team/web", short(&one), short(&two), &format!("name=\"expect\" value=\"{one}\"")] {
        assert!(shown.contains(words), "{words} in {shown}");
    }

    let three = test.push_image("team/web", "prod", "amd64", b"three").await;
    let fields = |expect: &'static str| [("name", "prod"), ("digest", ""), ("expect", expect)];
    assert_eq!(form(&test, page, "set-tag", &fields("")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let stale = form(&test, question, "set-tag", &[("name", "prod"), ("digest", &two), ("expect", &one)]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let stale = stale.text();
    for words in ["moved meanwhile:", short(&one), short(&three), &format!("name=\"expect\" value=\"{three}\"")] {
        assert!(stale.contains(words), "{words} in {stale}");
    }
    assert_eq!(names(&test, "team/web", "prod").await.as_deref(), Some(&*three), "nothing moved");
    let moved = form(&test, question, "set-tag", &[("name", "prod"), ("digest", &two), ("expect", &three)]).await;
    assert!(followed(&test, &moved).await.contains("prod moved to 2.0."));
    assert_eq!(names(&test, "team/web", "prod").await.as_deref(), Some(&*two));
    let undo = [("to", &*three), ("expect", &*two)];
    let undone = form(&test, "/r/team/web/-/tags/prod/rollback", "roll-back-tag", &undo).await;
    assert!(followed(&test, &undone).await.contains(&format!("prod names {} again.", short(&three))));

    let kept = "portolan.trash.mine";
    for (name, words) in
        [(".bad", "A tag"), ("", "A tag"), ("1.0", "names this image already"), (kept, "for itself; choose another")]
    {
        let odd = form(&test, page, "set-tag", &[("name", name), ("digest", &one), ("expect", "")]).await;
        assert!(odd.status == StatusCode::UNPROCESSABLE_ENTITY && odd.text().contains(words), "{name}: {}", odd.text());
        assert!(odd.text().contains("id=\"set-tag-name-error\""), "at its field: {}", odd.text());
    }
    // What was added is taken back as long as it is what was added.
    let gone = [("to", ""), ("expect", &*one)];
    let at = "/r/team/web/-/tags/prod/rollback";
    assert_eq!(form(&test, at, "roll-back-tag", &gone).await.status, StatusCode::CONFLICT);
    assert_eq!(form(&test, at, "roll-back-tag", &[("to", ""), ("expect", &three)]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(names(&test, "team/web", "prod").await, None);
}

#[tokio::test]
async fn a_tag_is_renamed_to_what_is_free() {
    let test = TestApp::new().await;
    let one = test.push_image("team/web", "1.0", "amd64", b"one").await;
    test.push_image("team/web", "2.0", "amd64", b"two").await;
    let page = "/r/team/web/-/tags/1.0/rename";
    assert!(test.get(page).await.text().contains("1.0 goes to the trash"));
    let taken = form(&test, page, "rename-tag", &[("to", "2.0"), ("expect", &one)]).await;
    assert!(taken.status == StatusCode::UNPROCESSABLE_ENTITY && taken.text().contains("is there already"));
    // It moves meanwhile: both states, and nothing done.
    let moved = test.push_image("team/web", "1.0", "amd64", b"moved").await;
    let stale = form(&test, page, "rename-tag", &[("to", "1.1"), ("expect", &one)]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let stale = stale.text();
    for words in ["moved meanwhile:", short(&one), short(&moved), &format!("name=\"expect\" value=\"{moved}\"")] {
        assert!(stale.contains(words), "{words} in {stale}");
    }
    assert_eq!(names(&test, "team/web", "1.0").await, Some(moved));
    assert_eq!(names(&test, "team/web", "1.1").await, None);
    test.push_image("team/web", "1.0", "amd64", b"one").await;
    let done = form(&test, page, "rename-tag", &[("to", "1.1"), ("expect", &one)]).await;
    assert!(followed(&test, &done).await.contains("1.0 is called 1.1 now."));
    let kept = [("to", "portolan.trash.mine"), ("expect", &*one)];
    let kept = form(&test, "/r/team/web/-/tags/1.1/rename", "rename-tag", &kept).await.text();
    assert!(kept.contains("id=\"rename-tag-to-error\""), "the name is refused at its field");
    assert_eq!(test.get(page).await.status, StatusCode::NOT_FOUND);
    assert!(test.get("/r/team/web/-/history?how=rename").await.text().contains("1.1"));
    // What the trash would bring back is there again when the rename is undone.
    let trashed = async || {
        let listed = test.get("/api/v1/trash").await.json()["items"].as_array().unwrap().clone();
        listed.iter().map(|it| it["tag"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(trashed().await, ["1.0"]);
    let undone = form(&test, "/r/team/web/-/tags/1.1/rename", "rename-tag", &[("to", "1.0"), ("expect", &one)]).await;
    assert!(followed(&test, &undone).await.contains("1.1 is called 1.0 now."));
    assert_eq!(trashed().await, ["1.1"]);
}

#[tokio::test]
async fn nobody_sees_a_control_that_would_be_refused() {
    let test = TestApp::new().await;
    let one = test.push_image("team/web", "prod", "amd64", b"one").await;
    let two = test.push_image("team/web", "prod", "amd64", b"two").await;
    test.push_image("team/web", "release-1", "amd64", b"three").await;
    let (list, tag) = ("/r/team/web", "/r/team/web/-/tags/prod");
    let by = |role, tags| within(&test, "team/*", role, tags);
    let (reader, publisher) = (by(Role::Reader, None), by(Role::Publisher, None));
    let (maintainer, releaser) = (by(Role::Maintainer, None), by(Role::Maintainer, Some("release-*")));
    for (who, retags, rolls_back, rolls_release_back) in [
        (&reader, false, false, false),
        (&publisher, true, false, false),
        (&maintainer, true, true, true),
        (&releaser, true, false, true),
    ] {
        let page = who.get(list).await.text();
        let shows = |link: &str| page.contains(&format!("href=\"/r/team/web/-/tags/{link}\""));
        assert!(page.contains("/-/history?tag=prod"), "who reads it may read its past");
        assert_eq!(
            (shows("prod/retag"), shows("prod/rollback"), shows("release-1/rollback")),
            (retags, rolls_back, rolls_release_back)
        );
        let image = who.get(&format!("/r/team/web/-/manifests/{one}")).await.text();
        assert_eq!((image.contains("Retag…"), image.contains("/rollback?to=")), (retags, rolls_back));
        let history = who.get("/r/team/web/-/history").await.text();
        assert_eq!(history.contains("/prod/rollback?to="), rolls_back);
        let status = |is_open: bool| if is_open { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(who.get(&format!("{tag}/retag")).await.status, status(retags));
        assert_eq!(who.get(&format!("{tag}/rename")).await.status, status(rolls_back));
        assert_eq!(who.get(&format!("{tag}/rollback?to={one}")).await.status, status(rolls_back));
        let back = form(who, &format!("{tag}/rollback"), "roll-back-tag", &[("to", &one), ("expect", &one)]).await;
        assert_eq!(back.status, if rolls_back { StatusCode::CONFLICT } else { StatusCode::FORBIDDEN });
        assert_eq!(
            who.get("/trash").await.status,
            status(rolls_release_back),
            "what is deleted comes back by who deletes"
        );
        assert_eq!(who.get(list).await.text().contains("href=\"/trash\""), rolls_release_back);
    }
    // Who only pushes adds names, and sees that to move one takes more.
    let over = publisher.get(&format!("/r/team/web/-/manifests/{one}/tag?name=prod")).await.text();
    assert!(over.contains("takes tag.move") && !over.contains("Move prod to"), "{over}");
    let page = format!("/r/team/web/-/manifests/{one}/tag");
    let moving = [("name", "prod"), ("digest", &*one), ("expect", &*two)];
    assert_eq!(form(&publisher, &page, "set-tag", &moving).await.status, StatusCode::FORBIDDEN);
    let adding = [("name", "old"), ("digest", &*one), ("expect", "")];
    let added = form(&publisher, &page, "set-tag", &adding).await;
    assert!(!followed(&publisher, &added).await.contains(">Undo<"), "who may not delete it takes nothing back");
    assert_eq!(form(&reader, &page, "set-tag", &adding).await.status, StatusCode::FORBIDDEN);
    let stranger = within(&test, "other/*", Role::Owner, None);
    for path in [&page, "/r/team/web/-/history", &format!("{tag}/rollback"), &format!("{tag}/retag")] {
        assert_eq!(stranger.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(test.by_nobody().get(path).await.status, StatusCode::SEE_OTHER, "{path}");
    }
    assert_eq!(names(&test, "team/web", "prod").await, Some(two));
}

#[tokio::test]
async fn history_tells_who_moved_what_and_leads_back() {
    let test = TestApp::new().await;
    let one = test.push_image("team/web", "prod", "amd64", b"one").await;
    let two = test.push_image("team/web", "prod", "amd64", b"two").await;
    test.by_admin("nina").push_image("team/web", "other", "amd64", b"other").await;
    let history = test.get("/r/team/web/-/history").await.text();
    let back = format!("/r/team/web/-/tags/prod/rollback?to={one}");
    for words in [">Pushed<", ">admin<", ">nina<", short(&one), short(&two), &back] {
        assert!(history.contains(words), "{words} in {history}");
    }
    for (filter, has_prod, has_other) in [
        ("tag=prod", true, false),
        ("who=nina", false, true),
        ("how=push&span=hour", true, true),
        ("how=rollback", false, false),
        ("who=nobody", false, false),
    ] {
        let found = test.get(&format!("/r/team/web/-/history?{filter}")).await.text();
        let has = |tag: &str| found.contains(&format!("href=\"/r/team/web/-/tags/{tag}\" class=\"tagname\""));
        assert_eq!((has("prod"), has("other")), (has_prod, has_other), "{filter}: {found}");
    }
    for odd in ["tag=.bad", "after=nonsense"] {
        assert_eq!(test.get(&format!("/r/team/web/-/history?{odd}")).await.status, StatusCode::BAD_REQUEST, "{odd}");
    }

    // What it goes back to may be in the trash.
    assert_eq!(test.delete(&format!("/v2/team/web/manifests/{one}")).await.status, StatusCode::ACCEPTED);
    let shown = test.get(&back).await.text();
    assert!(shown.contains("This image is in the trash") && shown.contains("linux/amd64"), "{shown}");
    let long = "x".repeat(501);
    let fields = |reason| [("to", &*one), ("expect", &*two), ("reason", reason)];
    let odd = form(&test, &back, "roll-back-tag", &fields(&long)).await;
    assert!(odd.status == StatusCode::UNPROCESSABLE_ENTITY && odd.text().contains(&long), "what was typed stays");
    let done = form(&test, &back, "roll-back-tag", &fields("it broke")).await;
    let said = followed(&test, &done).await;
    assert!(said.contains(&format!("prod names {} again.", short(&one))) && said.contains(">Undo<"), "{said}");
    assert_eq!(names(&test, "team/web", "prod").await.as_deref(), Some(&*one));
    let history = test.get("/r/team/web/-/history?tag=prod").await.text();
    assert!(history.contains("it broke") && history.matches("scope=\"row\"").count() == 3, "{history}");
    let image = test.get(&format!("/r/team/web/-/manifests/{two}")).await.text();
    assert!(image.contains(&format!("/r/team/web/-/tags/prod/rollback?to={two}")), "{image}");
    let words: Vec<usize> = ["moved on to", "Rolled back by ", "moved here from", "Pushed by "]
        .map(|words| image.find(words).unwrap_or_else(|| panic!("{words} in {image}")))
        .into();
    assert!(words.is_sorted(), "newest first: {image}");
    let stale = form(&test, &back, "roll-back-tag", &fields("")).await;
    assert!(stale.status == StatusCode::CONFLICT && stale.text().contains("moved meanwhile:"), "{}", stale.text());
    let forward = form(&test, &back, "roll-back-tag", &[("to", &two), ("expect", &one)]).await;
    assert_eq!(forward.status, StatusCode::SEE_OTHER, "{}", forward.text());

    assert_eq!(test.delete("/api/v1/r/team/web/-/tags/prod").await.status, StatusCode::NO_CONTENT);
    let image = test.get(&format!("/r/team/web/-/manifests/{two}")).await.text();
    assert!(image.contains(" deleted<") && image.contains("Deleted by "), "{image}");
    let trash = test.get("/api/v1/trash").await.json();
    let entry = trash["items"].as_array().unwrap().iter().find(|it| it["tag"] == "prod").expect("it is in the trash");
    let restore = format!("/api/v1/trash/{}/restore", entry["id"].as_str().unwrap());
    assert_eq!(test.call("POST", &restore, "application/json", "{}").await.status, StatusCode::NO_CONTENT);
    let image = test.get(&format!("/r/team/web/-/manifests/{two}")).await.text();
    assert!(image.contains(" restored<") && image.contains("Restored by "), "{image}");
    let history = test.get("/r/team/web/-/history?tag=prod&how=restore").await.text();
    assert!(history.contains(">restored<") && !history.contains(">new<"), "{history}");
    assert_eq!(test.delete("/api/v1/r/team/web/-/tags/prod").await.status, StatusCode::NO_CONTENT);
    let none = test.get("/r/team/web/-/tags/other/rollback").await.text();
    assert!(none.contains("named no other image that is kept"), "{none}");
    let absent = format!("/r/team/web/-/tags/prod/rollback?to=sha256:{}", "0".repeat(64));
    assert_eq!(test.get(&absent).await.status, StatusCode::CONFLICT);
    assert_eq!(test.get("/r/team/web/-/tags/none/rollback").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_namespace_is_seen_as_it_was_and_goes_back_as_it_was_seen() {
    let (test, clock) = timed().await;
    let one = test.push_image("team/web", "prod", "amd64", b"one").await;
    test.push_image("team/old", "prod", "amd64", b"old").await;
    clock.advance_ms(3 * 3_600_000);
    let two = test.push_image("team/web", "prod", "amd64", b"two").await;
    test.push_image("team/web", "new", "amd64", b"new").await;
    assert_eq!(test.delete("/api/v1/r/team/old").await.status, StatusCode::NO_CONTENT);
    clock.advance_ms(60_000);
    let page = "/n/team/-/as-of";
    let shown = test.get(page).await.text();
    assert!(shown.contains("An hour ago") && shown.contains("A week ago") && !shown.contains("Roll back"), "{shown}");
    let then = portolan::domain::Timestamp(clock.now().0 - 2 * 3_600_000);
    let at = format!("{page}?t={}", then.minute());
    let shown = test.get(&at).await.text();
    for words in [
        "2 tags name something else",
        "team/old",
        short(&one),
        short(&two),
        "goes to the trash",
        "Roll back: 1 tag moves and 1 goes to the trash…",
    ] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    for odd in ["yesterday", "2999-01-01T00:00", "1999-01-01T00:00"] {
        let odd = test.get(&format!("{page}?t={odd}")).await;
        assert!(odd.status == StatusCode::OK && odd.text().contains("field-error"), "{}", odd.text());
    }
    let t = then.exact();
    let asks = format!("{at}&roll-back=yes");
    let seen = field(&test.get(&asks).await.text(), "print");
    let sent = |n: &str, typed: &str, print: &str| {
        [("t", t.clone()), ("expected", n.into()), ("confirmed", typed.into()), ("print", print.to_owned())]
    };
    let post = async |fields: [(&str, String); 4]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(key, value)| (*key, value.as_str())).collect();
        form(&test, &format!("{at}&roll-back=yes"), "roll-back-namespace", &fields).await
    };
    assert_eq!(post(sent("21", "3", &seen)).await.status, StatusCode::UNPROCESSABLE_ENTITY, "many are typed");
    test.push_image("team/web", "newer", "amd64", b"newer").await;
    let outdated = post(sent("2", "", &seen)).await;
    assert_eq!(outdated.status, StatusCode::CONFLICT);
    assert!(
        outdated.text().contains("Roll back team: 1 tag moves and 2 go to the trash?"),
        "the list is the new one: {}",
        outdated.text()
    );
    assert_eq!(names(&test, "team/web", "prod").await, Some(two.clone()));
    let seen = field(&outdated.text(), "print");
    test.push_image("team/web", "newer", "amd64", b"newest").await;
    assert_eq!(post(sent("3", "3", &seen)).await.status, StatusCode::CONFLICT, "as many, and another image");
    let seen = field(&test.get(&asks).await.text(), "print");
    let done = post(sent("3", "", &seen)).await;
    let said = followed(&test, &done).await;
    assert!(said.contains("3 tags of team are as they were on") && said.contains("/n/team/-/as-of?t="), "{said}");
    assert_eq!(names(&test, "team/web", "prod").await, Some(one));
    assert_eq!(names(&test, "team/web", "new").await, None);
    let history = test.get("/r/team/web/-/history?tag=new&how=rollback").await.text();
    assert!(history.contains(">removed<") && history.contains(">Removed by roll back<"), "{history}");
    assert!(test.get(&at).await.text().contains("No tag differs"));

    let may = within(&test, "team/*", Role::Maintainer, None);
    assert!(may.get("/n/team").await.text().contains(page));
    for role in [Role::Reader, Role::Publisher] {
        let not = within(&test, "team/*", role, None);
        assert!(!not.get("/n/team").await.text().contains(page));
        assert_eq!(not.get(&at).await.status, StatusCode::FORBIDDEN);
        let refused =
            form(&not, page, "roll-back-namespace", &[("t", &t), ("expected", "0"), ("confirmed", "0")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
}
