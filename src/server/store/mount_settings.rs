//! Mounts of the console: how each is set, and what goes when it is removed.

use super::{Row, Store, Tx, epoch, jobs, mounts, under_way};
use crate::domain::mount::{MountSettings, address};
use crate::domain::principal::Job;
use crate::domain::view::MountKind;
use crate::domain::{Error, MountPrefix, Result, Timestamp};
use crate::params;

/// A mount as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub id: String,
    pub prefix: MountPrefix,
    pub settings: MountSettings,
    /// The password of the registry, sealed.
    pub sealed: Option<Vec<u8>>,
}

/// Behind those of the configuration, in the order of their prefixes.
const POSITION: i64 = 1_000_000;

const COLUMNS: &str = "id, prefix, url, refresh_s, visibility, settings, sealed";

/// All that are in force.
pub async fn all(store: &Store) -> Result<Vec<Kept>> {
    let sql =
        format!("SELECT {COLUMNS} FROM mounts WHERE source = 'console' AND active = 1 ORDER BY position, prefix, id");
    store.all(&sql, vec![]).await?.into_iter().map(|mut row| kept(&mut row)).collect()
}

/// One of them.
pub async fn find(store: &Store, id: &str) -> Result<Option<Kept>> {
    let sql = format!("SELECT {COLUMNS} FROM mounts WHERE id = $1 AND source = 'console' AND active = 1");
    store.one(&sql, params![id]).await?.map(|mut row| kept(&mut row)).transpose()
}

/// Mounts a registry, which is read at once. Returns its id: that of a mount which rests there, if one does.
///
/// # Errors
/// [`Error::Invalid`] if the prefix is taken or holds repositories of another registry.
pub async fn insert(tx: &mut Tx, new: &Kept, job: &str, now: Timestamp) -> Result<String> {
    under_way::lock(tx).await?;
    let Kept { id, prefix, settings, .. } = new;
    refuse_taken(tx, new).await?;
    let configured = mounts::Configured {
        id: id.clone(),
        prefix: prefix.clone(),
        kind: MountKind::Remote,
        url: settings.url.clone(),
        below: settings.upstream_prefix.clone(),
        refresh_s: Some(settings.refresh_s),
    };
    mounts::refuse_mixing(tx, &configured).await.map_err(|error| match error {
        Error::Conflict(message) => Error::invalid("prefix", message),
        other => other,
    })?;
    let sql = "INSERT INTO mounts (id, prefix, kind, url, position, active, capabilities, source)
               VALUES ($1, $2, $3, $4, $5, 1, '{}', 'console')
               ON CONFLICT (prefix) DO UPDATE SET active = 1, source = 'console', kind = excluded.kind, position = excluded.position,
                 capabilities = '{}', failed_at = NULL, failure = NULL, crawl_started_at = NULL,
                 hook_fingerprint = NULL, hook_at = NULL, heard_at = NULL";
    tx.run(sql, params![id, prefix, MountKind::Remote, &settings.url, POSITION]).await?;
    let row = tx.one("SELECT id FROM mounts WHERE prefix = $1", params![prefix]).await?;
    let id: String = row.ok_or(Error::Internal)?.take()?;
    set(tx, &Kept { id: id.clone(), ..new.clone() }).await?;
    jobs::ensure(tx, job, Job::Crawl.name(), &id, now).await?;
    jobs::hasten(tx, Job::Crawl.name(), &id, now).await?;
    Ok(id)
}

/// That a prefix is that of another mount.
pub fn is_mounted_there() -> Error {
    Error::invalid("prefix", "another registry is mounted there; choose another prefix")
}

/// A mount that rests there comes back, unless it was that of another registry and what was read of that is still there.
async fn refuse_taken(tx: &mut Tx, new: &Kept) -> Result<()> {
    let sql = "SELECT active, url, (SELECT COUNT(*) FROM repositories r WHERE r.mount_id = m.id) FROM mounts m
               WHERE prefix = $1";
    let Some(mut row) = tx.one(sql, params![&new.prefix]).await? else { return Ok(()) };
    let (active, url, n): (i64, String, u64) = (row.take()?, row.take()?, row.take()?);
    let kept =
        || format!("{n} repositories of {url} are kept there; mount that registry again, or choose another prefix");
    match active {
        1 => Err(is_mounted_there()),
        _ if n > 0 && url != new.settings.url => Err(Error::invalid("prefix", kept())),
        _ => Ok(()),
    }
}

/// Sets how a mount is reached and seen; the registry is read at once.
///
/// # Errors
/// [`Error::Conflict`] if it is not set as it was `before`.
pub async fn change(tx: &mut Tx, (before, kept): (&Kept, &Kept), now: Timestamp) -> Result<()> {
    under_way::lock(tx).await?;
    let sql = format!("SELECT {COLUMNS} FROM mounts WHERE id = $1 AND source = 'console' AND active = 1");
    let found = tx.one(&sql, params![&kept.id]).await?.map(|mut row| self::kept(&mut row)).transpose()?;
    if found.as_ref() != Some(before) {
        return Err(Error::Conflict("somebody else changed or removed this mount; look again".to_owned()));
    }
    let address = |of: &Kept| address(&of.settings.url, of.settings.upstream_prefix.as_ref());
    let (was, is) = (address(before), address(kept));
    if was != is {
        under_way::leave(tx, &kept.id, (&was, &is)).await?;
    }
    set(tx, kept).await?;
    jobs::hasten(tx, Job::Crawl.name(), &kept.id, now).await
}

