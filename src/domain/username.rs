//! Names of those who sign in: people and robots share them, so that one name means one of them.

use super::text::checked_text;
use super::{Error, Result};
use serde::{Deserialize, Serialize};

/// The name of a user or a robot: lower case, so that no two differ by what an eye overlooks, and without what shells
/// or HTTP Basic (RFC 7617, section 2: no colon) would take for their own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);
checked_text!(Username);

/// Names that records and addresses use for something else.
const RESERVED: [&str; 6] = ["anonymous", "job", "me", "new", "system", "waiting"];

impl Username {
    fn check(text: &str) -> Result<()> {
        let is_word = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let bytes = text.as_bytes();
        let starts_well = bytes.first().is_some_and(is_word) && bytes.last().is_some_and(is_word);
        if !starts_well || bytes.len() > 64 || !bytes.iter().all(|byte| is_word(byte) || b"._-".contains(byte)) {
            return Err(Error::invalid(
                "username",
                "a username has 1 to 64 lower-case letters, digits, dots, dashes or underscores, and starts and ends with a letter or digit",
            ));
        }
        if is_id(bytes) {
            return Err(Error::invalid("username", "this is how ids are written here; choose another name"));
        }
        if RESERVED.contains(&text) {
            return Err(Error::invalid(
                "username",
                format!("`{text}` has a meaning of its own here; choose another name"),
            ));
        }
        Ok(())
    }
}

/// Whether it is written as an id (RFC 9562, section 4): where either may stand, a name must not be taken for the id of
/// somebody else.
fn is_id(text: &[u8]) -> bool {
    let dashes: Vec<usize> = text.iter().enumerate().filter(|(_, byte)| **byte == b'-').map(|(at, _)| at).collect();
    let is_hex = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'-';
    text.len() == 36 && dashes == [8, 13, 18, 23] && text.iter().all(is_hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_mean_one_thing() {
        for good in ["mara", "ci-web", "a", "0", "tomas.rivera", "x_y", &"x".repeat(64)] {
            assert!(good.parse::<Username>().is_ok(), "{good}");
        }
        assert!("01919d6e-2b3c-7d4e-8f50-a1b2c3d4e5f6".parse::<Username>().is_err(), "an id");
        assert!("01919d6e-2b3c-7d4e-8f50-a1b2c3d4e5fz".parse::<Username>().is_ok());
        for bad in ["", "Mara", "-a", "a-", ".a", "a:b", "a b", "a/b", "a@b", "ü", "anonymous", "new", &"x".repeat(65)]
        {
            assert!(bad.parse::<Username>().is_err(), "{bad:?}");
        }
    }
}
