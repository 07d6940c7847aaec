//! Who guesses passwords waits. What is counted is one account from one origin: nobody who guesses locks the account's
//! owner out elsewhere, nor others on the same network.

use super::secrets;
use crate::domain::{Result, Timestamp};
use crate::server::secret::Secret;
use crate::server::store::failures::{self, Failures};
use crate::server::store::{Store, Tx};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// So many tries are free.
const FREE: i64 = 10;
/// The first wait, which doubles with each further try in vain.
const FIRST_WAIT_MS: i64 = 60_000;
const LONGEST_WAIT_MS: i64 = 15 * 60_000;
/// After so long without a try all is forgotten.
pub(super) const FORGOTTEN_AFTER_MS: i64 = 30 * 60_000;

/// From where somebody tries.
pub(super) struct Origin(String);

impl Origin {
    /// The network that an address lies in: IPv4 /24, IPv6 /64.
    pub(super) fn network(from: &str) -> Self {
        Self(match from.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => format!("{}/24", address & Ipv4Addr::new(255, 255, 255, 0)),
            Ok(IpAddr::V6(address)) => format!("{}/64", Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
            Err(_) => String::new(),
        })
    }

    /// A browser that has this mark, wherever it is: it is counted apart from all others.
    pub(super) fn device(mark: &Secret) -> Self {
        Self(format!("browser:{}", secrets::fingerprint(mark)))
    }

    /// Its name.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// What is counted: the account as it was typed, from here.
    pub(super) fn subject(&self, username: &str) -> String {
        // Whatever is typed: a name that nobody has is counted like one that somebody has.
        format!("{} {:.80}", self.0, username.trim().to_lowercase())
    }
}

/// The tries in vain that are remembered.
pub(super) async fn tries(store: &Store, subject: &str) -> Result<Option<Failures>> {
    failures::of(store, subject).await
}

/// Until when nobody may try again, if anybody has to wait.
pub(super) fn until(tries: Failures, now: Timestamp) -> Option<Timestamp> {
    wait(tries).filter(|until| *until > now)
}

/// Counts a try in vain, and forgets them all after one that was right.
pub(super) async fn tried(tx: &mut Tx, subject: &str, was_right: bool, now: Timestamp) -> Result<()> {
    if was_right {
        return failures::forget(tx, subject).await;
    }
    failures::add(tx, subject, now, Timestamp(now.0 - FORGOTTEN_AFTER_MS)).await
}

fn wait(found: Failures) -> Option<Timestamp> {
    let beyond = found.n_failed - FREE;
    let wait_ms = FIRST_WAIT_MS.saturating_mul(1 << beyond.clamp(0, 20)).min(LONGEST_WAIT_MS);
    (beyond >= 0).then_some(Timestamp(found.last_at.0 + wait_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_tries_are_free_and_then_each_wait_doubles() {
        let waits = |n_failed| wait(Failures { n_failed, last_at: Timestamp(0) }).map(|until| until.0 / 60_000);
        assert_eq!(
            [1, 9, 10, 11, 12, 13, 14, 99].map(waits),
            [None, None, Some(1), Some(2), Some(4), Some(8), Some(15), Some(15)]
        );
    }

    #[test]
    fn a_network_is_counted_and_not_its_neighbours() {
        let subject = |username: &str, from: &str| Origin::network(from).subject(username);
        assert_eq!(subject(" Mara ", "10.1.2.3"), subject("mara", "10.1.2.99"));
        assert_ne!(subject("mara", "10.1.2.3"), subject("mara", "10.1.3.3"));
        assert_eq!(subject("mara", "2001:db8::1"), subject("mara", "2001:db8::2"));
        assert_ne!(subject("mara", "2001:db8::1"), subject("mara", "2001:db8:0:1::1"));
    }
}
