//! What is over goes: sessions that rested or lived too long, links that nobody used in time, tries in vain that count no
//! more. Nobody could use any of it; it only took room.

use super::{Identity, backoff};
use crate::domain::{Result, Timestamp};
use crate::server::store::{failures, sessions};

/// Rows that one transaction removes, and transactions of one round.
const TOGETHER: u32 = 1000;
const TRANSACTIONS: usize = 20;

/// What is removed, and what of it is over.
#[derive(Clone, Copy)]
enum Over {
    Sessions { seen: Timestamp, created: Timestamp },
    Links { expired: Timestamp },
    Tries { last: Timestamp },
}

impl Identity {
    /// Removes what is over, so much of it as one round may take.
    pub async fn sweep(&self) -> Result<()> {
        let now = self.clock.now();
        let before = |ms: i64| Timestamp(now.0.saturating_sub(ms));
        let (seen, created) = (before(self.settings.session_idle_ms), before(self.settings.session_max_ms));
        self.remove(Over::Sessions { seen, created }).await?;
        self.remove(Over::Links { expired: now }).await?;
        self.remove(Over::Tries { last: before(backoff::FORGOTTEN_AFTER_MS) }).await
    }

    async fn remove(&self, over: Over) -> Result<()> {
        for _ in 0..TRANSACTIONS {
            let removed = self.note(move |tx| {
                Box::pin(async move {
                    match over {
                        Over::Sessions { seen, created } => sessions::sweep(tx, (seen, created), TOGETHER).await,
                        Over::Links { expired } => sessions::sweep_links(tx, expired, TOGETHER).await,
                        Over::Tries { last } => failures::sweep(tx, last, TOGETHER).await,
                    }
                })
            });
            if removed.await? < u64::from(TOGETHER) {
                break;
            }
        }
        Ok(())
    }
}
