//! `/api/v1/r/{repository}/-/star`: what somebody marks for themselves.

use super::account::username;
use super::done;
use crate::domain::action::StarRepository;
use crate::domain::{RepositoryName, Result};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::stars;
use axum::body::Body;
use axum::http::Response;

/// Marks a repository for who asks, or takes the mark away.
pub(super) async fn set(app: &App, caller: &Caller, name: Result<RepositoryName>, starred: bool) -> Response<Body> {
    let set = async {
        let action = StarRepository { username: username(caller)?, repository: name?, starred };
        let proof = app.access.authorize(caller, action).await?;
        stars::set(app, &proof).await
    };
    done(app, caller, set.await)
}