async fn set(tx: &mut Tx, kept: &Kept) -> Result<()> {
    let Kept { id, settings, sealed, .. } = kept.clone();
    let text = serde_json::to_string(&settings).map_err(|_| Error::Internal)?;
    let sql = "UPDATE mounts SET url = $2, refresh_s = $3, visibility = $4, settings = $5, sealed = $6 WHERE id = $1";
    let visibility = settings.visibility.name();
    tx.run(sql, params![id, settings.url, settings.refresh_s as i64, visibility, text, sealed]).await?;
    epoch::next(tx).await
}

/// Whether a mount is still in force.
pub async fn is_there(tx: &mut Tx, id: &str) -> Result<bool> {
    Ok(tx.one("SELECT id FROM mounts WHERE id = $1 AND active = 1", params![id]).await?.is_some())
}

/// Grants in scopes that lie under a mount and under no other that lies in it.
const ITS_GRANTS: &str = "FROM grants WHERE scope IN (SELECT name FROM repositories WHERE mount_id = $1)
    OR EXISTS (SELECT 1 FROM mounts m WHERE m.id = $1 AND m.prefix <> ''
         AND SUBSTR(grants.scope, 1, LENGTH(m.prefix) + 1) = m.prefix || '/'
         AND NOT EXISTS (SELECT 1 FROM mounts o WHERE o.active = 1 AND LENGTH(o.prefix) > LENGTH(m.prefix)
             AND SUBSTR(o.prefix, 1, LENGTH(m.prefix) + 1) = m.prefix || '/'
             AND SUBSTR(grants.scope, 1, LENGTH(o.prefix) + 1) = o.prefix || '/'))";

/// How many grants go with a mount.
pub async fn n_grants(store: &Store, id: &str) -> Result<u64> {
    let row = store.one(&format!("SELECT COUNT(*) {ITS_GRANTS}"), params![id]).await?;
    row.map_or(Ok(0), |mut row| row.take())
}

/// What belongs to repositories, each before what it refers to.
const OF_REPOSITORIES: [&str; 11] = [
    "stars",
    "referrers",
    "manifest_edges",
    "pulls",
    "tag_moves",
    "tags",
    "deleted_names",
    "deleted_blobs",
    "deleted_edges",
    "repository_blobs",
    "manifests",
];

/// Forgets a mount: its repositories as they were read, the grants on them, its password. The registry is not asked.
pub async fn remove(tx: &mut Tx, id: &str) -> Result<()> {
    tx.lock("portolan mounts").await?;
    tx.lock(id).await?;
    if !is_there(tx, id).await? {
        return Err(Error::Conflict("somebody else removed this mount".to_owned()));
    }
    tx.run(&format!("DELETE {ITS_GRANTS}"), params![id]).await?;
    for table in ["deleted_tags", "deleted_manifests"] {
        let sql = format!(
            "DELETE FROM {table} WHERE entry IN (SELECT n.entry FROM deleted_names n JOIN repositories r
               ON r.id = n.repository_id WHERE r.mount_id = $1)"
        );
        tx.run(&sql, params![id]).await?;
    }
    for table in OF_REPOSITORIES {
        let sql =
            format!("DELETE FROM {table} WHERE repository_id IN (SELECT id FROM repositories WHERE mount_id = $1)");
        tx.run(&sql, params![id]).await?;
    }
    for sql in [
        "DELETE FROM trash WHERE mount_id = $1",
        "DELETE FROM trash_holds WHERE mount_id = $1",
        "DELETE FROM trash_going WHERE mount_id = $1",
        "DELETE FROM namespaces WHERE mount_id = $1",
        "DELETE FROM repositories WHERE mount_id = $1",
        "DELETE FROM jobs WHERE kind = 'crawl' AND object = $1",
        "DELETE FROM mounts WHERE id = $1",
    ] {
        tx.run(sql, params![id]).await?;
    }
    under_way::forget_left(tx, id).await?;
    epoch::next(tx).await
}

fn kept(row: &mut Row) -> Result<Kept> {
    let (id, prefix, url) = (row.take()?, row.take()?, row.take()?);
    let refresh_s = row.take::<Option<u64>>()?.unwrap_or(crate::domain::mount::REFRESH_S);
    let visibility: String = row.take()?;
    let settings: MountSettings = serde_json::from_str(&row.take::<String>()?).map_err(|_| Error::Internal)?;
    let settings = MountSettings { url, refresh_s, visibility: visibility.parse()?, ..settings };
    Ok(Kept { id, prefix, settings, sealed: row.take()? })
}
