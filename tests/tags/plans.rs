//! A preview says exactly what goes, and its plan does that once.

use super::{form, is_there, names, push_index, push_signature, send, timed};
use crate::support::{TestApp, user};
use portolan::domain::{ByteSize, Role};
use portolan::server::access::Standing;
use portolan::server::clock::Clock;
use serde_json::{Value, json};

const PREVIEW: &str = "/api/v1/r/team/web/-/delete-preview";
const DELETE: &str = "/api/v1/r/team/web/-/delete";

fn of_kind<'v>(items: &'v Value, kind: &str, key: &str) -> Vec<&'v str> {
    let items = items.as_array().expect("a list").iter().filter(|it| it["kind"] == kind);
    items.filter_map(|it| it[key].as_str()).collect()
}

#[tokio::test]
async fn deleting_tags_says_what_stays_and_comes_back_by_its_plan() {
    let test = TestApp::new().await;
    let shared = test.push_image("team/web", "1.4.2", "amd64", b"shared").await;
    for tag in ["1.4", "prod"] {
        assert_eq!(
            send(&test, "PUT", &format!("/api/v1/r/team/web/-/tags/{tag}"), json!({"digest": shared})).await.status,
            201
        );
    }
    let last = test.push_image("team/web", "1.4.0", "amd64", b"last").await;

    let preview = send(&test, "POST", PREVIEW, json!({"tags": ["1.4.2", "1.4.0"]})).await;
    assert_eq!(preview.status, 200, "{}", preview.text());
    let preview = preview.json();
    assert_eq!(of_kind(&preview["removed"], "tag", "tag"), ["1.4.0", "1.4.2"]);
    assert_eq!(preview["removed"].as_array().map(Vec::len), Some(2));
    assert_eq!(of_kind(&preview["kept"], "tag", "tag"), ["1.4", "prod"]);
    assert_eq!(of_kind(&preview["kept"], "image", "digest"), [&*last], "it loses its last name");
    assert!(preview["freed_bytes"].as_u64().is_some_and(|freed| freed > 0));
    assert!(is_there(&test, "team/web", "1.4.0").await, "nothing happened yet");

    let plan = json!({"plan": preview["plan"]});
    let done = send(&test, "POST", DELETE, plan.clone()).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(done.json()["trash"].as_array().map(Vec::len), Some(2));
    let again = send(&test, "POST", DELETE, plan.clone()).await;
    assert_eq!(
        (again.status, again.text()),
        (done.status, done.text()),
        "a second time does nothing and says the same"
    );
    assert_eq!(names(&test, "team/web", "1.4.2").await, None);
    for reference in ["prod", "1.4", &shared, &last] {
        assert!(is_there(&test, "team/web", reference).await, "{reference}");
    }
    assert_eq!(send(&test, "POST", "/api/v1/trash/restore", plan.clone()).await.status, 204);
    assert_eq!(
        (names(&test, "team/web", "1.4.2").await, names(&test, "team/web", "1.4.0").await),
        (Some(shared), Some(last))
    );
    assert_eq!(send(&test, "POST", "/api/v1/trash/restore", plan).await.status, 404);
}

#[tokio::test]
async fn deleting_an_image_names_all_that_goes_with_it() {
    let test = TestApp::new().await;
    let (index, children) = push_index(&test, "team/web", "1.0", "one").await;
    assert_eq!(send(&test, "PUT", "/api/v1/r/team/web/-/tags/arm", json!({"digest": children[1]})).await.status, 201);
    let signature = push_signature(&test, "team/web", &index, 2).await;

    let child = send(&test, "POST", PREVIEW, json!({"digests": [children[0]]})).await.json();
    assert_eq!(child["parents"], json!([index]), "what an index lists is told");
    let refused = send(&test, "POST", DELETE, json!({"plan": child["plan"]})).await;
    assert_eq!((refused.status.as_u16(), refused.json()["parents"].clone()), (409, json!([index])));

    let preview = send(&test, "POST", PREVIEW, json!({"digests": [index]})).await.json();
    assert_eq!(of_kind(&preview["removed"], "tag", "tag"), ["1.0"]);
    assert_eq!(of_kind(&preview["removed"], "child", "digest"), [&*children[0]], "the other has a name of its own");
    assert_eq!(of_kind(&preview["kept"], "child", "digest"), [&*children[1]]);
    assert_eq!(preview["referrers"], json!([signature]));
    assert_eq!(send(&test, "POST", DELETE, json!({"plan": preview["plan"]})).await.status, 200);
    for (reference, is_left) in [
        (&*index, false),
        (&children[0], false),
        (&signature, false),
        ("1.0", false),
        (&children[1], true),
        ("arm", true),
    ] {
        assert_eq!(is_there(&test, "team/web", reference).await, is_left, "{reference}");
    }
}

