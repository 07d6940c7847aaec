//! Reading content over the distribution API: which registry serves a name is decided here.

use crate::domain::action::{ListRepositories, ReadRepository};
use crate::domain::error::What;
use crate::domain::{Digest, Error, Reference, RepositoryName, Result, Tag};
use crate::server::access::Authorized;
pub use crate::server::blobs::{Content, ContentRange};
use crate::server::context::App;
pub use crate::server::registry::{Names, RawManifest};
use crate::server::store::repositories;

/// Repositories of the hosted registry after `after`, in bytewise order.
pub async fn repositories(
    app: &App,
    proof: &Authorized<ListRepositories>,
    after: Option<&str>,
    limit: u32,
) -> Result<Names<RepositoryName>> {
    let Some(hosted) = app.mounts.iter().find(|mount| mount.write.is_some()) else {
        return Ok(Names { items: vec![], next: None, refused: 0 });
    };
    let more = limit.saturating_add(1);
    let items = repositories::names(&app.store, proof.visibility(), &hosted.id, after, more).await?;
    Ok(Names::cut(items, limit))
}

/// Tags of a repository after `after`, in bytewise order.
pub async fn tags(
    app: &App,
    proof: &Authorized<ReadRepository>,
    after: Option<&str>,
    limit: u32,
) -> Result<Names<Tag>> {
    let repository = &proof.action().repository;
    app.hosted(repository)?.0.read.tags(repository, after, limit).await
}

/// A manifest by tag or digest.
pub async fn manifest(app: &App, proof: &Authorized<ReadRepository>, reference: Reference) -> Result<RawManifest> {
    let repository = &proof.action().repository;
    let found = app.hosted(repository)?.0.read.manifest(repository, &reference).await?;
    found.ok_or_else(|| absent(repository.clone(), reference))
}

/// A blob, whole or in part.
pub async fn blob(
    app: &App,
    proof: &Authorized<ReadRepository>,
    digest: &Digest,
    range: Option<ContentRange>,
) -> Result<Content> {
    let repository = &proof.action().repository;
    let found = app.hosted(repository)?.0.read.blob(repository, digest, range).await?;
    found.ok_or_else(|| Error::NotFound(What::Blob { repository: repository.clone(), digest: digest.clone() }))
}

/// The error for a reference that names nothing.
pub(super) fn absent(repository: RepositoryName, reference: Reference) -> Error {
    Error::NotFound(match reference {
        Reference::Tag(tag) => What::Tag { repository, tag },
        Reference::Digest(digest) => What::Manifest { repository, digest },
    })
}
