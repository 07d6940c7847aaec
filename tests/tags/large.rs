//! Repositories with very many tags.

use super::{is_there, names, push_index, push_signature, send, timed};
use crate::identity::run as statement;
use crate::support::{TestApp, decides};
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::server::access::Policy;
use portolan::server::clock::Clock;
use portolan::server::store::Value as Param;
use portolan::ui::words::grouped;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// More than are asked about together.
const MANY: usize = 2100;

async fn fill(test: &TestApp, image: &str, at: i64) {
    fill_with(test, image, (MANY, at)).await;
}

/// Puts `t-1` and so on on an image, so many, at a time.
pub(super) async fn fill_with(test: &TestApp, image: &str, (n_tags, at): (usize, i64)) {
    let numbers = format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n_tags})");
    let repository = "(SELECT id FROM repositories WHERE name = 'team/web')";
    statement(
        test,
        format!(
            "{numbers} INSERT INTO tags (repository_id, name, digest, changed_at, move_known, moved_by, built_at, pull_bytes, checked_at)
             SELECT {repository}, 't-' || i, '{image}', {at}, 1, 'user:mara', 0, 0, {at} FROM n"
        ),
    )
    .await;
    statement(
        test,
        format!(
            "{numbers} INSERT INTO tag_moves (repository_id, tag, to_digest, how, actor, at)
             SELECT {repository}, 't-' || i, '{image}', 'push', 'user:mara', {at} FROM n"
        ),
    )
    .await;
    rebuild(test).await;
}

pub(super) async fn rebuild(test: &TestApp) {
    test.app.store.rebuild(&decides(Policy::Grants).system(Job::Rebuild, Maintain {})).await.unwrap();
}

/// What is counted and summed up, and how many tags each image has.
pub(super) async fn counts(test: &TestApp) -> Vec<String> {
    let sql = "SELECT name || ' ' || n_tags || ' ' || n_images || ' ' || logical_bytes || ' ' || stored_bytes FROM repositories
               UNION SELECT id || ' ' || n_tags || ' ' || n_images || ' ' || logical_bytes || ' ' || stored_bytes || ' ' || n_sharing
                 || ' ' || n_repositories FROM mounts
               UNION SELECT digest || ' ' || n_tags FROM manifests WHERE repository_id IN (SELECT id FROM repositories)
               ORDER BY 1";
    let rows = test.app.store.all(sql, Vec::<Param>::new()).await.unwrap();
    rows.into_iter().map(|mut row| row.take().unwrap()).collect()
}

/// What was done to a tag, newest first.
async fn moves(test: &TestApp, tag: &str) -> Vec<(Value, Value)> {
    let listed = test.get(&format!("/api/v1/r/team/web/-/history?tag={tag}")).await.json();
    listed["items"].as_array().unwrap().iter().map(|it| (it["how"].clone(), it["to"].clone())).collect()
}

#[tokio::test]
async fn a_repository_of_many_tags_goes_and_comes_back_with_all_that_it_counted() {
    let (test, clock) = timed().await;
    test.push_image("other/web", "v1", "amd64", b"other").await;
    let one = test.push_image("team/web", "v1", "amd64", b"one").await;
    fill(&test, &one, clock.now().0).await;
    let before = counts(&test).await;
    // Also where its tags were moved in the future, by a clock that was ahead.
    statement(&test, format!("UPDATE tag_moves SET at = {} WHERE tag = 't-7'", clock.now().0 + 5_000)).await;

    assert_eq!(test.delete("/api/v1/r/team/web").await.status, 204);
    let sql = "SELECT before FROM audit WHERE action = 'repository.delete'";
    let mut rows = test.app.store.all(sql, vec![]).await.unwrap();
    let said: String = rows[0].take().unwrap();
    assert!(rows.len() == 1 && said.ends_with(&format!("{} tags", MANY + 1)), "one line with its number: {said}");
    let gone = counts(&test).await;
    rebuild(&test).await;
    assert_eq!(counts(&test).await, gone, "what is left adds up");
    let entry = test.get("/api/v1/trash").await.json()["items"][0].clone();
    assert_eq!((&entry["n_tags"], entry["held_bytes"].as_u64() > Some(0)), (&json!(MANY + 1), true), "{entry}");

    clock.advance_ms(1000);
    let restore = format!("/api/v1/trash/{}/restore", entry["id"].as_str().unwrap());
    assert_eq!(test.call("POST", &restore, "application/json", "").await.status, 204);
    assert_eq!(counts(&test).await, before);
    assert_eq!(names(&test, "team/web", "t-2000").await.as_ref(), Some(&one));
    for tag in ["t-7", "t-2000"] {
        let hows: Vec<Value> = moves(&test, tag).await.into_iter().map(|(how, _)| how).collect();
        assert_eq!(hows, ["restore", "delete", "push"], "{tag}");
    }
}

