//! Every console address, parsed and printed in one place, on both sides.
//!
//! A repository's own pages follow `/-/`: no component of a name can be `-`.

use super::Username;
use super::{Digest, GroupName, ImageTab, MountPrefix, Namespace, ProviderName, Reference, RepositoryName, Scope, Tag};

mod printed;

/// What stands between two references in an address.
const BETWEEN: &str = "...";

/// A page of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Repositories,
    /// What is found by a text; which, the query says.
    Search,
    NewRepository,
    /// Asks to which repository, and leads to its page of the same kind.
    PushImage,
    Repository(RepositoryName),
    Tag(RepositoryName, Tag),
    Manifest(RepositoryName, Digest),
    /// A tab of that page but the first; of a tag's page the query says it.
    ManifestTab(RepositoryName, Digest, ImageTab),
    /// The bytes of a manifest as a file.
    RawManifest(RepositoryName, Digest),
    /// Another name for what a tag names.
    Retag(RepositoryName, Tag),
    /// The same for an image by its digest.
    AddTag(RepositoryName, Digest),
    RenameTag(RepositoryName, Tag),
    RollBack(RepositoryName, Tag),
    /// One row for each image, tagged or not.
    Images(RepositoryName),
    /// Every move of every tag.
    History(RepositoryName),
    /// How to push to a repository, there or not.
    Push(RepositoryName),
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
    /// What programs may ask for, for who writes them.
    ApiHelp,
    Help,
    /// The keys that do something by themselves.
    Shortcuts,
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
            Some(("manifests", rest)) => Self::of_manifest(name, rest),
            Some(("compare", pair)) => Some(Self::Compare(name, Some(Self::pair(pair)?))),
            Some(_) => None,
            None if page == "compare" => Some(Self::Compare(name, None)),
            None if page == "images" => Some(Self::Images(name)),
            None if page == "history" => Some(Self::History(name)),
            None if page == "push" => Some(Self::Push(name)),
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

    /// Reads what follows `/-/manifests/`.
    fn of_manifest(name: RepositoryName, rest: &str) -> Option<Self> {
        let Some((digest, page)) = rest.split_once('/') else {
            return Some(Self::Manifest(name, rest.parse().ok()?));
        };
        let digest = digest.parse().ok()?;
        match page {
            "tag" => Some(Self::AddTag(name, digest)),
            "raw" => Some(Self::RawManifest(name, digest)),
            tab => Some(Self::ManifestTab(name, digest, ImageTab::of_word(tab)?)),
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

#[cfg(test)]
mod tests;
