//! What may be collected, and taking it: entries of the trash whose time is over, images that nothing holds, links of
//! blobs that no image names, content that nothing links.
//!
//! Everything is asked twice: by a page of rows outside of any transaction, so that nobody waits for it, and again in the
//! small transaction that takes it. A dry run asks the same questions, and instead of taking something writes down that it
//! is to be thought away.

mod brought;
mod bytes;
mod entries;
mod gone;
mod images;
mod leftover;
mod links;
mod promises;

pub use brought::{Brought, brought, let_go};
pub use bytes::{contents, forget as forget_contents, mark, marked, still_marked};
pub use entries::{expired, take as take_entries};
pub use gone::clear;
pub use images::{take as take_images, unnamed, want};
pub use leftover::{Key, Left, Leftover, clear as clear_leftover, left};
pub use links::{linked, take as take_links};
pub use promises::Promised;

use super::{Row, Store, Tx, Value, batch, jobs};
use crate::domain::principal::Job;
use crate::domain::{Digest, RepositoryName, Result, Timestamp};
use crate::params;

/// Who was told of something has at least so long to count on it, whatever is configured.
const LEAST_GRACE_MS: i64 = 10_000;

/// So long after something was let go what it held is collected.
const SOON_MS: i64 = 60_000;

/// That an image of the repository `$1` has no name: no tag, no image that lists it, none that it is about, but for one
/// that is on its way out.
pub(super) fn has_no_name_but(by: &str) -> String {
    format!(
        "n_tags = 0
         AND NOT EXISTS (SELECT 1 FROM manifest_edges e WHERE e.repository_id = $1 AND e.child = manifests.digest
           AND e.relation = 'manifest' AND e.parent <> {by})
         AND NOT EXISTS (SELECT 1 FROM referrers f CROSS JOIN manifests s WHERE f.repository_id = $1
           AND f.digest = manifests.digest AND f.subject <> {by} AND s.repository_id = f.repository_id
           AND s.digest = f.subject)"
    )
}

/// That it has none at all, and that this is not noted yet.
fn has_no_name() -> String {
    format!("unnamed_since IS NULL AND {}", has_no_name_but("''"))
}

/// For how long somebody can count on what they were told, where this is configured.
fn grace(configured_ms: i64) -> i64 {
    configured_ms.max(LEAST_GRACE_MS)
}

/// What is told of what was noted no longer ago is not noted again: most questions write nothing.
pub fn renewed_after(configured_ms: i64) -> i64 {
    grace(configured_ms) / 2
}

/// For how long what was noted stays: what was told last may have been told without a note.
pub fn kept_for(configured_ms: i64) -> i64 {
    grace(configured_ms) + renewed_after(configured_ms)
}

/// What bounds a run: what somebody was told of, or moved, since these moments stays.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Whether it only finds out what it would take.
    pub is_dry: bool,
    pub now: Timestamp,
    /// What somebody was told of since then stays.
    pub told_since: Timestamp,
    /// What a tag named or left since then stays.
    pub moved_since: Timestamp,
}

/// Where a page ended: the next begins behind it.
pub type After = (String, String);

/// Something on a page, and whether it may be taken.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub repository: At,
    pub digest: Digest,
    pub size: u64,
    pub is_free: bool,
}

/// A repository, as far as taking something from it is concerned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    pub name: RepositoryName,
    pub id: String,
    pub mount_id: String,
}

impl Bounds {
    /// In a dry run: nothing that was thought away already.
    fn unless_found(self, place: &str, repository_id: &str, name: &str) -> String {
        if !self.is_dry {
            return String::new();
        }
        format!(
            " AND NOT EXISTS (SELECT 1 FROM collect_found g WHERE g.place = '{place}' AND g.repository_id = {repository_id}
              AND g.name = {name})"
        )
    }

    /// Rows `d` of the trash that can still be brought back. The tables are read in the order in which they stand, each
    /// by an index of its own: without statistics an engine would begin with all that a repository has in the trash.
    fn kept(self, rows: &str, condition: &str) -> String {
        let unless = self.unless_found("entry", "''", "x.id");
        format!("SELECT 1 FROM {rows} CROSS JOIN trash x WHERE {condition} AND x.id = d.entry{unless}")
    }

    /// That a manifest in the trash, which can be brought back, has a part.
    fn in_trash(self, repository_id: &str, child: &str) -> String {
        let part = format!(
            "p.repository_id = {repository_id} AND p.child = {child} AND d.repository_id = p.repository_id AND d.digest = p.parent"
        );
        self.kept("deleted_edges p CROSS JOIN images_in_trash d", &part)
    }
}

/// Locks repositories and their mounts, in the order in which pushes do.
pub async fn lock(tx: &mut Tx, repositories: &[At]) -> Result<()> {
    let mut names: Vec<&str> = repositories.iter().map(|it| it.name.as_str()).collect();
    let mut mounts: Vec<&str> = repositories.iter().map(|it| it.mount_id.as_str()).collect();
    for locked in [&mut names, &mut mounts] {
        locked.sort_unstable();
        locked.dedup();
    }
    for name in names.into_iter().chain(mounts) {
        tx.lock(name).await?;
    }
    Ok(())
}

/// What was let go is collected soon, where that happens by itself; not at once, for more may follow.
pub async fn soon(tx: &mut Tx, now: Timestamp) -> Result<()> {
    jobs::hasten(tx, Job::Collect.name(), "", Timestamp(now.0 + SOON_MS)).await
}

