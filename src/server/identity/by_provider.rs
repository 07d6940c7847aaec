//! Coming in by an identity provider: a browser is sent there, comes back with what it was sent with, and whoever the
//! provider vouches for is somebody here, becomes somebody, or waits.

use super::attempts::{Aim, Attempt};
use super::backoff::Origin;
use super::following::{self, Told};
use super::provider::{Failure, Groups, Provider, Returned, Verified};
use super::secrets::{self, Kind};
use super::sign_in::{From, open_session};
use super::{joining, linking, pinning, told, trying};
use crate::domain::action::{FollowProvider, Maintain};
use crate::domain::error::What;
use crate::domain::principal::Job;
use crate::domain::view::{Tried, Verdict};
use crate::domain::{Error, Result, Timestamp, Username};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::entropy::new_secret_id;
use crate::server::secret::Secret;
use crate::server::store::attempts;
use crate::server::store::identities;
use crate::server::store::sessions::Known;
use crate::server::store::waiting::{self, Waiting};
use crate::server::store::{group_claims, principals};
use std::sync::Arc;
use url::Url;

/// How long a browser may take to come back.
pub const LIFE_MS: i64 = 10 * 60_000;

/// Where a browser is sent, and the secret by which it is known when it comes back.
pub struct Begun {
    pub to: Url,
    pub browser: Secret,
}

/// What a browser brought back from a provider.
pub struct Arrival {
    pub state: Option<Secret>,
    /// The browser's own secret.
    pub browser: Option<Secret>,
    pub returned: Returned,
}

/// What is said of a sign-in that is not this browser's, or over.
pub(super) const STALE: &str =
    "this sign-in was not begun in this browser, was used already, or took longer than 10 minutes; start again";

/// With what a browser is sent to a provider.
pub(super) struct Wish {
    /// Where to go on.
    pub next: String,
    pub aim: Aim,
    /// The address that asks.
    pub from: String,
}

/// How a sign-in ended.
pub struct Ended {
    /// Where they wanted to go, as far as that is known.
    pub next: String,
    pub outcome: Result<Outcome>,
}

/// What a sign-in came to.
pub enum Outcome {
    /// Somebody with a session, and their name.
    In(Secret, Username),
    /// Somebody whom nobody has let in yet. `groups_unknown` if the provider did not name their groups.
    Waits { email: String, groups_unknown: bool },
    /// Nobody was signed in: who tried the provider of that name reads what came back.
    Tried(String, Result<Box<Tried>>),
    /// Nobody was signed in who was not: the account of this session has one more way in, by the provider of that title.
    Linked(Result<String>),
    /// The invitation of that secret was not taken, and why.
    NotTaken(Secret, Error),
}

/// Sends a browser to the provider of that name. One that has a secret already keeps it, so that it can be on its way
/// in several tabs.
///
/// # Errors
/// [`Error::NotFound`] if there is no such provider; what it says or does not if it cannot be asked.
pub async fn begin(app: &App, name: &str, (next, from): (String, &str), browser: Option<Secret>) -> Result<Begun> {
    let provider = app.identity.providers.find(name).ok_or(Error::NotFound(What::Page))?;
    begin_as(app, &provider, Wish { next, aim: Aim::SignIn, from: from.to_owned() }, browser).await
}

/// The same for any aim.
pub(super) async fn begin_as(app: &App, provider: &Provider, wish: Wish, browser: Option<Secret>) -> Result<Begun> {
    send(app, provider, wish, browser).await.map_err(|failure| said(provider, &failure))?
}

