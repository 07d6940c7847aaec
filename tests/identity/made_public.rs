//! What becomes open to everybody, signed in or not, is asked about before: with what that opens, and its name typed.

use super::api::{admin, give, send};
use super::console::Browser;
use super::mounts::{UPSTREAM_PASSWORD, Upstream, allowed};
use super::{PASSWORD, basic};
use crate::support::{Answer, TestApp};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// The question to which a form leads on.
async fn asked(mara: &Browser<'_>, page: &str, intent: &str, fields: &[(&str, &str)]) -> (String, String) {
    let answer = mara.send(page, intent, fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{intent}: {}", answer.text());
    let at = answer.header("location").to_owned();
    assert!(at.contains("open=yes") && !answer.header("set-cookie").contains("said"), "nothing was done: {at}");
    let question = mara.get(&at).await;
    assert_eq!(question.status, StatusCode::OK, "{}", question.text());
    (at, question.text())
}

/// That a form came back because of what was typed.
fn is_slip(answer: &Answer, name: &str) {
    let words = format!("Type {name} to confirm");
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text());
    assert!(answer.text().contains(&words) && answer.text().contains("aria-invalid=\"true\""), "{}", answer.text());
}

/// Whether anybody reads it.
async fn is_open(test: &TestApp, repository: &str) -> bool {
    test.get(&format!("/v2/{repository}/tags/list")).await.status == StatusCode::OK
}

async fn grants(admin: &TestApp, scope: &str) -> Vec<Value> {
    let listed = send(admin, "GET", &format!("grants?scope={scope}"), json!(null)).await;
    listed.json()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn everybody_is_given_something_by_who_read_what_it_opens_and_typed_where() {
    let test = super::with_admin().await;
    let (mara, admin) = (Browser::of(&test, "mara").await, test.showing(&basic("mara", PASSWORD)));
    for name in ["team/api", "team/web", "teams/web"] {
        admin.push_image(name, "1", "amd64", b"layer").await;
    }
    send(&admin, "PATCH", "r/team/api", json!({"visibility": "public"})).await;
    let page = "/n/team/-/access";
    let fields = [("who", "everybody"), ("role", "reader"), ("scope", "team/*"), ("tags", ""), ("until", "2027-01-31")];
    let (at, question) = asked(&mara, page, "give-access", &fields).await;
    for words in [
        "Give everybody Reader on team?",
        "1 repository becomes readable by anybody",
        "class=\"tagchip\">team/web<",
        "Without signing in, anybody may see and pull there, until 31 Jan 2027.",
        "Type <code>team<",
    ] {
        assert!(question.contains(words), "{words}: {question}");
    }
    assert_eq!(question.matches("class=\"tagchip\"").count(), 1, "what is public stays so: {question}");
    for typed in ["", "teams"] {
        is_slip(&mara.send(&at, "give-access", &[&fields[..], &[("confirmed", typed)]].concat()).await, "team");
    }
    assert!(grants(&admin, "team/*").await.is_empty() && !is_open(&test, "team/web").await, "nothing was done");
    let done = mara.done(&at, "give-access", &[&fields[..], &[("confirmed", "team")]].concat()).await;
    assert!(done.contains("everybody has access.") && is_open(&test, "team/web").await, "{done}");
    assert!(!is_open(&test, "teams/web").await);
    let record = admin.get("/api/v1/activity?action=grant.give").await.json()["items"][0].clone();
    assert!(record["object"].as_str().unwrap().contains("everybody"), "{record}");

    // More than before is asked about, less is not.
    let id = grants(&admin, "team/*").await[0]["id"].as_str().unwrap().to_owned();
    let more = [("grant", id.as_str()), ("role", "developer")];
    let (at, question) = asked(&mara, page, "change-access", &more).await;
    for words in ["Give everybody Developer on team?", "No repository becomes readable", "move and delete tags there"] {
        assert!(question.contains(words), "{words}: {question}");
    }
    is_slip(&mara.send(&at, "change-access", &[&more[..], &[("confirmed", "everybody")]].concat()).await, "team");
    assert_eq!(grants(&admin, "team/*").await[0]["role"], "reader");
    mara.done(&at, "change-access", &[&more[..], &[("confirmed", "team")]].concat()).await;
    assert_eq!(grants(&admin, "team/*").await[0]["role"], "developer");
    mara.done(page, "change-access", &[("grant", &id), ("role", "reader")]).await;
    mara.done(page, "take-access", &[("grant", &id)]).await;
    assert!(!is_open(&test, "team/web").await, "what is taken is not asked about so");

    // A role that takes a name is refused before, and a program knows what it sends.
    let lets_in = [("who", "everybody"), ("role", "maintainer"), ("scope", "team/*")];
    let refused = mara.send(page, "give-access", &lets_in).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text().contains("somebody with a name"));
    give(&admin, json!("anonymous"), "reader", "*", None).await.unwrap();
    assert!(is_open(&test, "teams/web").await);
}

