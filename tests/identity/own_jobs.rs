//! Whose jobs are whose to see and to steer: as far as they may now, and within what they came with.

use super::api::{admin, give, named, send, user};
use super::{PASSWORD, basic, cookie_of, note};
use crate::support::{START, TestApp, request, user as actor};
use axum::body::Body;
use portolan::domain::run::RunKind;
use portolan::domain::{Role, Scope};
use portolan::server::store::Value as Param;
use portolan::server::store::runs::{self, Behalf, NewRun};
use serde_json::{Value, json};
use tower::ServiceExt;

/// The jobs of one user in `team/web`, by their ids, the oldest first.
const JOBS: [&str; 4] = ["1-delete", "2-images", "3-restore", "4-copy"];

/// Begins them in the name of `wendy`.
async fn begun(test: &TestApp) {
    let row = test.app.store.one("SELECT id FROM principals WHERE username = 'wendy'", Vec::<Param>::new()).await;
    let principal: String = row.unwrap().expect("she has an account").take().unwrap();
    let batch = json!({"batch": "b", "repository": "team/web"});
    let images = json!({"batch": "b", "repository": "team/web", "takes_images": true});
    let copy = json!({"from": "up/x", "to": "team/web", "tags": []});
    let kinds = [RunKind::Delete, RunKind::Delete, RunKind::Restore, RunKind::Copy];
    let new =
        JOBS.into_iter().zip(kinds).zip([batch.clone(), images, batch, copy]).map(|((id, kind), params)| NewRun {
            id: id.to_owned(),
            kind,
            scope: Scope::Repository("team/web".parse().unwrap()),
            params: params.to_string(),
            by: actor("wendy"),
            behalf: Behalf { principal: Some(principal.clone()), token: None },
            at: START,
        });
    let new: Vec<NewRun> = new.collect();
    note(test, |tx| {
        Box::pin(async move {
            for new in new {
                runs::start(tx, &new).await?;
            }
            Ok(())
        })
    })
    .await;
}

/// What the list of somebody has, page by page.
async fn listed(by: &TestApp, limit: u8) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), String::new());
    loop {
        let page = by.get(&format!("/api/v1/jobs?limit={limit}&after={after}")).await.json();
        let items = page["items"].as_array().unwrap_or_else(|| panic!("{page}"));
        assert!(items.len() <= usize::from(limit));
        ids.extend(items.iter().map(|job| job["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return ids,
        }
    }
}

/// What pausing each job answers, of those that are told of at all; 404 for the others. With a cookie its pages say the same.
async fn steers(admin: &TestApp, shown: &str, cookie: Option<&str>) -> [u16; 4] {
    let (by, browser) = (admin.showing(shown), admin.by_nobody());
    let list = listed(&by, 1).await;
    let mut answers = [0; 4];
    for (id, answer) in JOBS.iter().zip(&mut answers) {
        let is_seen = list.iter().any(|it| it == id);
        assert_eq!(by.get(&format!("/api/v1/jobs/{id}")).await.status == 200, is_seen, "{id}");
        if let Some(cookie) = cookie {
            let page = async |path: &str| browser.ask("GET", path, &[("cookie", cookie)], "").await;
            let listen = request("GET", &format!("/events?scope=job:{id}")).header("cookie", cookie);
            let heard = admin.router.clone().oneshot(listen.body(Body::empty()).unwrap()).await.unwrap().status();
            assert_eq!(heard == 200, is_seen, "{id}: {heard}");
            assert_eq!(page(&format!("/jobs/{id}")).await.status == 200, is_seen, "{id}");
            assert_eq!(page("/jobs").await.text().contains(id), is_seen, "{id}");
        }
        let paused = by.call("POST", &format!("/api/v1/jobs/{id}/pause"), "application/json", "").await;
        *answer = paused.status.as_u16();
        assert_eq!(*answer == 404, !is_seen, "{id}: {}", paused.text());
        if *answer == 200 {
            let resumed = admin.call("POST", &format!("/api/v1/jobs/{id}/resume"), "application/json", "").await;
            assert_eq!(resumed.status, 200, "{}", resumed.text());
        }
    }
    answers
}

/// SEC-29: a token bounds the jobs of its owner as all else, and nobody sees a job in what they may not read any more.
#[tokio::test]
async fn a_job_is_seen_where_one_may_read_and_steered_by_the_right_to_what_it_does() {
    let admin = admin().await;
    let (wendy, _) = (user(&admin, "wendy").await, user(&admin, "otto").await);
    admin.push_image("team/web", "1", "amd64", b"one").await;
    for name in ["wendy", "otto"] {
        give(&admin, named(name), "reader", "up/*", None).await.unwrap();
    }
    give(&admin, named("otto"), "owner", "team/*", None).await.unwrap();
    let team = give(&admin, named("wendy"), "maintainer", "team/*", None).await.unwrap();
    begun(&admin).await;
    let (own, cookie) = (basic("wendy", PASSWORD), cookie_of(&admin.by_nobody(), "wendy", PASSWORD).await);
    assert_eq!(steers(&admin, &own, Some(&cookie)).await, [200; 4]);
    assert_eq!(steers(&admin, &basic("otto", PASSWORD), None).await, [404; 4], "they are hers");
    for (role, scope, expected) in [
        (Role::Maintainer, "*", [200, 200, 200, 200]),
        (Role::Reader, "*", [403, 403, 403, 403]),
        (Role::Publisher, "*", [403, 403, 403, 200]),
        (Role::Developer, "team/web", [200, 403, 200, 404]),
        (Role::Maintainer, "team/*", [200, 200, 200, 404]),
        (Role::Maintainer, "up/*", [404; 4]),
    ] {
        let token = json!({"name": format!("{role} of {scope}"), "role": role, "scope": scope, "expires_at": null});
        let made = send(&wendy, "POST", "tokens", token).await.json();
        let shown = format!("Bearer {}", made["secret"].as_str().unwrap_or_else(|| panic!("{made}")));
        assert_eq!(steers(&admin, &shown, None).await, expected, "{role} of {scope}");
    }
    assert_eq!(send(&admin, "DELETE", &format!("grants/{team}"), Value::Null).await.status, 204);
    assert_eq!(steers(&admin, &own, Some(&cookie)).await, [404; 4]);
    assert_eq!(send(&admin, "PATCH", "r/team/web", json!({"visibility": "internal"})).await.status, 200);
    assert_eq!(steers(&admin, &own, Some(&cookie)).await, [403; 4], "whoever signed in reads it");
    assert_eq!(listed(&admin, 50).await.len(), JOBS.len(), "who may see the instance sees all");
}
