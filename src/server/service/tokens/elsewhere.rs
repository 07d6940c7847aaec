//! Tokens for a registry elsewhere that trusts this service (CNCF distribution, `auth.token`). It knows its own names
//! and asks nobody again while a token holds, so what it cannot tell apart is not granted.

use super::{Issued, Scopes, sign};
use crate::domain::{Permission, RepositoryName, Result, Scope, Target};
use crate::server::access::Caller;
use crate::server::context::{App, Mount};
use crate::server::identity::registry_tokens::{self, Entry, Own};
use crate::server::store::repositories;

/// Issues a token for what the caller asked of the registry behind `mount`, and may do.
pub(super) async fn issue(app: &App, caller: &Caller, asked: Scopes, mount: &Mount) -> Result<Issued> {
    let mut access = Vec::new();
    for ((kind, name), actions) in asked.0 {
        let granted = match kind.as_str() {
            "repository" => repository(app, caller, (mount, &name), &actions).await?,
            // Its list names all that it has, whatever of it is mounted.
            "registry" if name == "catalog" && reads_everything(app, caller) => actions,
            _ => vec![],
        };
        access.push(Entry { kind, name, actions: granted });
    }
    let life_s = registry_tokens::life_s(app.clock.now(), caller.standing.ends_at, true);
    let service = mount.token_service.as_deref().unwrap_or_default();
    // What only Portolan reads is nobody else's business.
    sign(app, caller, (service, life_s), access, Own::default()).await
}

fn reads_everything(app: &App, caller: &Caller) -> bool {
    app.access.holds(&caller.standing, Permission::RepositoryRead, &Target::Scope(Scope::Everything))
}

/// Those of the actions that the caller may do to what the registry calls `name`, as things stand.
async fn repository(
    app: &App,
    caller: &Caller,
    (mount, name): (&Mount, &str),
    actions: &[String],
) -> Result<Vec<String>> {
    let inner = mount.upstream.as_ref().and_then(|upstream| upstream.inner(name));
    let Some(name) = inner.and_then(|inner| mount.prefix.join(inner).ok()) else { return Ok(vec![]) };
    // Another mount may lie inside this one, and take the name.
    if app.mount(&name).is_none_or(|owner| owner.id != mount.id) {
        return Ok(vec![]);
    }
    let all = ["pull", "push", "delete"].map(str::to_owned);
    let actions = if actions.iter().any(|action| action == "*") { &all[..] } else { actions };
    let mut granted = Vec::new();
    for action in actions {
        let is_granted = match action.as_str() {
            "pull" => {
                let target = Target::Repository(name.clone());
                app.access.permits(&caller.standing, Permission::RepositoryRead, &target).await?
            }
            "push" => may_push(app, caller, &name).await?,
            // It deletes images with all their tags, and no tag alone.
            "delete" => holds(app, caller, Permission::ManifestDelete, &name),
            _ => false,
        };
        granted.extend(is_granted.then(|| action.clone()));
    }
    Ok(granted)
}

async fn may_push(app: &App, caller: &Caller, name: &RepositoryName) -> Result<bool> {
    let may_make = || {
        let target = Target::Repository(name.clone());
        app.access.holds(&caller.standing, Permission::RepositoryCreate, &target)
    };
    Ok(holds(app, caller, Permission::RepositoryPush, name)
        && (may_make() || repositories::find(&app.store, name).await?.is_some()))
}

/// Whether a permission is held over all tags: whoever is narrowed to some would not be, there.
fn holds(app: &App, caller: &Caller, permission: Permission, name: &RepositoryName) -> bool {
    app.access.holds(&caller.standing, permission, &Target::Scope(Scope::Repository(name.clone())))
}
