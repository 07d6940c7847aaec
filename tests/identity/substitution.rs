//! Every secret at every door: each opens its own, and none is taken for another kind.

use super::api::{admin, give, named, send, user};
use super::console;
use super::credentials::exchanged;
use super::providers::server;
use super::stand_in::{ACCESS, CLIENT, Refresh, StandIn};
use super::ways_in::Browser;
use super::{PASSWORD, basic, cookie_of, form, note, run, with};
use crate::support::{START, TestApp, user as person};
use axum::http::StatusCode;
use portolan::server::identity::links;
use portolan::server::identity::sign_in;
use portolan::server::store::principals;
use portolan::server::store::sessions::Purpose;
use serde_json::{Value, json};

const FORM: &str = "application/x-www-form-urlencoded";
const WEB: &str = "repository:team/web:pull";
/// What programs open with what stands for somebody.
const PROGRAMS: [&str; 7] =
    ["basic /v2", "bearer /v2", "bearer /api", "bearer /token", "bearer /metrics", "basic /token", "posted password"];

/// What a secret opens, for whoever it could be.
async fn opens(test: &TestApp, secret: &str) -> Vec<&'static str> {
    let mut open = Vec::new();
    // What is no password is a wrong one, and nobody is to wait for that here.
    run(test, "DELETE FROM failed_sign_ins").await;
    let cookie = format!("portolan={secret}");
    if with(test, "GET", "/account", ("cookie", &cookie)).await.status == StatusCode::OK {
        open.push("cookie");
    }
    let is_known = async |path: &str, shown: &str| {
        let status = with(test, "GET", path, ("authorization", shown)).await.status;
        assert_ne!(status, StatusCode::TOO_MANY_REQUESTS, "nothing here is a guess too many");
        !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND)
    };
    let bearer = format!("Bearer {secret}");
    let token = format!("/token?scope={WEB}");
    for (door, path) in [
        ("bearer /v2", "/v2/team/web/tags/list"),
        ("bearer /api", "/api/v1/repositories"),
        ("bearer /token", &*token),
        ("bearer /metrics", "/metrics"),
    ] {
        if is_known(path, &bearer).await {
            open.push(door);
        }
    }
    for page in ["/repositories", "/account", "/admin/users"] {
        let answer = with(test, "GET", page, ("authorization", &bearer)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "no header opens {page}");
    }
    for username in ["mara", "ci-web"] {
        let shown = basic(username, secret);
        for (door, path) in [("basic /v2", "/v2/team/web/tags/list"), ("basic /token", &token)] {
            if is_known(path, &shown).await && !open.contains(&door) {
                open.push(door);
            }
        }
        let of = |grant: &str| format!("{grant}&username={username}&service=127.0.0.1:8080&client_id=docker");
        let posted = of(&format!("grant_type=password&password={secret}"));
        if test.call("POST", "/token", FORM, posted).await.status == StatusCode::OK
            && !open.contains(&"posted password")
        {
            open.push("posted password");
        }
        let refreshed = of(&format!("grant_type=refresh_token&refresh_token={secret}"));
        assert_eq!(test.call("POST", "/token", FORM, refreshed).await.status, StatusCode::BAD_REQUEST);
    }
    let set_up = format!("/auth/setup?token={secret}");
    if test.get(&set_up).await.status == StatusCode::OK {
        open.push("set-up");
    } else {
        let fields = [("token", secret), ("username", "eve"), ("name", ""), ("password", PASSWORD)];
        assert_shut(&form(test, "/auth/setup", "", &fields).await);
    }
    let invite = format!("/auth/invite/{secret}");
    if test.get(&invite).await.status == StatusCode::OK {
        open.push("invite");
    } else {
        assert_shut(&form(test, &invite, "", &[("password", PASSWORD)]).await);
    }
    open
}

fn assert_shut(answer: &crate::support::Answer) {
    assert!(answer.status.is_client_error(), "{}", answer.status);
    assert!(!answer.header("set-cookie").contains("ptl_s_"), "nobody is let in");
}