#[tokio::test]
async fn a_plan_that_does_not_hold_any_more_does_nothing_and_shows_what_would_go() {
    let (test, clock) = timed().await;
    let one = test.push_image("team/web", "1.0", "amd64", b"one").await;
    let preview = send(&test, "POST", PREVIEW, json!({"digests": [one]})).await.json();
    for tag in ["1", "latest"] {
        assert_eq!(
            send(&test, "PUT", &format!("/api/v1/r/team/web/-/tags/{tag}"), json!({"digest": one})).await.status,
            201
        );
    }
    let outdated = send(&test, "POST", DELETE, json!({"plan": preview["plan"]})).await;
    assert_eq!(outdated.status, 409, "{}", outdated.text());
    let again = &outdated.json()["preview"];
    assert_eq!(of_kind(&again["removed"], "tag", "tag"), ["1", "1.0", "latest"]);
    assert!(is_there(&test, "team/web", "1.0").await);
    assert_eq!(send(&test, "POST", DELETE, json!({"plan": again["plan"]})).await.status, 200);
    assert!(!is_there(&test, "team/web", "latest").await);

    assert_eq!(send(&test, "POST", DELETE, json!({"plan": "AAAA"})).await.status, 404, "made up");
    test.push_image("team/web", "2.0", "amd64", b"two").await;
    let preview = send(&test, "POST", PREVIEW, json!({"tags": ["2.0"]})).await.json();
    let elsewhere = send(&test, "POST", "/api/v1/r/team/api/-/delete", json!({"plan": preview["plan"]})).await;
    assert_eq!(elsewhere.status, 404, "it is for another repository");
    let another = test.by_admin("somebody-else");
    assert_eq!(send(&another, "POST", DELETE, json!({"plan": preview["plan"]})).await.status, 404, "it is another's");
    let mara = |id: &str| {
        let standing = Standing::with_role(user("mara"), Role::Admin);
        test.with_standing(Standing { id: Some(id.to_owned()), ..standing })
    };
    let hers = send(&mara("p-1"), "POST", PREVIEW, json!({"tags": ["2.0"]})).await.json();
    let after_her = send(&mara("p-2"), "POST", DELETE, json!({"plan": hers["plan"]})).await;
    assert_eq!(after_her.status, 404, "nobody gets it with the name: {}", after_her.text());
    clock.advance_ms(16 * 60_000);
    assert_eq!(send(&test, "POST", DELETE, json!({"plan": preview["plan"]})).await.status, 404, "its time is over");
    assert!(is_there(&test, "team/web", "2.0").await);
}

#[tokio::test]
async fn whole_repositories_and_namespaces_go_and_come_back_by_one_plan() {
    let test = TestApp::new().await;
    let one = test.push_image("team/web", "1.0", "amd64", b"one").await;
    let api = test.push_image("team/deep/api", "1.0", "amd64", b"api").await;
    let other = test.push_image("other", "1.0", "amd64", b"one").await;
    assert_eq!(one, other);

    let preview = send(&test, "POST", PREVIEW, json!({"repository": true})).await.json();
    assert_eq!(of_kind(&preview["removed"], "repository", "name"), ["team/web"]);
    assert_eq!(preview["freed_bytes"], 0, "another repository has all of it");
    let preview = send(&test, "POST", "/api/v1/n/team/-/delete-preview", json!({})).await.json();
    assert_eq!(of_kind(&preview["removed"], "repository", "name"), ["team/deep/api", "team/web"]);
    let plan = json!({"plan": preview["plan"]});
    assert_eq!(send(&test, "POST", "/api/v1/n/team/-/delete", plan.clone()).await.status, 200);
    assert!(!is_there(&test, "team/web", "1.0").await && is_there(&test, "other", "1.0").await);
    assert_eq!(test.get("/api/v1/repositories?namespace=team").await.json()["items"], json!([]));
    assert_eq!(send(&test, "POST", "/api/v1/trash/restore", plan).await.status, 204);
    assert_eq!(
        (names(&test, "team/web", "1.0").await, names(&test, "team/deep/api", "1.0").await),
        (Some(one), Some(api))
    );
}

