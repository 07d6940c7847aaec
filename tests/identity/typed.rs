//! What is typed into lists of people and rights is looked for, and nothing else comes of it. The lists of `/api/v1`
//! know what they can be asked, and refuse the rest.

use super::api::{admin, give, named, send, user};
use super::console::Browser;
use super::run;
use crate::support::TestApp;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::fmt::Write;

/// The lists, with the keys that each knows besides `limit` and `after`.
const LISTS: &[(&str, &[&str])] = &[
    ("users", &[]),
    ("groups", &[]),
    ("grants", &["scope"]),
    ("robots", &[]),
    ("roles", &[]),
    ("tokens", &[]),
    ("waiting", &[]),
    ("mounts", &[]),
    ("providers", &[]),
    ("repositories", &["q", "namespace"]),
    ("r/team/web/-/tags", &["q"]),
    ("activity", &["who", "action", "object", "scope", "refused", "since"]),
    ("r/team/web/-/activity", &["who", "action", "object", "refused", "since"]),
    ("n/team/-/activity", &["who", "action", "object", "refused", "since"]),
];

/// Pages of people and rights, with what is read from their addresses.
const PAGES: &[(&str, &[&str])] = &[
    ("/admin/users", &["q", "after"]),
    ("/admin/users/otto", &["revoke", "delete"]),
    ("/admin/groups", &["after"]),
    ("/admin/groups/eng", &["after"]),
    ("/admin/access", &["after", "take"]),
    ("/admin/providers", &["after"]),
    ("/admin/mounts", &["after"]),
    ("/activity", &["who", "action", "object", "where", "span", "after"]),
    ("/account/tokens", &["revoke"]),
    ("/n/team/-/access", &["after", "take"]),
    ("/n/team/-/robots", &["after", "delete"]),
    ("/r/team/web/-/access", &["after", "take"]),
];

const HOSTILE: &[&str] = &[
    "'",
    "' OR '1'='1",
    "'; DROP TABLE principals; --",
    "\" OR \"\"=\"",
    "%",
    "_",
    "%' ESCAPE '\\",
    "\\",
    "*)(uid=*",
    "password=~a",
    "<script>alert(1)</script>",
    "\u{0}",
    "a\u{0}b",
    "\u{202e}otto",
    "-1",
    "99999999999999999999",
    "../../users/mara",
    "[]",
];

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        write!(all, "%{byte:02X}").unwrap();
        all
    })
}

