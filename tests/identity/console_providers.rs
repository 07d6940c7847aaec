//! Providers that an administrator adds in the console, by plain forms.

use super::console::Browser as Console;
use super::credentials::exchanged;
use super::providers::server;
use super::stand_in::{CLIENT, SECRET, StandIn};
use super::ways_in::Browser;
use super::{PASSWORD, basic, cookie_of, note, run};
use crate::support::TestApp;
use axum::http::StatusCode;
use portolan::domain::{Role, Scope, Terms};
use portolan::server::store::grants::{self, GranteeId};
use serde_json::{Value, json};

/// Stand-ins live on loopback, which who types an address in the console may not reach otherwise.
const ALLOWED: &str = "[limits]\noutbound_allow = [\"127.0.0.0/8\"]\n";
const LIST: &str = "/admin/providers";
const NEW: &str = "/admin/providers/new?preset=keycloak";
const PAGE: &str = "/admin/providers/acme";

fn fields<'f>(url: &'f str, secret: &'f str, more: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let usual = [("name", "acme"), ("kind", "oidc"), ("title", "Acme"), ("url", url), ("client_id", CLIENT)];
    let usual = usual.into_iter().chain([("client_password", secret)]);
    usual.chain(more.iter().copied()).collect()
}

async fn added(mara: &Console<'_>, provider: &StandIn, more: &[(&str, &str)]) -> String {
    mara.done(NEW, "create-provider", &fields(&provider.issuer, SECRET, more)).await
}

/// Goes through a provider as who tries it; the page that it comes back to.
async fn tried<'t>(test: &'t TestApp, provider: &StandIn) -> (String, Browser<'t>) {
    let mut browser = Browser::of(test);
    browser.carry(&cookie_of(test, "mara", PASSWORD).await);
    let location = browser.begin("/auth/provider/acme?try=yes").await;
    let back = provider.approve(&location);
    let page = browser.get(&back).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    assert_eq!(browser.get(&back).await.status, StatusCode::FORBIDDEN, "it is shown once");
    (page.text(), browser)
}

