//! What is sent to a page or to the API is a form or a short document: whoever takes longer over it than anybody needs
//! gives the connection back. Content of the registry takes as long as it takes (its pauses are bounded elsewhere).

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures::{StreamExt, stream};
use http_body::Body as _;
use std::io;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// For a whole body.
const TOTAL: Duration = Duration::from_secs(30);

/// Bounds the time of a body.
pub(super) async fn bodies(request: Request, next: Next) -> Response {
    match request.body().is_end_stream() {
        true => next.run(request).await,
        false => next.run(request.map(|body| within(body, Instant::now() + TOTAL))).await,
    }
}

fn within(body: Body, end: Instant) -> Body {
    let parts = stream::unfold(Some(body.into_data_stream()), move |body| async move {
        let mut body = body?;
        match timeout_at(end, body.next()).await {
            Ok(part) => part.map(|part| (part.map_err(io::Error::other), Some(body))),
            Err(_) => Some((Err(io::Error::new(io::ErrorKind::TimedOut, "the body took too long")), None)),
        }
    });
    Body::from_stream(parts.map(|part: io::Result<Bytes>| part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_does_not_come_to_an_end_is_given_up() {
        let soon = || Instant::now() + Duration::from_millis(50);
        let begun = stream::iter([Ok::<_, io::Error>(Bytes::from_static(b"x"))]).chain(stream::pending());
        let slow = axum::body::to_bytes(within(Body::from_stream(begun), soon()), 1000).await;
        assert!(slow.is_err());
        let whole = axum::body::to_bytes(within(Body::from("abc"), soon()), 1000).await;
        assert_eq!(whole.unwrap(), "abc");
    }
}
