//! The rules that cover any repository of a scope: those on it, above it and below.

use super::room::LOCK;
use super::{COLUMNS, Store, Value, holding_in, rule};
use crate::domain::{Error, Namespace, Result, Rule, Scope};
use crate::params;
use crate::server::store::radius::Reader;

/// In the order in which they were set; in a transaction those that hold until it ends.
pub async fn below(reader: &mut Reader<'_>, scope: &Scope) -> Result<Vec<Rule>> {
    if let Reader::Tx(tx) = reader {
        tx.lock_shared(LOCK).await?;
    }
    let (condition, params) = match scope {
        Scope::Namespace(namespace) => holding_below(namespace, 1),
        Scope::Repository(_) => holding_in(scope, 1),
        Scope::Everything => ("1 = 1".to_owned(), vec![]),
    };
    let sql = format!("SELECT {COLUMNS} FROM protections WHERE {condition} ORDER BY id");
    reader.all(&sql, params).await?.into_iter().map(rule).collect()
}

/// The same beside two sums of another query, in one statement: pages have four.
pub async fn below_beside(
    store: &Store,
    namespace: &Namespace,
    (sums, params): (&str, Vec<Value>),
) -> Result<((u64, i64), Vec<Rule>)> {
    let (condition, held) = holding_below(namespace, params.len() + 1);
    let sql = format!(
        "SELECT 1 AS is_rule, CAST(0 AS BIGINT) AS n, CAST(0 AS BIGINT) AS total, {COLUMNS} FROM protections WHERE {condition}
         UNION ALL SELECT 0, s.n, s.total, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM ({sums}) AS s"
    );
    let (mut found, mut rules) = (None, Vec::new());
    for mut row in store.scan(&sql, [params, held].concat()).await? {
        let (is_rule, n, total): (bool, u64, i64) = (row.take()?, row.take()?, row.take()?);
        match is_rule {
            true => rules.push(rule(row)?),
            false => found = Some((n, total)),
        }
    }
    rules.sort_by(|one, other| one.id.cmp(&other.id));
    Ok((found.ok_or(Error::Internal)?, rules))
}

fn holding_below(namespace: &Namespace, first: usize) -> (String, Vec<Value>) {
    let (line, mut params) = holding_in(&Scope::Namespace(namespace.clone()), first);
    let at = first + params.len();
    params.extend(params![format!("{namespace}/"), format!("{namespace}0")]);
    (format!("({line} OR (scope > ${at} AND scope < ${}))", at + 1), params)
}
