//! A mount of the configuration that leads to another registry since a start: nothing that was planned for the one is done
//! at the other.

use super::{Gate, ask, signed_in, step};
use crate::conformance::registry::serve_router;
use crate::support::{START, TestApp, choices, postgres};
use crate::tags::send;
use axum::middleware::from_fn;
use portolan::server::access::Policy;
use portolan::server::clock::{Clock, ManualClock};
use portolan::server::config::Config;
use portolan::server::store::Value as Param;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A registry far away that has one image, and what is asked of it.
async fn registry() -> (TestApp, Gate, String) {
    let (far, gate) = (TestApp::new().await, Gate::default());
    far.push_image("web", "1.0", "amd64", b"one").await;
    let before = gate.clone();
    let router = far.open_router().layer(from_fn(move |request, next| before.clone().pass(request, next)));
    let url = serve_router(router).await;
    (far, gate, url)
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..2000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within 20 s: {what}");
}

async fn number(test: &TestApp, sql: &str) -> i64 {
    let rows = test.app.store.all(sql, Vec::<Param>::new()).await.unwrap();
    rows.into_iter().next().unwrap().take().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_planned_at_one_registry_is_not_done_at_another_that_takes_its_place() {
    let ((_old_far, old_gate, old), (_far, gate, new)) = (registry().await, registry().await);
    let (base, clock) = (TestApp::new().await, Arc::new(ManualClock::new(START)));
    let folder = base.folder.path();
    let database = match postgres::schema_of_its_own().await {
        Some(url) => url,
        None => format!("sqlite:{}", folder.join("shared.db").display()),
    };
    let key_file = folder.join("shared.key").display().to_string();
    let open = async |url: &str| {
        let text = format!(
            "[database]\nurl = \"{database}\"\n[auth]\nkey_file = \"{key_file}\"\n[[mounts]]\nprefix = \"up\"\nkind = \"remote\"\n\
             url = \"{url}\"\nread_only = false\n[[mounts]]\nkind = \"hosted\""
        );
        let dir = ("PORTOLAN_DATA__DIR".to_owned(), folder.display().to_string());
        let config = Config::from_parts(Some((Path::new("test.toml"), &text)), [dir].into_iter()).unwrap();
        TestApp::over(&config, choices(Policy::Grants, Arc::clone(&clock) as Arc<dyn Clock>), &base).await
    };
    let mut first = open(&old).await;
    let jobs = first.start_jobs().await;
    let here = signed_in(first.again()).await;
    until("the registry is read", async || here.get("/api/v1/r/up/web/-/tags/1.0").await.status == 200).await;
    drop(jobs);
    here.push_image("team/web", "1.0", "amd64", b"two").await;

    // A copy under way, one that is paused, one between, a plan, a delete that was cut off, and what is held there.
    let out = ask(&here, "team/web", json!({"tags": ["1.0"], "to": "up/out"})).await;
    while old_gate.n_seen("PUT", "/blobs/uploads/") == 0 {
        assert_eq!(step(&here, &out).await, Ok(false));
    }
    let home = ask(&here, "up/web", json!({"tags": ["1.0"], "to": "team/home"})).await;
    assert_eq!(send(&here, "POST", &format!("/api/v1/jobs/{home}/pause"), json!(null)).await.status, 200);
    let preview = "/api/v1/r/up/web/-/delete-preview";
    let plan = send(&here, "POST", preview, json!({"tags": ["1.0"]})).await.json()["plan"].clone();
    let digest = here.get("/api/v1/r/up/web/-/tags/1.0").await.json()["digest"].as_str().unwrap().to_owned();
    for sql in [
        "INSERT INTO trash_going (batch, mount_id, repository_id, repository, tag, digest, by_whom, since)
         SELECT 'b', mount_id, id, name, '1.0', 'DIGEST', 'user:mara', 1 FROM repositories WHERE name = 'up/web'",
        "INSERT INTO trash_holds (tag, batch, mount_id, repository_id, repository, digest, takes, held_at)
         SELECT 'portolan.trash.x', 'c', mount_id, id, name, 'DIGEST', 1, 1 FROM repositories WHERE name = 'up/web'",
    ] {
        crate::identity::run(&here, sql.replace("DIGEST", &digest)).await;
    }
    drop((first, here));

    clock.advance_ms(2 * 3_600_000);
    gate.arm(None);
    let mut second = open(&new).await;
    let jobs = second.start_jobs().await;
    let here = signed_in(second.again()).await;
    for (id, name, far) in [(&out, "up/out", true), (&home, "up/web", false)] {
        let job = here.get(&format!("/api/v1/jobs/{id}")).await.json();
        let error = job["error"].as_str().unwrap_or_else(|| panic!("{job}"));
        let words = format!("{name} was at {old} when this was asked for, and is at {new} by now");
        assert!(job["state"] == "failed" && error.contains(&words), "{job}");
        assert_eq!(error.contains(" parts were done: "), far, "{error}");
    }
    let now = clock.now().0;
    let swept = format!("SELECT COUNT(*) FROM jobs WHERE kind = 'sweep' AND run_at > {now} AND leased_by IS NULL");
    until("the sweep is over", async || number(&second, &swept).await == 1).await;
    drop(jobs);
    clock.advance_ms(-(2 * 3_600_000 - 60_000));
    let redeemed = send(&here, "POST", "/api/v1/r/up/web/-/delete", json!({"plan": plan})).await;
    assert_eq!(redeemed.status, 404, "the plan is of another registry: {}", redeemed.text());
    // What it can do is found out by deletes of what no registry has.
    let is_probe = |address: &str| address.contains(&"0".repeat(64)) || address.ends_with("portolan.tombstone.none");
    let mut written = gate.now().seen.clone();
    written.retain(|(method, address)| method != "GET" && method != "HEAD" && !is_probe(address));
    assert!(written.is_empty(), "{written:?}");
    assert!(!gate.now().seen.is_empty(), "it is read");
    let page = second.by_admin("mara").get("/admin/mounts/up").await.text();
    for words in [
        "The configuration led this mount to",
        &format!("<code>{old}"),
        "1 tag was on the way into the trash there",
        "1 image is held there by hidden tags",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(number(&second, "SELECT COUNT(*) FROM tags WHERE name = '1.0'").await, 2, "nothing went to the trash");
    drop((second, here));

    // Where it leads to the old one again, what is held there is looked after again.
    let third = open(&old).await;
    let there = "SELECT COUNT(*) FROM trash_holds h JOIN mounts m ON m.id = h.mount_id WHERE m.prefix = 'up'";
    assert_eq!(number(&third, there).await, 1);
    let page = third.by_admin("mara").get("/admin/mounts/up").await.text();
    assert!(page.contains(&format!("<code>{new}")), "{page}");
}
