//! Identity providers that administrators add. Those of the configuration are listed, and set there alone.

mod shown;
mod strangers;

pub use shown::{is_last, list, page, show, view};
pub use strangers::{accept, brings_admins};

use super::{access, taken};
use crate::domain::action::{ChangeProvider, CreateProvider, DeleteProvider, DisableProvider, EnableProvider};
use crate::domain::error::What;
use crate::domain::provider::GIVEN_BY_PROVIDER;
use crate::domain::{Action, Error, ProviderKind, ProviderName, ProviderSettings, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::identity::provider::making;
use crate::server::secret::Secret;
use crate::server::store::admins::{self, Guard};
use crate::server::store::providers::{self, Stored};
use crate::server::store::{Change, Tx};

/// The most that the record of a change has of a list.
const MAX_NAMED: usize = 20;

fn missing(text: &str) -> Error {
    Error::NotFound(What::Provider(text.chars().take(80).collect()))
}

/// Refuses what the configuration sets.
///
/// # Errors
/// [`Error::Conflict`].
fn require_unlocked(app: &App, name: &ProviderName) -> Result<()> {
    match app.identity.providers.is_of_file(name.as_str()) {
        true => Err(Error::Conflict(format!(
            "{name} is set in the configuration ([[auth.providers]]), and changed there alone"
        ))),
        false => Ok(()),
    }
}

/// Adds one. People may sign in by it once it is enabled.
///
/// # Errors
/// [`Error::Conflict`] if the name is taken, [`Error::Invalid`] for a setting that cannot be.
pub async fn create(
    app: &App,
    proof: &Authorized<CreateProvider>,
    (kind, settings): (ProviderKind, ProviderSettings),
    secret: Option<Secret>,
) -> Result<()> {
    let name = proof.action().name.clone();
    require_unlocked(app, &name)?;
    require_seen(proof, proof.action().brings_admins, &[&settings])?;
    making::check(kind, &settings)?;
    let settings = ProviderSettings { url: making::url_of(kind, &settings.url), ..settings };
    let (now, by) = (app.clock.now(), proof.actor().clone());
    let id = new_id(&*app.entropy, now);
    let secret = sealed(app, (&id, &settings.url), secret)?.ok_or_else(secret_missing)?;
    let new =
        Stored { id, name, kind, settings, secret: Some(secret), is_enabled: false, revision: 1, asked_since: now };
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if !providers::insert(tx, &new, &by, now).await? {
                return Err(taken(&new.name));
            }
            Ok(Change::new((), None, Some(words(&new))))
        })
    });
    write.await?;
    app.identity.epoch().await.map(|_| ())
}

/// Sets one otherwise. What was kept for one address goes to no other: where the address changes, the secret is
/// forgotten but for a new one that comes along, and people sign in by it once it is enabled again.
///
/// # Errors
/// [`Error::Conflict`] for one of the configuration, if it changed meanwhile, or if nobody would be left who may do
/// everything; [`Error::Invalid`] for a setting that cannot be.
pub async fn change(
    app: &App,
    proof: &Authorized<ChangeProvider>,
    settings: ProviderSettings,
    secret: Option<Secret>,
) -> Result<()> {
    let before = stored(app, &proof.action().name).await?;
    require_seen(proof, proof.action().brings_admins, &[&before.settings, &settings])?;
    making::check(before.kind, &settings)?;
    let settings = ProviderSettings { url: making::url_of(before.kind, &settings.url), ..settings };
    let is_elsewhere = settings.url != before.settings.url;
    // One that is typed again as it is kept is no other: who came by it has shown that it works.
    let is_kept = |given: &Secret| {
        let sealed = before.secret.as_deref().filter(|_| !is_elsewhere);
        sealed.is_some_and(|sealed| app.identity.providers.is_sealed((&before.id, &before.settings.url), sealed, given))
    };
    let secret = secret.filter(|given| !is_kept(given));
    let secret = match sealed(app, (&before.id, &settings.url), secret)? {
        Some(secret) => Some(secret),
        None if is_elsewhere => None,
        None => before.secret.clone(),
    };
    let is_enabled = before.is_enabled && !is_elsewhere;
    let after = Stored { settings, secret, is_enabled, ..before.clone() };
    // Asked otherwise, it may name other groups, and let people in by them when who changed it may no more.
    if (&after.settings.groups_claim, &after.settings.api_url, &after.settings.scopes)
        != (&before.settings.groups_claim, &before.settings.api_url, &before.settings.scopes)
    {
        access::require_until(&proof.rights(), &proof.action().needs(), None)?;
    }
    let (ways, now) = (app.identity.providers.ways(), app.clock.now());
    let asked_since = if after.is_asked_like(&before) { before.asked_since } else { now };
    let after = Stored { asked_since, ..after };
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let guard = Guard::before(tx, ways).await?;
            set(tx, &after, now).await?;
            guard.after(tx).await.map_err(admins::untried)?;
            Ok(Change::new((), Some(words(&before)), Some(words(&after))))
        })
    });
    write.await?;
    app.identity.epoch().await.map(|_| ())
}

