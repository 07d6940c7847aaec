//! Uploads: every way up, in order or not at all, and what becomes of one that goes wrong.

use super::{ANY, n_staged};
use crate::support::{START, TestApp, choices, request, sha256, sha512};
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use futures::{SinkExt, StreamExt, stream};
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

async fn start(test: &TestApp) -> String {
    let started = test.call("POST", "/v2/a/blobs/uploads/", ANY, "").await;
    assert_eq!((started.status, started.header("range")), (StatusCode::ACCEPTED, "0-0"));
    started.location()
}

/// A chunk that says where it belongs.
async fn chunk(test: &TestApp, method: &str, path: &str, range: &str, bytes: &str) -> crate::support::Answer {
    let length = bytes.len().to_string();
    test.ask(method, path, &[("content-range", range), ("content-length", &length)], bytes.to_owned()).await
}

/// A body of these parts, of unknown length, that breaks off where it says so.
fn streamed(parts: &[&'static str], breaks_off: bool) -> Body {
    let end = breaks_off.then(|| Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)));
    let parts: Vec<_> = parts.iter().map(|part| Ok(Bytes::from_static(part.as_bytes()))).chain(end).collect();
    Body::from_stream(stream::iter(parts))
}

/// OCI-5.
#[tokio::test]
async fn a_blob_goes_up_in_each_way_and_comes_down_whole() {
    let test = TestApp::new().await;
    let held = |digest: String| {
        let test = &test;
        async move { test.get(&format!("/v2/a/blobs/{digest}")).await.text() }
    };
    for bytes in ["", "{}", "hello registry"] {
        for digest in [sha256(bytes.as_bytes()), sha512(bytes.as_bytes())] {
            let put = test.call("PUT", &format!("{}?digest={digest}", start(&test).await), ANY, bytes).await;
            assert_eq!((put.status, put.header("docker-content-digest")), (StatusCode::CREATED, digest.as_str()));
            assert_eq!(test.get(&put.location()).await.text(), bytes, "POST, then PUT with the body");
            let post = test.call("POST", &format!("/v2/a/blobs/uploads/?digest={digest}"), ANY, bytes).await;
            assert_eq!(post.status, StatusCode::CREATED, "POST alone, of what is there already");
            assert_eq!(test.head(&post.location()).await.header("content-length"), bytes.len().to_string());
        }
    }

    let upload = start(&test).await;
    assert_eq!(chunk(&test, "PATCH", &upload, "0-3", "chun").await.header("range"), "0-3");
    assert_eq!(chunk(&test, "PATCH", &upload, "4-5", "ks").await.header("range"), "0-5");
    let digest = sha256(b"chunks");
    assert_eq!(test.call("PUT", &format!("{upload}?digest={digest}"), ANY, "").await.status, StatusCode::CREATED);
    assert_eq!(held(digest).await, "chunks");

    let upload = start(&test).await;
    let patched = test.ask("PATCH", &upload, &[], streamed(&["a stream ", "of parts "], false)).await;
    assert_eq!((patched.status, patched.header("range")), (StatusCode::ACCEPTED, "0-17"));
    let digest = sha256(b"a stream of parts and a last chunk");
    let last = chunk(&test, "PUT", &format!("{upload}?digest={digest}"), "18-33", "and a last chunk").await;
    assert_eq!(last.status, StatusCode::CREATED, "{}", last.text());
    assert_eq!(held(digest).await, "a stream of parts and a last chunk");

    let named = test.call("POST", "/v2/a/blobs/uploads/?digest-algorithm=sha512", ANY, "").await;
    test.ask("PATCH", &named.location(), &[], streamed(&["named ", "beforehand"], false)).await;
    let digest = sha512(b"named beforehand");
    let put = test.ask("PUT", &format!("{}?digest={digest}", named.location()), &[], Body::empty()).await;
    assert_eq!((put.status, put.header("docker-content-digest")), (StatusCode::CREATED, digest.as_str()));
    assert_eq!(n_staged(&test), 0);
}

