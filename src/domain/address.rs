//! Every console address, parsed and printed in one place, on both sides.
//!
//! A repository's own pages follow `/-/`: no component of a name can be `-`.

use super::{Digest, GroupName, MountPrefix, Namespace, ProviderName, RepositoryName, Scope, Tag, Username};
use std::fmt;

/// A page of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Repositories,
    NewRepository,
    Repository(RepositoryName),
    Tag(RepositoryName, Tag),
    Manifest(RepositoryName, Digest),
    /// Who has access in a scope.
    Access(Scope),
    /// How a repository or a namespace is set; of everything nothing is.
    Settings(Scope),
    /// What lies in a namespace.
    Namespace(Namespace),
    /// What binds the tags of a namespace.
    Policies(Namespace),
    /// The robots of a namespace.
    Robots(Namespace),
    /// What was done in a scope.
    Activity(Scope),
    Users,
    User(Username),
    Groups,
    Group(GroupName),
    Roles,
    Providers,
    NewProvider,
    Provider(ProviderName),
    Mounts,
    NewMount,
    Mount(MountPrefix),
    Jobs,
    /// One job, by its id.
    Job(String),
    Account,
    Tokens,
}

impl Address {
    /// Reads what follows `/r/` in a path.
    pub fn parse_repository(rest: &str) -> Option<Self> {
        let Some((name, page)) = rest.split_once("/-/") else {
            return rest.parse().ok().map(Self::Repository);
        };
        let name = name.parse().ok()?;
        match page.split_once('/') {
            Some(("tags", tag)) => Some(Self::Tag(name, tag.parse().ok()?)),
            Some(("manifests", digest)) => Some(Self::Manifest(name, digest.parse().ok()?)),
            Some(_) => None,
            None => Self::of_scope(Scope::Repository(name), page),
        }
    }

    /// Reads what follows `/n/` in a path.
    pub fn parse_namespace(rest: &str) -> Option<Self> {
        let Some((name, page)) = rest.split_once("/-/") else {
            return rest.parse().ok().map(Self::Namespace);
        };
        let namespace = name.parse().ok()?;
        match page {
            "robots" => Some(Self::Robots(namespace)),
            "policies" => Some(Self::Policies(namespace)),
            _ => Self::of_scope(Scope::Namespace(namespace), page),
        }
    }

    fn of_scope(scope: Scope, page: &str) -> Option<Self> {
        match page {
            "access" => Some(Self::Access(scope)),
            "settings" => Some(Self::Settings(scope)),
            "activity" => Some(Self::Activity(scope)),
            _ => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repositories => f.write_str("/repositories"),
            Self::NewRepository => f.write_str("/repositories/new"),
            Self::Repository(name) => write!(f, "/r/{name}"),
            Self::Tag(name, tag) => write!(f, "/r/{name}/-/tags/{tag}"),
            Self::Manifest(name, digest) => write!(f, "/r/{name}/-/manifests/{digest}"),
            Self::Access(Scope::Everything) => f.write_str("/admin/access"),
            Self::Access(Scope::Namespace(name)) => write!(f, "/n/{name}/-/access"),
            Self::Access(Scope::Repository(name)) => write!(f, "/r/{name}/-/access"),
            Self::Settings(Scope::Everything) => f.write_str("/admin/settings"),
            Self::Settings(Scope::Namespace(name)) => write!(f, "/n/{name}/-/settings"),
            Self::Settings(Scope::Repository(name)) => write!(f, "/r/{name}/-/settings"),
            Self::Namespace(name) => write!(f, "/n/{name}"),
            Self::Robots(namespace) => write!(f, "/n/{namespace}/-/robots"),
            Self::Policies(namespace) => write!(f, "/n/{namespace}/-/policies"),
            Self::Activity(Scope::Everything) => f.write_str("/activity"),
            Self::Activity(Scope::Namespace(name)) => write!(f, "/n/{name}/-/activity"),
            Self::Activity(Scope::Repository(name)) => write!(f, "/r/{name}/-/activity"),
            Self::Users => f.write_str("/admin/users"),
            Self::User(name) => write!(f, "/admin/users/{name}"),
            Self::Groups => f.write_str("/admin/groups"),
            Self::Group(name) => write!(f, "/admin/groups/{name}"),
            Self::Roles => f.write_str("/admin/roles"),
            Self::Providers => f.write_str("/admin/providers"),
            Self::NewProvider => f.write_str("/admin/providers/new"),
            Self::Provider(name) => write!(f, "/admin/providers/{name}"),
            Self::Mounts => f.write_str("/admin/mounts"),
            Self::NewMount => f.write_str("/admin/mounts/new"),
            Self::Mount(prefix) => write!(f, "/admin/mounts/{}", prefix.in_address()),
            Self::Jobs => f.write_str("/jobs"),
            Self::Job(id) => write!(f, "/jobs/{id}"),
            Self::Account => f.write_str("/account"),
            Self::Tokens => f.write_str("/account/tokens"),
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
            Address::Manifest(name.clone(), digest),
            Address::Access(Scope::Repository(name.clone())),
            Address::Settings(Scope::Repository(name.clone())),
            Address::Activity(Scope::Repository(name)),
        ] {
            let text = address.to_string();
            assert_eq!(Address::parse_repository(text.strip_prefix("/r/").unwrap()), Some(address));
        }
        let access = Address::Access("team/backend/*".parse().unwrap());
        let activity = Address::Activity("team/backend/*".parse().unwrap());
        let namespace: Namespace = "team/backend".parse().unwrap();
        let (robots, policies) = (Address::Robots(namespace.clone()), Address::Policies(namespace.clone()));
        for address in [access, activity, robots, policies, Address::Namespace(namespace)] {
            assert_eq!(Address::parse_namespace(address.to_string().strip_prefix("/n/").unwrap()), Some(address));
        }
        assert_eq!(Address::parse_repository("team/-/robots"), None, "a repository has none");
        assert_eq!(Address::parse_namespace("Team"), None);
        assert_eq!(Address::parse_repository("team/-/unknown/x"), None);
        assert_eq!(Address::parse_repository("team/-/unknown"), None);
        assert_eq!(Address::parse_repository("team/-/tags/.bad"), None);
        assert_eq!(Address::parse_repository(""), None);
    }
}
