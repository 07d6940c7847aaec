//! Writes down what was pulled since the last time.

use super::proof;
use crate::domain::Result;
use crate::domain::principal::Job;
use crate::server::context::App;
use crate::server::store::pulls;

/// Pulls that share a transaction.
const TOGETHER: usize = 500;

/// Writes every pull that was counted. What cannot be written is lost: it is a number, and readers must not wait.
pub async fn write_down(app: &App) -> Result<()> {
    for some in app.pulls.take().chunks(TOGETHER) {
        let some = some.to_vec();
        let proof = proof(app, Job::Pulls);
        let write = app.store.note(&proof, move |tx| {
            Box::pin(async move {
                for (repository, reference, tally) in &some {
                    pulls::add(tx, repository, reference, tally.fetched, tally.last).await?;
                }
                Ok(())
            })
        });
        write.await?;
    }
    Ok(())
}
