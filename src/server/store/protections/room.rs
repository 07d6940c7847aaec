//! Whether there is room for one more rule: what all rules that hold in a place may be is bounded, wherever on the way
//! down to it they are set.

use super::{MAX_OF_LINE, MAX_OF_SCOPE, holding_in};
use crate::domain::{Error, Result, Scope};
use crate::params;
use crate::server::store::Tx;
use std::collections::BTreeMap;

/// Rules of all scopes are set one after another: each counts those above it and below.
pub(super) const LOCK: &str = "protections";

/// Asks for room in a scope for the rule of that id, until the transaction ends.
///
/// # Errors
/// [`Error::Conflict`] that says which scope is full.
pub(super) async fn make_room(tx: &mut Tx, id: &str, scope: &Scope) -> Result<()> {
    tx.lock(LOCK).await?;
    let counts = counts(tx, id, scope).await?;
    if counts.get(scope).is_some_and(|count| *count >= MAX_OF_SCOPE) {
        return Err(Error::Conflict(format!("{scope} has {MAX_OF_SCOPE} rules; name more tags in one of them")));
    }
    let of_line = |it: &Scope| it.line().iter().filter_map(|above| counts.get(above)).sum::<u64>();
    match counts.keys().find(|it| of_line(it) >= MAX_OF_LINE) {
        None => Ok(()),
        Some(full) => {
            let words = format!(
                "{MAX_OF_LINE} rules hold on {}, its own and those above it; name more tags in one of them",
                full.words()
            );
            Err(Error::Conflict(words))
        }
    }
}

/// How many other rules are set in a scope, in each above it and in each below it, where there are any.
async fn counts(tx: &mut Tx, id: &str, scope: &Scope) -> Result<BTreeMap<Scope, u64>> {
    let (above, line) = holding_in(scope, 2);
    let mut params = [params![id], line].concat();
    let at = params.len();
    let condition = match scope {
        Scope::Everything => "$2 = '*'".to_owned(),
        Scope::Namespace(name) => {
            params.extend(params![format!("{name}/"), format!("{name}0")]);
            format!("{above} OR (scope > ${} AND scope < ${})", at + 1, at + 2)
        }
        Scope::Repository(_) => above,
    };
    let sql = format!("SELECT scope, COUNT(*) FROM protections WHERE id <> $1 AND ({condition}) GROUP BY scope");
    tx.all(&sql, params).await?.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
}
