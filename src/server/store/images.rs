//! The statements behind an image's page: three, whatever the image holds.

mod around;

pub use around::{Attached, Surroundings, Wanted, surroundings};

use super::{Known, Row, Store, Value, tags};
use crate::domain::manifest::{ImageConfig, Kind, Manifest, Relation};
use crate::domain::view::{ChildRow, Side};
use crate::domain::{Actor, ByteSize, Digest, Error, Reference, RepositoryName, Result, Tag, Timestamp};
use crate::params;

/// That an image is neither there nor in the trash.
pub fn gone_for_good(digest: &Digest) -> Error {
    Error::Conflict(format!("the image {} is gone for good", digest.short()))
}

/// A manifest with where it stands.
pub struct StoredImage {
    pub repository_id: String,
    pub mount_id: String,
    pub digest: Digest,
    pub media_type: String,
    pub content: Vec<u8>,
    pub config: Option<Vec<u8>>,
    pub pushed_at: Timestamp,
    pub pushed_by: Option<Actor>,
    pub n_tags: u64,
    /// How much is attached to it, by a subject or by a tag that is made of its digest; not counted beyond [`MAX_COUNTED`].
    pub n_attached: u64,
    /// Of the tag that names it, since when its registry has that no more.
    pub missing_since: Option<Timestamp>,
}

/// What is attached to an image is counted this far.
pub const MAX_COUNTED: u64 = 1_000;

const COLUMNS: &str =
    "r.id, r.mount_id, m.digest, m.media_type, m.content, m.config, m.pushed_at, m.pushed_by, m.n_tags";

/// How much is attached to the manifest `m`: what says so itself, and what the tags name of
/// [`referrer_tags`](crate::domain::radius::referrer_tags).
fn n_attached() -> String {
    let stem = "REPLACE(m.digest, ':', '-')";
    format!(
        "(SELECT COUNT(*) FROM (SELECT f.digest FROM referrers f WHERE f.repository_id = r.id AND f.subject = m.digest
            LIMIT {MAX_COUNTED}) AS about)
         + (SELECT COUNT(*) FROM tags n WHERE n.repository_id = r.id AND n.digest <> m.digest
            AND n.name IN ({stem}, {stem} || '.sig', {stem} || '.att', {stem} || '.sbom'))"
    )
}

/// The manifest that a reference names, with its repository.
pub async fn find(store: &Store, name: &RepositoryName, reference: &Reference) -> Result<Option<StoredImage>> {
    let (missing, join, value): (&str, &str, Value) = match reference {
        Reference::Digest(digest) => {
            ("CAST(NULL AS BIGINT)", "JOIN manifests m ON m.repository_id = r.id AND m.digest = $2", digest.into())
        }
        Reference::Tag(tag) => (
            "t.missing_since",
            "JOIN tags t ON t.repository_id = r.id AND t.name = $2
             JOIN manifests m ON m.repository_id = r.id AND m.digest = t.digest",
            tag.into(),
        ),
    };
    let sql = format!(
        "SELECT {COLUMNS}, {}, {missing} FROM repositories r JOIN mounts o ON o.id = r.mount_id {join}
         WHERE r.name = $1 AND o.active = 1",
        n_attached()
    );
    let Some(mut row) = store.one(&sql, vec![name.into(), value]).await? else {
        return Ok(None);
    };
    Ok(Some(StoredImage {
        repository_id: row.take()?,
        mount_id: row.take()?,
        digest: row.take()?,
        media_type: row.take()?,
        content: row.take()?,
        config: row.take()?,
        pushed_at: row.take()?,
        pushed_by: row.take::<Known<_>>()?.0,
        n_tags: row.take()?,
        n_attached: row.take()?,
        missing_since: row.take()?,
    }))
}

/// A child of an index or what is attached to an image, with its bytes if it is the one to be shown.
pub struct Child {
    pub digest: Digest,
    pub media_type: String,
    pub artifact: Option<String>,
    pub pull_bytes: u64,
    pub pushed_at: Timestamp,
    pub content: Option<Vec<u8>>,
    pub config: Option<Vec<u8>>,
}

