//! Refusals that were put on record lately. A client that is refused asks again, a few times for each layer: who was
//! refused what, on what, from where and by which token stands once a minute.

use crate::domain::Timestamp;
use crate::server::access::Record;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// For how long one refusal stands for its repeats.
const STANDS_FOR_MS: i64 = 60_000;
/// How many are remembered. More than these in one minute are no client's repeats, and each of them is told.
const REMEMBERED: usize = 10_000;

/// How often it is looked at most whether some of them are over.
const SWEPT_EVERY_MS: i64 = 1_000;

/// The refusals of one database.
#[derive(Default)]
pub(super) struct Repeats(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// Who was refused what, on what, from where and by which token; and when that went on record.
    told: HashMap<[u8; 32], Timestamp>,
    swept_at: Option<Timestamp>,
}

impl Repeats {
    /// Whether this is the repeat of a refusal that is on record.
    pub(super) fn holds(&self, record: &Record, now: Timestamp) -> bool {
        if record.reason.is_none() {
            return false;
        }
        let (source, token) = (record.source.as_deref().unwrap_or(""), record.token.as_deref().unwrap_or(""));
        let of = [&*record.actor.key(), record.action, &*record.object, source, &*record.address, token];
        let key = Sha256::digest(of.join("\n")).into();
        let stands = |at: Timestamp| now.0 - at.0 < STANDS_FOR_MS;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.told.get(&key).is_some_and(|at| stands(*at)) {
            return true;
        }
        let is_due = known.swept_at.is_none_or(|at| now.0 - at.0 >= SWEPT_EVERY_MS);
        if known.told.len() >= REMEMBERED && is_due {
            known.told.retain(|_, at| stands(*at));
            known.swept_at = Some(now);
        }
        if known.told.len() < REMEMBERED {
            known.told.insert(key, now);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Actor;

    fn refused(object: &str, reason: Option<&str>) -> Record {
        Record {
            actor: Actor::Anonymous,
            action: "blob.push",
            object: object.to_owned(),
            source: None,
            place: object.to_owned(),
            reason: reason.map(ToOwned::to_owned),
            token: None,
            request_id: String::new(),
            address: "203.0.113.5".to_owned(),
        }
    }

    #[test]
    fn a_repeat_within_a_minute_is_no_news() {
        let (repeats, why) = (Repeats::default(), Some("repository.push"));
        let at = |seconds: i64| Timestamp(seconds * 1000);
        assert!(!repeats.holds(&refused("team/web", why), at(0)) && repeats.holds(&refused("team/web", why), at(59)));
        assert!(!repeats.holds(&refused("team/api", why), at(59)), "another object is another refusal");
        let from = |source: &str| Record { source: Some(source.to_owned()), ..refused("team/web", why) };
        assert!(
            !repeats.holds(&from("a/x:1"), at(59)) && !repeats.holds(&from("a/y:1"), at(59)),
            "so is another source"
        );
        let by_token = Record { token: Some("laptop".to_owned()), ..refused("team/web", why) };
        assert!(!repeats.holds(&by_token, at(59)), "another token is another refusal");
        assert!(!repeats.holds(&refused("team/web", why), at(60)), "it stands for a minute");
        let done = [at(60), at(60)].map(|now| repeats.holds(&refused("team/web", None), now));
        assert_eq!(done, [false, false], "what was done is always told");
    }

    #[test]
    fn who_is_refused_without_end_fills_no_more_than_the_room() {
        let repeats = Repeats::default();
        let n_told = (0..2 * REMEMBERED)
            .filter(|n| !repeats.holds(&refused(&n.to_string(), Some("repository.push")), Timestamp(0)))
            .count();
        let n_known = || repeats.0.lock().unwrap().told.len();
        assert_eq!((n_told, n_known()), (2 * REMEMBERED, REMEMBERED));
        assert!(!repeats.holds(&refused("later", Some("repository.push")), Timestamp(STANDS_FOR_MS)));
        assert_eq!(n_known(), 1);
    }
}
