//! Large manifests on their way: what they take in memory together is bounded, and the rest is asked to come again.

use crate::support::{Answer, OCI_MANIFEST, TestApp, request};
use axum::body::{Body, Bytes};
use axum::http::header;
use futures::StreamExt;
use futures::stream::{self, FuturesUnordered};
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::timeout;

/// The largest there is, of which nothing but the beginning comes.
async fn begin(test: &TestApp, length: Option<usize>) -> Answer {
    let first = stream::iter([Ok::<_, Infallible>(Bytes::from(vec![b' '; (64 << 10) + 1]))]);
    let start = request("PUT", "/v2/a/manifests/v1").header(header::CONTENT_TYPE, OCI_MANIFEST);
    let start = length.into_iter().fold(start, |start, length| start.header(header::CONTENT_LENGTH, length));
    test.send(start.body(Body::from_stream(first.chain(stream::pending()))).unwrap()).await
}

#[tokio::test]
async fn who_begins_many_large_manifests_is_asked_to_come_again() {
    for length in [Some(4 << 20), None] {
        let test = TestApp::new().await;
        let mut begun: FuturesUnordered<_> = (0..5).map(|_| begin(&test, length)).collect();
        let refused = timeout(Duration::from_secs(20), begun.next()).await.expect("one is answered").unwrap();
        assert_eq!(refused.refusal(), "503 UNAVAILABLE");
        assert_eq!(refused.header("retry-after"), "5");
    }
}
