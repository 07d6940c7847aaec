//! Where something was deleted: at the mount of its entry, whatever is mounted at its name by now.

use super::Entry;
use crate::domain::Result;
use crate::domain::view::MountKind;
use crate::server::context::App;
use crate::server::service::elsewhere::{self, Elsewhere};
use crate::server::store::mounts;

/// The registry in which something was deleted.
pub(super) struct Home {
    /// Whether that is not the hosted one.
    pub is_elsewhere: bool,
    /// As long as it is mounted.
    pub elsewhere: Option<Elsewhere>,
}

impl Home {
    /// The one of a mount.
    ///
    /// # Errors
    /// [`crate::domain::Error::Conflict`] where it is read-only.
    pub(super) async fn of(app: &App, mount_id: &str) -> Result<Self> {
        if app.mounts.find(mount_id).is_some() {
            let elsewhere = elsewhere::at(app, mount_id)?;
            return Ok(Self { is_elsewhere: elsewhere.is_some(), elsewhere });
        }
        // What is held there is taken away when it is mounted again.
        let known = mounts::find(&app.store, mount_id, app.clock.now()).await?;
        Ok(Self { is_elsewhere: known.is_some_and(|it| it.row.kind == MountKind::Remote), elsewhere: None })
    }
}

/// Whether a mount is a registry elsewhere that may be changed.
pub(super) fn is_elsewhere(app: &App, mount_id: &str) -> bool {
    app.mounts.find(mount_id).is_some_and(|mount| mount.changes.is_some())
}

/// The registry elsewhere of a mount, by its host.
pub(super) fn kept_at(app: &App, mount_id: &str) -> Option<String> {
    app.mounts.find(mount_id)?.kept_at()
}

/// The mount of an entry, which has to serve its name to bring it back, and the registry there if that is elsewhere.
///
/// # Errors
/// [`crate::domain::Error::Conflict`] where another one serves it, none does, or it is read-only.
pub(super) fn serving(app: &App, entry: &Entry) -> Result<(String, Option<Elsewhere>)> {
    let mount_id = app.mount(&entry.row.repository).map(|mount| mount.id.clone()).unwrap_or_default();
    elsewhere::require_deleted_at(&mount_id, entry)?;
    Ok((entry.mount_id.clone(), elsewhere::at(app, &mount_id)?))
}
