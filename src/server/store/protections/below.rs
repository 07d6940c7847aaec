//! The rules that cover any repository of a namespace: those on it, above it and below.

use super::{COLUMNS, Store, Value, holding_in, rule};
use crate::domain::{Error, Namespace, Result, Rule, Scope};
use crate::params;

/// Of a namespace, in the order in which they were set.
pub async fn below(store: &Store, namespace: &Namespace) -> Result<Vec<Rule>> {
    let (condition, params) = holding_below(namespace, 1);
    let sql = format!("SELECT {COLUMNS} FROM protections WHERE {condition} ORDER BY id");
    store.all(&sql, params).await?.into_iter().map(rule).collect()
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
