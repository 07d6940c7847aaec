//! What a manifest is made of has to be there before it is.

use super::repositories::Repository;
use super::{Tx, blobs, manifests};
use crate::domain::error::ContentProblem;
use crate::domain::manifest::{Descriptor, Manifest, Relation};
use crate::domain::{Digest, Error, Result, media_type};
use std::collections::BTreeSet;

/// Everything that a manifest names must be in its repository with the size that it states; but for the
/// subject, which may come later. Layers that are meant to live elsewhere may be missing.
pub async fn require(tx: &mut Tx, repository: &Repository, parsed: &Manifest) -> Result<()> {
    let all: Vec<&Digest> = parsed.children.iter().map(|(_, child)| &child.digest).collect();
    let of_manifests: Vec<&Digest> = parsed.of(Relation::Manifest).map(|child| &child.digest).collect();
    let manifests = manifests::sizes(tx, &repository.id, &of_manifests).await?;
    let blobs = blobs::linked_sizes(tx, &repository.id, &all).await?;
    let mut missing = BTreeSet::new();
    for (relation, child) in &parsed.children {
        let (as_manifest, as_blob) = (manifests.get(&child.digest), blobs.get(&child.digest));
        let found = match relation {
            // An index may list blobs too: caches of builds do. What calls itself a manifest must be one.
            Relation::Manifest => as_manifest.or(as_blob.filter(|_| !media_type::is_manifest(&child.media_type))),
            // Whoever pulls looks for it among the blobs, whatever its type.
            Relation::Config | Relation::Layer => as_blob,
        };
        match found {
            Some(size) if *size != child.size => return Err(wrong_size(child, *size)),
            None if *relation != Relation::Layer || !child.is_elsewhere() => drop(missing.insert(child.digest.clone())),
            _ => {}
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(Error::MissingParts(missing.into_iter().collect())) }
}

fn wrong_size(child: &Descriptor, size: u64) -> Error {
    Error::Content {
        problem: ContentProblem::Size,
        message: format!("the manifest says that {} has {} bytes; it has {size}", child.digest, child.size),
    }
}
