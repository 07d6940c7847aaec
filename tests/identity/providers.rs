//! People who sign in by an OpenID provider, and what becomes of them.

use super::stand_in::{Signed, StandIn};
use super::ways_in::Browser;
use super::{PASSWORD, basic, with};
use crate::support::{START, TestApp, choices, decides};
use axum::http::StatusCode;
use portolan::domain::action::{LetIn, ListUsers, Maintain};
use portolan::domain::page::Position;
use portolan::domain::principal::Job;
use portolan::domain::{Error, Permission, Role, Terms, Timestamp};
use portolan::server::access::{Caller, Policy, Standing};
use portolan::server::clock::ManualClock;
use portolan::server::identity::sign_in;
use portolan::server::service;
use portolan::server::store::grants::{self, GranteeId};
use portolan::server::store::group_claims::{self, Claim};
use portolan::server::store::principals;
use portolan::server::store::waiting::{self, Waiting};
use serde_json::json;
use std::sync::Arc;

/// A server at its real doors with an administrator called `mara`, who has a password.
pub async fn server(config: &str) -> (TestApp, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(START));
    let test = TestApp::build(config, choices(Policy::Grants, clock.clone())).await.at_the_door();
    sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
    (test, clock)
}

/// A group of ours that stands for groups of a provider and may read `team/*`; its id.
pub async fn group(test: &TestApp, name: &'static str, claims: &[(&str, &str)]) -> String {
    let claim = |(provider, value): &(&str, &str)| Claim { provider: (*provider).into(), value: (*value).into() };
    let claims: Vec<Claim> = claims.iter().map(claim).collect();
    let proof = decides(Policy::Grants).system(Job::SignIn, Maintain {});
    let write = test.app.store.note(&proof, move |tx| {
        Box::pin(async move {
            let sql = "INSERT INTO user_groups (id, name, created_at, created_by) VALUES ($1, $1, 0, 'user:mara')";
            tx.run(sql, portolan::params![name]).await?;
            let terms = Terms::new(Role::Reader, "team/*".parse()?, None, None)?;
            let by = crate::support::user("mara");
            grants::insert(tx, &format!("grant-{name}"), &GranteeId::Group(name.into()), &terms, &by, START).await?;
            group_claims::set(tx, name, &claims).await
        })
    });
    write.await.unwrap();
    name.to_owned()
}

/// AUTH-2: from a private page through the provider and back to that page, with a session of one's own.
#[tokio::test]
async fn who_signs_in_at_the_provider_is_back_on_the_page_that_they_wanted() {
    let provider = StandIn::start().await;
    for signed in [Signed::Es256, Signed::Rs256] {
        provider.set(|ways| ways.signed = signed);
        let (test, _) = server(&provider.config("open_sign_up = true")).await;
        let mut browser = Browser::of(&test);
        let page = browser.get("/auth/login?next=/repositories%3Fsort%3Dname").await;
        let link = "/auth/provider/acme?next=";
        assert!(page.text().contains(link) && page.text().contains("Continue with Acme"), "{}", page.text());
        assert!(page.text().contains("or with a password"), "the other way is there too");
        let location = browser.begin("/auth/provider/acme?next=%2Frepositories%3Fsort%3Dname").await;
        assert!(location.contains("redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fauth%2Fprovider%2Facme%2Fcallback"));
        let back = browser.get(&provider.approve(&location)).await;
        assert_eq!((back.status, back.header("location")), (StatusCode::SEE_OTHER, "/repositories?sort=name"));
        let set = back.header("set-cookie");
        assert!(
            set.starts_with("portolan=ptl_s_") && set.contains("HttpOnly") && set.contains("SameSite=Lax"),
            "{set}"
        );
        assert!(browser.is("mara.l").await, "{signed:?}");
        assert!(!test.by_nobody().get("/repositories").await.text().contains("mara.l"));
    }
}

/// AUTH-2, SEC-22: two tabs do not disturb each other, and nobody is led elsewhere.
#[tokio::test]
async fn two_sign_ins_in_two_tabs_both_work() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("open_sign_up = true")).await;
    let mut browser = Browser::of(&test);
    let one = browser.begin("/auth/provider/acme?next=/r/team/one").await;
    let other = browser.begin("/auth/provider/acme?next=//evil.example").await;
    let (one, other) = (provider.approve(&one), provider.approve(&other));
    assert_eq!(browser.get(&other).await.header("location"), "/repositories");
    assert_eq!(browser.get(&one).await.header("location"), "/r/team/one");
    assert!(browser.is("mara.l").await);
}

