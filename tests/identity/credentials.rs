//! Tokens of one's own: what they open and what not, and that they end when their owner says so.

use super::api::{admin, give, named, send, user};
use super::console::Browser;
use super::{PASSWORD, basic, cookie_of, with};
use crate::support::{Answer, OCI_MANIFEST, START, TestApp, choices};
use axum::http::StatusCode;
use portolan::domain::Timestamp;
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use portolan::server::identity::sign_in;
use serde_json::{Value, json};
use std::sync::Arc;

/// Makes a token and returns its secret.
pub(super) async fn secret(by: &TestApp, token: Value) -> String {
    let made = send(by, "POST", "tokens", token).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    made.json()["secret"].as_str().expect("a secret").to_owned()
}

/// What a client gets for a secret from the token service.
pub(super) async fn exchanged(test: &TestApp, shown: &str, scope: &str) -> String {
    let given = with(test, "GET", &format!("/token?scope={scope}"), ("authorization", shown)).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.text());
    format!("Bearer {}", given.json()["token"].as_str().unwrap())
}

/// AUTH-11, SEC-29: whichever way it is shown.
#[tokio::test]
async fn a_token_opens_what_both_it_and_its_owner_may() {
    let admin = admin().await;
    let (nina, door) = (user(&admin, "nina").await, admin.by_nobody());
    for name in ["team/web", "team/api", "other/web"] {
        admin.push_image(name, "v1", "amd64", b"layer").await;
    }
    give(&admin, named("nina"), "developer", "team/*", None).await.unwrap();
    let image = nina.image("team/web", "amd64", b"new").await;
    nina.image("team/api", "amd64", b"new").await;
    // For each bound: reads team/web, reads team/api, pushes v2 and dev-2 to team/web, reads other/web.
    for (name, bound, allows) in [
        ("reads one", json!({"role": "reader", "scope": "team/web"}), [200, 404, 403, 403, 404]),
        ("some tags", json!({"role": "developer", "scope": "team/web", "tags": "dev-*"}), [200, 404, 403, 201, 404]),
        ("elsewhere", json!({"role": "owner", "scope": "other/*"}), [404, 404, 404, 404, 404]),
        ("more than hers", json!({"role": "admin", "scope": "*"}), [200, 200, 201, 201, 404]),
        ("all", json!({}), [200, 200, 201, 201, 404]),
    ] {
        let mut token = bound;
        token["name"] = json!(name);
        let secret = secret(&nina, token).await;
        assert!(secret.starts_with("ptl_p_"));
        let basic = basic("nina", &secret);
        let scopes = "repository:team/web:pull,push%20repository:team/api:pull%20repository:other/web:pull";
        for shown in [basic.clone(), format!("Bearer {secret}"), exchanged(&door, &basic, scopes).await] {
            let by = door.showing(&shown);
            let get = |path: &'static str| by.get(path);
            let answered = [
                get("/v2/team/web/manifests/v1").await.status.as_u16(),
                get("/v2/team/api/manifests/v1").await.status.as_u16(),
                by.put_manifest("team/web", "v2", OCI_MANIFEST, &image).await.status.as_u16(),
                by.put_manifest("team/web", "dev-2", OCI_MANIFEST, &image).await.status.as_u16(),
                get("/v2/other/web/manifests/v1").await.status.as_u16(),
            ];
            assert_eq!(answered, allows, "{name} by {shown}");
        }
    }
    let listed = send(&nina, "GET", "tokens?limit=2", json!(null)).await.json();
    assert!(listed["items"].as_array().unwrap().len() == 2 && listed["next"].is_string(), "{listed}");
    let narrow = send(&nina, "GET", "tokens/some%20tags", json!(null)).await.json();
    assert_eq!((&narrow["role"], &narrow["tags"]), (&json!("developer"), &json!("dev-*")));
    assert!(narrow["used_at"].is_string() && narrow["secret"].is_null(), "{narrow}");
    let shown = send(&nina, "GET", "tokens/all", json!(null)).await.json();
    assert_eq!((&shown["role"], &shown["scope"], &shown["expires_at"]), (&json!(null), &json!(null), &json!(null)));
}

