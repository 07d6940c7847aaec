//! The codes that browsers bring back are shown to their provider, which counts what is worth nothing against this
//! registry as a whole, and may turn it away for that: then nobody signs in. Anybody can begin a sign-in and bring a code
//! that is made up, so few are shown at a time, and few in vain for one network.

use super::attempts::Attempt;
use super::backoff::Origin;
use super::provider::{Failure, Provider, Returned, Verified};
use crate::domain::{Error, Result, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Codes that one provider is shown at the same time, and how long others wait for it.
const AT_ONCE: usize = 16;
const PATIENCE: Duration = Duration::from_secs(5);

/// How many a minute may be in vain, or under way, of one network, and of all that lie around it.
const OF_NETWORK: u32 = 30;
const OF_AROUND: u32 = 300;
const MINUTE_MS: i64 = 60_000;

/// Codes on their way to providers.
#[derive(Default)]
pub(super) struct Codes {
    places: Mutex<HashMap<String, Arc<Semaphore>>>,
    minute: Mutex<Minute>,
}

/// The present one, and what it has.
#[derive(Default)]
struct Minute {
    number: i64,
    n_tries: HashMap<String, u32>,
}

impl Codes {
    /// What the provider makes of what a browser brought, from an address.
    ///
    /// # Errors
    /// [`Error::TooManyTries`] where too many came in vain from there, [`Error::Unavailable`] where too many are under
    /// way. What the provider says is inside.
    pub(super) async fn show(
        &self,
        provider: &Provider,
        (returned, attempt): (Returned, &Attempt),
        (from, now): (&str, Timestamp),
    ) -> Result<Result<Verified, Failure>> {
        if returned.code.is_none() || returned.error.is_some() {
            return Ok(provider.way.finish(returned, attempt).await); // Nothing is shown to anybody.
        }
        let origin = Origin::network(from);
        let tries = [
            (format!("{} {}", provider.name, origin.as_str()), OF_NETWORK),
            (format!("{} around {}", provider.name, origin.around()), OF_AROUND),
        ];
        self.count(&tries, now)?;
        let finished = match self.place(&provider.name, PATIENCE).await {
            Some(_place) => Ok(provider.way.finish(returned, attempt).await),
            None => {
                let words = format!("many people sign in by {} at this moment; start again", provider.title);
                Err(Error::Unavailable(words))
            }
        };
        if !matches!(finished, Ok(Err(_))) {
            self.take_back(&tries, now);
        }
        finished
    }

    async fn place(&self, provider: &str, patience: Duration) -> Option<OwnedSemaphorePermit> {
        let places = {
            let mut all = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(provider.to_owned()).or_insert_with(|| Semaphore::new(AT_ONCE).into()))
        };
        timeout(patience, places.acquire_owned()).await.ok()?.ok()
    }

    /// Counts one more, which is in vain until it is known not to be.
    fn count(&self, tries: &[(String, u32)], now: Timestamp) -> Result<()> {
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.0.div_euclid(MINUTE_MS);
        if minute.number != number {
            *minute = Minute { number, ..Minute::default() };
        }
        if tries.iter().any(|(of, most)| minute.n_tries.get(of).is_some_and(|n| n >= most)) {
            let left_ms = (number + 1) * MINUTE_MS - now.0;
            return Err(Error::TooManyTries { wait_s: (left_ms + 999) / 1000 });
        }
        tries.iter().for_each(|(of, _)| *minute.n_tries.entry(of.clone()).or_default() += 1);
        Ok(())
    }

    fn take_back(&self, tries: &[(String, u32)], at: Timestamp) {
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        if minute.number != at.0.div_euclid(MINUTE_MS) {
            return;
        }
        for (of, _) in tries {
            if let Some(n) = minute.n_tries.get_mut(of) {
                *n = n.saturating_sub(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_provider_is_shown_so_many_at_once_and_another_beside_it() {
        let (codes, short) = (Codes::default(), Duration::from_millis(20));
        let mut places = vec![];
        for _ in 0..AT_ONCE {
            places.push(codes.place("acme", short).await.expect("there is room"));
        }
        assert!(codes.place("acme", short).await.is_none());
        assert!(codes.place("other", short).await.is_some());
        places.pop();
        assert!(codes.place("acme", short).await.is_some());
    }

    #[test]
    fn what_is_in_vain_counts_for_a_minute() {
        let (codes, tries) = (Codes::default(), [("acme 192.0.2.0/24".to_owned(), 2)]);
        let count = |second: i64| codes.count(&tries, Timestamp(second * 1000));
        assert!(count(1).is_ok() && count(2).is_ok());
        assert_eq!(count(3), Err(Error::TooManyTries { wait_s: 57 }));
        codes.take_back(&tries, Timestamp(3000));
        assert!(count(4).is_ok() && count(5).is_err(), "what was worth something is not counted");
        assert!(count(60).is_ok(), "all is forgotten");
    }
}
