//! How visible repositories are, answered from memory where they are public and nothing was written since ([`Recent`]):
//! whoever pulls what is public asks it with each request.

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

    /// That of one repository; what is not there is private. Only what is public is remembered. What may be hidden from
    /// somebody is asked for each time, as what is not there is, so that nobody tells them apart by the time it takes.
    pub async fn of(&self, repository: &RepositoryName) -> Result<RepositoryVisibility> {
        let moment = self.store.moment();
        if let Some(known) = self.recent.known(moment, repository, &()) {
            return Ok(known);
        }
        let found = grants::visibility(&self.store, repository).await?.unwrap_or(RepositoryVisibility::Private);
        if found == RepositoryVisibility::Public {
            self.recent.keep(moment, repository, &(), &found);
        }
        Ok(found)
    }
}
