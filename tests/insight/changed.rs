//! The files that differ between two images.

use super::archive::{Archive, gzip};
use super::shown::{open, push, refused, said};
use crate::support::{TestApp, user};
use portolan::domain::{Role, Terms};
use portolan::server::access::Standing;

const FILES: &str = "/r/team/web/-/compare/1.0...1.1?files=";

/// Two images over one layer, whose others differ.
async fn pushed(test: &TestApp, repositories: [&str; 2]) {
    let base = || ("v1.tar", Archive::default().folder("etc/").file("etc/base", b"1").file("etc/motd", b"hi").end());
    let old = Archive::default().file("app/run", b"old").file("app/kept", b"k").file("app/gone/a", b"").end();
    let mut mode = Archive::default().file("app/kept", b"k").end();
    mode[100..108].copy_from_slice(b"0000755\0");
    let mode =
        super::archive::sign(mode[..512].try_into().unwrap()).iter().copied().chain(mode[512..].to_vec()).collect();
    let new = Archive::default().file("app/run", b"newer").file("app/<i>added", b"+").file("etc/.wh.motd", b"").end();
    push(test, repositories[0], "1.0", &[base(), ("v1.tar+gzip", gzip(&old))]).await;
    push(test, repositories[1], "1.1", &[base(), ("v1.tar", mode), ("v1.tar+gzip", gzip(&new))]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_differ_are_named_with_what_changed() {
    let mut test = TestApp::new().await;
    pushed(&test, ["team/web"; 2]).await;
    let page = test.get("/r/team/web/-/compare/1.0...1.1").await;
    assert!(page.text().contains("href=\"/r/team/web/-/compare/1.0...1.1?files=all\""), "{}", page.text());
    assert!(said(&test.get(&format!("{FILES}all")).await).contains("Reading layers, 0 of 5 read"), "nobody waits");
    let _jobs = test.start_jobs().await;
    open(&test, &format!("{FILES}all")).await;
    let before = test.app.store.statements();
    let words = said(&test.get(&format!("{FILES}all")).await);
    assert!(test.app.store.statements() - before <= 4);
    for expected in [
        "All 6 Added 1 Removed 3 Changed 2",
        "app/&lt;i&gt;added 1 B Added",
        "app/gone/ Removed app/gone/a 0 B Removed",
        "app/kept mode -rw-r--r-- 10:20 → -rwxr-xr-x 10:20 1 B 1 B Changed",
        "3 B 5 B Changed",
        "etc/motd 2 B Removed",
    ] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    assert!(!words.contains("etc/base"), "what both have is passed over: {words}");
    let added = said(&test.get(&format!("{FILES}added")).await);
    assert!(added.contains("app/&lt;i&gt;added") && !added.contains("app/kept"), "{added}");
    let below = said(&test.get(&format!("{FILES}all&path=gone")).await);
    assert!(below.contains("All 2 Added 0 Removed 2") && !below.contains("app/kept"), "{below}");
    let behind = said(&test.get(&format!("{FILES}all&after=app/kept")).await);
    assert!(behind.contains("app/run") && !behind.contains("app/gone"), "{behind}");
    // The other way round, and an image beside itself.
    let swapped = said(&test.get("/r/team/web/-/compare/1.1...1.0?files=all").await);
    assert!(swapped.contains("All 6 Added 3 Removed 1 Changed 2"), "{swapped}");
}

/// Both repositories have to be readable, and each has its own layers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_compared_across_repositories_by_who_may_read_both() {
    let mut test = TestApp::new().await;
    pushed(&test, ["team/web", "secret/web"]).await;
    let _jobs = test.start_jobs().await;
    let path = "/r/team/web/-/compare/1.0...1.1?with=secret/web&files=all";
    let words = said(&open(&test, path).await);
    assert!(words.contains("All 6 Added 1 Removed 3 Changed 2"), "{words}");
    let terms = vec![Terms { role: Role::Reader, scope: "team/*".parse().unwrap(), tags: None, expires_at: None }];
    let reader = test.with_standing(Standing { terms, ..Standing::of(user("lena")) });
    let hidden = reader.get(path).await;
    let absent = reader.get(&path.replace("secret/web", "secret/wee")).await;
    assert_eq!(refused(&hidden, "secret/web"), refused(&absent, "secret/wee"));
}
