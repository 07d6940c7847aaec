//! The statements behind an image's page: three, whatever the image holds.

use super::{Known, Row, Store, Value, protections, tags};
use crate::domain::manifest::{ImageConfig, Kind, Manifest, Relation};
use crate::domain::view::{ChildRow, MoveRow, ReferrerRow, Side};
use crate::domain::{Actor, ByteSize, Digest, Error, Protection, Reference, RepositoryName, Result, Tag, Timestamp};
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
    /// Of the tag that names it, since when its registry has that no more.
    pub missing_since: Option<Timestamp>,
}

const COLUMNS: &str =
    "r.id, r.mount_id, m.digest, m.media_type, m.content, m.config, m.pushed_at, m.pushed_by, m.n_tags";

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
        "SELECT {COLUMNS}, {missing} FROM repositories r JOIN mounts o ON o.id = r.mount_id {join}
         WHERE r.name = $1 AND o.active = 1"
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
        missing_since: row.take()?,
    }))
}

/// A child of an index, with its bytes if it is the one to be shown.
pub struct Child {
    pub digest: Digest,
    pub pull_bytes: u64,
    pub content: Option<Vec<u8>>,
    pub config: Option<Vec<u8>>,
}

/// Which of the `first` children of an index the repository has, and whether the one to be shown.
pub async fn children(store: &Store, found: &StoredImage, first: u64, shown: Option<&Digest>) -> Result<Vec<Child>> {
    let sql = "SELECT m.digest, m.pull_bytes, CASE WHEN m.digest = $3 THEN m.content END,
                      CASE WHEN m.digest = $3 THEN m.config END
               FROM manifest_edges e JOIN manifests m ON m.repository_id = e.repository_id AND m.digest = e.child
               WHERE e.repository_id = $1 AND e.parent = $2 AND e.relation = 'manifest' AND (e.position < $4 OR e.child = $3)
               ORDER BY e.position";
    let shown = shown.map(Digest::as_str);
    let rows = store.all(sql, params![&found.repository_id, &found.digest, shown, first]).await?;
    rows.into_iter()
        .map(|mut row| {
            Ok(Child { digest: row.take()?, pull_bytes: row.take()?, content: row.take()?, config: row.take()? })
        })
        .collect()
}

/// What stands around a manifest.
#[derive(Default)]
pub struct Surroundings {
    pub tags: Vec<Tag>,
    pub moves: Vec<MoveRow>,
    pub referrers: Vec<ReferrerRow>,
    pub parents: Vec<Digest>,
    pub has_subject: bool,
    pub rules: Vec<Protection>,
}

/// When tags came to name the image `$2` of the repository `$1`, or left it: of those that name it now the last move, of
/// those that left it that one and the one before. Every move to it that is not the last of its tag is followed by the one
/// that left it.
const NAMES: &str =
    "SELECT t.name AS tag, (SELECT MAX(l.at) FROM tag_moves l WHERE l.repository_id = $1 AND l.tag = t.name) AS at
    FROM (SELECT name FROM tags WHERE repository_id = $1 AND digest = $2 ORDER BY name LIMIT 200) AS t
  UNION SELECT f.tag, CASE e.n WHEN 1 THEN f.at
      ELSE (SELECT MAX(l.at) FROM tag_moves l WHERE l.repository_id = $1 AND l.tag = f.tag AND l.at < f.at) END
    FROM (SELECT tag, at FROM tag_moves WHERE repository_id = $1 AND from_digest = $2 ORDER BY at DESC LIMIT 20) AS f
      CROSS JOIN (SELECT 1 AS n UNION ALL SELECT 2) AS e";

/// Tags that name it, their moves, manifests about it, indexes that list it, each bounded; the rules that cover its
/// repository; and whether that has its `subject`.
pub async fn surroundings(
    store: &Store,
    found: &StoredImage,
    subject: Option<&Digest>,
    name: &RepositoryName,
) -> Result<Surroundings> {
    let (rules, line) = protections::as_parts(name, 4);
    let sql = format!("SELECT * FROM (SELECT 'tag', t.name, NULL, NULL, NULL, 0, 0, NULL FROM tags t
            WHERE t.repository_id = $1 AND t.digest = $2 ORDER BY t.name LIMIT 20) AS tags
        UNION ALL SELECT * FROM (SELECT 'move', v.tag, v.from_digest, v.to_digest, v.actor, v.at,
              COALESCE((SELECT CASE n.digest WHEN $2 THEN 2 ELSE 1 END FROM tags n WHERE n.repository_id = $1 AND n.name = v.tag), 0),
              v.how
            FROM ({NAMES}) AS named CROSS JOIN tag_moves v
            WHERE v.repository_id = $1 AND v.tag = named.tag AND v.at = named.at AND (v.to_digest = $2 OR v.from_digest = $2)
            ORDER BY v.at DESC LIMIT 20) AS moves
        UNION ALL SELECT * FROM (SELECT 'referrer', m.digest, m.artifact_type, m.media_type, NULL, m.pushed_at, m.pull_bytes, NULL
            FROM referrers f JOIN manifests m ON m.repository_id = f.repository_id AND m.digest = f.digest
            WHERE f.repository_id = $1 AND f.subject = $2 ORDER BY f.digest LIMIT 50) AS referrers
        UNION ALL SELECT * FROM (SELECT 'parent', e.parent, NULL, NULL, NULL, 0, 0, NULL FROM manifest_edges e
            WHERE e.repository_id = $1 AND e.child = $2 ORDER BY e.parent LIMIT 10) AS parents
        UNION ALL SELECT 'subject', s.digest, NULL, NULL, NULL, 0, 0, NULL FROM manifests s
            WHERE s.repository_id = $1 AND s.digest = $3
        UNION ALL {rules}");
    let mut around = Surroundings::default();
    let subject = subject.map(Digest::as_str);
    let params = params![&found.repository_id, &found.digest, subject].into_iter().chain(line).collect();
    for mut row in store.all(&sql, params).await? {
        let (what, one): (String, String) = (row.take()?, row.take()?);
        let (two, three): (Option<String>, Option<String>) = (row.take()?, row.take()?);
        let Known(by) = row.take()?;
        let (when, bytes): (Timestamp, u64) = (row.take()?, row.take()?);
        match what.as_str() {
            "tag" => around.tags.push(one.parse()?),
            "move" => around.moves.push(MoveRow {
                tag: one.parse()?,
                from: two.map(|digest| digest.parse()).transpose()?,
                to: three.map(|digest| digest.parse()).transpose()?,
                how: row.take()?,
                when,
                by,
                is_current: bytes == 2,
                is_there: bytes != 0,
                may_roll_back: false,
            }),
            "referrer" => around.referrers.push(ReferrerRow {
                digest: one.parse()?,
                artifact: two.or(three).unwrap_or_default(),
                size: ByteSize(bytes),
                pushed: Some(when),
            }),
            "rule" => around.rules.push(protections::of_parts(&one, two, three)?),
            "subject" => around.has_subject = true,
            _ => around.parents.push(one.parse()?),
        }
    }
    Ok(around)
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
