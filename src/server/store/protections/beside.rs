//! Rules in a statement that asks for something else besides: pages have four.

use super::{holding_in, protection};
use crate::domain::protection::Guard;
use crate::domain::{Error, Protection, RepositoryName, Result, Scope};
use crate::server::store::{Row, Value};

/// The rules that cover a repository beside its row, which comes once for each of them, and once where there is none:
/// columns, the join, and the values of its slots from `first` on.
pub fn joined(repository: &RepositoryName, first: usize) -> (&'static str, String, Vec<Value>) {
    let (condition, params) = holding_in(&Scope::Repository(repository.clone()), first);
    let columns = "CASE WHEN p.id IS NULL THEN 0 ELSE 1 END, p.scope, p.tags, p.except_tags, p.kind, p.role";
    (columns, format!("LEFT JOIN protections p ON p.{condition}"), params)
}

/// What those columns say.
pub fn of_row(row: &mut Row) -> Result<Option<Protection>> {
    let is_there: bool = row.take()?;
    if is_there { protection(row).map(Some) } else { Ok(None) }
}

/// The rules that cover a repository as rows of what else is asked with them: `rule`, three texts, and four columns of nothing.
pub fn as_parts(repository: &RepositoryName, first: usize) -> (String, Vec<Value>) {
    let (condition, params) = holding_in(&Scope::Repository(repository.clone()), first);
    let sql = format!(
        "SELECT * FROM (SELECT 'rule', kind || ' ' || COALESCE(role, ''), scope,
           COALESCE(tags, '') || '|' || COALESCE(except_tags, ''), NULL, 0, 0, NULL FROM protections WHERE {condition}) AS rules"
    );
    (sql, params)
}

/// What those texts say.
pub fn of_parts(guard: &str, scope: Option<String>, patterns: Option<String>) -> Result<Protection> {
    let patterns = patterns.unwrap_or_default();
    let (tags, except) = patterns.split_once('|').ok_or(Error::Internal)?;
    let pattern = |text: &str| if text.is_empty() { Ok(None) } else { text.parse().map(Some) };
    let (kind, role) = guard.split_once(' ').ok_or(Error::Internal)?;
    let role = if role.is_empty() { None } else { Some(role.parse()?) };
    Ok(Protection {
        scope: scope.unwrap_or_default().parse()?,
        tags: pattern(tags)?,
        except: pattern(except)?,
        guard: Guard::new(kind.parse()?, role)?,
    })
}
