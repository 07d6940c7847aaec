//! Mounted registries: what the configuration names, what crawls found, how far they are.

use super::{Row, Store, Tx, under_way};
use crate::domain::capability::Capability;
use crate::domain::mount::address;
use crate::domain::view::{CrawlState, LedElsewhere, MountKind, MountRow, Totals};
use crate::domain::{Error, MountPrefix, RepositoryName, Result, Timestamp};
use crate::params;
use serde::{Deserialize, Serialize};

/// A mount with its state.
pub struct Mount {
    pub id: String,
    pub row: MountRow,
    pub crawl_started_at: Option<Timestamp>,
    /// Where the configuration led it before.
    pub moved: Option<LedElsewhere>,
}

const COLUMNS: &str = "id, prefix, kind, url, refresh_s, capabilities, n_repositories, n_tags, n_images, stored_bytes, \
     logical_bytes, n_sharing, n_missing, n_read, n_to_read, crawl_started_at, crawl_finished_at, failed_at, failure, left_out, source, settings, \
     hook_at, heard_at";

/// The mounts in force, in the order of the configuration.
pub async fn list(store: &Store, now: Timestamp) -> Result<Vec<Mount>> {
    let sql = format!("SELECT {COLUMNS} FROM mounts WHERE active = 1 ORDER BY position, prefix");
    store.all(&sql, vec![]).await?.into_iter().map(|mut row| mount(&mut row, now)).collect()
}

/// One mount.
pub async fn find(store: &Store, id: &str, now: Timestamp) -> Result<Option<Mount>> {
    let sql = format!("SELECT {COLUMNS} FROM mounts WHERE id = $1");
    store.one(&sql, params![id]).await?.map(|mut row| mount(&mut row, now)).transpose()
}

/// What the configuration says of one mount.
#[derive(Clone)]
pub struct Configured {
    pub id: String,
    pub prefix: MountPrefix,
    pub kind: MountKind,
    pub url: String,
    /// Below which name of the registry its repositories lie.
    pub below: Option<RepositoryName>,
    pub refresh_s: Option<u64>,
}

/// What is kept of a mount in its settings: of one of the configuration, or of the console.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Noted {
    address: Option<String>,
    moved: Option<LedElsewhere>,
    #[serde(skip_serializing)]
    upstream_prefix: Option<RepositoryName>,
}

/// Makes the table say what the configuration says; returns the id of each mount, in order.
/// A mount that is configured no longer rests with its catalog. One that leads elsewhere leaves behind what was under way
/// there.
pub async fn configure(tx: &mut Tx, mounts: &[Configured], now: Timestamp) -> Result<Vec<String>> {
    tx.run("UPDATE mounts SET active = 0 WHERE source = 'file'", vec![]).await?;
    let sql = "INSERT INTO mounts (id, prefix, kind, url, refresh_s, position, active, capabilities, settings)
               VALUES ($1, $2, $3, $4, $5, $6, 1, '{}', $7)
               ON CONFLICT (prefix) DO UPDATE SET kind = excluded.kind, url = excluded.url,
                 refresh_s = excluded.refresh_s, position = excluded.position, active = 1,
                 source = 'file', settings = excluded.settings, sealed = NULL";
    let mut ids = Vec::with_capacity(mounts.len());
    for (position, mount) in mounts.iter().enumerate() {
        refuse_mixing(tx, mount).await?;
        let refresh = mount.refresh_s.map(|seconds| seconds as i64);
        let noted = serde_json::to_string(&noted(tx, mount, now).await?).map_err(|_| Error::Internal)?;
        tx.run(sql, params![&mount.id, &mount.prefix, mount.kind, &mount.url, refresh, position as i64, noted]).await?;
        let row = tx.one("SELECT id FROM mounts WHERE prefix = $1", params![&mount.prefix]).await?;
        ids.push(row.map_or(Ok(mount.id.clone()), |mut row| row.take())?);
    }
    Ok(ids)
}

