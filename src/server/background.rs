//! Work that nobody waits for. On a machine of few cores it would take turns with what answers somebody; so it has a thread
//! of its own with the lowest priority, which runs while nobody else wants to (setpriority(2): on Linux it is a thread's).

use crate::domain::{Error, Result};
use tokio::sync::oneshot;

/// The nice value that gives way to all others.
const LOWEST: i32 = 19;

/// Does something there.
///
/// # Errors
/// [`Error::Unavailable`] if no thread can be started, [`Error::Internal`] if the work panics.
pub async fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let (done, answer) = oneshot::channel();
    let low = move || {
        let _ = rustix::process::setpriority_process(None, LOWEST); // Where that is refused it is done all the same.
        let _ = done.send(work()); // Whoever asked may have gone.
    };
    let started = std::thread::Builder::new().name("background".to_owned()).spawn(low);
    started.map_err(|error| Error::Unavailable(format!("no thread for work in the background: {error}")))?;
    answer.await.map_err(|_| Error::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::getpriority_process;

    #[tokio::test]
    async fn it_gives_way_and_nothing_else_does() {
        let before = getpriority_process(None).unwrap();
        assert_eq!(in_background(|| getpriority_process(None)).await.unwrap().unwrap(), LOWEST);
        assert_eq!(getpriority_process(None).unwrap(), before);
        let lost: Result<()> = in_background(|| panic!("it cannot be done")).await;
        assert_eq!(lost, Err(Error::Internal));
    }
}
