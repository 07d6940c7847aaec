//! Manifests about another one, in the form in which the referrers API lists them.

use super::manifests::NewManifest;
use super::{Store, Tx};
use crate::domain::manifest::Kind;
use crate::domain::{Digest, RepositoryName, Result};
use crate::params;
use std::collections::BTreeMap;

/// The most text of annotations that one page holds, in bytes; a single entry may have more.
const PAGE_BYTES: u64 = 2 * 1024 * 1024;

/// One manifest that names a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrer {
    pub digest: Digest,
    pub media_type: String,
    /// What it states, or what its configuration is; `None` for an index that states nothing.
    pub artifact_type: Option<String>,
    pub size: u64,
    pub annotations: BTreeMap<String, String>,
}

/// Which referrers are asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub subject: Digest,
    /// Only of these types, if any is named.
    pub types: Vec<String>,
    /// Only those after this one, in bytewise order of digests.
    pub after: Option<Digest>,
    pub limit: u32,
}

/// Notes whom a manifest is about, if it says.
pub(super) async fn insert(tx: &mut Tx, repository_id: &str, new: &NewManifest) -> Result<()> {
    let parsed = &new.parsed;
    let Some(subject) = &parsed.subject else { return Ok(()) };
    let annotations = serde_json::to_string(&parsed.annotations).unwrap_or_else(|_| "{}".to_owned());
    let sql =
        "INSERT INTO referrers (repository_id, subject, digest, media_type, artifact_type, size_bytes, annotations)
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (repository_id, subject, digest) DO NOTHING";
    let params = params![
        repository_id,
        &subject.digest,
        &new.digest,
        &parsed.media_type,
        artifact_type(new).unwrap_or_default(),
        new.content.len() as u64,
        annotations,
    ];
    tx.run(sql, params).await?;
    Ok(())
}

/// The type that the referrers API shows (OCI distribution specification, "Listing Referrers").
fn artifact_type(new: &NewManifest) -> Option<String> {
    let stated = new.parsed.stated_artifact_type.clone().filter(|stated| !stated.is_empty());
    let config = new.parsed.config().filter(|_| new.parsed.kind != Kind::Index);
    stated.or_else(|| config.map(|config| config.media_type.clone()))
}

/// Takes a manifest from the list of its subject's referrers.
pub(super) async fn remove(tx: &mut Tx, repository_id: &str, subject: &Digest, digest: &Digest) -> Result<()> {
    let sql = "DELETE FROM referrers WHERE repository_id = $1 AND subject = $2 AND digest = $3";
    tx.run(sql, params![repository_id, subject, digest]).await?;
    Ok(())
}

/// One page of referrers, and whether more follow. Two statements, so that no page is larger than memory likes.
pub async fn list(
    store: &Store,
    mount_id: &str,
    repository: &RepositoryName,
    wanted: &Wanted,
) -> Result<(Vec<Referrer>, bool)> {
    let types: Vec<String> = (0..wanted.types.len()).map(|index| format!("${}", index + 5)).collect();
    let of_type =
        if types.is_empty() { String::new() } else { format!("AND f.artifact_type IN ({})", types.join(", ")) };
    let from = format!(
        "FROM repositories r JOIN referrers f ON f.repository_id = r.id
         WHERE r.name = $1 AND r.mount_id = $2 AND f.subject = $3 AND f.digest > $4 {of_type}"
    );
    let after = wanted.after.as_ref().map_or("", Digest::as_str);
    let mut params = params![repository, mount_id, &wanted.subject, after];
    params.extend(wanted.types.iter().map(super::Value::from));
    let sizes = format!("SELECT f.digest, LENGTH(f.annotations) {from} ORDER BY f.digest LIMIT {}", wanted.limit + 1);
    let mut rows = store.all(&sizes, params.clone()).await?.into_iter();
    let (mut n_rows, mut n_bytes, mut is_cut) = (0, 0_u64, false);
    for row in &mut rows {
        let mut row = row;
        let (_, length): (Digest, u64) = (row.take()?, row.take()?);
        n_bytes = n_bytes.saturating_add(length);
        if n_rows == wanted.limit || (n_rows > 0 && n_bytes > PAGE_BYTES) {
            is_cut = true;
            break;
        }
        n_rows += 1;
    }
    let sql = format!(
        "SELECT f.digest, f.media_type, f.artifact_type, f.size_bytes, f.annotations {from}
         ORDER BY f.digest LIMIT {n_rows}"
    );
    let items = store.all(&sql, params).await?.into_iter().map(|mut row| {
        let (digest, media_type, artifact_type): (_, _, String) = (row.take()?, row.take()?, row.take()?);
        let artifact_type = Some(artifact_type).filter(|stated| !stated.is_empty());
        let (size, annotations): (u64, String) = (row.take()?, row.take()?);
        let annotations = serde_json::from_str(&annotations).unwrap_or_default();
        Ok(Referrer { digest, media_type, artifact_type, size, annotations })
    });
    Ok((items.collect::<Result<_>>()?, is_cut))
}
