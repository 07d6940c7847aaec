//! People who came by a provider are asked about again while they are away, once a day, by the refresh token that it gave
//! for them: their groups are what it says then, and whom it vouches for no more is out. One that is down, or says
//! anything else that cannot be used, changes nothing.

use super::following::{self, Told};
use super::pinning;
use super::provider::{Failure, Provider};
use crate::domain::action::{FollowProvider, Maintain, RestByProvider};
use crate::domain::principal::{Job, Principal};
use crate::domain::{Actor, Error, Result, Timestamp};
use crate::server::context::App;
use crate::server::secret::Secret;
use crate::server::store::principals;
use crate::server::store::refresh_tokens::{self, Due};
use std::sync::Arc;
use tokio_util::task::TaskTracker;

const DAY_MS: i64 = 86_400_000;
/// How many people one round asks one provider about.
const TOGETHER: u32 = 100;

/// Asks each provider in force about those who are due, one after another. `true` if more are. Each question is a task
/// of its own: one that was asked is heard to its end, for the secret that it brings is the only one then.
pub async fn round(app: &App, tasks: &TaskTracker) -> Result<bool> {
    let _present = app.identity.epoch().await?;
    let mut is_more = false;
    for provider in app.identity.providers.all() {
        is_more |= about_all(app, &provider, tasks).await?;
    }
    Ok(is_more)
}

async fn about_all(app: &App, provider: &Arc<Provider>, tasks: &TaskTracker) -> Result<bool> {
    let now = app.clock.now();
    let before = Timestamp(now.0.saturating_sub(DAY_MS.min(app.identity.settings.recheck_ms / 3)));
    let of = (provider.name.as_str(), provider.way.issuer());
    let due = refresh_tokens::due(&app.store, of, (before, now), TOGETHER).await?;
    let is_full = due.len() == TOGETHER as usize;
    for due in due {
        let (app, provider) = (app.clone(), Arc::clone(provider));
        let asked = tasks.spawn(async move { about(&app, &provider, due).await });
        if asked.await.map_err(|_| Error::Internal)?? == Heard::Nothing {
            return Ok(false);
        }
    }
    Ok(is_full)
}

/// Whether a provider is worth asking about the next.
#[derive(PartialEq, Eq)]
enum Heard {
    Something,
    /// It is down, or wants to be left alone.
    Nothing,
}

async fn about(app: &App, provider: &Provider, due: Due) -> Result<Heard> {
    let subject = due.identity.subject.clone();
    let (taken, now) = (due.clone(), app.clock.now());
    let note = app.access.system(Job::Recheck, Maintain {});
    let turn =
        app.store.note(&note, move |tx| Box::pin(async move { refresh_tokens::take_turn(tx, &taken, now).await }));
    let user = principals::by_id(&app.store, &due.identity.user_id).await?;
    let (true, Some(user)) = (turn.await?, user) else { return Ok(Heard::Something) };
    let Some(refresh) = following::open(app, (provider, &subject), &due.sealed) else {
        replace(app, &due, None).await?;
        return Ok(Heard::Something);
    };
    let renewed = match provider.way.renew(&refresh, &subject).await {
        Ok(renewed) => renewed,
        Err(Failure::Code(_)) => {
            let action = RestByProvider { username: user.username, provider: provider.name.clone() };
            let proof = app.access.system(Job::Recheck, action);
            return following::rest(app, &proof, (due.identity, due.sealed)).await.map(|()| Heard::Something);
        }
        Err(failure) => return Ok(silence(provider, &user, &failure)),
    };
    let due = match renewed.refresh.filter(|new| *new != refresh) {
        Some(new) => again(app, provider, (due, &new)).await?,
        None => due,
    };
    match renewed.said {
        Err(failure) => Ok(silence(provider, &user, &failure)),
        Ok(Some(verified)) => {
            let verified = pinning::held(app, provider, verified).await?;
            let action = FollowProvider { username: user.username.clone(), provider: provider.name.clone() };
            let (proof, by) = (app.access.system(Job::Recheck, action), Actor::System(Job::Recheck));
            let told = Told { verified: &verified, refresh: None, asked_by: Some(due.sealed) };
            following::follow(app, provider, (told, &user), (&proof, by)).await.map(|()| Heard::Something)
        }
        Ok(None) => {
            let now = app.clock.now();
            let held = app.store.note(&note, move |tx| {
                Box::pin(async move { refresh_tokens::holds(tx, &due.identity, (&due.sealed, now)).await })
            });
            held.await.map(|()| Heard::Something)
        }
    }
}

/// Keeps what the provider gave in place of that by which it was asked, before anything else is done.
async fn again(app: &App, provider: &Provider, (due, new): (Due, &Secret)) -> Result<Due> {
    let sealed = following::seal(app, (provider, &due.identity.subject), new)?;
    replace(app, &due, Some(sealed.clone())).await?;
    Ok(Due { sealed, ..due })
}

async fn replace(app: &App, due: &Due, new: Option<Vec<u8>>) -> Result<()> {
    let (due, proof) = (due.clone(), app.access.system(Job::Recheck, Maintain {}));
    let replaced = app.store.note(&proof, move |tx| {
        Box::pin(async move { refresh_tokens::replace(tx, &due.identity, (&due.sealed, new)).await })
    });
    replaced.await
}

fn silence(provider: &Provider, user: &Principal, failure: &Failure) -> Heard {
    tracing::warn!(provider = provider.name, user = %user.username, failure = failure.line(), "a sign-in provider was asked again in vain");
    match failure {
        Failure::Unreachable(_) | Failure::Limited | Failure::ClientSecret => Heard::Nothing,
        _ => Heard::Something,
    }
}
