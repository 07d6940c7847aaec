//! Long work that people see and call a job: one row for each run, which says where it stands and what came of it. Who does
//! it now is for the table of jobs (`jobs.rs`), in which each open run has a row that is leased like any other.

mod images;
mod open;
mod parts;
mod rows;
mod turns;
mod whose;

pub use images::{brought, named, wanted};
pub use open::{Open, n_open_of, open_of};
pub use parts::{Part, Tally, Weight, add_parts, kept, next_part, note_part, tally};
pub use rows::{any_changed_at, changed_at, find, is_under_way, list, nouns, told};
pub(super) use turns::waits;
pub use turns::{give_place, one_too_many, take_turn};
pub use whose::{Behalf, Owner};

use super::{Row, Tx, Value, batch, jobs, under_way};
use crate::domain::principal::Job;
use crate::domain::run::{Control, RunKind, RunState};
use crate::domain::{Actor, Error, Result, Scope, Timestamp};
use crate::params;
use serde::de::DeserializeOwned;

/// The most lines that a run keeps of what it said, and the most of a line.
const MAX_LINES: usize = 100;
const MAX_LINE_CHARS: usize = 300;
/// How many runs are forgotten in one go.
const FORGOTTEN: u32 = 500;

/// A run that is asked for.
#[derive(Clone, Debug)]
pub struct NewRun {
    pub id: String,
    pub kind: RunKind,
    pub scope: Scope,
    /// What it is to do, as its kind reads it.
    pub params: String,
    pub by: Actor,
    pub behalf: Behalf,
    pub at: Timestamp,
}

/// A run that is under way here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub id: String,
    pub kind: RunKind,
    pub scope: Scope,
    pub params: String,
    /// Where it goes on, as its kind reads it; nothing at the beginning.
    pub place: String,
    pub n_done: u64,
    pub n_total: Option<u64>,
    pub n_bytes: u64,
    pub behalf: Behalf,
    /// How often it was taken up. Once it is again, whoever holds this writes nothing of it any more.
    turn: u64,
}

impl Run {
    /// What it is asked for.
    ///
    /// # Errors
    /// [`Error::Internal`] for what no version wrote.
    pub fn asked<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.params).map_err(|_| Error::Internal)
    }

    /// Where it stands; at the beginning where that is said nowhere.
    ///
    /// # Errors
    /// As [`Self::asked`].
    pub fn stands<T: DeserializeOwned + Default>(&self) -> Result<T> {
        if self.place.is_empty() {
            return Ok(T::default());
        }
        serde_json::from_str(&self.place).map_err(|_| Error::Internal)
    }
}

/// How far a run has come by one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub place: String,
    /// What was found to do, each thing with the position at which it is kept.
    pub found: Vec<(u64, String)>,
    pub n_done: u64,
    pub n_total: Option<u64>,
    pub n_bytes: u64,
    /// How many bytes that are, and how many are to come, where its kind knows that.
    pub weight: Option<Weight>,
    /// What holds it up.
    pub waits_for: Option<String>,
    /// What is worth telling of this step.
    pub said: Vec<String>,
    pub is_over: bool,
}

impl Progress {
    /// Where a run stands before its next step.
    pub fn of(run: &Run) -> Self {
        let Run { place, n_done, n_total, n_bytes, .. } = run.clone();
        Self { place, n_done, n_total, n_bytes, ..Self::default() }
    }
}

/// Puts a run in the line of those that wait.
pub async fn start(tx: &mut Tx, new: &NewRun) -> Result<()> {
    under_way::lock(tx).await?;
    let sql =
        "INSERT INTO job_runs (id, kind, scope, params, state, place, n_done, n_bytes, log, worked_ms, created_at,
                 created_by, changed_at, principal_id, token_id)
               VALUES ($1, $2, $3, $4, 'queued', '', 0, 0, '', 0, $5, $6, $5, $7, $8)";
    let (scope, Behalf { principal, token }) = (new.scope.to_string(), new.behalf.clone());
    tx.run(sql, params![&new.id, new.kind.name(), scope, &new.params, new.at, &new.by, principal, token]).await?;
    jobs::ensure(tx, &new.id, Job::Run.name(), &new.id, new.at).await
}

/// That a run deletes images alone, by what it is asked for.
const IMAGES_ALONE: &str = "params LIKE '%\"n_tags\":0,%' AND params LIKE '%\"takes_images\":true%'";

