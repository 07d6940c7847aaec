//! How each address is printed.

use super::{Address, BETWEEN};
use crate::domain::{ImageTab, Reference, RepositoryName, Scope};
use std::fmt;

/// Whether two references do not read back from between those dots.
fn has_dots(from: &Reference, to: &Reference) -> bool {
    let from = from.to_string();
    from.contains(BETWEEN) || from.ends_with('.') || to.to_string().contains(BETWEEN)
}

/// The address of a comparison: which two, the path says, or the query where a name has the dots in it that part them.
fn compared(f: &mut fmt::Formatter<'_>, name: &RepositoryName, pair: Option<&(Reference, Reference)>) -> fmt::Result {
    match pair {
        None => write!(f, "/r/{name}/-/compare"),
        Some((from, to)) if has_dots(from, to) => write!(f, "/r/{name}/-/compare?from={from}&to={to}"),
        Some((from, to)) => write!(f, "/r/{name}/-/compare/{from}{BETWEEN}{to}"),
    }
}

/// The address of a page that everything, namespaces and repositories have.
fn in_scope(f: &mut fmt::Formatter<'_>, scope: &Scope, page: &str) -> fmt::Result {
    match scope {
        Scope::Everything if page == "activity" => write!(f, "/{page}"),
        Scope::Everything => write!(f, "/admin/{page}"),
        Scope::Namespace(name) => write!(f, "/n/{name}/-/{page}"),
        Scope::Repository(name) => write!(f, "/r/{name}/-/{page}"),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repositories => f.write_str("/repositories"),
            Self::Search => f.write_str("/search"),
            Self::NewRepository => f.write_str("/repositories/new"),
            Self::PushImage => f.write_str("/repositories/push"),
            Self::Repository(name) => write!(f, "/r/{name}"),
            Self::Tag(name, tag) => write!(f, "/r/{name}/-/tags/{tag}"),
            Self::Manifest(name, digest) => write!(f, "/r/{name}/-/manifests/{digest}"),
            Self::ManifestTab(name, digest, ImageTab::Overview) => write!(f, "/r/{name}/-/manifests/{digest}"),
            Self::ManifestTab(name, digest, tab) => write!(f, "/r/{name}/-/manifests/{digest}/{}", tab.word()),
            Self::RawManifest(name, digest) => write!(f, "/r/{name}/-/manifests/{digest}/raw"),
            Self::Retag(name, tag) => write!(f, "/r/{name}/-/tags/{tag}/retag"),
            Self::AddTag(name, digest) => write!(f, "/r/{name}/-/manifests/{digest}/tag"),
            Self::RenameTag(name, tag) => write!(f, "/r/{name}/-/tags/{tag}/rename"),
            Self::RollBack(name, tag) => write!(f, "/r/{name}/-/tags/{tag}/rollback"),
            Self::Images(name) => write!(f, "/r/{name}/-/images"),
            Self::History(name) => write!(f, "/r/{name}/-/history"),
            Self::Push(name) => write!(f, "/r/{name}/-/push"),
            Self::Compare(name, pair) => compared(f, name, pair.as_ref()),
            Self::Copy(name) => write!(f, "/r/{name}/-/copy"),
            Self::Trash(None) => f.write_str("/trash"),
            Self::Trash(Some(name)) => write!(f, "/n/{name}/-/trash"),
            Self::AsOf(name) => write!(f, "/n/{name}/-/as-of"),
            Self::DeleteTags(name) => write!(f, "/r/{name}/-/delete"),
            Self::DeleteTag(name, tag) => write!(f, "/r/{name}/-/tags/{tag}/delete"),
            Self::DeleteImage(name, digest) => write!(f, "/r/{name}/-/manifests/{digest}/delete"),
            Self::DeleteAll(scope) => write!(f, "{}/delete", Self::Settings(scope.clone())),
            Self::Access(scope) => in_scope(f, scope, "access"),
            Self::Settings(scope) => in_scope(f, scope, "settings"),
            Self::Namespace(name) => write!(f, "/n/{name}"),
            Self::Robots(namespace) => write!(f, "/n/{namespace}/-/robots"),
            Self::Policies(namespace) => write!(f, "/n/{namespace}/-/policies"),
            Self::AllPolicies => f.write_str("/admin/policies"),
            Self::Activity(scope) => in_scope(f, scope, "activity"),
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
            Self::ApiHelp => f.write_str("/help/api"),
            Self::Help => f.write_str("/help"),
            Self::Shortcuts => f.write_str("/help/shortcuts"),
        }
    }
}