/// Whether a secret lets somebody in who brings it from a provider, as the code or as the state.
async fn ends_a_sign_in(test: &TestApp, provider: &StandIn, secret: &str) -> bool {
    for place in ["code", "state"] {
        let mut browser = Browser::of(test);
        let back = provider.approve(&browser.begin("/auth/provider/acme").await);
        let (path, query) = back.split_once('?').unwrap();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let pairs = pairs.map(|(key, value)| if key == place { (key, secret.into()) } else { (key, value) });
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let came = browser.get(&format!("{path}?{query}")).await;
        if came.header("set-cookie").contains("ptl_s_") || browser.cookie("portolan").is_some() {
            return true;
        }
    }
    false
}

/// A server with a mount that trusts its tokens, a provider, and an administrator who has a token and a robot.
async fn world(provider: &StandIn) -> TestApp {
    provider.set(|ways| ways.refresh = Refresh::Given(json!({})));
    let mount = "[[mounts]]\nprefix = \"hub\"\nkind = \"remote\"\nurl = \"http://127.0.0.1:1\"\n\
                 token_service = \"registry.acme.test\"\n[[mounts]]\nprefix = \"\"\nkind = \"hosted\"";
    let (test, _) = server(&format!("{}\n{mount}", provider.config("open_sign_up = true"))).await;
    test.by_admin("mara").push_image("team/web", "v1", "amd64", b"layer").await;
    test
}

/// What the provider gave and the browser carried, for somebody who came in by it.
async fn of_a_sign_in(test: &TestApp, provider: &StandIn) -> Vec<(&'static str, String)> {
    let mut browser = Browser::of(test);
    let location = browser.begin("/auth/provider/acme").await;
    let asked = url::Url::parse(&location).unwrap();
    let asked = |name: &str| asked.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    let claims = json!({"iss": provider.issuer, "aud": CLIENT, "sub": "1", "nonce": asked("nonce"),
                        "iat": START.0 / 1000, "exp": START.0 / 1000 + 300});
    let mut given = vec![
        ("the state of a sign-in", asked("state")),
        ("an attempt", browser.cookie("portolan-attempt").unwrap().to_owned()),
        ("an id_token", provider.sign(claims.as_object().unwrap())),
        ("an access token of the provider", ACCESS.to_owned()),
    ];
    let mut other = Browser::of(test);
    assert_eq!(other.sign_in(provider).await.status, StatusCode::SEE_OTHER);
    given.push(("a refresh token of the provider", provider.read(|ways| ways.live.clone()).unwrap()));
    given.push(("the mark of a browser", other.cookie("portolan-browser").unwrap().to_owned()));
    given
}

