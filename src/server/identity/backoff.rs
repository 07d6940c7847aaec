//! Who guesses passwords waits. What is counted is one account from one origin, and after some tries in vain the next
//! ones are looked at one by one, ever more slowly. None is refused for those before it, so nobody who guesses locks the
//! account's owner out.

use super::queue::Who;
use super::secrets;
use crate::domain::{Error, Result, Timestamp};
use crate::server::secret::Secret;
use crate::server::store::Tx;
use crate::server::store::failures::{self, Failures};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// So many tries are free.
const FREE: i64 = 10;
/// From one try to the next after that, which doubles with each ten further ones in vain.
const FIRST_PACE_MS: i64 = 1_000;
const SLOWEST_PACE_MS: i64 = 8_000;
/// After so long without a try all is forgotten.
pub(super) const FORGOTTEN_AFTER_MS: i64 = 30 * 60_000;

/// From where somebody tries.
pub(super) struct Origin {
    name: String,
    around: String,
    /// Whether it is a browser that is known.
    is_known: bool,
}

impl Origin {
    /// The network that an address lies in: IPv4 /24, IPv6 /64. Around it is what one customer may hold of many such:
    /// IPv4 /16, IPv6 /48.
    pub(super) fn network(from: &str) -> Self {
        let (name, around) = match from.parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(IpAddr::V4(address)) => {
                let within =
                    |bits: u32| format!("{}/{bits}", Ipv4Addr::from_bits(address.to_bits() & !0 << (32 - bits)));
                (within(24), within(16))
            }
            Ok(IpAddr::V6(address)) => {
                let within =
                    |bits: u32| format!("{}/{bits}", Ipv6Addr::from_bits(address.to_bits() & !0 << (128 - bits)));
                (within(64), within(48))
            }
            Err(_) => Default::default(),
        };
        Self { name, around, is_known: false }
    }

    /// A browser that has this mark, wherever it is: it is counted apart from all others. Around it are all browsers of
    /// that account, for whoever signs in again and again has many.
    pub(super) fn device(mark: &Secret, username: &str) -> Self {
        let name = format!("browser:{}", secrets::fingerprint(mark));
        Self { name, around: format!("browsers of {:.80}", username.trim().to_lowercase()), is_known: true }
    }

    /// Its name.
    pub(super) fn as_str(&self) -> &str {
        &self.name
    }

    /// The name of what lies around it.
    pub(super) fn around(&self) -> &str {
        &self.around
    }

    /// Who comes from there.
    pub(super) fn who(&self) -> Who {
        if self.is_known { Who::Known } else { Who::Stranger }
    }

    /// What is counted: the account as it was typed, from here.
    pub(super) fn subject(&self, username: &str) -> String {
        // Whatever is typed: a name that nobody has is counted like one that somebody has.
        format!("{} {:.80}", self.name, username.trim().to_lowercase())
    }
}

/// When the next try is looked at, where there were so many that each waits. After so long without one none does.
pub(super) fn next(tries: Option<Failures>, now: Timestamp) -> Option<Timestamp> {
    let tries = tries.filter(|tries| tries.last_at.0 + FORGOTTEN_AFTER_MS > now.0)?;
    let beyond = tries.n_failed - FREE;
    let pace_ms = (FIRST_PACE_MS << (beyond / 10).clamp(0, 10)).min(SLOWEST_PACE_MS);
    // A clock that was ahead makes nobody wait for longer.
    (beyond >= 0).then_some(Timestamp(tries.last_at.0.min(now.0) + pace_ms))
}

/// What is said to one who has to wait for the next try.
pub(super) fn refusal(tries: Option<Failures>, now: Timestamp) -> Error {
    let until = next(tries.map(|tries| Failures { last_at: now, ..tries }), now).unwrap_or(now);
    Error::TooManyTries { wait_s: (until.0 - now.0 + 999) / 1000 }
}

/// Counts a try in vain, and forgets them all after one that was right.
pub(super) async fn tried(tx: &mut Tx, subject: &str, was_right: bool, now: Timestamp) -> Result<()> {
    if was_right {
        return failures::forget(tx, subject).await;
    }
    failures::add(tx, subject, now, Timestamp(now.0 - FORGOTTEN_AFTER_MS)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_tries_are_free_and_then_each_waits_ever_longer() {
        let after = |n_failed, now| {
            next(Some(Failures { n_failed, last_at: Timestamp(0) }), Timestamp(now)).map(|next| next.0 / 1000)
        };
        let waits = [0, 9, 10, 19, 20, 30, 40, 99, i64::MAX].map(|n_failed| after(n_failed, 1));
        assert_eq!(waits, [None, None, Some(1), Some(1), Some(2), Some(4), Some(8), Some(8), Some(8)]);
        assert_eq!(after(99, FORGOTTEN_AFTER_MS), None, "all is forgotten");
        assert_eq!(after(99, -3_600_000), Some(-3_592), "a clock that was ahead makes nobody wait for longer");
    }

    #[test]
    fn a_network_is_counted_and_not_its_neighbours() {
        let subject = |username: &str, from: &str| Origin::network(from).subject(username);
        assert_eq!(subject(" Mara ", "10.1.2.3"), subject("mara", "10.1.2.99"));
        assert_ne!(subject("mara", "10.1.2.3"), subject("mara", "10.1.3.3"));
        assert_eq!(subject("mara", "2001:db8::1"), subject("mara", "2001:db8::2"));
        assert_ne!(subject("mara", "2001:db8::1"), subject("mara", "2001:db8:0:1::1"));
        assert_eq!(subject("mara", "::ffff:10.1.2.3"), subject("mara", "10.1.2.3"), "however it is written");
        let around = |from: &str| Origin::network(from).around().to_owned();
        assert_eq!(
            (around("10.1.2.3").as_str(), around("2001:db8:5:1::1").as_str()),
            ("10.1.0.0/16", "2001:db8:5::/48")
        );
    }
}
