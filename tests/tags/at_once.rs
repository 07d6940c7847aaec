//! One tag that several change at once who all saw it name the same: one of them changes it, and each of the others is
//! told what it names now beside what they saw.

use super::{form, send};
use crate::support::{Answer, TestApp};
use serde_json::json;

const ROUNDS: usize = 6;

fn short(digest: &str) -> &str {
    &digest[7..19]
}

/// Sets the tag or rolls it back, by the API or by a form of a page.
async fn change(test: &TestApp, place: &str, (n, digest, seen): (usize, &str, &str)) -> Answer {
    let (api, page) = (format!("/api/v1/r/{place}/-"), format!("/r/{place}/-"));
    match n % 4 {
        0 => send(test, "PUT", &format!("{api}/tags/prod"), json!({"digest": digest, "expect": seen})).await,
        1 => {
            let back = json!({"tag": "prod", "digest": digest, "expect": seen});
            send(test, "POST", &format!("{api}/rollback"), back).await
        }
        2 => {
            let fields = [("name", "prod"), ("digest", digest), ("expect", seen)];
            form(test, &format!("{page}/manifests/{digest}/tag?name=prod"), "set-tag", &fields).await
        }
        _ => {
            let fields = [("to", digest), ("expect", seen)];
            form(test, &format!("{page}/tags/prod/rollback?to={digest}"), "roll-back-tag", &fields).await
        }
    }
}

/// Lets as many as there are others of these change a tag at once that named all of them, and the last one now.
pub(crate) async fn one_of_them_wins(test: &TestApp, place: &str, digests: &[String]) {
    let mut now = digests.last().unwrap().clone();
    for round in 0..ROUNDS {
        let mut asked = tokio::task::JoinSet::new();
        for (n, digest) in digests.iter().filter(|digest| **digest != now).cloned().enumerate() {
            let (test, place, seen) = (test.again(), place.to_owned(), now.clone());
            asked.spawn(async move {
                let answer = change(&test, &place, (n, &digest, &seen)).await;
                (n, digest, answer)
            });
        }
        let done = asked.join_all().await;
        let (won, lost): (Vec<_>, Vec<_>) =
            done.into_iter().partition(|(.., answer)| matches!(answer.status.as_u16(), 200 | 303));
        let winners: Vec<usize> = won.iter().map(|(n, ..)| *n).collect();
        assert_eq!(winners.len(), 1, "{place}, round {round}: {winners:?}");
        let (seen, named) = (now, won[0].1.clone());
        let found = test.get(&format!("/api/v1/r/{place}/-/tags/prod")).await.json();
        assert_eq!(found["digest"], json!(named), "{place}, round {round}");
        for (n, _, answer) in lost {
            let said = answer.text();
            assert_eq!(answer.status, 409, "{place}, round {round}, {n}: {said}");
            match n % 4 {
                0 | 1 => assert_eq!(answer.json()["current"], json!(named), "{said}"),
                _ => assert!(said.contains(short(&seen)) && said.contains(short(&named)), "{n} {seen} {named}: {said}"),
            }
        }
        now = named;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_those_who_saw_the_same_one_changes_a_tag() {
    let test = TestApp::new().await;
    let mut digests = Vec::new();
    for layer in 0..9_u8 {
        digests.push(test.push_image("team/web", "prod", "amd64", &[layer]).await);
    }
    one_of_them_wins(&test, "team/web", &digests).await;
    let history = test.get("/api/v1/r/team/web/-/history?tag=prod&limit=100").await.json();
    let moves = history["items"].as_array().unwrap();
    assert_eq!(moves.len(), digests.len() + ROUNDS, "who lost moved nothing");
    assert!(moves.windows(2).all(|two| two[0]["from"] == two[1]["to"]), "each move begins where one ended: {history}");
}
