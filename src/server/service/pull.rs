//! Reading content over the distribution API: which registry serves a name is decided here.

use crate::domain::action::{ListRepositories, ReadRepository};
use crate::domain::error::What;
use crate::domain::manifest::{Manifest, Relation};
use crate::domain::{Digest, Error, Reference, RepositoryName, Result, Tag, media_type};
use crate::server::access::Authorized;
pub use crate::server::blobs::{ByteStream, Content, ContentRange};
use crate::server::context::{App, Mount};
pub use crate::server::registry::{Names, RawManifest};
pub use crate::server::store::referrers::{Referrer, Wanted};
use crate::server::store::{Store, referrers, repositories};
use futures::{StreamExt, TryStreamExt, stream};
use std::io;

/// One page of referrers.
pub struct Referrers {
    pub items: Vec<Referrer>,
    /// Pass it as `after` to get what follows; `None` at the end.
    pub next: Option<Digest>,
}

/// Repositories of the hosted registry after `after`, in bytewise order.
pub async fn repositories(
    app: &App,
    proof: &Authorized<ListRepositories>,
    after: Option<&str>,
    limit: u32,
) -> Result<Names<RepositoryName>> {
    let mounts = app.mounts.now();
    let Some(hosted) = mounts.iter().find(|mount| mount.write.is_some()) else {
        return Ok(Names { items: vec![], next: None, refused: 0 });
    };
    let more = limit.saturating_add(1);
    let items = repositories::names(&app.store, &proof.visibility(), &hosted.id, after, more).await?;
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

/// A manifest by tag or digest, for somebody who fetches it or only asks (`whole`).
pub async fn manifest(
    app: &App,
    proof: &Authorized<ReadRepository>,
    reference: Reference,
    whole: bool,
) -> Result<RawManifest> {
    let repository = &proof.action().repository;
    let found = app.hosted(repository)?.0.read.manifest(repository, &reference).await?;
    let found = found.ok_or_else(|| absent(repository.clone(), reference.clone()))?;
    // Who only asks for a digest may be about to push what names it.
    if let (false, Reference::Digest(digest)) = (whole, &reference)
        && !app.hosted(repository)?.1.keep_manifest(repository, digest).await?
    {
        return Err(absent(repository.clone(), reference));
    }
    app.pulls.count(repository, &reference, whole, app.clock.now());
    Ok(found)
}

/// One page of the manifests about another one.
pub async fn referrers(app: &App, proof: &Authorized<ReadRepository>, wanted: Wanted) -> Result<Referrers> {
    let repository = &proof.action().repository;
    let (mount, _) = app.hosted(repository)?;
    let (mut items, is_cut) = referrers::list(&app.store, &mount.id, repository, &wanted).await?;
    let listed = listed_by_tag(&app.store, &mount, repository, &wanted).await?;
    // What lies beyond the end of this page belongs to the next.
    let end = items.last().map(|last| last.digest.clone()).filter(|_| is_cut);
    items.extend(listed.into_iter().filter(|it| end.as_ref().is_none_or(|end| it.digest <= *end)));
    items.sort_by(|one, other| one.digest.cmp(&other.digest));
    items.dedup_by(|one, other| one.digest == other.digest);
    let n_items = referrers::fitting(&items, wanted.limit);
    let is_cut = is_cut || n_items < items.len();
    items.truncate(n_items);
    let next = items.last().map(|last| last.digest.clone()).filter(|_| is_cut);
    Ok(Referrers { items, next })
}

/// What clients of registries without the referrers API noted under a tag (OCI distribution specification,
/// "Referrers Tag Schema"), as far as it is here. A manifest that says itself whom it is about is believed before any
/// list; and a tag of that form may name the subject itself, whose parts are no referrers.
async fn listed_by_tag(
    store: &Store,
    mount: &Mount,
    repository: &RepositoryName,
    wanted: &Wanted,
) -> Result<Vec<Referrer>> {
    let tag = Reference::Tag(wanted.subject.as_tag());
    let index = mount.read.manifest(repository, &tag).await?.filter(|index| index.digest != wanted.subject);
    let Some(index) = index else { return Ok(vec![]) };
    let Ok(parsed) = Manifest::parse(Some(&index.media_type), &index.bytes) else { return Ok(vec![]) };
    let listed: Vec<_> = parsed.of(Relation::Manifest).filter(|it| media_type::is_manifest(&it.media_type)).collect();
    let digests: Vec<_> = listed.iter().map(|it| &it.digest).collect();
    let stating = referrers::stating(store, repository, &digests).await?;
    let is_wanted = |it: &Referrer| {
        let fits_type =
            wanted.types.is_empty() || it.artifact_type.as_ref().is_some_and(|it| wanted.types.contains(it));
        fits_type && !stating.contains(&it.digest) && wanted.after.as_ref().is_none_or(|after| it.digest > *after)
    };
    let listed = listed.into_iter().cloned().map(|child| Referrer {
        digest: child.digest,
        media_type: child.media_type,
        artifact_type: child.artifact_type,
        size: child.size,
        annotations: child.annotations,
    });
    Ok(listed.filter(is_wanted).collect())
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

/// Lets whoever is told of a blob, and does not read it, count on it.
pub async fn keep_blob(app: &App, proof: &Authorized<ReadRepository>, digest: &Digest) -> Result<()> {
    let repository = &proof.action().repository;
    match app.hosted(repository)?.1.keep_blob(repository, digest).await? {
        true => Ok(()),
        false => Err(Error::NotFound(What::Blob { repository: repository.clone(), digest: digest.clone() })),
    }
}

/// A part of a blob that is only opened once it is read: an answer of many parts holds one file at a time.
pub fn blob_later(app: &App, proof: &Authorized<ReadRepository>, digest: &Digest, range: ContentRange) -> ByteStream {
    let (app, repository, digest) = (app.clone(), proof.action().repository.clone(), digest.clone());
    let open = async move {
        let (mount, _) = app.hosted(&repository).map_err(io::Error::other)?;
        let found = mount.read.blob(&repository, &digest, Some(range)).await.map_err(io::Error::other)?;
        found.map(|content| content.body).ok_or(io::Error::from(io::ErrorKind::NotFound))
    };
    stream::once(open).try_flatten().boxed()
}

/// The error for a reference that names nothing.
pub(super) fn absent(repository: RepositoryName, reference: Reference) -> Error {
    Error::NotFound(match reference {
        Reference::Tag(tag) => What::Tag { repository, tag },
        Reference::Digest(digest) => What::Manifest { repository, digest },
    })
}
