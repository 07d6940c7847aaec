//! Every form and every call of a program that is no question goes on to its end.

use crate::server::service::to_its_end::to_its_end;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

/// Answers even if nobody listens any more, unless it only reads.
pub(super) async fn changes(request: Request, next: Next) -> Response {
    match request.method().is_safe() {
        true => next.run(request).await,
        false => to_its_end(next.run(request)).await,
    }
}
