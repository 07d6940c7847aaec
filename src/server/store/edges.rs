//! The graph: one row for each descriptor of a manifest, from index to children, from image to configuration and layers.

use super::manifests::NewManifest;
use super::repositories::Repository;
use super::{Tx, batch, blobs};
use crate::domain::manifest::{Descriptor, Relation};
use crate::domain::{Digest, Result, Timestamp, media_type};
use crate::params;

/// Edges that share a statement.
const EDGES_TOGETHER: usize = 32;

/// Writes the edges of a manifest.
pub(super) async fn insert(tx: &mut Tx, repository: &Repository, new: &NewManifest) -> Result<()> {
    let children: Vec<_> = new.parsed.children.iter().enumerate().collect();
    for some in children.chunk_by(|(one, _), (other, _)| one / EDGES_TOGETHER == other / EDGES_TOGETHER) {
        insert_some_edges(tx, repository, &new.digest, some).await?;
    }
    Ok(())
}

/// Links what a manifest is made of to its repository, where nobody pushed it blob by blob.
pub async fn link_parts(tx: &mut Tx, repository: &Repository, new: &NewManifest, now: Timestamp) -> Result<()> {
    // A layer that is meant to live elsewhere may be named by anybody: naming is no right to read.
    let is_here = |(relation, child): &&(Relation, Descriptor)| match relation {
        Relation::Manifest => false,
        Relation::Config => true,
        Relation::Layer => !media_type::was_ever_foreign(&child.media_type),
    };
    let here: Vec<_> = new.parsed.children.iter().filter(is_here).map(|(_, child)| child).collect();
    let digests: Vec<_> = here.iter().map(|child| &child.digest).collect();
    let known = blobs::linked_sizes(tx, &repository.id, &digests).await?;
    for child in here.into_iter().filter(|child| !known.contains_key(&child.digest)) {
        blobs::link(tx, repository, &child.digest, child.size, now).await?;
    }
    Ok(())
}

async fn insert_some_edges(
    tx: &mut Tx,
    repository: &Repository,
    parent: &Digest,
    edges: &[(usize, &(Relation, Descriptor))],
) -> Result<()> {
    let (mut rows, mut params) = (Vec::new(), params![&repository.id, parent]);
    for (position, (relation, child)) in edges {
        rows.push(format!("($1, $2, {})", batch::slots(params.len() + 1, 3)));
        params.extend(params![*position as i64, *relation, &child.digest]);
    }
    let sql = format!(
        "INSERT INTO manifest_edges (repository_id, parent, position, relation, child) VALUES {}",
        rows.join(", ")
    );
    tx.run(&sql, params).await?;
    Ok(())
}

/// The digest that an attestation in an index is about (BuildKit's annotation).
pub fn about(child: &Descriptor) -> Option<String> {
    let is_attestation =
        child.annotations.get("vnd.docker.reference.type").is_some_and(|kind| kind == "attestation-manifest");
    is_attestation.then(|| child.annotations.get("vnd.docker.reference.digest").cloned().unwrap_or_default())
}

/// How many images only this index lists.
pub(super) async fn only_children(tx: &mut Tx, repository_id: &str, index: &Digest) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM manifests m WHERE m.repository_id = $1 AND m.platforms <> '' AND m.kind <> 'artifact'
        AND m.digest IN (SELECT e.child FROM manifest_edges e WHERE e.repository_id = $1 AND e.parent = $2 AND e.relation = 'manifest')
        AND NOT EXISTS (SELECT 1 FROM manifest_edges o WHERE o.repository_id = $1 AND o.child = m.digest
          AND o.parent <> $2 AND o.relation = 'manifest')";
    tx.one(sql, params![repository_id, index]).await?.map_or(Ok(0), |mut row| row.take())
}

/// Up to ten of the manifests that name some content as their part.
pub async fn users(tx: &mut Tx, repository_id: &str, digest: &Digest) -> Result<Vec<Digest>> {
    let sql =
        "SELECT DISTINCT parent FROM manifest_edges WHERE repository_id = $1 AND child = $2 ORDER BY parent LIMIT 10";
    tx.all(sql, params![repository_id, digest]).await?.into_iter().map(|mut row| row.take()).collect()
}