/// How many rows a run looks at, roughly: the same one may be looked at more than once.
pub async fn n_rows(store: &Store, bounds: &Bounds) -> Result<u64> {
    let sql = "SELECT (SELECT COUNT(*) FROM trash WHERE expires_at <= $1) + (SELECT COUNT(*) FROM deleted_edges)
        + (SELECT COUNT(*) FROM deleted_names)
        + (SELECT COUNT(*) FROM manifests WHERE unnamed_since IS NOT NULL)
        + (SELECT COUNT(*) FROM repository_blobs) + (SELECT COUNT(*) FROM blobs)";
    let row = store.scan_in_background(sql, params![bounds.now]).await?.into_iter().next();
    row.map_or(Ok(0), |mut row| row.take())
}

/// Forgets what a dry run thought away, some of it at a time; `false` when nothing is left.
pub async fn think_anew(tx: &mut Tx) -> Result<bool> {
    let sql = "DELETE FROM collect_found WHERE (place, repository_id, name) IN
               (SELECT place, repository_id, name FROM collect_found LIMIT 1000)";
    Ok(tx.run(sql, vec![]).await? > 0)
}

/// Thinks things of a repository away.
async fn think_away(tx: &mut Tx, place: &str, repository_id: &str, names: &[String]) -> Result<()> {
    for some in names.chunks(200) {
        let rows: Vec<String> = (0..some.len()).map(|at| format!("($1, $2, ${})", at + 3)).collect();
        let sql = format!(
            "INSERT INTO collect_found (place, repository_id, name) VALUES {} ON CONFLICT DO NOTHING",
            rows.join(", ")
        );
        tx.run(&sql, [params![place, repository_id], some.iter().map(Value::from).collect()].concat()).await?;
    }
    Ok(())
}

/// Slots for these digests, from `first` on, and their values.
fn named(first: usize, digests: &[Digest]) -> (String, Vec<Value>) {
    batch::padded(first, digests)
}

fn candidates(rows: Vec<Row>) -> Result<(Vec<Candidate>, Option<After>)> {
    let mut found = Vec::with_capacity(rows.len());
    let mut last = None;
    for mut row in rows {
        let (id, digest): (String, Digest) = (row.take()?, row.take()?);
        last = Some((id.clone(), digest.to_string()));
        let (name, mount_id, size, is_free) = (row.take()?, row.take()?, row.take()?, row.take()?);
        found.push(Candidate { repository: At { name, id, mount_id }, digest, size, is_free });
    }
    Ok((found, last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::dialect::Dialect;
    use rusqlite::{Connection, params_from_iter};

    /// How SQLite answers a question.
    fn plan(connection: &Connection, question: &str) -> Vec<String> {
        let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", question.replace('$', "?"))).unwrap();
        let values = vec![0_i64; explained.parameter_count()];
        let lines = explained.query_map(params_from_iter(values), |row| row.get::<_, String>(3)).unwrap();
        lines.map(|line| line.unwrap()).collect()
    }

    #[test]
    fn a_page_of_entries_begins_where_the_last_one_ended() {
        let connection = Connection::open_in_memory().unwrap();
        Dialect::Sqlite.migrations().iter().for_each(|step| connection.execute_batch(step).unwrap());
        let moment = Timestamp(0);
        let bounds = Bounds { is_dry: false, now: moment, told_since: moment, moved_since: moment };
        let lines = plan(&connection, &entries::page(&bounds));
        let is_from_there = |line: &String| line.contains("trash_by_end ((expires_at,id)>(?,?) AND expires_at<?)");
        assert!(is_from_there(&lines[0]) && !lines.iter().any(|line| line.contains("TEMP B-TREE")), "{lines:?}");
    }

    #[test]
    fn what_holds_something_is_found_by_an_index() {
        let connection = Connection::open_in_memory().unwrap();
        Dialect::Sqlite.migrations().iter().for_each(|step| connection.execute_batch(step).unwrap());
        let moment = Timestamp(0);
        for is_dry in [false, true] {
            let bounds = Bounds { is_dry, now: moment, told_since: moment, moved_since: moment };
            let of = |rows: &str, free: String| format!("SELECT 1 FROM {rows} AND {free}");
            for question in [
                of("manifests m WHERE m.repository_id = 'r' AND m.digest = 'd'", images::free(&bounds)),
                of("repository_blobs l WHERE l.repository_id = 'r' AND l.digest = 'd'", links::free(&bounds)),
                of("blobs b WHERE b.digest = 'd'", bytes::free(&bounds)),
                format!("SELECT 1 FROM {} AND x.id = 'e'", entries::over(&bounds)),
                of(
                    "deleted_edges e WHERE e.child = 'd' AND e.repository_id = 'r'",
                    Leftover::Edges.is_gone().to_owned(),
                ),
                of(
                    "deleted_names e WHERE e.digest = 'd' AND e.repository_id = 'r'",
                    Leftover::Names.is_gone().to_owned(),
                ),
            ] {
                for line in plan(&connection, &question) {
                    // There are few mounts; of a repository there may be very much.
                    let is_wide = line.ends_with("(repository_id=?)") || (line.starts_with("SCAN") && line != "SCAN h");
                    assert!(!is_wide, "{line}: {question}");
                }
            }
        }
    }
}