/// Something in each list.
async fn world() -> TestApp {
    let admin = admin().await;
    let _ = user(&admin, "otto").await;
    admin.push_image("team/web", "v1", "amd64", b"layer").await;
    give(&admin, named("otto"), "reader", "team/*", None).await.unwrap();
    let acme = json!({"name": "acme", "kind": "oidc", "issuer": "https://id.acme.dev", "client_id": "p", "client_secret": "s"});
    for (path, body) in [
        ("groups", json!({"name": "eng", "members": ["otto"]})),
        ("robots", json!({"name": "ci-web", "namespace": "team", "role": "reader", "scope": "team/*"})),
        ("tokens", json!({"name": "laptop"})),
        ("providers", acme),
    ] {
        let made = send(&admin, "POST", path, body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    }
    admin
}

fn n_items(list: &Value) -> usize {
    list["items"].as_array().map_or(0, Vec::len)
}

/// SEC-11, SEC-26.
#[tokio::test]
async fn what_is_typed_into_a_list_of_programs_finds_no_more_than_there_is() {
    let admin = world().await;
    let list = async |path: &str| send(&admin, "GET", path, json!(null)).await;
    let whole = async || {
        let mut all = Vec::new();
        for (path, _) in LISTS {
            let answer = list(path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
            all.push(n_items(&answer.json()));
        }
        all
    };
    let before = whole().await;
    for ((path, keys), n_before) in LISTS.iter().zip(&before) {
        for key in ["limit", "after"].iter().chain(keys.iter()) {
            for text in HOSTILE {
                let answer = list(&format!("{path}?{key}={}", encoded(text))).await;
                let what = format!("{path} {key}={text:?}: {} {}", answer.status, answer.text());
                assert!(matches!(answer.status.as_u16(), 200 | 400), "{what}");
                if answer.status == StatusCode::OK {
                    assert!(n_items(&answer.json()) <= *n_before, "{what}");
                    let is_looked_for = !matches!(*key, "limit" | "after" | "scope" | "refused" | "since");
                    assert!(!is_looked_for || n_items(&answer.json()) == 0, "nothing is called that: {what}");
                } else {
                    assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
                }
            }
        }
        for broken in ["after=%", "after=%ff%fe", "=", "&&&", "after", "limit=1&limit=2", "after=%zz"] {
            let status = list(&format!("{path}?{broken}")).await.status.as_u16();
            assert!(matches!(status, 200 | 400), "{path}?{broken}: {status}");
        }
    }
    assert_eq!(whole().await, before, "and all is there still");
}

/// SEC-11: a filter that a list does not have is refused, and not left out.
#[tokio::test]
async fn a_list_refuses_what_it_cannot_be_asked_and_names_it() {
    let admin = world().await;
    for (path, keys) in LISTS {
        for (key, value) in [("refsued", "true"), ("password", "~a"), ("q", "otto"), ("sort", "salt"), ("Limit", "1")] {
            let answer = send(&admin, "GET", &format!("{path}?limit=1&{key}={value}"), json!(null)).await;
            if keys.contains(&key) {
                assert_eq!(answer.status, StatusCode::OK, "{path} {key}: {}", answer.text());
                continue;
            }
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {key}: {}", answer.text());
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert!(answer.json()["detail"].as_str().unwrap().contains(key), "{path} {key}: {}", answer.text());
        }
    }
    let refused = |of: &'static str| send(&admin, "GET", of, json!(null));
    assert!(n_items(&refused("activity").await.json()) > 0);
    assert_eq!(n_items(&refused("activity?refused=true").await.json()), 0, "nothing was refused here");
    assert!(n_items(&refused("activity?since=2020-01-01T00:00:00Z").await.json()) > 0);
    assert_eq!(n_items(&refused("activity?since=2999-01-01T00:00:00Z").await.json()), 0);
}

/// SEC-26.
#[tokio::test]
async fn what_is_typed_into_a_page_about_people_finds_nobody_and_becomes_no_markup() {
    let admin = world().await;
    let mara = Browser::of(&admin, "mara").await;
    for (page, keys) in PAGES {
        assert_eq!(mara.get(page).await.status, StatusCode::OK, "{page}");
        for key in *keys {
            for text in HOSTILE {
                let answer = mara.get(&format!("{page}?{key}={}", encoded(text))).await;
                let what = format!("{page} {key}={text:?}: {}", answer.status);
                assert!(matches!(answer.status.as_u16(), 200 | 400 | 404), "{what}");
                assert!(!answer.text().contains("<script>alert"), "{what}");
                if (*page, *key) == ("/admin/users", "q") {
                    assert!(!answer.text().contains("/admin/users/otto"), "nobody is called that: {what}");
                }
            }
        }
    }
    assert!(mara.get("/admin/users?q=ott").await.text().contains("/admin/users/otto"));
}

/// Pages of fifty where nothing is said, of five hundred at most, and each row once.
#[tokio::test]
async fn a_list_is_cut_where_it_was_asked_to_be() {
    let admin = world().await;
    for (path, _) in LISTS {
        for (limit, status) in [("0", 400), ("501", 400), ("-1", 400), ("x", 400), ("1", 200), ("500", 200)] {
            let answer = send(&admin, "GET", &format!("{path}?limit={limit}"), json!(null)).await;
            assert_eq!(answer.status.as_u16(), status, "{path} {limit}: {}", answer.text());
            assert!(status == 400 || n_items(&answer.json()) <= limit.parse().unwrap(), "{path} {limit}");
        }
    }
    for number in 0..50 {
        let made = send(&admin, "POST", "groups", json!({ "name": format!("g{number:02}") })).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    }
    let first = send(&admin, "GET", "groups", json!(null)).await.json();
    let next = first["next"].as_str().expect("there is one more").to_owned();
    let rest = send(&admin, "GET", &format!("groups?after={next}"), json!(null)).await.json();
    assert_eq!((n_items(&first), n_items(&rest), &rest["next"]), (50, 1, &json!(null)));
    let names =
        |list: &Value| list["items"].as_array().unwrap().iter().map(|it| it["name"].clone()).collect::<Vec<_>>();
    let all: Vec<_> = names(&first).into_iter().chain(names(&rest)).collect();
    assert!(all.is_sorted_by(|a, b| a.as_str() < b.as_str()), "each once, by name: {all:?}");
}

#[tokio::test]
async fn what_has_a_name_and_an_id_is_found_and_changed_by_either() {
    let admin = world().await;
    for (list, name, change) in [
        ("users", "otto", json!({"disabled": true})),
        ("groups", "eng", json!({"members": []})),
        ("robots", "ci-web", json!({"disabled": true})),
    ] {
        let items = send(&admin, "GET", list, json!(null)).await.json()["items"].clone();
        let key = if list == "users" { "username" } else { "name" };
        let item = items.as_array().unwrap().iter().find(|item| item[key] == name).expect("it is listed");
        let id = item["id"].as_str().expect("an id");
        let of = async |who: &str| send(&admin, "GET", &format!("{list}/{who}"), json!(null)).await.json();
        assert_eq!((of(id).await, &of(id).await["id"]), (of(name).await, &json!(id)), "{list}");
        let changed = send(&admin, "PATCH", &format!("{list}/{id}"), change.clone()).await;
        assert_eq!(changed.status, StatusCode::OK, "{list}: {}", changed.text());
        for (key, value) in change.as_object().unwrap() {
            assert_eq!(&of(name).await[key], value, "{list}");
        }
        let gone = send(&admin, "DELETE", &format!("{list}/{id}"), json!(null)).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT, "{list}: {}", gone.text());
        assert_eq!(send(&admin, "GET", &format!("{list}/{name}"), json!(null)).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_role_says_what_it_holds() {
    let admin = world().await;
    let roles = send(&admin, "GET", "roles", json!(null)).await.json();
    let names: Vec<_> = roles["items"].as_array().unwrap().iter().map(|role| role["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["reader", "publisher", "developer", "maintainer", "owner", "auditor", "admin"]);
    for role in roles["items"].as_array().unwrap() {
        let path = format!("roles/{}", role["name"].as_str().unwrap());
        assert_eq!(&send(&admin, "GET", &path, json!(null)).await.json(), role);
    }
    let holds = |name: &str, permission: &str| {
        let role = roles["items"].as_array().unwrap().iter().find(|role| role["name"] == name).unwrap();
        role["permissions"].as_array().unwrap().contains(&json!(permission))
    };
    assert_eq!(roles["items"][0]["permissions"], json!(["repository.read"]));
    assert!(holds("publisher", "repository.push") && !holds("publisher", "tag.move"));
    assert!(holds("owner", "audit.read") && !holds("owner", "user.manage") && holds("admin", "user.manage"));
    assert_eq!(send(&admin, "GET", "roles/Owner", json!(null)).await.status, StatusCode::NOT_FOUND);
}

/// People are found by any part of what they are called, and no page has more of them than another.
#[tokio::test]
async fn people_are_found_by_what_they_are_called_and_page_by_page() {
    let admin = world().await;
    let insert = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 120)
        INSERT INTO principals (id, kind, username, name, email, created_at, created_by)
        SELECT 'found-' || n, 'user', 'x' || (1000 + n), 'Ines_' || n || '% Sol', 'ines' || n || '@acme.dev', 0, 'user:mara' FROM number";
    run(&admin, insert).await;
    let mara = Browser::of(&admin, "mara").await;
    let found = async |query: &str| {
        let page = mara.get(&format!("/admin/users?{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        let page = page.text();
        let names = page.split("href=\"/admin/users/").skip(1).filter_map(|rest| rest.split('"').next());
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        names.dedup();
        let is_cut = names.last().is_some_and(|last| page.contains(&format!("after={last}")));
        (names, is_cut)
    };
    for q in ["x1007", "X1007", "ines_7%25", "INES7@acme"] {
        assert_eq!(found(&format!("q={q}")).await, (vec!["x1007".to_owned()], false), "{q}");
    }
    for q in ["_1007", "x%25", "x____", "acme%25dev", "job"] {
        assert_eq!(found(&format!("q={q}")).await, (vec![], false), "{q} is no pattern");
    }
    let (mut met, mut after) = (Vec::new(), String::new());
    for (n, more) in [(50, true), (50, true), (20, false)] {
        let (names, has_more) = found(&format!("q=ines&after={after}")).await;
        assert_eq!((names.len(), has_more), (n, more), "after {after:?}");
        after = names.last().unwrap().clone();
        met.extend(names);
    }
    assert_eq!(met, (1..=120).map(|n| format!("x{}", 1000 + n)).collect::<Vec<_>>());
}