#[tokio::test]
async fn whom_nobody_lets_in_waits_without_a_session_and_learns_nothing() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("allowed_groups = [\"staff\"]\nadmin_groups = [\"ops\"]")).await;
    test.by_admin("mara").push_image("team/web", "v1", "amd64", b"layer").await;
    let mut browser = Browser::of(&test);
    for _ in 0..2 {
        let page = browser.sign_in(&provider).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        assert!(page.text().contains("mara@acme.dev") && page.text().contains("nobody has let you in yet"));
        assert!(!page.text().contains("team/web") && browser.cookie("portolan").is_none(), "{}", page.text());
    }
    assert!(browser.is_out().await);
    let who = waiting::latest(&test.app.store, &Position::Start, 10).await.unwrap().items;
    assert_eq!((who.len(), who[0].email.as_str(), who[0].provider.as_str()), (1, "mara@acme.dev", "acme"));
    assert!(principals::by_username(&test.app.store, &"mara.l".parse().unwrap()).await.unwrap().is_none());

    // A provider that leaves groups out is named as the reason.
    provider.claim("groups", json!(null));
    provider.claim("_claim_names", json!({"groups": "src1"}));
    let page = browser.sign_in(&provider).await;
    assert!(page.status == StatusCode::FORBIDDEN && page.text().contains("too many"), "{}", page.text());
    provider.claim("_claim_names", json!(null));

    // A group that lets people in does, also one that stands for a group here.
    provider.claim("groups", json!("staff"));
    assert_eq!(browser.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    assert!(
        browser.is("mara.l").await
            && waiting::latest(&test.app.store, &Position::Start, 10).await.unwrap().items.is_empty()
    );
    group(&test, "dev", &[("acme", "developers")]).await;
    provider.claim("sub", json!("2"));
    provider.claim("groups", json!(["developers"]));
    assert_eq!(Browser::of(&test).sign_in(&provider).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_administrator_lets_in_who_waits() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("")).await;
    let mut browser = Browser::of(&test);
    provider.claim("preferred_username", json!("mara"));
    assert_eq!(browser.sign_in(&provider).await.status, StatusCode::FORBIDDEN);
    let by = |name: &str, role| Caller {
        standing: Arc::new(Standing::with_role(crate::support::user(name), role)),
        address: String::new(),
        request_id: "test".to_owned(),
    };
    let let_in = || LetIn { issuer: provider.issuer.clone(), subject: "1".to_owned() };
    let access = &test.app.access;
    let refused = access.authorize(&by("nina", Role::Owner), let_in()).await.err();
    assert_eq!(refused, Some(Error::Forbidden(Permission::UserManage)));
    let who = access.authorize(&by("mara", Role::Admin), ListUsers {}).await.unwrap();
    assert_eq!(
        service::waiting::latest(&test.app, &who, &Position::Start, 10).await.unwrap().items[0].email,
        "mara@acme.dev"
    );
    let proof = access.authorize(&by("mara", Role::Admin), let_in()).await.unwrap();
    let user = service::waiting::let_in(&test.app, &proof).await.unwrap();
    assert_eq!(user.username.as_str(), "mara-2", "another's name is not to be had");
    assert!(service::waiting::let_in(&test.app, &proof).await.is_err(), "nobody waits any more");
    assert_eq!(browser.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    assert!(browser.is("mara-2").await);
    assert_eq!(browser.get("/admin/mounts").await.status, StatusCode::FORBIDDEN);
}

/// Strangers fill no table: the one who was seen least lately goes.
#[tokio::test]
async fn so_many_wait_and_no_more() {
    let (test, _) = server("").await;
    let proof = decides(Policy::Grants).system(Job::SignIn, Maintain {});
    let noted = test.app.store.note(&proof, move |tx| {
        Box::pin(async move {
            for n in 0..1010 {
                let at = Timestamp(START.0 + n);
                let (issuer, provider) = ("https://id.example".to_owned(), "acme".to_owned());
                let (subject, email, name) = (n.to_string(), String::new(), String::new());
                let (groups, usernames, first_at, last_at) = (vec![], vec![], at, at);
                let email_verified = true;
                let who = Waiting {
                    issuer,
                    subject,
                    provider,
                    email,
                    email_verified,
                    name,
                    groups,
                    usernames,
                    first_at,
                    last_at,
                };
                waiting::note(tx, &who).await?;
            }
            Ok(())
        })
    });
    noted.await.unwrap();
    let who = waiting::latest(&test.app.store, &Position::Start, 2000).await.unwrap().items;
    assert_eq!((who.len(), who[0].subject.as_str(), who[999].subject.as_str()), (1000, "1009", "10"));
}

/// What people are called is what the configuration says, made to fit.
#[tokio::test]
async fn a_username_comes_from_the_claim_that_is_named() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("open_sign_up = true\nusername_claim = \"acme.nick\"")).await;
    let mut browser = Browser::of(&test);
    for (sub, nick, called) in
        [("1", json!({"nick": "Die Möwe"}), "die-m-we"), ("2", json!({}), "mara.l"), ("3", json!(null), "mara.l-2")]
    {
        provider.claim("sub", json!(sub));
        provider.claim("acme", nick);
        assert_eq!(browser.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
        assert!(browser.is(called).await, "{called}");
    }
    let users = test.showing(&basic("mara", PASSWORD)).get("/api/v1/users/mara.l").await.json();
    assert_eq!((&users["email"], &users["name"]), (&json!("mara@acme.dev"), &json!("Mara Lindqvist")));
}

