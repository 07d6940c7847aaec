//! What pages say of people: by what they sign in, when they were last here, what ended with them, and who waits.

use super::activity::awaited;
use super::api::{give, named, send, user};
use super::console::Browser;
use super::credentials::secret;
use super::providers::server;
use super::stand_in::StandIn;
use super::{PASSWORD, basic, form, ways_in, with_admin};
use crate::support::{OCI_MANIFEST, TestApp};
use axum::http::StatusCode;
use portolan::server::clock::Clock;
use portolan::server::identity::sign_in;
use serde_json::{Value, json};

const DAY_MS: i64 = 86_400_000;

/// The row of a table that holds this.
fn row<'p>(page: &'p str, holding: &str) -> &'p str {
    page.split("<tr").find(|row| row.contains(holding)).unwrap_or_else(|| panic!("no row with {holding}: {page}"))
}

async fn seen(admin: &TestApp, username: &str) -> Value {
    let user = admin.get(&format!("/api/v1/users/{username}")).await.json();
    user["last_seen_at"].clone()
}

#[tokio::test]
async fn the_list_of_users_says_by_what_they_come_what_reaches_them_and_when_they_were_last_here() {
    let provider = StandIn::start().await;
    let (test, clock) = server(&provider.config("open_sign_up = true")).await;
    let admin = test.showing(&basic("mara", PASSWORD));
    ways_in::Browser::of(&test).sign_in(&provider).await;
    let otto = user(&admin, "otto").await;
    send(&admin, "POST", "groups", json!({"name": "eng", "members": ["mara.l"]})).await;
    give(&admin, json!({"group": "eng"}), "reader", "team/*", None).await.unwrap();
    give(&admin, named("mara.l"), "reader", "other/*", None).await.unwrap();
    give(&admin, json!("anonymous"), "reader", "team/web", None).await.unwrap();
    give(&admin, named("otto"), "reader", "team/*", None).await.unwrap();
    let token = secret(&otto, json!({"name": "laptop"})).await;
    let mara = Browser::of(&test, "mara").await;
    let page = mara.get("/admin/users").await.text();
    let by_provider = row(&page, "/admin/users/mara.l");
    assert!(by_provider.contains(">Acme<") && by_provider.contains(">eng<") && by_provider.contains(">2<"), "{page}");
    let by_password = row(&page, "/admin/users/otto");
    assert!(by_password.contains(">password<") && by_password.contains("Never"), "{page}");
    assert_eq!(seen(&admin, "otto").await, Value::Null, "a password in a client is no session and no token");

    // What is gone was here all the same.
    clock.advance_ms(3 * DAY_MS);
    let by_token = admin.showing(&format!("Bearer {token}"));
    assert_eq!(by_token.get("/v2/").await.status, StatusCode::OK);
    let last = seen(&admin, "otto").await;
    assert_eq!(last, json!(clock.now().rfc3339()));
    let id = otto.get("/api/v1/tokens").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    send(&otto, "DELETE", &format!("tokens/{id}"), json!(null)).await;
    assert_eq!(seen(&admin, "otto").await, last);

    let mara = Browser::of(&test, "mara").await;
    let access = mara.get("/n/team/-/access").await.text();
    assert!(row(&access, "Group, 1 person").contains("3 d ago"), "who of a group was last here: {access}");
    assert!(row(&access, "/admin/users/otto").contains("just now"), "{access}");
    assert!(row(&access, "Everybody").contains("Not known"));
    let one = mara.get("/admin/users/mara.l").await.text();
    assert!(one.contains("Signs in by Acme") && one.contains("2 grants") && one.contains("3 d ago"), "{one}");
}

#[tokio::test]
async fn an_account_says_by_what_its_owner_signs_in() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("open_sign_up = true")).await;
    let mut browser = ways_in::Browser::of(&test);
    browser.sign_in(&provider).await;
    let page = browser.get("/account").await.text();
    for said in ["Ways to sign in", ">Acme<", "Mara Lindqvist, mara@acme.dev", ">Live<", ">None<", "Docker and CI need"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(page.contains("href=\"/account/tokens\"") && !page.contains("name=\"password_before\""), "{page}");
    provider.claim("name", json!("Mara L."));
    browser.sign_in(&provider).await;
    assert!(browser.get("/account").await.text().contains("Mara L., mara@acme.dev"), "as it said last");
    let own = Browser::of(&test, "mara").await.get("/account").await.text();
    assert!(own.contains(">Set<") && own.contains("href=\"#password\"") && own.contains("Link Acme"), "{own}");
}