/// The same for a provider that may not be in force. What goes wrong there is for the caller to say, what goes wrong
/// here is the inner error.
pub(super) async fn send(
    app: &App,
    provider: &Provider,
    wish: Wish,
    browser: Option<Secret>,
) -> Result<Result<Begun>, Failure> {
    let (drawn, now) = (secrets::new(Kind::Attempt, &*app.entropy), app.clock.now());
    let is_ours = |shown: &Secret| shown.expose().len() == drawn.expose().len() && Kind::Attempt.fits(shown.expose());
    let browser = browser.filter(is_ours).unwrap_or_else(|| drawn.clone());
    let attempt = Attempt {
        provider: provider.name.clone(),
        browser: secrets::fingerprint(&browser),
        nonce: new_secret_id(&*app.entropy),
        verifier: secrets::new(Kind::Attempt, &*app.entropy),
        next: wish.next,
        aim: wish.aim,
        network: Origin::network(&wish.from).as_str().to_owned(),
        expires_at: Timestamp(now.0 + LIFE_MS),
    };
    let state = match attempt.seal(&app.identity.sealing, &*app.entropy) {
        Ok(state) => state,
        Err(error) => return Ok(Err(error)),
    };
    let to = provider.way.start(&state, &attempt).await?;
    Ok(Ok(Begun { to, browser }))
}

/// Ends what [`begin`] began, once: with a session, or not.
pub async fn finish(app: &App, name: &str, arrival: Arrival, (from, caller): (From, &Caller)) -> Ended {
    let begun = match take(app, arrival.state).await {
        Ok(begun) => begun,
        Err(error) => return Ended { next: String::new(), outcome: Err(error) },
    };
    let Some(attempt) = begun else {
        return Ended { next: String::new(), outcome: Err(Error::NotLetIn(STALE.to_owned())) };
    };
    let is_own = arrival.browser.is_some_and(|browser| secrets::fingerprint(&browser) == attempt.browser);
    // Of a browser that is another one it is nobody's business where this one wanted to go.
    let next = if is_own { attempt.next.clone() } else { String::new() };
    let outcome = match is_own && attempt.provider == name {
        true => end(app, (arrival.returned, &attempt), (from, caller)).await,
        false => Err(Error::NotLetIn(STALE.to_owned())),
    };
    Ended { next, outcome }
}

/// Ends an attempt that is this browser's, by what it was begun for.
async fn end(app: &App, came: (Returned, &Attempt), (from, caller): (From, &Caller)) -> Result<Outcome> {
    let attempt = came.1;
    match attempt.aim.clone() {
        Aim::Try(session) => {
            let tried = trying::end(app, caller, came, &session).await.map(Box::new);
            Ok(Outcome::Tried(attempt.provider.clone(), tried))
        }
        Aim::Link(session) => Ok(Outcome::Linked(linking::end(app, (caller, &session), came, &from).await)),
        Aim::Invitation(link) => match linking::take(app, &link, came, from).await {
            Ok((session, username)) => Ok(Outcome::In(session, username)),
            Err(failure) => Ok(Outcome::NotTaken(link, failure)),
        },
        Aim::SignIn => {
            let provider = in_force(app, attempt)?;
            arrive(app, &provider, came, from).await
        }
    }
}

/// The provider through which an attempt went.
///
/// # Errors
/// [`Error::NotLetIn`] if it is in force no more.
pub(super) fn in_force(app: &App, attempt: &Attempt) -> Result<Arc<Provider>> {
    app.identity.providers.find(&attempt.provider).ok_or_else(|| Error::NotLetIn(STALE.to_owned()))
}

async fn take(app: &App, state: Option<Secret>) -> Result<Option<Attempt>> {
    let now = app.clock.now();
    let found = state.and_then(|state| Attempt::open(&app.identity.sealing, &state, now));
    let Some((attempt, name)) = found else { return Ok(None) };
    let (proof, network, ends) =
        (app.access.system(Job::SignIn, Maintain {}), attempt.network.clone(), attempt.expires_at);
    let end = app
        .store
        .note(&proof, move |tx| Box::pin(async move { attempts::end(tx, &name, &network, (ends, now)).await }));
    Ok(end.await?.then_some(attempt))
}