/// Does something, and tells how many statements its change took.
async fn cost(test: &TestApp, method: &str, path: &str, body: Value) -> u64 {
    let before = test.app.store.statements_in_changes();
    let done = send(test, method, path, body).await;
    assert!(done.status.is_success(), "{method} {path}: {}", done.text());
    test.app.store.statements_in_changes() - before
}

/// By each of the ways in which an image is deleted.
#[tokio::test]
async fn an_image_of_many_tags_goes_and_comes_back_by_the_statements_of_one_that_has_few() {
    let (test, clock) = timed().await;
    let one = test.push_image("team/web", "v1", "amd64", b"one").await;
    test.push_image("team/web", "other", "amd64", b"other").await;
    assert_eq!(send(&test, "PUT", "/api/v1/r/team/web/-/tags/v2", json!({"digest": one})).await.status, 201);
    let mut costs: Vec<Vec<u64>> = Vec::new();
    for n_tags in [2, MANY + 2] {
        if n_tags > MANY {
            fill(&test, &one, clock.now().0).await;
        }
        let (before, mut taken) = (counts(&test).await, Vec::new());
        for way in ["/api/v1/r/team/web/-/manifests", "/v2/team/web/manifests"] {
            clock.advance_ms(1000);
            taken.push(cost(&test, "DELETE", &format!("{way}/{one}"), json!(null)).await);
            assert!(!is_there(&test, "team/web", "v2").await && is_there(&test, "team/web", "other").await);
            let gone = counts(&test).await;
            rebuild(&test).await;
            assert_eq!(counts(&test).await, gone, "{way}: what is left adds up");
            let entry = test.get("/api/v1/trash").await.json()["items"][0].clone();
            assert_eq!((&entry["kind"], &entry["n_tags"]), (&json!("image"), &json!(n_tags)), "{way}: {entry}");
            clock.advance_ms(1000);
            let restore = format!("/api/v1/trash/{}/restore", entry["id"].as_str().unwrap());
            taken.push(cost(&test, "POST", &restore, json!({})).await);
            assert_eq!(counts(&test).await, before, "{way}");
            rebuild(&test).await;
            assert_eq!(counts(&test).await, before, "{way}: as if it had never gone");
        }
        costs.push(taken);
    }
    assert_eq!(costs[0], costs[1], "however many tags it has");
    let hows: Vec<Value> = moves(&test, "t-7").await.into_iter().map(|(how, _)| how).collect();
    assert_eq!(hows, ["restore", "delete", "restore", "delete", "push"]);
    let row = test.get("/api/v1/r/team/web/-/tags/t-2000").await.json();
    assert_eq!((&row["digest"], &row["moved_by"]), (&json!(one), &json!("user:mara")), "as it was: {row}");
    assert_eq!(test.get("/api/v1/trash").await.json()["items"], json!([]));
}

/// An image that comes back for one name leaves its other tags in the trash, each by itself.
#[tokio::test]
async fn an_image_of_many_tags_comes_back_for_one_of_them_by_few_statements() {
    let (test, clock) = timed().await;
    let one = test.push_image("team/web", "v1", "amd64", b"one").await;
    fill(&test, &one, clock.now().0).await;
    clock.advance_ms(1000);
    cost(&test, "DELETE", &format!("/api/v1/r/team/web/-/manifests/{one}"), json!(null)).await;
    let taken = cost(&test, "POST", "/api/v1/r/team/web/-/rollback", json!({"tag": "t-7", "digest": one})).await;
    assert!(taken < MANY as u64 / 10, "{taken}");
    let sql = "SELECT COUNT(*), COUNT(DISTINCT d.entry) FROM deleted_tags d JOIN trash x ON x.id = d.entry
               WHERE x.kind = 'tag' AND x.name = d.name AND d.name <> 't-7'";
    let mut rows = test.app.store.all(sql, vec![]).await.unwrap();
    let left: (i64, i64) = (rows[0].take().unwrap(), rows[0].take().unwrap());
    assert_eq!(left, (MANY as i64, MANY as i64), "all but the one that is back");
    let now = counts(&test).await;
    rebuild(&test).await;
    assert_eq!(counts(&test).await, now, "all counts hold");
}

