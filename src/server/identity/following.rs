//! Being what a provider says: groups and whether an administrator, at a sign-in and whenever it is asked again.

use super::provider::{Provider, Verified};
use crate::domain::action::{FollowProvider, Maintain, RestByProvider};
use crate::domain::principal::{Job, Principal};
use crate::domain::{Actor, Error, Result, Timestamp};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::secret::Secret;
use crate::server::store::identities::{self, Identity, Said};
use crate::server::store::{Change, refresh_tokens};

/// The most groups that the record of a sign-in names, and the most of each.
const MAX_NAMED: usize = 50;
const MAX_CHARS: usize = 100;

/// What a provider says of somebody.
pub(super) struct Told<'t> {
    pub verified: &'t Verified,
    /// By what it can be asked again, sealed; `None` leaves what there is.
    pub refresh: Option<Vec<u8>>,
    /// By what it was asked, sealed, where they did not come themselves: nothing is done if that is no longer kept.
    pub asked_by: Option<Vec<u8>>,
}

/// The identity that a provider vouches for, as a user's.
pub(super) fn identity(provider: &Provider, verified: &Verified, (user_id, now): (&str, Timestamp)) -> Identity {
    Identity {
        issuer: verified.issuer().to_owned(),
        subject: verified.subject().to_owned(),
        provider: provider.name.clone(),
        user_id: user_id.to_owned(),
        email: verified.email.clone(),
        name: verified.name.clone(),
        checked_at: now,
        refused_at: None,
    }
}

/// What a provider says of a user, as it is kept.
pub(super) fn said(
    app: &App,
    provider: &Provider,
    (verified, refresh): (&Verified, Option<Vec<u8>>),
    user: &Principal,
) -> Said {
    let (now, groups) = (app.clock.now(), verified.groups.known().to_vec());
    Said {
        identity: identity(provider, verified, (&user.id, now)),
        is_admin: provider.rules.admin_groups.iter().any(|group| groups.contains(group)),
        groups,
        grant_id: new_id(&*app.entropy, now),
        refresh,
    }
}

/// Makes of somebody what the provider says now.
pub(super) async fn follow(
    app: &App,
    provider: &Provider,
    (told, user): (Told<'_>, &Principal),
    (proof, by): (&Authorized<FollowProvider>, Actor),
) -> Result<()> {
    let said = said(app, provider, (told.verified, told.refresh), user);
    let asked_by = told.asked_by;
    let (again, still) = (said.clone(), asked_by.clone());
    let record = app.access.system(Job::SignIn, Maintain {});
    let same = app.store.note(&record, move |tx| {
        Box::pin(async move {
            let is_over = match &still {
                Some(sealed) => !refresh_tokens::is_kept(tx, &again.identity, sealed).await?,
                None => false,
            };
            Ok(is_over || identities::came_again(tx, &again).await?)
        })
    });
    if same.await? {
        return Ok(());
    }
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if let Some(sealed) = &asked_by
                && !refresh_tokens::is_kept(tx, &said.identity, sealed).await?
            {
                return Err(meanwhile());
            }
            let before = identities::follow(tx, &said, &by).await?;
            Ok(Change::new((), Some(short(&before)), Some(short(&said.groups))))
        })
    });
    unless_meanwhile(write.await)
}

fn meanwhile() -> Error {
    Error::Conflict("they signed in meanwhile".to_owned())
}

/// Who signed in while their provider was asked about them is what it said to them.
fn unless_meanwhile(done: Result<()>) -> Result<()> {
    match done {
        Err(error) if error == meanwhile() => Ok(()),
        done => done,
    }
}

/// The provider vouches no more for somebody, of whom it was asked by this.
pub(super) async fn rest(
    app: &App,
    proof: &Authorized<RestByProvider>,
    (identity, sealed): (Identity, Vec<u8>),
) -> Result<()> {
    let now = app.clock.now();
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if !refresh_tokens::is_kept(tx, &identity, &sealed).await? {
                return Err(meanwhile());
            }
            let n_sessions = refresh_tokens::refuse(tx, &identity, now).await?;
            let ended =
                if n_sessions == 1 { "1 session ended".to_owned() } else { format!("{n_sessions} sessions ended") };
            Ok(Change::new((), None, Some(ended)))
        })
    });
    unless_meanwhile(write.await)
}

/// Groups for a record, which is not to grow with what a provider likes to send.
fn short(groups: &[String]) -> String {
    let named: Vec<String> = groups.iter().take(MAX_NAMED).map(|it| it.chars().take(MAX_CHARS).collect()).collect();
    let more = groups.len().saturating_sub(MAX_NAMED);
    if more == 0 { named.join(", ") } else { format!("{}, and {more} more", named.join(", ")) }
}

/// What a provider gave at a sign-in to ask again by, as it is kept.
pub(super) fn sealed(app: &App, provider: &Provider, verified: &Verified) -> Result<Option<Vec<u8>>> {
    let seal = |refresh: &Secret| seal(app, (provider, verified.subject()), refresh);
    verified.refresh.as_ref().map(seal).transpose()
}

pub(super) fn seal(app: &App, (provider, subject): (&Provider, &str), refresh: &Secret) -> Result<Vec<u8>> {
    let sealing = &app.identity.sealing;
    sealing.seal(&purpose(provider, subject), refresh.expose().as_bytes(), &*app.entropy)
}

/// Opens it again; it does not open for a provider that is another one by now, or to which this registry is another.
pub(super) fn open(app: &App, (provider, subject): (&Provider, &str), sealed: &[u8]) -> Option<Secret> {
    let opened = app.identity.sealing.open(&purpose(provider, subject), sealed).ok()?;
    String::from_utf8(opened).ok().map(Secret::from)
}

fn purpose(provider: &Provider, subject: &str) -> String {
    format!("the refresh token of {subject} at {} for {}", provider.way.issuer(), provider.way.client_id())
}