/// OCI-6, FLT-19.
#[tokio::test]
async fn chunks_out_of_order_are_refused_and_the_upload_goes_on() {
    let test = TestApp::new().await;
    let upload = start(&test).await;
    let digest = sha256(b"1234567890");
    let end = format!("{upload}?digest={digest}");
    assert_eq!(chunk(&test, "PATCH", &upload, "1-5", "12345").await.refusal(), "416 RANGE_INVALID", "a gap at once");
    assert_eq!(chunk(&test, "PATCH", &upload, "0-4", "12345").await.status, StatusCode::ACCEPTED);
    for (method, path) in [("PATCH", &upload), ("PUT", &end)] {
        for range in ["0-4", "3-7", "9-13"] {
            let answer = chunk(&test, method, path, range, "67890").await;
            assert_eq!(answer.refusal(), "416 RANGE_INVALID", "{method} {range}");
            assert_eq!((answer.header("range"), answer.location()), ("0-4", upload.clone()), "where it stands");
            let stands = test.get(&upload).await;
            assert_eq!((stands.status, stands.header("range")), (StatusCode::NO_CONTENT, "0-4"));
        }
    }
    assert_eq!(chunk(&test, "PUT", &end, "5-9", "67890").await.status, StatusCode::CREATED);
    assert_eq!(test.get(&format!("/v2/a/blobs/{digest}")).await.text(), "1234567890");
}

/// OCI-7.
#[tokio::test]
async fn a_place_that_does_not_fit_its_chunk_is_never_guessed() {
    let test = TestApp::new().await;
    let upload = start(&test).await;
    let end = format!("{upload}?digest={}", sha256(b"12345"));
    for (method, path) in [("PATCH", &upload), ("PUT", &end)] {
        for (range, expected) in [
            ("0-8", "400 SIZE_INVALID"),
            ("0-3", "400 SIZE_INVALID"),
            ("bytes 0-4/5", "400 BLOB_UPLOAD_INVALID"),
            ("bytes=0-4", "400 BLOB_UPLOAD_INVALID"),
            ("0-4/5", "400 BLOB_UPLOAD_INVALID"),
            ("+0-4", "400 BLOB_UPLOAD_INVALID"),
            ("4-0", "400 BLOB_UPLOAD_INVALID"),
            ("0-18446744073709551615", "400 BLOB_UPLOAD_INVALID"),
            ("", "400 BLOB_UPLOAD_INVALID"),
        ] {
            assert_eq!(chunk(&test, method, path, range, "12345").await.refusal(), expected, "{method} {range:?}");
        }
        let twice = [("content-range", "0-4"), ("content-range", "5-9")];
        assert_eq!(test.ask(method, path, &twice, "12345").await.refusal(), "400 BLOB_UPLOAD_INVALID", "{method}");
        let unread = request(method, path).header("content-range", &b"0-4\xff"[..]).body(Body::from("12345")).unwrap();
        assert_eq!(test.send(unread).await.refusal(), "400 BLOB_UPLOAD_INVALID", "{method}");
    }
    assert_eq!(test.get(&upload).await.header("range"), "0-0", "nothing of it was taken");
    let longer = test.ask("PATCH", &upload, &[("content-range", "0-4")], streamed(&["12345", "67"], false)).await;
    assert_eq!(longer.refusal(), "400 SIZE_INVALID", "a stream is held to its range as well");
    assert_eq!(test.get(&upload).await.header("range"), "0-6", "what came is counted");
}

