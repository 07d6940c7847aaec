//! A namespace in which repositories are hosted here, and below which a registry elsewhere is mounted.

use super::stand_in::{Deletes, StandIn};
use super::world::artifact;
use crate::support::{START, TestApp, choices, eventually, field};
use crate::tags::{form, names, send};
use portolan::server::access::Policy;
use portolan::server::clock::{Clock, ManualClock};
use serde_json::json;
use std::sync::Arc;

const THERE: &str = "/api/v1/r/team/up/a/-";

/// By the API and by its page: what is kept elsewhere is neither listed, nor counted, nor asked, nor changed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_goes_back_to_a_time_without_what_a_registry_below_it_keeps() {
    let (upstream, url) = StandIn::start(Deletes::ByDigest).await;
    upstream.push(&["1.0", "latest"], &artifact("old"));
    let other = upstream.push(&["other"], &artifact("other"));
    let config = format!(
        "[[mounts]]\nprefix = \"team/up\"\nkind = \"remote\"\nurl = \"{url}\"\nrepositories = [\"a\"]\nrefresh_s = 2592000\nread_only = false\n[[mounts]]\nkind = \"hosted\""
    );
    let clock = Arc::new(ManualClock::new(START));
    let mut test = TestApp::build(&config, choices(Policy::Grants, Arc::clone(&clock) as Arc<dyn Clock>)).await;
    let _jobs = test.start_jobs().await;
    let n_tags = async || test.get("/api/v1/r/team/up/a").await.json()["n_tags"].clone();
    eventually("it is read", async || n_tags().await == json!(3)).await;
    let one = test.push_image("team/web", "prod", "amd64", b"one").await;
    clock.advance_ms(60_000);
    let then = clock.now();
    for by_page in [false, true] {
        clock.advance_ms(60_000);
        let two = test.push_image("team/web", "prod", "amd64", b"two").await;
        let tag = if by_page { "1.0" } else { "latest" };
        let moved = send(&test, "PUT", &format!("{THERE}/tags/{tag}"), json!({"digest": other})).await;
        assert_eq!(moved.status, 200, "{}", moved.text());
        if by_page {
            assert_eq!(test.delete(&format!("{THERE}/tags/other")).await.status, 204);
        }
        let before = upstream.now().tags.clone();
        clock.advance_ms(60_000);
        upstream.now().seen.clear();
        let shown = test.get(&format!("/api/v1/n/team/-/as-of?t={}", then.rfc3339())).await.json();
        let expected = json!([{"repository": "team/web", "tag": "prod", "then": one, "now": two, "is_kept": true}]);
        assert_eq!((&shown["items"], &shown["deleted"]), (&expected, &json!([])), "{shown}");
        if by_page {
            let page = format!("/n/team/-/as-of?t={}&roll-back=yes", then.minute());
            let asked = test.get(&page).await.text();
            assert!(asked.contains("Roll back team: 1 tag moves?") && !asked.contains("team/up"), "{asked}");
            let (t, print) = (then.exact(), field(&asked, "print"));
            let fields = [("t", &*t), ("expected", "1"), ("confirmed", "1"), ("print", &print)];
            let done = form(&test, &page, "roll-back-namespace", &fields).await;
            assert_eq!(done.status, 303, "{}", done.text());
        } else {
            let back = json!({"t": then.rfc3339(), "print": shown["print"]});
            let back = send(&test, "POST", "/api/v1/n/team/-/rollback", back).await;
            assert_eq!((back.status.as_u16(), &back.json()["moved"]), (200, &json!(1)), "{}", back.text());
        }
        assert_eq!(names(&test, "team/web", "prod").await.as_ref(), Some(&one));
        let there = upstream.now();
        assert_eq!((&there.seen, &there.tags), (&vec![], &before), "nothing is asked or sent there");
    }
    // The other way round there is nothing that goes back.
    let refused = test.get(&format!("/api/v1/n/team/up/-/as-of?t={}", then.rfc3339())).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
}
