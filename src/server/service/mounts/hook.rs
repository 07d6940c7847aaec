//! The secret by which the registry of a mount tells of pushes, also of a mount that the configuration holds: it is drawn here
//! and shown once, as that of a robot is, and nobody chooses it.

use crate::domain::action::RotateHook;
use crate::domain::error::What;
use crate::domain::{Error, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::identity::secrets::{self, Kind};
use crate::server::secret::Secret;
use crate::server::service::draw;
use crate::server::store::{Change, hooks};

/// Makes a secret for a mount, which is nowhere but in what this returns; the one from before ends at once.
///
/// # Errors
/// [`Error::Conflict`] for the hosted registry, of which every push is known.
pub async fn rotate_hook(app: &App, proof: &Authorized<RotateHook>) -> Result<Secret> {
    let prefix = &proof.action().prefix;
    let mount = app.mounts.now().iter().find(|mount| mount.prefix == *prefix).cloned();
    let mount = mount.ok_or_else(|| Error::NotFound(What::Mount(prefix.shown())))?;
    if mount.upstream.is_none() {
        return Err(Error::Conflict("this registry is built in: each push to it is known at once".to_owned()));
    }
    let (secret, now) = (draw(app, Kind::Hook), app.clock.now());
    let (id, fingerprint) = (mount.id.clone(), secrets::fingerprint(&secret));
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let before = hooks::rotate(tx, &id, &fingerprint, now).await?;
            Ok(Change::new((), before.map(|at| at.rfc3339()), Some(now.rfc3339())))
        })
    });
    write.await?;
    Ok(secret)
}
