//! Tags: the movable names of images.

use super::text::checked_text;
use super::{Error, Result};
use serde::{Deserialize, Serialize};

/// A tag, `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}` (OCI distribution specification, "Pulling manifests").
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(String);
checked_text!(Tag);

/// How names begin that Portolan keeps for itself at registries elsewhere.
const RESERVED: [&str; 2] = ["portolan.trash.", "portolan.tombstone."];

/// Crockford's digits, as a ULID is written.
const ULID: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl Tag {
    /// Whether Portolan keeps the name for itself: it stands in no list, and nobody gives it to an image.
    pub fn is_reserved(&self) -> bool {
        RESERVED.iter().any(|start| self.0.starts_with(start))
    }

    /// The same as a rule for who chooses a name.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a reserved one.
    pub fn refuse_reserved(&self) -> Result<()> {
        match self.is_reserved() {
            false => Ok(()),
            true => {
                Err(Error::invalid("tag", format!("Portolan keeps names like {self} for itself; choose another name")))
            }
        }
    }

    /// The hidden name that holds what is in the trash, by the id of its entry.
    pub fn of_trash(entry: &str) -> Self {
        let hex = entry.chars().filter_map(|digit| digit.to_digit(16));
        let number = hex.fold(0u128, |number, digit| number << 4 | u128::from(digit));
        let digits = (0..26).rev().map(|place| char::from(ULID[(number >> (place * 5)) as usize & 31]));
        Self(RESERVED[0].chars().chain(digits).collect())
    }

    /// A name that no image has.
    pub fn of_nothing() -> Self {
        Self(format!("{}none", RESERVED[1]))
    }

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
    fn names_that_portolan_keeps_are_nobodys() {
        let hidden = Tag::of_trash("019aa1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b");
        assert_eq!(hidden.as_str(), "portolan.trash.01KAGV5GYMFSFRMTVWHPF0Y6HB");
        assert_eq!(Tag::of_trash("00000000-0000-0000-0000-00000000001f").as_str().len(), hidden.as_str().len());
        for (tag, is_reserved) in
            [(hidden.as_str(), true), ("portolan.tombstone.x", true), ("portolan.trash", false), ("v1", false)]
        {
            assert_eq!(tag.parse::<Tag>().unwrap().is_reserved(), is_reserved, "{tag}");
        }
        assert!(hidden.as_str().parse::<Tag>().is_ok() && Tag::of_nothing().is_reserved());
        assert!(hidden.refuse_reserved().is_err());
    }

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