#[tokio::test]
async fn what_a_filter_matches_goes_by_one_plan() {
    let (test, clock) = timed().await;
    for tag in ["1.4.0", "1.4.1", "1.5.0"] {
        test.push_image("team/web", tag, "amd64", tag.as_bytes()).await;
    }
    clock.advance_ms(3 * 86_400_000);
    test.push_image("team/web", "1.4.2", "amd64", b"new").await;
    let preview = send(&test, "POST", PREVIEW, json!({"filter": "1.4.* age:>2d"})).await.json();
    assert_eq!(of_kind(&preview["removed"], "tag", "tag"), ["1.4.0", "1.4.1"]);
    assert_eq!(send(&test, "POST", DELETE, json!({"plan": preview["plan"]})).await.status, 200);
    let left = test.get("/v2/team/web/tags/list").await.json();
    assert_eq!(left["tags"], json!(["1.4.2", "1.5.0"]));
    for odd in [json!({"filter": "size:>1"}), json!({"filter": "none"}), json!({}), json!({"tags": ["none"]})] {
        let refused = send(&test, "POST", PREVIEW, odd.clone()).await;
        assert!([400, 404].contains(&refused.status.as_u16()), "{odd}: {}", refused.text());
    }
}

#[tokio::test]
async fn what_is_gone_meanwhile_leaves_a_preview_of_the_rest() {
    let test = TestApp::new().await;
    for tag in ["a", "b", "c"] {
        test.push_image("team/web", tag, "amd64", tag.as_bytes()).await;
    }
    assert_eq!(test.delete("/v2/team/web/manifests/b").await.status, 202);
    let page = test.get("/r/team/web/-/delete?tag=a&tag=b&tag=c").await;
    assert_eq!(page.status, 200, "{}", page.text());
    let page = page.text();
    assert!(page.contains("Delete 2 tags from team/web") && page.contains("Gone meanwhile, and left out: b"), "{page}");
    let preview = send(&test, "POST", PREVIEW, json!({"tags": ["a", "b"]})).await.json();
    assert_eq!(of_kind(&preview["removed"], "tag", "tag"), ["a"]);
    assert_eq!(send(&test, "POST", DELETE, json!({"plan": preview["plan"]})).await.status, 200);
    assert!(is_there(&test, "team/web", "c").await && !is_there(&test, "team/web", "a").await);
    assert_eq!(send(&test, "POST", PREVIEW, json!({"tags": ["a", "b"]})).await.status, 404, "nothing of it is left");
}

/// By the API and by the form of the page.
#[tokio::test]
async fn a_plan_of_the_longest_names_is_no_longer_than_what_is_taken() {
    let test = TestApp::new().await;
    let image = test.push_image("team/web", "kept", "amd64", b"image").await;
    let names: Vec<String> = (0..500).map(|number| format!("{number:0>128}")).collect();
    for name in &names {
        let set = send(&test, "PUT", &format!("/api/v1/r/team/web/-/tags/{name}"), json!({"digest": image})).await;
        assert_eq!(set.status, 201, "{}", set.text());
    }
    for is_form in [false, true] {
        let preview = send(&test, "POST", PREVIEW, json!({"tags": names})).await;
        assert_eq!(preview.status, 200, "{}", preview.text());
        let plan = preview.json()["plan"].as_str().unwrap().to_owned();
        let (done, status) = match is_form {
            false => (send(&test, "POST", DELETE, json!({"plan": plan})).await, 200),
            true => {
                let fields = [("plan", &*plan), ("tags", "500"), ("confirmed", "500")];
                (form(&test, "/r/team/web/-/delete", "delete-tags", &fields).await, 303)
            }
        };
        assert_eq!(done.status, status, "{}", done.text());
        assert!(!is_there(&test, "team/web", &names[499]).await && is_there(&test, "team/web", "kept").await);
        assert_eq!(send(&test, "POST", "/api/v1/trash/restore", json!({"plan": plan})).await.status, 204);
    }
}

