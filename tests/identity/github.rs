//! Signing in by GitHub: a stand-in of the parts of its API that are used, as its documentation describes them.

use super::providers::{group, server};
use super::ways_in::Browser;
use crate::support::{Answer, TestApp};
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use portolan::server::identity::rechecking;
use portolan::server::store::principals;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio_util::task::TaskTracker;

/// An account, and what its token may see of it.
struct Account {
    user: Value,
    emails: (u16, Value),
    orgs: (u16, Vec<String>),
    teams: (u16, Vec<(String, String)>),
    /// By how much the numbers of all of them differ from what they were: others have their names.
    others: u64,
    /// Whether it takes no more questions.
    is_spent: bool,
    /// Whether it takes its refresh tokens no more.
    is_gone: bool,
}

#[derive(Clone)]
struct GitHub {
    url: String,
    account: Arc<Mutex<Account>>,
}

type Said = (StatusCode, HeaderMap, Json<Value>);

impl GitHub {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let account = Account {
            user: json!({"id": 583231, "login": "Octo-Cat", "name": "The Octocat", "email": "public@example.com"}),
            emails: (
                200,
                json!([
                    {"email": "other@example.com", "primary": false, "verified": true},
                    {"email": "octo@example.com", "primary": true, "verified": true},
                ]),
            ),
            orgs: (200, vec![]),
            teams: (200, vec![]),
            others: 0,
            is_spent: false,
            is_gone: false,
        };
        let url = format!("http://{}", listener.local_addr().unwrap());
        let own = Self { url, account: Arc::new(Mutex::new(account)) };
        let router = Router::new()
            .route("/login/oauth/access_token", post(token))
            .route("/api/v3/user", get(user))
            .route("/api/v3/user/emails", get(emails))
            .route("/api/v3/user/orgs", get(orgs))
            .route("/api/v3/user/teams", get(teams))
            .with_state(own.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        own
    }

    fn config(&self, more: &str) -> String {
        format!(
            "[[auth.providers]]\nname = \"github\"\nkind = \"github\"\nclient_id = \"app\"\n\
             client_secret = \"secret\"\nurl = \"{}/\"\n{more}\n",
            self.url
        )
    }

    fn set(&self, change: impl FnOnce(&mut Account)) {
        change(&mut self.account.lock().unwrap());
    }

    async fn sign_in(&self, browser: &mut Browser<'_>) -> Answer {
        let location = browser.begin("/auth/provider/github?next=/repositories").await;
        let asked = url::Url::parse(&location).unwrap();
        assert!(location.starts_with(&format!("{}/login/oauth/authorize?", self.url)), "{location}");
        let asked: HashMap<String, String> = asked.query_pairs().into_owned().collect();
        assert_eq!(
            (asked["scope"].as_str(), asked["code_challenge_method"].as_str()),
            ("read:user user:email read:org", "S256")
        );
        browser.get(&format!("/auth/provider/github/callback?code=good&state={}", asked["state"])).await
    }
}

/// A GitHub App's tokens end, and bring one by which to ask for the next.
async fn token(State(own): State<GitHub>, Form(form): Form<HashMap<String, String>>) -> Json<Value> {
    if form["grant_type"] == "refresh_token" {
        return Json(match (form["refresh_token"].as_str(), own.account.lock().unwrap().is_gone) {
            ("ghr_first", false) => {
                json!({"access_token": "gho_token", "token_type": "bearer", "expires_in": 28800, "scope": "",
                       "refresh_token": "ghr_second", "refresh_token_expires_in": 15_897_600})
            }
            _ => {
                json!({"error": "bad_refresh_token", "error_description": "The refresh token passed is incorrect or expired."})
            }
        });
    }
    let is_right =
        form["client_id"] == "app" && form["client_secret"] == "secret" && form.contains_key("code_verifier");
    Json(match (is_right, form["code"].as_str()) {
        (false, _) => {
            json!({"error": "incorrect_client_credentials", "error_description": "The client_id and/or client_secret passed are incorrect."})
        }
        (true, "good") => {
            json!({"access_token": "gho_token", "token_type": "bearer", "scope": "read:org,read:user,user:email",
                   "refresh_token": "ghr_first", "refresh_token_expires_in": 15_897_600})
        }
        (true, _) => {
            json!({"error": "bad_verification_code", "error_description": "The code passed is incorrect or expired."})
        }
    })
}

fn said(headers: &HeaderMap, status: u16, value: Value) -> Said {
    let is_known = headers.get("authorization").is_some_and(|shown| shown == "Bearer gho_token");
    let is_named = headers.get("user-agent").is_some_and(|agent| agent.to_str().unwrap().starts_with("portolan/"));
    let status = if is_known && is_named { StatusCode::from_u16(status).unwrap() } else { StatusCode::UNAUTHORIZED };
    (status, HeaderMap::new(), Json(value))
}

