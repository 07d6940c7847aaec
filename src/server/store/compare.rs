//! The statements behind two images beside each other: three, whatever they hold.

use super::{Known, Row, Store, Value, tags};
use crate::domain::{Actor, Digest, Reference, RepositoryName, Result, Tag, Timestamp};
use crate::params;

/// Tags of one repository that are offered, and among which the two newest images are sought.
const MAX_NEWEST: u32 = 20;

/// A tag with what it names.
#[derive(Clone)]
pub struct Newest {
    pub tag: Tag,
    pub digest: Digest,
}

/// The tags of two repositories that moved last, newest first; `None` for a repository that is not there.
pub async fn newest(store: &Store, names: &[RepositoryName; 2]) -> Result<[Option<Vec<Newest>>; 2]> {
    let side = |side: usize| {
        let name = side + 1;
        format!(
            "SELECT {side} AS side, NULL AS tag, NULL AS digest FROM repositories r JOIN mounts o ON o.id = r.mount_id
               WHERE r.name = ${name} AND o.active = 1
             UNION ALL SELECT * FROM (SELECT {side}, t.name, t.digest FROM repositories r JOIN tags t ON t.repository_id = r.id
               WHERE r.name = ${name} AND t.missing_since IS NULL ORDER BY t.changed_at DESC, t.name LIMIT {MAX_NEWEST}) AS newest{side}"
        )
    };
    let is_one = names[0] == names[1];
    let (sql, params) = match is_one {
        true => (side(0), params![&names[0]]),
        false => (format!("{} UNION ALL {}", side(0), side(1)), params![&names[0], &names[1]]),
    };
    let mut newest = [None, None];
    for mut row in store.all(&sql, params).await? {
        let (side, tag, digest): (u64, Option<Tag>, Option<Digest>) = (row.take()?, row.take()?, row.take()?);
        let list: &mut Vec<Newest> = newest[usize::from(side > 0)].get_or_insert_default();
        list.extend(tag.zip(digest).map(|(tag, digest)| Newest { tag, digest }));
    }
    if is_one {
        newest[1] = newest[0].clone();
    }
    Ok(newest)
}

/// One of the two, where it stands.
pub struct Pair {
    pub name: RepositoryName,
    pub repository_id: String,
    pub mount_id: String,
    pub digest: Digest,
    pub media_type: String,
    pub content: Vec<u8>,
    pub config: Option<Vec<u8>>,
    pub pushed_at: Timestamp,
    pub pushed_by: Option<Actor>,
    /// The first tags that name it.
    pub tags: Vec<Tag>,
}

/// Two images, each by what names it in its repository.
pub async fn both(store: &Store, wanted: [(&RepositoryName, &Reference); 2]) -> Result<[Option<Pair>; 2]> {
    let tag = |skip| tags::tag_of("m", "1 = 1", skip);
    let known = format!("{}, {}, {}", tag(0), tag(1), tag(2));
    let (mut parts, mut values): (Vec<String>, Vec<Value>) = (vec![], vec![]);
    for (side, (name, reference)) in wanted.iter().enumerate() {
        let (at, what) = (2 * side + 1, 2 * side + 2);
        let digest = match reference {
            Reference::Digest(digest) => {
                values.extend([(*name).into(), digest.into()]);
                format!("${what}")
            }
            Reference::Tag(tag) => {
                values.extend([(*name).into(), tag.into()]);
                format!("(SELECT t.digest FROM tags t WHERE t.repository_id = r.id AND t.name = ${what})")
            }
        };
        parts.push(format!(
            "SELECT {side} AS side, r.id, r.mount_id, m.digest, m.media_type, m.content, m.config, m.pushed_at, m.pushed_by, {known}
             FROM repositories r JOIN mounts o ON o.id = r.mount_id
               JOIN manifests m ON m.repository_id = r.id AND m.digest = {digest}
             WHERE r.name = ${at} AND o.active = 1"
        ));
    }
    let mut found = [None, None];
    for mut row in store.all(&parts.join(" UNION ALL "), values).await? {
        let side = usize::from(row.take::<u64>()? > 0);
        found[side] = Some(Pair {
            name: wanted[side].0.clone(),
            repository_id: row.take()?,
            mount_id: row.take()?,
            digest: row.take()?,
            media_type: row.take()?,
            content: row.take()?,
            config: row.take()?,
            pushed_at: row.take()?,
            pushed_by: row.take::<Known<_>>()?.0,
            tags: known_tags(&mut row)?,
        });
    }
    Ok(found)
}

/// The tags of an image that come last in a row.
fn known_tags(row: &mut Row) -> Result<Vec<Tag>> {
    let tags: [Option<Tag>; 3] = [row.take()?, row.take()?, row.take()?];
    Ok(tags.into_iter().flatten().collect())
}

/// What a manifest says, and its configuration.
pub struct Content {
    pub media_type: String,
    pub content: Vec<u8>,
    pub config: Option<Vec<u8>>,
}

/// Two manifests by their digests, as far as their repositories have them.
pub async fn contents(store: &Store, wanted: [(&str, &Digest); 2]) -> Result<[Option<Content>; 2]> {
    let side = |side: usize| {
        let (at, what) = (2 * side + 1, 2 * side + 2);
        format!(
            "SELECT {side} AS side, m.media_type, m.content, m.config FROM manifests m
             WHERE m.repository_id = ${at} AND m.digest = ${what}"
        )
    };
    let sql = format!("{} UNION ALL {}", side(0), side(1));
    let [(left, first), (right, second)] = wanted;
    let mut found = [None, None];
    for mut row in store.all(&sql, params![left, first, right, second]).await? {
        let side = usize::from(row.take::<u64>()? > 0);
        found[side] = Some(Content { media_type: row.take()?, content: row.take()?, config: row.take()? });
    }
    Ok(found)
}