/// SEC-9: groups are what the provider says at the last sign-in, wherever it says it, also for older sessions.
#[tokio::test]
async fn rights_follow_the_groups_of_the_last_sign_in() {
    let provider = StandIn::start().await;
    let more = "open_sign_up = true\ngroups_claim = \"realm_access.roles\"";
    let (test, _) = server(&provider.config(more)).await;
    test.by_admin("mara").push_image("team/web", "v1", "amd64", b"layer").await;
    let id = group(&test, "dev", &[("acme", "developers")]).await;
    let (mut older, mut newer) = (Browser::of(&test), Browser::of(&test));
    let sees = async |browser: &mut Browser<'_>| browser.get("/r/team/web").await.status == StatusCode::OK;
    let said = |ways: &mut super::stand_in::Ways, own: serde_json::Value, userinfo: serde_json::Value| {
        ways.claims.insert("realm_access".into(), own);
        ways.userinfo = json!({ "realm_access": userinfo }).as_object().unwrap().clone();
    };
    older.sign_in(&provider).await;
    assert!(!sees(&mut older).await);
    for (own, userinfo, sees_now) in [
        (json!({"roles": ["developers", "other"]}), json!(null), true),
        (json!({"roles": ["other"]}), json!({"roles": ["developers"]}), false),
        (json!(null), json!({"roles": "developers"}), true),
        (json!({"roles": []}), json!(null), false),
        (json!({"roles": "developers"}), json!(null), true),
        (json!(null), json!(null), false),
        (json!({"roles": ["developers"]}), json!(null), true),
    ] {
        provider.set(|ways| said(ways, own.clone(), userinfo.clone()));
        assert_eq!(newer.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
        assert_eq!((sees(&mut older).await, sees(&mut newer).await), (sees_now, sees_now), "{own} {userinfo}");
    }
    // What a group stands for counts at once.
    let proof = decides(Policy::Grants).system(Job::SignIn, Maintain {});
    let write = test.app.store.note(&proof, move |tx| Box::pin(async move { group_claims::set(tx, &id, &[]).await }));
    write.await.unwrap();
    assert!(!sees(&mut newer).await);
    let id = "dev".to_owned();
    let claims = vec![Claim { provider: "acme".into(), value: "developers".into() }];
    let write =
        test.app.store.note(&proof, move |tx| Box::pin(async move { group_claims::set(tx, &id, &claims).await }));
    write.await.unwrap();
    assert!(sees(&mut newer).await);
    assert_eq!(group_claims::of_group(&test.app.store, "dev").await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_administrator_by_a_group_is_one_for_as_long_as_they_are_in_it() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("admin_groups = [\"ops\"]")).await;
    provider.claim("groups", json!(["ops"]));
    let mut browser = Browser::of(&test);
    assert_eq!(browser.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/admin/mounts").await.status, StatusCode::OK);
    browser.sign_in(&provider).await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let granted = admin.get("/api/v1/grants").await.json();
    assert_eq!(granted["items"].as_array().unwrap().len(), 2, "one here and one by the provider, however often");
    // The one with a password is not to be missed: a provider can take its word back.
    let disable = admin.call("PATCH", "/api/v1/users/mara", "application/json", r#"{"disabled":true}"#).await;
    assert_eq!(disable.status, StatusCode::CONFLICT, "{}", disable.text());

    provider.claim("groups", json!([]));
    assert_eq!(browser.sign_in(&provider).await.status, StatusCode::SEE_OTHER, "they are known here");
    assert_eq!(browser.get("/admin/mounts").await.status, StatusCode::FORBIDDEN);
    assert_eq!(test.showing(&basic("mara", PASSWORD)).get("/api/v1/users").await.status, StatusCode::OK);
}

/// SEC-25: nobody comes into an account by its name or its e-mail address.
#[tokio::test]
async fn a_name_or_an_address_leads_into_nobodys_account() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("open_sign_up = true")).await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let mut browser = Browser::of(&test);
    for (sub, name, called) in [
        ("1", json!("mara"), "mara-2"),
        ("2", json!("MARA"), "mara-3"),
        ("3", json!("admin"), "admin"),
        ("4", json!("job"), "job-2"),
        ("5", json!("a@evil@corp.com"), "a"),
        ("6", json!(null), "mara-4"),
    ] {
        provider.claim("sub", json!(sub));
        provider.claim("preferred_username", name);
        provider.claim("email", json!("mara@acme.dev"));
        assert_eq!(browser.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
        assert!(browser.is(called).await, "{called}");
        assert_eq!(browser.get("/admin/mounts").await.status, StatusCode::FORBIDDEN, "a name carries no right");
    }
    // Who is known is who they were, whatever they are called now.
    provider.claim("sub", json!("1"));
    provider.claim("preferred_username", json!("somebody-else"));
    browser.sign_in(&provider).await;
    assert!(browser.is("mara-2").await);
    let users = admin.get("/api/v1/users").await.json();
    assert_eq!(users["items"].as_array().unwrap().len(), 7);
}

/// Whoever is disabled stays so, whatever the provider says.
#[tokio::test]
async fn a_callback_lets_nobody_in_again_who_is_disabled() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("open_sign_up = true\nadmin_groups = [\"ops\"]")).await;
    let mut browser = Browser::of(&test);
    browser.sign_in(&provider).await;
    assert!(browser.is("mara.l").await);
    let admin = test.showing(&basic("mara", PASSWORD));
    let disabled = admin.call("PATCH", "/api/v1/users/mara.l", "application/json", r#"{"disabled":true}"#).await;
    assert_eq!(disabled.status, StatusCode::OK, "{}", disabled.text());
    assert!(browser.is_out().await);
    provider.claim("groups", json!(["ops"]));
    let refused = browser.sign_in(&provider).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text().contains("not let in any more") && refused.text().contains("err_"), "{}", refused.text());
    assert!(browser.is_out().await);
    let user = admin.get("/api/v1/users/mara.l").await.json();
    assert_eq!(user["disabled"], json!(true));
    assert_eq!(admin.get("/api/v1/grants").await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn without_passwords_there_are_buttons_alone_and_the_set_up_link() {
    let provider = StandIn::start().await;
    let config = format!("[auth]\nlocal_sign_in = false\n{}", provider.config("admin_groups = [\"ops\"]"));
    let test = TestApp::with(&config, Policy::Grants).await.at_the_door();
    let page = test.get("/auth/login").await.text();
    assert!(page.contains("Continue with Acme") && !page.contains("name=\"password\""), "{page}");
    let link = sign_in::first_run(&test.app).await.unwrap().expect("nobody is there yet");
    assert_eq!(test.get(&format!("/auth/setup?token={}", link.expose())).await.status, StatusCode::OK);
    provider.claim("groups", json!(["ops"]));
    let mut browser = Browser::of(&test);
    browser.sign_in(&provider).await;
    assert_eq!(browser.get("/admin/mounts").await.status, StatusCode::OK);
    assert!(sign_in::first_run(&test.app).await.unwrap().is_none(), "there is an administrator");
    let refused = with(&test, "GET", "/v2/", ("authorization", &basic("mara.l", PASSWORD))).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}