/// Whom the provider vouches for, after all that it says was checked.
pub(super) async fn verify(
    app: &App,
    provider: &Provider,
    came: (Returned, &Attempt),
    from: &From,
) -> Result<Verified> {
    let finished = app.identity.codes.show(provider, came, (&from.address, app.clock.now())).await?;
    if finished.is_err() {
        told::refused(app, (format!("somebody by {}", provider.name), "the provider's answer"), from);
    }
    let verified = finished.map_err(|failure| said(provider, &failure))?;
    if verified.groups == Groups::TooMany {
        tracing::warn!(
            provider = provider.name,
            subject = verified.subject(),
            "the provider names no groups for this person, for there are too many; let it name those of this application alone"
        );
    }
    pinning::held(app, provider, verified).await
}

async fn arrive(app: &App, provider: &Provider, came: (Returned, &Attempt), from: From) -> Result<Outcome> {
    let verified = verify(app, provider, came, &from).await?;
    let known = identities::find(&app.store, verified.issuer(), verified.subject()).await?;
    let user = match known {
        Some(identity) => principals::by_id(&app.store, &identity.user_id).await?.ok_or(Error::Internal)?,
        None if is_let_in(app, provider, &verified).await? => joining::join(app, provider, (&verified, &from)).await?,
        None => {
            told::refused(
                app,
                (format!("{} by {}", short(&verified.email), provider.name), "nobody has let them in"),
                &from,
            );
            return wait(app, provider, verified).await;
        }
    };
    if !user.is_let_in(app.clock.now()) {
        told::refused(app, (user.username.to_string(), "not let in any more"), &from);
        let disabled = "this account is not let in any more; ask an administrator of this registry";
        return Err(Error::NotLetIn(disabled.to_owned()));
    }
    let refresh = following::sealed(app, provider, &verified)?;
    let action = FollowProvider { username: user.username.clone(), provider: provider.name.clone() };
    let (proof, by) = (app.access.vouch(user.actor(), from.asked(), action), user.actor());
    let told = Told { verified: &verified, refresh, asked_by: None };
    following::follow(app, provider, (told, &user), (&proof, by)).await?;
    let session = open_session(app, (&user.id, &user.actor()), Known::Identity(provider.name.clone()), from).await?;
    Ok(Outcome::In(session, user.username))
}

/// Whether somebody who was never here becomes a user.
async fn is_let_in(app: &App, provider: &Provider, verified: &Verified) -> Result<bool> {
    let mapped = group_claims::values(&app.store, &provider.name).await?;
    Ok(trying::by_rules(provider, verified.groups.known(), &mapped) != Verdict::Waits)
}

/// What a provider says, for a record, which is not to grow with it.
fn short(text: &str) -> String {
    text.chars().take(100).collect()
}

async fn wait(app: &App, provider: &Provider, verified: Verified) -> Result<Outcome> {
    let now = app.clock.now();
    let (email, email_verified) = (verified.email.clone(), verified.email_is_verified);
    let groups_unknown = verified.groups == Groups::TooMany;
    let who = Waiting {
        issuer: verified.issuer().to_owned(),
        subject: verified.subject().to_owned(),
        provider: provider.name.clone(),
        email: verified.email,
        email_verified,
        name: verified.name,
        groups: verified.groups.known().to_vec(),
        usernames: verified.usernames,
        first_at: now,
        last_at: now,
    };
    let proof = app.access.system(Job::SignIn, Maintain {});
    app.store.note(&proof, move |tx| Box::pin(async move { waiting::note(tx, &who).await })).await?;
    waiting::changed(&app.store);
    Ok(Outcome::Waits { email, groups_unknown })
}

/// Why a provider's sign-in failed, for people; the details are for the log, under the id of the request.
fn said(provider: &Provider, failure: &Failure) -> Error {
    tracing::warn!(provider = provider.name, failure = failure.line(), "a sign-in by a provider failed");
    failure.words(&provider.title)
}
