//! What a text finds, in which order and for whom; and where what was pasted leads.

use crate::lists::{self, MANY, TAGS};
use crate::support::{Answer, TestApp, sha256, user};
use axum::http::StatusCode;
use portolan::domain::{Role, Terms};
use portolan::server::access::{Policy, Standing};
use serde_json::Value;

fn query(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Asks for the page, as somebody does who typed this.
async fn typed(test: &TestApp, text: &str) -> Answer {
    test.get(&format!("/search?q={}", query(text))).await
}

/// Where the results for a text lead, in the order of the page.
async fn results(test: &TestApp, text: &str) -> Vec<String> {
    let answer = test.get(&format!("/search?q={}&part=results", query(text))).await;
    assert_eq!(answer.status, StatusCode::OK, "{text}: {}", answer.text());
    let page = answer.text();
    assert!(!page.contains("<html") && !page.contains("<form"), "{page}");
    let links = page.split("<a").skip(1).filter_map(|rest| rest.split('>').next());
    let found = links.filter(|link| link.contains("data-result"));
    found.map(|link| link.split("href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()).collect()
}

/// Somebody who reads these.
fn reader(test: &TestApp, scopes: &[&str]) -> TestApp {
    let terms =
        |scope: &&str| Terms { role: Role::Reader, scope: scope.parse().unwrap(), tags: None, expires_at: None };
    test.with_standing(Standing { terms: scopes.iter().map(terms).collect(), ..Standing::of(user("nina")) })
}

#[tokio::test]
async fn what_is_pasted_leads_straight_to_its_page() {
    let test = TestApp::new().await;
    let digest = test.push_image("team/web", "1.4.2", "amd64", b"layer").await;
    let twice = test.push_image("team/one", "a", "amd64", b"twice").await;
    assert_eq!(test.push_image("team/two", "b", "amd64", b"twice").await, twice);
    let host = test.app.facts.host.clone();
    let image = format!("/r/team/web/-/manifests/{digest}");
    let (tag, image) = ("/r/team/web/-/tags/1.4.2", image.as_str());
    for (text, leads) in [
        ("team/web:1.4.2".to_owned(), tag),
        (format!("{host}/team/web:1.4.2"), tag),
        (format!("  $ docker pull {host}/team/web:1.4.2\n"), tag),
        (format!("image: {host}/team/web:1.4.2"), tag),
        (format!("http://{host}/r/team/web/-/tags/1.4.2?platform=linux/amd64"), tag),
        (format!("{host}/team/web"), "/r/team/web"),
        ("team/web".to_owned(), "/r/team/web"),
        (format!("team/web@{digest}"), image),
        (format!("team/web:gone@{digest}"), image),
        (digest.clone(), image),
        (digest[..14].to_owned(), image),
        (digest[7..19].to_uppercase(), image),
        (format!("http://{host}{image}"), image),
        (format!("http://{host}/n/team"), "/n/team"),
    ] {
        let answer = typed(&test, &text).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, leads.to_owned()), "{text}");
    }
    // What is not there or may mean several things is searched for, and so is a word.
    for text in [
        "web",
        "web 1.4.2",
        "team/web:1.4",
        "team/none",
        "http://evil.example/r/team/web",
        "/n/none",
        "/admin/users",
        &twice,
        &sha256(b"none"),
        &format!("team/web@{twice}"),
    ] {
        let answer = typed(&test, text).await;
        assert_eq!(answer.status, StatusCode::OK, "{text}");
        assert!(answer.text().contains("<h1>Search</h1>"), "{text}");
    }
    let both = results(&test, &twice).await;
    assert_eq!(both, [format!("/r/team/one/-/manifests/{twice}"), format!("/r/team/two/-/manifests/{twice}")]);
    // A part of the page leads nowhere: whoever draws it goes by its first result.
    assert_eq!(results(&test, "team/web:1.4.2").await, [tag]);
    assert_eq!(results(&test, "team/web").await, ["/r/team/web"]);
}

/// What clients call by the name of a registry elsewhere is under its mount.
#[tokio::test]
async fn a_reference_to_a_registry_that_is_mounted_leads_to_its_mount() {
    let config = "[[mounts]]\nprefix = \"hub\"\nkind = \"remote\"\nurl = \"https://registry.example.com\"\nupstream_prefix = \"library\"\n\
                  [[mounts]]\nprefix = \"\"\nkind = \"hosted\"";
    let test = TestApp::with(config, Policy::Grants).await;
    let row = "INSERT INTO repositories (id, name, mount_id, created_at, updated_at) SELECT 'r', 'hub/box', id, 1, 1 FROM mounts
               WHERE prefix = 'hub'";
    lists::run(&test, vec![row.to_owned()]).await;
    let leads = async |by: &TestApp, text: &str| {
        let answer = typed(by, text).await;
        (answer.status.as_u16(), answer.location())
    };
    let there = (303, "/r/hub/box".to_owned());
    assert_eq!(leads(&test, "docker pull registry.example.com/library/box").await, there);
    assert_eq!(leads(&test, "hub/box").await, there);
    assert_eq!(leads(&test, "registry.example.com/other/box").await.0, 200);
    assert_eq!(leads(&reader(&test, &["team/*"]), "registry.example.com/library/box").await.0, 200);
}

#[tokio::test]
async fn the_best_is_first() {
    let test = TestApp::new().await;
    for (name, tags) in [
        ("team/web", &["1.4.2", "1.4", "1.3", "latest", "rc-1.4"][..]),
        ("team/webhooks", &["1.4.9", "latest"]),
        ("old/my-web", &["1.0"]),
        ("web-team/api", &["1.4"]),
        ("zoo/api", &["web", "latest"]),
    ] {
        for tag in tags {
            test.push_image(name, tag, "amd64", name.as_bytes()).await;
        }
    }
    let tag = |name: &str, tag: &str| format!("/r/{name}/-/tags/{tag}");
    // The longest name of an image says the most; those that have it in them come after those that begin so.
    assert_eq!(
        results(&test, "web 1.4").await,
        [
            tag("team/web", "1.4.2"),
            tag("team/webhooks", "1.4.9"),
            tag("team/web", "1.4"),
            tag("web-team/api", "1.4"),
            tag("team/web", "rc-1.4"),
        ]
    );
    // It is the name, its own part begins so, has it, another part has it; then tags, one of each repository.
    let names = ["team/web", "team/webhooks", "old/my-web", "web-team/api"].map(|name| format!("/r/{name}"));
    assert_eq!(results(&test, "WEB").await, names);
    assert_eq!(results(&test, "web").await, [&names[..], &[tag("zoo/api", "web")]].concat());
    let latest = results(&test, "latest").await;
    assert_eq!(latest, ["team/web", "team/webhooks", "zoo/api"].map(|name| tag(name, "latest")));
    assert_eq!(results(&test, "1.4").await[0], tag("team/web", "1.4"), "the very tag before longer ones");
    // All words have to fit a name; what fits all but the last is near.
    assert_eq!(results(&test, "team web").await, ["/r/team/web", "/r/web-team/api", "/r/team/webhooks"]);
    assert_eq!(results(&test, "team/web 9.9").await, [names[0].as_str(), names[1].as_str()]);
    let near = typed(&test, "team/web 9.9").await.text();
    assert!(near.contains("Nothing fits “9.9” there."), "{near}");
    let page = typed(&test, "web 1.4").await.text().replace("<!>", "");
    assert!(page.contains("team/<b>web</b>:<b>1.4</b>.2") && page.contains("same image as 1.3"), "{page}");
}

#[tokio::test]
async fn before_and_without_results_the_page_says_what_to_do() {
    let test = TestApp::new().await;
    let page = typed(&test, " ").await.text();
    let line = format!("docker pull {}/team/web:1.4.2", test.app.facts.host);
    assert!(page.contains(&line) && page.contains("action=\"/search\""), "{page}");
    assert!(results(&test, "").await.is_empty());
    let page = typed(&test, "nothing-like-it").await.text();
    assert!(page.contains("Nothing fits “nothing-like-it”") && page.contains("href=\"/repositories\""), "{page}");
    assert!(page.contains("value=\"nothing-like-it\""), "it can be mended: {page}");
    // From any page, without script.
    let other = test.get("/repositories").await.text();
    assert!(
        other.contains("action=\"/search\"") && other.contains("id=\"jump\"") && other.contains("href=\"/search\"")
    );
}

#[tokio::test]
async fn whatever_is_typed_is_text() {
    let test = TestApp::new().await;
    test.push_image("team/web", "1.4.2", "amd64", b"layer").await;
    for text in [
        "<script>alert(1)</script>",
        "\" autofocus onfocus=alert(1) x=\"",
        "web\u{202e}bew",
        "\u{0}\u{1b}[31mweb\u{200b}",
        "%",
        "_eb",
        "w\\",
        "' OR 1 = 1 --",
        "wеb", // A Cyrillic letter.
        &"a".repeat(10_000),
        &"x ".repeat(5_000),
        &"é".repeat(10_000),
        "sha256:",
        "docker pull",
        "docker pull https://registry.acme.dev:99999999/..//@:",
    ] {
        let answer = typed(&test, text).await;
        let page = answer.text();
        assert_eq!(answer.status, StatusCode::OK, "{text}: {page}");
        assert!(page.contains("Nothing fits"), "{text}: {page}");
        assert!(!page.contains("<script>alert") && !page.contains("=\"\" autofocus onfocus"), "{page}");
        assert!(!page.contains(['\u{202e}', '\u{0}', '\u{1b}', '\u{200b}']), "{page}");
        assert!(page.len() < 40_000, "{} bytes", page.len());
        assert!(results(&test, text).await.is_empty(), "{text}");
        let found = test.get(&format!("/api/v1/search?q={}", query(text))).await.json();
        assert_eq!(found["repositories"], Value::Array(vec![]), "{text}");
    }
    for odd in ["/search?q=%ff%fe", "/search?q=%", "/search?q", "/search?q=web&part=none", "/search?part=dialog&q=web"]
    {
        assert_eq!(test.get(odd).await.status, StatusCode::OK, "{odd}");
    }
}

#[tokio::test]
async fn programs_search_too() {
    let test = TestApp::new().await;
    let digest = test.push_image("team/web", "1.4.2", "amd64", b"layer").await;
    let found = test.get("/api/v1/search?q=web+1.4").await.json();
    let built = "2026-11-01T10:00:00Z";
    let tag = serde_json::json!({"repository": "team/web", "tag": "1.4.2", "digest": digest, "built_at": built});
    assert_eq!(found, serde_json::json!({"repositories": [], "tags": [tag], "images": [], "more": false}));
    let found = test.get("/api/v1/search?q=team/web").await.json();
    assert_eq!(found["repositories"][0], serde_json::json!({"name": "team/web", "kind": "hosted", "n_tags": 1}));
    let found = test.get(&format!("/api/v1/search?q={}", &digest[7..15])).await.json();
    assert_eq!(found["images"][0]["digest"], digest.as_str());
    let refused = test.get("/api/v1/search?query=web").await;
    assert_eq!((refused.status.as_u16(), refused.header("content-type")), (400, "application/problem+json"));
}

/// All that an answer says, but for its own id and nonce.
fn said(answer: &Answer) -> (u16, String, String) {
    let policy = answer.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|it| it.split('\'').next()).unwrap_or_default();
    let mut text = answer.text();
    for own in [answer.header("x-request-id"), nonce].into_iter().filter(|own| !own.is_empty()) {
        text = text.replace(own, "OWN");
    }
    (answer.status.as_u16(), answer.header("location").to_owned(), text)
}

