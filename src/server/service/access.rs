//! Who has access: grants, and who may see what without any.

use crate::domain::action::{GiveAccess, ListGrants, SetVisibility, TakeAccess};
use crate::domain::error::What;
use crate::domain::{Error, Grant, Grantee, Result, Role, Scope};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::store::{Change, grants, principals};

/// Grants on the scope that the proof is for; of everything where that is everything.
pub async fn list(app: &App, proof: &Authorized<ListGrants>, after: &str, limit: u32) -> Result<Vec<Grant>> {
    let scope = Some(&proof.action().scope).filter(|scope| **scope != Scope::Everything);
    grants::list(&app.store, scope, after, limit).await
}

/// The grant of that id, to find out who may take it away.
pub async fn find(app: &App, id: &str) -> Result<Grant> {
    grants::find(&app.store, id).await?.ok_or_else(|| Error::NotFound(What::Grant(id.to_owned())))
}

/// Gives somebody a role.
///
/// # Errors
/// [`Error::Invalid`] if nobody has that name.
pub async fn give(app: &App, proof: &Authorized<GiveAccess>) -> Result<Grant> {
    let GiveAccess { to, terms } = proof.action().clone();
    let id_of = grants::id_of(&app.store, &to).await?;
    let to_id = id_of.ok_or_else(|| Error::invalid("principal", format!("there is no {to}")))?;
    if to == Grantee::Anonymous && terms.role.is_of_the_instance() {
        return Err(Error::invalid("role", "a role of the instance is for somebody with a name"));
    }
    let (id, now, by) = (new_id(&*app.entropy, app.clock.now()), app.clock.now(), proof.actor().clone());
    let grant = Grant { id: id.clone(), to, terms: terms.clone(), created_at: now };
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            grants::insert(tx, &id, &to_id, &terms, &by, now).await?;
            Ok(Change::new((), None, Some(id)))
        })
    });
    write.await?;
    Ok(grant)
}

/// Takes a grant away.
///
/// # Errors
/// [`Error::Conflict`] if nobody would be left who may do everything.
pub async fn take(app: &App, proof: &Authorized<TakeAccess>) -> Result<()> {
    let TakeAccess { id, terms, .. } = proof.action().clone();
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if !grants::delete(tx, &id).await? {
                return Err(Error::NotFound(What::Grant(id)));
            }
            if terms.role == Role::Admin {
                principals::require_admin(tx).await?;
            }
            Ok(Change::new((), Some(id), None))
        })
    });
    write.await
}

/// Sets who may see a repository without a grant.
pub async fn set_visibility(app: &App, proof: &Authorized<SetVisibility>) -> Result<()> {
    let SetVisibility { repository, visibility } = proof.action().clone();
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let before = grants::set_visibility(tx, &repository, visibility).await?;
            let before = before.ok_or_else(|| Error::NotFound(What::Repository(repository.clone())))?;
            let change = Change::new((), Some(before.name().to_owned()), Some(visibility.name().to_owned()));
            Ok(change.announcing(repository))
        })
    });
    write.await
}
