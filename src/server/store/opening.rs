//! A database is opened, asked whether it answers, and closed.

use super::{Db, Location, Store, instance, lite, migrate, pg};
use crate::domain::{Error, Result};
use crate::server::clock::Clock;
use crate::server::entropy::Entropy;
use crate::server::events::Events;
use std::sync::Arc;

impl Store {
    /// Opens the database and brings its schema up to date; an older SQLite file is copied aside first, a newer one refused.
    pub async fn open(
        location: &Location,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        events: Events,
    ) -> Result<Self> {
        if let Location::Sqlite(path) = location {
            migrate::copy_aside(path)?;
        }
        let store = Self::open_as_it_is(location, clock, entropy, events).await?;
        migrate::run(&store).await?;
        instance::prepare(&store).await?;
        Ok(store)
    }

    /// Opens a database that a server may be using, and leaves its schema and what it derived as they are.
    /// [`inspect`] says before whether this version knows them.
    pub async fn open_as_it_is(
        location: &Location,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        events: Events,
    ) -> Result<Self> {
        let db = match location {
            Location::Sqlite(path) => Db::Lite(lite::Lite::open(path, events)?),
            Location::Postgres(url) => Db::Pg(pg::Pg::open(url, events).await?),
        };
        let (statements, in_changes, sums) = (Arc::default(), Arc::default(), Arc::default());
        let (waiting, repeats) = (Arc::default(), Arc::default());
        Ok(Self { db, clock, entropy, statements, in_changes, sums, waiting, repeats })
    }

    /// Leaves the database in one file where it is one: the log of SQLite is written back.
    pub async fn close(&self) -> Result<()> {
        match &self.db {
            Db::Lite(lite) => lite.checkpoint(),
            Db::Pg(pg) => pg.close().await,
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        let row = self.one("SELECT COUNT(*) FROM mounts", vec![]).await?;
        row.map(|_| ()).ok_or_else(|| Error::Unavailable("the database gave no answer".to_owned()))
    }
}
