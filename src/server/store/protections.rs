//! Protection rules: which there are, and setting them.

mod barring;
mod below;
mod beside;
mod covered;
mod room;
mod rules;

pub use barring::Barring;
pub use below::{below, below_beside};
pub(super) use beside::{as_parts, joined, of_parts, of_row};
pub(super) use covered::covered;
use room::make_room;
pub use rules::{By, Rules, bars, bars_content};

use super::{Known, Row, Store, Tx, Value, batch};
use crate::domain::protection::Guard;
use crate::domain::{Error, Protection, RepositoryName, Result, Rule, Scope, Tag};
use crate::params;

/// The most rules of one scope, and of a scope with all above it: every change of a tag reads those that cover it.
pub const MAX_OF_SCOPE: u64 = 100;
pub const MAX_OF_LINE: u64 = 300;
/// The most bytes that their patterns have together: all tags of a repository may be held against them.
pub const MAX_BYTES_OF_LINE: u64 = 16 << 10;

const COLUMNS: &str = "id, scope, tags, except_tags, kind, role, created_by, created_at";

/// The condition that a rule holds in a scope: it is set there or above. Its scopes take the slots from `first` on.
fn holding_in(scope: &Scope, first: usize) -> (String, Vec<Value>) {
    let line = scope.line();
    let condition = format!("scope IN ({})", batch::slots(first, line.len()));
    (condition, line.iter().map(|scope| scope.to_string().into()).collect())
}

fn covering(scope: &Scope) -> (String, Vec<Value>) {
    let (condition, params) = holding_in(scope, 1);
    (format!("SELECT {COLUMNS} FROM protections WHERE {condition} ORDER BY id"), params)
}

/// Rules that hold in a scope, or all of them, after `after` in the order in which they were set.
pub async fn list(store: &Store, scope: Option<&Scope>, after: &str, limit: u32) -> Result<Vec<Rule>> {
    let (condition, held) = scope.map_or(("1 = 1".to_owned(), vec![]), |scope| holding_in(scope, 3));
    let sql = format!("SELECT {COLUMNS} FROM protections WHERE {condition} AND id > $1 ORDER BY id LIMIT $2");
    let params = params![after, limit].into_iter().chain(held).collect();
    store.all(&sql, params).await?.into_iter().map(rule).collect()
}

/// The tags that are there in a scope, by name, with their repositories.
pub async fn tags_in(store: &Store, scope: &Scope, limit: u32) -> Result<Vec<(RepositoryName, Tag)>> {
    let (condition, held) = match scope {
        Scope::Everything => ("1 = 1", vec![]),
        Scope::Namespace(name) => ("r.name > $2 AND r.name < $3", params![format!("{name}/"), format!("{name}0")]),
        Scope::Repository(name) => ("r.name = $2", params![name]),
    };
    let sql = format!(
        "SELECT r.name, t.name FROM repositories r JOIN mounts m ON m.id = r.mount_id AND m.active = 1
           JOIN tags t ON t.repository_id = r.id WHERE {condition} ORDER BY r.name, t.name LIMIT $1"
    );
    let rows = store.scan(&sql, params![limit].into_iter().chain(held).collect()).await?;
    rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
}

/// The rule of that id.
pub async fn find(store: &Store, id: &str) -> Result<Option<Rule>> {
    let sql = format!("SELECT {COLUMNS} FROM protections WHERE id = $1");
    store.one(&sql, params![id]).await?.map(rule).transpose()
}

/// Sets a rule.
///
/// # Errors
/// [`Error::Conflict`] if there is one that says the same, or no room for another.
pub async fn insert(tx: &mut Tx, new: &Rule) -> Result<()> {
    make_room(tx, &new.id, &new.protection).await?;
    refuse_a_second(tx, "", &new.protection).await?;
    let sql = format!("INSERT INTO protections ({COLUMNS}) VALUES ({})", batch::slots(1, 8));
    let by = new.created_by.as_ref().map_or_else(String::new, |by| by.key());
    let params = [params![&new.id], said(&new.protection), params![by, new.created_at]].concat();
    tx.run(&sql, params).await.map(|_| ())
}

/// Makes a rule say something else; `false` if it is gone, or says something else than `before` by now.
///
/// # Errors
/// [`Error::Conflict`] if another one says the same, or there is no room for what it says.
pub async fn change(tx: &mut Tx, id: &str, before: &Protection, new: &Protection) -> Result<bool> {
    make_room(tx, id, new).await?;
    refuse_a_second(tx, id, new).await?;
    let sql = format!(
        "UPDATE protections SET scope = $2, tags = $3, except_tags = $4, kind = $5, role = $6 WHERE id = $1 AND {}",
        saying(7)
    );
    Ok(tx.run(&sql, [params![id], said(new), asked(before)].concat()).await? == 1)
}

/// Takes a rule away that says this; `false` if it is gone, or says something else by now.
pub async fn delete(tx: &mut Tx, id: &str, before: &Protection) -> Result<bool> {
    let sql = format!("DELETE FROM protections WHERE id = $1 AND {}", saying(2));
    Ok(tx.run(&sql, [params![id], asked(before)].concat()).await? == 1)
}

/// Besides the rule of that id.
async fn refuse_a_second(tx: &mut Tx, id: &str, new: &Protection) -> Result<()> {
    let sql = format!("SELECT id FROM protections WHERE id <> $1 AND {}", saying(2));
    match tx.one(&sql, [params![id], asked(new)].concat()).await? {
        None => Ok(()),
        Some(_) => Err(Error::Conflict("there is a rule already that says the same".to_owned())),
    }
}

/// The condition that a rule says what [`asked`] gives.
fn saying(first: usize) -> String {
    let [scope, tags, except, kind, role] = std::array::from_fn(|at| first + at);
    format!(
        "scope = ${scope} AND COALESCE(tags, '') = ${tags} AND COALESCE(except_tags, '') = ${except}
         AND kind = ${kind} AND COALESCE(role, '') = ${role}"
    )
}

fn asked(rule: &Protection) -> Vec<Value> {
    let text =
        |pattern: &Option<crate::domain::TagPattern>| pattern.as_ref().map_or(String::new(), ToString::to_string);
    let role = rule.guard.role().map_or("", |role| role.name());
    params![rule.scope.to_string(), text(&rule.tags), text(&rule.except), rule.guard.kind().name(), role]
}

fn said(rule: &Protection) -> Vec<Value> {
    let (tags, except) = (rule.tags.as_ref().map(|it| it.as_str()), rule.except.as_ref().map(|it| it.as_str()));
    let role = rule.guard.role().map(|role| role.name());
    params![rule.scope.to_string(), tags, except, rule.guard.kind().name(), role]
}

fn rule(mut row: Row) -> Result<Rule> {
    let id = row.take()?;
    let protection = protection(&mut row)?;
    let Known(created_by) = row.take()?;
    Ok(Rule { id, protection, created_by, created_at: row.take()? })
}

/// What a row says, from its scope on.
fn protection(row: &mut Row) -> Result<Protection> {
    let (scope, tags, except) = (row.take()?, row.take()?, row.take()?);
    let guard = Guard::new(row.take()?, row.take()?).map_err(|_| Error::Internal)?;
    Ok(Protection { scope, tags, except, guard })
}