#[tokio::test]
async fn a_namespace_goes_back_by_however_many_tags_and_all_counts_hold() {
    let (test, clock) = timed().await;
    let one = test.push_image("team/web", "v1", "amd64", b"one").await;
    let two = test.push_image("team/web", "v2", "amd64", b"two").await;
    fill(&test, &one, clock.now().0).await;
    clock.advance_ms(60_000);
    let then = clock.now().rfc3339();
    let before = counts(&test).await;
    clock.advance_ms(60_000);
    // All but one move, one goes, and one comes.
    statement(
        &test,
        format!(
            "INSERT INTO tag_moves (repository_id, tag, from_digest, to_digest, how, actor, at)
             SELECT repository_id, name, digest, '{two}', 'push', 'user:mara', {} FROM tags WHERE name LIKE 't-%'",
            clock.now().0
        ),
    )
    .await;
    statement(&test, format!("UPDATE tags SET digest = '{two}' WHERE name LIKE 't-%'")).await;
    rebuild(&test).await;
    assert_eq!(test.delete("/api/v1/r/team/web/-/tags/t-1").await.status, 204);
    assert_eq!(test.delete("/api/v1/r/team/web/-/tags/v2").await.status, 204);
    let three = test.push_image("team/web", "new", "amd64", b"three").await;

    clock.advance_ms(60_000);
    let shown = test.get(&format!("/api/v1/n/team/-/as-of?t={then}")).await.json();
    let asked = json!({"t": then, "print": shown["print"]});
    test.push_image("team/api", "v1", "amd64", b"api").await;
    let outdated = send(&test, "POST", "/api/v1/n/team/-/rollback", asked).await;
    assert_eq!(outdated.status, 409, "something else differs by now: {}", outdated.text());
    let shown = test.get(&format!("/api/v1/n/team/-/as-of?t={then}")).await.json();
    let done = send(&test, "POST", "/api/v1/n/team/-/rollback", json!({"t": then, "print": shown["print"]})).await;
    assert_eq!((done.status.as_u16(), &done.json()["moved"]), (200, &json!(MANY + 3)), "{}", done.text());
    for tag in ["t-1", "t-2", "t-2100", "v1"] {
        assert_eq!(names(&test, "team/web", tag).await.as_ref(), Some(&one), "{tag}");
    }
    assert_eq!(moves(&test, "t-2").await[0], (json!("rollback"), json!(one)));
    assert_eq!(moves(&test, "new").await[0], (json!("rollback"), json!(null)), "what was not there went by the same");
    let in_trash: Vec<Value> = test.get("/api/v1/trash").await.json()["items"].as_array().unwrap().clone();
    let in_trash: BTreeSet<&str> = in_trash.iter().filter_map(|it| it["tag"].as_str()).collect();
    // `v2` is back on what it was deleted from; `t-1` was deleted from another image than it is back on.
    assert_eq!(in_trash, BTreeSet::from(["new", "t-1", "v1"]));
    let now = counts(&test).await;
    rebuild(&test).await;
    assert_eq!(counts(&test).await, now, "all counts hold");
    let but_new = |all: Vec<String>| -> Vec<String> {
        all.into_iter().filter(|row| row.starts_with("sha256:") && !row.starts_with(&three)).collect()
    };
    assert_eq!(
        but_new(now).iter().filter(|row| before.contains(row)).count(),
        2,
        "both images have the tags that they had"
    );
}

#[tokio::test]
async fn a_preview_counts_every_tag_that_a_rule_keeps() {
    let (test, clock) = timed().await;
    let one = test.push_image("team/web", "v1", "amd64", b"one").await;
    fill(&test, &one, clock.now().0).await;
    // The last by name: none of them is among those that are listed one by one.
    for n in 10..40 {
        let put = format!("/api/v1/r/team/web/-/tags/z-{n}");
        assert_eq!(send(&test, "PUT", &put, json!({"digest": one})).await.status, 201);
    }
    let rule = json!({"scope": "team/*", "kind": "immutable", "tags": "z-*"});
    assert_eq!(send(&test, "POST", "/api/v1/protections", rule).await.status, 201);
    for (at, asked) in [("r/team/web", json!({"repository": true})), ("n/team", json!({}))] {
        let shown = send(&test, "POST", &format!("/api/v1/{at}/-/delete-preview"), asked).await.json();
        let said = shown["barred"].as_array().unwrap();
        assert_eq!((said.len(), &shown["barred_more"]), (20, &json!(10)), "{at}");
        assert!(said[0].as_str().unwrap().starts_with("z-10 is immutable"), "{}", said[0]);
    }
    let page = test.get("/r/team/web/-/settings/delete").await.text();
    assert!(page.contains("10 more things are kept by rules"), "{page}");
}