/// Before sharing each image counts whole, however little of it is freed; on a page and by the API alike.
#[tokio::test]
async fn what_goes_is_weighed_before_sharing_as_lists_weigh_it() {
    let test = TestApp::new().await;
    let layer = [7; 4096];
    let (one, two) = (
        test.push_image("team/web", "one", "amd64", &layer).await,
        test.push_image("team/web", "two", "arm64", &layer).await,
    );
    test.push_image("team/api", "one", "amd64", &layer).await;
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("a number: {value}"));
    let of_tag =
        async |tag: &str| number(&test.get(&format!("/api/v1/r/team/web/-/tags/{tag}")).await.json()["size_bytes"]);
    let of_repository =
        async |name: &str| number(&test.get(&format!("/api/v1/r/{name}")).await.json()["logical_bytes"]);
    let both = of_tag("one").await + of_tag("two").await;
    assert!(both > 2 * layer.len() as u64, "the layer is in each of them");
    let (web, api) = (of_repository("team/web").await, of_repository("team/api").await);
    for (place, asked, expected, page) in [
        ("r/team/web", json!({"digests": [one]}), of_tag("one").await, format!("/r/team/web/-/manifests/{one}/delete")),
        ("r/team/web", json!({"tags": ["two"]}), of_tag("two").await, "/r/team/web/-/tags/two/delete".to_owned()),
        ("r/team/web", json!({"digests": [one, two]}), both, String::new()),
        ("r/team/web", json!({"tags": ["one", "two"]}), both, "/r/team/web/-/delete?tag=one&tag=two".to_owned()),
        ("r/team/web", json!({"repository": true}), web, "/r/team/web/-/settings/delete".to_owned()),
        ("n/team", json!({}), web + api, "/n/team/-/settings/delete".to_owned()),
    ] {
        let preview = send(&test, "POST", &format!("/api/v1/{place}/-/delete-preview"), asked.clone()).await.json();
        assert_eq!(number(&preview["logical_bytes"]), expected, "{place} {asked}: {preview}");
        assert!(number(&preview["freed_bytes"]) < expected, "the layer is kept or counted once: {asked}: {preview}");
        if !page.is_empty() {
            let shown = test.get(&page).await.text();
            let of_one = !page.contains("settings") && !page.contains('?');
            let how = if of_one { "to pull" } else { "before sharing layers" };
            let words = format!("{} {how}. What other images need stays.", ByteSize(expected));
            // Where nothing is freed, the size of what goes says nothing.
            let frees = number(&preview["freed_bytes"]) > 0;
            assert_eq!(shown.contains(&words), frees, "{page}: {words}: {shown}");
        }
    }
    assert_eq!(web, both);
}

/// Where nothing is set, what is deleted comes back for thirty days, and history needs what tags left for as long.
#[tokio::test]
async fn what_is_deleted_is_kept_for_thirty_days_where_nothing_is_set() {
    let (test, clock) = timed().await;
    test.push_image("team/web", "1.0", "amd64", b"one").await;
    let preview = send(&test, "POST", PREVIEW, json!({"tags": ["1.0"]})).await.json();
    let in_days = |days| json!(clock.now().plus_days(days).rfc3339());
    assert_eq!((&preview["kept_until"], &preview["freed_at"]), (&in_days(30), &in_days(30)), "{preview}");
    let set = send(&test, "PATCH", "/api/v1/n/team", json!({"trash_days": 1})).await;
    assert_eq!(set.status, 200, "{}", set.text());
    let preview = send(&test, "POST", PREVIEW, json!({"tags": ["1.0"]})).await.json();
    assert_eq!((&preview["kept_until"], &preview["freed_at"]), (&in_days(1), &in_days(30)), "history's own: {preview}");
}

/// What is too much at once is refused before anything is read of it, with what can be done instead.
#[tokio::test]
async fn a_namespace_of_very_many_repositories_goes_in_parts() {
    let test = TestApp::new().await;
    for name in ["many/a", "many/deep/a"] {
        assert_eq!(send(&test, "POST", &format!("/api/v1/r/{name}"), json!({})).await.status, 201);
    }
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 499)
               INSERT INTO repositories (id, name, mount_id, created_at, updated_at)
               SELECT 'many-' || i, 'many/deep/r' || i, mount_id, created_at, updated_at FROM repositories, n WHERE name = 'many/a'";
    crate::identity::run(&test, sql.to_owned()).await;
    let preview =
        async |name: &str| send(&test, "POST", &format!("/api/v1/n/{name}/-/delete-preview"), json!({})).await;
    let refused = preview("many").await;
    assert_eq!(refused.status, 413, "{}", refused.text());
    assert!(refused.text().contains("more than 500 repositories; delete the namespaces below one by one"));
    let page = test.get("/n/many/-/settings/delete").await;
    assert!(page.status == 413 && page.text().contains("ore than 500 repositories"), "{}", page.text());
    assert_eq!(test.delete("/api/v1/n/many").await.status, 413, "at once neither");
    assert_eq!(preview("many/deep").await.status, 200, "500 go together");
}

