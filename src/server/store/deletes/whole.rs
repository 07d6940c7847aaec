//! A whole repository: its row, tags, images and blobs move away in one batch, and the name is free. What follows from
//! their bytes goes; history and pulls stay under the repository's id, which no other one gets.

use super::Deletion;
use crate::domain::{RepositoryName, Result};
use crate::params;
use crate::server::store::repositories::Repository;
use crate::server::store::tags::Move;
use crate::server::store::{Tx, Value, batch, epoch, namespaces};

/// How many rows share a statement.
const TOGETHER: usize = 256;

/// Rows of a repository that are kept: from which table to which, told apart by a column, with these besides.
struct Kept {
    from: &'static str,
    to: &'static str,
    key: &'static str,
    columns: &'static str,
}

const KEPT: [Kept; 3] = [
    Kept {
        from: "tags",
        to: "deleted_tags",
        key: "name",
        columns: "digest, changed_at, move_known, moved_by, pulled_at",
    },
    Kept {
        from: "manifests",
        to: "deleted_manifests",
        key: "digest",
        columns: "media_type, content, config, pushed_at, pushed_by",
    },
    Kept { from: "repository_blobs", to: "deleted_blobs", key: "digest", columns: "size_bytes, linked_at" },
];

/// Deletes a repository with all that is in it. Uploads to it end, and so do tokens that were given for it.
pub async fn repository(
    tx: &mut Tx,
    repository: &Repository,
    name: &RepositoryName,
    deletion: &Deletion,
) -> Result<()> {
    take_from_sums(tx, repository).await?;
    for kept in &KEPT {
        keep(tx, repository, kept, deletion).await?;
    }
    let moved = "INSERT INTO tag_moves (id, repository_id, tag, from_digest, how, actor, at)
                 SELECT id, repository_id, name, digest, $3, deleted_by, deleted_at FROM deleted_tags
                 WHERE repository_id = $1 AND batch = $2";
    tx.run(moved, params![&repository.id, &deletion.batch, Move::Deleted]).await?;
    let own = "INSERT INTO deleted_repositories (id, batch, name, mount_id, created_at, updated_at, updated_by, pushed_at,
                 own_description, visibility, deleted_at, deleted_by)
               SELECT id, $2, name, mount_id, created_at, updated_at, updated_by, pushed_at, own_description, visibility, $3, $4
               FROM repositories WHERE id = $1";
    tx.run(own, params![&repository.id, &deletion.batch, deletion.at, &deletion.by]).await?;
    for table in ["tags", "referrers", "manifest_edges", "manifests", "repository_blobs"] {
        tx.run(&format!("DELETE FROM {table} WHERE repository_id = $1"), params![&repository.id]).await?;
    }
    tx.run("DELETE FROM repositories WHERE id = $1", params![&repository.id]).await?;
    tx.run("DELETE FROM uploads WHERE repository = $1", params![name]).await?;
    namespaces::uncount(tx, &repository.mount_id, name).await?;
    epoch::next(tx).await
}

/// Copies rows to where they are kept, each under an id of its own.
async fn keep(tx: &mut Tx, repository: &Repository, kept: &Kept, deletion: &Deletion) -> Result<()> {
    let Kept { from, to, key, columns } = kept;
    let mut after = String::new();
    loop {
        let sql =
            format!("SELECT {key} FROM {from} WHERE repository_id = $1 AND {key} > $2 ORDER BY {key} LIMIT {TOGETHER}");
        let rows = tx.all(&sql, params![&repository.id, &after]).await?;
        let keys: Vec<String> = rows.into_iter().map(|mut row| row.take()).collect::<Result<_>>()?;
        let Some(last) = keys.last() else { return Ok(()) };
        after.clone_from(last);
        let named = keys.iter().flat_map(|key| [Value::from(deletion.new_id()), key.into()]).collect();
        let sql = format!(
            "WITH gone (gone_id, gone_key) AS (VALUES {})
             INSERT INTO {to} (id, batch, repository_id, {key}, {columns}, deleted_at, deleted_by)
             SELECT gone_id, $2, repository_id, {key}, {columns}, $3, $4
             FROM gone JOIN {from} ON repository_id = $1 AND {key} = gone_key",
            batch::rows(5, keys.len(), 2)
        );
        let by = params![&repository.id, &deletion.batch, deletion.at, &deletion.by];
        tx.run(&sql, [by, named].concat()).await?;
    }
}

/// Takes what the repository counts and sums up from its mount.
async fn take_from_sums(tx: &mut Tx, repository: &Repository) -> Result<()> {
    let own = |column: &str| format!("{column} = {column} - (SELECT r.{column} FROM repositories r WHERE r.id = $2)");
    let sql = format!(
        "UPDATE mounts SET n_repositories = n_repositories - 1, {}, {}, {},
           n_sharing = n_sharing - (SELECT CAST(COALESCE(SUM(m.n_tags), 0) AS BIGINT) FROM manifests m
             WHERE m.repository_id = $2 AND m.n_tags > 1),
           stored_bytes = stored_bytes - (SELECT CAST(COALESCE(SUM(l.size_bytes), 0) AS BIGINT) FROM repository_blobs l
             WHERE l.repository_id = $2 AND NOT EXISTS (SELECT 1 FROM repository_blobs o
               WHERE o.mount_id = l.mount_id AND o.digest = l.digest AND o.repository_id <> l.repository_id))
         WHERE id = $1",
        own("n_tags"),
        own("n_images"),
        own("logical_bytes")
    );
    tx.run(&sql, params![&repository.mount_id, &repository.id]).await.map(|_| ())
}
