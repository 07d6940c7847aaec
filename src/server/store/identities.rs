//! Identities at providers, the users that they belong to, and what follows from what a provider says of them.

use super::grants::{self, GranteeId};
use super::{Row, Store, Tx, batch, epoch, group_claims, refresh_tokens};
use crate::domain::principal::PrincipalKind;
use crate::domain::{Actor, Error, Result, Role, Scope, Terms, Timestamp};
use crate::params;
use std::collections::BTreeSet;

/// Groups that go into one statement.
const TOGETHER: usize = 200;

/// An identity and its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub issuer: String,
    pub subject: String,
    /// By which provider they last came.
    pub provider: String,
    pub user_id: String,
    pub email: String,
    /// What the provider called them then; empty where it said nothing.
    pub name: String,
    /// When the provider last spoke of them: they came, or it was asked.
    pub checked_at: Timestamp,
    /// When it said that it vouches for them no more; they have to come again.
    pub refused_at: Option<Timestamp>,
}

pub(super) const COLUMNS: &str = "issuer, subject, provider, user_id, email, name, checked_at, refused_at";

/// The identity of that subject.
pub async fn find(store: &Store, issuer: &str, subject: &str) -> Result<Option<Identity>> {
    let sql = format!("SELECT {COLUMNS} FROM identities WHERE issuer = $1 AND subject = $2");
    store.one(&sql, params![issuer, subject]).await?.map(identity).transpose()
}

/// The same within a transaction.
pub async fn find_in(tx: &mut Tx, issuer: &str, subject: &str) -> Result<Option<Identity>> {
    let sql = format!("SELECT {COLUMNS} FROM identities WHERE issuer = $1 AND subject = $2");
    tx.one(&sql, params![issuer, subject]).await?.map(identity).transpose()
}

/// The identities of a user, and whether they have a password besides.
pub async fn of_user(store: &Store, user_id: &str) -> Result<(Vec<Identity>, bool)> {
    let sql = "SELECT i.issuer, i.subject, i.provider, i.user_id, i.email, i.name, i.checked_at, i.refused_at,
                      p.user_id
               FROM identities i LEFT JOIN passwords p ON p.user_id = i.user_id WHERE i.user_id = $1";
    let (mut found, mut has_password) = (vec![], false);
    for mut row in store.all(sql, params![user_id]).await? {
        found.push(taken(&mut row)?);
        has_password = row.take::<Option<String>>()?.is_some();
    }
    Ok((found, has_password))
}

/// Those of these providers whose word about somebody counts still.
pub(super) async fn vouching(tx: &mut Tx, user_id: &str, providers: &[String]) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT provider FROM identities WHERE user_id = $1 AND refused_at IS NULL";
    let rows = tx.all(sql, params![user_id]).await?.into_iter();
    let mut found = rows.map(|mut row| row.take()).collect::<Result<Vec<String>>>()?;
    found.retain(|provider| providers.contains(provider));
    Ok(found)
}

/// Adds an identity. Nobody else may have it.
pub async fn insert(tx: &mut Tx, new: &Identity) -> Result<()> {
    let sql = "INSERT INTO identities (issuer, subject, provider, user_id, email, name, created_at, checked_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";
    let Identity { issuer, subject, provider, user_id, email, name, checked_at, .. } = new;
    let params = params![issuer, subject, provider, user_id, email, name, *checked_at];
    tx.run(sql, params).await.map(|_| ())
}

/// What a provider says of somebody at a sign-in.
#[derive(Clone)]
pub struct Said {
    /// The identity as it is from now on.
    pub identity: Identity,
    pub groups: Vec<String>,
    /// Whether they are an administrator by one of them.
    pub is_admin: bool,
    /// The id of the grant that says so, should one be needed.
    pub grant_id: String,
    /// By what the provider can be asked again, sealed; `None` leaves what there is.
    pub refresh: Option<Vec<u8>>,
}

/// Makes memberships and the administrator's grant what the provider says now, whatever they were: what it no longer
/// says is gone. Returns the groups that it named before.
pub async fn follow(tx: &mut Tx, said: &Said, by: &Actor) -> Result<Vec<String>> {
    let Identity { issuer, subject, provider, user_id, email, name, checked_at, .. } = &said.identity;
    tx.lock(&format!("identity of {user_id}")).await?;
    let Some(before) = find_in(tx, issuer, subject).await? else {
        return Err(Error::NotLetIn("this way in was unlinked in the meantime; sign in by another one".to_owned()));
    };
    let sql = "UPDATE identities SET provider = $3, email = $4, name = $5, checked_at = $6
               WHERE issuer = $1 AND subject = $2";
    tx.run(sql, params![issuer, subject, provider, email, name, *checked_at]).await?;
    refresh_tokens::keep(tx, &said.identity, said.refresh.as_deref()).await?;
    if before.refused_at.is_some() {
        epoch::next(tx).await?;
    }
    if before.provider != *provider {
        members(tx, user_id, &before.provider, &BTreeSet::new()).await?;
        admin(tx, said, &before.provider, (false, by)).await?;
    }
    let old = claimed(tx, issuer, subject).await?;
    set_claimed(tx, issuer, subject, &said.groups).await?;
    let mapped = group_claims::of_provider(tx, provider).await?.into_iter();
    let ours = mapped.filter(|(value, _)| said.groups.contains(value)).map(|(_, group_id)| group_id).collect();
    members(tx, user_id, provider, &ours).await?;
    admin(tx, said, provider, (said.is_admin, by)).await?;
    Ok(old)
}

