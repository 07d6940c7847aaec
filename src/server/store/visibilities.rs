//! How visible repositories are, answered from memory where nothing was written since ([`Recent`]): whoever pulls what
//! is public asks it with each request.

use super::recent::{Keep, Recent};
use super::{Store, grants};
use crate::domain::{RepositoryName, RepositoryVisibility, Result};

/// Room for the visibilities of some thousand repositories.
const ROOM_BYTES: usize = 2 << 20;

impl Keep for RepositoryVisibility {
    fn n_bytes(&self) -> usize {
        size_of::<Self>()
    }
}

/// The visibilities of one database.
pub struct Visibilities {
    store: Store,
    recent: Recent<(), RepositoryVisibility>,
}

impl Visibilities {
    /// Those of this database.
    pub fn new(store: Store) -> Self {
        Self { store, recent: Recent::new(ROOM_BYTES) }
    }

    /// That of one repository. What is not there is private, and is asked for again each time: strangers could fill
    /// the room with names.
    pub async fn of(&self, repository: &RepositoryName) -> Result<RepositoryVisibility> {
        let moment = self.store.moment();
        if let Some(known) = self.recent.known(moment, repository, &()) {
            return Ok(known);
        }
        let Some(found) = grants::visibility(&self.store, repository).await? else {
            return Ok(RepositoryVisibility::Private);
        };
        self.recent.keep(moment, repository, &(), &found);
        Ok(found)
    }
}
