//! Repository names, namespaces and mount prefixes.
//!
//! One grammar, from the OCI distribution specification ("Pulling manifests"):
//! components `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` joined by `/`. A component can
//! therefore never be `-`, which is why the console's sub-pages follow `/-/`.

use super::text::checked_text;
use super::{Error, Result};
use serde::{Deserialize, Serialize};

/// Most clients cap `host/name` at 255 bytes; a longer name could never be pulled.
pub const MAX_NAME_BYTES: usize = 255;

/// The full name under which manifests and tags live, such as `team/backend/api`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepositoryName(String);
checked_text!(RepositoryName);

/// A path prefix of repositories, such as `team` or `team/backend`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Namespace(String);
checked_text!(Namespace);

/// The prefix at which a registry is mounted; empty for the root of the namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MountPrefix(String);
checked_text!(MountPrefix);

impl RepositoryName {
    fn check(text: &str) -> Result<()> {
        check_path("name", "a repository name", text)
    }

    /// The part before the last `/`, where there is one.
    pub fn namespace(&self) -> Option<Namespace> {
        self.0.rsplit_once('/').map(|(path, _)| Namespace(path.to_owned()))
    }

    /// The last component, which people read first.
    pub fn base(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, base)| base)
    }
}

impl Namespace {
    fn check(text: &str) -> Result<()> {
        check_path("namespace", "a namespace", text)
    }

    /// The deepest one in which both of these lie, where there is any.
    pub fn around(one: &RepositoryName, other: &RepositoryName) -> Option<Self> {
        let namespaces = [one.namespace()?, other.namespace()?];
        let [one, other] = namespaces.each_ref().map(|it| it.0.split('/'));
        let shared: Vec<&str> = one.zip(other).take_while(|(one, other)| one == other).map(|(it, _)| it).collect();
        (!shared.is_empty()).then(|| Self(shared.join("/")))
    }
}

impl MountPrefix {
    fn check(text: &str) -> Result<()> {
        if text.is_empty() { Ok(()) } else { check_path("prefix", "a mount prefix", text) }
    }

    /// Whether this is the root mount.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// As people read it: with the slash that every name below it has.
    pub fn shown(&self) -> String {
        format!("{}/", self.0)
    }

    /// What stands for it in an address: `-` for the root, which no prefix can be.
    pub fn in_address(&self) -> &str {
        if self.is_root() { "-" } else { &self.0 }
    }

    /// The inverse.
    pub fn of_address(text: &str) -> Option<Self> {
        if text == "-" { Some(Self::default()) } else { text.parse().ok().filter(|prefix: &Self| !prefix.is_root()) }
    }

    /// The name that `name` has inside the mounted registry, if it lies under this prefix.
    pub fn strip<'n>(&self, name: &'n RepositoryName) -> Option<&'n str> {
        if self.is_root() {
            return Some(name.as_str());
        }
        name.as_str().strip_prefix(&self.0)?.strip_prefix('/')
    }

    /// Whether the repositories right below a namespace lie under this prefix.
    pub fn has_below(&self, namespace: &Namespace) -> bool {
        let rest = namespace.0.strip_prefix(&self.0);
        self.is_root() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The name in Portolan's namespace of a repository called `inner` upstream.
    pub fn join(&self, inner: &str) -> Result<RepositoryName> {
        if self.is_root() { inner.parse() } else { format!("{}/{inner}", self.0).parse() }
    }
}

fn check_path(field: &str, what: &str, text: &str) -> Result<()> {
    if text.len() > MAX_NAME_BYTES {
        return Err(Error::invalid(field, format!("{what} has at most {MAX_NAME_BYTES} characters")));
    }
    match text.split('/').find(|part| !is_component(part)) {
        None => Ok(()),
        Some("") => Err(Error::invalid(field, format!("{what} has no empty part between, before or after slashes"))),
        Some(_) => Err(Error::invalid(
            field,
            format!(
                "{what} has parts of lower-case letters and digits, separated inside by one dot, one or two underscores, or dashes"
            ),
        )),
    }
}

fn is_component(part: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = part.as_bytes();
    let ends_well = bytes.first().copied().is_some_and(is_word) && bytes.last().copied().is_some_and(is_word);
    ends_well
        && part
            .split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            .all(|gap| matches!(gap, "" | "." | "_" | "__") || gap.bytes().all(|byte| byte == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_grammar_of_the_specification_decides() {
        for good in ["a", "team/web", "a.b_c__d-e---f/0", "a/blobs/uploads", "tags/list", "v2"] {
            assert!(good.parse::<RepositoryName>().is_ok(), "{good}");
        }
        for bad in ["", "/", "a/", "/a", "a//b", "A", "a..b", "a___b", "a._b", "-a", "a-", "a/-/b", "é", "a b", "a\n"]
        {
            assert!(bad.parse::<RepositoryName>().is_err(), "{bad:?}");
        }
        assert!("a".repeat(256).parse::<RepositoryName>().is_err());
    }

    #[test]
    fn a_prefix_takes_whole_components_only() {
        let prefix: MountPrefix = "hub".parse().unwrap();
        assert_eq!(prefix.strip(&"hub/web".parse().unwrap()), Some("web"));
        assert_eq!(prefix.strip(&"hubble/web".parse().unwrap()), None);
        assert_eq!(prefix.strip(&"hub".parse().unwrap()), None);
        let has_below =
            |prefix: &MountPrefix| ["hub", "hub/a", "hubble", "a"].map(|it| prefix.has_below(&it.parse().unwrap()));
        assert_eq!(has_below(&prefix), [true, true, false, false]);
        assert_eq!(has_below(&MountPrefix::default()), [true; 4]);
    }

    proptest! {
        #[test]
        fn what_parses_prints_the_same(text in "[a-z0-9]{1,4}([._/-][a-z0-9]{1,4}){0,6}") {
            let name: RepositoryName = text.parse().unwrap();
            prop_assert_eq!(name.to_string(), text);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC*") {
            let _ = text.parse::<RepositoryName>();
        }
    }
}
