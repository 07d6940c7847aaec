//! The trash on its pages: who sees what, what comes back, and what goes for good.

use super::{followed, form, is_there, names, push_index, within};
use crate::support::{Answer, TestApp, field};
use axum::http::StatusCode;
use portolan::domain::{ByteSize, Role};

/// The ids of entries, in the order of the page.
async fn ids(test: &TestApp) -> Vec<String> {
    let listed = test.get("/api/v1/trash").await.json();
    let id = |it: &serde_json::Value| it["id"].as_str().expect("an id").to_owned();
    listed["items"].as_array().expect("a list").iter().map(id).collect()
}

async fn restore(test: &TestApp, fields: &[(&str, &str)]) -> Answer {
    form(test, "/trash", "restore-trash", fields).await
}

#[tokio::test]
async fn what_was_deleted_comes_back_from_its_page() {
    let test = TestApp::new().await;
    assert!(test.get("/trash").await.text().contains("The trash is empty"));
    let one = test.push_image("team/web", "1.0", "amd64", b"one").await;
    assert_eq!(test.delete("/v2/team/web/manifests/1.0").await.status, StatusCode::ACCEPTED);
    let page = test.get("/trash").await.text();
    for words in ["1 thing that you may bring back", "Tag ", "1.0", "team/web", "admin", "until ", "Delete now…"] {
        assert!(page.contains(words), "{words} in {page}");
    }
    let id = ids(&test).await.remove(0);
    let two = test.push_image("team/web", "1.0", "amd64", b"two").await;
    let asked = restore(&test, &[("entry", &id)]).await;
    let question = format!("/trash?restore={id}");
    assert_eq!((asked.status, asked.header("location")), (StatusCode::SEE_OTHER, &*question));
    let shown = test.get(&question).await.text();
    for words in ["Keep the new one", "Move 1.0 back", &one[7..19], &two[7..19]] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    assert_eq!(names(&test, "team/web", "1.0").await.as_ref(), Some(&two), "it is a question");
    let seen = field(&shown, "expect");
    assert_eq!(seen, format!("team/web:1.0 {two}"));
    let three = test.push_image("team/web", "1.0", "amd64", b"three").await;
    let stale = form(&test, &question, "restore-trash", &[("entry", &id), ("over", "yes"), ("expect", &seen)]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "it moved since it was looked at: {}", stale.text());
    assert_eq!(
        field(&stale.text(), "expect"),
        format!("team/web:1.0 {three}"),
        "the page asks again, about what is there now"
    );
    let back = restore(&test, &[("entry", &id), ("over", "yes"), ("expect", &format!("1.0 {three}"))]).await;
    assert!(followed(&test, &back).await.contains("Restored tag 1.0 of team/web."));
    assert_eq!(names(&test, "team/web", "1.0").await, Some(one));
    assert_eq!(restore(&test, &[("entry", &id)]).await.status, StatusCode::NOT_FOUND, "once");
    assert_eq!(restore(&test, &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_was_deleted_together_comes_back_together_or_by_its_place() {
    let test = TestApp::new().await;
    for tag in ["a", "b", "c"] {
        test.push_image("team/web", tag, "amd64", tag.as_bytes()).await;
    }
    test.by_admin("nina").push_image("other/web", "1", "amd64", b"other").await;
    let body = serde_json::json!({"tags": ["a", "b"]});
    let preview = super::send(&test, "POST", "/api/v1/r/team/web/-/delete-preview", body).await.json();
    let plan = serde_json::json!({"plan": preview["plan"]});
    assert_eq!(super::send(&test, "POST", "/api/v1/r/team/web/-/delete", plan).await.status, StatusCode::OK);
    assert_eq!(test.by_admin("nina").delete("/v2/other/web/manifests/1").await.status, StatusCode::ACCEPTED);

    let page = test.get("/trash").await.text();
    assert!(page.contains("2 tags of ") && page.contains(">Restore all 2<") && page.contains("Show all 2"), "{page}");
    let batch = page.split("/trash?batch=").nth(1).and_then(|rest| rest.split('"').next()).expect("a link").to_owned();
    let together = test.get(&format!("/trash?batch={batch}")).await.text();
    assert!(together.contains("These 2 were deleted together.") && together.contains("Restore all 2"), "{together}");
    for (filter, n) in
        [("where=team/*", 1), ("where=other/web", 1), ("who=nina", 1), ("who=otto", 0), ("where=none", 0)]
    {
        let found = test.get(&format!("/trash?{filter}")).await.text();
        assert_eq!(found.matches("scope=\"row\"").count(), n, "{filter}: {found}");
        assert_eq!(found.contains("Clear filter"), n == 0);
    }
    assert_eq!(test.get("/n/team/-/trash").await.text().matches("scope=\"row\"").count(), 1);
    assert_eq!(test.get("/trash?where=Bad").await.status, StatusCode::BAD_REQUEST);
    let back = restore(&test, &[("batch", &batch)]).await;
    assert!(followed(&test, &back).await.contains("Restored 2 things that were deleted together."));
    assert!(is_there(&test, "team/web", "a").await && is_there(&test, "team/web", "b").await);
    assert_eq!(restore(&test, &[("batch", &batch)]).await.status, StatusCode::NOT_FOUND);
}

/// Deletes together what is asked for, and returns by which it comes back.
async fn deleted(test: &TestApp, place: &str, asked: serde_json::Value) -> String {
    let preview = super::send(test, "POST", &format!("{place}/-/delete-preview"), asked).await.json();
    let plan = serde_json::json!({"plan": preview["plan"]});
    let done = super::send(test, "POST", &format!("{place}/-/delete"), plan).await;
    done.json()["batch"].as_str().expect("it is done").to_owned()
}

/// Names that other images took meanwhile are asked about, of many as of one: they move back, or they are left out.
#[tokio::test]
async fn what_was_deleted_together_comes_back_over_what_took_its_names_or_without_them() {
    let test = TestApp::new().await;
    let mut old = Vec::new();
    for tag in ["a", "b", "c"] {
        old.push(test.push_image("team/web", tag, "amd64", tag.as_bytes()).await);
    }
    let batch = deleted(&test, "/api/v1/r/team/web", serde_json::json!({"tags": ["a", "b", "c"]})).await;
    let question = format!("/trash?restore-all={batch}");
    let new = test.push_image("team/web", "b", "amd64", b"new").await;
    let named = async || {
        let of = async |tag| names(&test, "team/web", tag).await;
        [of("a").await, of("b").await, of("c").await]
    };
    for (page, intent) in [("/r/team/web", "undo"), ("/trash", "restore-trash")] {
        let asked = form(&test, page, intent, &[("batch", &batch)]).await;
        assert_eq!((asked.status, asked.header("location")), (StatusCode::SEE_OTHER, &*question), "{intent}");
    }
    let shown = test.get(&question).await.text();
    for words in ["Move b back", "Leave it out", &old[1][7..19], &new[7..19]] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    assert_eq!(named().await, [None, Some(new.clone()), None], "it is a question");
    let stranger = within(&test, "other/*", Role::Owner, None);
    assert!(!stranger.get(&question).await.text().contains(&new[7..19]), "what is not theirs is not there");
    let left = form(&test, &question, "restore-trash", &[("batch", &batch), ("over", "no")]).await;
    assert!(followed(&test, &left).await.contains("Restored 2 things that were deleted together."));
    assert_eq!(named().await, [Some(old[0].clone()), Some(new.clone()), Some(old[2].clone())]);
    let none = form(&test, &question, "restore-trash", &[("batch", &batch), ("over", "no")]).await;
    assert!(none.status == StatusCode::CONFLICT && none.text().contains("Move b back"), "{}", none.text());

    let seen = field(&test.get(&question).await.text(), "expect");
    let newest = test.push_image("team/web", "b", "amd64", b"newest").await;
    let over = [("batch", &*batch), ("over", "yes"), ("expect", &*seen)];
    let stale = form(&test, &question, "restore-trash", &over).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "it moved since it was looked at: {}", stale.text());
    let seen = field(&stale.text(), "expect");
    assert_eq!((seen.clone(), named().await[1].as_ref()), (format!("team/web:b {newest}"), Some(&newest)));
    let over = [("batch", &*batch), ("over", "yes"), ("expect", &*seen)];
    assert!(followed(&test, &form(&test, &question, "restore-trash", &over).await).await.contains("Restored tag b"));
    assert_eq!(named().await[1].as_ref(), Some(&old[1]));

    // The same by programs, to whom nothing comes back unless they say which.
    let batch = deleted(&test, "/api/v1/r/team/web", serde_json::json!({"tags": ["a", "b"]})).await;
    let new = test.push_image("team/web", "b", "amd64", b"new").await;
    let restore = async |how: serde_json::Value| {
        let mut body = serde_json::json!({"batch": batch});
        body.as_object_mut().unwrap().extend(how.as_object().unwrap().clone());
        super::send(&test, "POST", "/api/v1/trash/restore", body).await.status.as_u16()
    };
    assert_eq!(restore(serde_json::json!({})).await, 409);
    assert_eq!(restore(serde_json::json!({"over": true, "expect": {"b": newest}})).await, 409);
    assert_eq!(restore(serde_json::json!({"over": true, "leave_out": true})).await, 400);
    assert_eq!(named().await, [None, Some(new.clone()), Some(old[2].clone())]);
    assert_eq!(restore(serde_json::json!({"leave_out": true})).await, 204);
    assert_eq!(named().await[..2], [Some(old[0].clone()), Some(new.clone())]);
    assert_eq!(restore(serde_json::json!({"over": true, "expect": {"b": new}})).await, 204);
    assert_eq!(named().await, [Some(old[0].clone()), Some(old[1].clone()), Some(old[2].clone())]);
}

/// A namespace comes back in one step: where one of its repositories cannot, none does.
#[tokio::test]
async fn repositories_that_were_deleted_together_come_back_all_or_none() {
    let test = TestApp::new().await;
    let one = test.push_image("team/a", "1.0", "amd64", b"one").await;
    let two = test.push_image("team/z", "1.0", "amd64", b"two").await;
    let batch = deleted(&test, "/api/v1/n/team", serde_json::json!({})).await;
    test.push_image("team/z", "1.0", "amd64", b"another").await;
    for (page, fields) in [("/trash", [("batch", &*batch)]), ("/repositories", [("batch", &*batch)])] {
        let intent = if page == "/trash" { "restore-trash" } else { "undo" };
        let refused = form(&test, page, intent, &fields).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{intent}: {}", refused.text());
        assert!(refused.text().contains("another repository team/z"), "{intent}: {}", refused.text());
        assert_eq!(test.get("/api/v1/r/team/a").await.status, StatusCode::NOT_FOUND, "{intent}: none came back");
    }
    assert_eq!(ids(&test).await.len(), 2);
    assert_eq!(test.delete("/api/v1/r/team/z").await.status, StatusCode::NO_CONTENT);
    let page = test.get(&format!("/trash?batch={batch}")).await.text();
    assert!(page.contains("Restore all 2"), "{page}");
    let back = restore(&test, &[("batch", &batch)]).await;
    assert!(followed(&test, &back).await.contains("Restored 2 things that were deleted together."));
    assert_eq!(names(&test, "team/a", "1.0").await, Some(one));
    assert_eq!(names(&test, "team/z", "1.0").await, Some(two));
    for name in ["team/a", "team/z"] {
        let log = test.get(&format!("/api/v1/activity?scope={name}&action=trash.restore")).await.json();
        let items = log["items"].as_array().expect("a list");
        assert_eq!(items.len(), 1, "{name}: {log}");
        assert_eq!(items[0]["after"], format!("repository {name}"), "each repository's own line: {log}");
    }
}

#[tokio::test]
async fn what_goes_for_good_is_looked_at_and_its_name_typed() {
    let test = TestApp::new().await;
    let (index, _) = push_index(&test, "team/web", "1.0", "one").await;
    assert_eq!(test.delete(&format!("/api/v1/r/team/web/-/manifests/{index}")).await.status, StatusCode::NO_CONTENT);
    let id = ids(&test).await.remove(0);
    let question = format!("/trash?purge={id}");
    let shown = test.get(&question).await.text();
    for words in ["3 images go with it", "1.0", "no history can bring a tag back", "This cannot be undone"] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    let purge = async |who: &TestApp, typed: &str| {
        form(who, &question, "purge-trash", &[("entry", &id), ("confirmed", typed)]).await
    };
    let slip = purge(&test, "1.0").await;
    assert!(slip.status == StatusCode::UNPROCESSABLE_ENTITY && slip.text().contains("aria-invalid"), "{}", slip.text());

    // Who brings things back need not be one who lets them go.
    let (developer, owner) =
        (within(&test, "team/*", Role::Developer, None), within(&test, "team/*", Role::Owner, None));
    let stranger = within(&test, "other/*", Role::Owner, None);
    assert!(stranger.get("/trash").await.text().contains("Nothing that you could bring back"));
    assert!(!stranger.get(&question).await.text().contains(&index[7..19]), "what is not theirs is not there");
    assert_eq!(purge(&stranger, &index[7..19]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(form(&stranger, "/trash", "restore-trash", &[("entry", &id)]).await.status, StatusCode::NOT_FOUND);
    let seen = developer.get("/trash").await.text();
    assert!(seen.contains("Restore") && !seen.contains("Delete now…"), "{seen}");
    assert_eq!(developer.get(&question).await.status, StatusCode::FORBIDDEN);
    assert_eq!(purge(&developer, &index[7..19]).await.status, StatusCode::FORBIDDEN);
    assert!(owner.get("/n/team").await.text().contains("/n/team/-/trash"));
    let gone = purge(&owner, &index[7..19]).await;
    assert!(followed(&owner, &gone).await.contains("for good."));
    assert!(test.get("/trash").await.text().contains("The trash is empty"));
    let back = format!("/r/team/web/-/tags/1.0/rollback?to={index}");
    assert_eq!(test.get(&back).await.status, StatusCode::CONFLICT, "no history brings it back");
}

/// What trash holds is said of what the reader may bring back, and of nothing else.
#[tokio::test]
async fn the_sum_is_of_what_its_reader_may_bring_back() {
    let test = TestApp::new().await;
    for (repository, tag) in [("team/web", "1"), ("team/web", "release-2"), ("other/web", "1")] {
        test.push_image(repository, tag, "amd64", format!("{repository} {tag}").as_bytes()).await;
        test.delete(&format!("/v2/{repository}/manifests/{tag}")).await;
    }
    let said = async |who: &TestApp| {
        let page = who.get("/trash").await.text();
        (page.contains("1 thing that"), page.contains("2 things that"), page.contains("3 things that"))
    };
    assert_eq!(said(&test).await, (false, false, true));
    assert_eq!(said(&within(&test, "team/*", Role::Owner, None)).await, (false, true, false));
    assert_eq!(said(&within(&test, "team/*", Role::Owner, Some("release-*"))).await, (true, false, false));
}

/// What trash holds is what nothing else needs: of each line, and of all of them.
#[tokio::test]
async fn what_the_trash_holds_stands_at_each_line_and_in_the_sum() {
    let test = TestApp::new().await;
    for (tag, layer) in [("big", vec![1; 70_000]), ("small", vec![2; 3_000]), ("shared", vec![3; 9_000])] {
        test.push_image("team/web", tag, "amd64", &layer).await;
    }
    let shared = names(&test, "team/web", "shared").await;
    let also = serde_json::json!({"digest": shared});
    assert_eq!(super::send(&test, "PUT", "/api/v1/r/team/web/-/tags/also", also).await.status, StatusCode::CREATED);
    for tag in ["big", "small", "shared"] {
        assert_eq!(test.delete(&format!("/v2/team/web/manifests/{tag}")).await.status, StatusCode::ACCEPTED);
    }
    let listed = test.get("/api/v1/trash").await.json();
    let items = listed["items"].as_array().expect("a list");
    let held: Vec<u64> = items.iter().map(|it| it["held_bytes"].as_u64().expect("a number")).collect();
    let of = |tag: &str| held[items.iter().position(|it| it["tag"] == tag).expect("it is there")];
    let (big, small) = (of("big"), of("small"));
    assert_eq!(of("shared"), 0, "another tag needs its image: {listed}");
    assert!((70_000..75_000).contains(&big) && (3_000..8_000).contains(&small), "{listed}");
    let page = test.get("/trash").await.text();
    let rows: Vec<&str> = page.split("<tr role=\"row\">").skip(2).collect();
    assert_eq!(rows.len(), 3, "{page}");
    for (row, held) in rows.iter().zip(&held) {
        assert!(row.contains(&format!(">{}<", ByteSize(*held))), "{held}: {row}");
    }
    let words = format!("They hold {} that nothing else needs.", ByteSize(big + small));
    assert!(page.contains(&words), "{words}: {page}");
}

#[tokio::test]
async fn with_something_are_counted_those_that_its_reader_may_bring_back() {
    let test = TestApp::new().await;
    for (repository, tag) in [("team/web", "a1"), ("team/web", "a2"), ("team/web", "b"), ("team/api", "1")] {
        test.push_image(repository, tag, "amd64", tag.as_bytes()).await;
    }
    let owner = |scope: &str, tags| within(&test, scope, Role::Owner, tags);
    let redeem = async |place: &str, asked: serde_json::Value| {
        let preview = super::send(&test, "POST", &format!("{place}/-/delete-preview"), asked).await.json();
        let plan = serde_json::json!({"plan": preview["plan"]});
        assert_eq!(super::send(&test, "POST", &format!("{place}/-/delete"), plan).await.status, StatusCode::OK);
    };
    redeem("/api/v1/r/team/web", serde_json::json!({"tags": ["a1", "a2", "b"]})).await;
    for (tags, words) in [(None, "3 tags of "), (Some("a*"), "deleted with 1 other thing")] {
        let page = owner("team/web", tags).get("/trash").await.text();
        assert!(page.contains(words), "{tags:?}: {page}");
    }
    let page = owner("team/web", Some("b")).get("/trash").await.text();
    assert!(page.contains("team/web") && !page.contains("other thing"), "{page}");

    redeem("/api/v1/n/team", serde_json::json!({})).await;
    let page = owner("team/api", None).get("/trash").await.text();
    assert!(page.contains("team/api") && !page.contains("other thing"), "{page}");
    assert!(owner("team/*", None).get("/trash").await.text().contains("2 repositories"));
}

#[tokio::test]
async fn many_tags_that_were_deleted_together_are_one_line_and_come_back_or_go_as_one() {
    let test = TestApp::new().await;
    let image = test.image("team/web", "amd64", b"one").await;
    let put = async |tag: &str| {
        let put = test.put_manifest("team/web", tag, crate::support::OCI_MANIFEST, &image).await;
        assert_eq!(put.status, StatusCode::CREATED);
    };
    let many: Vec<String> = (1..=8).map(|n| format!("v{n}")).collect();
    let delete_all = async || {
        for tag in &many {
            put(tag).await;
        }
        let asked = serde_json::json!({"tags": many});
        let preview = super::send(&test, "POST", "/api/v1/r/team/web/-/delete-preview", asked).await.json();
        let plan = serde_json::json!({"plan": preview["plan"]});
        let done = super::send(&test, "POST", "/api/v1/r/team/web/-/delete", plan).await;
        done.json()["batch"].as_str().unwrap().to_owned()
    };
    put("kept").await;
    let mut batch = String::new();
    for n in 0..51 {
        put(&format!("s{n}")).await;
        assert_eq!(test.delete(&format!("/v2/team/web/manifests/s{n}")).await.status, StatusCode::ACCEPTED);
        if n == 25 {
            batch = delete_all().await;
        }
    }
    let page = test.get("/trash").await.text();
    for words in ["8 tags of ", "v1", "v8", "Restore all 8", "Show all 8", "Delete all now…", "59 things that you may"]
    {
        assert!(page.contains(words), "{words} in {page}");
    }
    let before = page.split("before=").nth(1).and_then(|rest| rest.split('"').next()).expect("one more page");
    let older = test.get(&format!("/trash?before={before}")).await.text();
    let n_rows = |page: &str| page.matches("scope=\"row\"").count();
    assert_eq!((n_rows(&page), n_rows(&older), older.contains("8 tags of ")), (50, 2, false), "each line once");
    let all = test.get(&format!("/trash?batch={batch}")).await.text();
    assert_eq!(n_rows(&all), 8, "they are there one by one");
    assert!(
        all.contains("All of the trash") && all.contains("Delete all now…") && !all.contains("other thing"),
        "{all}"
    );
    let places: Vec<_> = (1..=8).map(|n| all.find(&format!("\"Restore tag v{n} of team/web\""))).collect();
    assert!(places.is_sorted() && places[0].is_some(), "by their names: {places:?}");
    // To who may bring back what is of this repository, and nothing else of the trash, they are one line as well.
    test.push_image("other/web", "hidden", "amd64", b"other").await;
    assert_eq!(test.delete("/v2/other/web/manifests/hidden").await.status, StatusCode::ACCEPTED);
    let own = within(&test, "team/web", Role::Owner, None).get("/trash").await.text();
    for words in ["8 tags of ", "Restore all 8", "Delete all now…", "59 things that you may"] {
        assert!(own.contains(words), "{words} in {own}");
    }
    assert!(n_rows(&own) == 50 && !own.contains("other/web"), "{own}");
    let older = own.split("before=").nth(1).and_then(|rest| rest.split('"').next()).expect("one more page");
    let older = within(&test, "team/web", Role::Owner, None).get(&format!("/trash?before={older}")).await.text();
    assert_eq!((n_rows(&older), older.contains("8 tags of ")), (2, false), "each line once");
    let others = within(&test, "other/*", Role::Owner, None).get("/trash").await.text();
    assert!(others.contains("other/web") && !others.contains("8 tags of ") && n_rows(&others) == 1, "{others}");
    let some = within(&test, "team/web", Role::Owner, Some("v*"));
    assert!(!some.get("/trash").await.text().contains("8 tags of "), "whose right ends within it sees what is theirs");

    let back = restore(&test, &[("batch", &batch)]).await;
    assert!(followed(&test, &back).await.contains("Restored 8 things"));
    let batch = delete_all().await;
    let purge = async |who: &TestApp, typed: &str| {
        let fields = [("batch", &*batch), ("repository", "team/web"), ("confirmed", typed)];
        form(who, &format!("/trash?purge-all={batch}&of=team/web"), "purge-trash", &fields).await
    };
    assert!(test.get("/trash").await.text().contains(&format!("/trash?purge-all={batch}&amp;of=team/web\"")));
    let asked = test.get(&format!("/trash?purge-all={batch}&of=team/web")).await.text();
    assert!(asked.contains("Delete 8 tags of team/web now?") && asked.contains("This cannot be undone"), "{asked}");
    assert!(asked.contains(">v8<") && asked.contains("that nothing else needs."), "{asked}");
    assert_eq!(purge(&test, "8").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (who, status) in [(within(&test, "team/*", Role::Developer, None), 403), (some, 404)] {
        assert_eq!(purge(&who, "team/web").await.status.as_u16(), status);
    }
    let gone = purge(&test, "team/web").await;
    assert!(followed(&test, &gone).await.contains("8 tags of team/web"));
    assert!(!test.get("/trash").await.text().contains("8 tags of "));
    assert_eq!(purge(&test, "team/web").await.status, StatusCode::NOT_FOUND, "once");
    assert!(is_there(&test, "team/web", "kept").await);
}
