//! Who asks.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The one who acts. There is always one: nobody-in-particular is [`Actor::Anonymous`],
/// and goes through the same decision as everybody else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Actor {
    Anonymous,
    /// Somebody with a name here.
    User(String),
    System(Job),
}

/// Background work that acts by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Job {
    /// Reads a mounted registry into the catalog.
    Crawl,
    /// Removes what abandoned or broken uploads left behind.
    Sweep,
    /// Writes down how often tags were pulled.
    Pulls,
    /// Computes again what the catalog derives.
    Rebuild,
    /// Puts a backup back.
    Restore,
}

impl Job {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Crawl, Self::Sweep, Self::Pulls, Self::Rebuild, Self::Restore];

    /// The name in the jobs table and in logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crawl => "crawl",
            Self::Sweep => "sweep",
            Self::Pulls => "pulls",
            Self::Rebuild => "rebuild",
            Self::Restore => "restore",
        }
    }
}

impl Actor {
    /// What records name it by: no two actors share one, whatever somebody calls themselves.
    pub fn key(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::User(name) => format!("user:{name}"),
            Self::System(job) => format!("job:{}", job.name()),
        }
    }
}

/// For people; see [`Actor::key`] for records.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous"),
            Self::User(name) => f.write_str(name),
            Self::System(job) => f.write_str(job.name()),
        }
    }
}
