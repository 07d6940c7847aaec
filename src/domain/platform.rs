//! What an image runs on.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Operating system, architecture and variant (OCI image specification, "Image Index": `platform`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Platform {
    pub os: String,
    pub architecture: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// No part of a platform has more bytes. Real ones have a dozen; lists show several of them in each row.
const MAX_PART_BYTES: usize = 64;

impl Platform {
    /// What somebody stated; `None` where it lacks system or architecture, or is no name of any: that says nothing
    /// that runs.
    pub fn stated(os: Option<String>, architecture: Option<String>, variant: Option<String>) -> Option<Self> {
        let is_name = |part: &String| {
            (1..=MAX_PART_BYTES).contains(&part.len()) && !part.contains(|c: char| c == ',' || c.is_control())
        };
        let (os, architecture) = (os.filter(is_name)?, architecture.filter(is_name)?);
        Some(Self { os, architecture, variant: variant.filter(is_name) })
    }

    /// BuildKit marks attestations in an index by this platform; nothing runs on it.
    pub fn is_unknown(&self) -> bool {
        self.os == "unknown" && self.architecture == "unknown"
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}
