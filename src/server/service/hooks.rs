//! What registries elsewhere tell of pushes at them. Nothing of it is believed: it says which names to ask the registry about,
//! and what it then answers is in the catalog. A name that is not mounted from there is left out, and so is one that Portolan
//! keeps for itself.

use crate::domain::notice::{self, Notice};
use crate::domain::{Error, RepositoryName, Result, Tag};
use crate::server::context::{App, Mount};
use crate::server::identity::Teller;
use crate::server::secret::Secret;
use std::sync::Arc;

pub use crate::domain::notice::MAX_BYTES;

/// A registry that showed the secret of its mount.
pub struct Told {
    by: Teller,
    mount: Arc<Mount>,
}

/// Who shows this, for the mount of that id.
///
/// # Errors
/// [`Error::Unauthenticated`], whatever it is that does not fit.
pub async fn by(app: &App, mount_id: &str, shown: &Secret) -> Result<Told> {
    let by = app.identity.teller(mount_id, shown).await?;
    let mount = app.mounts.find(mount_id).filter(|mount| mount.upstream.is_some());
    Ok(Told { by, mount: mount.ok_or(Error::Unauthenticated)? })
}

/// Hears what it says: the jobs of this process ask about it soon.
pub async fn hear(app: &App, told: Told, message: &[u8]) {
    let Told { by, mount } = told;
    let names: Vec<_> = notice::read(message).into_iter().filter_map(|it| mounted(app, &mount, it)).collect();
    if names.is_empty() {
        return;
    }
    for (repository, tag) in names {
        app.looks.hint(&mount.id, repository, tag);
    }
    app.identity.heard(by).await;
}

/// What it is about, as it is called here.
fn mounted(app: &App, mount: &Mount, notice: Notice) -> Option<(RepositoryName, Option<Tag>)> {
    let Notice { repository, tag } = notice;
    let here = mount.named_here(&repository)?;
    let is_ours = app.mount(&here).is_some_and(|owner| owner.id == mount.id);
    let is_reserved = tag.as_ref().is_some_and(Tag::is_reserved);
    (is_ours && !is_reserved).then_some((here, tag))
}
