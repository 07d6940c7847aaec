//! Images that jobs brought and did not name: a copy that failed or was cancelled leaves some. They never had a name, and
//! nobody but the job wanted them.

use super::{Bounds, has_no_name, think_away};
use crate::domain::{Digest, Result, Timestamp};
use crate::params;
use crate::server::store::{Store, Tx};

/// One of them.
#[derive(Clone, Debug)]
pub struct Brought {
    run_id: String,
    repository_id: String,
    digest: Digest,
    /// When the job was over, as far as that is known.
    over_at: Timestamp,
}

impl Brought {
    /// Where a page ends with it.
    pub fn place(&self) -> [String; 3] {
        [self.run_id.clone(), self.repository_id.clone(), self.digest.to_string()]
    }
}

/// Some of those of jobs that are over, after a place.
pub async fn brought(store: &Store, after: &[String; 3], limit: u32) -> Result<Vec<Brought>> {
    let sql = "SELECT b.run_id, b.repository_id, b.digest, COALESCE(j.finished_at, 0)
               FROM job_images b LEFT JOIN job_runs j ON j.id = b.run_id
               WHERE (b.run_id, b.repository_id, b.digest) > ($1, $2, $3) AND (j.id IS NULL OR j.finished_at IS NOT NULL)
               ORDER BY b.run_id, b.repository_id, b.digest LIMIT $4";
    let [run_id, repository_id, digest] = after;
    let rows = store.scan_in_background(sql, params![run_id, repository_id, digest, limit]).await?.into_iter();
    rows.map(|mut row| {
        let (run_id, repository_id) = (row.take()?, row.take()?);
        Ok(Brought { run_id, repository_id, digest: row.take()?, over_at: row.take()? })
    })
    .collect()
}

/// Takes those that nothing names for what lost its last name when the job was over.
pub async fn let_go(tx: &mut Tx, bounds: &Bounds, some: &[Brought]) -> Result<()> {
    for it in some {
        let Brought { run_id, repository_id, digest, over_at } = it;
        if bounds.is_dry {
            think_away(tx, "left", repository_id, &[digest.to_string()]).await?;
            continue;
        }
        let no_name = has_no_name();
        let sql =
            format!("UPDATE manifests SET unnamed_since = $3 WHERE repository_id = $1 AND digest = $2 AND {no_name}");
        tx.run(&sql, params![repository_id, digest, *over_at]).await?;
        let sql = "DELETE FROM job_images WHERE run_id = $1 AND repository_id = $2 AND digest = $3";
        tx.run(sql, params![run_id, repository_id, digest]).await?;
    }
    Ok(())
}
