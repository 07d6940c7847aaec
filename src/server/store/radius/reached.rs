//! What tags and images of a repository reach, and what would go with them.

use super::{Bound, Reader, Start, graph, named};
use crate::domain::error::What;
use crate::domain::radius::{Graph, Radius};
use crate::domain::{Digest, Error, RepositoryName, Result, Tag};
use crate::server::store::repositories::Repository;
use std::collections::BTreeSet;

/// What would go of a repository.
pub struct Reached {
    pub repository: Repository,
    pub graph: Graph,
    pub radius: Radius,
}

/// Reads what tags and images reach, and works out what would go.
///
/// # Errors
/// Not found for a tag or an image that is not there.
pub async fn reach(
    reader: &mut Reader<'_>,
    repository: Repository,
    name: &RepositoryName,
    (tags, digests): (&[Tag], &[Digest]),
) -> Result<Reached> {
    let there = named(reader, &repository.id, tags).await?;
    if let Some(tag) = tags.iter().find(|tag| !there.contains_key(*tag)) {
        return Err(Error::NotFound(What::Tag { repository: name.clone(), tag: tag.clone() }));
    }
    let images: BTreeSet<Digest> = digests.iter().cloned().collect();
    let bound = if images.is_empty() { Bound::Cut } else { Bound::Whole };
    let graph = graph(reader, &repository.id, Start { tags: &there, images: &images, bound }).await?;
    if let Some(digest) = digests.iter().find(|digest| !graph.0.contains_key(*digest)) {
        return Err(Error::NotFound(What::Manifest { repository: name.clone(), digest: digest.clone() }));
    }
    let radius = graph.radius(&tags.iter().cloned().collect(), &images);
    Ok(Reached { repository, graph, radius })
}