/// Ends what somebody began by a session or a password, which are theirs no more: whoever had them meanwhile gets nothing
/// done by what they left behind. What they began by a token ends with the token.
pub async fn put_out(tx: &mut Tx, principal_id: &str, now: Timestamp) -> Result<()> {
    let done = |kind: RunKind, counts_images: bool| {
        let (one, many) = kind.nouns(counts_images);
        let alone = if counts_images { format!(" AND {IMAGES_ALONE}") } else { String::new() };
        let name = kind.name();
        format!("WHEN kind = '{name}'{alone} THEN CASE n_total WHEN 1 THEN '{one} was' ELSE '{many} were' END")
    };
    let done = [done(RunKind::Delete, true)].into_iter().chain(RunKind::ALL.map(|kind| done(kind, false)));
    let done: Vec<String> = done.collect();
    let sql = format!(
        "UPDATE job_runs SET state = 'failed', waits_for = NULL, finished_at = $2, changed_at = $2,
           error = 'whoever asked for it was signed out everywhere since' ||
             CASE WHEN started_at IS NULL THEN ', before it began' WHEN n_total IS NULL THEN '' ELSE
               ', when ' || n_done || ' of ' || n_total || ' ' || CASE {} END || ' done' END ||
             '; ask for it again'
         WHERE principal_id = $1 AND token_id IS NULL AND finished_at IS NULL",
        done.join(" ")
    );
    tx.run(&sql, params![principal_id, now]).await.map(|_| ())
}

/// At the start: every run that waits or was under way is in the line.
pub async fn line_up(tx: &mut Tx, now: Timestamp) -> Result<()> {
    let sql = "SELECT id FROM job_runs WHERE finished_at IS NULL AND state <> 'paused'";
    for mut row in tx.all(sql, vec![]).await? {
        let id: String = row.take()?;
        jobs::ensure(tx, &id, Job::Run.name(), &id, now).await?;
    }
    Ok(())
}

/// Takes a run up; `None` if it is not to go on. Whoever took it up before loses it by that.
pub async fn take_up(tx: &mut Tx, id: &str, now: Timestamp) -> Result<Option<Run>> {
    let sql = "UPDATE job_runs SET state = 'running', started_at = COALESCE(started_at, $2), waits_for = NULL, changed_at = $2,
                 turn = turn + 1
               WHERE id = $1 AND state IN ('queued', 'running')
               RETURNING id, kind, scope, params, place, n_done, n_total, n_bytes, principal_id, token_id, turn";
    let Some(mut row) = tx.one(sql, params![id, now]).await? else { return Ok(None) };
    let (id, kind, scope) = (row.take()?, kind(&mut row)?, scope(&mut row)?);
    let (params, place, n_done) = (row.take()?, row.take()?, row.take()?);
    let (n_total, n_bytes) = (row.take()?, row.take()?);
    let behalf = Behalf { principal: row.take()?, token: row.take()? };
    Ok(Some(Run { id, kind, scope, params, place, n_done, n_total, n_bytes, behalf, turn: row.take()? }))
}

/// Notes how far a run has come, whatever was asked of it meanwhile, and tells how it stands; `None` where somebody else
/// took it up since: then nothing is noted.
pub async fn advance(
    tx: &mut Tx,
    run: &Run,
    to: &Progress,
    worked_ms: i64,
    now: Timestamp,
) -> Result<Option<RunState>> {
    let sql = "UPDATE job_runs SET place = $2, n_done = $3, n_total = $4, n_bytes = $5, waits_for = $6,
                 worked_ms = worked_ms + $7, changed_at = $8,
                 finished_at = CASE WHEN $9 = 1 THEN COALESCE(finished_at, $8) ELSE finished_at END,
                 state = CASE WHEN $9 = 1 AND finished_at IS NULL THEN 'done' ELSE state END
               WHERE id = $1 AND turn = $10 RETURNING state";
    let n_total = to.n_total.map(|n_total| i64::try_from(n_total).unwrap_or(i64::MAX));
    let mut params =
        params![&run.id, &to.place, to.n_done, n_total, to.n_bytes, to.waits_for.clone(), worked_ms, now, to.is_over];
    params.push(run.turn.into());
    let Some(mut row) = tx.one(sql, params).await? else { return Ok(None) };
    parts::keep(tx, &run.id, &to.found).await?;
    if let Some(weight) = to.weight {
        parts::weigh(tx, &run.id, weight).await?;
    }
    if !to.said.is_empty() {
        say(tx, &run.id, &to.said, now).await?;
    }
    state(&mut row).map(Some)
}

