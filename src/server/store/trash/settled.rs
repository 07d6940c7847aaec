//! What is left of an entry whose images came back by another way: their tags, each by itself.

use super::restore::Restoring;
use super::{NewEntry, current, forget, insert, name};
use crate::domain::trash::TrashKind;
use crate::domain::{ByteSize, Digest, RepositoryName, Result, Tag};
use crate::params;
use crate::server::entropy::new_id;
use crate::server::store::{Tx, batch};

/// Entries of which images are back, each with an entry that one of its tags is by itself now.
pub type Settled = Vec<(String, String)>;

/// Tags that share a statement.
const ROWS: usize = 256;

/// An entry whose images are all back holds nothing but tags, which stand in the trash by themselves then.
pub(super) async fn settle(tx: &mut Tx, id: &str, repository: &RepositoryName, who: &Restoring) -> Result<Settled> {
    match holds_images(tx, id).await? {
        true => Ok(Settled::new()),
        false => settle_tags(tx, id, repository, who).await,
    }
}

async fn holds_images(tx: &mut Tx, id: &str) -> Result<bool> {
    let sql = "SELECT 1 AS found FROM deleted_manifests WHERE entry = $1 LIMIT 1";
    Ok(tx.one(sql, params![id]).await?.is_some())
}

/// So do the tags of images that are back for a name, where others stay: the one that is set leaves the trash. An entry
/// that holds no image any more is gone.
pub(super) async fn settle_tags(
    tx: &mut Tx,
    id: &str,
    repository: &RepositoryName,
    who: &Restoring,
) -> Result<Settled> {
    let mut settled = Settled::new();
    let found = current(tx, id).await?.filter(|found| found.row.kind == TrashKind::Image);
    let Some(of) = found else { return Ok(settled) };
    let sql = "SELECT d.name, d.digest FROM deleted_tags d WHERE d.entry = $1
               AND NOT EXISTS (SELECT 1 FROM deleted_manifests m WHERE m.entry = d.entry AND m.digest = d.digest)";
    let (mut entries, mut rows) = (vec![], vec![]);
    for mut row in tx.all(sql, params![id]).await? {
        let (tag, named): (Tag, Digest) = (row.take()?, row.take()?);
        let own = NewEntry {
            id: new_id(&*who.entropy, who.at),
            batch: of.row.batch.clone(),
            kind: TrashKind::Tag,
            mount_id: of.mount_id.clone(),
            repository_id: of.repository_id.clone(),
            repository: repository.clone(),
            name: tag.to_string(),
            digest: Some(named),
            n_tags: 1,
            held: ByteSize(0),
            at: of.row.deleted,
            by: of.row.deleted_by.clone().unwrap_or_else(|| who.by.clone()),
            expires: of.row.expires,
        };
        rows.push((tag, own.id.clone()));
        settled.push((id.to_owned(), own.id.clone()));
        entries.push(own);
    }
    insert(tx, &entries).await?;
    let names: Vec<_> = entries.iter().filter_map(|own| Some((own.digest.as_ref()?, own.id.as_str()))).collect();
    name(tx, &of.repository_id, &names).await?;
    for some in rows.chunks(ROWS) {
        let sql = format!(
            "WITH own (tag_name, entry_id) AS (VALUES {})
             UPDATE deleted_tags SET entry = (SELECT entry_id FROM own WHERE tag_name = deleted_tags.name)
             WHERE entry = $1 AND name IN (SELECT tag_name FROM own)",
            batch::rows(2, some.len(), 2)
        );
        let values = some.iter().flat_map(|(tag, entry)| params![tag, entry]).collect();
        tx.run(&sql, [params![id], values].concat()).await?;
    }
    if !holds_images(tx, id).await? {
        forget(tx, id).await?;
    } else if !settled.is_empty() {
        let sql = "UPDATE trash SET n_tags = (SELECT COUNT(*) FROM deleted_tags d WHERE d.entry = $1) WHERE id = $1";
        tx.run(sql, params![id]).await?;
    }
    Ok(settled)
}