/// What to keep of a mount of the configuration; what is under way at another address than it has by now is left there.
async fn noted(tx: &mut Tx, mount: &Configured, now: Timestamp) -> Result<Noted> {
    if mount.kind == MountKind::Hosted {
        return Ok(Noted::default());
    }
    let is = address(&mount.url, mount.below.as_ref());
    let sql = "SELECT id, url, source, settings FROM mounts WHERE prefix = $1 AND kind = $2";
    let Some(mut row) = tx.one(sql, params![&mount.prefix, MountKind::Remote]).await? else {
        return Ok(Noted { address: Some(is), ..Noted::default() });
    };
    let (id, url, source): (String, String, String) = (row.take()?, row.take()?, row.take()?);
    let before: Noted = serde_json::from_str(&row.take::<String>()?).unwrap_or_default();
    // An earlier version did not keep below which name one of the configuration lay.
    let below = if source == "file" { mount.below.clone() } else { before.upstream_prefix };
    let was = before.address.unwrap_or_else(|| address(&url, below.as_ref()));
    if was == is {
        return Ok(Noted { address: Some(is), moved: before.moved, ..Noted::default() });
    }
    let (n_going, n_held) = under_way::leave(tx, &id, (&was, &is)).await?;
    tracing::warn!(
        prefix = mount.prefix.shown(),
        was,
        is,
        n_going,
        n_held,
        "a mount leads to another address than before: what was under way at the old one is left there, nothing of it is done at the new one"
    );
    let moved = LedElsewhere { was, at: now, n_going, n_held };
    Ok(Noted { address: Some(is), moved: Some(moved), ..Noted::default() })
}

/// A prefix that holds repositories of one registry cannot be given to another: their names would mix. Nor can one whose
/// trash holds something of the other kind, as its mount is found by the prefix and keeps its id: what was deleted in the
/// hosted registry would be looked for at the one elsewhere.
pub(super) async fn refuse_mixing(tx: &mut Tx, mount: &Configured) -> Result<()> {
    let sql = "SELECT COUNT(*) FROM repositories r JOIN mounts m ON m.id = r.mount_id
               WHERE (m.prefix = $1 AND m.kind <> $2) OR (m.prefix <> $1 AND $1 <> '' AND r.name LIKE $3 ESCAPE '\\')";
    let below = format!("{}/%", super::dialect::like_literal(mount.prefix.as_str()));
    let row = tx.one(sql, params![&mount.prefix, mount.kind, below]).await?;
    let n = row.map_or(Ok(0), |mut row| row.take::<u64>())?;
    if n > 0 {
        return Err(Error::Conflict(format!(
            "the prefix `{}` holds {n} repositories of another registry; mount this one at another prefix",
            mount.prefix
        )));
    }
    refuse_others_trash(tx, mount).await
}

async fn refuse_others_trash(tx: &mut Tx, mount: &Configured) -> Result<()> {
    let sql = "SELECT COUNT(*) FROM trash t JOIN mounts m ON m.id = t.mount_id WHERE m.prefix = $1 AND m.kind <> $2";
    let row = tx.one(sql, params![&mount.prefix, mount.kind]).await?;
    match row.map_or(Ok(0), |mut row| row.take::<u64>())? {
        0 => Ok(()),
        n => Err(Error::Conflict(format!(
            "the trash holds {n} things that were deleted at the prefix `{}` in another registry; mount this one at another \
             prefix, or mount that one there again and delete for good what the trash holds of it",
            mount.prefix
        ))),
    }
}

/// Keeps what a probe found.
pub async fn set_capabilities(tx: &mut Tx, id: &str, found: &[(Capability, Option<bool>)]) -> Result<()> {
    let text = serde_json::to_string(found).unwrap_or_default();
    tx.run("UPDATE mounts SET capabilities = $2 WHERE id = $1", params![id, text]).await?;
    Ok(())
}

/// Keeps what the last listing could not take in, in words.
pub async fn set_left_out(tx: &mut Tx, id: &str, left_out: Option<&str>) -> Result<()> {
    tx.run("UPDATE mounts SET left_out = $2 WHERE id = $1", params![id, left_out]).await?;
    Ok(())
}

/// A round begins.
pub async fn crawl_started(tx: &mut Tx, id: &str, now: Timestamp) -> Result<()> {
    let sql = "UPDATE mounts SET crawl_started_at = $2, n_read = 0, n_to_read = 0 WHERE id = $1";
    tx.run(sql, params![id, now]).await?;
    Ok(())
}

/// How far a round is, counted: what was read since it began, by whomever, of what the registry has.
pub async fn crawl_progress(tx: &mut Tx, id: &str, started: Timestamp) -> Result<()> {
    let sql = "UPDATE mounts SET
        n_read = (SELECT COUNT(*) FROM repositories r WHERE r.mount_id = $1 AND r.missing_since IS NULL AND r.read_at >= $2),
        n_to_read = (SELECT COUNT(*) FROM repositories r WHERE r.mount_id = $1 AND r.missing_since IS NULL)
        WHERE id = $1";
    tx.run(sql, params![id, started]).await?;
    Ok(())
}