/// AUTH-13, SEC-29.
#[tokio::test]
async fn a_token_ends_by_the_clock_or_when_it_is_revoked() {
    let clock = Arc::new(ManualClock::new(START));
    let door = TestApp::build("", choices(Policy::Grants, clock.clone())).await.at_the_door();
    sign_in::admin_by_configuration(&door.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
    let mara = door.showing(&basic("mara", PASSWORD));
    mara.push_image("team/web", "v1", "amd64", b"layer").await;
    let at = |ms: i64| json!(Timestamp(START.0 + ms).rfc3339());
    let short = secret(&mara, json!({"name": "short", "expires_at": at(60_000)})).await;
    let long = secret(&mara, json!({"name": "long"})).await;
    let mut ways = Vec::new();
    for secret in [&short, &long] {
        let shown = basic("mara", secret);
        ways.push([exchanged(&door, &shown, "repository:team/web:pull").await, shown]);
    }
    let opens = async |ways: &[String]| {
        let mut statuses = vec![];
        for shown in ways {
            statuses.push(door.showing(shown).get("/v2/team/web/manifests/v1").await.status.as_u16());
        }
        statuses
    };
    assert_eq!((opens(&ways[0]).await, opens(&ways[1]).await), (vec![200; 2], vec![200; 2]));
    clock.advance_ms(60_001);
    assert_eq!((opens(&ways[0]).await, opens(&ways[1]).await), (vec![401; 2], vec![200; 2]));
    let revoked = send(&mara, "DELETE", "tokens/long", json!(null)).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT, "{}", revoked.text());
    assert_eq!(opens(&ways[1]).await, [401; 2], "at once, for what it was exchanged for too");
    assert_eq!(send(&mara, "DELETE", "tokens/long", json!(null)).await.status, StatusCode::NOT_FOUND);
    for (odd, why) in [
        (json!({"name": "x", "expires_at": at(0)}), "over"),
        (json!({"name": "x", "expires_at": at(367 * 86_400_000)}), "366 days"),
        (json!({"name": "x", "expires_at": "tomorrow"}), "2027-01-01"),
        (json!({"name": "x", "role": "reader"}), "a scope"),
        (json!({"name": "x", "role": "reader", "scope": "team/*", "tags": "v*"}), "nothing to tags"),
        (json!({"name": " x"}), "64 characters"),
        (json!({"name": "x", "username": "otto"}), "`username` is not known here"),
        (json!({"name": "x", "fingerprint": "00"}), "`fingerprint` is not known here"),
    ] {
        let refused = send(&mara, "POST", "tokens", odd.clone()).await;
        assert!(refused.status == StatusCode::BAD_REQUEST && refused.text().contains(why), "{odd}: {}", refused.text());
    }
}