/// SEC-1, SEC-12: for who may not read it, it is as if it were not there, in results, in what is said of them and in what
/// it costs to find out.
#[tokio::test]
async fn what_is_hidden_is_found_like_what_is_not_there() {
    let (with, without) = (TestApp::new().await, TestApp::new().await);
    for test in [&with, &without] {
        test.push_image("mine/app", "v1", "amd64", b"mine").await;
    }
    let digest = with.push_image("team/web", "1.4.2", "amd64", b"layer").await;
    with.push_image("team/web", "v1", "amd64", b"layer").await;
    // More tags that begin so than are looked at by their names.
    let many = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 3000)
        INSERT INTO tags (repository_id, name, digest, changed_at, move_known, moved_by, built_at, pull_bytes, checked_at)
        SELECT t.repository_id, 'v' || n, t.digest, 1, 1, '', 0, 1, 1 FROM number, tags t WHERE t.name = '1.4.2' AND n > 1";
    lists::run(&with, vec![many.to_owned()]).await;
    let (pinned, inside) = (format!("team/web@{digest}"), format!("app {}", &digest[7..15]));
    let texts = [
        "",
        "web",
        "team",
        "web 1.4",
        "1.4",
        "v",
        "v1",
        "mine v",
        "app",
        "team/web",
        "team/web:1.4.2",
        "docker pull 127.0.0.1:8080/team/web:1.4.2",
        "http://127.0.0.1:8080/r/team/web/-/tags/1.4.2",
        "/n/team",
        &digest,
        &digest[7..20],
        &digest[7..15],
        &pinned,
        &inside,
    ];
    let nobody = Standing::anonymous(vec![]);
    let readers = [with.with_standing(nobody.clone()), reader(&with, &["mine/*"]), reader(&with, &["none/*"])];
    let others = [without.with_standing(nobody), reader(&without, &["mine/*"]), reader(&without, &["none/*"])];
    for (hidden, absent) in readers.iter().zip(&others) {
        for text in texts {
            for address in ["/search?q=", "/search?part=results&q=", "/api/v1/search?q="] {
                let path = format!("{address}{}", query(text));
                // The least of several: rights are looked at again now and then.
                let ask = async |by: &TestApp| {
                    let (mut least, mut told) = (u64::MAX, None);
                    for _ in 0..3 {
                        let before = by.app.store.statements();
                        told = Some(said(&by.get(&path).await));
                        least = least.min(by.app.store.statements() - before);
                    }
                    (told, least)
                };
                let (hidden, absent) = (ask(hidden).await, ask(absent).await);
                assert_eq!(hidden.0, absent.0, "{path}");
                assert!(hidden.1 == absent.1 && hidden.1 <= 4, "{path}: {} and {}", hidden.1, absent.1);
            }
        }
    }
    let mine = ["/r/mine/app/-/tags/v1"];
    assert_eq!(results(&readers[1], "v1").await, mine);
    assert_eq!(results(&readers[1], "v").await, mine);
}

