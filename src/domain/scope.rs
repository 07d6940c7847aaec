//! Where a grant holds, and who may see a repository without any.

use super::{Error, Namespace, RepositoryName, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Where a grant holds: `*` is everything, `team/*` the namespace `team` and all below it (not a repository of that
/// name), `team/web` one repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Scope {
    Everything,
    Namespace(Namespace),
    Repository(RepositoryName),
}

impl Scope {
    /// Whether a repository of this name, which may not exist yet, lies in it.
    pub fn covers(&self, repository: &RepositoryName) -> bool {
        match self {
            Self::Everything => true,
            Self::Namespace(namespace) => is_below(repository.as_str(), namespace),
            Self::Repository(name) => name == repository,
        }
    }

    /// Whether all that lies in `other` lies in it.
    pub fn holds(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Everything, _) => true,
            (_, Self::Everything) => false,
            (Self::Namespace(own), Self::Namespace(other)) => own == other || is_below(other.as_str(), own),
            (_, Self::Repository(name)) => self.covers(name),
            (Self::Repository(_), Self::Namespace(_)) => false,
        }
    }

    /// It with every scope above it, the widest first.
    pub fn line(&self) -> Vec<Self> {
        let name = match self {
            Self::Everything => return vec![Self::Everything],
            Self::Namespace(namespace) => namespace.as_str(),
            Self::Repository(name) => name.as_str(),
        };
        let above = name.match_indices('/').filter_map(|(at, _)| name[..at].parse().ok().map(Self::Namespace));
        [Self::Everything].into_iter().chain(above).chain([self.clone()]).collect()
    }

    /// The namespace that it is, if it is one.
    pub fn namespace(&self) -> Option<&Namespace> {
        if let Self::Namespace(namespace) = self { Some(namespace) } else { None }
    }

    /// As its page is called, and as it is typed where a press is too little: `everything`, `team`, `team/web`.
    pub fn name(&self) -> String {
        self.words().trim_end_matches("/*").to_owned()
    }

    /// In a sentence: `everything`, `team/*`, `team/web`.
    pub fn words(&self) -> String {
        if *self == Self::Everything { "everything".to_owned() } else { self.to_string() }
    }
}

fn is_below(name: &str, namespace: &Namespace) -> bool {
    name.strip_prefix(namespace.as_str()).is_some_and(|rest| rest.starts_with('/'))
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("*"),
            Self::Namespace(namespace) => write!(f, "{namespace}/*"),
            Self::Repository(name) => name.fmt(f),
        }
    }
}

impl FromStr for Scope {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let ways = "write * for everything, team/* for a namespace, team/web for a repository";
        let odd = |_| Error::invalid("scope", format!("`{text:.80}` is no scope; {ways}"));
        match text.strip_suffix("/*") {
            _ if text == "*" => Ok(Self::Everything),
            Some(namespace) => namespace.parse().map(Self::Namespace).map_err(odd),
            None => text.parse().map(Self::Repository).map_err(odd),
        }
    }
}

impl TryFrom<String> for Scope {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

/// Who may see and pull a repository without a grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RepositoryVisibility {
    /// Nobody.
    #[default]
    Private,
    /// Everybody who is signed in.
    Internal,
    /// Everybody.
    Public,
}

impl RepositoryVisibility {
    /// All of them, from the least to the most.
    pub const ALL: [Self; 3] = [Self::Private, Self::Internal, Self::Public];

    /// The name in addresses, files and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Internal => "internal",
            Self::Public => "public",
        }
    }
}

impl FromStr for RepositoryVisibility {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|it| it.name() == text);
        known.ok_or_else(|| Error::invalid("visibility", "a visibility is private, internal or public"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scope(text: &str) -> Scope {
        text.parse().unwrap()
    }

    #[test]
    fn a_namespace_is_what_lies_below_it_and_no_repository_of_its_name() {
        let name = |text: &str| text.parse::<RepositoryName>().unwrap();
        assert!(scope("team/*").covers(&name("team/web")) && scope("team/*").covers(&name("team/a/b")));
        for other in ["team", "teams/web", "tea/web", "web/team"] {
            assert!(!scope("team/*").covers(&name(other)), "{other}");
        }
        assert!(scope("*").covers(&name("a")) && scope("a").covers(&name("a")) && !scope("a").covers(&name("a/b")));
        for odd in ["", "/*", "**", "team*", "Team/*", "*/web", "team/*/x"] {
            assert!(odd.parse::<Scope>().is_err(), "{odd}");
        }
    }

    #[test]
    fn a_line_leads_from_everything_down() {
        let line = |text: &str| scope(text).line().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(line("a/b/c"), ["*", "a/*", "a/b/*", "a/b/c"]);
        assert_eq!(line("a/b/*"), ["*", "a/*", "a/b/*"]);
        assert_eq!((line("a"), line("*")), (vec!["*".to_owned(), "a".to_owned()], vec!["*".to_owned()]));
    }

    proptest! {
        #[test]
        fn what_one_scope_holds_it_covers(
            one in r"(\*|[ab](/[ab]){0,2}(/\*)?)", other in r"(\*|[ab](/[ab]){0,2}(/\*)?)", name in "[ab](/[ab]){0,3}",
        ) {
            let (one, other, name) = (scope(&one), scope(&other), name.parse::<RepositoryName>().unwrap());
            prop_assert_eq!(scope(&one.to_string()), one.clone());
            if one.holds(&other) && other.covers(&name) {
                prop_assert!(one.covers(&name));
            }
        }
    }
}
