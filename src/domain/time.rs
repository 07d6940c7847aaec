//! Moments, and how they are said.

use serde::{Deserialize, Serialize};

/// A moment in milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

impl Timestamp {
    /// Parses an RFC 3339 time, as image configurations state it.
    pub fn parse(text: &str) -> Option<Self> {
        let moment: jiff::Timestamp = text.parse().ok()?;
        Some(Self(moment.as_millisecond()))
    }

    /// RFC 3339 in UTC with seconds, for machines (`<time datetime>`, JSON, logs).
    pub fn rfc3339(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%SZ")
    }

    /// The same to the millisecond, where no moment must be lost.
    pub fn exact(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S%.3fZ")
    }

    /// As fields for a day and a time take it, in UTC: `2027-01-31T09:30`.
    pub fn minute(self) -> String {
        self.format("%Y-%m-%dT%H:%M")
    }

    /// So many days later.
    pub fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(DAY)))
    }

    /// The day, as fields for dates take it: `2027-01-31`.
    pub fn day(self) -> String {
        self.format("%Y-%m-%d")
    }

    /// The day for people: `24 Dec 2026`.
    pub fn date(self) -> String {
        self.format("%-d %b %Y")
    }

    /// The full moment for people, with its zone.
    pub fn absolute(self) -> String {
        self.format("%-d %b %Y, %H:%M:%S UTC")
    }

    /// How long ago, in the words of the console: `just now`, `26 min ago`, `3 h ago`, `2 d ago`, `on 9 Oct`, `9 Oct 2025`.
    pub fn ago(self, now: Timestamp) -> String {
        let age = now.0.saturating_sub(self.0);
        match age {
            i64::MIN..MINUTE => "just now".to_owned(),
            MINUTE..HOUR => format!("{} min ago", age / MINUTE),
            HOUR..DAY => format!("{} h ago", age / HOUR),
            _ if age < 30 * DAY => format!("{} d ago", age / DAY),
            _ if self.format("%Y") == now.format("%Y") => self.format("on %-d %b"),
            _ => self.format("%-d %b %Y"),
        }
    }

    fn format(self, pattern: &str) -> String {
        let moment = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        moment.strftime(pattern).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_said_in_words() {
        let now = Timestamp::parse("2026-11-24T12:00:00Z").unwrap();
        let said = |text: &str| Timestamp::parse(text).unwrap().ago(now);
        assert_eq!(said("2026-11-24T12:00:30Z"), "just now");
        assert_eq!(said("2026-11-24T11:34:00Z"), "26 min ago");
        assert_eq!(said("2026-11-24T09:00:00Z"), "3 h ago");
        assert_eq!(said("2026-11-22T09:00:00Z"), "2 d ago");
        assert_eq!(said("2026-10-09T09:00:00Z"), "on 9 Oct");
        assert_eq!(said("2025-10-09T09:00:00Z"), "9 Oct 2025");
        assert_eq!(Timestamp(0).rfc3339(), "1970-01-01T00:00:00Z");
        assert_eq!(Timestamp::parse(&Timestamp(1_501).exact()), Some(Timestamp(1_501)));
    }
}
