//! Registries that tell of pushes: what they tell is asked about at once and never believed, and whoever else knocks there is
//! answered alike.

use super::push;
use super::stand_in::{Deletes, StandIn};
use super::world::{AT, World, artifact, mounted_with};
use crate::identity::basic;
use crate::support::process::Distribution;
use crate::support::{Answer, START, TestApp, choices, eventually, sha256, user};
use axum::http::StatusCode;
use portolan::domain::Role;
use portolan::server::access::{Policy, Standing};
use portolan::server::clock::ManualClock;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::DropGuard;

const FORM: &str = "application/x-www-form-urlencoded";
const MONTH: &str = "refresh_s = 2592000";

/// What the answer of a form says once, of the secret that it made.
fn secret(made: &Answer) -> String {
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text());
    let said = made.header("set-cookie");
    let secret = said.split("secret=").nth(1).and_then(|rest| rest.split([';', '&']).next()).unwrap_or_default();
    assert!(secret.starts_with("ptl_h_") && secret.len() == 49, "{said}");
    secret.to_owned()
}

async fn rotate(test: &TestApp) -> String {
    secret(&test.call("POST", "/admin/mounts/up", FORM, "do=rotate-hook").await)
}

async fn address(test: &TestApp, prefix: &str) -> String {
    let mount = test.get(&format!("/api/v1/mounts/{prefix}")).await.json();
    format!("/hooks/registry/{}", mount["id"].as_str().unwrap())
}

/// Somebody who shows this tells that, as any registry may.
async fn tell(test: &TestApp, address: &str, shown: &str, message: impl Into<Vec<u8>>) -> Answer {
    test.showing(shown).call("POST", address, "application/json", message).await
}

fn event(action: &str, repository: &str, tag: Option<&str>) -> Value {
    json!({"action": action, "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json",
        "repository": repository, "tag": tag, "digest": sha256(b"made up")}})
}

fn events(events: &[Value]) -> String {
    json!({"events": events}).to_string()
}

/// A registry in memory of which the mount has everything below no name, and the secret by which it tells.
struct Told {
    world: World,
    address: String,
    shown: String,
}

impl Told {
    async fn new() -> Self {
        let world = mounted_with(Deletes::ByDigest, ("", ""), |_| ()).await;
        let (address, secret) = (address(&world.test, "up").await, rotate(&world.test).await);
        world.upstream.now().seen.clear();
        Self { world, address, shown: format!("Bearer {secret}") }
    }

    async fn tell(&self, message: impl Into<Vec<u8>>) {
        let answer = tell(&self.world.test, &self.address, &self.shown, message).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::ACCEPTED, 0), "{}", answer.text());
    }

    /// The names of tags about which the registry was asked.
    fn asked(&self) -> Vec<String> {
        let seen = self.world.upstream.now().seen.clone();
        seen.into_iter().filter_map(|(_, path)| Some(path.split_once("/manifests/")?.1.to_owned())).collect()
    }
}

/// The console beside CNCF distribution, which is read and then tells.
async fn beside(folder: &Path) -> Option<(TestApp, Distribution, DropGuard)> {
    let upstream = Distribution::start(folder)?;
    push(&upstream.host, "team/web", "1.0", b"old");
    let host = upstream.host.clone();
    let config = format!(
        "[[mounts]]\nprefix = \"up\"\nkind = \"remote\"\nurl = \"http://{host}\"\n{MONTH}\n[[mounts]]\nkind = \"hosted\""
    );
    let mut test = TestApp::build(&config, choices(Policy::Grants, Arc::new(ManualClock::new(START)))).await;
    let jobs = test.start_jobs().await;
    eventually("all is read", async || {
        let mount = test.get("/api/v1/mounts/up").await.json();
        mount["as_of"].is_string() && !tags(&test, "up/team/web").await.is_empty()
    })
    .await;
    let page = test.get("/r/up/team/web").await.text();
    assert!(page.contains("Checked every 720 h"), "{page}");
    let url = crate::conformance::registry::serve_router(test.router.clone()).await;
    let (address, secret) = (format!("{url}{}", address(&test, "up").await), rotate(&test).await);
    drop(upstream);
    let upstream = Distribution::telling(folder, &host, (&address, &secret))?;
    Some((test, upstream, jobs))
}

