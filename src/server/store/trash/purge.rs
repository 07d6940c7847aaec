//! What goes for good: the rows that could bring it back. Content that nothing holds after that is
//! collected later, and what its images were made of is cleared away then.

use super::Entry;
use crate::domain::trash::TrashKind;
use crate::domain::{Digest, Error, Result, Tag};
use crate::params;
use crate::server::store::{Tx, batch};

/// Entries that share a statement.
const TOGETHER: usize = 64;

/// Lets what some entries hold go.
pub async fn purge(tx: &mut Tx, entries: &[Entry]) -> Result<()> {
    let (whole, parts): (Vec<&Entry>, Vec<&Entry>) =
        entries.iter().partition(|entry| entry.row.kind == TrashKind::Repository);
    for some in parts.chunks(TOGETHER) {
        let ids: Vec<String> = some.iter().map(|entry| entry.row.id.clone()).collect();
        let (slots, ids) = batch::padded(1, &ids);
        for rows in
            ["deleted_tags WHERE entry", "deleted_manifests WHERE entry", "deleted_blobs WHERE entry", "trash WHERE id"]
        {
            tx.run(&format!("DELETE FROM {rows} IN ({slots})"), ids.clone()).await?;
        }
    }
    for entry in whole {
        forget(tx, entry).await?;
    }
    Ok(())
}

/// That a tag in the trash names the image `d` of the entry `x`, and may be brought back for longer than that one is kept: until
/// after this moment. It was deleted when the trash kept for longer.
pub(in crate::server::store) fn named_for_longer(now: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM deleted_names n CROSS JOIN trash y WHERE n.repository_id = d.repository_id
           AND n.digest = d.digest AND n.entry <> x.id AND y.id = n.entry AND y.kind = 'tag' AND y.expires_at > {now})"
    )
}

/// # Errors
/// [`Error::Conflict`] if an image in another entry would not come back whole without what this one holds, or a tag that
/// was deleted by itself not to its image. What a third one holds too, or is there again, is not
/// needed of this one.
pub async fn refuse_if_needed(tx: &mut Tx, entry: &Entry) -> Result<()> {
    if entry.row.kind == TrashKind::Repository {
        return Ok(()); // All of it goes.
    }
    let sql = "SELECT p.digest FROM (SELECT m.repository_id, m.digest FROM deleted_manifests m WHERE m.entry = $1
                 AND NOT EXISTS (SELECT 1 FROM images_in_trash o WHERE o.repository_id = m.repository_id
                   AND o.digest = m.digest AND o.entry <> $1)
                 AND NOT EXISTS (SELECT 1 FROM manifests l WHERE l.repository_id = m.repository_id AND l.digest = m.digest)
                 UNION SELECT repository_id, digest FROM deleted_blobs WHERE entry = $1) part
               CROSS JOIN deleted_edges e CROSS JOIN images_in_trash p
               WHERE e.repository_id = part.repository_id AND e.child = part.digest AND p.repository_id = e.repository_id
               AND p.digest = e.parent AND p.entry <> $1 LIMIT 1";
    if let Some(mut row) = tx.one(sql, params![&entry.row.id]).await? {
        let by: Digest = row.take()?;
        let words = format!("this is a part of the image {}, which is in the trash; purge that first", by.short());
        return Err(Error::Conflict(words));
    }
    let sql = "SELECT d.name FROM deleted_manifests m CROSS JOIN tags_in_trash d
               WHERE m.entry = $1 AND d.repository_id = m.repository_id AND d.digest = m.digest AND d.entry <> $1
               AND NOT EXISTS (SELECT 1 FROM images_in_trash o WHERE o.repository_id = m.repository_id
                 AND o.digest = m.digest AND o.entry <> $1)
               AND NOT EXISTS (SELECT 1 FROM manifests l WHERE l.repository_id = m.repository_id AND l.digest = m.digest)
               LIMIT 1";
    let Some(mut row) = tx.one(sql, params![&entry.row.id]).await? else { return Ok(()) };
    let by: Tag = row.take()?;
    Err(Error::Conflict(format!("the tag {by}, which is in the trash, names an image of this; purge that first")))
}

/// Nothing leads to a whole repository any more, nor to what was deleted in it before all of it was. Its rows, which may
/// be very many, are cleared away with the next collection.
async fn forget(tx: &mut Tx, whole: &Entry) -> Result<()> {
    let id = &whole.repository_id;
    let sql = "DELETE FROM trash WHERE repository = $1 AND repository_id = $2";
    tx.run(sql, params![&whole.row.repository, id]).await?;
    tx.run("DELETE FROM deleted_repositories WHERE id = $1", params![id]).await?;
    let sql = "INSERT INTO gone_repositories (id) VALUES ($1) ON CONFLICT (id) DO NOTHING";
    tx.run(sql, params![id]).await.map(|_| ())
}
