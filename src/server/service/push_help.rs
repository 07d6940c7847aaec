//! How to push to a repository, which need not be there yet.

use super::{robots, tags};
use crate::domain::action::{ListRepositories, ReadRepository};
use crate::domain::error::What;
use crate::domain::view::PushView;
use crate::domain::{Error, Permission, Result, Target};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::store::repositories;

/// Where it is pushed to, and what is there by now. One statement.
///
/// # Errors
/// [`Error::Forbidden`] for who may see but not push, or not make what is not there yet. Where another registry takes the
/// pushes it is not for this one to say who may.
pub async fn show(app: &App, proof: &Authorized<ReadRepository>) -> Result<PushView> {
    let repository = proof.action().repository.clone();
    let mount = app.mount(&repository).ok_or_else(|| Error::NotFound(What::Repository(repository.clone())))?;
    let head = repositories::head(&app.store, &repository).await?;
    let is_elsewhere = mount.write.is_none();
    if !is_elsewhere {
        let (rights, target) = (proof.rights(), Target::Repository(repository.clone()));
        rights.require(Permission::RepositoryPush, &target)?;
        if head.is_none() {
            rights.require(Permission::RepositoryCreate, &target)?;
        }
    }
    let (host, name) = tags::pull_line(app, &repository);
    let namespace = repository.namespace().filter(|_| !is_elsewhere);
    Ok(PushView {
        robots: namespace.filter(|namespace| robots::manages(proof, namespace)),
        host,
        name,
        is_elsewhere,
        is_plain: mount.upstream.as_ref().is_some_and(|upstream| upstream.url.starts_with("http://")),
        is_there: head.is_some(),
        newest: head.and_then(|head| head.row.newest_tag),
        repository,
    })
}

/// That somebody may push somewhere.
///
/// # Errors
/// [`Error::Forbidden`] for who may nowhere.
pub fn anywhere(proof: &Authorized<ListRepositories>) -> Result<()> {
    match proof.rights().reach_anywhere(Permission::RepositoryPush) {
        true => Ok(()),
        false => Err(Error::Forbidden(Permission::RepositoryPush)),
    }
}
