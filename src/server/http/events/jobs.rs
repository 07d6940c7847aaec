//! Tells open pages how jobs go on. Any node may do one, so the table is asked once a second for each page that looks,
//! with the rights that its reader has at that moment.

use super::{changed, door, error, opened};
use crate::domain::Result;
use crate::domain::action::{ListJobs, ReadJob};
use crate::server::access::Caller;
use crate::server::context::{App, Changed};
use crate::server::service::jobs;
use axum::response::Response;
use axum::response::sse::Event;
use futures::stream::{self, Stream};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, timeout_at};

/// How often the table is asked.
const ASK: Duration = Duration::from_secs(1);

/// Which jobs a page shows.
#[derive(Clone)]
pub(super) enum Watched {
    All,
    One(String),
}

impl Watched {
    /// Reads a scope; `None` for one of something else.
    pub(super) fn read(scope: &str) -> Option<Self> {
        match scope {
            "jobs" => Some(Self::All),
            scope => scope.strip_prefix("job:").map(|id| Self::One(id.to_owned())),
        }
    }

    /// A number that is another one once something has changed, and whether nothing more will.
    async fn stamp(&self, app: &App, caller: &Caller) -> Result<(i64, bool)> {
        match self {
            Self::All => {
                let proof = app.access.authorize(caller, ListJobs {}).await?;
                Ok((jobs::stamp_of_all(app, &proof).await?, false))
            }
            Self::One(id) => {
                let proof = app.access.authorize(caller, ReadJob { id: id.clone() }).await?;
                jobs::stamp(app, &proof).await
            }
        }
    }
}

/// The stream of one open page; the first that it says is that it should look, and the last of one job that it is over.
pub(super) async fn stream(app: App, caller: Caller, asked: Watched) -> Response {
    let epoch = async {
        asked.stamp(&app, &caller).await?;
        app.identity.epoch().await
    };
    match epoch.await {
        Ok(epoch) => opened(told(app, caller, asked, epoch)),
        Err(refusal) => error::problem(&door::soften(&app, &caller, refusal)),
    }
}

fn told(app: App, caller: Caller, asked: Watched, epoch: i64) -> impl Stream<Item = Result<Event, Infallible>> {
    let ends_at = caller.standing.listens_until(app.clock.now());
    // A stream of the registry's ends with the server; this one has to listen for that end as well.
    let until = app.events.subscribe();
    stream::unfold((Some(0), until), move |(mut known, mut until)| {
        let (app, caller, asked) = (app.clone(), caller.clone(), asked.clone());
        async move {
            known?;
            loop {
                let is_over = ends_at.is_some_and(|end| end <= app.clock.now());
                if is_over || app.identity.epoch().await.ok() != Some(epoch) {
                    return None;
                }
                let (stamp, is_last) = asked.stamp(&app, &caller).await.ok()?;
                if known != Some(stamp) {
                    known = Some(stamp).filter(|_| !is_last);
                    // Whoever only lost the connection would open it again.
                    let told = if is_last { Event::default().event("over").data("rows") } else { changed() };
                    return Some((Ok(told), (known, until)));
                }
                if !goes_on_after_a_while(&mut until).await {
                    return None;
                }
            }
        }
    })
}

/// Waits until it is time to ask again; `false` if the server stops meanwhile.
async fn goes_on_after_a_while(until: &mut Receiver<Arc<Changed>>) -> bool {
    let end = Instant::now() + ASK;
    loop {
        match timeout_at(end, until.recv()).await {
            Err(_) => return true,
            Ok(Err(RecvError::Closed)) => return false,
            Ok(_) => {}
        }
    }
}