/// UX 3.12: added, tried, live, and out again within the epoch, without any script.
#[tokio::test]
async fn a_provider_is_added_tried_enabled_and_who_came_by_it_is_out_when_it_is_disabled() {
    let provider = StandIn::start().await;
    let (test, _) = server(ALLOWED).await;
    let mara = Console::of(&test, "mara").await;
    let form = mara.get(NEW).await.text();
    let (callback, field) = (form.find("/auth/provider/keycloak/callback"), form.find("name=\"client_id\""));
    assert!(callback.is_some() && callback < field && form.contains("Group Membership mapper"), "{form}");
    let odd = mara.send(NEW, "create-provider", &fields("http://id.acme.dev", SECRET, &[])).await;
    assert!(odd.status == StatusCode::UNPROCESSABLE_ENTITY && odd.text().contains("loopback only"), "{}", odd.text());
    assert!(odd.text().contains("value=\"Acme\"") && !odd.text().contains(SECRET), "what was typed stays");
    let page = added(&mara, &provider, &[("open_sign_up", "yes"), ("allowed_groups", "cn=a,dc=b\r\nstaff")]).await;
    assert!(page.contains("not live yet") && page.contains("cn=a,dc=b\nstaff"), "{page}");
    assert!(!test.get("/auth/login").await.text().contains("Continue with Acme"));
    assert_eq!(test.get("/auth/provider/acme").await.status, StatusCode::NOT_FOUND);

    provider.claim("groups", json!(["staff"]));
    let (page, mut mara_there) = tried(&test, &provider).await;
    for said in ["mara@acme.dev", "mara.l", "staff", "would become a user", "Nobody was signed in"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(mara_there.is("mara").await, "nobody else was signed in");
    assert!(!mara.get("/admin/users").await.text().contains("mara.l"), "and nobody was made");

    let live = mara.done(PAGE, "enable-provider", &[]).await;
    assert!(live.contains("Acme is live") || live.contains("acme is live"), "{live}");
    assert!(test.get("/auth/login").await.text().contains("Continue with Acme"));
    let mut browser = Browser::of(&test);
    assert_eq!(browser.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    assert!(browser.is("mara.l").await);
    let secret = super::resting::token(&test, "mara.l").await;
    let client = test.showing(&format!("Bearer {secret}"));
    let short = exchanged(&test, &format!("Bearer {secret}"), "repository:team/web:pull").await;
    let short = test.showing(&short);
    assert_eq!((client.get("/v2/").await.status, short.get("/v2/").await.status), (StatusCode::OK, StatusCode::OK));
    assert!(mara.get(LIST).await.text().contains("1 person"));

    mara.done(PAGE, "disable-provider", &[]).await;
    assert!(browser.is_out().await);
    let refused = client.get("/v2/").await;
    assert!(refused.status == StatusCode::UNAUTHORIZED && refused.text().contains("in force no more"));
    assert_eq!(short.get("/v2/").await.refusal(), "401 UNAUTHORIZED", "C7: what was given for it too");
    mara.done(PAGE, "enable-provider", &[]).await;
    for by in [&client, &short] {
        assert_eq!(by.get("/v2/").await.status, StatusCode::OK, "nothing of theirs is lost");
    }

    let question = mara.get(&format!("{PAGE}?remove=yes")).await.text();
    assert!(question.contains("1 person signs in by it"), "{question}");
    let slip = mara.send(PAGE, "delete-provider", &[("confirmed", "acm")]).await;
    assert_eq!(slip.status, StatusCode::UNPROCESSABLE_ENTITY);
    mara.done(PAGE, "delete-provider", &[("confirmed", "acme")]).await;
    assert!(browser.is_out().await && client.get("/v2/").await.status == StatusCode::UNAUTHORIZED);
    let log = mara.get("/activity").await.text();
    assert!(log.contains("Added the sign-in provider") && log.contains("Removed the sign-in provider"), "{log}");
    assert!(!log.contains(SECRET));
}

#[tokio::test]
async fn a_trial_is_its_beginners_alone_and_signs_nobody_in() {
    let provider = StandIn::start().await;
    let (test, _) = server(ALLOWED).await;
    let mara = Console::of(&test, "mara").await;
    added(&mara, &provider, &[("open_sign_up", "yes")]).await;
    let session = cookie_of(&test, "mara", PASSWORD).await;

    // A stranger is asked to sign in, and whoever may not configure gets nothing.
    assert!(test.get("/auth/provider/acme?try=yes").await.header("location").starts_with("/auth/login"));
    let mut owner = Browser::of(&test);
    owner.carry(&session);
    let back = provider.approve(&owner.begin("/auth/provider/acme?try=yes").await);
    let mut other = Browser::of(&test);
    other.carry(&session);
    assert_eq!(other.get(&back).await.status, StatusCode::FORBIDDEN, "another browser with the same session");
    assert_eq!(owner.get(&back).await.status, StatusCode::FORBIDDEN, "which ended the attempt");

    // The same browser, signed out meanwhile.
    let back = provider.approve(&owner.begin("/auth/provider/acme?try=yes").await);
    owner.drop_session();
    let left = owner.get(&back).await;
    assert!(left.status == StatusCode::SEE_OTHER && left.header("location").starts_with("/auth/login"));
    assert!(owner.cookie("portolan").is_none() && !mara.get("/admin/users").await.text().contains("mara.l"));

    // What goes wrong is said in words, and nobody is sent anywhere.
    provider.set(|ways| drop(ways.discovery.insert("issuer".into(), json!("https://other.example"))));
    let mut again = Browser::of(&test);
    again.carry(&session);
    let (elsewhere, _) = (StandIn::start().await, ());
    let moved = fields(&elsewhere.issuer, SECRET, &[]);
    mara.done(PAGE, "change-provider", &moved).await;
    elsewhere.set(|ways| drop(ways.discovery.insert("issuer".into(), json!("https://other.example"))));
    let page = again.get("/auth/provider/acme?try=yes").await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY);
    assert!(page.text().contains("other.example"), "{}", page.text());
}

#[tokio::test]
async fn addresses_of_the_inside_are_reached_only_where_they_are_allowed() {
    let provider = StandIn::start().await;
    let (test, _) = server("").await;
    let mara = Console::of(&test, "mara").await;
    added(&mara, &provider, &[]).await;
    let mut browser = Browser::of(&test);
    browser.carry(&cookie_of(&test, "mara", PASSWORD).await);
    let page = browser.get("/auth/provider/acme?try=yes").await;
    assert!(page.status == StatusCode::BAD_GATEWAY && page.text().contains("outbound_allow"), "{}", page.text());
}

/// C15: what was kept for one address goes to no other.
#[tokio::test]
async fn another_issuer_forgets_the_secret_and_no_answer_has_it() {
    let (provider, other) = (StandIn::start().await, StandIn::start().await);
    let (test, _) = server(ALLOWED).await;
    let mara = Console::of(&test, "mara").await;
    added(&mara, &provider, &[]).await;
    mara.done(PAGE, "change-provider", &fields(&provider.issuer, "", &[("open_sign_up", "yes")])).await;
    mara.done(PAGE, "enable-provider", &[]).await;
    let refused = mara.send(PAGE, "change-provider", &fields(&other.issuer, "", &[])).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("goes nowhere else"), "{}", refused.text());

    let api = test.showing(&basic("mara", PASSWORD));
    let shown = api.get("/api/v1/providers/acme").await;
    let whole: Value = shown.json();
    assert_eq!((&whole["issuer"], &whole["has_secret"]), (&json!(provider.issuer), &json!(true)));
    assert_eq!((&whole["enabled"], &whole["locked"]), (&json!(true), &json!(false)));
    let patch = json!({ "issuer": other.issuer }).to_string();
    let moved = api.call("PATCH", "/api/v1/providers/acme", "application/json", patch).await;
    assert_eq!(moved.status, StatusCode::OK, "{}", moved.text());
    assert_eq!((&moved.json()["has_secret"], &moved.json()["enabled"]), (&json!(false), &json!(false)));
    let early = json!({"enabled": true}).to_string();
    let early = api.call("PATCH", "/api/v1/providers/acme", "application/json", early).await;
    assert_eq!(early.status, StatusCode::CONFLICT, "{}", early.text());
    assert!(mara.get(PAGE).await.text().contains("Needs its secret"));
    let pages = [LIST, PAGE, "/activity", "/api/v1/activity", "/api/v1/providers"];
    for path in pages {
        assert!(
            !api.get(path).await.text().contains(SECRET) && !mara.get(path).await.text().contains(SECRET),
            "{path}"
        );
    }
    // What the database has is sealed, and goes with the address that it was for.
    let kept = async || -> Option<Vec<u8>> {
        let kept = "SELECT secret FROM providers WHERE name = 'acme'";
        test.app.store.one(kept, vec![]).await.unwrap().expect("the provider").take().unwrap()
    };
    assert_eq!(kept().await, None, "another issuer has none");
    mara.done(PAGE, "change-provider", &fields(&other.issuer, SECRET, &[])).await;
    let (sealed, secret) = (kept().await.expect("a secret"), SECRET.as_bytes());
    assert!(sealed.len() > secret.len() && !sealed.windows(secret.len()).any(|part| part == secret), "{sealed:?}");
}

