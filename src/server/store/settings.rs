//! How repositories and namespaces are set.

use super::{Store, Tx, Value, namespaces};
use crate::domain::{Namespace, RepositoryName, RepositoryVisibility, Result, Scope};
use crate::params;

/// What somebody said a repository is, and who may see it without a grant; nothing where there is none.
pub async fn of_repository(store: &Store, name: &RepositoryName) -> Result<Option<(String, RepositoryVisibility)>> {
    let sql = "SELECT r.own_description, COALESCE(r.visibility, m.visibility)
               FROM repositories r JOIN mounts m ON m.id = r.mount_id WHERE r.name = $1 AND m.active = 1";
    store.one(sql, params![name]).await?.map(|mut row| Ok((row.take()?, row.take()?))).transpose()
}

/// Says what a repository is.
pub async fn describe(tx: &mut Tx, name: &RepositoryName, description: &str) -> Result<()> {
    let sql = "UPDATE repositories SET own_description = $2 WHERE name = $1";
    tx.run(sql, params![name, description]).await.map(|_| ())
}

/// With which visibility repositories of a namespace begin, by the nearest setting; private where nothing is set.
pub async fn default_visibility(store: &Store, namespace: &Namespace) -> Result<RepositoryVisibility> {
    let (nearest, params) = nearest_visibility(&Scope::Namespace(namespace.clone()), 1);
    let row = store.one(&nearest, params).await?;
    row.map_or(Ok(RepositoryVisibility::Private), |mut row| row.take())
}

/// What the nearest namespace of a scope and above it sets; its names take the slots from `first` on.
pub(super) fn nearest_visibility(scope: &Scope, first: usize) -> (String, Vec<Value>) {
    let (above, params) = namespaces::above("name", scope, first);
    let sql =
        format!("SELECT default_visibility FROM namespace_settings WHERE {above} ORDER BY LENGTH(name) DESC LIMIT 1");
    (sql, params)
}

/// Sets it. Repositories that are there keep theirs.
pub async fn set_default_visibility(
    tx: &mut Tx,
    namespace: &Namespace,
    visibility: RepositoryVisibility,
) -> Result<()> {
    let sql = "INSERT INTO namespace_settings (name, default_visibility) VALUES ($1, $2)
               ON CONFLICT (name) DO UPDATE SET default_visibility = excluded.default_visibility";
    tx.run(sql, params![namespace, visibility.name()]).await.map(|_| ())
}
