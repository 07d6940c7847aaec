//! Mounted registries: what there is of them, and to mount, change and remove those of the console.

mod hook;
mod probe;
mod set;
mod under_way;

pub use hook::rotate_hook;
pub use probe::probe;
pub use set::{Wanted, change, check_now, create, remove, try_change};

use super::may;
use crate::domain::action::{ChangeMount, ReadMounts, RotateHook};
use crate::domain::error::What;
use crate::domain::view::{HookView, MountKind, MountView, MountsView, TrustView};
use crate::domain::{Error, MountPrefix, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::store::mount_settings::{self, Kept};
use crate::server::store::mounts::{self, Mount};

/// For how many days it is told that a mount leads elsewhere: for as long as the jobs are kept that ended by it.
const TOLD_DAYS: i64 = 30;

/// Every mount with what it can do and where its reading stands. One statement.
pub async fn list(app: &App, proof: &Authorized<ReadMounts>) -> Result<MountsView> {
    let rows = rows(app).await?.into_iter().map(|mount| mount.row).collect();
    Ok(MountsView { mounts: rows, may_manage: may_manage(proof) })
}

/// The same with how each is set, in the order of their prefixes.
pub async fn all(app: &App, proof: &Authorized<ReadMounts>) -> Result<Vec<MountView>> {
    let kept = mount_settings::all(&app.store).await?;
    let mut views: Vec<MountView> = rows(app)
        .await?
        .into_iter()
        .map(|mount| {
            let own = kept.iter().find(|kept| kept.id == mount.id).cloned();
            view_of(app, proof, mount, own, 0)
        })
        .collect();
    views.sort_by(|one, other| one.row.prefix.cmp(&other.row.prefix));
    Ok(views)
}

/// Everything on the page of one mount; what goes with it is counted where it `is_to_go`.
pub async fn view(app: &App, proof: &Authorized<ReadMounts>, name: &str, is_to_go: bool) -> Result<MountView> {
    let mount = named(app, name).await?;
    let kept = mount_settings::find(&app.store, &mount.id).await?;
    let n_grants = if is_to_go { mount_settings::n_grants(&app.store, &mount.id).await? } else { 0 };
    let n_held = crate::server::store::under_way::n_held(&app.store, &mount.id).await?;
    let since = app.clock.now().plus_days(-TOLD_DAYS);
    let moved = mount.moved.clone().filter(|moved| moved.at > since);
    Ok(MountView { n_held, moved, ..view_of(app, proof, mount, kept, n_grants) })
}

fn view_of(app: &App, proof: &Authorized<ReadMounts>, mount: Mount, kept: Option<Kept>, n_grants: u64) -> MountView {
    let Mount { id, row, .. } = mount;
    let service = app.mounts.find(&id).and_then(|mount| mount.token_service.clone());
    let trust = service.map(|service| TrustView {
        realm: format!("{}/token", app.facts.public_url),
        service,
        issuer: app.identity.signing.issuer().to_owned(),
    });
    let may_rotate = may(proof, &RotateHook { prefix: row.prefix.clone() });
    let has_hook = row.kind == MountKind::Remote && (may_rotate || row.hook_at.is_some());
    let address = format!("{}/hooks/registry/{id}", app.facts.public_url);
    let hook = has_hook.then_some(HookView { address, may_rotate });
    let has_password = kept.as_ref().is_some_and(|kept| kept.sealed.is_some());
    let may_manage = kept.is_some() && may_manage(proof);
    let settings = kept.map(|kept| kept.settings);
    MountView { id, row, settings, has_password, trust, hook, n_grants, n_held: 0, moved: None, may_manage }
}

async fn rows(app: &App) -> Result<Vec<Mount>> {
    let mut rows = mounts::list(&app.store, app.clock.now()).await?;
    for mount in &mut rows {
        if let Some(open) = app.mounts.find(&mount.id).filter(|open| open.upstream.is_some()) {
            mount.row.is_read_only = open.changes.is_none();
            mount.row.keeps_trash = open.keeps_trash;
        }
    }
    for row in rows.iter_mut().map(|mount| &mut mount.row).filter(|row| row.kind == MountKind::Hosted) {
        row.url.clone_from(&app.facts.public_url);
        if let Some(hosted) = app.mounts.now().iter().find(|mount| mount.kind == MountKind::Hosted) {
            row.capabilities = hosted.read.capabilities().await; // It knows them; nothing is asked.
        }
    }
    Ok(rows)
}

/// A mount by its id or its prefix as addresses write it.
async fn named(app: &App, name: &str) -> Result<Mount> {
    let prefix = MountPrefix::of_address(name);
    let found =
        rows(app).await?.into_iter().find(|mount| mount.id == name || Some(&mount.row.prefix) == prefix.as_ref());
    found.ok_or_else(|| Error::NotFound(What::Mount(name.chars().take(80).collect())))
}

/// The prefix of a mount that is named by its id or its prefix.
pub async fn prefix(app: &App, _proof: &Authorized<ReadMounts>, name: &str) -> Result<MountPrefix> {
    Ok(named(app, name).await?.row.prefix)
}

/// How a mount of the console is set.
///
/// # Errors
/// [`Error::Conflict`] where the configuration holds it.
async fn own(app: &App, prefix: &MountPrefix) -> Result<Kept> {
    let mount = rows(app).await?.into_iter().find(|mount| mount.row.prefix == *prefix);
    let mount = mount.ok_or_else(|| Error::NotFound(What::Mount(prefix.shown())))?;
    let kept = mount_settings::find(&app.store, &mount.id).await?;
    let words = || match (mount.row.kind, prefix.is_root()) {
        (MountKind::Hosted, true) => "this registry is built in, and stays as it is".to_owned(),
        _ => {
            format!("the configuration holds the mount {}; change it there, and start the server again", prefix.shown())
        }
    };
    kept.ok_or_else(|| Error::Conflict(words()))
}

/// How it is set now, for somebody who changes a part of it.
pub async fn settings(app: &App, proof: &Authorized<ChangeMount>) -> Result<crate::domain::mount::MountSettings> {
    Ok(own(app, &proof.action().prefix).await?.settings)
}

fn may_manage(proof: &Authorized<ReadMounts>) -> bool {
    may(proof, &ChangeMount { prefix: MountPrefix::default() })
}
