//! Manifests about another one, in the form in which the referrers API lists them.

use super::manifests::NewManifest;
use super::{Store, Tx, batch};
use crate::domain::manifest::Kind;
use crate::domain::{Digest, RepositoryName, Result, media_type};
use crate::params;
use std::collections::{BTreeMap, HashSet};

/// The most text of annotations that one page holds, in bytes; a single entry may have more.
const PAGE_BYTES: u64 = 2 * 1024 * 1024;

/// Digests that are asked for in one statement.
const TOGETHER: usize = 256;

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

impl Referrer {
    /// The bytes of its annotations.
    fn n_bytes(&self) -> u64 {
        self.annotations.iter().map(|(key, value)| key.len() as u64 + value.len() as u64).sum()
    }
}

/// How many of these one page holds: at most `limit`, and no more text than clients read; at least one.
pub fn fitting(items: &[Referrer], limit: u32) -> usize {
    let mut n_bytes = 0_u64;
    let fits = |(index, it): &(usize, &Referrer)| {
        n_bytes = n_bytes.saturating_add(it.n_bytes());
        *index == 0 || (*index < limit as usize && n_bytes <= PAGE_BYTES)
    };
    items.iter().enumerate().take_while(fits).count()
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
    let config = new.parsed.config().filter(|_| new.parsed.kind != Kind::Index);
    let stated = new.parsed.stated_artifact_type.clone().or_else(|| config.map(|config| config.media_type.clone()));
    stated.filter(|stated| stated.len() <= media_type::MAX_BYTES) // Older versions took what no index can hold.
}

/// Those of `digests` that say themselves whom they are about.
pub async fn stating(store: &Store, repository: &RepositoryName, digests: &[&Digest]) -> Result<HashSet<Digest>> {
    let mut stating = HashSet::new();
    for some in digests.chunks(TOGETHER) {
        let sql = format!(
            "SELECT f.digest FROM repositories r JOIN referrers f ON f.repository_id = r.id
             WHERE r.name = $1 AND f.digest IN ({})",
            batch::slots(2, some.len())
        );
        let named = some.iter().map(|digest| super::Value::from(*digest)).collect();
        for mut row in store.all(&sql, [params![repository], named].concat()).await? {
            stating.insert(row.take()?);
        }
    }
    Ok(stating)
}

/// One page of referrers, and whether more follow.
pub async fn list(
    store: &Store,
    mount_id: &str,
    repository: &RepositoryName,
    wanted: &Wanted,
) -> Result<(Vec<Referrer>, bool)> {
    let of_type = match wanted.types.len() {
        0 => String::new(),
        n_types => format!("AND f.artifact_type IN ({})", batch::slots(6, n_types)),
    };
    // Sizes first, so that no more text is read than a page holds.
    let octets = store.dialect().octets("f.annotations");
    let sql = format!(
        "WITH named AS (SELECT f.repository_id, f.digest, {octets} AS n_bytes FROM repositories r
             JOIN referrers f ON f.repository_id = r.id
             WHERE r.name = $1 AND r.mount_id = $2 AND f.subject = $3 AND f.digest > $4 {of_type}
             ORDER BY f.digest LIMIT $5),
           sized AS (SELECT repository_id, digest, CAST(SUM(n_bytes) OVER (ORDER BY digest) AS BIGINT) - n_bytes AS before, n_bytes
             FROM named)
         SELECT f.digest, f.media_type, f.artifact_type, f.size_bytes, f.annotations, (SELECT COUNT(*) FROM named)
         FROM sized s JOIN referrers f ON f.repository_id = s.repository_id AND f.subject = $3 AND f.digest = s.digest
         WHERE s.before + s.n_bytes <= {PAGE_BYTES} OR s.before = 0 ORDER BY f.digest"
    );
    let after = wanted.after.as_ref().map_or("", Digest::as_str);
    let mut params = params![repository, mount_id, &wanted.subject, after, wanted.limit.saturating_add(1)];
    params.extend(wanted.types.iter().map(super::Value::from));
    let (mut items, mut n_named) = (Vec::new(), 0_u64);
    for mut row in store.all(&sql, params).await? {
        let (digest, media_type, artifact_type): (_, _, String) = (row.take()?, row.take()?, row.take()?);
        let artifact_type = Some(artifact_type).filter(|stated| !stated.is_empty());
        let (size, annotations): (u64, String) = (row.take()?, row.take()?);
        n_named = row.take()?;
        let annotations = serde_json::from_str(&annotations).unwrap_or_default();
        items.push(Referrer { digest, media_type, artifact_type, size, annotations });
    }
    items.truncate(wanted.limit as usize);
    let is_cut = (items.len() as u64) < n_named;
    Ok((items, is_cut))
}
