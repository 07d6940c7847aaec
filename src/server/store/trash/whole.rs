//! A whole repository comes back by its row: what it held is where it was.

use super::{Entry, Restoring};
use crate::domain::protection::Act;
use crate::domain::view::How;
use crate::domain::{Error, Result};
use crate::params;
use crate::server::store::protections::Rules;
use crate::server::store::repositories::{self, Repository};
use crate::server::store::{Tx, epoch, history, namespaces, weight};

/// Makes the row of a deleted repository again, under the id that it had, with all that it counted.
///
/// # Errors
/// [`Error::Conflict`] if another one has the name by now; [`Error::Protected`] if a rule keeps one of its tags from
/// being set.
pub(super) async fn bring_back(tx: &mut Tx, entry: &Entry, who: &Restoring) -> Result<Repository> {
    let (name, id, mount_id) = (&entry.row.repository, &entry.repository_id, &entry.mount_id);
    if repositories::current(tx, name).await?.is_some() {
        return Err(Error::Conflict(format!("there is another repository {name} by now; delete that first")));
    }
    Rules::of(tx, name).await?.check_all(tx, (&who.rights, Act::Create), id).await?;
    let sql = "INSERT INTO repositories (id, name, mount_id, created_at, updated_at, updated_by, pushed_at, own_description,
                 visibility, n_tags, n_images, stored_bytes, logical_bytes)
               SELECT id, name, mount_id, created_at, updated_at, updated_by, pushed_at, own_description, visibility, n_tags,
                 n_images, stored_bytes, logical_bytes
               FROM deleted_repositories WHERE id = $1";
    tx.run(sql, params![id]).await?;
    tx.run("DELETE FROM deleted_repositories WHERE id = $1", params![id]).await?;
    let repository = Repository { id: id.clone(), mount_id: mount_id.clone() };
    weight::give(tx, &repository).await?;
    namespaces::count(tx, mount_id, name).await?;
    history::record_all(tx, id, How::Restore, (&who.by, who.at)).await?;
    epoch::next(tx).await?;
    Ok(repository)
}
