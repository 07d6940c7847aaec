//! Tags: the movable names of images.

use super::text::checked_text;
use super::{Error, Result};
use serde::{Deserialize, Serialize};

/// A tag, `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}` (OCI distribution specification, "Pulling manifests").
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(String);
checked_text!(Tag);

impl Tag {
    fn check(text: &str) -> Result<()> {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let bytes = text.as_bytes();
        let starts_well = bytes.first().is_some_and(is_word);
        if starts_well && bytes.len() <= 128 && bytes.iter().all(|byte| is_word(byte) || b".-".contains(byte)) {
            return Ok(());
        }
        Err(Error::invalid(
            "tag",
            "a tag has 1 to 128 letters, digits, underscores, dots or dashes, and starts with none of the last two",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_of_the_specification_decides() {
        for good in ["latest", "1.4.2", "_", "A", "v1.0-rc.1_x", &"x".repeat(128)] {
            assert!(good.parse::<Tag>().is_ok(), "{good}");
        }
        for bad in ["", ".a", "-a", "a/b", "a:b", "a b", "ü", &"x".repeat(129)] {
            assert!(bad.parse::<Tag>().is_err(), "{bad:?}");
        }
    }
}
