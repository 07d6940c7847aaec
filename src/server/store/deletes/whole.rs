//! A whole repository: its row moves away and the name is free, with one statement for however much it holds. What it
//! holds stays where it is, under an id that no other repository gets, and nothing finds it there but by that row.

use super::Deletion;
use crate::domain::Result;
use crate::domain::trash::TrashKind;
use crate::domain::view::How;
use crate::params;
use crate::server::store::{Tx, epoch, history, namespaces, trash, weight};

/// Deletes a repository with all that is in it; the id of its entry. Uploads to it end, and so do tokens that were given
/// for it.
pub async fn repository(tx: &mut Tx, deletion: &Deletion) -> Result<String> {
    let Deletion { repository, name, who, .. } = deletion;
    let (n_tags, held) = weight::take(tx, repository).await?;
    let entry = deletion.entry(TrashKind::Repository, "", None, (n_tags, held));
    trash::insert(tx, std::slice::from_ref(&entry)).await?;
    history::record_all(tx, &repository.id, How::Delete, (&who.by, who.at)).await?;
    let own = "INSERT INTO deleted_repositories (id, batch, entry, name, mount_id, created_at, updated_at, updated_by, pushed_at,
                 own_description, visibility, n_tags, n_images, stored_bytes, logical_bytes, deleted_at, deleted_by)
               SELECT id, $2, $3, name, mount_id, created_at, updated_at, updated_by, pushed_at, own_description, visibility, n_tags,
                 n_images, stored_bytes, logical_bytes, $4, $5
               FROM repositories WHERE id = $1";
    tx.run(own, params![&repository.id, &who.batch, &entry.id, who.at, &who.by]).await?;
    tx.run("DELETE FROM repositories WHERE id = $1", params![&repository.id]).await?;
    tx.run("DELETE FROM uploads WHERE repository = $1", params![name]).await?;
    namespaces::uncount(tx, &repository.mount_id, name).await?;
    epoch::next(tx).await?;
    Ok(entry.id)
}