/// The tags of a repository with what each names. The API looks at no registry.
async fn tags(test: &TestApp, repository: &str) -> Vec<(String, String)> {
    let answer = test.get(&format!("/api/v1/r/{repository}/-/tags")).await;
    let items = if answer.status == StatusCode::OK { answer.json()["items"].clone() } else { json!([]) };
    let text = |of: &Value, key: &str| of[key].as_str().unwrap_or_default().to_owned();
    items.as_array().unwrap().iter().map(|it| (text(it, "name"), text(it, "digest"))).collect()
}

/// How long it takes until a tag names that.
async fn until_named(test: &TestApp, repository: &str, tag: &str, digest: &str) -> Duration {
    let (since, sought) = (Instant::now(), (tag.to_owned(), digest.to_owned()));
    eventually(tag, async || tags(test, repository).await.contains(&sought)).await;
    since.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_that_a_registry_tells_of_is_there_within_two_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let Some((test, upstream, _jobs)) = beside(folder.path()).await else { return };
    let host = &upstream.host;
    // A machine that does much else loses a race now and then.
    let mut took = Vec::new();
    for tag in ["1.1", "1.2", "1.3"] {
        let digest = push(host, "team/web", tag, tag.as_bytes());
        took.push(until_named(&test, "up/team/web", tag, &digest).await);
    }
    assert!(took.iter().min().unwrap() < &Duration::from_secs(2), "{took:?}");
    let moved = push(host, "team/web", "1.0", b"moved");
    until_named(&test, "up/team/web", "1.0", &moved).await;
    let new = push(host, "team/new/deep", "1.0", b"new");
    until_named(&test, "up/team/new/deep", "1.0", &new).await;
    let page = test.get("/r/up/team/new/deep").await.text();
    assert!(page.contains("Pushes are heard of") && !page.contains("issing upstream"), "{page}");
    assert!(test.get("/admin/mounts/up").await.text().contains("A push was heard of "));

    // It tells of a delete by the digest alone, and what it has no more is missing and stays.
    let path = format!("/v2/team/web/manifests/{moved}");
    assert_eq!(crate::support::process::http("DELETE", host, &path, &[], b"").0, 202);
    let missing = "SELECT COUNT(*) FROM tags WHERE name = '1.0' AND missing_since IS NOT NULL";
    let n_missing = async || test.app.store.one(missing, vec![]).await.unwrap().unwrap().take::<i64>().unwrap();
    eventually("the tag is missing", async || n_missing().await == 1).await;
    assert!(tags(&test, "up/team/web").await.contains(&("1.0".to_owned(), moved)), "and never a delete");
}

