//! When a tag moved, as history tells it, and how far back it is asked to go.

use super::timed;
use portolan::server::clock::Clock;
use serde_json::{Value, json};

const DAY_MS: i64 = 24 * 3_600_000;

#[tokio::test]
async fn history_says_when_a_tag_moved_and_goes_as_far_back_as_it_is_asked() {
    let (test, clock) = timed().await;
    test.by_admin("nina").push_image("team/web", "prod", "amd64", b"one").await;
    clock.advance_ms(DAY_MS + 60_000);
    test.push_image("team/web", "prod", "amd64", b"two").await;
    clock.advance_ms(120_000);
    let (first, second) = ("2026-11-24T06:00:00Z", "2026-11-25T06:01:00Z");
    let after = clock.now().rfc3339();
    for (query, expected) in [
        (String::new(), &[second, first][..]),
        (format!("&since={first}"), &[second, first]),
        (format!("&since={second}"), &[second]),
        (format!("&since={after}"), &[]),
        ("&by=nina".to_owned(), &[first]),
        ("&by=user:nina".to_owned(), &[first]),
        ("&by=admin".to_owned(), &[second]),
        ("&by=nobody".to_owned(), &[]),
        (format!("&by=nina&since={second}"), &[]),
    ] {
        let listed = test.get(&format!("/api/v1/r/team/web/-/history?tag=prod{query}")).await.json();
        let moves: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|it| &it["at"]).collect();
        assert_eq!(json!(moves), json!(expected), "{query}: {listed}");
    }
    let odd = test.get("/api/v1/r/team/web/-/history?since=yesterday").await;
    assert!(odd.status == 400 && odd.text().contains("a time is written"), "{}", odd.text());

    let shown = |at: &str, title: &str, ago: &str| format!("<time datetime=\"{at}\" title=\"{title}\">{ago}<");
    let times =
        [shown(second, "25 Nov 2026, 06:01:00 UTC", "2 min ago"), shown(first, "24 Nov 2026, 06:00:00 UTC", "1 d ago")];
    for (query, expected) in [
        ("", [true, true]),
        ("?span=week", [true, true]),
        ("?span=month", [true, true]),
        ("?span=day", [true, false]),
        ("?span=hour", [true, false]),
        ("?span=hour&who=nina", [false, false]),
    ] {
        let page = test.get(&format!("/r/team/web/-/history{query}")).await.text();
        assert_eq!(times.each_ref().map(|time| page.contains(time)), expected, "{query}: {page}");
    }
    clock.advance_ms(DAY_MS);
    let page = test.get("/r/team/web/-/history?span=hour").await;
    assert!(page.status == 200 && !page.text().contains("<time datetime"), "{}", page.text());
}
