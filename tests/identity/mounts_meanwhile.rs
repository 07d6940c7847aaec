//! Mounts that change while somebody decides, and what of them is for one address and one registry alone.

use super::api::send;
use super::console::Browser;
use super::mounts::{ALLOWED, UPSTREAM_PASSWORD, Upstream, allowed, until};
use super::raids::change;
use super::{PASSWORD, basic, run};
use crate::support::{START, TestApp};
use axum::http::StatusCode;
use portolan::domain::mount::MountSettings;
use portolan::domain::{Error, Result};
use portolan::server::access::Policy;
use portolan::server::identity::sign_in;
use portolan::server::store::mount_settings::{self, Kept};
use serde_json::{Value, json};

fn hub(url: &str) -> Value {
    json!({"prefix": "hub", "url": url, "username": "robot", "password": UPSTREAM_PASSWORD})
}

async fn mounted(admin: &TestApp, mount: Value) -> Kept {
    let made = send(admin, "POST", "mounts", mount).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    mount_settings::find(&admin.app.store, &id).await.unwrap().expect("it is kept")
}

/// Sets a mount otherwise, as somebody asked who saw it so.
async fn set(test: &TestApp, seen: &Kept, settings: MountSettings) -> Result<()> {
    let (seen, wanted) = (seen.clone(), Kept { settings, ..seen.clone() });
    change(test, move |tx| Box::pin(async move { mount_settings::change(tx, (&seen, &wanted), START).await })).await
}

async fn is_in_force(test: &TestApp) -> bool {
    test.app.follow_mounts().await.unwrap();
    test.app.mount(&"hub/team/web".parse().unwrap()).is_some_and(|mount| mount.upstream.is_some())
}

#[tokio::test]
async fn a_mount_is_changed_as_it_was_seen_or_not_at_all() {
    let (_, url) = Upstream::start().await;
    let test = allowed().await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let seen = mounted(&admin, hub(&url)).await;
    let wanted = MountSettings { refresh_s: 900, ..seen.settings.clone() };
    assert_eq!(send(&admin, "PATCH", "mounts/hub", json!({"visibility": "public"})).await.status, StatusCode::OK);
    let stale = set(&test, &seen, wanted.clone()).await;
    assert!(matches!(&stale, Err(Error::Conflict(words)) if words.contains("look again")), "{stale:?}");
    let now = mount_settings::find(&test.app.store, &seen.id).await.unwrap().unwrap();
    assert_eq!((now.settings.visibility.name(), now.settings.refresh_s), ("public", seen.settings.refresh_s));
    assert!(set(&test, &now, MountSettings { refresh_s: 900, ..now.settings.clone() }).await.is_ok());
    assert_eq!(send(&admin, "DELETE", "mounts/hub", json!(null)).await.status, StatusCode::NO_CONTENT);
    assert!(matches!(set(&test, &now, wanted).await, Err(Error::Conflict(_))), "it is gone");
}

