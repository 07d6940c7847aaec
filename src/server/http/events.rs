//! Server-sent events: which list changed. Pages fetch what changed themselves, with their own rights.

use super::error;
use crate::domain::action::{ListRepositories, ReadRepository};
use crate::domain::{Error, RepositoryName, Result};
use crate::server::access::Caller;
use crate::server::context::App;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream};
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// What a page wants to hear about: `repositories`, or `repository:team/web`.
#[derive(Deserialize)]
pub(super) struct Scope {
    #[serde(default)]
    scope: String,
}

/// The stream of one open page.
pub(super) async fn stream(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Query(Scope { scope }): Query<Scope>,
) -> Response {
    match allowed(&app, &caller, &scope).await {
        Ok(only) => {
            let events = changes(app.events.subscribe(), only);
            let keep_alive = KeepAlive::new().interval(Duration::from_secs(20));
            let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
            let headers = response.headers_mut();
            headers.insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
            response
        }
        Err(refusal) => error::problem(&refusal),
    }
}

async fn allowed(app: &App, caller: &Caller, scope: &str) -> Result<Option<RepositoryName>> {
    if scope == "repositories" {
        let _listed = app.access.authorize(caller, ListRepositories {}).await?;
        return Ok(None);
    }
    let unknown = || Error::invalid("scope", "listen to repositories, or to repository:NAME");
    let repository: RepositoryName = scope.strip_prefix("repository:").ok_or_else(unknown)?.parse()?;
    let _read = app.access.authorize(caller, ReadRepository { repository: repository.clone() }).await?;
    Ok(Some(repository))
}

/// Changes that come in quick succession are told once.
const QUIET: Duration = Duration::from_millis(250);

fn changes(
    receiver: Receiver<RepositoryName>,
    only: Option<RepositoryName>,
) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold((receiver, only, false), |(mut receiver, only, told)| async move {
        if told {
            tokio::time::sleep(QUIET).await;
        }
        loop {
            let concerns = match receiver.recv().await {
                Ok(changed) => only.as_ref().is_none_or(|only| *only == changed),
                // A reader that fell behind fetches once and has everything again.
                Err(RecvError::Lagged(_)) => true,
                Err(RecvError::Closed) => return None,
            };
            if concerns {
                while only.is_none() && receiver.try_recv().is_ok() {}
                return Some((Ok(Event::default().event("changed").data("rows")), (receiver, only, true)));
            }
        }
    })
}