/// OCI-8, FLT-17.
#[tokio::test]
async fn wrong_bytes_never_become_content_and_leave_nothing_behind() {
    let test = TestApp::new().await;
    for digest in [sha256(b"right"), sha512(b"right")] {
        let post = test.call("POST", &format!("/v2/a/blobs/uploads/?digest={digest}"), ANY, "wrong").await;
        assert_eq!(post.refusal(), "400 DIGEST_INVALID");
        for (sent, last) in [("", "wrong"), ("wrong", ""), ("wro", "ng"), ("", "")] {
            let upload = start(&test).await;
            if !sent.is_empty() {
                assert_eq!(test.call("PATCH", &upload, ANY, sent).await.status, StatusCode::ACCEPTED);
            }
            let put = test.call("PUT", &format!("{upload}?digest={digest}"), ANY, last).await;
            assert_eq!(put.refusal(), "400 DIGEST_INVALID", "{sent:?} then {last:?}");
            assert_eq!(test.get(&upload).await.refusal(), "404 BLOB_UPLOAD_UNKNOWN", "it is over");
        }
        assert_eq!(test.get(&format!("/v2/a/blobs/{digest}")).await.refusal(), "404 BLOB_UNKNOWN");
    }
    let mut open = test.app.store.one("SELECT COUNT(*) FROM uploads", vec![]).await.unwrap().unwrap();
    assert_eq!((n_staged(&test), open.take::<u64>().unwrap()), (0, 0));
}

/// OCI-9, FLT-17: what states a digest that nobody can check is over; what states none goes on.
#[tokio::test]
async fn one_digest_that_can_be_checked_is_stated() {
    let test = TestApp::new().await;
    let upload = start(&test).await;
    let (good, other) = (sha256(b"12345"), sha256(b"other"));
    let upper = format!("sha256:{}", &good[7..].to_uppercase());
    let (short, long) = (&good[..70], format!("{good}0"));
    let swapped = good.replace("sha256", "sha512");
    let two = format!("{good}&digest={other}");
    let odd = ["", "sha256:xyz", "sha256:", "sha256", "md5:827ccb0eea8a706c4c34a16891f84e7b", "sha256:..%2f..%2fx"];
    for digest in odd.into_iter().chain([&*upper, &*two, short, &*long, &*swapped]) {
        let ended = start(&test).await;
        for (method, path) in [("POST", "/v2/a/blobs/uploads/"), ("PUT", &*ended)] {
            let answer = test.call(method, &format!("{path}?digest={digest}"), ANY, "12345").await;
            assert_eq!(answer.refusal(), "400 DIGEST_INVALID", "{method} {digest}");
        }
        assert_eq!(test.get(&ended).await.refusal(), "404 BLOB_UPLOAD_UNKNOWN", "{digest}");
    }
    assert_eq!(test.call("PUT", &upload, ANY, "12345").await.refusal(), "400 DIGEST_INVALID", "none at all");
    assert_eq!(test.get(&upload).await.header("range"), "0-0", "nothing of it was taken");
    assert_eq!(test.call("PUT", &format!("{upload}?digest={good}"), ANY, "12345").await.status, StatusCode::CREATED);
}

/// OCI-12.
#[tokio::test]
async fn an_upload_that_is_given_up_is_over() {
    let test = TestApp::new().await;
    let upload = start(&test).await;
    test.call("PATCH", &upload, ANY, "12345").await;
    assert_eq!(test.delete(&upload).await.status, StatusCode::NO_CONTENT);
    let end = format!("{upload}?digest={}", sha256(b"12345"));
    for (method, path) in [("GET", &upload), ("PATCH", &upload), ("PUT", &end), ("DELETE", &upload)] {
        assert_eq!(test.call(method, path, ANY, "").await.refusal(), "404 BLOB_UPLOAD_UNKNOWN", "{method}");
    }
    assert_eq!(n_staged(&test), 0);
}

/// OCI-13.
#[tokio::test]
async fn an_upload_that_nobody_touches_for_a_day_is_given_up() {
    const HOUR_MS: i64 = 3_600_000;
    let clock = Arc::new(ManualClock::new(START));
    let mut test = TestApp::build("", choices(Policy::Grants, clock.clone())).await;
    let (left, used) = (start(&test).await, start(&test).await);
    test.call("PATCH", &left, ANY, "12345").await;
    clock.advance_ms(23 * HOUR_MS);
    test.call("PATCH", &used, ANY, "12345").await;
    clock.advance_ms(2 * HOUR_MS);
    assert_eq!(test.get(&left).await.status, StatusCode::NO_CONTENT);
    let _jobs = test.start_jobs().await;
    let swept = async {
        while test.get(&left).await.status != StatusCode::NOT_FOUND || n_staged(&test) > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), swept).await.expect("the sweep comes by");
    assert_eq!(test.call("PATCH", &left, ANY, "6").await.refusal(), "404 BLOB_UPLOAD_UNKNOWN");
    assert_eq!(test.get(&used).await.header("range"), "0-4", "what is still used stays");
}

