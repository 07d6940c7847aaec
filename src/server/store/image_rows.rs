//! The list of a repository's images, each with what belongs to it.

use super::keyset::{self, Order};
use super::{Known, Row, Store, Value, batch, tags};
use crate::domain::manifest::Kind;
use crate::domain::page::{self, Position};
use crate::domain::tag_filter::TagFilter;
use crate::domain::view::{Belonging, ImageRow, ImagesQuery, Part};
use crate::domain::{Cursor, Digest, Page, Result, Tag, Timestamp};
use crate::params;
use std::collections::HashMap;

/// Parts of one image that are named: of what it lists, and of what is about it.
const MAX_LISTED: u32 = 20;
const MAX_ABOUT: u32 = 10;

/// That an image `m` stands for itself: no index lists it, and it is about nothing that is here.
const STANDS_ALONE: &str =
    "NOT EXISTS (SELECT 1 FROM manifest_edges e WHERE e.repository_id = $1 AND e.child = m.digest AND e.relation = 'manifest')
     AND NOT EXISTS (SELECT 1 FROM referrers f CROSS JOIN manifests s WHERE f.repository_id = $1 AND f.digest = m.digest
                       AND s.repository_id = $1 AND s.digest = f.subject)";

/// An image without a tag, as if it had one of no name: what a filter says of images holds of it too.
const AS_TAG: &str =
    "(SELECT m.repository_id, m.digest, '' AS name, m.pushed_at AS changed_at, m.pushed_by AS moved_by,
       m.pull_bytes, CAST(0 AS BIGINT) AS pulled_at) AS t";

/// One page of the images of which some tag fits the filter, the newest first; or of those without a tag that fit it. What
/// belongs to them is not in it. One statement.
pub async fn list(
    store: &Store,
    repository_id: &str,
    (query, filter, is_untagged): (&ImagesQuery, &TagFilter, bool),
    position: &Position,
) -> Result<Page<ImageRow>> {
    let limit = page::limit(query.limit);
    let mut params = params![repository_id, limit + 1];
    let fits = match (filter.is_empty(), is_untagged) {
        (true, false) => String::new(),
        (true, true) => "AND m.n_tags = 0".to_owned(),
        (false, _) => {
            let fitting = tags::fitting(store.dialect(), filter, false, &mut params);
            match is_untagged {
                true => format!("AND m.n_tags = 0 AND EXISTS (SELECT 1 FROM {AS_TAG} WHERE 1 = 1 {fitting})"),
                false => format!(
                    "AND EXISTS (SELECT 1 FROM tags t WHERE t.repository_id = $1 AND t.digest = m.digest {fitting})"
                ),
            }
        }
    };
    let keyset = Order { key: Some("m.pushed_at"), name: "m.digest" }.at(position, params.len() + 1);
    params.extend(keyset.params);
    let tag = |skip| tags::tag_of("m", "1 = 1", skip);
    let sql = format!(
        "SELECT m.digest, m.kind, m.artifact_type, m.platforms, m.pull_bytes, m.pushed_at, m.pushed_by, m.n_tags, {}, {}, {}
         FROM manifests m WHERE m.repository_id = $1 AND {STANDS_ALONE} {fits} {} {} LIMIT $2",
        tag(0),
        tag(1),
        tag(2),
        keyset.condition,
        keyset.order_by
    );
    // What is part of another is read past, however much of it there is.
    let rows = store.scan(&sql, params).await?.into_iter().map(|mut row| {
        let item = image_row(&mut row)?;
        Ok((Cursor { key: item.pushed.0, name: item.digest.to_string() }, item))
    });
    Ok(keyset::page(rows.collect::<Result<_>>()?, position, limit))
}

fn image_row(row: &mut Row) -> Result<ImageRow> {
    let (digest, kind, artifact) = (row.take()?, row.take()?, row.take()?);
    let platforms: String = row.take()?;
    let (size, pushed): (_, Timestamp) = (row.take()?, row.take()?);
    let (Known(pushed_by), n_tags) = (row.take()?, row.take()?);
    let tags: [Option<Tag>; 3] = [row.take()?, row.take()?, row.take()?];
    Ok(ImageRow {
        digest,
        kind,
        artifact,
        platforms: split(&platforms),
        size,
        pushed,
        pushed_by,
        tags: tags.into_iter().flatten().collect(),
        n_tags,
        parts: vec![],
        has_more: false,
    })
}

fn split(platforms: &str) -> Vec<String> {
    platforms.split(',').filter(|platform| !platform.is_empty()).map(str::to_owned).collect()
}

/// Adds to images what belongs to them. One statement, or none.
pub async fn add_parts(store: &Store, repository_id: &str, rows: &mut [ImageRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut params = params![repository_id, MAX_LISTED, MAX_ABOUT + 1];
    params.extend(rows.iter().map(|row| Value::from(&row.digest)));
    let listed = format!(
        "SELECT e.parent, 0 AS way, e.child, m.kind, m.artifact_type, m.platforms, m.pull_bytes, e.position
         FROM manifest_edges e JOIN manifests m ON m.repository_id = e.repository_id AND m.digest = e.child
         WHERE e.repository_id = $1 AND e.relation = 'manifest' AND e.position <= $2 AND e.parent IN ({})",
        batch::slots(4, rows.len())
    );
    // Of each as many as are named and one more: what is about an image may be very much.
    let about = |slot: usize| {
        format!(
            "SELECT * FROM (SELECT f.subject, 1, f.digest, m.kind, f.artifact_type, m.platforms, m.pull_bytes, 0
               FROM referrers f JOIN manifests m ON m.repository_id = f.repository_id AND m.digest = f.digest
               WHERE f.repository_id = $1 AND f.subject = ${slot} ORDER BY f.digest LIMIT $3) AS about_{slot}"
        )
    };
    let arms: Vec<_> = std::iter::once(listed).chain((4..4 + rows.len()).map(about)).collect();
    let sql = format!("{} ORDER BY 2, 8, 3", arms.join(" UNION ALL "));
    let mut parts: HashMap<Digest, Vec<(bool, Part)>> = HashMap::new();
    for mut row in store.all(&sql, params).await? {
        let (of, is_about, digest): (Digest, bool, _) = (row.take()?, row.take()?, row.take()?);
        let (kind, artifact): (Kind, Option<String>) = (row.take()?, row.take()?);
        let (platforms, size): (String, _) = (row.take()?, row.take()?);
        let is = match (is_about, kind) {
            (true, _) => Belonging::About(artifact.unwrap_or_default()),
            (false, Kind::Image | Kind::Index) if !platforms.is_empty() => {
                Belonging::Platform(split(&platforms).join(", "))
            }
            (false, _) => Belonging::Listed(artifact.unwrap_or_default()),
        };
        parts.entry(of).or_default().push((is_about, Part { digest, is, size }));
    }
    for row in rows {
        let (about, listed): (Vec<_>, Vec<_>) =
            parts.remove(&row.digest).unwrap_or_default().into_iter().partition(|(is_about, _)| *is_about);
        let (most_listed, most_about) = (MAX_LISTED as usize, MAX_ABOUT as usize);
        row.has_more = listed.len() > most_listed || about.len() > most_about;
        let named = listed.into_iter().take(most_listed).chain(about.into_iter().take(most_about));
        row.parts = named.map(|(_, part)| part).collect();
    }
    Ok(())
}