#[tokio::test]
async fn a_preview_says_how_much_more_goes_and_stays() {
    let (test, clock) = timed().await;
    let one = test.push_image("team/web", "v1", "amd64", b"one").await;
    fill(&test, &one, clock.now().0).await;
    let zeros = "0".repeat(64);
    let images = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
         INSERT INTO manifests (repository_id, digest, media_type, kind, content, size_bytes, pull_bytes, platforms, built_at,
           pushed_at, pushed_by)
         SELECT m.repository_id, 'sha256:' || SUBSTR('{zeros}' || n.i, LENGTH('{zeros}' || n.i) - 63), m.media_type, m.kind,
           m.content, m.size_bytes, m.pull_bytes, m.platforms, m.built_at, m.pushed_at, m.pushed_by
         FROM manifests m CROSS JOIN n WHERE m.digest = '{one}'"
    );
    statement(&test, images).await;
    for (at, asked) in [("r/team/web", json!({"repository": true})), ("n/team", json!({}))] {
        let shown = send(&test, "POST", &format!("/api/v1/{at}/-/delete-preview"), asked).await.json();
        let n = |kind: &str| shown["removed"].as_array().unwrap().iter().filter(|it| it["kind"] == kind).count();
        assert_eq!([n("repository"), n("tag"), n("image")], [1, 2000, 2000], "{at}");
        assert_eq!(shown["removed_more"], json!(2 * (MANY + 1 - 2000)), "{at}: neither hides the other");
    }
    let page = test.get("/r/team/web/-/settings/delete").await.text();
    for words in ["2,101 tags go with it", "2,101 images go with it", "and 101 more"] {
        assert!(page.contains(words), "{words}: {page}");
    }

    let asked = json!({"tags": ["v1"]});
    let shown = send(&test, "POST", "/api/v1/r/team/web/-/delete-preview", asked).await.json();
    let more = shown["kept_more"].as_u64().unwrap();
    let n_siblings = shown["kept"].as_array().unwrap().iter().filter(|it| it["kind"] == "tag").count();
    assert!(more > 0 && n_siblings as u64 + more == MANY as u64, "{n_siblings} and {more}");
    let page = test.get("/r/team/web/-/tags/v1/delete").await.text();
    let (unlisted, folded) = (format!("and {} more", grouped(more)), format!("{} more", grouped(MANY as u64 - 50)));
    for words in ["is still tagged", &unlisted, &folded] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

/// An earlier version moved the rows of a repository away with it.
#[tokio::test]
async fn a_repository_that_an_earlier_version_deleted_comes_back() {
    let (test, clock) = timed().await;
    let (index, children) = push_index(&test, "team/web", "1.0", "one").await;
    push_signature(&test, "team/web", &index, 2).await;
    test.push_image("team/web", "2.0", "amd64", b"two").await;
    let before = counts(&test).await;
    assert_eq!(test.delete("/api/v1/r/team/web").await.status, 204);
    let away = |to: &str, from: &str, columns: &str| {
        let own: Vec<String> = columns.split(", ").map(|column| format!("t.{column}")).collect();
        let own = own.join(", ");
        format!(
            "INSERT INTO {to} (batch, entry, repository_id, {columns}, deleted_at, deleted_by)
             SELECT d.batch, d.entry, t.repository_id, {own}, d.deleted_at, d.deleted_by
             FROM {from} t JOIN deleted_repositories d ON d.id = t.repository_id"
        )
    };
    let edges = "INSERT INTO deleted_edges (repository_id, child, parent)
                 SELECT DISTINCT repository_id, child, parent FROM manifest_edges";
    let names = "INSERT INTO deleted_names (repository_id, digest, entry)
                 SELECT repository_id, digest, entry FROM deleted_manifests UNION SELECT repository_id, digest, entry FROM deleted_tags";
    for sql in [
        away("deleted_tags", "tags", "name, digest, changed_at, move_known, moved_by, pulled_at"),
        away("deleted_manifests", "manifests", "digest, media_type, content, config, pushed_at, pushed_by"),
        away("deleted_blobs", "repository_blobs", "digest, size_bytes, linked_at"),
        edges.to_owned(),
        names.to_owned(),
        "UPDATE deleted_repositories SET n_tags = 0, n_images = 0, stored_bytes = 0, logical_bytes = 0".to_owned(),
    ] {
        statement(&test, sql).await;
    }
    for table in ["tags", "manifests", "manifest_edges", "referrers", "repository_blobs"] {
        statement(&test, format!("DELETE FROM {table}")).await;
    }
    clock.advance_ms(1000);
    let entry = test.get("/api/v1/trash").await.json()["items"][0].clone();
    let restore = format!("/api/v1/trash/{}/restore", entry["id"].as_str().unwrap());
    let back = test.call("POST", &restore, "application/json", "").await;
    assert_eq!(back.status, 204, "{}", back.text());
    assert_eq!(counts(&test).await, before);
    for digest in &children {
        assert!(is_there(&test, "team/web", digest).await);
    }
    let referrers = test.get(&format!("/v2/team/web/referrers/{index}")).await.json();
    assert_eq!(referrers["manifests"].as_array().map(Vec::len), Some(1));
    assert_eq!(moves(&test, "2.0").await[0].0, json!("restore"));
}

