//! Whether anybody is left who can sign in and do everything: one condition, asked before and after each change that
//! could lock all administrators out. A change that takes nothing from it passes.

use super::{Tx, Value, batch, providers};
use crate::domain::{Error, Result};
use crate::params;

/// By what people may come in, as far as the configuration says; providers of the console stand in the database.
#[derive(Clone, Debug, Default)]
pub struct Ways {
    /// By a password.
    pub local_sign_in: bool,
    /// Providers that the configuration names.
    pub of_file: Vec<OfFile>,
}

/// A provider that the configuration names.
#[derive(Clone, Debug)]
pub struct OfFile {
    pub name: String,
    pub issuer: String,
    /// Who is in one of these is an administrator by its word.
    pub admin_groups: Vec<String>,
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

/// What is said besides where nobody is left because a provider would be asked otherwise.
pub fn untried(error: Error) -> Error {
    match error {
        Error::Conflict(words) => {
            Error::Conflict(format!("{words}: nobody came by the provider yet as it would be then"))
        }
        _ => error,
    }
}

/// Who holds the role without an end, is let in without an end, and has something to sign in with: a password, or an
/// identity by which they came since its provider is asked as it is now. Whom the provider made an administrator has to
/// be in a group that still does.
pub async fn provided(tx: &mut Tx, ways: &Ways) -> Result<Provided> {
    let (in_force, admin_groups, params) = in_force(tx, ways).await?;
    let by_password = match ways.local_sign_in {
        true => "EXISTS (SELECT 1 FROM passwords w WHERE w.user_id = p.id)",
        false => "1 = 0",
    };
    let sql = format!(
        "WITH way (name, issuer, since) AS (VALUES {in_force}),
         naming (name, value) AS (VALUES {admin_groups}),
         holders AS (
           SELECT g.grantee AS user_id, g.source, 0 AS is_member FROM grants g
             WHERE g.grantee_kind = 'user' AND g.role = 'admin' AND g.expires_at IS NULL
           UNION ALL SELECT m.user_id, m.source, 1 FROM group_members m
             JOIN grants g ON g.grantee = m.group_id AND g.grantee_kind = 'group'
             WHERE g.role = 'admin' AND g.expires_at IS NULL),
         vouched AS (
           SELECT i.user_id, i.provider,
             CASE WHEN EXISTS (SELECT 1 FROM claimed_groups c JOIN naming n ON n.value = c.value
               WHERE c.issuer = i.issuer AND c.subject = i.subject AND n.name = i.provider) THEN 1 ELSE 0 END AS is_named
           FROM identities i JOIN way w ON w.name = i.provider AND w.issuer = i.issuer AND w.since <= i.checked_at)
         SELECT DISTINCT h.source FROM holders h JOIN principals p ON p.id = h.user_id
         WHERE p.disabled_at IS NULL AND p.expires_at IS NULL
           AND ({by_password} OR EXISTS (SELECT 1 FROM vouched v WHERE v.user_id = p.id))
           AND (h.source = '' OR EXISTS (SELECT 1 FROM vouched v
             WHERE v.user_id = p.id AND v.provider = h.source AND (v.is_named = 1 OR h.is_member = 1)))"
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

/// The providers in force as rows of a name, an issuer and since when it is asked so, and as rows of a name and a group
/// that makes administrators. One of the configuration stands before one of the console by the same name.
async fn in_force(tx: &mut Tx, ways: &Ways) -> Result<(String, String, Vec<Value>)> {
    // Nobody's, for there has to be a row.
    let (mut rows, mut groups) = (vec![params!["", "", 0_i64]], vec![params!["", ""]]);
    let mut add = |name: &str, issuer: &str, since: i64, admin_groups: &[String]| {
        rows.push(params![name, issuer, since]);
        groups.extend(admin_groups.iter().map(|group| params![name, group]));
    };
    for OfFile { name, issuer, admin_groups } in &ways.of_file {
        add(name, issuer, 0, admin_groups);
    }
    for it in providers::in_force(tx).await? {
        if !ways.of_file.iter().any(|of_file| of_file.name == it.name.as_str()) {
            add(it.name.as_str(), &it.settings.url, it.asked_since.0, &it.settings.admin_groups);
        }
    }
    let (n_rows, n_groups) = (rows.len(), groups.len());
    let texts = (batch::rows(1, n_rows, 3), batch::rows(1 + 3 * n_rows, n_groups, 2));
    Ok((texts.0, texts.1, rows.into_iter().chain(groups).flatten().collect()))
}
