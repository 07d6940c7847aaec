//! The database: one SQL text for SQLite and PostgreSQL.
//!
//! Reads run anywhere; every change goes through [`Store::write`], which takes the proof of what was allowed and writes
//! the audit row in the same transaction. One file per group of tables; what differs between the engines lives in
//! [`dialect`].

pub mod activity;
pub mod admins;
pub mod attempts;
pub mod audit;
mod batch;
pub mod blobs;
mod change;
pub mod collect;
pub mod compare;
pub mod copies;
pub mod deletes;
pub mod dialect;
pub mod edges;
pub mod epoch;
pub mod failures;
pub mod going;
pub mod going_back;
pub mod grants;
pub mod group_claims;
pub mod group_pins;
pub mod groups;
pub mod history;
pub mod holds;
pub mod hooks;
pub mod identities;
pub mod image_rows;
pub mod images;
pub mod instance;
pub mod jobs;
mod keyset;
pub mod layers;
pub mod linked;
mod lite;
mod live;
mod location;
pub mod manifests;
mod migrate;
mod moment;
pub mod mount_settings;
pub mod mounts;
pub mod namespaces;
pub mod naming;
mod opening;
pub mod parts;
pub mod people;
mod pg;
pub mod plans;
pub mod principals;
pub mod protections;
pub mod providers;
pub mod pulls;
pub mod radius;
pub mod reach;
mod rebuild;
pub mod recent;
pub mod referrers;
pub mod refresh_tokens;
mod repeats;
pub mod repositories;
pub mod robots;
pub mod runs;
pub mod search;
pub mod seen;
pub mod sessions;
pub mod settings;
pub mod signing_keys;
pub mod stars;
pub mod sums;
pub mod tags;
pub mod tokens;
pub mod transfer;
pub mod trash;
mod tx;
pub mod under_way;
pub mod unseen;
pub mod uploads;
pub mod value;
pub mod visibilities;
mod visible;
pub mod waiting;
mod weight;
mod words;

pub use change::Change;
pub use live::Part;
pub use location::Location;
pub use migrate::inspect;
pub use moment::Moment;
pub use rebuild::Rebuilt;
pub use tx::Tx;
pub use value::{Known, Row, Value};

use super::access::Authorized;
use super::clock::Clock;
use super::entropy::{Entropy, new_id};
use crate::domain::action::{Bookkeeping, Maintain, Mutation};
use crate::domain::{RepositoryName, Result};
use crate::server::background::in_background;
use change::Lasting;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::runtime::{Handle, RuntimeFlavor};

/// The open database.
#[derive(Clone)]
pub struct Store {
    db: Db,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    statements: Arc<AtomicU64>,
    in_changes: Arc<AtomicU64>,
    sums: Arc<sums::Sums>,
    waiting: Arc<waiting::Counted>,
    repeats: Arc<repeats::Repeats>,
}

#[derive(Clone)]
enum Db {
    Lite(lite::Lite),
    Pg(pg::Pg),
}

impl Store {
    /// Computes again everything that is derived from the bytes of manifests and the rows of tags.
    pub async fn rebuild(&self, _proof: &Authorized<Maintain>) -> Result<Rebuilt> {
        rebuild::run(self).await
    }

    /// All rows of a query.
    pub async fn all(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        match &self.db {
            Db::Lite(lite) => lite.query(sql, &params),
            Db::Pg(pg) => pg.query(sql, params).await,
        }
    }

