//! Mounting registries in the console, changing how, and forgetting them.

use super::{own, probe, under_way};
use crate::domain::action::{ChangeMount, CheckMount, CreateMount, DeleteMount};
use crate::domain::mount::MountSettings;
use crate::domain::principal::Job;
use crate::domain::view::ProbeView;
use crate::domain::{Error, MountPrefix, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::mounted;
use crate::server::secret::Secret;
use crate::server::store::mount_settings::{self, Kept};
use crate::server::store::radius::Reader;
use crate::server::store::{Change, jobs};

/// The address of the page that mounts one: no prefix in the console.
const NEW: &str = "new";
/// The most mounts of the console.
const MAX_MOUNTS: usize = 500;

/// What somebody typed, before anything of it is kept.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub prefix: MountPrefix,
    pub settings: MountSettings,
    /// None keeps the one that there is.
    pub password: Option<Secret>,
}

/// Mounts a registry that answered.
///
/// # Errors
/// [`Error::Invalid`] of the field that keeps it from being mounted.
pub async fn create(app: &App, proof: &Authorized<CreateMount>, wanted: Wanted) -> Result<()> {
    let prefix = proof.action().prefix.clone();
    if prefix.as_str() == NEW {
        return Err(Error::invalid("prefix", "this word is for the page on which you are; choose another prefix"));
    }
    let mounts = app.mounts.now();
    if mounts.iter().any(|mount| mount.prefix == prefix) {
        return Err(mount_settings::is_mounted_there());
    }
    if mounts.len() >= MAX_MOUNTS {
        return Err(Error::Conflict(format!("there are {MAX_MOUNTS} mounts, and no more are taken; remove one first")));
    }
    with_password(&wanted.settings, wanted.password.is_some())?;
    its_service(app, &wanted.settings, "")?;
    probe(app, proof, &wanted).await?;
    let now = app.clock.now();
    let (id, job) = (new_id(&*app.entropy, now), new_id(&*app.entropy, now));
    let sealed = seal(app, &wanted)?;
    let is = words(&wanted.settings, sealed.is_some());
    let kept = Kept { id, prefix, settings: wanted.settings, sealed };
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            mount_settings::insert(tx, &kept, &job, now).await?;
            Ok(Change::new((), None, Some(is)))
        })
    });
    write.await?;
    app.follow_mounts().await
}

/// Changes how a registry is reached and seen; it is asked first if how it is reached changes.
///
/// # Errors
/// [`Error::Invalid`] of the field that cannot be so. A password goes to no other address than the one for which it was
/// typed: where that changes, it is asked for again. [`Error::Conflict`] that lists what is under way at the old address.
pub async fn change(app: &App, proof: &Authorized<ChangeMount>, wanted: Wanted) -> Result<()> {
    let before = own(app, &proof.action().prefix).await?;
    let is_other = wanted.password.is_some() || is_reached_otherwise(&before.settings, &wanted.settings);
    let wanted = known_password(app, &before, wanted)?;
    its_service(app, &wanted.settings, &before.id)?;
    wanted.settings.check()?;
    let goes_elsewhere = is_elsewhere(&before.settings, &wanted.settings);
    if goes_elsewhere {
        under_way::refuse(app, &mut Reader::Store(&app.store), &before.id).await?;
    }
    if is_other {
        probe(app, proof, &wanted).await?;
    }
    let sealed = seal(app, &wanted)?;
    let (was, is) = (words(&before.settings, before.sealed.is_some()), words(&wanted.settings, sealed.is_some()));
    let (kept, now) = (Kept { settings: wanted.settings, sealed, ..before.clone() }, app.clock.now());
    let of = app.clone();
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            mount_settings::change(tx, (&before, &kept), now).await?;
            if goes_elsewhere {
                under_way::refuse(&of, &mut Reader::Tx(tx), &kept.id).await?;
            }
            Ok(Change::new((), Some(was), Some(is)))
        })
    });
    write.await?;
    app.follow_mounts().await
}

/// Asks a registry whether it would do so, and changes nothing.
///
/// # Errors
/// As [`change`].
pub async fn try_change(app: &App, proof: &Authorized<ChangeMount>, wanted: Wanted) -> Result<ProbeView> {
    let before = own(app, &proof.action().prefix).await?;
    let wanted = known_password(app, &before, wanted)?;
    probe(app, proof, &wanted).await
}

