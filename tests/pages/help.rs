//! Help: from a terminal, with keys, with a push, and the id that finds what went wrong.

use crate::support::{Answer, TestApp, user};
use axum::http::StatusCode;
use portolan::domain::tag_filter::WORDS;
use portolan::domain::{Role, Terms};
use portolan::server::access::{Policy, Standing};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// The same server, for somebody with a role in `team`.
fn by(test: &TestApp, role: Role) -> TestApp {
    let terms = vec![Terms { role, scope: "team/*".parse().unwrap(), tags: None, expires_at: None }];
    test.with_standing(Standing { terms, ..Standing::of(user("nina")) })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[tokio::test]
async fn help_names_this_registry_and_every_word_of_the_filter_and_is_found_from_every_page() {
    let test = TestApp::new().await;
    test.push_image("team/web", "1", "amd64", b"layer").await;
    let page = test.get("/help").await.text();
    for shown in [
        "docker login -u admin 127.0.0.1:8080",
        "docker pull 127.0.0.1:8080/team/web:",
        "href=\"/account/tokens\"",
        "href=\"/help/api\"",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    for word in WORDS {
        assert!(page.contains(&format!("<code>{}<", escaped(word.sample))), "{}: {page}", word.sample);
    }
    for path in ["/repositories", "/r/team/web", "/r/team/web/-/tags/1", "/r/none", "/help", "/account"] {
        let page = test.get(path).await.text();
        // In the rail, and in the menu of narrow windows.
        assert_eq!(page.matches("<a href=\"/help\"").count(), 2, "{path}: {page}");
    }
    // Who reads what is public has no account, and no tokens.
    let anybody = test.with_standing(Standing::anonymous(vec![Terms {
        role: Role::Reader,
        scope: "team/*".parse().unwrap(),
        tags: None,
        expires_at: None,
    }]));
    let page = anybody.get("/help").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    assert!(page.text().contains("docker login 127.0.0.1:8080") && !page.text().contains("/account/tokens"));
}

#[tokio::test]
async fn single_keys_are_switched_off_and_on_without_script_or_account() {
    let test = TestApp::new().await;
    let page = test.get("/help/shortcuts").await.text();
    assert!(page.contains("Single keys are on") && !page.contains("data-keys"), "{page}");
    for key in ["/", "j", "y", "g", "?", "F2", "#", "Esc"] {
        assert!(page.contains(&format!("<kbd>{key}<")), "{key}: {page}");
    }
    let over = test.get("/help/shortcuts?part=dialog").await.text();
    assert!(over.contains("id=\"dialog-title\"") && over.contains("autofocus") && !over.contains("<html"), "{over}");

    let off = test.ask("POST", "/help/shortcuts", &[FORM], "keys=off").await;
    assert_eq!((off.status, off.location().as_str()), (StatusCode::SEE_OTHER, "/help/shortcuts"), "{}", off.text());
    let kept = off.header("set-cookie");
    assert!(kept.starts_with("keys=off; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"), "{kept}");
    for path in ["/help/shortcuts", "/repositories"] {
        let page = test.ask("GET", path, &[("cookie", "a=b; keys=off")], "").await.text();
        assert!(page.contains("data-keys=\"off\""), "{path}: {page}");
        assert_eq!(page.contains("Single keys are off"), path != "/repositories", "{page}");
    }
    let on = test.ask("POST", "/help/shortcuts", &[FORM], "keys=on").await;
    assert!(on.header("set-cookie").starts_with("keys=; Path=/; Max-Age=0;"), "{}", on.header("set-cookie"));
    for sent in ["keys=", "keys=%3Cb%3E", "other=off"] {
        let refused = test.ask("POST", "/help/shortcuts", &[FORM], sent).await;
        assert_eq!((refused.status, refused.header("set-cookie")), (StatusCode::BAD_REQUEST, ""), "{sent}");
    }
    let secure = TestApp::with("[server]\npublic_url = \"https://127.0.0.1:8080\"", Policy::Grants).await;
    let off = secure.ask("POST", "/help/shortcuts", &[FORM], "keys=off").await;
    assert!(off.header("set-cookie").ends_with("; Secure"), "{}", off.header("set-cookie"));
}

#[tokio::test]
async fn who_may_push_is_told_how_before_and_after_the_first_push() {
    let test = TestApp::new().await;
    test.push_image("team/web", "1", "amd64", b"layer").await;
    let publisher = by(&test, Role::Publisher);
    let before = publisher.get("/r/team/new/-/push").await;
    assert_eq!(before.status, StatusCode::OK, "{}", before.text());
    let before = before.text();
    for shown in [
        "Waiting for the first push",
        "The first push makes it",
        "docker push 127.0.0.1:8080/team/new:1",
        "podman push --tls-verify=false 127.0.0.1:8080/team/new:1",
        "oci://127.0.0.1:8080/team",
        "docker login -u nina 127.0.0.1:8080",
        "data-scope=\"repository:team/new\"",
    ] {
        assert!(before.contains(shown), "{shown}: {before}");
    }
    // Nothing leads to what is not there, nor to what is another's to do.
    assert!(!before.contains("href=\"/r/team/new\"") && !before.contains("/-/robots"), "{before}");
    assert!(by(&test, Role::Owner).get("/r/team/new/-/push").await.text().contains("href=\"/n/team/-/robots\""));

    publisher.push_image("team/new", "v1", "amd64", b"first").await;
    let part = publisher.get("/r/team/new/-/push?part=results").await.text();
    assert!(
        part.contains("data-live=\"arrived\"") && !part.contains("<html") && !part.contains("docker push"),
        "{part}"
    );
    assert!(part.contains("href=\"/r/team/new/-/tags/v1\"") && part.contains("href=\"/r/team/new\""), "{part}");
    assert!(!part.contains("Waiting"), "{part}");
    for (path, to) in [("/r/team/new", "/r/team/new/-/push"), ("/repositories", "/repositories/push")] {
        for (role, is_offered) in [(Role::Publisher, true), (Role::Reader, false)] {
            let page = by(&test, role).get(path).await.text();
            assert_eq!(page.contains(&format!("href=\"{to}\"")), is_offered, "{role}: {page}");
        }
    }
}

#[tokio::test]
async fn who_may_not_push_is_told_what_it_takes_and_of_hidden_ones_nothing() {
    let test = TestApp::new().await;
    test.push_image("team/web", "1", "amd64", b"layer").await;
    let (reader, stranger) = (by(&test, Role::Reader), test.with_standing(Standing::of(user("eve"))));
    for path in ["/r/team/web/-/push", "/r/team/none/-/push"] {
        let refused = reader.get(path).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(refused.text().contains("repository.push (Publisher and up)"), "{}", refused.text());
    }
    let said = |answer: Answer, own: &str| {
        let nonce =
            answer.header("content-security-policy").split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
        (answer.status, answer.text().replace(nonce, "").replace(own, "web"))
    };
    let hidden = said(stranger.get("/r/team/web/-/push").await, "web");
    assert_eq!(hidden.0, StatusCode::NOT_FOUND);
    assert_eq!(hidden, said(stranger.get("/r/team/xyz/-/push").await, "xyz"));
    assert_eq!(stranger.get("/repositories/push").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_name_leads_to_its_page_and_what_is_none_is_said_at_the_field() {
    let test = TestApp::new().await;
    assert!(test.get("/repositories/push").await.text().contains("name=\"name\""));
    let led = test.get("/repositories/push?name=+team/web+").await;
    assert_eq!((led.status, led.location().as_str()), (StatusCode::SEE_OTHER, "/r/team/web/-/push"));
    let odd = test.get("/repositories/push?name=Team%22%3E%3Cb%3E").await;
    assert_eq!(odd.status, StatusCode::OK);
    let odd = odd.text();
    assert!(odd.contains("aria-invalid=\"true\"") && odd.contains("Team&quot;") && !odd.contains("\"><b>"), "{odd}");
}

#[tokio::test]
async fn a_registry_elsewhere_is_named_by_its_own_address() {
    let config = "[[mounts]]\nprefix = \"far\"\nkind = \"remote\"\nurl = \"http://127.0.0.1:9\"";
    let test = TestApp::with(config, Policy::Grants).await;
    let page = test.get("/r/far/web/-/push").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let page = page.text();
    for shown in
        ["127.0.0.1:9 keeps it", "docker push 127.0.0.1:9/web:1", "podman login --tls-verify=false 127.0.0.1:9"]
    {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(!page.contains("Waiting for the first push") && !page.contains("/account/tokens"), "{page}");
}

#[tokio::test]
async fn an_error_has_an_id_unless_nothing_is_there() {
    let test = TestApp::new().await;
    test.push_image("team/web", "1", "amd64", b"layer").await;
    let reader = by(&test, Role::Reader);
    for (path, status) in [
        ("/admin/users", 403),
        ("/r/team/web/-/settings", 403),
        ("/repositories?after=damaged", 400),
        ("/r/team/web?q=none:%3E1", 400),
    ] {
        let page = reader.get(path).await;
        assert_eq!(page.status.as_u16(), status, "{path}");
        assert!(page.text().contains(&format!("err_{}", page.header("x-request-id"))), "{path}: {}", page.text());
    }
    for path in ["/r/team/none", "/r/other/web", "/r/team/web/-/tags/none", "/nowhere"] {
        let page = reader.get(path).await;
        assert_eq!((page.status, page.text().contains("err_")), (StatusCode::NOT_FOUND, false), "{path}");
    }
}
