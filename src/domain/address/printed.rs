//! How each address is printed.

use super::{Address, BETWEEN};
use crate::domain::{ImageTab, Reference, Scope};
use std::fmt;

/// Whether two references do not read back from between those dots.
fn has_dots(from: &Reference, to: &Reference) -> bool {
    let from = from.to_string();
    from.contains(BETWEEN) || from.ends_with('.') || to.to_string().contains(BETWEEN)
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
            Self::ApiHelp => f.write_str("/help/api"),
            Self::Help => f.write_str("/help"),
            Self::Shortcuts => f.write_str("/help/shortcuts"),
        }
    }
}
