//! What a run is to do where that is known before it begins: in parts, one for each step. A part says what is left of it;
//! what was done of it is noted in the transaction that does it, so nothing is done twice.

use crate::domain::Result;
use crate::params;
use crate::server::store::{Row, Store, Tx, batch};
use std::ops::Range;

/// How many things are kept by one statement.
const KEPT: usize = 100;

/// What came of a part, or of all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub n_left: u64,
    pub n_done: u64,
    /// What is something else by now and was left alone.
    pub n_moved: u64,
    /// What was gone already.
    pub n_gone: u64,
}

impl Tally {
    /// How many are behind the run, whatever came of them.
    pub fn n_past(&self) -> u64 {
        self.n_done + self.n_moved + self.n_gone
    }
}

/// How many bytes of a run are behind it, and how many are to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    pub n_past: u64,
    pub n_left: u64,
}

/// A part of a run of which something is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub position: u64,
    /// What is left of it, in lines.
    pub what: String,
    pub tally: Tally,
}

/// Keeps what a run is to do, each part with how many lines it has.
pub async fn add_parts(tx: &mut Tx, run_id: &str, parts: &[(String, u64)]) -> Result<()> {
    let sql = "INSERT INTO job_parts (run_id, position, what, n_left, n_done, n_moved, n_gone)
               VALUES ($1, $2, $3, $4, 0, 0, 0)";
    for (position, (what, n)) in (0_u64..).zip(parts) {
        tx.run(sql, params![run_id, position, what, *n]).await?;
    }
    Ok(())
}

/// Keeps what a run found to do, each thing at its position; what was kept there is written over.
pub(super) async fn keep(tx: &mut Tx, run_id: &str, things: &[(u64, String)]) -> Result<()> {
    for some in things.chunks(KEPT) {
        let sql = format!(
            "INSERT INTO job_parts (run_id, position, what, n_left, n_done, n_moved, n_gone) VALUES {}
             ON CONFLICT (run_id, position) DO UPDATE SET what = excluded.what",
            batch::rows(1, some.len(), 7)
        );
        let row = |(position, what): &(u64, String)| params![run_id, *position, what, 0_u64, 0_u64, 0_u64, 0_u64];
        tx.run(&sql, some.iter().flat_map(row).collect()).await?;
    }
    Ok(())
}

/// What is kept at some positions, in their order.
pub async fn kept(store: &Store, run_id: &str, positions: Range<u64>) -> Result<Vec<String>> {
    let sql = "SELECT what FROM job_parts WHERE run_id = $1 AND position >= $2 AND position < $3 ORDER BY position";
    let rows = store.all(sql, params![run_id, positions.start, positions.end]).await?;
    rows.into_iter().map(|mut row| row.take()).collect()
}

const PART: &str =
    "SELECT position, what, n_left, n_done, n_moved, n_gone FROM job_parts WHERE run_id = $1 AND n_left > 0";

/// The first part of a run of which something is left.
pub async fn next_part(store: &Store, run_id: &str) -> Result<Option<Part>> {
    let row = store.one(&format!("{PART} ORDER BY position LIMIT 1"), params![run_id]).await?;
    row.map(part).transpose()
}

/// Notes what came of a part: `before` as it was read, `after` what is left of it, and in all what was done of it.
/// `false` where somebody else did some of it meanwhile: then nothing may be done.
pub async fn note_part(tx: &mut Tx, run_id: &str, before: &Part, after: (&str, Tally)) -> Result<bool> {
    let sql = "UPDATE job_parts SET what = $3, n_left = $4, n_done = $5, n_moved = $6, n_gone = $7
               WHERE run_id = $1 AND position = $2 AND n_left = $8 RETURNING position";
    let (what, Tally { n_left, n_done, n_moved, n_gone }) = after;
    let params = params![run_id, before.position, what, n_left, n_done, n_moved, n_gone, before.tally.n_left];
    Ok(tx.one(sql, params).await?.is_some())
}

/// Notes the bytes of a run that has no parts of which one is done in a step: they stand as the one that it has, without
/// lines.
pub(super) async fn weigh(tx: &mut Tx, run_id: &str, weight: Weight) -> Result<()> {
    let sql = "INSERT INTO job_parts (run_id, position, what, n_left, n_done, n_moved, n_gone) VALUES ($1, 0, '', $2, $3, 0, 0)
               ON CONFLICT (run_id, position) DO UPDATE SET n_left = excluded.n_left, n_done = excluded.n_done";
    let bytes = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    tx.run(sql, params![run_id, bytes(weight.n_left), bytes(weight.n_past)]).await.map(drop)
}

/// What came of all parts of a run.
pub async fn tally(store: &Store, run_id: &str) -> Result<Tally> {
    let sum = |column: &str| format!("CAST(COALESCE(SUM({column}), 0) AS BIGINT)");
    let columns = ["n_left", "n_done", "n_moved", "n_gone"].map(sum).join(", ");
    let row = store.one(&format!("SELECT {columns} FROM job_parts WHERE run_id = $1"), params![run_id]).await?;
    row.map_or(Ok(Tally::default()), |mut row| counts(&mut row))
}

fn part(mut row: Row) -> Result<Part> {
    Ok(Part { position: row.take()?, what: row.take()?, tally: counts(&mut row)? })
}

fn counts(row: &mut Row) -> Result<Tally> {
    let (n_left, n_done) = (row.take()?, row.take()?);
    Ok(Tally { n_left, n_done, n_moved: row.take()?, n_gone: row.take()? })
}