#[tokio::test]
async fn who_disables_somebody_reads_what_ended() {
    let test = with_admin().await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let (otto, _nina) = (user(&admin, "otto").await, user(&admin, "nina").await);
    let (_here, _there) = (Browser::of(&test, "otto").await, Browser::of(&test, "otto").await);
    secret(&otto, json!({"name": "laptop"})).await;
    let mara = Browser::of(&test, "mara").await;
    let said = mara.done("/admin/users/otto", "disable-user", &[]).await;
    assert!(said.contains("otto is let in no more. That ended 2 sessions and stopped 1 token."), "{said}");
    let entry = admin.get("/api/v1/activity?action=user.change").await.json()["items"][0].clone();
    assert_eq!(entry["after"], json!("disabled, sessions ended: 2, tokens stopped: 1"));
    let changed = send(&admin, "PATCH", "users/nina", json!({"disabled": true})).await;
    assert_eq!((changed.status, &changed.json()["disabled"]), (StatusCode::OK, &json!(true)));
}

#[tokio::test]
async fn who_waits_is_counted_told_apart_and_let_in_with_their_group() {
    let provider = StandIn::start().await;
    provider.claim("groups", json!(["ops"]));
    let (test, _) = server(&provider.config("allowed_groups = [\"staff\"]")).await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let account = json!({"username": "otto", "email": "Mara@acme.dev", "password": PASSWORD});
    send(&admin, "POST", "users", account).await;
    let mara = Browser::of(&test, "mara").await;
    assert!(!mara.get("/repositories").await.text().contains("class=\"n\""), "nobody waits");
    let mut stranger = ways_in::Browser::of(&test);
    assert_eq!(stranger.sign_in(&provider).await.status, StatusCode::FORBIDDEN);
    let rail = mara.get("/repositories").await.text();
    assert!(rail.contains("1<span class=\"vh\"> waiting"), "{rail}");
    let otto = Browser::of(&test, "otto").await.get("/repositories").await.text();
    assert!(!otto.contains(" waiting"), "it is for who lets them in");
    let page = mara.get("/admin/users").await.text();
    assert!(page.contains("</a> has this address here, by password.") && page.contains("By Acme, in ops"), "{page}");
    assert!(page.contains("href=\"/admin/groups?provider=acme&amp;value=ops\" class=\"btn btn-sm\">Map ops"), "{page}");

    mara.done("/admin/groups", "create-group", &[("name", "eng")]).await;
    let asked = "/admin/groups?provider=acme&value=ops";
    let groups = mara.get(asked).await.text();
    assert!(
        groups.contains("name=\"value\" value=\"ops\"") && groups.contains("value=\"ops\" autocomplete"),
        "{groups}"
    );
    assert!(groups.contains("/admin/groups/eng?provider=acme&amp;value=ops#map"), "{groups}");
    let group = mara.get("/admin/groups/eng?provider=acme&value=ops").await.text();
    assert!(group.contains("value=\"ops\" autocomplete"), "{group}");
    let odd = [("name", "sre"), ("provider", "nobodys"), ("value", "ops")];
    assert_eq!(mara.send(asked, "create-group", &odd).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(mara.get("/admin/groups/sre").await.status, StatusCode::NOT_FOUND, "nothing of it was done");
    let made = mara.done(asked, "create-group", &[("name", "ops"), ("provider", "acme"), ("value", "ops")]).await;
    assert!(made.contains(">ops<") && made.contains("at Acme"), "{made}");
    let said = mara.done("/admin/groups/eng", "map-claim", &[("provider", "acme"), ("value", "ops")]).await;
    assert!(said.contains("Who is in ops at Acme is in this group."), "{said}");
    assert_eq!(stranger.sign_in(&provider).await.status, StatusCode::SEE_OTHER, "the mapping lets them in");
    assert!(mara.get("/admin/groups/ops").await.text().contains("mara.l, by Acme"));
    assert!(!mara.get("/repositories").await.text().contains(" waiting"), "nobody waits any more");
}

#[tokio::test]
async fn before_it_is_set_up_the_sign_in_page_says_so_and_never_again() {
    let test = TestApp::new().await.at_the_door();
    let link = sign_in::first_run(&test.app).await.unwrap().expect("nobody is an administrator");
    let words = "This registry is not set up yet.";
    let page = test.get("/auth/login").await.text();
    assert!(page.contains(words) && !page.contains("name=\"password\"") && !page.contains("docker login"), "{page}");
    let dead = test.get("/auth/setup?token=ptl_l_dead").await;
    assert!(dead.status == StatusCode::GONE && dead.text().contains(words), "{}", dead.text());
    let tried = form(&test, "/auth/login", "", &[("username", "mara"), ("password", PASSWORD)]).await;
    assert_eq!(tried.status, StatusCode::UNAUTHORIZED);

    let all_wrong = [("token", link.expose()), ("username", "Mara L"), ("password", "short")];
    let refused = form(&test, "/auth/setup", "", &all_wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.text().matches("aria-invalid=\"true\"").count(), 2, "{}", refused.text());
    assert!(refused.text().contains("value=\"Mara L\"") && !refused.text().contains("\"short\""));

    let right = [("token", link.expose()), ("username", "mara"), ("password", PASSWORD)];
    assert_eq!(form(&test, "/auth/setup", "", &right).await.status, StatusCode::SEE_OTHER);
    let page = test.get("/auth/login").await.text();
    assert!(!page.contains(words) && page.contains("name=\"password\""), "{page}");
    let dead = test.get("/auth/setup?token=ptl_l_dead").await;
    assert!(dead.status == StatusCode::GONE && !dead.text().contains(words));
}

/// A client asks for each layer, and again.
#[tokio::test]
async fn a_refusal_stands_once_a_minute_and_is_no_deed() {
    let (test, clock) = server("").await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let otto = user(&admin, "otto").await;
    admin.push_image("team/web", "1", "amd64", b"layer").await;
    give(&admin, named("otto"), "reader", "team/*", None).await.unwrap();
    let refused = "/api/v1/activity?who=otto&action=blob.push&refused=true";
    for n_minutes in 1..=2 {
        for _ in 0..5 {
            let push = otto.call("POST", "/v2/team/web/blobs/uploads/", OCI_MANIFEST, "").await;
            assert_eq!(push.refusal(), "403 DENIED");
        }
        // It is written down in turn, so all before it is too.
        send(&otto, "GET", &format!("n/team{n_minutes}/-/activity"), json!(null)).await;
        awaited(&admin, &format!("activity?who=otto&refused=true&object=team{n_minutes}/*")).await;
        assert_eq!(admin.get(refused).await.json()["items"].as_array().unwrap().len(), n_minutes);
        clock.advance_ms(60_000);
    }
    let page = Browser::of(&test, "mara").await.get("/activity?who=otto&refused=yes").await.text();
    assert!(page.contains(">Uploading to<") && page.contains(">was refused<") && !page.contains("Uploaded"), "{page}");
}

#[tokio::test]
async fn roles_promise_what_there_is() {
    let test = with_admin().await;
    let mara = Browser::of(&test, "mara").await;
    let page = mara.get("/admin/roles").await.text();
    assert!(
        page.contains("tag.delete") && page.contains(">Delete tags<") && page.contains(">Read activity<"),
        "{page}"
    );
    for to_come in ["webhook", "scan.", "finding.", "replication"] {
        assert!(!page.contains(to_come), "{to_come}: {page}");
    }
    let tokens = mara.get("/account/tokens").await.text();
    assert!(tokens.contains("Developer: also move and delete tags"), "{tokens}");
}

#[tokio::test]
async fn the_callback_of_a_new_provider_stands_below_its_name() {
    let test = with_admin().await;
    let mara = Browser::of(&test, "mara").await;
    let path = "/admin/providers/new?preset=keycloak";
    let page = mara.get(path).await.text();
    let (name, address) = (page.find("name=\"name\"").unwrap(), page.find("/auth/provider/keycloak/callback").unwrap());
    assert!(name < address && page.contains("the part before /callback is the name"), "{page}");
    assert!(page.contains("data-name-of=\"create-provider-name\"") && page.contains("id=\"create-provider-name\""));
    let back = mara.send(path, "create-provider", &[("name", "acme"), ("kind", "oidc"), ("title", "")]).await;
    assert_eq!(back.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(back.text().contains("/auth/provider/acme/callback"), "{}", back.text());
}
