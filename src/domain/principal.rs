//! Who asks.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The one who acts. There is always one: nobody-in-particular is [`Actor::Anonymous`],
/// and goes through the same decision as everybody else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Actor {
    Anonymous,
    System(Job),
}

/// Background work that acts by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Job {
    /// Reads a mounted registry into the catalog.
    Crawl,
    /// Removes what abandoned or broken uploads left behind.
    Sweep,
}

impl Job {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Crawl, Self::Sweep];

    /// The name in the jobs table and in logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crawl => "crawl",
            Self::Sweep => "sweep",
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous"),
            Self::System(job) => f.write_str(job.name()),
        }
    }
}
