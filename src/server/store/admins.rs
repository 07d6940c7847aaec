//! Whether anybody is left who can sign in and do everything: one condition, asked before and after each change that
//! could lock all administrators out. A change that takes nothing from it passes.

use super::{Tx, Value};
use crate::domain::{Error, Result};
use crate::params;

/// By what people may come in, as far as the configuration says; providers of the console stand in the database.
#[derive(Clone, Debug, Default)]
pub struct Ways {
    /// By a password.
    pub local_sign_in: bool,
    /// Providers that the configuration names, each with its issuer.
    pub of_file: Vec<(String, String)>,
}

/// How well the instance is provided for: nobody, somebody by a provider's word, which it can take back at any time,
/// or somebody by a grant that was given here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provided {
    ByNobody,
    ByWord,
    ByGrant,
}

/// What was so before a change.
#[must_use = "a change is judged after it was made"]
pub struct Guard {
    ways: Ways,
    before: Provided,
}

impl Guard {
    /// Before the change.
    pub async fn before(tx: &mut Tx, ways: Ways) -> Result<Self> {
        tx.lock("portolan administrators").await?;
        let before = provided(tx, &ways).await?;
        Ok(Self { ways, before })
    }

    /// After it.
    ///
    /// # Errors
    /// [`Error::Conflict`] if nobody is left who may do everything, which undoes the change.
    pub async fn after(self, tx: &mut Tx) -> Result<()> {
        match provided(tx, &self.ways).await? < self.before {
            true => Err(Error::Conflict(
                "nobody would be left who can sign in and may do everything; make another administrator first"
                    .to_owned(),
            )),
            false => Ok(()),
        }
    }
}

/// Who holds the role without an end, is let in without an end, and has something to sign in with that is in force.
pub async fn provided(tx: &mut Tx, ways: &Ways) -> Result<Provided> {
    let (in_force, params) = in_force(ways);
    let by_password = match ways.local_sign_in {
        true => "EXISTS (SELECT 1 FROM passwords w WHERE w.user_id = p.id)",
        false => "1 = 0",
    };
    let sql = format!(
        "WITH holders AS (
           SELECT g.grantee AS user_id, g.source FROM grants g
             WHERE g.grantee_kind = 'user' AND g.role = 'admin' AND g.expires_at IS NULL
           UNION ALL SELECT m.user_id, m.source FROM group_members m
             JOIN grants g ON g.grantee = m.group_id AND g.grantee_kind = 'group'
             WHERE g.role = 'admin' AND g.expires_at IS NULL),
         vouched AS (SELECT i.user_id, i.provider FROM identities i WHERE {in_force})
         SELECT DISTINCT h.source FROM holders h JOIN principals p ON p.id = h.user_id
         WHERE p.disabled_at IS NULL AND p.expires_at IS NULL
           AND ({by_password} OR EXISTS (SELECT 1 FROM vouched v WHERE v.user_id = p.id))
           AND (h.source = '' OR EXISTS (SELECT 1 FROM vouched v WHERE v.user_id = p.id AND v.provider = h.source))"
    );
    let rows = tx.all(&sql, params).await?.into_iter();
    let sources = rows.map(|mut row| row.take()).collect::<Result<Vec<String>>>()?;
    Ok(match sources.iter().any(String::is_empty) {
        true => Provided::ByGrant,
        false if sources.is_empty() => Provided::ByNobody,
        false => Provided::ByWord,
    })
}

/// Whether there is anybody at all who was made an administrator here, or is one by the word of a provider in force.
pub async fn exist(tx: &mut Tx, ways: &Ways) -> Result<bool> {
    let sql = "SELECT 1 AS found FROM grants g JOIN principals p ON p.id = g.grantee
               WHERE g.grantee_kind = 'user' AND g.role = 'admin' AND g.source = '' LIMIT 1";
    Ok(tx.one(sql, params![]).await?.is_some() || provided(tx, ways).await? != Provided::ByNobody)
}

/// The condition that an identity `i` is of a provider in force. One of the configuration stands before one of the
/// console by the same name.
fn in_force(ways: &Ways) -> (String, Vec<Value>) {
    let (mut own, mut named, mut params) = (String::new(), vec![], params![]);
    for (name, issuer) in &ways.of_file {
        let first = params.len() + 1;
        own.push_str(&format!("(i.provider = ${first} AND i.issuer = ${}) OR ", first + 1));
        named.push(format!("${first}"));
        params.extend(params![name, issuer]);
    }
    let others = if named.is_empty() { String::new() } else { format!(" AND c.name NOT IN ({})", named.join(", ")) };
    let sql = format!(
        "{own}EXISTS (SELECT 1 FROM providers c WHERE c.is_enabled = 1 AND c.secret IS NOT NULL
           AND c.name = i.provider AND c.url = i.issuer{others})"
    );
    (sql, params)
}
