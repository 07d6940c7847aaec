//! The query of an address: read leniently, written so that people can still read it.
//!
//! Every filter, order and page of a list is in the address, so that it works without script and
//! can be shared. Unknown keys and orders are ignored; a damaged page key is an error that says so.

mod compare;
mod copying;
mod image;
mod list;
mod span;

use crate::domain::page::MAX_LIMIT;
use crate::domain::{Cursor, Result};
use leptos_router::location::Url;

pub use compare::{changed, compared};
pub use list::{LIST, Order, came_from};
pub use span::{SPANS, Span};

/// The pairs behind the `?`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Reads the query of a path; a path without one has no pairs.
    pub fn of(path_and_query: &str) -> Self {
        let query = path_and_query.split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(key, value)| (decode(key), decode(value)))
                .collect(),
        )
    }

    /// The last value of a key, unless it is empty.
    pub fn get(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// All values of a key that are not empty.
    pub fn all(&self, key: &str) -> impl Iterator<Item = &str> {
        let values = self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str());
        values.filter(|value| !value.is_empty())
    }

    /// The place in a list that a key names.
    ///
    /// # Errors
    /// A damaged one, which says so.
    pub fn cursor(&self, key: &str) -> Result<Option<Cursor>> {
        self.get(key).map(str::parse).transpose()
    }

    fn text(&self) -> String {
        self.get("q").unwrap_or_default().trim().to_owned()
    }

    fn limit(&self) -> Option<u32> {
        self.get("limit").and_then(|limit| limit.parse().ok()).map(|limit: u32| limit.min(MAX_LIMIT))
    }
}

/// A path with the pairs that have a value.
pub fn address(base: &str, pairs: &[(&str, &str)]) -> String {
    let mut text = base.to_owned();
    for (key, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        text.push(if text.len() == base.len() { '?' } else { '&' });
        text.push_str(key);
        text.push('=');
        encode(value, &mut text);
    }
    text
}

/// Reads what forms and `encode` write.
fn decode(text: &str) -> String {
    Url::unescape(&text.replace('+', " "))
}

/// Reads a path, in which a plus is a plus.
pub fn decode_path(text: &str) -> String {
    Url::unescape(text)
}

/// Leaves what a query may hold as it is (RFC 3986, section 3.4), less what forms give a meaning.
fn encode(value: &str, text: &mut String) {
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b':' | b'*' | b'@' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_value_counts_and_an_empty_one_does_not() {
        let pairs = Pairs::of("/x?q=a+b&q=c%2Bd&sort=&plain");
        assert_eq!(pairs.get("q"), Some("c+d"));
        assert_eq!(pairs.get("sort").or(pairs.get("plain")), None);
    }

    proptest! {
        #[test]
        fn any_text_survives_the_address(text in "\\PC*") {
            let pairs = Pairs::of(&address("/x", &[("q", &text)]));
            prop_assert_eq!(pairs.get("q").unwrap_or_default(), text.as_str());
        }
    }
}
