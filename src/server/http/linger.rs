//! What is left of a body that nobody reads any more. Many clients send all of it before they listen; if the
//! connection were closed meanwhile, they would see it break and never read why (RFC 9112, section 9.6).

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{Version, header};
use axum::middleware::Next;
use axum::response::Response;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::timeout;

/// How long what is left is read and thrown away, and how long nothing may come.
const WHOLE: Duration = Duration::from_secs(30);
const SILENCE: Duration = Duration::from_secs(5);

/// Reads what handlers leave of a body, for a while. HTTP/2 has no need of it: it stops one stream, and the
/// connection goes on.
pub(super) async fn linger(request: Request, next: Next) -> Response {
    if request.version() >= Version::HTTP_2 || request.body().is_end_stream() {
        return next.run(request).await;
    }
    let is_coming = !request.headers().contains_key(header::EXPECT);
    next.run(request.map(|body| Body::new(Lingering { rest: Some(body), is_coming }))).await
}

struct Lingering {
    /// `None` once all of it was read.
    rest: Option<Body>,
    /// The client sends it: it was asked to, or never meant to be asked (RFC 9110, section 10.1.1).
    is_coming: bool,
}

impl HttpBody for Lingering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.is_coming = true;
        let Some(rest) = &mut self.rest else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(rest).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) {
            self.rest = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.rest.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.rest.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let rest = self.rest.take().filter(|rest| self.is_coming && !rest.is_end_stream());
        if let (Some(rest), Ok(runtime)) = (rest, Handle::try_current()) {
            runtime.spawn(timeout(WHOLE, drain(rest)));
        }
    }
}

async fn drain(mut rest: Body) {
    while let Ok(Some(Ok(_))) = timeout(SILENCE, rest.frame()).await {}
}
