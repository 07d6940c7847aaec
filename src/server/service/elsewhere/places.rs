//! Which registry it is: by the name of a repository, or by its mount.

use super::Elsewhere;
use crate::domain::{RepositoryName, Result};
use crate::server::context::{App, Mount};
use std::sync::Arc;

/// The registry elsewhere that keeps a repository; `None` for the hosted one.
///
/// # Errors
/// [`crate::domain::Error::ReadOnly`] where it is that.
pub(in crate::server::service) fn of(app: &App, name: &RepositoryName) -> Result<Option<Elsewhere>> {
    Ok(Elsewhere::of_mount(app.changeable(name)?))
}

/// The same of a mount by its id; `None` where it is not in force.
///
/// # Errors
/// As [`of`].
pub(in crate::server::service) fn at(app: &App, mount_id: &str) -> Result<Option<Elsewhere>> {
    let Some(mount) = app.mounts.find(mount_id) else { return Ok(None) };
    mount.require_changes()?;
    Ok(Elsewhere::of_mount(mount))
}

impl Elsewhere {
    /// The one of a mount, if that is in force and may be changed.
    pub(super) fn if_open(app: &App, mount_id: &str) -> Option<Self> {
        app.mounts.find(mount_id).and_then(Self::of_mount)
    }

    fn of_mount(mount: Arc<Mount>) -> Option<Self> {
        mount.changes.clone().map(|changes| Self { mount, changes })
    }
}
