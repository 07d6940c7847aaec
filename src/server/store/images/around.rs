//! What stands around a manifest, in one statement: its names and rules always, the rest as the open tab wants it.

use super::StoredImage;
use crate::domain::radius::referrer_tags;
use crate::domain::view::image_tabs::{Elsewhere, ElsewhereRow};
use crate::domain::view::{MoveRow, ReferrerRow};
use crate::domain::{ByteSize, Digest, Error, ImageTab, Protection, RepositoryName, Result, Tag, Timestamp};
use crate::params;
use crate::server::access::Visibility;
use crate::server::store::{Known, Row, Store, Value, batch, layers, protections, visible};

/// The most bytes of annotations that a list shows beside something.
const MAX_ANNOTATIONS: u64 = 4 * 1024;

/// Other repositories that are named.
const MAX_ELSEWHERE: u32 = 10;

/// What is asked for, besides names and rules.
pub struct Wanted<'a> {
    pub tab: ImageTab,
    /// The manifest that it is about.
    pub subject: Option<&'a Digest>,
    /// Some content that is to be read: whether the repository has it.
    pub blob: Option<&'a Digest>,
    /// What is attached comes after this one, and is no more than this many.
    pub after: Option<&'a Digest>,
    pub limit: u32,
    /// Layers whose files are wanted, and when.
    pub layers: &'a [Digest],
    pub now: Timestamp,
    /// Which other repositories may be named.
    pub visibility: Visibility,
}

/// What stands around a manifest.
#[derive(Default)]
pub struct Surroundings {
    pub tags: Vec<Tag>,
    pub moves: Vec<MoveRow>,
    pub referrers: Vec<ReferrerRow>,
    pub parents: Vec<Digest>,
    pub has_subject: bool,
    pub has_blob: bool,
    /// Layers whose files nobody has read.
    pub unread: Vec<Digest>,
    pub rules: Vec<Protection>,
    pub elsewhere: Elsewhere,
    /// What is attached, in the order of digests; one more than was wanted if there is more.
    pub attached: Vec<Attached>,
    /// The same of tags that are made of the digest.
    pub noted: Vec<(Tag, Attached)>,
}

/// Something that is attached to a manifest.
pub struct Attached {
    pub digest: Digest,
    pub artifact: String,
    pub size: ByteSize,
    pub pushed: Timestamp,
    /// As JSON; `None` where there is more than a list shows.
    pub annotations: Option<String>,
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

/// Names, parents, and whether the repository has the subject `$3` and the content `$4`, if they are asked for.
const HEAD: &str = "SELECT * FROM (SELECT 'tag', t.name, NULL, NULL, NULL, 0, 0, NULL FROM tags t
        WHERE t.repository_id = $1 AND t.digest = $2 ORDER BY t.name LIMIT 20) AS tags
    UNION ALL SELECT * FROM (SELECT 'parent', e.parent, NULL, NULL, NULL, 0, 0, NULL FROM manifest_edges e
        WHERE e.repository_id = $1 AND e.child = $2 ORDER BY e.parent LIMIT 10) AS parents
    UNION ALL SELECT 'subject', s.digest, NULL, NULL, NULL, 0, 0, NULL FROM manifests s
        WHERE s.repository_id = $1 AND s.digest = $3
    UNION ALL SELECT 'blob', b.digest, NULL, NULL, NULL, 0, 0, NULL FROM repository_blobs b
        WHERE b.repository_id = $1 AND b.digest = $4";

/// The first of what is attached.
const REFERRERS: &str = "UNION ALL SELECT * FROM (SELECT 'referrer', m.digest, m.artifact_type, m.media_type, NULL, m.pushed_at, m.pull_bytes, NULL
        FROM referrers f JOIN manifests m ON m.repository_id = f.repository_id AND m.digest = f.digest
        WHERE f.repository_id = $1 AND f.subject = $2 ORDER BY f.digest LIMIT 10) AS referrers";

/// Tags that name it, indexes that list it, each bounded; the rules that cover its repository; whether that has what else is
/// asked about; and what the open tab shows.
pub async fn surroundings(
    store: &Store,
    found: &StoredImage,
    wanted: &Wanted<'_>,
    name: &RepositoryName,
) -> Result<Surroundings> {
    let mut params = params![
        &found.repository_id,
        &found.digest,
        wanted.subject.map(Digest::as_str),
        wanted.blob.map(Digest::as_str)
    ];
    let (rules, line) = protections::as_parts(name, params.len() + 1);
    params.extend(line);
    let of_tab = match wanted.tab {
        ImageTab::Overview => overview(store, &wanted.visibility, &mut params),
        ImageTab::Attestations => attached(store, &found.digest, wanted, &mut params),
        ImageTab::Files => layers::unread(wanted.layers, wanted.now, &mut params),
        ImageTab::Config | ImageTab::Manifest => String::new(),
    };
    let mut around = Surroundings::default();
    for row in store.all(&format!("{HEAD} UNION ALL {rules} {of_tab}"), params).await? {
        around.add(row)?;
    }
    Ok(around)
}

