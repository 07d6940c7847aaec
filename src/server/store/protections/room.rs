//! Whether there is room for one more rule: what all rules that hold in a place may be is bounded, wherever on the way
//! down to it they are set.

use super::{MAX_BYTES_OF_LINE, MAX_OF_LINE, MAX_OF_SCOPE, holding_in};
use crate::domain::{Error, Protection, Result, Scope};
use crate::params;
use crate::server::store::Tx;
use std::collections::BTreeMap;

/// Rules of all scopes are set one after another: each counts those above it and below. Changes of tags hold it together,
/// from when they read the rules until they are durable, so that a rule is set when none that did not see it is under way.
///
/// Nobody waits in a circle by it. Who sets a rule holds nothing else when they ask for it, and then needs nothing that
/// such a change holds; those changes let each other by, and ask for it after the names and the mount that they lock. It
/// is no name that a repository can have: that lock is held by whoever pushes there.
pub(super) const LOCK: &str = "portolan protections";

/// Rules, and the bytes of their patterns.
type Count = (u64, u64);

/// Asks for room in the scope of a rule, which has that id, until the transaction ends.
///
/// # Errors
/// [`Error::Conflict`] that says which scope is full.
pub(super) async fn make_room(tx: &mut Tx, id: &str, new: &Protection) -> Result<()> {
    tx.lock(LOCK).await?;
    let scope = &new.scope;
    let mut counts = counts(tx, id, scope).await?;
    if counts.get(scope).is_some_and(|(count, _)| *count >= MAX_OF_SCOPE) {
        return Err(Error::Conflict(format!("{scope} has {MAX_OF_SCOPE} rules; name more tags in one of them")));
    }
    let own = counts.entry(scope.clone()).or_default();
    own.0 += 1;
    own.1 += [&new.tags, &new.except].into_iter().flatten().map(|it| it.as_str().len() as u64).sum::<u64>();
    let of_line = |it: &Scope| it.line().iter().filter_map(|above| counts.get(above)).fold((0, 0), both);
    let full = counts.keys().find_map(|it| match of_line(it) {
        (count, _) if count > MAX_OF_LINE => {
            let words = "its own and those above it; name more tags in one of them";
            Some(format!("{MAX_OF_LINE} rules hold on {}, {words}", it.words()))
        }
        (_, bytes) if bytes > MAX_BYTES_OF_LINE => {
            let words = "with its own and those above it; say the same by shorter patterns";
            Some(format!("more than {MAX_BYTES_OF_LINE} characters of patterns would hold on {}, {words}", it.words()))
        }
        _ => None,
    });
    full.map_or(Ok(()), |words| Err(Error::Conflict(words)))
}

fn both(one: Count, other: &Count) -> Count {
    (one.0 + other.0, one.1 + other.1)
}

/// What other rules there are in a scope, in each above it and in each below it, where there are any.
async fn counts(tx: &mut Tx, id: &str, scope: &Scope) -> Result<BTreeMap<Scope, Count>> {
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
    let sql = format!(
        "SELECT scope, COUNT(*), CAST(SUM(LENGTH(COALESCE(tags, '')) + LENGTH(COALESCE(except_tags, ''))) AS BIGINT)
         FROM protections WHERE id <> $1 AND ({condition}) GROUP BY scope"
    );
    tx.all(&sql, params).await?.into_iter().map(|mut row| Ok((row.take()?, (row.take()?, row.take()?)))).collect()
}
