//! What people call their tokens.

use super::text::checked_text;
use super::{Error, Result};
use serde::{Deserialize, Serialize};

/// The name of a token, such as `laptop`: for its owner to tell it apart, in any script.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenName(String);
checked_text!(TokenName);

/// The most of a name.
const MAX_CHARS: usize = 64;

impl TokenName {
    fn check(text: &str) -> Result<()> {
        // Marks of direction would turn the words around it on a page of somebody else's.
        let turns = |c| matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        let is_odd = |c: char| c.is_control() || turns(c) || (c.is_whitespace() && c != ' ');
        let is_named = !text.is_empty() && text.chars().count() <= MAX_CHARS && text.trim() == text;
        match is_named && !text.chars().any(is_odd) {
            true => Ok(()),
            false => Err(Error::invalid("name", "the name of a token is one line of 1 to 64 characters")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_that_turns_nothing_around() {
        for good in ["laptop", "Büro, 2. Stock", "x", &"ü".repeat(64)] {
            assert!(good.parse::<TokenName>().is_ok(), "{good}");
        }
        for bad in ["", " ", " a", "a ", "a\nb", "a\u{202e}b", "a\u{200b}", "a\u{2028}b", &"ü".repeat(65)] {
            assert!(bad.parse::<TokenName>().is_err(), "{bad:?}");
        }
    }
}