/// Ends a run that cannot go on, unless somebody else took it up since.
pub async fn fail(tx: &mut Tx, run: &Run, error: &str, now: Timestamp) -> Result<()> {
    let sql = "UPDATE job_runs SET state = 'failed', error = $2, waits_for = NULL, finished_at = $3, changed_at = $3
               WHERE id = $1 AND turn = $4 AND finished_at IS NULL";
    tx.run(sql, params![&run.id, cut(error), now, run.turn]).await?;
    Ok(())
}

/// Takes a run that does not go on out of the line, whoever holds it; one that was asked to go on meanwhile stays.
pub async fn leave(tx: &mut Tx, id: &str) -> Result<()> {
    tx.lock(id).await?;
    let sql = "DELETE FROM jobs WHERE kind = $2 AND object = $1
               AND NOT EXISTS (SELECT 1 FROM job_runs WHERE id = $1 AND state IN ('queued', 'running'))";
    tx.run(sql, params![id, Job::Run.name()]).await?;
    Ok(())
}

/// Pauses a run, lets it go on, or ends it. Who does it at this moment hears of it after the step that is under way.
///
/// # Errors
/// [`Error::Conflict`] if it does not stand so that this could be done to it.
pub async fn control(tx: &mut Tx, id: &str, control: Control, by: &str, now: Timestamp) -> Result<RunState> {
    tx.lock(id).await?;
    let row = tx.one("SELECT state FROM job_runs WHERE id = $1", params![id]).await?;
    let before = row.map(|mut row| state(&mut row)).transpose()?;
    let before = before.ok_or(Error::NotFound(crate::domain::error::What::Job))?;
    if !before.takes(control) {
        return Err(Error::Conflict(format!("this job is {}; there is nothing to {}", before.name(), control.name())));
    }
    let after = control.leads_to();
    let ended = after.is_over().then_some(now.0);
    let sql = "UPDATE job_runs SET state = $2, waits_for = NULL, finished_at = $3, changed_at = $4 WHERE id = $1";
    tx.run(sql, params![id, after.name(), ended, now]).await?;
    let done = match control {
        Control::Pause => "Paused",
        Control::Resume => "Goes on, as asked",
        Control::Cancel => "Cancelled",
    };
    say(tx, id, &[format!("{done} by {by}.")], now).await?;
    if after == RunState::Queued {
        jobs::ensure(tx, id, Job::Run.name(), id, now).await?;
        jobs::hasten(tx, Job::Run.name(), id, now).await?;
    }
    Ok(before)
}

/// Forgets runs that were over before, with their parts.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<()> {
    let sql =
        "SELECT id FROM job_runs WHERE finished_at IS NOT NULL AND finished_at < $1 ORDER BY finished_at LIMIT $2";
    let rows = tx.all(sql, params![before, FORGOTTEN]).await?;
    let ids: Vec<Value> =
        rows.into_iter().map(|mut row| row.take::<String>().map(Value::from)).collect::<Result<_>>()?;
    if ids.is_empty() {
        return Ok(());
    }
    let slots = batch::slots(1, ids.len());
    tx.run(&format!("DELETE FROM job_parts WHERE run_id IN ({slots})"), ids.clone()).await?;
    tx.run(&format!("DELETE FROM job_runs WHERE id IN ({slots})"), ids).await.map(|_| ())
}

/// Keeps lines of what a run says: the last ones, where they are many.
async fn say(tx: &mut Tx, id: &str, lines: &[String], now: Timestamp) -> Result<()> {
    let row = tx.one("SELECT log FROM job_runs WHERE id = $1", params![id]).await?;
    let before: String = row.map_or(Ok(String::new()), |mut row| row.take())?;
    let new = lines.iter().map(|line| format!("{} {}", now.0, cut(line)));
    let all: Vec<String> = before.lines().map(str::to_owned).chain(new).collect();
    let log = all[all.len().saturating_sub(MAX_LINES)..].join("\n");
    tx.run("UPDATE job_runs SET log = $2 WHERE id = $1", params![id, log]).await?;
    Ok(())
}

fn cut(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_LINE_CHARS).collect()
}

fn kind(row: &mut Row) -> Result<RunKind> {
    RunKind::parse(&row.take::<String>()?).map_err(|_| Error::Internal)
}

fn state(row: &mut Row) -> Result<RunState> {
    let name: String = row.take()?;
    RunState::ALL.into_iter().find(|state| state.name() == name).ok_or(Error::Internal)
}

fn scope(row: &mut Row) -> Result<Scope> {
    row.take::<String>()?.parse().map_err(|_| Error::Internal)
}