/// SEC-10, SEC-24: a token makes no other, and nobody reaches those of others.
#[tokio::test]
async fn tokens_are_their_owners_who_came_as_themselves() {
    let admin = admin().await;
    let (nina, otto, door) = (user(&admin, "nina").await, user(&admin, "otto").await, admin.by_nobody());
    let of_nina = secret(&nina, json!({"name": "ci"})).await;
    let of_otto = secret(&otto, json!({"name": "ci"})).await;
    let of_mara = secret(&admin, json!({"name": "ci"})).await;
    let id = |by: TestApp| async move { send(&by, "GET", "tokens/ci", json!(null)).await.json()["id"].clone() };
    let (own, others) = (id(nina.again()).await, id(otto.again()).await);
    let others = format!("tokens/{}", others.as_str().unwrap());
    for method in ["GET", "DELETE"] {
        assert_eq!(send(&nina, method, &others, json!(null)).await.status, StatusCode::NOT_FOUND, "{method}");
        assert_eq!(send(&admin, method, &others, json!(null)).await.status, StatusCode::NOT_FOUND, "{method}");
    }
    for shown in [basic("nina", &of_nina), format!("Bearer {of_nina}"), format!("Bearer {of_mara}")] {
        let by = door.showing(&shown);
        let (one, new) = (format!("tokens/{}", own.as_str().unwrap()), json!({"name": "more"}));
        for (method, path, body) in [
            ("POST", "tokens", new),
            ("GET", "tokens", json!(null)),
            ("GET", &one, json!(null)),
            ("DELETE", &one, json!(null)),
        ] {
            assert_eq!(send(&by, method, path, body).await.status, StatusCode::FORBIDDEN, "{method} {path} by {shown}");
        }
        for page in ["/account", "/account/tokens"] {
            assert_eq!(by.get(page).await.status, StatusCode::SEE_OTHER, "it opens no page");
        }
    }
    let cookie = cookie_of(&door, "nina", PASSWORD).await;
    let listed = with(&door, "GET", "/api/v1/tokens", ("cookie", &cookie)).await;
    assert_eq!(listed.status, StatusCode::UNAUTHORIZED, "a session opens no API");
    assert_eq!(door.showing(&basic("otto", &of_otto)).get("/v2/").await.status, StatusCode::OK);
    assert_eq!(door.showing(&basic("nina", &of_otto)).get("/v2/").await.status, StatusCode::UNAUTHORIZED);
    let twice = send(&nina, "POST", "tokens", json!({"name": "ci"})).await;
    assert_eq!(twice.status, StatusCode::CONFLICT, "{}", twice.text());
    let new = || send(&nina, "POST", "tokens", json!({"name": "t1"}));
    let (one, other) = tokio::join!(new(), new());
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "of two at once");
    for n in 2..100 {
        secret(&nina, json!({"name": format!("t{n}")})).await;
    }
    assert_eq!(send(&nina, "POST", "tokens", json!({"name": "t100"})).await.status, StatusCode::CONFLICT);
    assert_eq!(
        send(&nina, "GET", "tokens?limit=500", json!(null)).await.json()["items"].as_array().unwrap().len(),
        100
    );
}