/// One page of a list, with the header that leads to the next.
fn page(headers: &HeaderMap, query: &HashMap<String, String>, status: u16, all: Vec<Value>) -> Said {
    let (size, page): (usize, usize) = (query["per_page"].parse().unwrap(), query["page"].parse().unwrap());
    assert!(size <= 100, "GitHub gives no more");
    let items: Vec<Value> = all.iter().skip((page - 1) * size).take(size).cloned().collect();
    let mut answer = said(headers, status, if status == 200 { json!(items) } else { json!({"message": "no"}) });
    if page * size < all.len() {
        answer.1.insert("link", "<https://api.example/?page=2>; rel=\"next\"".parse().unwrap());
    }
    answer
}

/// The number that belongs to a name at first.
fn number(name: &str) -> u64 {
    name.bytes().fold(7, |number, byte| (number * 31 + u64::from(byte)) % 1_000_000)
}

async fn user(State(own): State<GitHub>, headers: HeaderMap) -> Said {
    said(&headers, 200, own.account.lock().unwrap().user.clone())
}

async fn emails(State(own): State<GitHub>, Query(query): Query<HashMap<String, String>>, headers: HeaderMap) -> Said {
    let (status, emails) = own.account.lock().unwrap().emails.clone();
    page(&headers, &query, status, emails.as_array().unwrap().clone())
}

async fn orgs(State(own): State<GitHub>, Query(query): Query<HashMap<String, String>>, headers: HeaderMap) -> Said {
    let (status, orgs) = own.account.lock().unwrap().orgs.clone();
    let others = own.account.lock().unwrap().others;
    page(&headers, &query, status, orgs.iter().map(|org| json!({"login": org, "id": number(org) + others})).collect())
}

async fn teams(State(own): State<GitHub>, Query(query): Query<HashMap<String, String>>, headers: HeaderMap) -> Said {
    let (status, teams) = own.account.lock().unwrap().teams.clone();
    let others = own.account.lock().unwrap().others;
    let team = |(org, slug): &(String, String)| json!({"slug": slug, "id": number(slug) + others, "organization": {"login": org}});
    let mut answer = page(&headers, &query, status, teams.iter().map(team).collect());
    if own.account.lock().unwrap().is_spent {
        answer.1.insert("x-ratelimit-remaining", "0".parse().unwrap());
    }
    answer
}

async fn email_of(test: &TestApp, username: &str) -> String {
    let found = principals::by_username(&test.app.store, &username.parse().unwrap()).await.unwrap();
    found.expect("somebody of that name").email
}

/// The number is the person, the login only a name that may change hands.
#[tokio::test]
async fn the_number_of_the_account_is_who_it_is() {
    let github = GitHub::start().await;
    let (test, _) = server(&github.config("open_sign_up = true")).await;
    let mut browser = Browser::of(&test);
    assert!(browser.get("/auth/login").await.text().contains("Continue with GitHub"));
    assert_eq!(github.sign_in(&mut browser).await.status, StatusCode::SEE_OTHER);
    assert!(browser.is("octo-cat").await);
    assert_eq!(email_of(&test, "octo-cat").await, "octo@example.com");
    github.set(|account| account.user["login"] = json!("renamed"));
    github.sign_in(&mut browser).await;
    assert!(browser.is("octo-cat").await, "another login, the same person");
    github.set(|account| {
        account.user = json!({"id": 7, "login": "octo-cat"});
        account.emails = (200, json!([{"email": "octo@example.com", "primary": true, "verified": false}]));
    });
    github.sign_in(&mut browser).await;
    assert!(browser.is("octo-cat-2").await, "the same login, another person");
    assert_eq!(email_of(&test, "octo-cat-2").await, "", "an address that GitHub has not seen to be theirs");
    github.set(|account| account.user = json!({"login": "nobody"}));
    let refused = github.sign_in(&mut browser).await;
    assert_eq!(refused.status, StatusCode::BAD_GATEWAY, "{}", refused.text());
}

