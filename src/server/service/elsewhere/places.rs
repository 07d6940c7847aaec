//! Which registry it is: by the name of a repository, or by its mount.

use super::Elsewhere;
use crate::domain::error::What;
use crate::domain::{Error, RepositoryName, Result};
use crate::server::context::{App, Mount};
use std::sync::Arc;

/// The mount that keeps a repository, if names may be changed there.
///
/// # Errors
/// [`Error::ReadOnly`] where it is that.
pub(in crate::server::service) fn home(app: &App, name: &RepositoryName) -> Result<Arc<Mount>> {
    open(app.mount(name).ok_or_else(|| Error::NotFound(What::Repository(name.clone())))?)
}

fn open(mount: Arc<Mount>) -> Result<Arc<Mount>> {
    if mount.takes_changes() {
        return Ok(mount);
    }
    let host = mount.kept_at().unwrap_or_else(|| "its registry".to_owned());
    Err(Error::ReadOnly(format!(
        "nothing is changed at {host} from here: the mount {} is read-only",
        mount.prefix.shown()
    )))
}

/// The registry elsewhere that keeps a repository; `None` for the hosted one.
///
/// # Errors
/// As [`home`].
pub(in crate::server::service) fn of(app: &App, name: &RepositoryName) -> Result<Option<Elsewhere>> {
    let mount = home(app, name)?;
    Ok(mount.changes.clone().map(|changes| Elsewhere { mount, changes }))
}

/// The same of a mount by its id; `None` where it is not in force.
///
/// # Errors
/// As [`home`].
pub(in crate::server::service) fn at(app: &App, mount_id: &str) -> Result<Option<Elsewhere>> {
    let Some(mount) = app.mounts.find(mount_id) else { return Ok(None) };
    let mount = open(mount)?;
    Ok(mount.changes.clone().map(|changes| Elsewhere { mount, changes }))
}

impl Elsewhere {
    /// The one of a mount, if it may be changed.
    pub(super) fn at(app: &App, mount_id: &str) -> Option<Self> {
        let mount = app.mounts.find(mount_id)?;
        mount.changes.clone().map(|changes| Self { mount, changes })
    }
}