/// SEC-28.
#[tokio::test]
async fn no_secret_is_in_the_record_or_the_tables() {
    let admin = admin().await;
    let personal = secret(&admin, json!({"name": "ci", "role": "reader", "scope": "team/*"})).await;
    let robot = json!({"name": "ci-web", "namespace": "team", "role": "publisher", "scope": "team/web"});
    let made = send(&admin, "POST", "robots", robot).await.json();
    let rotated = send(&admin, "POST", "robots/ci-web/rotate", json!({})).await.json();
    send(&admin, "DELETE", "tokens/ci", json!(null)).await;
    let record = send(&admin, "GET", "activity?limit=500", json!(null)).await.text();
    for action in ["token.create", "token.delete", "robot.create", "robot.rotate"] {
        assert!(record.contains(action), "{action}: {record}");
    }
    let secrets = [&personal, made["secret"].as_str().unwrap(), rotated["secret"].as_str().unwrap()].map(str::to_owned);
    let pages = [send(&admin, "GET", "robots", json!(null)).await.text(), record];
    let files = std::fs::read_dir(admin.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<Vec<u8>> = files.filter(|path| path.is_file()).map(|path| std::fs::read(path).unwrap()).collect();
    for secret in secrets {
        let random = &secret[6..];
        assert!(pages.iter().all(|page| !page.contains(random)), "{secret}");
        assert!(!files.iter().any(|file| file.windows(random.len()).any(|part| part == random.as_bytes())), "{secret}");
    }
}

#[tokio::test]
async fn a_token_is_made_and_revoked_by_plain_forms_and_shown_once() {
    let admin = admin().await;
    let _ = user(&admin, "nina").await;
    let (nina, mara) = (Browser::of(&admin, "nina").await, Browser::of(&admin, "mara").await);
    let page = "/account/tokens";
    let empty = nina.get(page).await.text();
    assert!(empty.contains("No tokens yet") && empty.contains("value=\"2027-02-22\""), "{empty}");
    assert!(nina.get("/account").await.text().contains("href=\"/account/tokens\""));
    let refused = async |fields: &[(&str, &str)]| -> Answer {
        let answer = nina.send(page, "create-token", fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text());
        answer
    };
    assert!(refused(&[("name", "")]).await.text().contains("aria-invalid=\"true\""));
    assert!(refused(&[("name", "x"), ("role", "reader")]).await.text().contains("Say where"));
    assert!(refused(&[("name", "x"), ("scope", "team/*")]).await.text().contains("Choose a role"));
    assert!(refused(&[("name", "x"), ("until", "2026-01-01")]).await.text().contains("This time is over"));
    assert!(refused(&[("name", "x"), ("until", "2028-01-01")]).await.text().contains("366 days"));

    let fields = [("name", "Laptop"), ("role", "reader"), ("scope", "team/*"), ("tags", ""), ("until", "2026-12-31")];
    let made = nina.done(page, "create-token", &fields).await;
    assert!(
        made.contains("The token Laptop is there.") && made.contains("docker login 127.0.0.1:8080 -u nina"),
        "{made}"
    );
    let secret = shown_secret(&made, "ptl_p_");
    let by = admin.showing(&basic("nina", &secret));
    assert_eq!(by.get("/v2/").await.status, StatusCode::OK);
    let again = nina.get(page).await.text();
    assert!(!again.contains("ptl_p_") && !again.contains("docker login"), "a reload says nothing of it");
    assert!(again.contains("Laptop") && again.contains("Nothing is given to you there") && again.contains("just now"));
    let taken = refused(&[("name", "Laptop")]).await.text();
    assert!(
        taken.contains("you have a token called Laptop") || taken.contains("You have a token called Laptop"),
        "{taken}"
    );

    let id = between(&again, "?revoke=", "\"");
    let asked = nina.get(&format!("{page}?revoke={id}")).await.text();
    assert!(asked.contains("Revoke the token Laptop?") && asked.contains("It was last used just now"), "{asked}");
    let foreign = mara.send(page, "delete-token", &[("token", &id)]).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND, "another's is not there");
    let of_user = mara.get(&format!("/admin/users/nina?revoke={id}")).await.text();
    assert!(of_user.contains("Revoke the token Laptop?"), "{of_user}");
    let forged = nina.send("/admin/users/nina", "revoke-token", &[("token", &id)]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN, "that is for who manages users");
    assert!(mara.done("/admin/users/nina", "revoke-token", &[("token", &id)]).await.contains("Laptop is revoked"));
    assert_eq!(by.get("/v2/").await.status, StatusCode::UNAUTHORIZED);
    nina.done(page, "create-token", &[("name", "Other"), ("role", ""), ("until", "")]).await;
    let id = between(&nina.get(page).await.text(), "?revoke=", "\"");
    let gone = nina.done(page, "delete-token", &[("token", &id)]).await;
    assert!(gone.contains("The token Other is revoked.") && gone.contains("No tokens yet"), "{gone}");
}

/// The secret of that kind that a page shows.
pub(super) fn shown_secret(page: &str, prefix: &str) -> String {
    let start = page.find(prefix).unwrap_or_else(|| panic!("a secret: {page}"));
    page[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
}

/// What stands between two pieces of a page.
pub(super) fn between(page: &str, before: &str, after: &str) -> String {
    let (_, rest) = page.split_once(before).unwrap_or_else(|| panic!("{before}: {page}"));
    rest.split(after).next().unwrap_or_default().to_owned()
}