#[tokio::test]
async fn organisations_and_teams_are_groups() {
    let github = GitHub::start().await;
    let more = "allowed_groups = [\"Acme/platform\"]\nadmin_groups = [\"Acme/ops\"]";
    let (test, _) = server(&github.config(more)).await;
    group(&test, "dev", &[("github", "org-250")]).await;
    test.by_admin("mara").push_image("team/web", "v1", "amd64", b"layer").await;
    let mut browser = Browser::of(&test);
    github.set(|account| account.orgs = (200, vec!["Acme".into()]));
    let waits = github.sign_in(&mut browser).await;
    assert!(waits.status == StatusCode::FORBIDDEN && waits.text().contains("octo@example.com"), "{}", waits.text());
    github.set(|account| account.teams = (200, vec![("Acme".into(), "platform".into())]));
    assert_eq!(github.sign_in(&mut browser).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/r/team/web").await.status, StatusCode::NOT_FOUND);
    // All pages of a list are read.
    github.set(|account| account.orgs = (200, (0..=250).map(|n| format!("org-{n}")).collect()));
    github.sign_in(&mut browser).await;
    assert_eq!(browser.get("/r/team/web").await.status, StatusCode::OK);
    // Organisations that hide themselves from the app are none; a failure is one.
    github.set(|account| account.teams = (200, vec![("Acme".into(), "ops".into())]));
    github.sign_in(&mut browser).await;
    assert_eq!(browser.get("/admin/mounts").await.status, StatusCode::OK);
    github.set(|account| account.teams.0 = 502);
    assert_eq!(github.sign_in(&mut Browser::of(&test)).await.status, StatusCode::BAD_GATEWAY);
    assert_eq!(browser.get("/admin/mounts").await.status, StatusCode::OK, "nothing was changed by that");
    github.set(|account| (account.teams.0, account.orgs.0) = (403, 403));
    assert_eq!(github.sign_in(&mut browser).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/admin/mounts").await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get("/r/team/web").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_github_refuses_with_200_is_refused() {
    let github = GitHub::start().await;
    let (test, _) = server(&github.config("open_sign_up = true")).await;
    let mut browser = Browser::of(&test);
    let state = |location: String| {
        url::Url::parse(&location).unwrap().query_pairs().find(|(key, _)| key == "state").unwrap().1.into_owned()
    };
    let given = state(browser.begin("/auth/provider/github").await);
    let refused = browser.get(&format!("/auth/provider/github/callback?code=bad&state={given}")).await;
    assert!(refused.status == StatusCode::FORBIDDEN && refused.text().contains("used already"), "{}", refused.text());
    let config = github.config("open_sign_up = true").replace("\"secret\"", "\"wrong\"");
    let (test, _) = server(&config).await;
    let refused = github.sign_in(&mut Browser::of(&test)).await;
    assert_eq!(refused.status, StatusCode::BAD_GATEWAY);
    assert!(refused.text().contains("client secret"), "{}", refused.text());
}

/// A limit is no answer about teams: nobody loses what they have by it.
#[tokio::test]
async fn a_limit_of_github_is_said_and_takes_nothing() {
    let github = GitHub::start().await;
    let (test, _) = server(&github.config("allowed_groups = [\"acme/ops\"]")).await;
    github.set(|account| account.teams = (200, vec![("acme".into(), "ops".into())]));
    assert_eq!(github.sign_in(&mut Browser::of(&test)).await.status, StatusCode::SEE_OTHER);
    github.set(|account| (account.teams.0, account.is_spent) = (403, true));
    let limited = github.sign_in(&mut Browser::of(&test)).await;
    assert_eq!(limited.status, StatusCode::BAD_GATEWAY, "{}", limited.text());
    assert!(limited.text().contains("takes no more questions"), "{}", limited.text());
    let kept = test.app.store.all("SELECT value FROM claimed_groups", vec![]).await.unwrap();
    assert_eq!(kept.len(), 1);
}

#[tokio::test]
async fn an_app_whose_tokens_end_asks_for_the_next_and_hears_when_there_is_none() {
    let github = GitHub::start().await;
    let (test, clock) = server(&github.config("open_sign_up = true")).await;
    group(&test, "devs", &[("github", "acme/backend")]).await;
    assert_eq!(github.sign_in(&mut Browser::of(&test)).await.status, StatusCode::SEE_OTHER);
    let secret = super::resting::token(&test, "octo-cat").await;
    let by = test.showing(&format!("Bearer {secret}"));
    github.set(|account| account.teams = (200, vec![("acme".into(), "backend".into())]));
    for (is_gone, status, n_groups) in [(false, StatusCode::OK, 1), (true, StatusCode::UNAUTHORIZED, 1)] {
        github.set(|account| account.is_gone = is_gone);
        clock.advance_ms(86_400_001);
        rechecking::round(&test.app, &TaskTracker::new()).await.unwrap();
        let members = test.app.store.all("SELECT user_id FROM group_members", vec![]).await.unwrap();
        assert_eq!((by.get("/v2/").await.status, members.len()), (status, n_groups), "{is_gone}");
    }
}

/// An organisation that gives its name up gives nothing to who takes it.
#[tokio::test]
async fn whoever_takes_the_name_of_a_group_gets_nothing_by_it_until_it_is_accepted() {
    let github = GitHub::start().await;
    let more = "allowed_groups = [\"acme\"]\nadmin_groups = [\"acme/ops\"]";
    let (test, clock) = server(&github.config(more)).await;
    group(&test, "dev", &[("github", "acme")]).await;
    test.by_admin("mara").push_image("team/web", "v1", "amd64", b"layer").await;
    let mut octo = Browser::of(&test);
    github.set(|account| account.orgs = (200, vec!["acme".into(), "unheard-of".into()]));
    assert_eq!(github.sign_in(&mut octo).await.status, StatusCode::SEE_OTHER);
    assert_eq!(octo.get("/r/team/web").await.status, StatusCode::OK);
    let kept = test.app.store.all("SELECT value FROM group_pins", vec![]).await.unwrap();
    assert_eq!(kept.len(), 1, "of what means nothing here nothing is kept");

    // Another organisation, and another person in it, by the old name.
    github.set(|account| {
        account.others = 1;
        account.user["id"] = json!(666);
        account.user["login"] = json!("eve");
        account.teams = (200, vec![("acme".into(), "ops".into())]);
    });
    clock.advance_ms(1);
    let mut eve = Browser::of(&test);
    assert_eq!(
        github.sign_in(&mut eve).await.status,
        StatusCode::SEE_OTHER,
        "a team that was in no use is the one meant"
    );
    assert_eq!(eve.get("/r/team/web").await.status, StatusCode::OK, "as an administrator");
    github.set(|account| (account.teams, account.others) = ((200, vec![("acme".into(), "ops".into())]), 2));
    assert_eq!(github.sign_in(&mut eve).await.status, StatusCode::SEE_OTHER);
    assert_eq!(eve.get("/r/team/web").await.status, StatusCode::NOT_FOUND, "neither counts");
    github.set(|account| (account.user["id"], account.user["login"]) = (json!(667), json!("mallory")));
    assert_eq!(
        github.sign_in(&mut Browser::of(&test)).await.status,
        StatusCode::FORBIDDEN,
        "nor do they let anybody in"
    );
    assert_eq!(octo.get("/r/team/web").await.status, StatusCode::OK, "who was in it before goes on");

    let mara = super::console::Browser::of(&test, "mara").await;
    let log = mara.get("/activity?action=group.count").await.text();
    assert!(log.contains("acme at github") && log.contains("another group has this name"), "{log}");
    let page = mara.get("/admin/providers/github").await.text();
    assert!(page.contains("acme is another group at GitHub by now") && page.contains("acme/ops is another"), "{page}");
    let (was, is) = ((number("acme") + 1).to_string(), (number("acme") + 2).to_string());
    let accept =
        async |id: &str| mara.send("/admin/providers/github", "accept-group", &[("value", "acme"), ("id", id)]).await;
    assert_eq!(accept(&was).await.status, StatusCode::CONFLICT, "what is accepted is what was read");
    assert_eq!(accept(&is).await.status, StatusCode::SEE_OTHER);
    assert_eq!(github.sign_in(&mut eve).await.status, StatusCode::SEE_OTHER);
    assert!(eve.is("mallory").await, "the organisation lets in again");
    assert_eq!(eve.get("/r/team/web").await.status, StatusCode::OK);
    assert_eq!(
        eve.get("/admin/mounts").await.status,
        StatusCode::FORBIDDEN,
        "and the team makes nobody an administrator"
    );
    let log = mara.get("/activity?action=provider.accept-group").await.text();
    assert!(log.contains("Accepted the group") && log.contains(&is), "{log}");
}

#[tokio::test]
async fn who_tries_github_reads_which_groups_do_not_count() {
    let github = GitHub::start().await;
    let (test, _) = server(&github.config("allowed_groups = [\"acme\"]")).await;
    github.set(|account| account.orgs = (200, vec!["acme".into()]));
    let mut mara = Browser::of(&test);
    mara.carry(&super::cookie_of(&test, "mara", super::PASSWORD).await);
    for (others, words, n_kept) in
        [(0, "by the group acme", 0), (0, "by the group acme", 1), (1, "acme (another group had", 1)]
    {
        if n_kept == 1 && others == 0 {
            github.sign_in(&mut Browser::of(&test)).await;
            github.set(|account| account.user["id"] = json!(7));
        }
        github.set(|account| account.others = others);
        let location = mara.begin("/auth/provider/github?try=yes").await;
        let state =
            url::Url::parse(&location).unwrap().query_pairs().find(|(key, _)| key == "state").unwrap().1.into_owned();
        let tried = mara.get(&format!("/auth/provider/github/callback?code=good&state={state}")).await.text();
        assert!(tried.contains(words), "{words}: {tried}");
        let kept = test.app.store.all("SELECT stranger FROM group_pins WHERE stranger = ''", vec![]).await.unwrap();
        assert_eq!(kept.len(), n_kept, "trying keeps nothing");
    }
}
