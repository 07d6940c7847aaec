//! What is asked to be deleted: by the distribution API, or with a look at it before.

use super::tags::some_of;
use super::{Action, Mutation};
use crate::domain::{Digest, Namespace, Permission, RepositoryName, Scope, Tag, Target};

impl Mutation for DeleteTag {}
impl Mutation for DeleteManifest {}
impl Mutation for DeleteBlob {}
impl Mutation for DeleteTags {}
impl Mutation for DeleteImages {}
impl Mutation for DeleteNamespace {}

actions! {
    /// Take a name from an image. The image stays.
    DeleteTag { repository: RepositoryName, tag: Tag } = "tag.delete",
        needs |this| vec![(Permission::TagDelete, Target::Tag(this.repository.clone(), this.tag.clone()))],
        object format!("{}:{}", this.repository, this.tag);

    /// Delete a manifest with all its tags, and nothing that belongs to it.
    DeleteManifest { repository: RepositoryName, digest: Digest } = "manifest.delete",
        needs |this| vec![(Permission::ManifestDelete, Target::Repository(this.repository.clone()))],
        object format!("{}@{}", this.repository, this.digest);

    /// Take a blob that no image uses out of a repository.
    DeleteBlob { repository: RepositoryName, digest: Digest } = "blob.delete",
        needs |this| vec![(Permission::ManifestDelete, Target::Repository(this.repository.clone()))],
        object format!("{}@{}", this.repository, this.digest);

    /// Take names from their images, which stay.
    /// They are those that a filter matched, where there is one.
    DeleteTags { repository: RepositoryName, tags: Vec<Tag>, filter: Option<String> } = "tag.delete",
        needs |this| {
            let target = |tag: &Tag| Target::Tag(this.repository.clone(), tag.clone());
            this.tags.iter().map(|tag| (Permission::TagDelete, target(tag))).collect()
        },
        object some_of(&this.repository, this.tags.iter());

    /// Delete images with all their tags and with what belongs to them alone, and take further names from others.
    DeleteImages { repository: RepositoryName, digests: Vec<Digest>, tags: Vec<Tag> } = "manifest.delete",
        needs |this| {
            let target = |tag: &Tag| Target::Tag(this.repository.clone(), tag.clone());
            let whole = (Permission::ManifestDelete, Target::Repository(this.repository.clone()));
            this.tags.iter().map(|tag| (Permission::TagDelete, target(tag))).chain([whole]).collect()
        },
        object format!("{}@{}", this.repository, this.digests.iter().map(Digest::as_str).collect::<Vec<_>>().join(", "));

    /// Delete every repository of a namespace, with all that is in them.
    DeleteNamespace { namespace: Namespace } = "namespace.delete",
        needs |this| {
            let scope = || Target::Scope(Scope::Namespace(this.namespace.clone()));
            vec![(Permission::RepositoryDelete, scope()), (Permission::ManifestDelete, scope())]
        },
        object this.namespace.to_string();
}
