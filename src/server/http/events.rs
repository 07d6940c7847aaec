//! Server-sent events: which list changed. Pages fetch what changed themselves, with their own rights.

mod jobs;

use super::{door, error};
use crate::domain::action::{ListRepositories, ReadRepository};
use crate::domain::{Error, RepositoryName, Result, Timestamp};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::changes::{self, Changes, Watched};
use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderValue;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream, StreamExt};
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// What a page wants to hear about: `repositories`, `repository:team/web`, `trash`, `jobs`, or `job:ID`.
#[derive(Deserialize)]
pub(super) struct Scope {
    #[serde(default)]
    scope: String,
    /// When the page was drawn, in epoch milliseconds: what changed meanwhile is told at once.
    since: Option<i64>,
}

/// The stream of one open page.
pub(super) async fn stream(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    scope: Result<Query<Scope>, QueryRejection>,
) -> Response {
    let scope = scope.map(|Query(scope)| scope).map_err(|rejection| Error::invalid("scope", rejection.body_text()));
    if let Ok(Scope { scope, .. }) = &scope
        && let Some(job) = jobs::Watched::read(scope)
    {
        return jobs::stream(app, caller, job).await;
    }
    let listening = async { Ok((app.identity.epoch().await?, listen(&app, &caller, scope?).await?)) };
    match listening.await {
        Ok((epoch, changes)) => {
            let ends_at = caller.standing.listens_until(app.clock.now());
            opened(told(app.clone(), changes, (epoch, ends_at)))
        }
        Err(refusal) => error::problem(&door::soften(&app, &caller, refusal)),
    }
}

/// A stream that says at once that it is open, and now and then that it still is: some proxies pass on the head of an
/// answer only with the first of its bytes (nginx by HTTP/2), and a page learns from it that it is live.
fn opened(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let first = stream::iter([Ok(Event::default().comment("open"))]);
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(20));
    let mut response = Sse::new(first.chain(events)).keep_alive(keep_alive).into_response();
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

async fn listen(app: &App, caller: &Caller, scope: Scope) -> Result<Changes> {
    let since = scope.since.map(Timestamp);
    if scope.scope == "repositories" {
        let proof = app.access.authorize(caller, ListRepositories {}).await?;
        return changes::of_all(app, &proof, since).await;
    }
    if scope.scope == "trash" {
        return changes::of_trash(app, caller, since).await;
    }
    let unknown = || Error::invalid("scope", "listen to repositories, repository:NAME, trash, jobs or job:ID");
    let repository: RepositoryName = scope.scope.strip_prefix("repository:").ok_or_else(unknown)?.parse()?;
    let proof = app.access.authorize(caller, ReadRepository { repository }).await?;
    changes::of_one(app, &proof, since).await
}

/// Changes that come in quick succession are told once.
const QUIET: Duration = Duration::from_millis(250);

/// The longest from the moment that a change is noted with until it is heard of.
const LONGEST_MS: i64 = 10_000;

fn told(
    app: App,
    changes: Changes,
    (epoch, ends_at): (i64, Option<Timestamp>),
) -> impl Stream<Item = Result<Event, Infallible>> {
    let Changes { receiver, watched, missed } = changes;
    let at_once = stream::iter(missed.then(|| Ok(changed())));
    let start = (receiver, watched, app.clock.now(), false);
    at_once.chain(stream::unfold((app, start), move |(app, (mut receiver, watched, since, told))| async move {
        if told {
            tokio::time::sleep(QUIET).await;
        }
        loop {
            let heard = receiver.recv().await;
            // Who may see what has changed since: the page asks again, and is let in again or not.
            let is_over = ends_at.is_some_and(|end| end <= app.clock.now());
            if is_over || app.identity.epoch().await.ok() != Some(epoch) {
                return None;
            }
            let concerns = match heard {
                Ok(changed) => watched.concerns(&app.store, &changed).await,
                // A reader that fell behind looks once, and is told if anything of theirs was among it.
                Err(RecvError::Lagged(_)) => {
                    let since = Timestamp(since.0 - LONGEST_MS);
                    watched.changed_since(&app.store, since).await.unwrap_or(true)
                }
                Err(RecvError::Closed) => return None,
            };
            if concerns {
                let since = app.clock.now();
                while matches!(watched, Watched::All(_) | Watched::Trash { .. }) && receiver.try_recv().is_ok() {}
                return Some((Ok(changed()), (app, (receiver, watched, since, true))));
            }
        }
    }))
}

fn changed() -> Event {
    Event::default().event("changed").data("rows")
}
