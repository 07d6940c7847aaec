//! The same repository has a name here and a name there: mount prefix and upstream prefix.

use crate::domain::{MountPrefix, RepositoryName};

/// Translates between Portolan's names and the registry's.
pub struct Translation {
    pub prefix: MountPrefix,
    /// Only what lies below this name is mounted.
    pub upstream_prefix: Option<RepositoryName>,
}

/// What a name that the registry listed is to Portolan.
#[derive(Debug, PartialEq, Eq)]
pub enum Listed {
    Here(RepositoryName),
    /// Outside the upstream prefix.
    Outside,
    /// No client could use it.
    Unusable,
}

impl Translation {
    /// What the registry calls a repository; `None` if it is not mounted from there.
    pub fn upstream(&self, name: &RepositoryName) -> Option<String> {
        self.prefix.strip(name).map(|inner| self.outer(inner))
    }

    /// What Portolan calls a repository of the registry.
    pub fn listed(&self, upstream: &str) -> Listed {
        let Ok(name) = upstream.parse::<RepositoryName>() else {
            return Listed::Unusable;
        };
        let Some(inner) = self.inner(name.as_str()) else {
            return Listed::Outside;
        };
        self.prefix.join(inner).map_or(Listed::Unusable, Listed::Here)
    }

    /// A place in the registry's list in Portolan's words. One that has no name here is marked by
    /// `=`, with which no name begins.
    pub fn cursor(&self, upstream: &str) -> String {
        match self.inner(upstream) {
            Some(inner) if !self.prefix.is_root() => format!("{}/{inner}", self.prefix),
            Some(inner) if !inner.starts_with('=') => inner.to_owned(),
            _ => format!("={upstream}"),
        }
    }

    /// The inverse of [`Self::cursor`].
    pub fn place(&self, cursor: &str) -> String {
        if let Some(upstream) = cursor.strip_prefix('=') {
            return upstream.to_owned();
        }
        let inside = if self.prefix.is_root() {
            Some(cursor)
        } else {
            cursor.strip_prefix(self.prefix.as_str()).and_then(|rest| rest.strip_prefix('/'))
        };
        inside.map_or_else(|| cursor.to_owned(), |inner| self.outer(inner))
    }

    fn inner<'n>(&self, upstream: &'n str) -> Option<&'n str> {
        match &self.upstream_prefix {
            None => Some(upstream),
            Some(prefix) => upstream.strip_prefix(prefix.as_str())?.strip_prefix('/'),
        }
    }

    fn outer(&self, inner: &str) -> String {
        self.upstream_prefix.as_ref().map_or_else(|| inner.to_owned(), |prefix| format!("{prefix}/{inner}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translation(prefix: &str, upstream: Option<&str>) -> Translation {
        Translation { prefix: prefix.parse().unwrap(), upstream_prefix: upstream.map(|path| path.parse().unwrap()) }
    }

    #[test]
    fn names_go_both_ways() {
        let both = translation("hub", Some("team"));
        assert_eq!(both.upstream(&"hub/web".parse().unwrap()).as_deref(), Some("team/web"));
        assert_eq!(both.upstream(&"web".parse().unwrap()), None);
        assert_eq!(both.listed("team/web"), Listed::Here("hub/web".parse().unwrap()));
        assert_eq!(both.listed("teams/web"), Listed::Outside);
        assert_eq!(both.listed("team"), Listed::Outside);
        assert_eq!(both.listed("team/<script>"), Listed::Unusable);
        assert_eq!(translation("", None).listed("web"), Listed::Here("web".parse().unwrap()));
        assert_eq!(translation(&"p".repeat(100), None).listed(&"a".repeat(200)), Listed::Unusable);
    }

    #[test]
    fn every_place_in_the_list_comes_back() {
        for translation in [
            translation("", None),
            translation("hub", None),
            translation("", Some("team")),
            translation("hub", Some("team")),
        ] {
            for place in ["team/web", "team", "other/web", "=x", "hub/web", "no name"] {
                assert_eq!(translation.place(&translation.cursor(place)), place);
            }
        }
    }
}