/// SEC-12, SEC-28: whoever does not show it learns nothing, and it is shown to nobody again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_shows_no_secret_of_a_mount_is_answered_alike_and_it_is_told_to_nobody() {
    let (_, url) = StandIn::start(Deletes::ByDigest).await;
    let mount = |prefix| format!("[[mounts]]\nprefix = \"{prefix}\"\nkind = \"remote\"\nurl = \"{url}\"\n");
    let config = format!("{}{}[[mounts]]\nkind = \"hosted\"", mount("up"), mount("other"));
    let test = TestApp::with(&config, Policy::Grants).await;
    let (up, other) = (address(&test, "up").await, address(&test, "other").await);
    let page = test.get("/admin/mounts/up").await.text();
    assert!(page.contains("It has no secret yet") && page.contains(&format!("http://127.0.0.1:8080{up}")), "{page}");
    let made = test.call("POST", "/admin/mounts/up", FORM, "do=rotate-hook").await;
    let (first, cookie) = (secret(&made), made.header("set-cookie").split(';').next().unwrap_or_default().to_owned());
    let page = test.ask("GET", "/admin/mounts/up", &[("cookie", &cookie)], "").await.text();
    let once = [format!("Authorization: [&quot;Bearer {first}&quot;]"), "cannot show it again".to_owned()];
    assert!(once.iter().all(|words| page.replace('"', "&quot;").contains(words)), "{page}");
    let page = test.get("/admin/mounts/up").await.text();
    assert!(page.contains("Nothing heard yet") && page.contains("Bearer ptl_h_…") && !page.contains(&first), "{page}");

    let robot = r#"{"name":"ci-team","namespace":"team","role":"reader","scope":"team/*"}"#;
    let token = test.call("POST", "/api/v1/robots", "application/json", robot).await.json();
    let token = format!("Bearer {}", token["secret"].as_str().unwrap());
    let message = events(&[event("push", "a", Some("1.0"))]);
    let (nothing, hosted) = ("/hooks/registry/none".to_owned(), address(&test, "-").await);
    let (made_up, right) = (format!("Bearer ptl_h_{}", "A".repeat(43)), format!("Bearer {first}"));
    let (longer, by_name) = (format!("{right}x"), basic("portolan", &first));
    let odd = ["", "Bearer", "Bearer ptl_h_", "Basic bWFyYTph", &made_up, &longer, &token].map(|shown| (&up, shown));
    let strange = [&other, &nothing, &hosted].into_iter().flat_map(|at| [(at, right.as_str()), (at, &made_up)]);
    let mut refusals = BTreeSet::new();
    for (address, shown) in odd.into_iter().chain(strange) {
        let before = test.app.store.statements();
        let answer = tell(&test, address, shown, message.clone()).await;
        let taken = test.app.store.statements() - before;
        let mut headers: Vec<String> =
            answer.headers.iter().filter(|(name, _)| *name != "x-request-id").map(|it| format!("{it:?}")).collect();
        headers.sort();
        refusals.insert(format!("{} {taken} {headers:?} {}", answer.status, answer.text()));
    }
    assert_eq!(refusals.len(), 1, "one and the same: {refusals:#?}");
    assert!(refusals.first().unwrap().starts_with("401 Unauthorized 1 "), "{refusals:?}");

    for shown in [&right, &by_name] {
        let heard = tell(&test, &up, shown, message.clone()).await;
        assert_eq!((heard.status, heard.body.len()), (StatusCode::ACCEPTED, 0));
    }
    let question = test.get("/admin/mounts/up?rotate=yes").await.text();
    assert!(question.contains("Make a new secret for up/?") && question.contains("It was last used "), "{question}");
    let second = rotate(&test).await;
    assert_eq!(tell(&test, &up, &right, message.clone()).await.status, StatusCode::UNAUTHORIZED, "at once");
    assert_eq!(tell(&test, &up, &format!("Bearer {second}"), message).await.status, StatusCode::ACCEPTED);
    assert_eq!(test.showing(&format!("Bearer {second}")).get("/v2/").await.status, StatusCode::UNAUTHORIZED);

    let mut said = String::new();
    for path in ["/admin/mounts/up", "/admin/mounts", "/activity", "/api/v1/activity", "/api/v1/mounts", "/metrics"] {
        said.push_str(&test.get(path).await.text());
    }
    assert!(said.contains("mount.rotate"), "{said}");
    for mut row in test.app.store.all("SELECT hook_fingerprint FROM mounts WHERE prefix = 'up'", vec![]).await.unwrap()
    {
        said.push_str(&row.take::<String>().unwrap());
    }
    assert!(!said.contains(&first) && !said.contains(&second), "{said}");
    let auditor = test.with_standing(Standing::with_role(user("otto"), Role::Auditor));
    let page = auditor.get("/admin/mounts/up").await.text();
    assert!(page.contains("Notifications") && !page.contains("rotate-hook") && !page.contains("?rotate="), "{page}");
    let refused = auditor.call("POST", "/admin/mounts/up", FORM, "do=rotate-hook").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let hosted = test.call("POST", "/admin/mounts/-", FORM, "do=rotate-hook").await;
    assert_eq!(hosted.status, StatusCode::CONFLICT, "{}", hosted.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_made_up_costs_the_registry_a_question_and_leaves_nothing() {
    let told = Told::new().await;
    let rows = async || {
        let mut rows = Vec::new();
        for sql in [
            "SELECT name || updated_at || n_tags FROM repositories ORDER BY name",
            "SELECT name || digest || COALESCE(missing_since, 0) FROM tags ORDER BY name",
            "SELECT tag FROM tag_moves ORDER BY tag",
        ] {
            let found = told.world.test.app.store.all(sql, vec![]).await.unwrap();
            rows.extend(found.into_iter().map(|mut row| row.take::<String>().unwrap()));
        }
        rows
    };
    let before = rows().await;
    // Outside of the mount, in others, of Portolan's own, made up, and a delete of what is there.
    told.tell(events(&[
        event("push", "b", Some("1.0")),
        event("push", "up/a", Some("1.0")),
        event("delete", "a", Some("1.0")),
        event("push", "a", Some("portolan.trash.0000000000000000000000000")),
        event("push", "a", Some("forged")),
        event("push", "a", Some("latest")),
    ]))
    .await;
    let asked = async || told.asked().iter().filter(|tag| *tag == "forged").count() == 2;
    eventually("what was made up is asked about, and once more", asked).await;
    told.tell(events(&[event("push", "a", Some("last"))])).await;
    eventually("what came later is asked about", async || told.asked().contains(&"last".to_owned())).await;
    assert_eq!(rows().await, before);
    let asked: BTreeSet<String> = told.asked().into_iter().collect();
    assert_eq!(asked.iter().map(String::as_str).collect::<Vec<_>>(), ["1.0", "forged", "last", "latest"]);

    // What the registry says itself is what counts.
    told.world.upstream.push(&["1.1"], &artifact("new"));
    told.world.upstream.now().tags.remove("latest");
    told.tell(events(&[event("delete", "a", Some("1.1")), event("push", "a", Some("latest"))])).await;
    let missing = "SELECT COUNT(*) FROM tags WHERE name = 'latest' AND missing_since IS NOT NULL";
    eventually("it is missing", async || told.world.count(missing).await == 1).await;
    let new = sha256(artifact("new").as_bytes());
    until_named(&told.world.test, "up/a", "1.1", &new).await;
    let moves = told.world.test.get(&format!("{AT}/history?tag=1.1")).await.json();
    assert_eq!(moves["items"][0]["how"], json!("seen"), "{moves}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_asked_about_at_a_pace_and_holds_up_nobody() {
    let told = Told::new().await;
    let since = Instant::now();
    for batch in 0..10 {
        let many: Vec<Value> = (0..1_500).map(|n| event("push", "a", Some(&format!("t{batch}-{n}")))).collect();
        told.tell(events(&many)).await;
    }
    let distinct = || BTreeSet::from_iter(told.asked()).len();
    eventually("some is asked about", async || distinct() >= 15).await;
    let (n_asked, took) = (distinct() as u32, since.elapsed());
    assert!(took >= Duration::from_millis(100) * (n_asked - 2), "{n_asked} in {took:?}");
    // Who opens a page waits behind none of it.
    told.world.upstream.push(&["1.1"], &artifact("new"));
    told.world.look().await;
    until_named(&told.world.test, "up/a", "1.1", &sha256(artifact("new").as_bytes())).await;
    let n_asked = BTreeSet::from_iter(told.asked()).len();
    assert!(n_asked < 300, "{n_asked} were asked about before it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_sent_is_answered_alike() {
    let told = Told::new().await;
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let mut long = events(&[event("push", "a", Some("in-vain"))]).into_bytes();
    long.resize((1 << 20) + 1, b' ');
    for message in [
        vec![],
        b"null".to_vec(),
        b"{\"events\":[{\"target\":".to_vec(),
        b"\xff\xfe\0".to_vec(),
        deep,
        long,
        events(&[event("push", "<script>", Some("../../x")), json!({"target": [1]}), json!("x")]).into_bytes(),
    ] {
        told.tell(message).await;
    }
    let beyond: Vec<Value> = (0..2_000).map(|n| event("pull", &format!("x{n}"), Some("1"))).collect();
    told.tell(events(&[beyond, vec![event("push", "a", Some("beyond"))]].concat())).await;
    told.tell(
        json!({"type": "PUSH_ARTIFACT", "event_data": {"resources": [{"tag": "of-harbor"}],
        "repository": {"repo_full_name": "a"}}})
        .to_string(),
    )
    .await;
    told.tell(json!({"name": "a", "reference": "of-zot"}).to_string()).await;
    eventually("what makes sense is asked about", async || {
        let asked = told.asked();
        ["of-harbor", "of-zot"].iter().all(|tag| asked.contains(&(*tag).to_owned()))
    })
    .await;
    let asked: BTreeSet<String> = told.asked().into_iter().collect();
    assert_eq!(asked.iter().map(String::as_str).collect::<Vec<_>>(), ["of-harbor", "of-zot"]);
}
