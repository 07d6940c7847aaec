//! The first tags and images of some repositories, as a preview names them. How many each has is known, so one statement
//! reads no more than is named: all of the first repositories, and the first of the one in which the room ends.

use super::Sum;
use crate::domain::view::PreviewKind;
use crate::domain::{Digest, Result, Tag};
use crate::params;
use crate::server::store::{Row, Store, Value, batch};
use std::collections::HashMap;

/// An image of a repository: what it is to the others there, and its platforms or the type of an artifact.
#[derive(Clone, Debug)]
pub struct Listed {
    pub digest: Digest,
    pub kind: PreviewKind,
    pub label: String,
}

/// Their first tags, with what they name.
pub async fn first_tags<'s>(store: &Store, repositories: &'s [Sum], limit: u64) -> Result<Vec<(&'s Sum, Tag, Digest)>> {
    let of = Of { table: "tags", key: "name", columns: "x.name, x.digest" };
    let rows = first(store, &of, Part::of(repositories, |it| it.n_tags, limit)).await?;
    let tag = |(it, mut row): (_, Row)| Ok((it, row.take()?, row.take()?));
    let mut tags: Vec<(&'s Sum, Tag, Digest)> = rows.into_iter().map(tag).collect::<Result<_>>()?;
    tags.sort_by(|(one, tag, _), (other, next, _)| (&one.name, tag).cmp(&(&other.name, next)));
    Ok(tags)
}

/// Their first images, also those without a tag.
pub async fn first_images<'s>(store: &Store, repositories: &'s [Sum], limit: u64) -> Result<Vec<(&'s Sum, Listed)>> {
    let columns = "x.digest, COALESCE(NULLIF(x.platforms, ''), x.artifact_type, '') AS label,
        CASE WHEN EXISTS (SELECT 1 FROM referrers f WHERE f.repository_id = x.repository_id AND f.digest = x.digest)
          THEN 1 ELSE 0 END AS is_about,
        CASE WHEN EXISTS (SELECT 1 FROM manifest_edges e WHERE e.repository_id = x.repository_id AND e.child = x.digest
          AND e.relation = 'manifest') THEN 1 ELSE 0 END AS is_listed";
    let of = Of { table: "manifests", key: "digest", columns };
    let rows = first(store, &of, Part::of(repositories, |it| it.n_images, limit)).await?;
    let image = |(it, mut row): (_, Row)| {
        let (digest, label, is_about, is_listed) = (row.take()?, row.take()?, row.take::<bool>()?, row.take::<bool>()?);
        let kind = match (is_about, is_listed) {
            (true, _) => PreviewKind::Referrer,
            (false, true) => PreviewKind::Child,
            (false, false) => PreviewKind::Image,
        };
        Ok((it, Listed { digest, kind, label }))
    };
    let mut images: Vec<(&'s Sum, Listed)> = rows.into_iter().map(image).collect::<Result<_>>()?;
    images.sort_by(|(one, image), (other, next)| {
        (&one.name, image.digest.as_str()).cmp(&(&other.name, next.digest.as_str()))
    });
    Ok(images)
}

/// What is read of each.
struct Of {
    table: &'static str,
    key: &'static str,
    columns: &'static str,
}

/// The repositories that hold the first things: those of which all are among them, and the last with how many.
struct Part<'s> {
    whole: Vec<&'s Sum>,
    last: Option<(&'s Sum, u64)>,
}

impl<'s> Part<'s> {
    fn of(repositories: &'s [Sum], count: impl Fn(&Sum) -> u64, limit: u64) -> Self {
        let (mut whole, mut room) = (Vec::new(), limit);
        for it in repositories.iter().filter(|it| count(it) > 0) {
            match room.checked_sub(count(it)) {
                Some(left) => {
                    whole.push(it);
                    room = left;
                }
                None => return Self { whole, last: Some((it, room)) },
            }
        }
        Self { whole, last: None }
    }
}

async fn first<'s>(store: &Store, of: &Of, Part { whole, last }: Part<'s>) -> Result<Vec<(&'s Sum, Row)>> {
    let Of { table, key, columns } = of;
    let known: HashMap<&str, &Sum> =
        whole.iter().copied().chain(last.map(|(it, _)| it)).map(|it| (it.id.as_str(), it)).collect();
    let (mut params, mut parts): (Vec<Value>, Vec<String>) = (vec![], vec![]);
    if !whole.is_empty() {
        let slots = batch::slots(1, whole.len());
        params.extend(whole.iter().map(|it| Value::from(it.id.as_str())));
        parts.push(format!("SELECT x.repository_id, {columns} FROM {table} x WHERE x.repository_id IN ({slots})"));
    }
    if let Some((it, room)) = last {
        let at = params.len();
        params.extend(params![&it.id, room]);
        parts.push(format!(
            "SELECT * FROM (SELECT x.repository_id, {columns} FROM {table} x WHERE x.repository_id = ${}
               ORDER BY x.{key} LIMIT ${}) AS last",
            at + 1,
            at + 2
        ));
    }
    if parts.is_empty() {
        return Ok(vec![]);
    }
    let rows = store.scan(&parts.join(" UNION ALL "), params).await?.into_iter().map(|mut row| {
        let id: String = row.take()?;
        Ok(known.get(id.as_str()).map(|it| (*it, row)))
    });
    rows.filter_map(Result::transpose).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ByteSize, Timestamp};

    #[test]
    fn only_so_much_is_read_as_is_named() {
        let sum = |(place, n_tags): (usize, u64)| Sum {
            id: place.to_string(),
            name: format!("team/r{place}").parse().unwrap(),
            n_tags,
            n_images: 0,
            logical: ByteSize(0),
            changed: Timestamp(0),
        };
        let all: Vec<Sum> = [3, 0, 2, 9, 1].into_iter().enumerate().map(sum).collect();
        for (limit, whole, last) in [
            (2, vec![], Some(("0", 2))),
            (3, vec!["0"], Some(("2", 0))),
            (6, vec!["0", "2"], Some(("3", 1))),
            (14, vec!["0", "2", "3"], Some(("4", 0))),
            (15, vec!["0", "2", "3", "4"], None),
            (100, vec!["0", "2", "3", "4"], None),
        ] {
            let part = Part::of(&all, |it| it.n_tags, limit);
            let ids: Vec<&str> = part.whole.iter().map(|it| it.id.as_str()).collect();
            assert_eq!((ids, part.last.map(|(it, n)| (it.id.as_str(), n))), (whole, last), "{limit}");
        }
    }
}
