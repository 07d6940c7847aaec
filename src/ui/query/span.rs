//! How far back a list goes.

use super::Pairs;
use crate::domain::Timestamp;

/// One of a few spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// As the address writes it.
    pub name: &'static str,
    pub words: &'static str,
    hours: i64,
}

/// All of them.
pub const SPANS: [Span; 4] = [
    Span { name: "hour", words: "The last hour", hours: 1 },
    Span { name: "day", words: "The last 24 hours", hours: 24 },
    Span { name: "week", words: "The last 7 days", hours: 7 * 24 },
    Span { name: "month", words: "The last 30 days", hours: 30 * 24 },
];

impl Span {
    /// Reads the query of an address; an unknown span is none.
    pub fn read(path_and_query: &str) -> Option<Self> {
        let pairs = Pairs::of(path_and_query);
        SPANS.into_iter().find(|span| pairs.get("span") == Some(span.name))
    }

    /// When it began.
    pub fn before(self, now: Timestamp) -> Timestamp {
        Timestamp(now.0 - self.hours * 3_600_000)
    }
}
