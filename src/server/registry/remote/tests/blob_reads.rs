//! Blobs: parts of them, and bodies that break off.

use super::upstream::*;
use crate::domain::{Digest, Error};
use crate::server::blobs::{Content, ContentRange};
use crate::server::registry::ReadRegistry;
use axum::body::Body;
use futures::StreamExt;
use url::Url;

async fn blob(url: &Url, range: Option<(u64, Option<u64>)>) -> Result<Option<Content>, Error> {
    let digest: Digest = format!("sha256:{}", "a".repeat(64)).parse().unwrap();
    let range = range.map(|(start, end)| ContentRange::From { start, end });
    impatient(settings(url)).blob(&name("a"), &digest, range).await
}

async fn drain(content: Content) -> (String, Option<std::io::Error>) {
    let (mut text, mut body) = (String::new(), content.body);
    while let Some(part) = body.next().await {
        match part {
            Ok(part) => text.push_str(std::str::from_utf8(&part).unwrap()),
            Err(error) => return (text, Some(error)),
        }
    }
    (text, None)
}

#[tokio::test]
async fn a_part_is_read_whether_or_not_the_registry_cuts_it() {
    let cuts = Upstream::start(|seen| match seen.range.as_deref() {
        Some("bytes=2-4") => answer(206, &[("content-range", "bytes 2-4/10")], "234"),
        Some("bytes=7-") => answer(206, &[("content-range", "bytes 7-9/10")], "789"),
        other => panic!("{other:?}"),
    })
    .await;
    let ignores = Upstream::start(|_| answer(200, &[], "0123456789")).await;
    for server in [cuts, ignores] {
        let part = blob(&server.url, Some((2, Some(4)))).await.unwrap().unwrap();
        assert_eq!((part.size, part.start, part.length), (10, 2, 3));
        assert_eq!(drain(part).await.0, "234");
        let rest = blob(&server.url, Some((7, None))).await.unwrap().unwrap();
        assert_eq!((rest.size, rest.start, rest.length), (10, 7, 3));
        let (text, error) = drain(rest).await;
        assert!(text == "789" && error.is_none());
    }
}

#[tokio::test]
async fn a_part_beyond_the_end_or_another_part_is_refused() {
    let beyond = Upstream::start(|_| answer(416, &[("content-range", "bytes */10")], "")).await;
    let outcome = blob(&beyond.url, Some((10, None))).await.map(|_| ());
    assert_eq!(outcome, Err(Error::Beyond { size: 10 }));
    let ignores = Upstream::start(|_| answer(200, &[], "0123456789")).await;
    assert!(matches!(blob(&ignores.url, Some((10, None))).await, Err(Error::Beyond { size: 10 })));
    let other = Upstream::start(|_| answer(206, &[("content-range", "bytes 0-2/10")], "012")).await;
    assert!(words(blob(&other.url, Some((2, Some(4)))).await.map(|_| ())).contains("another part"));
    let gone = Upstream::start(|_| answer(404, &[], "")).await;
    assert!(blob(&gone.url, None).await.unwrap().is_none());
}

#[tokio::test]
async fn a_body_that_breaks_off_never_ends_cleanly() {
    for cut in [
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n01234",
        "HTTP/1.1 206 Partial Content\r\ncontent-range: bytes 0-9/20\r\n\r\n01234",
        "HTTP/1.1 206 Partial Content\r\ncontent-range: bytes 0-9/20\r\ncontent-length: 5\r\n\r\n01234",
    ] {
        let range = cut.contains("206").then_some((0, Some(9)));
        let content = blob(&raw(cut, false).await, range).await.unwrap().unwrap();
        let (text, error) = drain(content).await;
        assert_eq!(text, "01234");
        assert!(error.is_some(), "{cut}");
    }
    let hung = raw("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n01234", true).await;
    let (text, error) = drain(blob(&hung, None).await.unwrap().unwrap()).await;
    assert_eq!(text, "01234");
    assert!(error.unwrap().to_string().contains("did not answer within 300 ms"));
}

#[tokio::test]
async fn a_blob_of_unstated_length_is_read_if_it_is_small() {
    let chunked = |parts: Vec<&'static [u8]>| {
        let parts = parts.into_iter().map(Ok::<_, std::io::Error>);
        answer(200, &[], Body::from_stream(futures::stream::iter(parts)))
    };
    let small = Upstream::start(move |_| chunked(vec![b"012", b"345"])).await;
    let content = blob(&small.url, None).await.unwrap().unwrap();
    assert_eq!((content.size, content.length), (6, 6));
    assert_eq!(drain(content).await.0, "012345");
    let large = Upstream::start(move |_| chunked(vec![&[b'x'; 1 << 20]; 8])).await;
    assert!(words(blob(&large.url, None).await.map(|_| ())).contains("did not state its length"));
    let cut = raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n01234\r\n", false).await;
    assert!(words(blob(&cut, None).await.map(|_| ())).contains("broke off"));
}