/// FLT-35.
#[tokio::test]
async fn very_much_is_searched_by_few_statements() {
    let test = TestApp::new().await;
    lists::seed(&test).await;
    let digest = {
        let mut rows =
            test.app.store.all("SELECT digest FROM manifests ORDER BY digest LIMIT 1", vec![]).await.unwrap();
        rows[0].take::<String>().unwrap()
    };
    let some = reader(&test, &["team/*", "team-3/*"]);
    let tag = |tag: &str| format!("/r/{MANY}/-/tags/{tag}\"");
    let last = format!("v{TAGS}");
    for (text, shown) in [
        ("v1".to_owned(), tag("v1")),
        ("v".to_owned(), tag("v99999")),
        (last.clone(), tag(&last)),
        ("many v1".to_owned(), tag("v1")),
        ("many v77".to_owned(), tag("v77990")),
        ("team many".to_owned(), format!("/r/{MANY}\"")),
        ("app-3".to_owned(), "/r/team-3/app-3\"".to_owned()),
        ("team-3 app v1".to_owned(), "/r/team-3/app-3\"".to_owned()),
        (digest[7..15].to_owned(), format!("/r/{MANY}/-/manifests/{digest}\"")),
        (format!("many {digest}"), format!("/r/{MANY}/-/manifests/{digest}\"")),
    ] {
        for by in [&test, &some] {
            for address in ["/search?part=results&q=", "/search?q="] {
                let (page, _) = lists::page(by, &format!("{address}{}", query(&text))).await;
                assert!(page.contains(&shown), "{text}: {page}");
            }
            let before = test.app.store.statements();
            assert_eq!(by.get(&format!("/api/v1/search?q={}", query(&text))).await.status, StatusCode::OK);
            assert!(test.app.store.statements() - before <= 4, "{text}");
        }
    }
    // What was not looked at is said, as far as its reader sees it.
    let (all, _) = lists::page(&test, "/search?q=v1").await;
    assert!(all.contains("1,000 repositories that changed last"), "{all}");
    let (fewer, _) = lists::page(&some, "/search?q=v1").await;
    assert!(!fewer.contains("changed last"), "{fewer}");
    let (many, _) = lists::page(&test, "/search?q=many+v1").await;
    assert!(many.contains("Of a repository with more than 2,000 tags"), "{many}");
    let (page, _) = lists::page(&test, "/search?q=app").await;
    assert!(page.contains("/repositories?q=app\""), "{page}");
}
