//! Lists come in pages. A page ends with the key of its last row, so that the next
//! one starts there at the same cost, however deep (keyset paging).

use super::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Rows of a page where the caller did not say.
pub const DEFAULT_LIMIT: u32 = 50;
/// The most rows a console page holds.
pub const MAX_LIMIT: u32 = 100;
/// The most rows of any page: programs take more at once than people.
pub const MAX_ROWS: u32 = 500;

/// The longest name of a row: an identity at a provider has its address in it.
const MAX_NAME_BYTES: usize = 2_048;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the page before this one ends, if there is one.
    pub previous: Option<Cursor>,
    /// Where the next page starts, if there is one.
    pub next: Option<Cursor>,
}

/// The place of a row in a sorted list: its sort key and its name, which breaks ties.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    pub key: i64,
    pub name: String,
}

/// Which side of a cursor is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Position {
    #[default]
    Start,
    After(Cursor),
    Before(Cursor),
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}", self.key, self.name)
    }
}

impl FromStr for Cursor {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let bad = || Error::invalid("after", "this page address is damaged; go back to the first page");
        let (key, name) = text.split_once('~').ok_or_else(bad)?;
        if name.is_empty() || name.len() > MAX_NAME_BYTES {
            return Err(bad());
        }
        Ok(Self { key: key.parse().map_err(|_| bad())?, name: name.to_owned() })
    }
}

impl TryFrom<String> for Cursor {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> String {
        cursor.to_string()
    }
}

/// The limit that a caller asked for, kept between 1 and [`MAX_ROWS`].
pub fn limit(asked: Option<u32>) -> u32 {
    asked.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_ROWS)
}