    /// All rows of a query that may have to look at every row of a table: it does not hold up what else this thread
    /// has to do.
    pub async fn scan(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>> {
        let Db::Lite(lite) = &self.db else { return self.all(sql, params).await };
        self.statements.fetch_add(1, Ordering::Relaxed);
        match Handle::current().runtime_flavor() {
            RuntimeFlavor::MultiThread => tokio::task::block_in_place(|| lite.query(sql, &params)),
            _ => lite.query(sql, &params), // There is nobody to hand the rest to.
        }
    }

    /// The same for work that nobody waits for: it gives way to what requests ask.
    pub async fn scan_in_background(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>> {
        let Db::Lite(lite) = &self.db else { return self.all(sql, params).await };
        self.statements.fetch_add(1, Ordering::Relaxed);
        let (lite, sql) = (lite.clone(), sql.to_owned());
        in_background(move || lite.query(&sql, &params)).await?
    }

    /// The state that a query would see now, to know for how long its answer holds. None while a change becomes
    /// durable, and on a database that other nodes write too: then only a query tells.
    pub fn moment(&self) -> Option<Moment> {
        match &self.db {
            Db::Lite(lite) => lite.moment(),
            Db::Pg(_) => None,
        }
    }

    /// A number that is another one after each change that this process makes.
    pub fn n_changes(&self) -> u64 {
        match &self.db {
            Db::Lite(lite) => lite.n_changes(),
            Db::Pg(pg) => pg.n_changes(),
        }
    }

    /// How many queries ran outside of changes; tests hold pages to a number.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// How many statements ran in changes, for tests of what changes cost.
    pub fn statements_in_changes(&self) -> u64 {
        self.in_changes.load(Ordering::Relaxed)
    }

    /// The first row of a query, if there is one.
    pub async fn one(&self, sql: &str, params: Vec<Value>) -> Result<Option<Row>> {
        Ok(self.all(sql, params).await?.into_iter().next())
    }

    /// Runs a change in a transaction and returns when it is durable, with its row in the audit log; so has a change that
    /// turns out to need a right which the proof does not carry, or is against a protection rule. A right that was taken
    /// since the proof was made stops it.
    ///
    /// `change` may run statements on the transaction and nothing else: it must not wait for the
    /// network, for files, or for another `write`. An error undoes it whole.
    pub async fn write<A, T, F>(&self, proof: &Authorized<A>, change: F) -> Result<T>
    where
        A: Mutation,
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<Change<T>>> + Send + 'static,
    {
        let (now, allowed) = (self.clock.now(), live::Allowed::by(proof));
        let entry = audit::Entry::of(proof, new_id(&*self.entropy, now), now);
        let done = self.shown(Some((allowed, now)), entry, change).await;
        if let Some(reason) = live::refused(&done) {
            self.record(vec![proof.refusal(reason)]).await?;
        }
        done
    }

    /// Keeps records on the way to a change (upload sessions, leases, what a crawl read), which the audit log does
    /// not show; otherwise as [`Self::write`].
    pub async fn note<A, T, F>(&self, _proof: &Authorized<A>, note: F) -> Result<T>
    where
        A: Bookkeeping,
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.transact(note).await
    }

    /// The same for what is simply done again where it is lost: it lasts with whatever is written next, and nobody
    /// waits for the disk on its behalf. Every transaction sees it at once.
    pub async fn note_loosely<A, T, F>(&self, _proof: &Authorized<A>, note: F) -> Result<T>
    where
        A: Bookkeeping,
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.noted(Lasting::WithTheNext, vec![], note).await
    }

    /// The same for records of one repository, of which open pages hear.
    pub async fn note_in<A, T, F>(&self, _proof: &Authorized<A>, repository: RepositoryName, note: F) -> Result<T>
    where
        A: Bookkeeping,
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.noted(Lasting::AtOnce, vec![repository], note).await
    }

    /// Keeps records of what changed nothing. A refusal that is repeated at once stands there once.
    pub async fn record(&self, records: Vec<super::access::Record>) -> Result<()> {
        let now = self.clock.now();
        let news = records.into_iter().filter(|record| !self.repeats.holds(record, now));
        let entries: Vec<_> = news.map(|it| audit::Entry::told(it, new_id(&*self.entropy, now), now)).collect();
        if entries.is_empty() {
            return Ok(());
        }
        self.transact(move |tx| {
            Box::pin(async move {
                for entry in entries {
                    entry.record(tx, None, None).await?;
                }
                Ok(())
            })
        })
        .await
    }

    fn dialect(&self) -> dialect::Dialect {
        match self.db {
            Db::Lite(_) => dialect::Dialect::Sqlite,
            Db::Pg(_) => dialect::Dialect::Postgres,
        }
    }
}
