//! What changes something goes on to its end, also when whoever asked for it has gone: nothing is left between two steps,
//! such as bytes that are staged and not yet noted, or a tag at a registry elsewhere that is on its way.

use tracing::Instrument;

/// Runs work to its end even if whoever waits for it goes away.
pub async fn to_its_end<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    match tokio::spawn(work.in_current_span()).await {
        Ok(done) => done,
        Err(broken) => std::panic::resume_unwind(broken.into_panic()), // Nobody cancels it.
    }
}
