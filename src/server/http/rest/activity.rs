//! `/api/v1/activity`, and that of a repository or a namespace.

use super::{Page, Part, asked, paged};
use crate::domain::action::ReadActivity;
use crate::domain::view::{ActivityQuery, ActivityRow};
use crate::domain::{Actor, Error, Result, Scope, Timestamp};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::activity;
use axum::Extension;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::Response;
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Entry {
    id: String,
    at: String,
    actor: Option<Actor>,
    /// The token by which it was asked, as its owner called it.
    token: Option<String>,
    /// From which address.
    address: String,
    action: String,
    object: String,
    /// What was copied to it, for who may read that.
    source: Option<String>,
    /// The permission that was missing, if it was refused.
    refused: Option<String>,
    before: Option<String>,
    after: Option<String>,
    request_id: String,
}

impl From<ActivityRow> for Entry {
    fn from(it: ActivityRow) -> Self {
        let ActivityRow { id, at, actor, action, object, source, refused, before, after, request_id, address, token } =
            it;
        Self { id, at: at.rfc3339(), actor, token, address, action, object, source, refused, before, after, request_id }
    }
}

/// Of which activity a list is asked for.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    who: String,
    action: String,
    object: String,
    scope: Option<Scope>,
    refused: bool,
    /// RFC 3339.
    since: String,
}

impl Asked {
    fn since(&self) -> Result<Option<Timestamp>> {
        let wrong = || Error::invalid("since", "write a moment as RFC 3339, such as 2027-01-01T00:00:00Z");
        (!self.since.is_empty()).then(|| Timestamp::parse(&self.since).ok_or_else(wrong)).transpose()
    }
}

/// What was done, newest first; everywhere, or in a scope.
pub(in crate::server::http) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    query: RawQuery,
) -> Response<Body> {
    of_scope(&app, &caller, None, query).await
}

/// What was done in the scope of the address, or else in that of the query.
pub(super) async fn of_scope(app: &App, caller: &Caller, of: Option<Scope>, query: RawQuery) -> Response<Body> {
    let found = async {
        let (part, asked): (Part, Asked) = asked(query)?;
        let since = asked.since()?;
        let Asked { who, action, object, scope, refused, .. } = asked;
        let scope = of.or(scope).unwrap_or(Scope::Everything);
        let proof = app.access.authorize(caller, ReadActivity { scope }).await?;
        let query = ActivityQuery { who, action, object, refused_only: refused, since, after: part.after };
        let view = activity::list(app, &proof, &query, part.limit).await?;
        Ok(Page::<Entry>::of(view.rows, view.next))
    };
    paged(app, caller, found.await)
}