/// Over the page it was asked on: a question comes as a part of it, and what is no question as nothing.
#[tokio::test]
async fn what_opens_to_everybody_is_asked_about_in_a_dialog_where_script_runs() {
    let test = super::with_admin().await;
    let mara = Browser::of(&test, "mara").await;
    let page = "/n/team/-/access?part=dialog";
    let fields = [("who", "everybody"), ("role", "publisher"), ("scope", "team/web"), ("tags", "v*"), ("until", "")];
    let (at, question) = asked(&mara, page, "give-access", &fields).await;
    assert!(question.contains("id=\"dialog-title\"") && !question.contains("<html"), "{question}");
    assert!(question.contains("push new images and tags there, of tags only v*."), "{question}");
    let slip = mara.send(&at, "give-access", &[&fields[..], &[("confirmed", "team")]].concat()).await;
    is_slip(&slip, "team/web");
    assert!(!slip.text().contains("<html"));
    let done = mara.send(&at, "give-access", &[&fields[..], &[("confirmed", "team/web")]].concat()).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::NO_CONTENT, "/n/team/-/access"));
    let odd = [("who", "everybody"), ("role", "reader"), ("scope", "other/*")];
    let refused = mara.send(page, "give-access", &odd).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.text().contains("<form"), "it is for the page to show: {}", refused.text());
    let listed = mara.get("/n/team/-/access").await.text();
    assert!(listed.contains("data-asks=\"who=everybody\"") && listed.contains("data-asks=\"grant="), "{listed}");
}

#[tokio::test]
async fn a_repository_becomes_public_by_its_name_and_so_does_what_a_namespace_begins_with() {
    let test = super::with_admin().await;
    let (mara, admin) = (Browser::of(&test, "mara").await, test.showing(&basic("mara", PASSWORD)));
    admin.push_image("team/web", "1", "amd64", b"layer").await;
    let page = "/r/team/web/-/settings";
    let fields = [("description", "The <shop>"), ("visibility", "public")];
    let (at, question) = asked(&mara, page, "configure-repository", &fields).await;
    for words in ["Make team/web public?", "1 repository becomes readable", "value=\"The &lt;shop&gt;\""] {
        assert!(question.contains(words), "{words}: {question}");
    }
    is_slip(
        &mara.send(&at, "configure-repository", &[&fields[..], &[("confirmed", "team")]].concat()).await,
        "team/web",
    );
    assert!(!is_open(&test, "team/web").await);
    let done = mara.done(&at, "configure-repository", &[&fields[..], &[("confirmed", "team/web")]].concat()).await;
    assert!(done.contains("The settings of team/web are saved.") && is_open(&test, "team/web").await, "{done}");
    mara.done(page, "configure-repository", &[("description", "The shop"), ("visibility", "public")]).await;

    let page = "/n/team/-/settings";
    let fields = [("default_visibility", "public")];
    let (at, question) = asked(&mara, page, "configure-namespace", &fields).await;
    assert!(question.contains("Let new repositories of team begin public?"), "{question}");
    is_slip(&mara.send(&at, "configure-namespace", &[fields[0], ("confirmed", "web")]).await, "team");
    mara.done(&at, "configure-namespace", &[fields[0], ("confirmed", "team")]).await;
    admin.push_image("team/api", "1", "amd64", b"layer").await;
    assert!(is_open(&test, "team/api").await);
    mara.done("/n/team/a/-/settings", "configure-namespace", &fields).await; // As it is by the namespace above.
}

/// Its form holds a password, which goes nowhere to be asked about.
#[tokio::test]
async fn a_mount_becomes_public_by_its_prefix() {
    let (_, url) = Upstream::start().await;
    let test = allowed().await;
    let (mara, admin) = (Browser::of(&test, "mara").await, test.showing(&basic("mara", PASSWORD)));
    let fields = |visibility: &'static str| {
        let usual = [("prefix", "hub"), ("username", "robot"), ("password", UPSTREAM_PASSWORD), ("refresh_s", "60")];
        usual.into_iter().chain([("visibility", visibility)]).collect::<Vec<_>>()
    };
    let with = |visibility, more: &[(&'static str, &'static str)]| [&fields(visibility)[..], more].concat();
    let send = async |page: &str, intent: &str, fields: Vec<(&str, &str)>| {
        mara.send(page, intent, &[&fields[..], &[("url", url.as_str())]].concat()).await
    };
    let new = send("/admin/mounts/new", "create-mount", fields("public")).await;
    is_slip(&new, "hub/");
    assert!(new.text().contains("Anybody, signed in or not") && !new.text().contains(UPSTREAM_PASSWORD));
    let mounts = admin.get("/api/v1/mounts").await.json()["items"].as_array().unwrap().len();
    assert_eq!(mounts, 1, "nothing is kept");
    let made = send("/admin/mounts/new", "create-mount", fields("private")).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text());
    let page = "/admin/mounts/hub";
    is_slip(&send(page, "change-mount", with("public", &[("confirmed", "hub")])).await, "hub/");
    let done = send(page, "change-mount", with("public", &[("confirmed", "hub/")])).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let again = send(page, "change-mount", fields("public")).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "it is so already: {}", again.text());
}

/// The question is for who may do it, and for nobody else.
#[tokio::test]
async fn what_would_open_is_shown_to_who_may_open_it() {
    let admin = admin().await;
    let otto = super::api::user(&admin, "otto").await;
    admin.push_image("team/web", "1", "amd64", b"layer").await;
    give(&admin, super::api::named("otto"), "maintainer", "team/web", None).await.unwrap();
    assert_eq!(otto.get("/v2/team/web/tags/list").await.status, StatusCode::OK);
    let otto = Browser::of(&admin, "otto").await;
    let open = |page: &str, scope: &str| format!("{page}/-/access?open=yes&role=reader&scope={scope}");
    for (at, status) in [
        (open("/r/team/web", "team/web"), 200),
        (open("/r/team/web", "team/*"), 403),
        (open("/r/team/web", "*"), 403),
        ("/r/team/web/-/settings?open=yes".to_owned(), 200),
        ("/n/team/-/settings?open=yes".to_owned(), 403),
    ] {
        let page = otto.get(&at).await;
        assert_eq!(page.status.as_u16(), status, "{at}: {}", page.text());
        assert_eq!(page.text().contains("becomes readable"), status == 200, "{at}");
    }
}
