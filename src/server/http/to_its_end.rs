//! What changes something goes on to its end, also when whoever asked for it has gone: nothing is left between two steps,
//! such as bytes that are staged and not yet noted, or a tag at a registry elsewhere that is on its way.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

/// Runs work to its end even if the client goes away.
pub(super) async fn to_its_end<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    match tokio::spawn(work.in_current_span()).await {
        Ok(done) => done,
        Err(broken) => std::panic::resume_unwind(broken.into_panic()), // Nobody cancels it.
    }
}

/// The same for every form and every call of a program that is no question.
pub(super) async fn changes(request: Request, next: Next) -> Response {
    match request.method().is_safe() {
        true => next.run(request).await,
        false => to_its_end(next.run(request)).await,
    }
}
