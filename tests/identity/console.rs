//! The console's pages about people, by their plain forms: nothing here runs a script.

use super::providers::server;
use super::stand_in::StandIn;
use super::{PASSWORD, basic, cookie, cookie_of, form, ways_in, with, with_admin};
use crate::support::{Answer, TestApp};
use axum::http::StatusCode;

/// Somebody in a browser, signed in.
pub(super) struct Browser<'a> {
    test: &'a TestApp,
    cookie: String,
}

impl<'a> Browser<'a> {
    pub(super) async fn of(test: &'a TestApp, username: &str) -> Self {
        Self { test, cookie: cookie_of(test, username, PASSWORD).await }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        with(self.test, "GET", path, ("cookie", &self.cookie)).await
    }

    /// Sends a form of a page.
    pub(super) async fn send(&self, page: &str, intent: &str, fields: &[(&str, &str)]) -> Answer {
        let fields: Vec<(&str, &str)> = [("do", intent)].into_iter().chain(fields.iter().copied()).collect();
        form(self.test, page, &self.cookie, &fields).await
    }

    /// Sends a form that is done, and reads the page that says so.
    pub(super) async fn done(&self, page: &str, intent: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.send(page, intent, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{intent}: {}", answer.text());
        let cookies = format!("{}; {}", self.cookie, cookie(&answer));
        let page = with(self.test, "GET", answer.header("location"), ("cookie", &cookies)).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        assert!(page.header("set-cookie").contains("Max-Age=0"), "it is said once");
        page.text()
    }
}

/// The address that a page shows once.
pub(super) fn link(page: &str) -> String {
    let start = page.find("/auth/invite/").expect("a link");
    page[start..].split(|c: char| !c.is_ascii_alphanumeric() && !"/-_".contains(c)).next().unwrap().to_owned()
}

#[tokio::test]
async fn somebody_who_is_invited_chooses_a_password_once_and_sees_nothing_yet() {
    let test = with_admin().await;
    let mara = Browser::of(&test, "mara").await;
    let odd = mara.send("/admin/users", "create-user", &[("username", "Priya Nair"), ("name", "Priya")]).await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(odd.text().contains("value=\"Priya Nair\"") && odd.text().contains("aria-invalid=\"true\""));
    let fields = [("username", "priya"), ("name", "Priya Nair"), ("email", "priya@example.com")];
    let made = mara.done("/admin/users", "create-user", &fields).await;
    assert!(made.contains("priya has an account.") && made.contains("Invited, 7 days left"), "{made}");
    let first = link(&made);
    assert!(!mara.get("/admin/users").await.text().contains("/auth/invite/"), "it is shown once");
    let taken = mara.send("/admin/users", "create-user", &fields).await;
    assert!(taken.status == StatusCode::UNPROCESSABLE_ENTITY && taken.text().contains("is taken"));

    let again = link(&mara.done("/admin/users/priya", "invite-again", &[]).await);
    assert_eq!(test.get(&first).await.status, StatusCode::GONE, "a newer link takes its place");
    let page = test.get(&again).await;
    assert!(page.status == StatusCode::OK && page.text().contains("priya"), "{}", page.text());
    let short = form(&test, &again, "", &[("password", "short")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    let entered = form(&test, &again, "", &[("password", PASSWORD)]).await;
    assert_eq!(
        (entered.status, entered.header("location")),
        (StatusCode::SEE_OTHER, "/repositories"),
        "{}",
        entered.text()
    );
    assert_eq!(test.get(&again).await.status, StatusCode::GONE, "it works once");
    assert_eq!(form(&test, &again, "", &[("password", PASSWORD)]).await.status, StatusCode::NOT_FOUND);

    let priya = Browser { test: &test, cookie: cookie(&entered) };
    for (path, status) in [
        ("/repositories", 200),
        ("/account", 200),
        ("/admin/users", 403),
        ("/admin/groups", 403),
        ("/admin/access", 403),
        ("/admin/roles", 403),
        ("/activity", 403),
        ("/admin/users/mara", 403),
    ] {
        assert_eq!(priya.get(path).await.status.as_u16(), status, "{path}");
    }
    let menu = priya.get("/repositories").await.text();
    assert!(!menu.contains("Administration") && !menu.contains("/activity"), "no entry that leads nowhere");
    let refused = priya.send("/admin/users", "create-user", &[("username", "otto")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);

    let left = mara.done("/admin/users/priya", "disable-user", &[]).await;
    assert!(left.contains("let in no more"));
    assert_eq!(priya.get("/account").await.status, StatusCode::SEE_OTHER, "who is not let in is asked to sign in");
    mara.done("/admin/users/priya", "enable-user", &[]).await;
    let slip = mara.send("/admin/users/priya", "delete-user", &[("confirmed", "pria")]).await;
    assert_eq!(slip.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(mara.done("/admin/users/priya", "delete-user", &[("confirmed", "priya")]).await.contains("is gone"));
    assert_eq!(mara.get("/admin/users/priya").await.status, StatusCode::NOT_FOUND);
    let last = mara.send("/admin/users/mara", "disable-user", &[]).await;
    assert!(last.status == StatusCode::CONFLICT && last.text().contains("Nobody would be left"), "{}", last.text());
}

#[tokio::test]
async fn a_group_is_given_a_namespace_and_it_is_taken_back() {
    let test = with_admin().await;
    let (mara, admin) = (Browser::of(&test, "mara").await, test.showing(&basic("mara", PASSWORD)));
    let otto = serde_json::json!({"username": "otto", "password": PASSWORD}).to_string();
    admin.call("POST", "/api/v1/users", "application/json", otto).await;
    admin.push_image("team/web", "1", "amd64", b"layer").await;
    assert!(
        mara.done("/admin/groups", "create-group", &[("name", "eng-web")]).await.contains("Nobody is in this group")
    );
    let unknown = mara.send("/admin/groups/eng-web", "add-member", &[("member", "nobody")]).await;
    assert!(unknown.status == StatusCode::UNPROCESSABLE_ENTITY && unknown.text().contains("There is no user nobody"));
    assert!(
        mara.done("/admin/groups/eng-web", "add-member", &[("member", "otto")]).await.contains("/admin/users/otto")
    );

    let page = "/n/team/-/access";
    let fields = [("who", "eng-web (group)"), ("role", "reader"), ("scope", "team/*"), ("tags", ""), ("until", "")];
    let odd = mara.send(page, "give-access", &[("who", "eng-wbe"), ("role", "reader"), ("scope", "team/*")]).await;
    assert!(
        odd.status == StatusCode::UNPROCESSABLE_ENTITY
            && odd.text().contains("There is no person, group or robot called eng-wbe"),
        "{}",
        odd.text()
    );
    let over = [("who", "otto"), ("role", "reader"), ("scope", "team/*"), ("until", "2020-01-01")];
    assert!(mara.send(page, "give-access", &over).await.text().contains("This day is over"));
    assert!(mara.done(page, "give-access", &fields).await.contains("eng-web has access."));

    let otto = Browser::of(&test, "otto").await;
    assert_eq!(otto.get("/r/team/web").await.status, StatusCode::OK);
    assert!(!otto.get("/r/team/web").await.text().contains("/-/access"), "a reader sees no tab that is not theirs");
    assert_eq!(otto.get(page).await.status, StatusCode::FORBIDDEN);
    let listed = mara.get(page).await.text();
    assert!(listed.contains("Group, 1 person"), "{listed}");
    assert!(
        listed.contains("href=\"/admin/access\">Everything"),
        "inherited rows lead to where they are set: {listed}"
    );
    let grants = admin.get("/api/v1/grants?scope=team/*").await.json();
    let id = grants["items"][0]["id"].as_str().unwrap().to_owned();
    mara.done(page, "change-access", &[("grant", &id), ("role", "maintainer")]).await;
    assert!(otto.get("/r/team/web").await.text().contains("/r/team/web/-/access"));

    // Nobody gives what they do not hold, and the page offers no such role.
    assert!(!otto.get(page).await.text().contains("Owner: "));
    let beyond = [("who", "otto"), ("role", "owner"), ("scope", "team/*")];
    let refused = otto.send(page, "give-access", &beyond).await;
    assert!(refused.status == StatusCode::FORBIDDEN && refused.text().contains("role=\"alert\""), "{}", refused.text());

    let asked = mara.get(&format!("{page}?take={id}")).await.text();
    assert!(asked.contains("Take access from group eng-web?"), "{asked}");
    mara.done(page, "take-access", &[("grant", &id)]).await;
    assert_eq!(otto.get("/r/team/web").await.status, StatusCode::NOT_FOUND);
    let own = admin.get("/api/v1/grants?scope=*").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let last = mara.send("/admin/access", "take-access", &[("grant", &own)]).await;
    assert!(last.status == StatusCode::CONFLICT && last.text().contains("Nobody would be left"), "{}", last.text());
    mara.done("/admin/groups/eng-web", "remove-member", &[("member", "otto")]).await;
    assert!(mara.done("/admin/groups/eng-web", "delete-group", &[("confirmed", "eng-web")]).await.contains("is gone"));
}

#[tokio::test]
async fn an_account_is_its_owners() {
    let test = with_admin().await;
    let (here, elsewhere) = (Browser::of(&test, "mara").await, Browser::of(&test, "mara").await);
    let page = here.get("/account").await.text();
    assert!(page.contains("This browser") && page.contains("Admin"), "{page}");
    let wrong = [("password_before", "wrong horse"), ("password", "another horse")];
    let refused = here.send("/account", "change-password", &wrong).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text().contains("This is not your password"));
    assert!(!refused.text().contains("another horse"), "a password never comes back");
    let right = [("password_before", PASSWORD), ("password", "another horse")];
    assert!(here.done("/account", "change-password", &right).await.contains("Your password changed"));
    assert_eq!(here.get("/account").await.status, StatusCode::OK);
    assert_eq!(elsewhere.get("/account").await.status, StatusCode::SEE_OTHER, "all others are signed out");
    assert_eq!(test.showing(&basic("mara", PASSWORD)).get("/v2/").await.status, StatusCode::UNAUTHORIZED);

    let other = Browser { test: &test, cookie: cookie_of(&test, "mara", "another horse").await };
    let listed = other.get("/account").await.text();
    let id = listed
        .split("name=\"session\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("the other one");
    other.done("/account", "end-session", &[("session", id)]).await;
    assert_eq!(here.get("/account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(other.send("/account", "end-session", &[("session", id)]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn settings_hold_and_activity_shows_who_did_what() {
    let test = with_admin().await;
    let (mara, admin) = (Browser::of(&test, "mara").await, test.showing(&basic("mara", PASSWORD)));
    admin.push_image("team/web", "1", "amd64", b"layer").await;
    let page = "/r/team/web/-/settings";
    let two_lines = [("description", "one\ntwo"), ("visibility", "public")];
    assert_eq!(mara.send(page, "configure-repository", &two_lines).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(test.get("/r/team/web").await.status, StatusCode::SEE_OTHER, "nothing of it was done");
    let fields = [("description", "Customer <web> app"), ("visibility", "public"), ("confirmed", "team/web")];
    assert!(mara.done(page, "configure-repository", &fields).await.contains("The settings of team/web are saved."));
    let seen = test.get("/r/team/web").await;
    assert!(seen.status == StatusCode::OK && seen.text().contains("Customer &lt;web&gt; app"), "{}", seen.text());
    mara.done("/n/team/-/settings", "configure-namespace", &[("default_visibility", "internal")]).await;
    admin.push_image("team/api", "1", "amd64", b"layer").await;
    assert!(mara.get("/r/team/api/-/settings").await.text().contains("value=\"internal\" selected"));

    let new = [("name", "team/new"), ("description", "Soon"), ("visibility", "")];
    let made = mara.done("/repositories/new", "create-repository", &new).await;
    assert!(made.contains("team/new is there.") && made.contains("Soon"), "{made}");
    let again = mara.send("/repositories/new", "create-repository", &new).await;
    assert!(again.status == StatusCode::UNPROCESSABLE_ENTITY && again.text().contains("is there already"));
    assert!(
        mara.get("/r/team/new/-/settings").await.text().contains("value=\"internal\" selected"),
        "its namespace says so"
    );
    let json = |body: &str| admin.call("POST", "/api/v1/r/team/other", "application/json", body.to_owned());
    assert_eq!(json(r#"{"visibility": "public"}"#).await.json()["visibility"], "public");
    assert_eq!(json("{}").await.status, StatusCode::CONFLICT);

    let shown = mara.get("/activity").await.text();
    for words in ["Pushed", "Changed the settings of", "team/web", "<del>visibility: private", "→", "Signed in"] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    let otto = serde_json::json!({"username": "otto", "password": PASSWORD}).to_string();
    admin.call("POST", "/api/v1/users", "application/json", otto).await;
    let otto = test.showing(&basic("otto", PASSWORD));
    assert_eq!(otto.get("/api/v1/activity").await.status, StatusCode::FORBIDDEN);
    // A refusal is written down behind the answer.
    let written = async {
        loop {
            let found = admin.get("/api/v1/activity?who=otto&refused=true").await.json()["items"][0].clone();
            if found.is_object() {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    let entry = tokio::time::timeout(std::time::Duration::from_secs(5), written).await.expect("it is written down");
    let refused = mara.get("/activity?who=otto&refused=yes").await.text();
    assert!(refused.contains("badge-bad\">Refused") && !refused.contains("name\">Pushed"), "{refused}");
    assert_eq!((entry["actor"].as_str(), entry["refused"].as_str()), (Some("user:otto"), Some("audit.read")));
}

/// SEC-1: a form is done for who may do it, whatever page it comes from; from another site it is not done at all.
#[tokio::test]
async fn forms_are_the_consoles_own() {
    let test = with_admin().await;
    let mara = Browser::of(&test, "mara").await;
    assert_eq!(
        form(&test, "/admin/users", "", &[("do", "create-user"), ("username", "otto")]).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(mara.send("/admin/users", "anything", &[]).await.status, StatusCode::METHOD_NOT_ALLOWED);
    let headers = [
        ("cookie", mara.cookie.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.example"),
    ];
    let foreign = test.ask("POST", "/admin/users", &headers, "do=create-user&username=otto").await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    assert!(!mara.get("/admin/users").await.text().contains("otto"));
}

#[tokio::test]
async fn who_waits_is_let_in_and_a_group_of_the_provider_is_mapped() {
    let provider = StandIn::start().await;
    provider.claim("groups", serde_json::json!(["developers"]));
    let (test, _) = server(&provider.config("")).await;
    let (mara, mut stranger) = (Browser::of(&test, "mara").await, ways_in::Browser::of(&test));
    assert_eq!(stranger.sign_in(&provider).await.status, StatusCode::FORBIDDEN);
    let page = mara.get("/admin/users").await.text();
    assert!(page.contains("mara@acme.dev") && page.contains("in developers"), "{page}");
    let hidden = |name: &str| {
        let rest = page.split("<input").find(|input| input.contains(&format!("name=\"{name}\""))).expect("a field");
        rest.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("its value").to_owned()
    };
    let (issuer, subject) = (hidden("issuer"), hidden("subject"));
    let who = [("issuer", &*issuer), ("subject", &*subject), ("email", "mara@acme.dev")];
    assert!(mara.done("/admin/users", "dismiss", &who).await.contains("mara@acme.dev waits no longer."));
    assert_eq!(mara.send("/admin/users", "let-in", &who).await.status, StatusCode::NOT_FOUND, "nobody waits now");
    assert_eq!(stranger.sign_in(&provider).await.status, StatusCode::FORBIDDEN);
    assert!(mara.done("/admin/users", "let-in", &who).await.contains("mara.l is let in"));
    assert_eq!(stranger.sign_in(&provider).await.status, StatusCode::SEE_OTHER);

    mara.done("/admin/groups", "create-group", &[("name", "dev")]).await;
    let group = "/admin/groups/dev";
    let unknown = mara.send(group, "map-claim", &[("provider", "nobody"), ("value", "developers")]).await;
    assert!(
        unknown.status == StatusCode::UNPROCESSABLE_ENTITY && unknown.text().contains("There is no provider nobody")
    );
    let claim = [("provider", "acme"), ("value", "developers")];
    let mapped = mara.done(group, "map-claim", &claim).await;
    assert!(mapped.contains("/admin/users/mara.l"), "whom the provider named is in at once: {mapped}");
    let taken_out = mara.send(group, "remove-member", &[("member", "mara.l")]).await;
    assert_eq!(taken_out.status, StatusCode::CONFLICT, "that is for the provider to say");
    let shown = test.showing(&basic("mara", PASSWORD)).get("/api/v1/groups/dev").await.json();
    assert_eq!(shown["claims"], serde_json::json!([{"provider": "acme", "value": "developers"}]));
    assert_eq!(shown["members"], serde_json::json!(["mara.l"]));
    assert!(!mara.done(group, "unmap-claim", &claim).await.contains("/admin/users/mara.l"));
    mara.done("/admin/users/mara.l", "delete-user", &[("confirmed", "mara.l")]).await;
    assert!(stranger.is_out().await);
    assert_eq!(stranger.sign_in(&provider).await.status, StatusCode::FORBIDDEN, "who is deleted begins anew");
}
