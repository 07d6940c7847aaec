//! Every console address, parsed and printed in one place, on both sides.
//!
//! A repository's own pages follow `/-/`: no component of a name can be `-`.

use super::{Digest, GroupName, MountPrefix, Namespace, ProviderName, Reference, RepositoryName, Scope, Tag, Username};
use std::fmt;

/// What stands between two references in an address.
const BETWEEN: &str = "...";

/// Whether two references do not read back from between those dots.
fn has_dots(from: &Reference, to: &Reference) -> bool {
    let from = from.to_string();
    from.contains(BETWEEN) || from.ends_with('.') || to.to_string().contains(BETWEEN)
}

/// A page of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Repositories,
    NewRepository,
    Repository(RepositoryName),
    Tag(RepositoryName, Tag),
    Manifest(RepositoryName, Digest),
    /// Another name for what a tag names.
    Retag(RepositoryName, Tag),
    /// The same for an image by its digest.
    AddTag(RepositoryName, Digest),
    RenameTag(RepositoryName, Tag),
    RollBack(RepositoryName, Tag),
    /// Every move of every tag.
    History(RepositoryName),
    /// Two images beside each other; which ones, the path says, or the query where a name has the dots in it that part them.
    Compare(RepositoryName, Option<(Reference, Reference)>),
    /// Tags on their way to another name or another repository; which, the query says.
    Copy(RepositoryName),
    /// What was deleted and can be brought back: anywhere, or in a namespace.
    Trash(Option<Namespace>),
    /// A namespace as it was at a time.
    AsOf(Namespace),
    /// What goes with tags that are taken away; which, the query says.
    DeleteTags(RepositoryName),
    DeleteTag(RepositoryName, Tag),
    DeleteImage(RepositoryName, Digest),
    /// What goes with a repository or a namespace.
    DeleteAll(Scope),
    /// Who has access in a scope.
    Access(Scope),
    /// How a repository or a namespace is set; of everything nothing is.
    Settings(Scope),
    /// What lies in a namespace.
    Namespace(Namespace),
    /// What binds the tags of a namespace.
    Policies(Namespace),
    /// What binds all tags.
    AllPolicies,
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
        if let Some(found) = page.strip_suffix("/delete").and_then(|what| Self::deleting(&name, what)) {
            return Some(found);
        }
        match page.split_once('/') {
            Some(("tags", rest)) => Self::of_tag(name, rest),
            Some(("manifests", rest)) => match rest.split_once('/') {
                Some((digest, "tag")) => Some(Self::AddTag(name, digest.parse().ok()?)),
                Some(_) => None,
                None => Some(Self::Manifest(name, rest.parse().ok()?)),
            },
            Some(("compare", pair)) => Some(Self::Compare(name, Some(Self::pair(pair)?))),
            Some(_) => None,
            None if page == "compare" => Some(Self::Compare(name, None)),
            None if page == "history" => Some(Self::History(name)),
            None if page == "delete" => Some(Self::DeleteTags(name)),
            None if page == "copy" => Some(Self::Copy(name)),
            None => Self::of_scope(Scope::Repository(name), page),
        }
    }

    /// Reads `1.4...1.5`.
    fn pair(text: &str) -> Option<(Reference, Reference)> {
        let (from, to) = text.split_once(BETWEEN)?;
        Some((from.parse().ok()?, to.parse().ok()?))
    }

    /// Reads what stands before `/delete`. A tag may be called that too.
    fn deleting(name: &RepositoryName, what: &str) -> Option<Self> {
        match what.split_once('/') {
            Some(("tags", tag)) => Some(Self::DeleteTag(name.clone(), tag.parse().ok()?)),
            Some(("manifests", digest)) => Some(Self::DeleteImage(name.clone(), digest.parse().ok()?)),
            None if what == "settings" => Some(Self::DeleteAll(Scope::Repository(name.clone()))),
            _ => None,
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
            "trash" => Some(Self::Trash(Some(namespace))),
            "as-of" => Some(Self::AsOf(namespace)),
            "policies" => Some(Self::Policies(namespace)),
            "settings/delete" => Some(Self::DeleteAll(Scope::Namespace(namespace))),
            _ => Self::of_scope(Scope::Namespace(namespace), page),
        }
    }

    /// Reads what follows `/-/tags/`.
    fn of_tag(name: RepositoryName, rest: &str) -> Option<Self> {
        let (tag, form) = rest.split_once('/').unwrap_or((rest, ""));
        let tag = tag.parse().ok()?;
        match form {
            "" if !rest.contains('/') => Some(Self::Tag(name, tag)),
            "retag" => Some(Self::Retag(name, tag)),
            "rename" => Some(Self::RenameTag(name, tag)),
            "rollback" => Some(Self::RollBack(name, tag)),
            _ => None,
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
            Self::Retag(name, tag) => write!(f, "/r/{name}/-/tags/{tag}/retag"),
            Self::AddTag(name, digest) => write!(f, "/r/{name}/-/manifests/{digest}/tag"),
            Self::RenameTag(name, tag) => write!(f, "/r/{name}/-/tags/{tag}/rename"),
            Self::RollBack(name, tag) => write!(f, "/r/{name}/-/tags/{tag}/rollback"),
            Self::History(name) => write!(f, "/r/{name}/-/history"),
            Self::Compare(name, None) => write!(f, "/r/{name}/-/compare"),
            Self::Compare(name, Some((from, to))) => match has_dots(from, to) {
                true => write!(f, "/r/{name}/-/compare?from={from}&to={to}"),
                false => write!(f, "/r/{name}/-/compare/{from}{BETWEEN}{to}"),
            },
            Self::Copy(name) => write!(f, "/r/{name}/-/copy"),
            Self::Trash(None) => f.write_str("/trash"),
            Self::Trash(Some(name)) => write!(f, "/n/{name}/-/trash"),
            Self::AsOf(name) => write!(f, "/n/{name}/-/as-of"),
            Self::DeleteTags(name) => write!(f, "/r/{name}/-/delete"),
            Self::DeleteTag(name, tag) => write!(f, "/r/{name}/-/tags/{tag}/delete"),
            Self::DeleteImage(name, digest) => write!(f, "/r/{name}/-/manifests/{digest}/delete"),
            Self::DeleteAll(scope) => write!(f, "{}/delete", Self::Settings(scope.clone())),
            Self::Access(Scope::Everything) => f.write_str("/admin/access"),
            Self::Access(Scope::Namespace(name)) => write!(f, "/n/{name}/-/access"),
            Self::Access(Scope::Repository(name)) => write!(f, "/r/{name}/-/access"),
            Self::Settings(Scope::Everything) => f.write_str("/admin/settings"),
            Self::Settings(Scope::Namespace(name)) => write!(f, "/n/{name}/-/settings"),
            Self::Settings(Scope::Repository(name)) => write!(f, "/r/{name}/-/settings"),
            Self::Namespace(name) => write!(f, "/n/{name}"),
            Self::Robots(namespace) => write!(f, "/n/{namespace}/-/robots"),
            Self::Policies(namespace) => write!(f, "/n/{namespace}/-/policies"),
            Self::AllPolicies => f.write_str("/admin/policies"),
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
            Address::Retag(name.clone(), "1.4.2".parse().unwrap()),
            Address::RenameTag(name.clone(), "rename".parse().unwrap()),
            Address::RollBack(name.clone(), "prod".parse().unwrap()),
            Address::Manifest(name.clone(), digest.clone()),
            Address::AddTag(name.clone(), digest.clone()),
            Address::History(name.clone()),
            Address::Compare(name.clone(), None),
            Address::Compare(name.clone(), Some(("1.4".parse().unwrap(), "compare".parse().unwrap()))),
            Address::Compare(name.clone(), Some((Reference::Digest(digest.clone()), "1.5".parse().unwrap()))),
            Address::Copy(name.clone()),
            Address::DeleteTags(name.clone()),
            Address::Tag(name.clone(), "delete".parse().unwrap()),
            Address::DeleteTag(name.clone(), "delete".parse().unwrap()),
            Address::DeleteImage(name.clone(), digest),
            Address::DeleteAll(Scope::Repository(name.clone())),
            Address::Access(Scope::Repository(name.clone())),
            Address::Settings(Scope::Repository(name.clone())),
            Address::Activity(Scope::Repository(name)),
        ] {
            let text = address.to_string();
            assert_eq!(Address::parse_repository(text.strip_prefix("/r/").unwrap()), Some(address));
        }
        let dots = Address::Compare("team/web".parse().unwrap(), Some(("1.".parse().unwrap(), "2".parse().unwrap())));
        assert_eq!(dots.to_string(), "/r/team/web/-/compare?from=1.&to=2");
        assert_eq!(Address::parse_repository("team/-/compare/1.4"), None);
        let access = Address::Access("team/backend/*".parse().unwrap());
        let activity = Address::Activity("team/backend/*".parse().unwrap());
        let namespace: Namespace = "team/backend".parse().unwrap();
        let (trash, as_of) = (Address::Trash(Some(namespace.clone())), Address::AsOf(namespace.clone()));
        let (robots, policies) = (Address::Robots(namespace.clone()), Address::Policies(namespace.clone()));
        let all = Address::DeleteAll(Scope::Namespace(namespace.clone()));
        for address in [access, activity, all, robots, policies, trash, as_of, Address::Namespace(namespace)] {
            assert_eq!(Address::parse_namespace(address.to_string().strip_prefix("/n/").unwrap()), Some(address));
        }
        assert_eq!(Address::parse_repository("team/-/robots"), None, "a repository has none");
        assert_eq!(Address::parse_namespace("Team"), None);
        assert_eq!(Address::parse_repository("team/-/unknown/x"), None);
        assert_eq!(Address::parse_repository("team/-/unknown"), None);
        assert_eq!(Address::parse_repository("team/-/tags/.bad"), None);
        assert_eq!(Address::parse_repository("team/-/tags/prod/"), None);
        assert_eq!(Address::parse_repository("team/-/tags/prod/other"), None);
        assert_eq!(Address::parse_repository(""), None);
    }
}
