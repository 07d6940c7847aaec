//! What is asked about the names of images.

use super::{Action, Mutation};
use crate::domain::{Digest, Permission, RepositoryName, Tag, Target};

impl Mutation for SetTag {}

actions! {
    /// Put a tag on an image that is there. Whether that adds or moves it is decided inside the transaction that does
    /// it, and so is the right that it takes.
    SetTag { repository: RepositoryName, tag: Tag, digest: Digest } = "tag.set",
        needs |this| vec![(Permission::RepositoryRead, Target::Repository(this.repository.clone()))],
        object format!("{}:{}", this.repository, this.tag);
}