/// One more repository is read; the next [`crawl_progress`] counts exactly.
pub async fn crawl_advanced(tx: &mut Tx, id: &str) -> Result<()> {
    tx.run("UPDATE mounts SET n_read = n_read + 1 WHERE id = $1 AND n_read < n_to_read", params![id]).await?;
    Ok(())
}

/// A round ends well: the catalog agrees with the registry as of when it `started`.
pub async fn crawl_finished(tx: &mut Tx, id: &str, started: Timestamp) -> Result<()> {
    let sql = "UPDATE mounts SET crawl_started_at = NULL, crawl_finished_at = $2, failed_at = NULL, failure = NULL,
        n_missing = (SELECT COUNT(*) FROM repositories r WHERE r.mount_id = $1 AND r.missing_since IS NOT NULL)
                  + (SELECT COUNT(*) FROM tags t JOIN repositories r ON r.id = t.repository_id
                     WHERE r.mount_id = $1 AND t.missing_since IS NOT NULL)
        WHERE id = $1";
    tx.run(sql, params![id, started]).await?;
    Ok(())
}

/// A round fails, in words.
pub async fn crawl_failed(tx: &mut Tx, id: &str, message: &str, now: Timestamp) -> Result<()> {
    let sql = "UPDATE mounts SET crawl_started_at = NULL, failed_at = $2, failure = $3 WHERE id = $1";
    tx.run(sql, params![id, now, message]).await?;
    Ok(())
}

/// A look at one repository fails, in words. A round that is under way goes on.
pub async fn look_failed(tx: &mut Tx, id: &str, message: &str, now: Timestamp) -> Result<()> {
    tx.run("UPDATE mounts SET failed_at = $2, failure = $3 WHERE id = $1", params![id, now, message]).await?;
    Ok(())
}

/// The registry answered: whatever failed before is over.
pub async fn reachable(tx: &mut Tx, id: &str) -> Result<()> {
    tx.run("UPDATE mounts SET failed_at = NULL, failure = NULL WHERE id = $1 AND failed_at IS NOT NULL", params![id])
        .await?;
    Ok(())
}

fn mount(row: &mut Row, now: Timestamp) -> Result<Mount> {
    let (id, prefix) = (row.take()?, row.take()?);
    let kind = row.take()?;
    let (url, refresh_s, probed): (_, Option<u64>, String) = (row.take()?, row.take()?, row.take()?);
    let totals = Totals {
        repositories: row.take()?,
        tags: row.take()?,
        images: row.take()?,
        stored: row.take()?,
        logical: row.take()?,
        tags_sharing: row.take()?,
    };
    let (missing, read, total) = (row.take()?, row.take::<u64>()?, row.take::<u64>()?);
    let (started, finished): (Option<Timestamp>, Option<Timestamp>) = (row.take()?, row.take()?);
    let (_, failure, left_out): (Option<Timestamp>, Option<String>, _) = (row.take()?, row.take()?, row.take()?);
    let is_of_file = row.take::<String>()? == "file";
    let noted: Noted = serde_json::from_str(&row.take::<String>()?).unwrap_or_default();
    let (hook_at, heard_at) = (row.take()?, row.take()?);
    let crawl = match (started, failure, finished) {
        (_, Some(message), _) => CrawlState::Failed { message },
        (Some(started), None, _) => CrawlState::Running { read, total, left_s: left_s(started, now, read, total) },
        (None, None, None) if kind == MountKind::Remote => CrawlState::Never,
        _ => CrawlState::Rested,
    };
    let capabilities = serde_json::from_str(&probed).unwrap_or_else(|_| Capability::ALL.map(|it| (it, None)).to_vec());
    let (as_of, is_read_only) = (finished, kind != MountKind::Hosted);
    Ok(Mount {
        id,
        row: MountRow {
            prefix,
            kind,
            url,
            capabilities,
            totals,
            missing,
            left_out,
            crawl,
            as_of,
            refresh_s,
            is_read_only,
            keeps_trash: true,
            is_of_file,
            hook_at,
            heard_at,
        },
        crawl_started_at: started,
        moved: noted.moved,
    })
}

/// Seconds to go at the pace so far; unknown in the first five seconds.
fn left_s(started: Timestamp, now: Timestamp, read: u64, total: u64) -> Option<u64> {
    let elapsed_ms = u64::try_from(now.0 - started.0).ok().filter(|ms| *ms >= 5_000 && read > 0)?;
    Some(elapsed_ms * total.saturating_sub(read) / read / 1000)
}