/// Which of the `first` children of an index the repository has, and whether the one to be shown; `opened` is shown whether or
/// not it is a child.
pub async fn children(
    store: &Store,
    found: &StoredImage,
    first: u64,
    (shown, opened): (Option<&Digest>, bool),
) -> Result<Vec<Child>> {
    let columns = "m.digest, m.media_type, m.artifact_type, m.pull_bytes, m.pushed_at";
    let own = format!(
        "UNION ALL SELECT {columns}, m.content, m.config FROM manifests m WHERE m.repository_id = $1 AND m.digest = $3"
    );
    let own = if opened { &*own } else { "" };
    let sql = format!(
        "SELECT {columns}, CASE WHEN m.digest = $3 THEN m.content END, CASE WHEN m.digest = $3 THEN m.config END
         FROM manifest_edges e JOIN manifests m ON m.repository_id = e.repository_id AND m.digest = e.child
         WHERE e.repository_id = $1 AND e.parent = $2 AND e.relation = 'manifest' AND (e.position < $4 OR e.child = $3) {own}"
    );
    let shown = shown.map(Digest::as_str);
    let rows = store.all(&sql, params![&found.repository_id, &found.digest, shown, first]).await?;
    let child = |mut row: Row| {
        Ok(Child {
            digest: row.take()?,
            media_type: row.take()?,
            artifact: row.take()?,
            pull_bytes: row.take()?,
            pushed_at: row.take()?,
            content: row.take()?,
            config: row.take()?,
        })
    };
    rows.into_iter().map(child).collect()
}

/// The row of an index's entry, given what the repository has of it.
pub fn child_row(child: &crate::domain::manifest::Descriptor, stored: &[Child]) -> ChildRow {
    let held = stored.iter().find(|held| held.digest == child.digest);
    let about = super::edges::about(child);
    ChildRow {
        digest: child.digest.clone(),
        platform: child.platform.as_ref().map(ToString::to_string).unwrap_or_default(),
        attestation: about.is_some(),
        size: ByteSize(held.map_or(child.size, |held| held.pull_bytes)),
        present: held.is_some(),
    }
}

/// An image as it stands beside another: one that is here, or in the trash.
pub async fn side(store: &Store, repository_id: &str, digest: &Digest) -> Result<Option<Side>> {
    let sql = format!(
        "SELECT 0 AS deleted, {}, NULL, NULL, NULL FROM manifests m WHERE m.repository_id = $1 AND m.digest = $2
         UNION ALL SELECT 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, d.media_type, d.content, d.config
         FROM images_in_trash d WHERE d.repository_id = $1 AND d.digest = $2 ORDER BY deleted LIMIT 1",
        side_columns()
    );
    let Some(mut row) = store.one(&sql, params![repository_id, digest]).await? else { return Ok(None) };
    let is_in_trash: bool = row.take()?;
    let side = side_of(&mut row, Some(digest))?;
    if side.is_some() || !is_in_trash {
        return Ok(side);
    }
    let (media_type, content, config): (String, Vec<u8>, Option<Vec<u8>>) = (row.take()?, row.take()?, row.take()?);
    read(digest, &Manifest::parse(Some(&media_type), &content)?, config.as_deref()).map(Some)
}

/// The columns of an image `m` by which it is known again.
pub(super) fn side_columns() -> String {
    let tag = |skip| tags::tag_of("m", "1 = 1", skip);
    format!("m.kind, m.pull_bytes, m.platforms, m.built_at, m.n_tags, {}, {}, {}", tag(0), tag(1), tag(2))
}

/// What those columns say, of an image that is here.
pub(super) fn side_of(row: &mut Row, digest: Option<&Digest>) -> Result<Option<Side>> {
    let (kind, size, platforms): (Option<Kind>, _, Option<String>) = (row.take()?, row.take()?, row.take()?);
    let (built, n_tags): (Option<Timestamp>, Option<u64>) = (row.take()?, row.take()?);
    let tags: [Option<Tag>; 3] = [row.take()?, row.take()?, row.take()?];
    let (Some(digest), Some(kind), Some(platforms)) = (digest.cloned(), kind, platforms) else { return Ok(None) };
    let platforms = platforms.split(',').filter(|it| !it.is_empty()).map(str::to_owned).collect();
    let built = built.filter(|built| built.0 != 0);
    let (tags, n_tags) = (tags.into_iter().flatten().collect(), n_tags.unwrap_or_default());
    Ok(Some(Side { digest, kind, size, platforms, built, is_in_trash: false, tags, n_tags }))
}

/// What the bytes of an image in the trash say.
fn read(digest: &Digest, manifest: &Manifest, config: Option<&[u8]>) -> Result<Side> {
    let config = config.and_then(ImageConfig::parse);
    let own = config.as_ref().and_then(ImageConfig::platform).filter(|it| !it.is_unknown());
    let listed = manifest.of(Relation::Manifest).filter(|child| super::edges::about(child).is_none());
    let platforms = listed.filter_map(|child| child.platform.as_ref()).map(ToString::to_string).take(32);
    let built = config.as_ref().map_or(0, super::manifests::built_at);
    Ok(Side {
        digest: digest.clone(),
        kind: manifest.kind,
        size: (manifest.kind != Kind::Index).then(|| ByteSize(manifest.pull_bytes())),
        platforms: own.map(|own| own.to_string()).into_iter().chain(platforms).collect(),
        built: (built != 0).then_some(Timestamp(built)),
        is_in_trash: true,
        tags: vec![],
        n_tags: 0,
    })
}
