//! Groups and who is in them: put in here, or by what a provider says at each sign-in.

use super::{Row, Store, Tx, epoch};
use crate::domain::view::{ClaimRow, GroupRow, MemberRow};
use crate::domain::{Actor, GroupName, Result, Timestamp, Username};
use crate::params;
use std::collections::BTreeSet;

/// Groups after `after` in the order of their names.
pub async fn list(store: &Store, after: &str, limit: u32) -> Result<Vec<GroupRow>> {
    let sql = "SELECT g.id, g.name, (SELECT COUNT(DISTINCT m.user_id) FROM group_members m WHERE m.group_id = g.id),
                 (SELECT COUNT(*) FROM grants r WHERE r.grantee = g.id AND r.grantee_kind = 'group'),
                 (SELECT COUNT(*) FROM group_claims c WHERE c.group_id = g.id), first.provider, first.value
               FROM user_groups g LEFT JOIN group_claims first ON first.group_id = g.id
                 AND NOT EXISTS (SELECT 1 FROM group_claims c WHERE c.group_id = g.id
                   AND (c.provider < first.provider OR (c.provider = first.provider AND c.value < first.value)))
               WHERE g.name > $1 ORDER BY g.name LIMIT $2";
    let rows = store.all(sql, params![after, limit]).await?;
    let group = |mut row: Row| {
        let (id, name) = (row.take()?, row.take()?);
        let (n_members, n_grants, n_claims) = (row.take()?, row.take()?, row.take()?);
        let claim = match (row.take::<Option<String>>()?, row.take::<Option<String>>()?) {
            (Some(provider), Some(value)) => Some(ClaimRow { provider, value }),
            _ => None,
        };
        Ok(GroupRow { id, name, n_members, n_grants, n_claims, claim })
    };
    rows.into_iter().map(group).collect()
}

/// A group by its name or its id: both.
pub async fn find(store: &Store, text: &str) -> Result<Option<(String, GroupName)>> {
    let sql = "SELECT id, name FROM user_groups WHERE name = $1 OR id = $1 ORDER BY id = $1 DESC LIMIT 1";
    store.one(sql, params![text]).await?.map(|mut row| Ok((row.take()?, row.take()?))).transpose()
}

/// Whether a user is in a group, whoever says so.
pub async fn has(tx: &mut Tx, id: &str, user_id: &str) -> Result<bool> {
    let sql = "SELECT 1 AS found FROM group_members WHERE group_id = $1 AND user_id = $2 LIMIT 1";
    Ok(tx.one(sql, params![id, user_id]).await?.is_some())
}

/// The usernames of those who are put into a group here.
pub async fn own_members(store: &Store, id: &str, limit: u32) -> Result<BTreeSet<Username>> {
    let sql = "SELECT p.username FROM group_members m JOIN principals p ON p.id = m.user_id
               WHERE m.group_id = $1 AND m.source = '' ORDER BY p.username LIMIT $2";
    store.all(sql, params![id, limit]).await?.into_iter().map(|mut row| row.take()).collect()
}

/// Who is in a group, after `after` in the order of their names.
pub async fn members(store: &Store, id: &str, after: &str, limit: u32) -> Result<Vec<MemberRow>> {
    let sql = "SELECT p.username, p.name, MIN(m.source) FROM group_members m JOIN principals p ON p.id = m.user_id
               WHERE m.group_id = $1 AND p.username > $2 GROUP BY p.username, p.name ORDER BY p.username LIMIT $3";
    let rows = store.all(sql, params![id, after, limit]).await?;
    rows.into_iter()
        .map(|mut row| Ok(MemberRow { username: row.take()?, name: row.take()?, source: row.take()? }))
        .collect()
}

/// When the last of what a group was given ends; `None` is never, and what nothing was given to ended long ago.
pub async fn latest_end(tx: &mut Tx, id: &str) -> Result<Option<Timestamp>> {
    let sql = "SELECT expires_at FROM grants WHERE grantee = $1 AND grantee_kind = 'group'
               ORDER BY expires_at IS NULL DESC, expires_at DESC LIMIT 1";
    let row = tx.one(sql, params![id]).await?;
    row.map_or(Ok(Some(Timestamp(0))), |mut row| row.take())
}

/// Makes a group; `false` if the name is taken.
pub async fn insert(tx: &mut Tx, id: &str, name: &GroupName, by: &Actor, now: Timestamp) -> Result<bool> {
    let sql = "INSERT INTO user_groups (id, name, created_at, created_by) VALUES ($1, $2, $3, $4)
               ON CONFLICT (name) DO NOTHING";
    Ok(tx.run(sql, params![id, name, now, by]).await? == 1)
}

/// Puts a user into a group here.
pub async fn add(tx: &mut Tx, id: &str, user_id: &str) -> Result<()> {
    let sql = "INSERT INTO group_members (group_id, user_id, source) VALUES ($1, $2, '') ON CONFLICT DO NOTHING";
    tx.run(sql, params![id, user_id]).await?;
    epoch::next(tx).await
}

/// Takes a user out who was put in here.
pub async fn remove(tx: &mut Tx, id: &str, user_id: &str) -> Result<()> {
    let sql = "DELETE FROM group_members WHERE group_id = $1 AND user_id = $2 AND source = ''";
    tx.run(sql, params![id, user_id]).await?;
    epoch::next(tx).await
}

/// Takes a group away, with all access that it had.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<()> {
    for sql in [
        "DELETE FROM grants WHERE grantee = $1 AND grantee_kind = 'group'",
        "DELETE FROM group_members WHERE group_id = $1",
        "DELETE FROM group_claims WHERE group_id = $1",
        "DELETE FROM user_groups WHERE id = $1",
    ] {
        tx.run(sql, params![id]).await?;
    }
    epoch::next(tx).await
}
