//! Whose turn it is: which run of those that wait gets a place, and which one gives its own up. Somebody holds one place in
//! a lane while others wait there. How many there are is for each node to know; who holds them is told by leases, on all
//! nodes together.

use super::kind;
use crate::domain::principal::Job;
use crate::domain::run::{Lane, RunKind};
use crate::domain::{Result, Timestamp};
use crate::params;
use crate::server::store::jobs::Leased;
use crate::server::store::{Store, Tx};

/// Who had no place for so long waits like somebody who never had one.
const REMEMBERED_MS: i64 = 3_600_000;

/// Of a run: whose it is, its lane, whether it is to go on, and whether it goes before what its owner asked for earlier.
const OWNER: &str = "COALESCE(r.principal_id, r.created_by)";
const GOES_ON: &str = "r.state IN ('queued', 'running')";
const IS_URGENT: &str = "CASE r.kind WHEN 'restore' THEN 1 ELSE 0 END";

fn lane() -> String {
    let lanes = RunKind::ALL.map(|kind| format!("WHEN '{}' THEN {}", kind.name(), kind.lane() as u8));
    format!("CASE r.kind {} END", lanes.join(" "))
}

/// The condition that a row of `jobs` is a run that is to go on, in one of these lanes.
pub(in crate::server::store) fn waits(lanes: &[Lane]) -> String {
    let kinds = RunKind::ALL.into_iter().filter(|kind| lanes.contains(&kind.lane()));
    let kinds: Vec<String> = kinds.map(|kind| format!("'{}'", kind.name())).collect();
    if kinds.is_empty() {
        return "(1 = 0)".to_owned();
    }
    let (run, kinds) = (Job::Run.name(), kinds.join(", "));
    format!(
        "(jobs.kind = '{run}' AND EXISTS (SELECT 1 FROM job_runs r
           WHERE r.id = jobs.object AND {GOES_ON} AND r.kind IN ({kinds})))"
    )
}

/// Takes the run whose turn it is in one of these lanes, until `until`: of the owner who holds the fewest places there, and
/// among those of the one who had one the longest ago. Of what is theirs a restore goes first, then what was asked for first.
pub async fn take_turn(
    tx: &mut Tx,
    node: &str,
    (now, until): (Timestamp, Timestamp),
    lanes: &[Lane],
) -> Result<Option<(Leased, RunKind)>> {
    tx.lock("whose turn it is").await?; // Else two nodes count the same places at once.
    let (run, lane, waits) = (Job::Run.name(), lane(), waits(lanes));
    let sql = format!(
        "WITH lately AS (
           SELECT {OWNER} AS owner, {lane} AS lane, CASE WHEN j.leased_until >= $3 THEN 1 ELSE 0 END AS is_held,
             CASE WHEN r.started_at IS NULL THEN 0 ELSE r.changed_at END AS at
           FROM jobs j JOIN job_runs r ON r.id = j.object WHERE j.kind = '{run}' AND {GOES_ON}
           UNION ALL
           SELECT {OWNER}, {lane}, 0, r.changed_at FROM job_runs r WHERE r.finished_at > $4 AND r.started_at IS NOT NULL),
         had AS (SELECT owner, lane, SUM(is_held) AS n_held, MAX(at) AS last_at FROM lately GROUP BY owner, lane)
         UPDATE jobs SET leased_by = $1, leased_until = $2, attempts = attempts + 1
         WHERE id = (
           SELECT jobs.id FROM jobs JOIN job_runs r ON r.id = jobs.object JOIN had ON had.owner = {OWNER} AND had.lane = {lane}
           WHERE {waits} AND jobs.run_at <= $3 AND (jobs.leased_until IS NULL OR jobs.leased_until < $3)
           ORDER BY had.n_held, had.last_at, {IS_URGENT} DESC, r.id LIMIT 1)
         RETURNING id, object, (SELECT r.kind FROM job_runs r WHERE r.id = object)"
    );
    let remembered_since = Timestamp(now.0 - REMEMBERED_MS);
    let row = tx.one(&sql, params![node, until, now, remembered_since]).await?;
    row.map(|mut row| Ok((Leased { id: row.take()?, kind: Job::Run, object: row.take()? }, kind(&mut row)?)))
        .transpose()
}

/// A run that holds a place which is somebody else's by now: one of several of an owner, while one waits in its lane who
/// holds none; or a delete, while a restore of its owner waits. None while another one there is about to make room.
pub async fn one_too_many(store: &Store, now: Timestamp) -> Result<Option<String>> {
    let (run, lane) = (Job::Run.name(), lane());
    let sql = format!(
        "WITH line AS (
           SELECT r.id, r.state, {OWNER} AS owner, {lane} AS lane, {IS_URGENT} AS is_urgent,
             CASE WHEN j.leased_until >= $1 THEN 1 ELSE 0 END AS is_held
           FROM jobs j JOIN job_runs r ON r.id = j.object
           WHERE j.kind = '{run}' AND {GOES_ON} AND (j.run_at <= $1 OR j.leased_until >= $1)),
         held AS (
           SELECT owner, lane, COUNT(*) AS n, SUM(CASE state WHEN 'queued' THEN 1 ELSE 0 END) AS n_going FROM line
           WHERE is_held = 1 GROUP BY owner, lane)
         SELECT h.id FROM line h JOIN held own ON own.owner = h.owner AND own.lane = h.lane
         WHERE h.is_held = 1 AND h.state = 'running'
           AND NOT EXISTS (SELECT 1 FROM held WHERE held.lane = h.lane AND held.n_going > 0)
           AND EXISTS (
             SELECT 1 FROM line w LEFT JOIN held theirs ON theirs.owner = w.owner AND theirs.lane = w.lane
             WHERE w.is_held = 0 AND w.lane = h.lane
               AND (theirs.n IS NULL AND own.n > 1 OR w.owner = h.owner AND w.is_urgent > h.is_urgent))
         ORDER BY h.is_urgent, h.id DESC LIMIT 1"
    );
    store.one(&sql, params![now]).await?.map(|mut row| row.take()).transpose()
}

/// Lets a run wait for its next turn. Who does it at this moment hears of it like of a pause.
pub async fn give_place(tx: &mut Tx, id: &str, now: Timestamp) -> Result<()> {
    let sql =
        "UPDATE job_runs SET state = 'queued', waits_for = NULL, changed_at = $2 WHERE id = $1 AND state = 'running'";
    tx.run(sql, params![id, now]).await.map(drop)
}
