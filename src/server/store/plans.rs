//! Plans that were redeemed: what was done by one is done once, and the answer is the same when it is asked again.

use super::{Row, Store, Tx, jobs, runs};
use crate::domain::principal::Job;
use crate::domain::view::JobRow;
use crate::domain::{Result, Timestamp};
use crate::params;

/// What came of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// It was done at once, and left these entries in the trash.
    Done(Vec<String>),
    /// This run does it.
    Run(String),
}

/// How a run stands where entries do.
const RUN: &str = "run:";

/// What came of a plan, if it was redeemed.
pub async fn redeemed(store: &Store, id: &str) -> Result<Option<Redeemed>> {
    let row = store.one("SELECT entries FROM redeemed_plans WHERE id = $1", params![id]).await?;
    row.map(read).transpose()
}

/// The same inside a transaction.
pub async fn current(tx: &mut Tx, id: &str) -> Result<Option<Redeemed>> {
    let row = tx.one("SELECT entries FROM redeemed_plans WHERE id = $1", params![id]).await?;
    row.map(read).transpose()
}

/// The run that does what a plan says, for as long as it deletes more under the plan's batch: until it is over, and whoever
/// does it has heard of that.
pub async fn under_way(store: &Store, id: &str) -> Result<Option<JobRow>> {
    let Some(Redeemed::Run(run)) = redeemed(store, id).await? else { return Ok(None) };
    let Some((row, _)) = runs::find(store, &run).await? else { return Ok(None) };
    // In this order: nobody takes up what is over.
    let goes_on = !row.state.is_over() || jobs::is_held(store, Job::Run, &run).await?;
    Ok(goes_on.then_some(row))
}

/// Notes what came of a plan, and forgets plans that nobody can redeem any more, unless a run still does what one says.
pub async fn redeem(tx: &mut Tx, id: &str, redeemed: &Redeemed, now: Timestamp) -> Result<()> {
    let sql = format!(
        "DELETE FROM redeemed_plans WHERE at < $1 AND NOT EXISTS (SELECT 1 FROM job_runs r
           WHERE r.id = SUBSTR(redeemed_plans.entries, {}) AND r.finished_at IS NULL)",
        RUN.len() + 1
    );
    tx.run(&sql, params![now.plus_days(-2)]).await?;
    let text = match redeemed {
        Redeemed::Done(entries) => entries.join(" "),
        Redeemed::Run(run) => format!("{RUN}{run}"),
    };
    let sql = "INSERT INTO redeemed_plans (id, at, entries) VALUES ($1, $2, $3)";
    tx.run(sql, params![id, now, text]).await.map(|_| ())
}

fn read(mut row: Row) -> Result<Redeemed> {
    let text: String = row.take()?;
    Ok(match text.strip_prefix(RUN) {
        Some(run) => Redeemed::Run(run.to_owned()),
        None => Redeemed::Done(text.split_whitespace().map(str::to_owned).collect()),
    })
}