#[tokio::test]
async fn programs_add_and_remove_providers() {
    let provider = StandIn::start().await;
    let (test, _) = server(ALLOWED).await;
    let api = test.showing(&basic("mara", PASSWORD));
    let new = json!({"name": "acme", "kind": "oidc", "issuer": provider.issuer, "client_id": CLIENT,
                     "client_secret": SECRET, "open_sign_up": true, "enabled": true});
    let made = api.call("POST", "/api/v1/providers", "application/json", new.to_string()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let whole = made.json();
    assert!(!made.text().contains(SECRET) && whole["id"].is_string() && whole["enabled"] == json!(true));
    assert_eq!(whole["callback"], json!("http://127.0.0.1:8080/auth/provider/acme/callback"));
    let mut browser = Browser::of(&test);
    browser.sign_in(&provider).await;
    assert!(browser.is("mara.l").await);
    let again = api.call("POST", "/api/v1/providers", "application/json", new.to_string()).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    for (key, value) in [("issuers", json!("x")), ("url", json!("https://x")), ("name", json!("new"))] {
        let mut odd = new.clone();
        odd[key] = value;
        let odd = api.call("POST", "/api/v1/providers", "application/json", odd.to_string()).await;
        assert_eq!(odd.status, StatusCode::BAD_REQUEST, "{key}: {}", odd.text());
    }
    let id = whole["id"].as_str().unwrap();
    assert_eq!(api.get(&format!("/api/v1/providers/{id}")).await.json()["name"], json!("acme"));
    assert_eq!(api.get("/api/v1/providers?limit=1").await.json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(api.delete("/api/v1/providers/acme").await.status, StatusCode::NO_CONTENT);
    assert_eq!(api.get("/api/v1/providers/acme").await.status, StatusCode::NOT_FOUND);
    assert!(browser.is_out().await);
}

#[tokio::test]
async fn what_the_configuration_sets_is_locked_and_stands_before_the_consoles() {
    let provider = StandIn::start().await;
    let (test, _) = server(&format!("{ALLOWED}{}", provider.config("open_sign_up = true"))).await;
    let mara = Console::of(&test, "mara").await;
    let page = mara.get(PAGE).await.text();
    assert!(page.contains("[[auth.providers]]") && page.contains(&provider.issuer) && !page.contains("Save settings"));
    assert!(!page.contains(SECRET));
    let forms: [(&str, &[(&str, &str)]); 3] = [
        ("change-provider", &fields(&provider.issuer, SECRET, &[])),
        ("disable-provider", &[]),
        ("delete-provider", &[("confirmed", "acme")]),
    ];
    for (intent, fields) in forms {
        assert_eq!(mara.send(PAGE, intent, fields).await.status, StatusCode::CONFLICT, "{intent}");
    }
    let taken = mara.send(NEW, "create-provider", &fields(&provider.issuer, SECRET, &[])).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    let api = test.showing(&basic("mara", PASSWORD));
    assert_eq!(api.get("/api/v1/providers").await.json()["items"][0]["locked"], json!(true));
    assert_eq!(api.delete("/api/v1/providers/acme").await.status, StatusCode::CONFLICT);
    let patch = json!({"enabled": false}).to_string();
    let refused = api.call("PATCH", "/api/v1/providers/acme", "application/json", patch).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
}

/// Somebody must remain who can sign in and may do everything.
#[tokio::test]
async fn the_last_way_in_of_an_administrator_stays() {
    let provider = StandIn::start().await;
    let (test, _) = server(ALLOWED).await;
    let mara = Console::of(&test, "mara").await;
    added(&mara, &provider, &[("admin_groups", "ops")]).await;
    mara.done(PAGE, "enable-provider", &[]).await;
    // While an administrator has a password, the provider may go and come.
    mara.done(PAGE, "disable-provider", &[]).await;
    mara.done(PAGE, "enable-provider", &[]).await;
    provider.claim("groups", json!(["ops"]));
    let mut ops = Browser::of(&test);
    ops.sign_in(&provider).await;
    assert_eq!(ops.get("/admin/mounts").await.status, StatusCode::OK);
    let gone = mara.send("/admin/users/mara", "delete-user", &[("confirmed", "mara")]).await;
    assert_eq!(gone.status, StatusCode::CONFLICT, "the provider can take its word back");

    // Without mara's password, who came by the provider is all there is.
    run(&test, "DELETE FROM passwords").await;
    run(&test, "DELETE FROM grants WHERE source = ''").await;
    let intents: [(&str, &[(&str, &str)]); 3] = [
        ("disable-provider", &[]),
        ("delete-provider", &[("confirmed", "acme")]),
        ("change-provider", &fields("https://id.acme.dev", SECRET, &[])),
    ];
    for (intent, fields) in intents {
        let refused = ops.send(PAGE, intent, fields).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{intent}: {}", refused.text());
        assert!(refused.text().contains("Nobody would be left"), "{intent}: {}", refused.text());
    }
    assert_eq!(ops.get("/admin/mounts").await.status, StatusCode::OK, "nothing changed");
}

/// The last provider goes by who shows once more that it is them; one of several goes by its name.
#[tokio::test]
async fn the_last_provider_goes_by_who_shows_that_it_is_them() {
    let provider = StandIn::start().await;
    let (test, clock) = server(ALLOWED).await;
    let mara = Console::of(&test, "mara").await;
    added(&mara, &provider, &[]).await;
    clock.advance_ms(5 * 60_000);
    let question = async || mara.get(&format!("{PAGE}?remove=yes")).await.text();
    let off = question().await;
    assert!(
        !off.contains("It is the last provider.") && !off.contains("Your password"),
        "nobody signs in by it: {off}"
    );
    mara.done(PAGE, "enable-provider", &[]).await;
    let last = question().await;
    assert!(last.contains("It is the last provider. Who has a password here signs in by that"), "{last}");
    assert!(last.contains("Your password") && last.contains("name=\"password\""), "{last}");
    for (typed, password, words) in [
        ("acme", "", "This is not your password"),
        ("acme", "wrong horse", "This is not your password"),
        ("acm", PASSWORD, "Type acme to confirm"),
    ] {
        let typed = [("confirmed", typed), ("password", password)];
        let slip = mara.send(&format!("{PAGE}?remove=yes"), "delete-provider", &typed).await;
        assert_eq!(slip.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed:?}: {}", slip.text());
        assert!(slip.text().contains(words) && !slip.text().contains("wrong horse"), "{words}: {}", slip.text());
    }
    assert!(test.get("/auth/login").await.text().contains("Continue with Acme"), "it is there");
    let other = fields(&provider.issuer, SECRET, &[]);
    let other: Vec<_> =
        other.iter().map(|(name, value)| (*name, if *name == "name" { "other" } else { *value })).collect();
    mara.done(NEW, "create-provider", &other).await;
    mara.done("/admin/providers/other", "enable-provider", &[]).await;
    assert!(!question().await.contains("It is the last provider."));
    mara.done("/admin/providers/other", "delete-provider", &[("confirmed", "other")]).await;
    mara.done(PAGE, "delete-provider", &[("confirmed", "acme"), ("password", PASSWORD)]).await;
    // Who signed in a moment ago has shown it.
    added(&mara, &provider, &[]).await;
    mara.done(PAGE, "enable-provider", &[]).await;
    let fresh = Console::of(&test, "mara").await;
    assert!(!fresh.get(&format!("{PAGE}?remove=yes")).await.text().contains("Your password"));
    fresh.done(PAGE, "delete-provider", &[("confirmed", "acme")]).await;
}

#[tokio::test]
async fn strangers_and_maintainers_get_nothing() {
    let provider = StandIn::start().await;
    let (test, _) = server(ALLOWED).await;
    let mara = Console::of(&test, "mara").await;
    added(&mara, &provider, &[]).await;
    let fields_of_user = [("username", "otto"), ("name", ""), ("email", "")];
    mara.done("/admin/users", "create-user", &fields_of_user).await;
    let hash = test.app.identity.passwords.hash(&PASSWORD.to_owned().into()).await.unwrap();
    let store = test.app.store.clone();
    let otto =
        portolan::server::store::principals::by_username(&store, &"otto".parse().unwrap()).await.unwrap().unwrap();
    note(&test, move |tx| {
        Box::pin(async move {
            let terms = Terms::new(Role::Maintainer, Scope::Everything, None, None)?;
            let to = GranteeId::Principal(portolan::domain::principal::PrincipalKind::User, otto.id.clone());
            grants::insert(tx, "otto", &to, &terms, &crate::support::user("mara"), crate::support::START).await?;
            portolan::server::store::principals::set_password(tx, &otto.id, &hash, crate::support::START).await
        })
    })
    .await;
    let otto = Console::of(&test, "otto").await;
    let api = test.showing(&basic("otto", PASSWORD));
    for path in [LIST, "/admin/providers/new", PAGE, "/auth/provider/acme?try=yes"] {
        assert_eq!(otto.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        assert!(test.get(path).await.header("location").starts_with("/auth/login"), "{path}");
    }
    for (page, intent) in [(NEW, "create-provider"), (PAGE, "change-provider"), (PAGE, "enable-provider")] {
        let refused = otto.send(page, intent, &fields(&provider.issuer, SECRET, &[("name", "other")])).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{intent}");
    }
    assert_eq!(api.get("/api/v1/providers").await.status, StatusCode::FORBIDDEN);
    assert_eq!(api.delete("/api/v1/providers/acme").await.status, StatusCode::FORBIDDEN);
    assert_eq!(test.get("/api/v1/providers").await.status, StatusCode::UNAUTHORIZED);
    assert!(!otto.get("/repositories").await.text().contains(LIST), "no entry that leads nowhere");
}

/// A group that stood for one of a provider stands for none of another that has its name.
#[tokio::test]
async fn what_was_mapped_for_a_provider_is_forgotten_with_it() {
    let (first, other) = (StandIn::start().await, StandIn::start().await);
    let (test, _) = server(ALLOWED).await;
    let mara = Console::of(&test, "mara").await;
    let n_mapped = async || test.app.store.all("SELECT value FROM group_claims", vec![]).await.unwrap().len();
    mara.done("/admin/groups", "create-group", &[("name", "devs")]).await;
    for goes in ["delete-provider", "change-provider"] {
        added(&mara, &first, &[("open_sign_up", "yes")]).await;
        mara.done(PAGE, "enable-provider", &[]).await;
        mara.done("/admin/groups/devs", "map-claim", &[("provider", "acme"), ("value", "developers")]).await;
        assert_eq!(n_mapped().await, 1, "{goes}");
        let elsewhere = fields(&other.issuer, SECRET, &[("open_sign_up", "yes")]);
        match goes {
            "delete-provider" => mara.done(PAGE, goes, &[("confirmed", "acme")]).await,
            _ => mara.done(PAGE, goes, &elsewhere).await,
        };
        assert_eq!(n_mapped().await, 0, "{goes}");
    }
}
