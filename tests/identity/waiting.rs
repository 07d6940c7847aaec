//! The list of those who wait on the page of users.

use super::console::Browser;
use super::{note, with_admin};
use crate::support::{START, TestApp};
use axum::http::StatusCode;
use portolan::domain::Timestamp;
use portolan::server::store::waiting::{self, Waiting};

/// So many wait; they came two at a time, the last one last.
async fn wait(test: &TestApp, n_people: i64) {
    note(test, move |tx| {
        Box::pin(async move {
            for n in 0..n_people {
                let at = Timestamp(START.0 + n / 2);
                let who = Waiting {
                    issuer: "https://id.example".to_owned(),
                    subject: format!("{n:03}"),
                    provider: "acme".to_owned(),
                    email: format!("{n}@example.com"),
                    email_verified: true,
                    name: String::new(),
                    groups: vec![],
                    usernames: vec![],
                    first_at: at,
                    last_at: at,
                };
                waiting::note(tx, &who).await?;
            }
            Ok(())
        })
    })
    .await;
}

/// Who is named on a page, in its order.
fn named(page: &str) -> Vec<String> {
    let mut subjects: Vec<String> = page
        .split("name=\"subject\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap_or_default().to_owned())
        .collect();
    subjects.dedup(); // Each is let in or dismissed.
    subjects
}

fn turn(page: &str, rel: &str) -> Option<String> {
    let href = page.split(&format!("rel=\"{rel}\" href=\"")).nth(1)?.split('"').next()?;
    Some(href.replace("&amp;", "&"))
}

#[tokio::test]
async fn who_waits_is_read_page_by_page_and_each_stands_once() {
    let test = with_admin().await;
    wait(&test, 45).await;
    let mara = Browser::of(&test, "mara").await;
    let (mut address, mut pages) = ("/admin/users?q=mar".to_owned(), Vec::new());
    loop {
        let page = mara.get(&address).await;
        assert!(page.status == StatusCode::OK && page.text().contains("href=\"/admin/users/mara\""), "{address}");
        let text = page.text();
        pages.push((address, named(&text)));
        assert!(pages.len() < 10, "it comes to an end: {pages:?}");
        match turn(&text, "next") {
            Some(next) => address = next,
            None => break,
        }
    }
    assert_eq!(pages.iter().map(|(_, who)| who.len()).collect::<Vec<_>>(), [20, 20, 5]);
    let mut expected: Vec<i64> = (0..45).collect();
    expected.sort_by_key(|n| (-(n / 2), *n));
    let all: Vec<String> = pages.iter().flat_map(|(_, who)| who.clone()).collect();
    assert_eq!(all, expected.iter().map(|n| format!("{n:03}")).collect::<Vec<_>>());

    let last = mara.get(&pages[2].0).await.text();
    let before = mara.get(&turn(&last, "prev").expect("a way back")).await.text();
    assert_eq!(named(&before), pages[1].1);
    // Who is dismissed leaves the reader where they were.
    let gone = [("issuer", "https://id.example"), ("subject", all[44].as_str()), ("email", "x")];
    let answer = mara.send(&pages[2].0, "dismiss", &gone).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, pages[2].0.as_str()));
    assert_eq!(mara.get("/admin/users?waiting-after=damaged").await.status, StatusCode::BAD_REQUEST);
    // Where nobody is left on a page, the first one stands there.
    let beyond = mara.get("/admin/users?waiting-after=0~nobody").await.text();
    assert_eq!(named(&beyond), pages[0].1);
}