/// Lets people sign in by it.
///
/// # Errors
/// [`Error::Conflict`] for one of the configuration, without its secret, or if it changed meanwhile.
pub async fn enable(app: &App, proof: &Authorized<EnableProvider>) -> Result<()> {
    let before = stored(app, &proof.action().name).await?;
    require_seen(proof, proof.action().brings_admins, &[&before.settings])?;
    if before.secret.is_none() {
        return Err(Error::Conflict("its client secret is missing; give it first".to_owned()));
    }
    let (after, now) = (Stored { is_enabled: true, ..before.clone() }, app.clock.now());
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            set(tx, &after, now).await?;
            Ok(Change::new((), Some(words(&before)), Some(words(&after))))
        })
    });
    write.await?;
    app.identity.epoch().await.map(|_| ())
}

/// Believes its word no more: who is here by it alone is out at once.
///
/// # Errors
/// [`Error::Conflict`] for one of the configuration, or if nobody would be left who may do everything.
pub async fn disable(app: &App, proof: &Authorized<DisableProvider>) -> Result<()> {
    let before = stored(app, &proof.action().name).await?;
    let (after, now) = (Stored { is_enabled: false, ..before.clone() }, app.clock.now());
    let ways = app.identity.providers.ways();
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let guard = Guard::before(tx, ways).await?;
            set(tx, &after, now).await?;
            guard.after(tx).await?;
            Ok(Change::new((), Some(words(&before)), Some(words(&after))))
        })
    });
    write.await?;
    app.identity.epoch().await.map(|_| ())
}

/// Takes one away. Who came by it stays, and is let in again where it is added again.
///
/// # Errors
/// [`Error::Conflict`] for one of the configuration, or if nobody would be left who may do everything.
pub async fn delete(app: &App, proof: &Authorized<DeleteProvider>) -> Result<()> {
    // One that the configuration stands before may go.
    let name = proof.action().name.clone();
    let before = providers::find(&app.store, name.as_str()).await?;
    let Some(before) = before else {
        require_unlocked(app, &name)?;
        return Err(missing(name.as_str()));
    };
    let ways = app.identity.providers.ways();
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let guard = Guard::before(tx, ways).await?;
            if !providers::delete(tx, &before.id).await? {
                return Err(missing(before.name.as_str()));
            }
            guard.after(tx).await?;
            Ok(Change::new((), Some(words(&before)), None))
        })
    });
    write.await?;
    app.identity.epoch().await.map(|_| ())
}

async fn stored(app: &App, name: &ProviderName) -> Result<Stored> {
    require_unlocked(app, name)?;
    providers::find(&app.store, name.as_str()).await?.ok_or_else(|| missing(name.as_str()))
}

async fn set(tx: &mut Tx, after: &Stored, now: crate::domain::Timestamp) -> Result<()> {
    match providers::update(tx, after, now).await? {
        true => Ok(()),
        false => Err(changed()),
    }
}

/// Refuses what the proof does not allow: whoever asked saw a provider that brings no administrators.
fn require_seen<A: Action>(proof: &Authorized<A>, brings_admins: bool, settings: &[&ProviderSettings]) -> Result<()> {
    if brings_admins {
        // They may go on bringing others when who added it is none any more.
        access::require_until(&proof.rights(), &proof.action().needs(), None)?;
    }
    let is_seen = brings_admins || settings.iter().all(|it| it.admin_groups.is_empty());
    if is_seen { Ok(()) } else { Err(changed()) }
}

fn changed() -> Error {
    Error::Conflict("this provider changed in the meantime; look again".to_owned())
}

fn sealed(app: &App, (id, url): (&str, &str), secret: Option<Secret>) -> Result<Option<Vec<u8>>> {
    let secret = secret.filter(|secret| !secret.expose().is_empty());
    secret.map(|secret| app.identity.providers.seal(id, url, &secret)).transpose()
}

/// What is said where a secret has to be given.
pub fn secret_missing() -> Error {
    Error::invalid("client_secret", GIVEN_BY_PROVIDER)
}

/// How it is set, for records; never its secret.
fn words(stored: &Stored) -> String {
    let Stored { settings, is_enabled, .. } = stored;
    let state = if *is_enabled { "enabled" } else { "disabled" };
    let list = |of: &[String]| of.iter().take(MAX_NAMED).cloned().collect::<Vec<_>>().join(", ");
    let mut words = format!("{}, {state}, {} as {}", settings.title, settings.url, settings.client_id);
    let open = if settings.open_sign_up { "everybody" } else { "" }.to_owned();
    for (what, text) in [
        ("lets in", open),
        ("lets in", list(&settings.allowed_groups)),
        ("administrators", list(&settings.admin_groups)),
        ("groups at", settings.groups_claim.clone()),
    ] {
        if !text.is_empty() {
            words.push_str(&format!("; {what}: {text}"));
        }
    }
    words.chars().take(2000).collect()
}