/// Each of very many indexes may list the same image: what is beside it is not read without end.
#[tokio::test]
async fn an_image_that_very_many_list_stays_and_is_not_weighed_whole() {
    const MANY: usize = 60_000;
    let test = TestApp::new().await;
    let (index, children) = push_index(&test, "team/web", "v1", "one").await;
    let zeros = "0".repeat(64);
    let sql = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
         INSERT INTO manifest_edges (repository_id, parent, position, relation, child)
         SELECT r.id, 'sha256:' || SUBSTR('{zeros}' || n.i, LENGTH('{zeros}' || n.i) - 63), 0, 'manifest', '{}'
         FROM repositories r CROSS JOIN n WHERE r.name = 'team/web'",
        children[0]
    );
    crate::identity::run(&test, sql).await;
    let image = send(&test, "POST", PREVIEW, json!({"digests": [index]})).await;
    assert!(image.status == 413 && image.text().contains("more than 50000 links between images"), "{}", image.text());
    let preview = send(&test, "POST", PREVIEW, json!({"tags": ["v1"]})).await.json();
    assert!(preview["notes"].to_string().contains("not all of it is weighed"), "{preview}");
    assert_eq!(preview["unreachable"], json!([]), "of what is not known nothing is said: {preview}");
    assert_eq!(send(&test, "POST", DELETE, json!({"plan": preview["plan"]})).await.status, 200);
    assert!(!is_there(&test, "team/web", "v1").await && is_there(&test, "team/web", &children[0]).await);
}

/// Of a namespace that goes as a whole each repository is kept as long as the nearest namespace above it says.
#[tokio::test]
async fn all_of_a_namespace_is_kept_for_as_long_as_the_least_of_what_lies_in_it() {
    let (test, clock) = timed().await;
    for (namespace, days) in [("team", 90), ("team/ci", 1), ("team/none", 2), ("teams", 3)] {
        let set = send(&test, "PATCH", &format!("/api/v1/n/{namespace}"), json!({"trash_days": days})).await;
        assert_eq!(set.status, 200, "{}", set.text());
    }
    test.push_image("team/web", "1.0", "amd64", b"one").await;
    let asked = "/api/v1/n/team/-/delete-preview";
    let in_days = |days| json!(clock.now().plus_days(days).rfc3339());
    let preview = send(&test, "POST", asked, json!({})).await.json();
    assert_eq!((&preview["kept_until"], &preview["notes"]), (&in_days(90), &json!([])), "{preview}");
    test.push_image("team/ci/x", "1.0", "amd64", b"x").await;
    let preview = send(&test, "POST", asked, json!({})).await.json();
    assert_eq!((&preview["kept_until"], &preview["freed_at"]), (&in_days(1), &in_days(90)), "{preview}");
    let note = "Not all of it is kept for as long: team/ci keeps for 1 day, team keeps for 90 days";
    assert_eq!(preview["notes"], json!([note]));
    let page = test.get("/n/team/-/settings/delete").await.text();
    assert!(page.contains(note) && page.contains(&format!("until {}", clock.now().plus_days(1).date())), "{page}");
    let done = send(&test, "POST", "/api/v1/n/team/-/delete", json!({"plan": preview["plan"]})).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let kept = test.get("/api/v1/trash").await.json();
    let mut ends: Vec<_> = kept["items"].as_array().unwrap().iter().map(|it| it["expires_at"].clone()).collect();
    ends.sort_by_key(ToString::to_string);
    assert_eq!(ends, [in_days(1), in_days(90)], "{kept}");
}

/// That it is kept for a while was said as well.
#[tokio::test]
async fn a_plan_does_nothing_where_what_goes_would_be_kept_for_another_time_by_now() {
    let (test, clock) = timed().await;
    let image = test.push_image("team/web", "1.0", "amd64", b"one").await;
    let keeps = async |days: u32| {
        assert_eq!(send(&test, "PATCH", "/api/v1/n/team", json!({"trash_days": days})).await.status, 200);
    };
    for (place, asked) in [
        ("r/team/web", json!({"tags": ["1.0"]})),
        ("r/team/web", json!({"digests": [image]})),
        ("r/team/web", json!({"repository": true})),
        ("n/team", json!({})),
    ] {
        keeps(30).await;
        let preview = send(&test, "POST", &format!("/api/v1/{place}/-/delete-preview"), asked).await.json();
        keeps(1).await;
        let stale = send(&test, "POST", &format!("/api/v1/{place}/-/delete"), json!({"plan": preview["plan"]})).await;
        assert_eq!(stale.status, 409, "{place}: {}", stale.text());
        let now = stale.json()["preview"].clone();
        assert_eq!(now["kept_until"], json!(clock.now().plus_days(1).rfc3339()), "{place}: {now}");
        assert!(is_there(&test, "team/web", "1.0").await, "{place}");
    }
}
