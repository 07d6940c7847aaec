//! What is asked about repositories and namespaces as a whole.

use super::{Action, Mutation};
use crate::domain::trash::KeptDays;
use crate::domain::{Namespace, Permission, RepositoryName, RepositoryVisibility, Scope, Target};

impl Mutation for CreateRepository {}
impl Mutation for ConfigureRepository {}
impl Mutation for DeleteRepository {}
impl Mutation for ConfigureNamespace {}

actions! {
    /// Make a repository before anything is pushed. To say more of it than its name takes the right to configure it.
    CreateRepository { repository: RepositoryName, description: String, visibility: Option<RepositoryVisibility> }
        = "repository.create", needs |this| {
            let target = || Target::Repository(this.repository.clone());
            let says_more = !this.description.is_empty() || this.visibility.is_some();
            let configure = says_more.then(|| (Permission::RepositoryConfigure, target()));
            [(Permission::RepositoryCreate, target())].into_iter().chain(configure).collect()
        },
        object this.repository.to_string();

    /// Say what a repository is, and who may see it without a grant.
    ConfigureRepository { repository: RepositoryName, description: Option<String>,
        visibility: Option<RepositoryVisibility> } = "repository.configure",
        needs |this| vec![(Permission::RepositoryConfigure, Target::Repository(this.repository.clone()))],
        object this.repository.to_string();

    /// Delete a repository with all its tags and images: who may delete only some of them may not.
    DeleteRepository { repository: RepositoryName } = "repository.delete",
        needs |this| vec![
            (Permission::RepositoryDelete, Target::Repository(this.repository.clone())),
            (Permission::ManifestDelete, Target::Scope(Scope::Repository(this.repository.clone()))),
        ],
        object this.repository.to_string();

    /// See how a namespace is set.
    ReadNamespace { namespace: Namespace } = "namespace.read",
        needs |this| vec![(Permission::RepositoryConfigure, Target::Scope(Scope::Namespace(this.namespace.clone())))],
        object this.namespace.to_string();

    /// Set with which visibility repositories of a namespace begin, and for how long what is deleted in it is kept; `None`
    /// of the days leaves that to the namespaces above. What is not said stays.
    ConfigureNamespace { namespace: Namespace, default_visibility: Option<RepositoryVisibility>,
        trash_days: Option<Option<KeptDays>> } = "namespace.configure",
        needs |this| vec![(Permission::RepositoryConfigure, Target::Scope(Scope::Namespace(this.namespace.clone())))],
        object this.namespace.to_string();
}
