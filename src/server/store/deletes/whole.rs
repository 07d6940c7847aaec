//! A whole repository: its row, tags, images and blobs move away in one batch, and the name is free. What follows from
//! their bytes goes; history and pulls stay under the repository's id, which no other one gets.

use super::Deletion;
use crate::domain::trash::TrashKind;
use crate::domain::view::How;
use crate::domain::{ByteSize, Result};
use crate::params;
use crate::server::store::repositories::Repository;
use crate::server::store::{Tx, Value, batch, epoch, namespaces, trash};

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

/// Deletes a repository with all that is in it; the id of its entry. Uploads to it end, and so do tokens that were given
/// for it.
pub async fn repository(tx: &mut Tx, deletion: &Deletion) -> Result<String> {
    let Deletion { repository, name, who, .. } = deletion;
    let sums = "SELECT n_tags, (SELECT CAST(COALESCE(SUM(l.size_bytes), 0) AS BIGINT) FROM repository_blobs l
                  WHERE l.repository_id = r.id AND NOT EXISTS (SELECT 1 FROM repository_blobs o
                    WHERE o.mount_id = l.mount_id AND o.digest = l.digest AND o.repository_id <> l.repository_id))
                FROM repositories r WHERE r.id = $1";
    let mut row = tx.one(sums, params![&repository.id]).await?.ok_or(crate::domain::Error::Internal)?;
    let (n_tags, held): (u64, ByteSize) = (row.take()?, row.take()?);
    let entry = deletion.entry(TrashKind::Repository, "", None, (n_tags, held));
    trash::insert(tx, std::slice::from_ref(&entry)).await?;
    take_from_sums(tx, repository, held).await?;
    for kept in &KEPT {
        keep(tx, deletion, kept, &entry.id).await?;
    }
    let moved = "INSERT INTO tag_moves (id, repository_id, tag, from_digest, how, actor, at)
                 SELECT id, repository_id, name, digest, $3, deleted_by, deleted_at FROM deleted_tags
                 WHERE repository_id = $1 AND entry = $2";
    tx.run(moved, params![&repository.id, &entry.id, How::Delete]).await?;
    let own = "INSERT INTO deleted_repositories (id, batch, entry, name, mount_id, created_at, updated_at, updated_by, pushed_at,
                 own_description, visibility, deleted_at, deleted_by)
               SELECT id, $2, $3, name, mount_id, created_at, updated_at, updated_by, pushed_at, own_description, visibility, $4, $5
               FROM repositories WHERE id = $1";
    tx.run(own, params![&repository.id, &who.batch, &entry.id, who.at, &who.by]).await?;
    for sql in [
        "UPDATE deleted_manifests SET subject = (SELECT f.subject FROM referrers f
           WHERE f.repository_id = $1 AND f.digest = deleted_manifests.digest LIMIT 1)
         WHERE repository_id = $1 AND subject IS NULL",
        "INSERT INTO deleted_edges (repository_id, parent, position, relation, child)
         SELECT repository_id, parent, position, relation, child FROM manifest_edges WHERE repository_id = $1
         ON CONFLICT (repository_id, parent, position) DO NOTHING",
    ] {
        tx.run(sql, params![&repository.id]).await?;
    }
    for table in ["tags", "referrers", "manifest_edges", "manifests", "repository_blobs"] {
        tx.run(&format!("DELETE FROM {table} WHERE repository_id = $1"), params![&repository.id]).await?;
    }
    tx.run("DELETE FROM repositories WHERE id = $1", params![&repository.id]).await?;
    tx.run("DELETE FROM uploads WHERE repository = $1", params![name]).await?;
    namespaces::uncount(tx, &repository.mount_id, name).await?;
    epoch::next(tx).await?;
    Ok(entry.id)
}

/// Copies rows to where they are kept, each under an id of its own.
async fn keep(tx: &mut Tx, deletion: &Deletion, kept: &Kept, entry: &str) -> Result<()> {
    let Deletion { repository, who, .. } = deletion;
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
             INSERT INTO {to} (id, batch, entry, repository_id, {key}, {columns}, deleted_at, deleted_by)
             SELECT gone_id, $2, $3, repository_id, {key}, {columns}, $4, $5
             FROM gone JOIN {from} ON repository_id = $1 AND {key} = gone_key",
            batch::rows(6, keys.len(), 2)
        );
        let by = params![&repository.id, &who.batch, entry, who.at, &who.by];
        tx.run(&sql, [by, named].concat()).await?;
    }
}

/// Takes what the repository counts and sums up from its mount; `only_here` are the bytes that no other repository has.
async fn take_from_sums(tx: &mut Tx, repository: &Repository, only_here: ByteSize) -> Result<()> {
    let own = |column: &str| format!("{column} = {column} - (SELECT r.{column} FROM repositories r WHERE r.id = $2)");
    let sql = format!(
        "UPDATE mounts SET n_repositories = n_repositories - 1, {}, {}, {},
           n_sharing = n_sharing - (SELECT CAST(COALESCE(SUM(m.n_tags), 0) AS BIGINT) FROM manifests m
             WHERE m.repository_id = $2 AND m.n_tags > 1),
           stored_bytes = stored_bytes - $3
         WHERE id = $1",
        own("n_tags"),
        own("n_images"),
        own("logical_bytes")
    );
    tx.run(&sql, params![&repository.mount_id, &repository.id, only_here]).await.map(|_| ())
}
