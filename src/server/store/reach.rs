//! Grants as pages list them: those that reach a scope, or a principal, with the names of whom they are for.

use super::grants::{NOBODYS_LEFT, grantee};
use super::{Known, Row, Store, Value, batch};
use crate::domain::view::{AccessRow, Invited};
use crate::domain::{Result, Scope, Timestamp};
use crate::params;

const ROW: &str = "SELECT g.id, g.grantee_kind, COALESCE(p.username, u.name, ''), COALESCE(p.name, ''),
        (SELECT COUNT(DISTINCT m.user_id) FROM group_members m WHERE m.group_id = u.id),
        g.role, g.scope, g.tags, g.expires_at, g.created_at, g.created_by,
        CASE WHEN p.kind = 'user' AND NOT EXISTS (SELECT 1 FROM passwords w WHERE w.user_id = p.id)
            AND NOT EXISTS (SELECT 1 FROM identities i WHERE i.user_id = p.id)
          THEN COALESCE((SELECT MAX(l.expires_at) FROM one_time_links l
            WHERE l.user_id = p.id AND l.purpose = 'invite'), 0) END,
        COALESCE(p.seen_at, (SELECT MAX(s.seen_at) FROM group_members m JOIN principals s ON s.id = m.user_id
          WHERE m.group_id = u.id), 0), g.source
    FROM grants g LEFT JOIN principals p ON p.id = g.grantee LEFT JOIN user_groups u ON u.id = g.grantee";

/// The most grants of one principal or group that a page lists.
const MAX_OF_ONE: u32 = 500;

/// Grants that hold in a scope or in a part of it, after `after`, oldest first.
pub async fn of_scope(store: &Store, scope: &Scope, after: &str, limit: u32) -> Result<Vec<AccessRow>> {
    let mut params = params![after, limit];
    let above = above(scope);
    let in_above = format!("g.scope IN ({})", batch::slots(params.len() + 1, above.len()));
    let reached = match scope {
        Scope::Everything => "1 = 1".to_owned(),
        Scope::Repository(_) => in_above,
        // All that begins with `team/` besides: `0` follows the slash in the order of bytes.
        Scope::Namespace(_) => {
            let first = params.len() + above.len() + 1;
            format!("({in_above} OR (g.scope > ${first} AND g.scope < ${}))", first + 1)
        }
    };
    if *scope != Scope::Everything {
        params.extend(above.iter().map(|scope| Value::from(scope.to_string())));
    }
    if let Scope::Namespace(namespace) = scope {
        params.extend(params![format!("{namespace}/"), format!("{namespace}0")]);
    }
    let sql = format!("{ROW} WHERE {NOBODYS_LEFT} AND g.id > $1 AND {reached} ORDER BY g.id LIMIT $2");
    store.all(&sql, params).await?.into_iter().map(access).collect()
}

/// Grants that reach a user or robot: their own, those of their groups, and everybody's.
pub async fn of_principal(store: &Store, id: &str) -> Result<Vec<AccessRow>> {
    let sql = format!(
        "{ROW} WHERE g.grantee IN ($1, '')
           OR (g.grantee_kind = 'group' AND g.grantee IN (SELECT m.group_id FROM group_members m WHERE m.user_id = $1))
         ORDER BY g.id LIMIT $2"
    );
    store.all(&sql, params![id, MAX_OF_ONE]).await?.into_iter().map(access).collect()
}

/// Grants of a group.
pub async fn of_group(store: &Store, id: &str) -> Result<Vec<AccessRow>> {
    let sql = format!("{ROW} WHERE g.grantee = $1 AND g.grantee_kind = 'group' ORDER BY g.id LIMIT $2");
    store.all(&sql, params![id, MAX_OF_ONE]).await?.into_iter().map(access).collect()
}

/// A scope and those that hold it.
fn above(scope: &Scope) -> Vec<Scope> {
    let name = match scope {
        Scope::Everything => return vec![Scope::Everything],
        Scope::Namespace(namespace) => namespace.as_str(),
        Scope::Repository(name) => name.as_str(),
    };
    let mut found = vec![Scope::Everything, scope.clone()];
    let mut rest = name;
    while let Some((namespace, _)) = rest.rsplit_once('/') {
        found.extend(namespace.parse().ok().map(Scope::Namespace));
        rest = namespace;
    }
    found
}

fn access(mut row: Row) -> Result<AccessRow> {
    let id = row.take()?;
    let (kind, name): (String, String) = (row.take()?, row.take()?);
    let (shown, n_members) = (row.take()?, row.take()?);
    let terms = super::grants::terms(&mut row)?;
    let (given_at, Known(given_by)) = (row.take()?, row.take()?);
    let until: Option<Timestamp> = row.take()?;
    let invited = until.map(|until| Invited { until, may_take_back: false });
    let (to, seen_at) = (grantee(&kind, &name)?, row.take::<Timestamp>()?);
    let seen_at = (seen_at.0 != 0).then_some(seen_at);
    let provider = Some(row.take::<String>()?).filter(|provider| !provider.is_empty());
    let may_change = false;
    Ok(AccessRow { id, to, name: shown, n_members, terms, given_at, given_by, may_change, invited, seen_at, provider })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_a_scope_stands_above_it() {
        let above = |text: &str| above(&text.parse().unwrap()).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(above("*"), ["*"]);
        assert_eq!(above("team/*"), ["*", "team/*"]);
        assert_eq!(above("team/backend/api"), ["*", "team/backend/api", "team/backend/*", "team/*"]);
    }
}
