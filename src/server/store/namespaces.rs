//! The tree above the repositories: every prefix of a name, with how many repositories lie below.

use super::Tx;
use crate::domain::{RepositoryName, Result};
use crate::params;

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

/// A new repository begins with the visibility that the nearest namespace above it sets.
pub(super) async fn give_default_visibility(tx: &mut Tx, repository_id: &str, name: &RepositoryName) -> Result<()> {
    let sql = "UPDATE repositories SET visibility = (SELECT s.default_visibility FROM namespace_settings s
                 WHERE SUBSTR($2, 1, LENGTH(s.name) + 1) = s.name || '/' ORDER BY LENGTH(s.name) DESC LIMIT 1)
               WHERE id = $1";
    tx.run(sql, params![repository_id, name]).await.map(|_| ())
}
