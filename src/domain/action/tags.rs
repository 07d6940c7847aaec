//! What is asked about names, and about what was deleted.

use super::{Action, Mutation};
use crate::domain::{Digest, Namespace, Permission, RepositoryName, Scope, Tag, Target, Timestamp};

impl Mutation for SetTag {}
impl Mutation for RenameTag {}
impl Mutation for RollBackTag {}
impl Mutation for RollBackNamespace {}
impl Mutation for CopyTags {}
impl Mutation for TakeBackCopy {}
impl Mutation for RestoreTrash {}
impl Mutation for PurgeTrash {}

/// What somebody deleted, as far as the right to bring it back or to let it go for good depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trashed {
    /// These tags of a repository, and no more than names.
    Tags(RepositoryName, Vec<Tag>),
    /// Images of a repository, or all of it.
    Whole(RepositoryName),
}

impl Trashed {
    /// Where it was.
    pub fn repository(&self) -> &RepositoryName {
        match self {
            Self::Tags(name, _) | Self::Whole(name) => name,
        }
    }

    fn targets(&self) -> Vec<Target> {
        match self {
            Self::Tags(name, tags) => tags.iter().map(|tag| Target::Tag(name.clone(), tag.clone())).collect(),
            Self::Whole(name) => vec![Target::Scope(Scope::Repository(name.clone()))],
        }
    }
}

actions! {
    /// Name an image that is there. Whether that moves a tag, which takes `tag.move` besides, is decided inside the
    /// transaction that does it.
    SetTag { repository: RepositoryName, tag: Tag, digest: Digest } = "tag.set",
        needs |this| vec![(Permission::RepositoryPush, Target::Tag(this.repository.clone(), this.tag.clone()))],
        object format!("{}:{}", this.repository, this.tag);

    /// Give an image another name in place of one.
    RenameTag { repository: RepositoryName, tag: Tag, to: Tag } = "tag.rename",
        needs |this| vec![(Permission::TagDelete, Target::Tag(this.repository.clone(), this.tag.clone()))],
        object format!("{}:{} to {}", this.repository, this.tag, this.to);

    /// Bring a tag back to an image that it named before.
    RollBackTag { repository: RepositoryName, tag: Tag, digest: Digest, reason: String } = "tag.roll-back",
        needs |this| vec![(Permission::TagMove, Target::Tag(this.repository.clone(), this.tag.clone()))],
        object format!("{}:{}", this.repository, this.tag);

    /// Bring all tags of a namespace back to what they named at a time.
    RollBackNamespace { namespace: Namespace, to: Timestamp } = "namespace.roll-back",
        needs |this| {
            let scope = || Target::Scope(Scope::Namespace(this.namespace.clone()));
            [Permission::RepositoryPush, Permission::TagMove, Permission::TagDelete].map(|it| (it, scope())).into()
        },
        object format!("{} to {}", this.namespace, this.to.rfc3339());

    /// Copy tags with their images to another repository. What the other side takes is decided inside the
    /// transaction: `repository.create`, `repository.push`, `tag.move`.
    CopyTags { from: RepositoryName, to: RepositoryName, tags: Vec<(Tag, Tag)> } = "tag.copy",
        needs |this| vec![
            (Permission::RepositoryPush, Target::Repository(this.to.clone())),
            (Permission::RepositoryRead, Target::Repository(this.from.clone())),
        ],
        object some_of(&this.to, this.tags.iter().map(|(_, name)| name)),
        source some_of(&this.from, this.tags.iter().map(|(tag, _)| tag));

    /// Bring tags to which something was copied back to what they named, or take them away where they were not there:
    /// each with what it names since, and what it named before.
    TakeBackCopy { repository: RepositoryName, tags: Vec<(Tag, Digest, Option<Digest>)> } = "tag.take-back",
        needs |this| this.tags.iter().map(|(tag, _, before)| {
            let needed = if before.is_some() { Permission::TagMove } else { Permission::TagDelete };
            (needed, Target::Tag(this.repository.clone(), tag.clone()))
        }).collect(),
        object some_of(&this.repository, this.tags.iter().map(|(tag, ..)| tag));

    /// Bring back what was deleted.
    RestoreTrash { what: Trashed, words: String } = "trash.restore",
        needs |this| this.what.targets().into_iter().map(|it| (Permission::TrashRestore, it)).collect(),
        object this.words.clone();

    /// Let what was deleted go for good.
    PurgeTrash { what: Trashed, words: String } = "trash.purge",
        needs |this| this.what.targets().into_iter().map(|it| (Permission::TrashPurge, it)).collect(),
        object this.words.clone();
}

/// The first of some tags, and how many more.
pub(super) fn some_of<'t>(repository: &RepositoryName, tags: impl Iterator<Item = &'t Tag>) -> String {
    let tags: Vec<&str> = tags.map(Tag::as_str).collect();
    match tags.as_slice() {
        [] => repository.to_string(),
        [one] => format!("{repository}:{one}"),
        [one, rest @ ..] => format!("{repository}:{one} and {} more", rest.len()),
    }
}
