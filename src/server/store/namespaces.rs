//! The tree above the repositories: every prefix of a name, with how many repositories lie below.

use super::{Store, Tx, Value, batch, settings, visible};
use crate::domain::view::NamespaceRow;
use crate::domain::{Namespace, RepositoryName, Result, Scope};
use crate::params;
use crate::server::access::Visibility;

/// Namespaces right below one, or at the top, after `after`, in which the reader may see something.
pub async fn below(
    store: &Store,
    namespace: Option<&Namespace>,
    visibility: &Visibility,
    (after, limit): (&str, u32),
) -> Result<Vec<NamespaceRow>> {
    let mut params = params![namespace.map_or("", Namespace::as_str), after, limit];
    let (counted, seen) = match visibility {
        // For who sees all of them they are counted already.
        Visibility::Everything => ("CAST(SUM(n.n_repositories) AS BIGINT)", String::new()),
        _ => {
            let shown = visible::condition(store, visibility, "r", &mut params);
            let below = "r.name > n.name || '/' AND r.name < n.name || '0'";
            ("COUNT(*)", format!("JOIN repositories r ON r.mount_id = n.mount_id AND {below} {shown}"))
        }
    };
    let sql = format!(
        "SELECT n.name, {counted} FROM namespaces n JOIN mounts m ON m.id = n.mount_id AND m.active = 1 {seen}
         WHERE n.parent = $1 AND n.name > $2 GROUP BY n.name ORDER BY n.name LIMIT $3"
    );
    let rows = store.all(&sql, params).await?;
    rows.into_iter().map(|mut row| Ok(NamespaceRow { name: row.take()?, repositories: row.take()? })).collect()
}

/// The condition that a name is that of a namespace in which a scope lies, or which it is: each is found by its name,
/// however many others there are. They take the slots from `first` on.
pub(super) fn above(column: &str, scope: &Scope, first: usize) -> (String, Vec<Value>) {
    let names: Vec<Value> = scope.line().iter().filter_map(Scope::namespace).map(Value::from).collect();
    match names.len() {
        0 => ("1 = 0".to_owned(), vec![]),
        count => (format!("{column} IN ({})", batch::slots(first, count)), names),
    }
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
    let (nearest, named) = settings::nearest_visibility(&Scope::Repository(name.clone()), 2);
    let sql = format!("UPDATE repositories SET visibility = ({nearest}) WHERE id = $1");
    tx.run(&sql, [params![repository_id], named].concat()).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::dialect::Dialect;
    use crate::server::store::trash;
    use rusqlite::Connection;

    #[test]
    fn what_namespaces_say_is_found_by_their_names() {
        let connection = Connection::open_in_memory().unwrap();
        Dialect::Sqlite.migrations().iter().for_each(|step| connection.execute_batch(step).unwrap());
        for scope in ["team/a/b/web", "team/a/*", "web"] {
            let scope = scope.parse().unwrap();
            for (sql, params) in [trash::days::saying(&scope), settings::nearest_visibility(&scope, 1)] {
                let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
                let params = rusqlite::params_from_iter(&params);
                let lines = explained.query_map(params, |row| row.get::<_, String>(3)).unwrap();
                let lines: Vec<String> = lines.map(|line| line.unwrap()).collect();
                let is_looked_up = lines.iter().any(|line| line.starts_with("SEARCH") && line.contains("(name=?)"));
                assert!(is_looked_up || scope.line().len() == 2, "{sql}: {lines:?}");
            }
        }
    }
}
