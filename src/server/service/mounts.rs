//! The page of mounted registries.

use crate::domain::Result;
use crate::domain::action::ReadMounts;
use crate::domain::view::{MountKind, MountsView};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::store::mounts;

/// Every mount with what it can do and where its reading stands. One statement.
pub async fn list(app: &App, _proof: &Authorized<ReadMounts>) -> Result<MountsView> {
    let mut rows: Vec<_> =
        mounts::list(&app.store, app.clock.now()).await?.into_iter().map(|mount| mount.row).collect();
    for row in rows.iter_mut().filter(|row| row.kind == MountKind::Hosted) {
        row.url.clone_from(&app.facts.public_url);
        if let Some(hosted) = app.mounts.iter().find(|mount| mount.kind == MountKind::Hosted) {
            row.capabilities = hosted.read.capabilities().await; // It knows them; nothing is asked.
        }
    }
    Ok(MountsView { mounts: rows })
}
