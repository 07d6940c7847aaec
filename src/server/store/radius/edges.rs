//! The edges of a graph: who is beside an image. Each may list a thousand, and be listed by any number.

use super::{Bound, Reader};
use crate::domain::radius::Node;
use crate::domain::{Digest, Result};
use crate::params;
use crate::server::store::{Value, batch};
use std::collections::BTreeMap;

/// The most edges that one delete reaches; and how many are read for each image where only names go, and in all.
pub(super) const MAX_EDGES: usize = 50_000;
const EDGES_EACH: usize = 16;
const MAX_WEIGHED_EDGES: usize = 200_000;

/// How many edges may be read yet, and whether there were more.
pub(super) struct Edges {
    left: usize,
    pub(super) has_more: bool,
}

impl Edges {
    pub(super) fn of(bound: Bound, n_images: usize) -> Self {
        let left = match bound {
            Bound::Whole => MAX_EDGES,
            Bound::Cut => (EDGES_EACH * n_images).min(MAX_WEIGHED_EDGES),
        };
        Self { left, has_more: false }
    }
}

/// Notes who is beside some images. Where that is more than may be read, it is not known of any of them.
pub(super) async fn beside(
    reader: &mut Reader<'_>,
    id: &str,
    some: &[Digest],
    (nodes, edges): (&mut BTreeMap<Digest, Node>, &mut Edges),
) -> Result<()> {
    for (sql, add) in NEIGHBOURS {
        if edges.has_more {
            break;
        }
        let kept = params![id, edges.left as u64 + 1];
        let sql = sql.replace("{slots}", &batch::slots(3, some.len()));
        let rows = reader.all(&sql, [kept, some.iter().map(Value::from).collect()].concat()).await?;
        edges.has_more = rows.len() > edges.left;
        edges.left = edges.left.saturating_sub(rows.len());
        for mut row in rows {
            let (of, other): (Digest, Digest) = (row.take()?, row.take()?);
            add(nodes.entry(of).or_default(), other);
        }
    }
    if edges.has_more {
        some.iter().for_each(|digest| nodes.entry(digest.clone()).or_default().is_unsure = true);
    }
    Ok(())
}

pub(super) type Add = fn(&mut Node, Digest);

/// Who is beside an image, each with how it is noted.
pub(super) const NEIGHBOURS: [(&str, Add); 4] = [
    (
        "SELECT e.parent, e.child FROM manifest_edges e JOIN manifests m ON m.repository_id = e.repository_id AND m.digest = e.child
         WHERE e.repository_id = $1 AND e.relation = 'manifest' AND e.parent IN ({slots}) LIMIT $2",
        |node, child| {
            node.children.insert(child);
        },
    ),
    (
        "SELECT e.child, e.parent FROM manifest_edges e
         WHERE e.repository_id = $1 AND e.relation = 'manifest' AND e.child IN ({slots}) LIMIT $2",
        |node, parent| {
            node.parents.insert(parent);
        },
    ),
    (
        "SELECT f.subject, f.digest FROM referrers f WHERE f.repository_id = $1 AND f.subject IN ({slots}) LIMIT $2",
        |node, referrer| {
            node.referrers.insert(referrer);
        },
    ),
    (
        "SELECT f.digest, f.subject FROM referrers f JOIN manifests m ON m.repository_id = f.repository_id AND m.digest = f.subject
         WHERE f.repository_id = $1 AND f.digest IN ({slots}) LIMIT $2",
        |node, subject| node.subject = Some(subject),
    ),
];