#[tokio::test]
async fn a_secret_opens_its_own_door_and_no_other() {
    let provider = StandIn::start().await;
    let test = world(&provider).await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let of_token = async |path: &str, body: Value| {
        let made = send(&admin, "POST", path, body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        made.json()["secret"].as_str().unwrap().to_owned()
    };
    let personal = of_token("tokens", json!({"name": "laptop"})).await;
    let robot = json!({"name": "ci-web", "namespace": "team", "role": "publisher", "scope": "team/*"});
    let robot = of_token("robots", robot).await;
    let ours = exchanged(&test, &basic("mara", PASSWORD), WEB).await;
    let theirs = "/token?service=registry.acme.test&scope=repository:team/web:pull,push";
    let theirs = admin.get(theirs).await.json()["token"].as_str().unwrap().to_owned();
    let session = cookie_of(&test, "mara", PASSWORD).await;
    let mut trial = Browser::of(&test);
    trial.carry(&session);
    let tried = trial.begin("/auth/provider/acme?try=yes").await;
    let tried = url::Url::parse(&tried).unwrap();
    let tried = tried.query_pairs().find(|(key, _)| key == "state").unwrap().1.into_owned();

    let mut secrets = vec![
        ("a session", session.split_once('=').unwrap().1.to_owned(), vec!["cookie"]),
        ("a personal token", personal, PROGRAMS.to_vec()),
        ("a robot's secret", robot, PROGRAMS.to_vec()),
        ("a token of the registry", ours.trim_start_matches("Bearer ").to_owned(), vec!["bearer /v2"]),
        ("a token for a registry elsewhere", theirs, vec![]),
        ("the state of a trial", tried, vec![]),
    ];
    secrets.extend(of_a_sign_in(&test, &provider).await.into_iter().map(|(what, secret)| (what, secret, vec![])));
    for (what, secret, own) in &secrets {
        let mut opened = opens(&test, secret).await;
        let mut own = own.clone();
        opened.sort_unstable();
        own.sort_unstable();
        assert_eq!(opened, own, "{what}");
        assert!(!ends_a_sign_in(&test, &provider, secret).await, "{what} is no answer of a provider");
    }
}

/// Links that work once: each where it leads, and for whom it was made.
#[tokio::test]
async fn a_link_leads_where_it_is_for_and_stands_for_nobody() {
    let test = TestApp::new().await;
    let door = test.by_nobody();
    let set_up = sign_in::first_run(&test.app).await.unwrap().expect("nobody is there yet").expose().to_owned();
    let made = send(&test, "POST", "users", json!({"username": "priya"})).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let link_of = |address: &str| address.rsplit('/').next().unwrap().to_owned();
    let invitation = link_of(made.json()["invite_url"].as_str().unwrap());
    let _ = user(&test, "otto").await;
    let otto = principals::by_username(&test.app.store, &"otto".parse().unwrap()).await.unwrap().unwrap();
    let way_back = links::New::draw("http://127.0.0.1:8080", &*test.app.entropy, START, Purpose::Recover);
    let recovery = link_of(&way_back.address);
    note(&test, move |tx| Box::pin(async move { way_back.keep(tx, &otto.id, &person("mara")).await })).await;
    for (what, secret, own) in [
        ("a set-up link", &set_up, vec!["set-up"]),
        ("an invitation", &invitation, vec!["invite"]),
        ("a way back in", &recovery, vec!["invite"]),
    ] {
        assert_eq!(opens(&door, secret).await, own, "{what}");
    }
    // Whoever is signed in takes an invitation for whom it names, and nothing of their own changes by it.
    let cookie = cookie_of(&door, "otto", PASSWORD).await;
    let taken = form(&door, &format!("/auth/invite/{invitation}"), &cookie, &[("password", "a horse of priya")]).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text());
    let page = with(&door, "GET", "/account", ("cookie", &super::cookie(&taken))).await.text();
    assert!(page.contains("priya") && !page.contains("otto"), "{page}");
    let known = async |username: &str, password: &str| {
        with(&door, "GET", "/v2/", ("authorization", &basic(username, password))).await.status == StatusCode::OK
    };
    assert!(known("otto", PASSWORD).await && known("priya", "a horse of priya").await);
    assert!(!known("otto", "a horse of priya").await, "it is the password of one");
    let set = form(&door, &format!("/auth/invite/{recovery}"), "", &[("password", "another horse")]).await;
    assert_eq!(set.status, StatusCode::SEE_OTHER, "what none of this used up works still");
    let fields = [("token", &*set_up), ("username", "mara"), ("name", ""), ("password", PASSWORD)];
    assert_eq!(form(&door, "/auth/setup", "", &fields).await.status, StatusCode::SEE_OTHER);
}

/// SEC-10: a session's id is no secret, and ends no session but of who holds it.
#[tokio::test]
async fn a_session_is_ended_by_its_owner_alone() {
    let admin = admin().await;
    let _ = user(&admin, "nina").await;
    give(&admin, named("nina"), "owner", "team/*", None).await.unwrap();
    let door = admin.by_nobody();
    let mara = cookie_of(&door, "mara", PASSWORD).await;
    let mine = console::Browser::of(&door, "mara").await;
    let page = mine.get("/account").await.text();
    let marker = "name=\"session\" value=\"";
    let ids: Vec<&str> = page.split(marker).skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(ids.len(), 1, "the other session can be ended: {page}");
    let nina = console::Browser::of(&door, "nina").await;
    let refused = nina.send("/account", "end-session", &[("session", ids[0])]).await;
    let absent = nina.send("/account", "end-session", &[("session", "01919d6e-2b3c-7d4e-8f50-a1b2c3d4e5f6")]).await;
    assert_eq!((refused.status, absent.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    let lives = async || with(&door, "GET", "/account", ("cookie", &mara)).await.status == StatusCode::OK;
    assert!(lives().await);
    mine.done("/account", "end-session", &[("session", ids[0])]).await;
    assert!(!lives().await, "and her own");
}
