//! Content digests.

use super::text::checked_text;
use super::{Error, Result, Tag};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The digest of some content, `sha256:…` or `sha512:…` in lower-case hex
/// (OCI image specification, "Digests"). Other algorithms are refused: nobody here could check them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);
checked_text!(Digest);

/// A hash function that content may be named by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    Sha256,
    Sha512,
}

impl Algorithm {
    /// The name before the colon.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    pub(super) fn hex_digits(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

impl FromStr for Algorithm {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "sha256" => Ok(Self::Sha256),
            "sha512" => Ok(Self::Sha512),
            _ => Err(Error::invalid("digest", "content is named by sha256 or sha512 here; use one of them")),
        }
    }
}

impl Digest {
    fn check(text: &str) -> Result<()> {
        let (name, hex) = text.split_once(':').ok_or_else(bad_digest)?;
        let algorithm: Algorithm = name.parse().map_err(|_| bad_digest())?;
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if hex.len() == algorithm.hex_digits() && hex.bytes().all(is_hex) { Ok(()) } else { Err(bad_digest()) }
    }

    /// The digest whose hash bytes are given in hex.
    pub fn from_hex(algorithm: Algorithm, hex: &str) -> Result<Self> {
        format!("{}:{hex}", algorithm.name()).parse()
    }

    /// The algorithm in front of the colon.
    pub fn algorithm(&self) -> Algorithm {
        if self.0.starts_with("sha512:") { Algorithm::Sha512 } else { Algorithm::Sha256 }
    }

    /// The tag under which clients list referrers where a registry does not (OCI distribution specification,
    /// "Referrers Tag Schema"): `sha256-…`, cut to 64 digits.
    pub fn as_tag(&self) -> Tag {
        let tag = format!("{}-{:.64}", self.algorithm().name(), self.hex());
        tag.parse().expect("an algorithm and hex digits make a tag")
    }

    /// The hex digits after the colon.
    pub fn hex(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, hex)| hex)
    }

    /// The first twelve hex digits, which people compare.
    pub fn short(&self) -> &str {
        &self.hex()[..12]
    }
}

fn bad_digest() -> Error {
    Error::invalid("digest", "a digest is sha256: and 64, or sha512: and 128, lower-case hex digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_algorithm_is_known_by_its_exact_name() {
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            assert_eq!(algorithm.name().parse::<Algorithm>().unwrap(), algorithm);
        }
        for bad in ["", "md5", "sha1", "SHA512", "sha512 ", "sha512,sha256"] {
            assert!(bad.parse::<Algorithm>().is_err(), "{bad}");
        }
    }

    #[test]
    fn only_known_algorithms_of_the_right_length_parse() {
        let hex = "a".repeat(64);
        assert_eq!(format!("sha256:{hex}").parse::<Digest>().unwrap().short(), "aaaaaaaaaaaa");
        assert!(format!("sha512:{hex}{hex}").parse::<Digest>().is_ok());
        for bad in ["", "sha256", "sha256:", "md5:aa", "sha256:../../x"] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
        assert!(format!("sha256:{}", "A".repeat(64)).parse::<Digest>().is_err());
        assert!(format!("sha256:{}g", "a".repeat(63)).parse::<Digest>().is_err());
        assert!(format!("sha512:{hex}").parse::<Digest>().is_err());
    }
}
