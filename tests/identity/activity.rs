//! Activity: where each row comes from, by which token, and who reads it where.

use super::api::{admin, give, named, send, user};
use super::console::Browser;
use super::providers::server;
use super::stand_in::StandIn;
use super::{PASSWORD, basic, ways_in, with_admin};
use crate::support::{TestApp, request};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;

async fn listed(by: &TestApp, path: &str) -> Vec<Value> {
    let answer = send(by, "GET", path, json!(null)).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.json()["items"].as_array().unwrap().clone()
}

/// A row that is written behind the answer that caused it.
pub(super) async fn awaited(by: &TestApp, path: &str) -> Value {
    let written = async {
        loop {
            if let Some(found) = listed(by, path).await.into_iter().next() {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), written).await.expect("it is written down")
}

/// Sends as if by a connection from `peer`, of whom a proxy said something.
async fn from(by: &TestApp, peer: &str, forwarded: &str, (method, path, body): (&str, &str, Value)) -> StatusCode {
    let asked = request(method, path).header("content-type", "application/json").header("x-forwarded-for", forwarded);
    let mut asked = asked.body(Body::from(body.to_string())).unwrap();
    asked.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
    by.send(asked).await.status
}

#[tokio::test]
async fn every_row_says_from_where_and_by_which_token() {
    let test =
        TestApp::with("[server]\ntrusted_proxies = [\"10.0.0.0/8\"]", portolan::server::access::Policy::Grants).await;
    let admin = test.by_admin("mara");
    let made = |name: &str| ("POST", "/api/v1/users", json!({ "username": name }));
    assert_eq!(from(&admin, "192.0.2.1", "198.51.100.7", made("nina")).await, StatusCode::CREATED);
    assert_eq!(from(&admin, "10.0.0.1", "198.51.100.7", made("otto")).await, StatusCode::CREATED);
    let rows = listed(&admin, "activity?action=user.create").await;
    let of = |name: &str| rows.iter().find(|row| row["object"] == name).unwrap()["address"].clone();
    assert_eq!((of("nina"), of("otto")), (json!("192.0.2.1"), json!("198.51.100.7")), "a trusted proxy is believed");
    let stranger = test.with_standing(portolan::server::access::Standing::of(crate::support::user("nina")));
    from(&stranger, "203.0.113.9", "", made("eve")).await;
    let refused = awaited(&admin, "activity?refused=true").await;
    assert_eq!((&refused["address"], &refused["refused"]), (&json!("203.0.113.9"), &json!("user.manage")));
    assert!(admin.get("/activity").await.text().contains("203.0.113.9"));
}

/// A robot goes on when the token ends by which it was made: it is its namespace's, and the row names the token.
#[tokio::test]
async fn a_robot_outlives_the_token_that_made_it_and_the_row_names_that() {
    let admin = admin().await;
    let token = send(&admin, "POST", "tokens", json!({"name": "automation"})).await.json();
    let by_token = admin.showing(&format!("Bearer {}", token["secret"].as_str().unwrap()));
    let robot = json!({"name": "ci-web", "namespace": "team", "role": "publisher", "scope": "team/*"});
    let made = send(&by_token, "POST", "robots", robot).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let ci = admin.showing(&basic("ci-web", made.json()["secret"].as_str().unwrap()));
    ci.push_image("team/web", "1", "amd64", b"layer").await;
    let id = token["id"].as_str().unwrap();
    assert_eq!(send(&admin, "DELETE", &format!("tokens/{id}"), json!(null)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(by_token.get("/v2/").await.status, StatusCode::UNAUTHORIZED);
    ci.push_image("team/web", "2", "amd64", b"layer").await;
    let row = listed(&admin, "activity?action=robot.create").await.remove(0);
    assert_eq!((&row["actor"], &row["token"]), (&json!("user:mara"), &json!("automation")));
    let page = Browser::of(&admin.by_nobody(), "mara").await.get("/activity?action=robot").await.text();
    assert!(page.contains("token automation"), "{page}");
    assert_eq!(listed(&admin, "activity?action=token.create").await[0]["token"], json!(null), "a password is no token");
}

#[tokio::test]
async fn a_scope_has_its_activity_for_who_reads_audit_there() {
    let test = with_admin().await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let (nina, otto) = (user(&admin, "nina").await, user(&admin, "otto").await);
    give(&admin, named("nina"), "owner", "team/*", None).await.unwrap();
    give(&admin, named("otto"), "reader", "team/*", None).await.unwrap();
    nina.push_image("team/web", "1", "amd64", b"layer").await;
    admin.push_image("teams/other", "1", "amd64", b"layer").await;
    admin.push_image("team", "1", "amd64", b"layer").await;
    let objects =
        |rows: Vec<Value>| rows.iter().map(|row| row["object"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let all = objects(listed(&nina, "n/team/-/activity").await);
    assert!(
        all.contains(&"team/web@1".to_owned()) && all.iter().any(|object| object.contains("owner on team/*")),
        "{all:?}"
    );
    assert!(all.iter().all(|object| !object.contains("teams") && !object.starts_with("team@")), "{all:?}");
    assert_eq!(objects(listed(&nina, "activity?scope=team/web&action=manifest.push").await), ["team/web@1"]);
    assert_eq!(objects(listed(&nina, "r/team/web/-/activity?who=nina&action=manifest").await), ["team/web@1"]);
    assert!(listed(&nina, "r/team/web/-/activity?who=mara").await.is_empty());
    for path in ["activity", "activity?scope=teams/*", "n/teams/-/activity", "r/team/-/activity"] {
        assert_eq!(send(&nina, "GET", path, json!(null)).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(send(&otto, "GET", "n/team/-/activity", json!(null)).await.status, StatusCode::FORBIDDEN);
    let owner = Browser::of(&test, "nina").await;
    for page in ["/n/team/-/activity", "/r/team/web/-/activity", "/activity?where=team/*"] {
        let shown = owner.get(page).await;
        assert!(shown.status == StatusCode::OK && shown.text().contains("Pushed"), "{page}: {}", shown.text());
        assert!(!shown.text().contains("teams/other"));
    }
    assert_eq!(owner.get("/activity").await.status, StatusCode::FORBIDDEN);
    assert_eq!(owner.get("/activity?where=Team").await.status, StatusCode::BAD_REQUEST);
    let first = send(&nina, "GET", "n/team/-/activity?limit=1", json!(null)).await.json();
    let next = first["next"].as_str().unwrap();
    let second = listed(&nina, &format!("n/team/-/activity?limit=1&after={next}")).await;
    assert!(second[0]["id"].as_str().unwrap() < first["items"][0]["id"].as_str().unwrap());
    assert_eq!(second.len(), 1);
}

/// Who owns everything reads what was done, and no address of anybody.
#[tokio::test]
async fn who_may_not_look_people_up_reads_no_address_of_theirs() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("open_sign_up = true")).await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let nina = user(&admin, "nina").await;
    give(&admin, named("nina"), "owner", "*", None).await.unwrap();
    let mut stranger = ways_in::Browser::of(&test);
    assert_eq!(stranger.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    let joined = |by: &TestApp| {
        let by = by.again();
        async move { listed(&by, "activity?action=user.join").await.remove(0) }
    };
    assert!(joined(&admin).await["after"].as_str().unwrap().contains("mara@acme.dev"));
    assert_eq!(joined(&nina).await["after"], json!(null));
    for path in ["/api/v1/activity", "/api/v1/activity?action=user"] {
        assert!(!nina.get(path).await.text().contains("acme.dev"), "{path}");
    }
    let owner = Browser::of(&test, "nina").await;
    assert!(!owner.get("/activity").await.text().contains("acme.dev"));
    give(&admin, named("nina"), "auditor", "*", None).await.unwrap();
    assert!(joined(&nina).await["after"].as_str().unwrap().contains("mara@acme.dev"), "auditors look people up");
}

/// What the pages of mounts and providers keep from somebody, activity keeps from them too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_look_mounts_and_providers_up_reads_that_something_happened_to_them() {
    let (provider, (_, url)) = (StandIn::start().await, super::mounts::Upstream::start().await);
    let test = super::mounts::allowed().await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let (nina, otto) = (user(&admin, "nina").await, user(&admin, "otto").await);
    give(&admin, named("nina"), "owner", "*", None).await.unwrap();
    give(&admin, named("otto"), "auditor", "*", None).await.unwrap();
    let mount = json!({"prefix": "hub", "url": url, "username": "robot", "password": super::mounts::UPSTREAM_PASSWORD});
    assert_eq!(from(&admin, "192.0.2.1", "", ("POST", "/api/v1/mounts", mount)).await, StatusCode::CREATED);
    let acme = json!({"name": "acme", "kind": "oidc", "issuer": provider.issuer, "client_id": "portolan-client",
                      "client_secret": "of the client"});
    assert_eq!(from(&admin, "192.0.2.1", "", ("POST", "/api/v1/providers", acme)).await, StatusCode::CREATED);
    for (action, words, sees) in [
        ("mount.create", url.as_str(), [true, false, true]),
        ("provider.create", provider.issuer.as_str(), [true, false, false]),
    ] {
        for (who, sees) in [&admin, &nina, &otto].into_iter().zip(sees) {
            let row = listed(who, &format!("activity?action={action}")).await.remove(0);
            let after = row["after"].as_str().unwrap_or_default();
            assert_eq!((after.contains(words), row["address"] != json!("")), (sees, sees), "{action}: {row}");
            let object = row["object"].as_str().unwrap();
            let found = listed(who, &format!("activity?action={action}&object={object}")).await;
            assert_eq!(found.len(), usize::from(sees), "nor is it found by what is hidden: {action}");
        }
    }
}

/// What was copied to a repository stands in its activity for who may read where it was, whichever version wrote that.
#[tokio::test]
async fn who_may_not_read_what_was_copied_reads_that_something_was() {
    let test = with_admin().await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let (nina, otto) = (user(&admin, "nina").await, user(&admin, "otto").await);
    for owner in ["nina", "otto"] {
        give(&admin, named(owner), "owner", "team/*", None).await.unwrap();
    }
    admin.push_image("secret/x", "s1", "amd64", b"layer").await;
    let copy = |to: &str| json!({"tags": ["s1"], "to": "team/web", "names": {"s1": to}});
    assert_eq!(send(&admin, "POST", "r/secret/x/-/copy", copy("prod")).await.status, StatusCode::OK);
    assert_eq!(send(&otto, "POST", "r/secret/x/-/copy", copy("mine")).await.status, StatusCode::NOT_FOUND);
    let refused = awaited(&admin, "activity?action=tag.copy&refused=true").await;
    assert_eq!((&refused["object"], &refused["source"]), (&json!("team/web:mine"), &json!("secret/x:s1")));
    let (columns, old) =
        ("actor, action, outcome, before, request_id, kind, place, address", "secret/x:old to team/web");
    let of_before = format!(
        "INSERT INTO audit (id, at, object, after, {columns}) SELECT '01', at, '{old}', 'team/web:old x', {columns}
         FROM audit WHERE action = 'tag.copy' AND outcome = 'done'"
    );
    super::run(&test, of_before).await;
    let told = async |by: &TestApp| {
        let rows = listed(by, "r/team/web/-/activity?action=tag.copy").await;
        let told = rows.into_iter().map(|row| (row["object"].to_string(), row["source"].clone()));
        told.collect::<BTreeMap<_, _>>()
    };
    let objects = ["team/web:mine", "team/web:prod", "team/web"].map(|object| format!("\"{object}\""));
    let whole = ["secret/x:s1", "secret/x:s1", "secret/x:old"].map(|source| json!(source));
    assert_eq!(told(&admin).await, BTreeMap::from_iter(objects.clone().into_iter().zip(whole)));
    assert_eq!(told(&nina).await, objects.map(|object| (object, json!(null))).into());
    let owner = Browser::of(&test, "nina").await;
    for path in ["/r/team/web/-/activity", "/n/team/-/activity", "/api/v1/r/team/web/-/activity"] {
        let answer = if path.starts_with("/api") { nina.get(path).await } else { owner.get(path).await };
        assert!(answer.status == StatusCode::OK && !answer.text().contains("secret"), "{path}: {}", answer.text());
    }
    let page = Browser::of(&test, "mara").await.get("/r/team/web/-/activity").await.text();
    assert!(page.contains("secret/x:s1") && page.contains("secret/x:old"), "{page}");
    // Where it went is found by its name; by the name of what was copied nothing is.
    let found = async |by: &TestApp, object: &str| {
        listed(by, &format!("activity?scope=team/web&object={}", object.replace(' ', "%20"))).await.len()
    };
    assert_eq!([found(&nina, "team/web:prod").await, found(&nina, old).await, found(&admin, old).await], [1, 0, 1]);
    give(&admin, named("nina"), "reader", "secret/x", None).await.unwrap();
    assert_eq!((told(&nina).await, found(&nina, old).await), (told(&admin).await, 1));
}

#[tokio::test]
async fn who_waits_is_listed_let_in_and_dismissed_by_programs() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("")).await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let mut stranger = ways_in::Browser::of(&test);
    assert_eq!(stranger.sign_in(&provider).await.status, StatusCode::FORBIDDEN);
    let waiting = listed(&admin, "waiting").await;
    let id = waiting[0]["id"].as_str().unwrap().to_owned();
    assert_eq!((&waiting[0]["email"], waiting.len()), (&json!("mara@acme.dev"), 1));
    assert!(listed(&admin, &format!("waiting?after={id}")).await.is_empty());
    assert_eq!(send(&admin, "DELETE", &format!("waiting/{id}"), json!(null)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(send(&admin, "DELETE", &format!("waiting/{id}"), json!(null)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.sign_in(&provider).await.status, StatusCode::FORBIDDEN);
    let made = send(&admin, "POST", &format!("waiting/{id}/let-in"), json!(null)).await;
    assert_eq!((made.status, &made.json()["username"]), (StatusCode::CREATED, &json!("mara.l")), "{}", made.text());
    assert_eq!(stranger.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    assert_eq!(send(&admin, "GET", "waiting/nonsense", json!(null)).await.status, StatusCode::NOT_FOUND);
}