/// More than one delete may take: who takes one name away does not ask about the others.
#[tokio::test]
async fn one_name_of_an_image_that_has_sixty_thousand_goes_and_comes_back() {
    const NAMES: usize = 60_000;
    let (test, clock) = timed().await;
    let one = test.push_image("team/web", "v1", "amd64", b"one").await;
    fill_with(&test, &one, (NAMES, clock.now().0)).await;
    let before = counts(&test).await;

    let preview = async |asked: Value| send(&test, "POST", "/api/v1/r/team/web/-/delete-preview", asked).await;
    let refused = preview(json!({"digests": [one]})).await;
    let words = "this reaches more than 50000 tags and images; delete fewer at once";
    assert!(refused.status == 413 && refused.text().contains(words), "{}: {}", refused.status, refused.text());
    let preview = preview(json!({"tags": ["t-7"]})).await.json();
    let removed: Vec<&Value> = preview["removed"].as_array().unwrap().iter().map(|it| &it["tag"]).collect();
    let kept = preview["kept"].as_array().unwrap().len();
    assert_eq!((removed, preview["freed_bytes"].as_u64()), (vec![&json!("t-7")], Some(0)), "{preview}");
    assert!((100..2_000).contains(&kept), "some of those that stay: {kept}");
    assert_eq!(preview["kept_more"], NAMES - kept, "{preview}");
    let done = send(&test, "POST", "/api/v1/r/team/web/-/delete", json!({"plan": preview["plan"]})).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert!(!is_there(&test, "team/web", "t-7").await && is_there(&test, "team/web", "t-8").await);
    let back = send(&test, "POST", "/api/v1/trash/restore", json!({"plan": preview["plan"]})).await;
    assert_eq!((back.status.as_u16(), counts(&test).await), (204, before), "{}", back.text());
    assert_eq!(test.delete("/api/v1/r/team/web/-/tags/t-9").await.status, 204);
    let gone = counts(&test).await;
    rebuild(&test).await;
    assert_eq!(counts(&test).await, gone, "what is left adds up");
}

/// As many as the largest repositories have go by one plan and one job.
#[tokio::test]
async fn a_filter_takes_all_tags_of_a_large_repository() {
    const NAMES: usize = 100_000;
    let (test, clock) = timed().await;
    let one = test.push_image("team/web", "v1", "amd64", b"one").await;
    fill_with(&test, &one, (NAMES, clock.now().0)).await;
    clock.advance_ms(1);
    let asked = json!({"filter": "t-*"});
    let shown = send(&test, "POST", "/api/v1/r/team/web/-/delete-preview", asked).await.json();
    let n_removed = shown["removed"].as_array().unwrap().len() as u64 + shown["removed_more"].as_u64().unwrap();
    assert_eq!(n_removed, NAMES as u64, "{}", shown["notes"]);
    let done = send(&test, "POST", "/api/v1/r/team/web/-/delete", json!({"plan": shown["plan"]})).await;
    assert_eq!(done.status, 202, "{}", done.text());
    let row = test.get("/api/v1/activity?limit=1").await.json()["items"][0].clone();
    assert!(row["after"].as_str().is_some_and(|after| after.contains(&format!("{NAMES} tags, by the job"))), "{row}");
}