/// Notes that somebody came again of whom a provider says what it said before; `false` if it says anything else, which
/// is for [`follow`].
pub async fn came_again(tx: &mut Tx, said: &Said) -> Result<bool> {
    let Identity { issuer, subject, provider, user_id, email, name, checked_at, .. } = &said.identity;
    tx.lock(&format!("identity of {user_id}")).await?;
    let before = find_in(tx, issuer, subject).await?;
    let same_way = before.is_some_and(|known| known.provider == *provider && known.refused_at.is_none());
    let known: BTreeSet<String> = claimed(tx, issuer, subject).await?.into_iter().collect();
    let sql = "SELECT id FROM grants WHERE grantee = $1 AND grantee_kind = 'user' AND source = $2";
    let was_admin = tx.one(sql, params![user_id, provider]).await?.is_some();
    if !same_way || known != said.groups.iter().cloned().collect() || was_admin != said.is_admin {
        return Ok(false);
    }
    let sql = "UPDATE identities SET email = $3, name = $4, checked_at = $5 WHERE issuer = $1 AND subject = $2";
    tx.run(sql, params![issuer, subject, email, name, *checked_at]).await?;
    refresh_tokens::keep(tx, &said.identity, said.refresh.as_deref()).await.map(|()| true)
}

async fn claimed(tx: &mut Tx, issuer: &str, subject: &str) -> Result<Vec<String>> {
    let sql = "SELECT value FROM claimed_groups WHERE issuer = $1 AND subject = $2 ORDER BY value";
    tx.all(sql, params![issuer, subject]).await?.into_iter().map(|mut row| row.take()).collect()
}

async fn set_claimed(tx: &mut Tx, issuer: &str, subject: &str, groups: &[String]) -> Result<()> {
    tx.run("DELETE FROM claimed_groups WHERE issuer = $1 AND subject = $2", params![issuer, subject]).await?;
    for some in groups.chunks(TOGETHER) {
        let rows = batch::rows(1, some.len(), 3);
        let sql = format!("INSERT INTO claimed_groups (issuer, subject, value) VALUES {rows} ON CONFLICT DO NOTHING");
        tx.run(&sql, some.iter().flat_map(|value| params![issuer, subject, value]).collect()).await?;
    }
    Ok(())
}

/// Replaces a user's memberships of one source; the epoch ends if they change.
async fn members(tx: &mut Tx, user_id: &str, source: &str, wanted: &BTreeSet<String>) -> Result<()> {
    let sql = "SELECT group_id FROM group_members WHERE user_id = $1 AND source = $2";
    let rows = tx.all(sql, params![user_id, source]).await?.into_iter();
    let present = rows.map(|mut row| row.take()).collect::<Result<BTreeSet<String>>>()?;
    if present == *wanted {
        return Ok(());
    }
    tx.run("DELETE FROM group_members WHERE user_id = $1 AND source = $2", params![user_id, source]).await?;
    for group_id in wanted {
        let sql = "INSERT INTO group_members (group_id, user_id, source) VALUES ($1, $2, $3)";
        tx.run(sql, params![group_id, user_id, source]).await?;
    }
    epoch::next(tx).await
}

/// Gives or takes the administrator's grant of one source. Those that were given here are not touched.
async fn admin(tx: &mut Tx, said: &Said, source: &str, (is_admin, by): (bool, &Actor)) -> Result<()> {
    let user_id = &said.identity.user_id;
    let sql = "SELECT id FROM grants WHERE grantee = $1 AND grantee_kind = 'user' AND source = $2";
    match (tx.one(sql, params![user_id, source]).await?, is_admin) {
        (None, true) => {
            let terms = Terms::new(Role::Admin, Scope::Everything, None, None)?;
            let to = GranteeId::Principal(PrincipalKind::User, user_id.clone());
            grants::insert(tx, &said.grant_id, &to, &terms, by, said.identity.checked_at).await?;
            let sql = "UPDATE grants SET source = $2 WHERE id = $1";
            tx.run(sql, params![&said.grant_id, source]).await.map(|_| ())
        }
        (Some(mut row), false) => grants::delete(tx, &row.take::<String>()?).await.map(|_| ()),
        (None, false) | (Some(_), true) => Ok(()),
    }
}

pub(super) fn identity(mut row: Row) -> Result<Identity> {
    taken(&mut row)
}

pub(super) fn taken(row: &mut Row) -> Result<Identity> {
    Ok(Identity {
        issuer: row.take()?,
        subject: row.take()?,
        provider: row.take()?,
        user_id: row.take()?,
        email: row.take()?,
        name: row.take()?,
        checked_at: row.take()?,
        refused_at: row.take()?,
    })
}
