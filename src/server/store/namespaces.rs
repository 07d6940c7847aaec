//! The tree above the repositories: every prefix of a name, with how many repositories lie below.

use super::{Store, Tx, visible};
use crate::domain::view::NamespaceRow;
use crate::domain::{Namespace, RepositoryName, Result};
use crate::params;
use crate::server::access::Visibility;

/// Namespaces right below one, after `after`, in which the reader may see something.
pub async fn below(
    store: &Store,
    namespace: &Namespace,
    visibility: &Visibility,
    (after, limit): (&str, u32),
) -> Result<Vec<NamespaceRow>> {
    let mut params = params![namespace, after, limit];
    let shown = visible::condition(store, visibility, "r", &mut params);
    let sql = format!(
        "SELECT n.name, COUNT(*) FROM namespaces n JOIN mounts m ON m.id = n.mount_id AND m.active = 1
           JOIN repositories r ON r.mount_id = n.mount_id AND r.name > n.name || '/' AND r.name < n.name || '0' {shown}
         WHERE n.parent = $1 AND n.name > $2 GROUP BY n.name ORDER BY n.name LIMIT $3"
    );
    let rows = store.all(&sql, params).await?;
    rows.into_iter().map(|mut row| Ok(NamespaceRow { name: row.take()?, repositories: row.take()? })).collect()
}

/// Whether a namespace of a mount has a repository.
pub async fn is_there(store: &Store, mount_id: &str, namespace: &Namespace) -> Result<bool> {
    let sql = "SELECT 1 FROM namespaces WHERE mount_id = $1 AND name = $2";
    Ok(store.one(sql, params![mount_id, namespace]).await?.is_some())
}

/// Adds a new repository to the namespaces above it.
pub(super) async fn count(tx: &mut Tx, mount_id: &str, name: &RepositoryName) -> Result<()> {
    let sql = "INSERT INTO namespaces (mount_id, name, parent, n_repositories) VALUES ($1, $2, $3, 1)
               ON CONFLICT (mount_id, name) DO UPDATE SET n_repositories = namespaces.n_repositories + 1";
    let mut inner = name.as_str();
    while let Some((namespace, _)) = inner.rsplit_once('/') {
        let parent = namespace.rsplit_once('/').map_or("", |(parent, _)| parent);
        tx.run(sql, params![mount_id, namespace, parent]).await?;
        inner = namespace;
    }
    Ok(())
}

/// Takes a repository that is gone from the namespaces above it; one with nothing below is none.
pub(super) async fn uncount(tx: &mut Tx, mount_id: &str, name: &RepositoryName) -> Result<()> {
    let mut inner = name.as_str();
    while let Some((namespace, _)) = inner.rsplit_once('/') {
        for sql in [
            "UPDATE namespaces SET n_repositories = n_repositories - 1 WHERE mount_id = $1 AND name = $2",
            "DELETE FROM namespaces WHERE mount_id = $1 AND name = $2 AND n_repositories <= 0",
        ] {
            tx.run(sql, params![mount_id, namespace]).await?;
        }
        inner = namespace;
    }
    Ok(())
}

/// A new repository begins with the visibility that the nearest namespace above it sets.
pub(super) async fn give_default_visibility(tx: &mut Tx, repository_id: &str, name: &RepositoryName) -> Result<()> {
    let sql = "UPDATE repositories SET visibility = (SELECT s.default_visibility FROM namespace_settings s
                 WHERE SUBSTR($2, 1, LENGTH(s.name) + 1) = s.name || '/' ORDER BY LENGTH(s.name) DESC LIMIT 1)
               WHERE id = $1";
    tx.run(sql, params![repository_id, name]).await.map(|_| ())
}
