//! Everything that is done to names is on record with what stood there before and after, and open pages hear of it.

use super::{form, names, send, timed};
use crate::support::TestApp;
use portolan::server::clock::Clock;
use portolan::server::events::Changed;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::time::timeout;

/// The last thing on record.
async fn last(test: &TestApp) -> Value {
    let listed = test.get("/api/v1/activity?limit=1").await;
    assert_eq!(listed.status, 200, "{}", listed.text());
    listed.json()["items"][0].clone()
}

/// The repository of which open pages hear next.
async fn heard(events: &mut Receiver<Arc<Changed>>) -> String {
    let next = timeout(Duration::from_secs(5), events.recv()).await.expect("within seconds");
    next.expect("nobody fell behind").scope.to_string()
}

#[tokio::test]
async fn what_is_done_to_names_is_on_record_and_heard() {
    let (test, clock) = timed().await;
    let one = test.push_image("team/web", "v1", "amd64", b"one").await;
    let two = test.push_image("team/web", "v2", "amd64", b"two").await;
    clock.advance_ms(60_000);
    let then = clock.now().rfc3339();
    clock.advance_ms(60_000);
    let mut events = test.app.events.subscribe();
    let at = |path: &str| format!("/api/v1/{path}");
    let renamed = form(&test, "/r/team/web/-/tags/v2/rename", "rename-tag", &[("to", "w2"), ("expect", &two)]).await;
    assert_eq!(renamed.status, 303, "{}", renamed.text());
    let row = last(&test).await;
    assert_eq!(row["action"], "tag.rename", "{row}");
    assert_eq!((&row["before"], &row["after"]), (&json!(format!("v2 {two}")), &json!(format!("w2 {two}"))), "{row}");
    assert_eq!(heard(&mut events).await, "team/web");
    for (action, method, path, body, before, after, repository) in [
        ("tag.set", "PUT", at("r/team/web/-/tags/prod"), json!({"digest": one}), None, Some(&*one), "team/web"),
        ("tag.set", "PUT", at("r/team/web/-/tags/prod"), json!({"digest": two}), Some(&*one), Some(&*two), "team/web"),
        (
            "tag.roll-back",
            "POST",
            at("r/team/web/-/rollback"),
            json!({"tag": "prod", "digest": one, "reason": "it broke"}),
            Some(&*two),
            Some(&*format!("{one}\nit broke")),
            "team/web",
        ),
        (
            "tag.copy",
            "POST",
            at("r/team/web/-/copy"),
            json!({"tags": ["prod"], "to": "other/web"}),
            None,
            Some(&*one),
            "other/web",
        ),
        (
            "tag.copy",
            "POST",
            at("r/team/web/-/copy"),
            json!({"tags": ["w2"], "to": "other/web", "names": {"w2": "prod"}}),
            Some(&*format!("other/web:prod {one}")),
            Some(&*format!("other/web:prod {two}")),
            "other/web",
        ),
        (
            "tag.delete",
            "DELETE",
            at("r/team/web/-/tags/prod"),
            json!(null),
            Some(&*one),
            Some("in the trash"),
            "team/web",
        ),
        (
            "namespace.roll-back",
            "POST",
            at("n/team/-/rollback"),
            json!({"t": then}),
            Some(&*format!("team/web:v2 \nteam/web:w2 {two}")),
            Some(&*then),
            "team/web",
        ),
        (
            "manifest.delete",
            "DELETE",
            at(&format!("r/team/web/-/manifests/{two}")),
            json!(null),
            Some(&*two),
            Some("in the trash"),
            "team/web",
        ),
        ("repository.delete", "DELETE", at("r/team/web"), json!(null), None, Some("in the trash"), "team/web"),
        (
            "namespace.delete",
            "DELETE",
            at("n/other"),
            json!(null),
            Some("other/web "),
            Some("in the trash"),
            "other/web",
        ),
    ] {
        clock.advance_ms(1);
        let answer = send(&test, method, &path, body).await;
        assert!(answer.status.is_success(), "{action}: {} {}", answer.status, answer.text());
        let row = last(&test).await;
        assert_eq!(row["action"], action, "{row}");
        for (key, expected) in [("before", before), ("after", after)] {
            let said = row[key].as_str().unwrap_or_default();
            assert!(expected.is_none_or(|expected| said.contains(expected)), "{action} {key}: {row}");
        }
        assert_eq!(heard(&mut events).await, repository, "{action}");
    }
    let entries = test.get("/api/v1/trash").await.json()["items"].as_array().unwrap().clone();
    let of = |name: &str| {
        entries.iter().find(|it| it["repository"] == name && it["kind"] == "repository").unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    clock.advance_ms(1);
    let restored = send(&test, "POST", &at(&format!("trash/{}/restore", of("team/web"))), json!({})).await;
    let row = last(&test).await;
    assert_eq!((restored.status.as_u16(), &row["action"]), (204, &json!("trash.restore")), "{row}");
    assert_eq!((&row["before"], &row["after"]), (&json!(null), &json!("repository team/web")), "{row}");
    assert_eq!(heard(&mut events).await, "team/web");
    assert_eq!(names(&test, "team/web", "v1").await, Some(one));
    clock.advance_ms(1);
    assert_eq!(test.delete(&at(&format!("trash/{}", of("other/web")))).await.status, 204);
    assert_eq!(last(&test).await["action"], "trash.purge");
    assert_eq!(heard(&mut events).await, "other/web", "a page shows what of its history can be named again");
}

/// What is set, changed and taken away of rules, and done to a job, is on record with what stood there before and after.
#[tokio::test]
async fn what_is_done_to_rules_and_jobs_is_on_record() {
    let (test, clock) = timed().await;
    test.push_image("team/web", "v1", "amd64", b"one").await;
    let done = async |method: &str, path: &str, body: Value| {
        clock.advance_ms(1);
        let answer = send(&test, method, &format!("/api/v1/{path}"), body).await;
        assert!(answer.status.is_success(), "{method} {path}: {}", answer.text());
        let row = last(&test).await;
        let id = answer.text().parse::<Value>().ok().and_then(|it| it["id"].as_str().map(str::to_owned));
        (id, row["action"].clone(), [row["before"].clone(), row["after"].clone()])
    };
    let rule = json!({"scope": "team/web", "kind": "immutable", "tags": "v*", "except": "*-rc"});
    let (id, action, [before, after]) = done("POST", "protections", rule).await;
    let set = after.as_str().expect("what is set").to_owned();
    assert_eq!((action, before), (json!("protection.set"), json!(null)));
    assert!(["team/web", "immutable", "v*", "*-rc"].iter().all(|it| set.contains(it)), "{set}");
    let at = format!("protections/{}", id.expect("a rule"));
    let (_, action, [before, after]) = done("PATCH", &at, json!({"tags": "w*"})).await;
    assert_eq!((action, before, after), (json!("protection.change"), json!(set), json!(set.replace("v*", "w*"))));
    let (_, action, [before, after]) = done("DELETE", &at, json!(null)).await;
    assert_eq!((action, before, after), (json!("protection.remove"), json!(set.replace("v*", "w*")), json!(null)));

    let (id, ..) = done("POST", "jobs", json!({"kind": "gc"})).await;
    let id = id.expect("a job");
    for (control, before, after) in
        [("pause", "queued", "paused"), ("resume", "paused", "queued"), ("cancel", "queued", "cancelled")]
    {
        let (_, action, states) = done("POST", &format!("jobs/{id}/{control}"), json!(null)).await;
        assert_eq!((action, states), (json!("job.control"), [json!(before), json!(after)]), "{control}");
    }
}
