//! Where the catalog, or a mount, is not what it was when something began.

use super::Elsewhere;
use crate::domain::{Digest, Error, RepositoryName, Result, Tag};
use crate::server::context::App;
use crate::server::store::radius::Reader;
use crate::server::store::repositories::{self, Repository};
use crate::server::store::tags;
use crate::server::store::trash::Entry;

/// Refuses an entry of the trash that was deleted at another mount than this.
pub(in crate::server::service) fn require_deleted_at(mount_id: &str, entry: &Entry) -> Result<()> {
    match entry.mount_id == mount_id {
        true => Ok(()),
        false => Err(Error::Conflict(format!(
            "{} was deleted at another registry than is mounted there now; it can come back when that one is mounted there \
             again, and can be deleted for good until then",
            entry.row.words()
        ))),
    }
}

impl Elsewhere {
    /// Refuses a repository of another registry, in the place of which this one is mounted by now.
    pub(super) fn require_own(&self, repository: &Repository) -> Result<()> {
        match repository.mount_id == self.mount.id {
            true => Ok(()),
            false => Err(Error::Conflict("another registry is mounted there by now; look again".to_owned())),
        }
    }

    /// Has the catalog read a tag once more that names something else there than it says, so that what is done next is
    /// seen and written down beside what was there.
    pub(super) async fn catch_up(
        &self,
        app: &App,
        (name, tag): (&RepositoryName, &Tag),
        there: Option<&Digest>,
    ) -> Result<()> {
        let here = match repositories::find(&app.store, name).await? {
            Some(repository) => {
                tags::row(&mut Reader::Store(&app.store), &repository.id, tag).await?.map(|row| row.digest)
            }
            None => None,
        };
        if here.as_ref() != there {
            app.looks.moved(name, tag).await;
        }
        Ok(())
    }
}
