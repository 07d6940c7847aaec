//! Every console address, parsed and printed in one place, on both sides.
//!
//! A repository's own pages follow `/-/`: no component of a name can be `-`.

use super::{Digest, RepositoryName, Tag};
use std::fmt;

/// A page of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Repositories,
    Repository(RepositoryName),
    Tag(RepositoryName, Tag),
    Manifest(RepositoryName, Digest),
    Mounts,
}

impl Address {
    /// Reads what follows `/r/` in a path.
    pub fn parse_repository(rest: &str) -> Option<Self> {
        let Some((name, page)) = rest.split_once("/-/") else {
            return rest.parse().ok().map(Self::Repository);
        };
        let name = name.parse().ok()?;
        match page.split_once('/')? {
            ("tags", tag) => Some(Self::Tag(name, tag.parse().ok()?)),
            ("manifests", digest) => Some(Self::Manifest(name, digest.parse().ok()?)),
            _ => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repositories => f.write_str("/repositories"),
            Self::Repository(name) => write!(f, "/r/{name}"),
            Self::Tag(name, tag) => write!(f, "/r/{name}/-/tags/{tag}"),
            Self::Manifest(name, digest) => write!(f, "/r/{name}/-/manifests/{digest}"),
            Self::Mounts => f.write_str("/admin/mounts"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_parses_back() {
        let name: RepositoryName = "team/tags/web".parse().unwrap();
        let digest: Digest = format!("sha256:{}", "0".repeat(64)).parse().unwrap();
        for address in [
            Address::Repository(name.clone()),
            Address::Tag(name.clone(), "1.4.2".parse().unwrap()),
            Address::Manifest(name, digest),
        ] {
            let text = address.to_string();
            assert_eq!(Address::parse_repository(text.strip_prefix("/r/").unwrap()), Some(address));
        }
        assert_eq!(Address::parse_repository("team/-/unknown/x"), None);
        assert_eq!(Address::parse_repository("team/-/tags/.bad"), None);
        assert_eq!(Address::parse_repository(""), None);
    }
}