/// Whoever gets at the database cannot have the password sent to an address of theirs.
#[tokio::test]
async fn a_password_opens_for_the_address_for_which_it_was_typed() {
    let ((_, url), (other, other_url)) = (Upstream::start().await, Upstream::start().await);
    let test = allowed().await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let seen = mounted(&admin, hub(&url)).await;
    assert!(is_in_force(&test).await);
    set(&test, &seen, MountSettings { url: other_url, ..seen.settings.clone() }).await.unwrap();
    assert!(!is_in_force(&test).await, "it is not asked without the password either");
    assert!(other.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_of_one_registry_is_not_taken_for_anothers() {
    let ((_, url), (_, other_url)) = (Upstream::start().await, Upstream::start().await);
    let mut test = allowed().await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let jobs = test.start_jobs().await;
    mounted(&admin, hub(&url)).await;
    until(async || send(&admin, "GET", "mounts/hub", json!(null)).await.json()["n_repositories"] == 1).await;
    drop(jobs);
    // It rests, as one of a configuration does that names it no more.
    run(&test, "UPDATE mounts SET active = 0 WHERE prefix = 'hub'").await;
    run(&test, "UPDATE instance SET epoch = epoch + 1").await;
    assert!(!is_in_force(&test).await);
    let mixed = send(&admin, "POST", "mounts", hub(&other_url)).await;
    assert_eq!(mixed.status, StatusCode::BAD_REQUEST, "{}", mixed.text());
    assert!(mixed.text().contains(&format!("1 repositories of {url} are kept there")), "{}", mixed.text());
    mounted(&admin, hub(&url)).await;
    assert_eq!(send(&admin, "DELETE", "mounts/hub", json!(null)).await.status, StatusCode::NO_CONTENT);
    mounted(&admin, hub(&other_url)).await;
}

/// A registry that takes tokens for a service takes none that are for another registry, nor those for this one.
#[tokio::test]
async fn no_two_registries_take_tokens_for_one_service() {
    let (_, url) = Upstream::start().await;
    let config = format!(
        "{ALLOWED}\n[[mounts]]\nprefix = \"one\"\nkind = \"remote\"\nurl = \"{url}\"\n\
         token_service = \"registry.acme.test\"\n[[mounts]]\nkind = \"hosted\""
    );
    let test = TestApp::with(&config, Policy::Grants).await.at_the_door();
    sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
    let admin = test.showing(&basic("mara", PASSWORD));
    let seen = mounted(&admin, hub(&url)).await;
    for service in ["registry.acme.test", "127.0.0.1:8080"] {
        let other = json!({"prefix": "other", "url": url, "token_service": service});
        for (method, path, body) in
            [("POST", "mounts", other), ("PATCH", "mounts/hub", json!({"token_service": service}))]
        {
            let taken = send(&admin, method, path, body).await;
            assert_eq!(taken.status, StatusCode::BAD_REQUEST, "{method} {service}");
            assert!(taken.text().contains("another registry has this name"), "{}", taken.text());
        }
    }
    // The configuration may name it later: then that is the one which has it.
    let clash = MountSettings { token_service: "registry.acme.test".to_owned(), ..seen.settings.clone() };
    set(&test, &seen, clash).await.unwrap();
    assert!(!is_in_force(&test).await);
    // And no token travels in plain text.
    let plain = json!({"prefix": "plain", "url": "http://registry.acme.test", "token_service": "acme"});
    let plain = send(&admin, "POST", "mounts", plain).await;
    assert_eq!(plain.status, StatusCode::BAD_REQUEST);
    assert!(plain.text().contains("would travel in plain text"), "{}", plain.text());
}

/// What is under way at a registry goes on there, and nowhere else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mount_stays_at_its_address_while_something_is_under_way_there() {
    let ((_, url), (other, other_url)) = (Upstream::start().await, Upstream::start().await);
    let test = allowed().await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let mut writable = hub(&url);
    writable["read_only"] = json!(false);
    let seen = mounted(&admin, writable).await;
    assert!(is_in_force(&test).await);
    admin.push_image("team/web", "1.0", "amd64", b"one").await;
    let ask = async |tag: &str| {
        let body = json!({"tags": ["1.0"], "to": "hub/team/web", "names": {"1.0": tag}});
        let asked = send(&admin, "POST", "r/team/web/-/copy", body).await;
        assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.text());
        asked.json()["job"].as_str().unwrap().to_owned()
    };
    let (copy, paused) = (ask("2.0").await, ask("3.0").await);
    assert_eq!(send(&admin, "POST", &format!("jobs/{paused}/pause"), json!(null)).await.status, StatusCode::OK);
    let going = |id: &str| {
        format!(
            "INSERT INTO trash_going (batch, mount_id, repository_id, repository, tag, digest, by_whom, since)
             VALUES ('b', '{id}', 'r', 'hub/team/web', 'old', 'sha256:{}', 'user:mara', 1)",
            "a".repeat(64)
        )
    };
    run(&test, going(&seen.id)).await;
    let moved = json!({"url": other_url, "password": UPSTREAM_PASSWORD});
    let refused = async |words: &[&str]| {
        let refused = send(&admin, "PATCH", "mounts/hub", moved.clone()).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
        for words in words {
            assert!(refused.text().contains(words), "{words}: {}", refused.text());
        }
        assert!(other.seen().is_empty(), "it is not even asked");
    };
    refused(&["the address stays", &copy, &paused, "a copy of hub/team/web", "deleting hub/team/web:old"]).await;
    let browser = Browser::of(&test, "mara").await;
    let fields = [
        ("url", &*other_url),
        ("username", "robot"),
        ("password", UPSTREAM_PASSWORD),
        ("refresh_s", "900"),
        ("visibility", "private"),
        ("changes", "trash"),
    ];
    let page = browser.send("/admin/mounts/hub", "change-mount", &fields).await;
    assert!(page.status == StatusCode::CONFLICT && page.text().contains("The address stays while"), "{}", page.text());
    let same = send(&admin, "PATCH", "mounts/hub", json!({"refresh_s": 900})).await;
    assert_eq!(same.status, StatusCode::OK, "all else may change: {}", same.text());

    for id in [&copy, &paused] {
        refused(&["the address stays"]).await;
        assert_eq!(send(&admin, "POST", &format!("jobs/{id}/cancel"), json!(null)).await.status, StatusCode::OK);
    }
    refused(&["deleting hub/team/web:old"]).await;
    run(&test, "DELETE FROM trash_going").await;
    let held = format!(
        "INSERT INTO trash_holds (tag, batch, mount_id, repository_id, repository, digest, takes, held_at)
         VALUES ('portolan.trash.x', 'b', '{}', 'r', 'hub/team/web', 'sha256:{}', 0, 1)",
        seen.id,
        "a".repeat(64)
    );
    run(&test, held).await;
    let page = browser.get("/admin/mounts/hub").await.text();
    assert!(page.contains("1 image is held at this address by hidden tags"), "{page}");
    assert_eq!(send(&admin, "PATCH", "mounts/hub", moved.clone()).await.status, StatusCode::OK);
    assert!(!other.seen().is_empty());
}