/// What its tags did, the first of what is attached, and where else a tag names it: beside the name of each repository stands
/// how many there are that may be shown.
fn overview(store: &Store, visibility: &Visibility, params: &mut Vec<Value>) -> String {
    let seen = visible::condition(store, visibility, "r", params);
    // From the few that have the image, and not from all repositories.
    format!(
        "UNION ALL SELECT * FROM (SELECT 'move', v.tag, v.from_digest, v.to_digest, v.actor, v.at,
              COALESCE((SELECT CASE n.digest WHEN $2 THEN 2 ELSE 1 END FROM tags n WHERE n.repository_id = $1 AND n.name = v.tag), 0),
              v.how
            FROM ({NAMES}) AS named CROSS JOIN tag_moves v
            WHERE v.repository_id = $1 AND v.tag = named.tag AND v.at = named.at AND (v.to_digest = $2 OR v.from_digest = $2)
            ORDER BY v.at DESC LIMIT 20) AS moves
         {REFERRERS}
         UNION ALL SELECT * FROM (SELECT 'elsewhere', r.name,
              (SELECT MIN(t.name) FROM tags t WHERE t.repository_id = m.repository_id AND t.digest = m.digest),
              NULL, NULL, COUNT(*) OVER (), m.n_tags, NULL
            FROM manifests m CROSS JOIN repositories r CROSS JOIN mounts o
            WHERE m.digest = $2 AND m.repository_id <> $1 AND r.id = m.repository_id AND o.id = r.mount_id AND o.active = 1
              AND m.n_tags > 0 {seen}
            ORDER BY r.name LIMIT {MAX_ELSEWHERE}) AS elsewhere"
    )
}

/// What is attached by a subject, and by tags.
fn attached(store: &Store, digest: &Digest, wanted: &Wanted<'_>, params: &mut Vec<Value>) -> String {
    let after = params.len() + 1;
    params.extend(params![wanted.after.map_or("", Digest::as_str), wanted.limit.saturating_add(1)]);
    let tags = referrer_tags(digest);
    let noted = match tags.len() {
        0 => String::new(),
        n_tags => format!(
            "UNION ALL SELECT * FROM (SELECT 'noted', n.name, COALESCE(m.artifact_type, m.media_type), m.digest, NULL, m.pushed_at, m.pull_bytes, NULL
             FROM tags n JOIN manifests m ON m.repository_id = n.repository_id AND m.digest = n.digest
             WHERE n.repository_id = $1 AND n.digest <> $2 AND n.name IN ({})) AS noted",
            batch::slots(params.len() + 1, n_tags)
        ),
    };
    params.extend(tags.iter().map(Value::from));
    let octets = store.dialect().octets("f.annotations");
    format!(
        "UNION ALL SELECT * FROM (SELECT 'about', m.digest, COALESCE(m.artifact_type, m.media_type),
             CASE WHEN {octets} <= {MAX_ANNOTATIONS} THEN f.annotations END, NULL, m.pushed_at, m.pull_bytes, NULL
           FROM referrers f JOIN manifests m ON m.repository_id = f.repository_id AND m.digest = f.digest
           WHERE f.repository_id = $1 AND f.subject = $2 AND f.digest > ${after} ORDER BY f.digest LIMIT ${}) AS about {noted}",
        after + 1
    )
}

impl Surroundings {
    fn add(&mut self, mut row: Row) -> Result<()> {
        let (what, one): (String, String) = (row.take()?, row.take()?);
        let (two, three): (Option<String>, Option<String>) = (row.take()?, row.take()?);
        let Known(by) = row.take()?;
        let (when, count): (Timestamp, u64) = (row.take()?, row.take()?);
        let attached = |digest: &str, artifact: Option<String>, annotations| {
            Ok::<_, Error>(Attached {
                digest: digest.parse()?,
                artifact: artifact.unwrap_or_default(),
                size: ByteSize(count),
                pushed: when,
                annotations,
            })
        };
        match what.as_str() {
            "tag" => self.tags.push(one.parse()?),
            "move" => self.moves.push(MoveRow {
                tag: one.parse()?,
                from: two.map(|digest| digest.parse()).transpose()?,
                to: three.map(|digest| digest.parse()).transpose()?,
                how: row.take()?,
                when,
                by,
                is_current: count == 2,
                is_there: count != 0,
                may_roll_back: false,
            }),
            "referrer" => self.referrers.push(ReferrerRow {
                digest: one.parse()?,
                artifact: two.or(three).unwrap_or_default(),
                size: ByteSize(count),
                pushed: Some(when),
            }),
            "elsewhere" => {
                self.elsewhere.count = when.0.unsigned_abs();
                let (repository, tag) = (one.parse::<RepositoryName>()?, two.unwrap_or_default().parse::<Tag>()?);
                self.elsewhere.rows.push(ElsewhereRow { repository, tag, n_tags: count });
            }
            "about" => self.attached.push(attached(&one, two, three)?),
            "noted" => {
                self.noted.push((one.parse()?, attached(&three.unwrap_or_default(), two, Some("{}".to_owned()))?))
            }
            "rule" => self.rules.push(protections::of_parts(&one, two, three)?),
            "subject" => self.has_subject = true,
            "blob" => self.has_blob = true,
            "unread" => self.unread.push(one.parse()?),
            _ => self.parents.push(one.parse()?),
        }
        Ok(())
    }
}