/// FLT-15, FLT-16: over sockets in `streams`.
#[tokio::test]
async fn a_body_that_breaks_off_counts_as_far_as_it_came() {
    let test = TestApp::new().await;
    let (whole, digest) = ("first second third", sha256(b"first second third"));
    let upload = start(&test).await;
    let place = [("content-range", "0-12"), ("content-length", "13")];
    let cut = test.ask("PATCH", &upload, &place, streamed(&["first "], true)).await;
    assert_eq!(cut.refusal(), "400 BLOB_UPLOAD_INVALID");
    assert_eq!(test.get(&upload).await.header("range"), "0-5");
    let short = test.ask("PATCH", &upload, &[("content-length", "12")], streamed(&["second "], false)).await;
    assert_eq!(short.refusal(), "400 SIZE_INVALID", "fewer bytes than were announced");
    assert_eq!(test.get(&upload).await.header("range"), "0-12");
    let end = format!("{upload}?digest={digest}");
    let cut = test.ask("PUT", &end, &[("content-length", "5")], streamed(&["thi"], true)).await;
    assert_eq!(cut.refusal(), "400 BLOB_UPLOAD_INVALID");
    assert_eq!(test.get(&format!("/v2/a/blobs/{digest}")).await.refusal(), "404 BLOB_UNKNOWN");
    assert_eq!(test.get(&upload).await.header("range"), "0-15", "the upload is still open");
    let post = format!("/v2/a/blobs/uploads/?digest={digest}");
    let cut = test.ask("POST", &post, &[("content-length", "18")], streamed(&["first "], true)).await;
    assert_eq!(cut.refusal(), "400 BLOB_UPLOAD_INVALID");
    assert_eq!(n_staged(&test), 1, "nobody knows an upload in one piece, so it is given up");
    assert_eq!(chunk(&test, "PUT", &end, "16-17", "rd").await.status, StatusCode::CREATED);
    assert_eq!(test.get(&format!("/v2/a/blobs/{digest}")).await.text(), whole);
}

/// FLT-15, FLT-20.
#[tokio::test]
async fn what_a_client_sent_before_it_went_away_is_kept_and_nobody_comes_between() {
    let test = TestApp::new().await;
    let upload = start(&test).await;
    let (mut client, body) = futures::channel::mpsc::channel::<Result<&str, std::io::Error>>(0);
    let sent = request("PATCH", &upload).body(Body::from_stream(body.boxed())).unwrap();
    let handler = tokio::spawn(test.open_router().oneshot(sent));
    client.send(Ok("first, ")).await.unwrap();
    client.send(Ok("second, ")).await.unwrap(); // Each is sent when it was taken: the handler is at work.
    handler.abort();
    assert!(handler.await.unwrap_err().is_cancelled());
    let other = test.call("PATCH", &upload, ANY, "other bytes").await;
    assert_eq!(other.status, StatusCode::CONFLICT, "the first is still being written");
    let strange = test.call("PATCH", &upload.replace("/v2/a/", "/v2/b/"), ANY, "other bytes").await;
    assert_eq!(strange.refusal(), "404 BLOB_UPLOAD_UNKNOWN", "who may not write to it learns nothing of that");
    client.send(Ok("third")).await.unwrap();
    drop(client);
    let kept = async {
        while test.get(&upload).await.header("range") != "0-19" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), kept).await.expect("all that was sent is noted");
    let content = b"first, second, third";
    let digest = sha256(content);
    let path = format!("{upload}?digest={digest}");
    let finish = || test.call("PUT", &path, ANY, "");
    let mut finished = finish().await.status;
    while finished == StatusCode::CONFLICT {
        finished = finish().await.status; // It is noted, and about to be let go.
    }
    assert_eq!(finished, StatusCode::CREATED);
    assert_eq!(test.get(&format!("/v2/a/blobs/{digest}")).await.body, content);
}
