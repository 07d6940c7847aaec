//! Images that a run brings and names in the end. What it leaves without a name is collected, whatever became of the run.

use crate::domain::{Digest, Result};
use crate::params;
use crate::server::store::Tx;

/// Notes that a run brought an image.
pub async fn brought(tx: &mut Tx, run_id: &str, (repository_id, digest): (&str, &Digest)) -> Result<()> {
    let sql = "INSERT INTO job_images (run_id, repository_id, digest) VALUES ($1, $2, $3)
               ON CONFLICT (run_id, repository_id, digest) DO NOTHING";
    tx.run(sql, params![run_id, repository_id, digest]).await.map(drop)
}

/// Notes that a run named all that it brought.
pub async fn named(tx: &mut Tx, run_id: &str) -> Result<()> {
    tx.run("DELETE FROM job_images WHERE run_id = $1", params![run_id]).await.map(drop)
}

/// Notes that somebody pushed an image by its digest, whoever brought it first: it stays without a name.
pub async fn wanted(tx: &mut Tx, (repository_id, digest): (&str, &Digest)) -> Result<()> {
    let sql = "DELETE FROM job_images WHERE repository_id = $1 AND digest = $2";
    tx.run(sql, params![repository_id, digest]).await.map(drop)
}
