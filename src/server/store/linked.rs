//! Identities that are linked to an account that is there, and taken from it again.

use super::identities::{self, COLUMNS, Identity, Said};
use super::sessions::PROVIDER;
use super::{Tx, epoch, grants, waiting};
use crate::domain::{Actor, Result};
use crate::params;

/// Whose the identity is by now, if it is anybody's. Whoever is told is alone with it until the end of the transaction.
pub async fn owner(tx: &mut Tx, identity: &Identity) -> Result<Option<String>> {
    tx.lock(&format!("identity {} of {}", identity.subject, identity.issuer)).await?;
    let found = identities::find_in(tx, &identity.issuer, &identity.subject).await?;
    Ok(found.map(|found| found.user_id))
}

/// Whether the account has an identity at that issuer.
pub async fn has_one_at(tx: &mut Tx, user_id: &str, issuer: &str) -> Result<bool> {
    Ok(of_user(tx, user_id).await?.iter().any(|identity| identity.issuer == issuer))
}

/// Links what a provider says of somebody to the account that is named there, and makes of it what the provider says.
/// The identity has to be nobody's.
pub async fn link(tx: &mut Tx, said: &Said, by: &Actor) -> Result<()> {
    let Identity { issuer, subject, .. } = &said.identity;
    identities::insert(tx, &said.identity).await?;
    waiting::remove(tx, issuer, subject).await?;
    identities::follow(tx, said, by).await?;
    epoch::next(tx).await
}

/// Takes an identity from its account, with all that followed from it and the sessions that it opened; but for the
/// session that asks. `false` if the account does not have it.
pub async fn unlink(tx: &mut Tx, identity: &Identity, session: &str) -> Result<bool> {
    let Identity { issuer, subject, provider, user_id, .. } = identity;
    tx.lock(&format!("identity of {user_id}")).await?;
    tx.run("DELETE FROM claimed_groups WHERE issuer = $1 AND subject = $2", params![issuer, subject]).await?;
    let sql = "DELETE FROM identities WHERE issuer = $1 AND subject = $2 AND user_id = $3";
    if tx.run(sql, params![issuer, subject, user_id]).await? == 0 {
        return Ok(false);
    }
    // One of the same name may have led to another issuer before, and still says something of them.
    if !of_user(tx, user_id).await?.iter().any(|other| other.provider == *provider) {
        let sql = "DELETE FROM group_members WHERE user_id = $1 AND source = $2";
        tx.run(sql, params![user_id, provider]).await?;
        let sql = "SELECT id FROM grants WHERE grantee = $1 AND grantee_kind = 'user' AND source = $2";
        for mut row in tx.all(sql, params![user_id, provider]).await? {
            grants::delete(tx, &row.take::<String>()?).await?;
        }
        let sql = "DELETE FROM sessions WHERE user_id = $1 AND way = $2 AND id <> $3";
        tx.run(sql, params![user_id, format!("{PROVIDER}{provider}"), session]).await?;
    }
    epoch::next(tx).await.map(|()| true)
}

/// Whether an account can be signed in to as things stand: by a password, where those count (`is_local`), or by an
/// identity at one of these providers, each with its name and its issuer.
pub async fn can_sign_in(tx: &mut Tx, user_id: &str, is_local: bool, in_force: &[(String, String)]) -> Result<bool> {
    let vouches = |it: &Identity| {
        it.refused_at.is_none() && in_force.iter().any(|(name, issuer)| *name == it.provider && *issuer == it.issuer)
    };
    if of_user(tx, user_id).await?.iter().any(vouches) {
        return Ok(true);
    }
    let sql = "SELECT 1 AS found FROM passwords WHERE user_id = $1";
    Ok(is_local && tx.one(sql, params![user_id]).await?.is_some())
}

async fn of_user(tx: &mut Tx, user_id: &str) -> Result<Vec<Identity>> {
    let sql = format!("SELECT {COLUMNS} FROM identities WHERE user_id = $1");
    tx.all(&sql, params![user_id]).await?.into_iter().map(identities::identity).collect()
}
