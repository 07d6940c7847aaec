//! Tokens, one for each scope, for as long as they last.
//!
//! Each scope has a slot with its own lock: callers that need the same token wait for the first
//! one to fetch it, callers of other scopes do not.

use crate::server::secret::Secret;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// The token of one scope.
#[derive(Default)]
pub struct Slot(Option<(Secret, Instant)>);

impl Slot {
    /// The token, if there is one that lasts.
    pub fn valid(&self) -> Option<Secret> {
        self.0.as_ref().filter(|(_, until)| *until > Instant::now()).map(|(token, _)| token.clone())
    }

    /// Keeps a token until then.
    pub fn keep(&mut self, token: Secret, until: Instant) {
        self.0 = Some((token, until));
    }

    /// Drops the token that was refused, unless somebody has fetched a newer one since.
    pub fn forget(&mut self, refused: &Secret) {
        if self.0.as_ref().is_some_and(|(token, _)| token == refused) {
            self.0 = None;
        }
    }
}

/// All slots, of which there are never more than `limit`.
pub struct Tokens {
    slots: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Slot>>>>,
    limit: usize,
}

impl Tokens {
    /// No tokens yet.
    pub fn new(limit: usize) -> Self {
        Self { slots: Mutex::default(), limit }
    }

    /// The slot of a scope.
    pub fn slot(&self, scope: &str) -> Arc<tokio::sync::Mutex<Slot>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(scope) {
            return slot.clone();
        }
        if slots.len() >= self.limit {
            slots.retain(|_, slot| slot.try_lock().map_or(true, |slot| slot.valid().is_some()));
        }
        if slots.len() >= self.limit {
            slots.clear();
        }
        slots.entry(scope.to_owned()).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn secret(text: &str) -> Secret {
        Secret::from(text.to_owned())
    }

    #[tokio::test]
    async fn there_are_never_more_than_the_limit() {
        let tokens = Tokens::new(3);
        for scope in ["a", "b", "c", "d", "e", "f", "g"] {
            tokens.slot(scope).lock().await.keep(secret(scope), Instant::now() + Duration::from_secs(60));
            assert!(tokens.slots.lock().unwrap().len() <= 3);
        }
        assert_eq!(tokens.slot("g").lock().await.valid(), Some(secret("g")));
    }

    #[test]
    fn only_the_refused_token_is_forgotten() {
        let mut slot = Slot::default();
        slot.keep(secret("new"), Instant::now() + Duration::from_secs(60));
        slot.forget(&secret("old"));
        assert_eq!(slot.valid(), Some(secret("new")));
        slot.forget(&secret("new"));
        assert_eq!(slot.valid(), None);
        slot.keep(secret("ended"), Instant::now());
        assert_eq!(slot.valid(), None);
    }
}