/// What is wanted, with the password that is kept where none was typed.
fn known_password(app: &App, before: &Kept, wanted: Wanted) -> Result<Wanted> {
    let Wanted { prefix, settings, password } = wanted;
    if settings.username.is_empty() {
        return Ok(Wanted { prefix, settings, password: None });
    }
    let goes_elsewhere = settings.url != before.settings.url || settings.auth_hosts != before.settings.auth_hosts;
    let password = match (password, &before.sealed) {
        (Some(typed), _) => Some(typed),
        (None, Some(_)) if goes_elsewhere => {
            let words = "type the password again: it goes to no other address than the one for which it was given";
            return Err(Error::invalid("password", words));
        }
        (None, Some(sealed)) => {
            let text = app.identity.sealing.open(&mounted::purpose(&prefix, &before.settings.url), sealed)?;
            Some(Secret::from(String::from_utf8_lossy(&text).into_owned()))
        }
        (None, None) => None,
    };
    with_password(&settings, password.is_some())?;
    Ok(Wanted { prefix, settings, password })
}

/// Whether the same names stand for other repositories by that.
fn is_elsewhere(before: &MountSettings, wanted: &MountSettings) -> bool {
    (&before.url, &before.upstream_prefix) != (&wanted.url, &wanted.upstream_prefix)
}

fn is_reached_otherwise(before: &MountSettings, wanted: &MountSettings) -> bool {
    let reached = |of: &MountSettings| MountSettings {
        refresh_s: 0,
        visibility: Default::default(),
        read_only: true,
        trash: true,
        ..of.clone()
    };
    reached(before) != reached(wanted)
}

/// A name and a password come together.
fn with_password(settings: &MountSettings, has_password: bool) -> Result<()> {
    match (settings.username.is_empty(), has_password) {
        (false, false) => Err(Error::invalid("password", "a username needs a password")),
        (true, true) => Err(Error::invalid("username", "a password needs a username")),
        _ => Ok(()),
    }
}

/// Refuses the service of another registry, which would take tokens that are for this one.
fn its_service(app: &App, settings: &MountSettings, id: &str) -> Result<()> {
    let service = &settings.token_service;
    let mounts = app.mounts.now();
    let is_taken = *service == app.identity.settings.service
        || mounts.iter().any(|mount| mount.id != id && mount.token_service.as_ref() == Some(service));
    match !service.is_empty() && is_taken {
        false => Ok(()),
        true => Err(Error::invalid("token_service", "another registry has this name; give this one its own")),
    }
}

fn seal(app: &App, wanted: &Wanted) -> Result<Option<Vec<u8>>> {
    let purpose = mounted::purpose(&wanted.prefix, &wanted.settings.url);
    let seal = |password: &Secret| app.identity.sealing.seal(&purpose, password.expose().as_bytes(), &*app.entropy);
    wanted.password.as_ref().map(seal).transpose()
}

/// How it is set, for the record; never a password.
fn words(settings: &MountSettings, has_password: bool) -> String {
    let mut words = vec![settings.url.clone(), settings.visibility.name().to_owned()];
    words.extend(settings.upstream_prefix.as_ref().map(|prefix| format!("below {prefix}")));
    words.extend(has_password.then(|| format!("as {}", settings.username)));
    words.extend((!settings.token_service.is_empty()).then(|| format!("by tokens for {}", settings.token_service)));
    words.extend((!settings.read_only).then(|| match settings.trash {
        true => "changed from here, with a trash".to_owned(),
        false => "changed from here, without a trash".to_owned(),
    }));
    words.join(", ")
}

/// Reads a registry of the console now.
pub async fn check_now(app: &App, proof: &Authorized<CheckMount>) -> Result<()> {
    let (kept, now) = (own(app, &proof.action().prefix).await?, app.clock.now());
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            jobs::hasten(tx, Job::Crawl.name(), &kept.id, now).await?;
            Ok(Change::new((), None, None))
        })
    });
    write.await
}

/// Forgets a registry here, with what was read of it and the grants on it. Nothing is asked or deleted there.
pub async fn remove(app: &App, proof: &Authorized<DeleteMount>) -> Result<()> {
    let kept = own(app, &proof.action().prefix).await?;
    let was = words(&kept.settings, kept.sealed.is_some());
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            mount_settings::remove(tx, &kept.id).await?;
            Ok(Change::new((), Some(was), None))
        })
    });
    write.await?;
    app.follow_mounts().await
}
