//! The audit log as pages read it. Every filter is answered by an index.

pub(super) mod source;

use super::{Known, Row, Store, Value};
use crate::domain::view::{ActivityQuery, ActivityRow};
use crate::domain::{Actor, Result, Scope, Timestamp};
use crate::params;
use crate::server::entropy::first_id;

const COLUMNS: &str = "id, at, actor, action, object, outcome, before, after, request_id, address, token";
/// Of all copies: the last ones of somebody, the one that they made by a request, and all that were made by one.
const LAST: &str = "actor = $1 ORDER BY id DESC LIMIT $2";
const BY_REQUEST: &str = "actor = $1 AND request_id = $2 LIMIT 1";
const OF_REQUEST: &str = "request_id = $1";

/// What was done in a scope, newest first, without these kinds.
pub async fn list(
    store: &Store,
    scope: &Scope,
    (query, left_out): (&ActivityQuery, &[&str]),
    limit: u32,
) -> Result<Vec<ActivityRow>> {
    let (sql, params) = statement(scope, (query, left_out), limit);
    store.all(&sql, params).await?.into_iter().map(activity).collect()
}

/// What somebody copied, newest first.
pub async fn copies(store: &Store, by: &Actor, limit: u32) -> Result<Vec<ActivityRow>> {
    store.all(&copied(LAST), params![by, limit]).await?.into_iter().map(activity).collect()
}

/// What they copied by one request.
pub async fn copy_by(store: &Store, by: &Actor, request_id: &str) -> Result<Option<ActivityRow>> {
    store.one(&copied(BY_REQUEST), params![by, request_id]).await?.map(activity).transpose()
}

/// What was copied by a request, in no order: a job copies tag by tag, and its id is that of the request.
pub async fn copies_of(store: &Store, request_id: &str) -> Result<Vec<ActivityRow>> {
    store.all(&copied(OF_REQUEST), params![request_id]).await?.into_iter().map(activity).collect()
}

/// When something was done to that object last.
pub async fn last_done(store: &Store, action: &str, object: &str) -> Result<Option<Timestamp>> {
    let sql = "SELECT at FROM audit WHERE object = $1 AND action = $2 AND outcome = 'done' ORDER BY id DESC LIMIT 1";
    store.one(sql, params![object, action]).await?.map(|mut row| row.take()).transpose()
}

/// The name of the action stands in the text: the indexes are of those rows alone.
fn copied(which: &str) -> String {
    format!("SELECT {COLUMNS} FROM audit WHERE action = 'tag.copy' AND outcome = 'done' AND {which}")
}

fn statement(scope: &Scope, (query, left_out): (&ActivityQuery, &[&str]), limit: u32) -> (String, Vec<Value>) {
    // Ids begin with the time. What was done in a namespace is found by its own list, in which they are sorted too; the
    // cross join keeps that list the first that is read.
    let (table, sorted) = match scope {
        Scope::Namespace(_) => ("audit_spaces CROSS JOIN audit", "audit_id"),
        _ => ("audit", "id"),
    };
    let mut params: Vec<Value> = params![limit];
    let mut conditions = String::new();
    let mut add = |condition: &str, value: Value| {
        params.push(value);
        conditions.push_str(&format!(" AND {}", condition.replace('?', &format!("${}", params.len()))));
    };
    match scope {
        Scope::Everything => {}
        Scope::Repository(name) => add("place = ?", name.into()),
        Scope::Namespace(namespace) => add("space = ?", format!("{namespace}/").into()),
    }
    if !query.who.is_empty() {
        add(&is_actor("actor", &query.who), query.who.to_lowercase().into());
    }
    if let Some((kind, _)) = query.action.split_once('.') {
        add("kind = ?", kind.into());
        add("action = ?", query.action.as_str().into());
    } else if !query.action.is_empty() {
        add("kind = ?", query.action.as_str().into());
    }
    if !query.object.is_empty() {
        add("object = ?", query.object.as_str().into());
    }
    if let Some(since) = query.since {
        add(&format!("{sorted} >= ?"), first_id(since).into());
    }
    if !query.after.is_empty() {
        add(&format!("{sorted} < ?"), query.after.as_str().into());
    }
    left_out.iter().for_each(|kind| add("kind <> ?", (*kind).into()));
    if query.refused_only {
        conditions.push_str(" AND outcome <> 'done'");
    }
    if matches!(scope, Scope::Namespace(_)) {
        conditions.push_str(" AND id = audit_id");
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM {table}
         WHERE 1 = 1{conditions} ORDER BY {sorted} DESC LIMIT $1"
    );
    (sql, params)
}

fn activity(mut row: Row) -> Result<ActivityRow> {
    let (id, at, Known(actor)) = (row.take()?, row.take()?, row.take()?);
    let (action, object, outcome): (String, String, String) = (row.take()?, row.take()?, row.take()?);
    let (before, after, request_id) = (row.take()?, row.take()?, row.take()?);
    let refused = outcome.strip_prefix("refused: ").map(ToOwned::to_owned);
    let (address, token) = (row.take()?, row.take()?);
    let source::Copied { object, source, after } = match action.as_str() {
        "tag.copy" => source::read(object, after),
        _ => source::Copied { object, source: None, after },
    };
    Ok(ActivityRow { id, at, actor, action, object, source, refused, before, after, request_id, address, token })
}

/// The source that an object names, as older versions wrote it of copies.
pub fn source_in(object: &str) -> Option<&str> {
    source::in_object(object).map(|(source, _)| source)
}

/// The condition that a column names an actor, by their key or by a name in lower case, for the parameter `?`: whoever
/// has the name now; of who is gone it is taken for a user's.
pub(super) fn is_actor(column: &str, who: &str) -> String {
    match who.contains(':') || who.eq_ignore_ascii_case("anonymous") {
        true => format!("{column} = ?"),
        false => format!(
            "{column} = COALESCE((SELECT p.kind || ':' || p.username FROM principals p WHERE p.username = ?), 'user:' || ?)"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::dialect::Dialect;
    use rusqlite::Connection;

    fn plan(connection: &Connection, scope: &str, query: &ActivityQuery) -> String {
        explained(connection, statement(&scope.parse().unwrap(), (query, &[]), 50))
    }

    fn explained(connection: &Connection, (sql, params): (String, Vec<Value>)) -> String {
        let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let lines = explained.query_map(rusqlite::params_from_iter(&params), |row| row.get::<_, String>(3)).unwrap();
        let lines: Vec<_> = lines.map(|line| line.unwrap()).collect();
        assert!(!lines.iter().any(|line| line.contains("TEMP B-TREE")), "nothing is sorted: {lines:?}");
        lines.into_iter().find(|line| line.contains(" audit")).unwrap()
    }

    #[test]
    fn every_filter_is_answered_by_an_index() {
        let connection = Connection::open_in_memory().unwrap();
        Dialect::Sqlite.migrations().iter().for_each(|step| connection.execute_batch(step).unwrap());
        let of = |who: &str, action: &str, object: &str, refused_only: bool| ActivityQuery {
            who: who.to_owned(),
            action: action.to_owned(),
            object: object.to_owned(),
            refused_only,
            ..ActivityQuery::default()
        };
        let any = || of("", "", "", false);
        for (scope, query, index) in [
            ("*", any(), "audit USING INDEX sqlite_autoindex_audit_1"),
            ("team/web", any(), "SEARCH audit USING INDEX audit_by_place (place=?"),
            ("team/*", any(), "SEARCH audit_spaces USING COVERING INDEX sqlite_autoindex_audit_spaces_1 (space=?"),
            ("team/*", of("mara", "grant", "mara", true), "SEARCH audit_spaces USING COVERING INDEX"),
            ("*", of("mara", "", "", false), "SEARCH audit USING INDEX audit_by_actor (actor=?"),
            ("*", of("job:crawl", "", "", false), "SEARCH audit USING INDEX audit_by_actor (actor=?"),
            ("*", of("", "grant", "", false), "SEARCH audit USING INDEX audit_by_kind (kind=?"),
            ("*", of("", "grant.give", "", false), "SEARCH audit USING INDEX audit_by_kind (kind=?"),
            ("*", of("", "", "mara", false), "SEARCH audit USING INDEX audit_by_object (object=?"),
            ("*", of("", "", "", true), "audit USING INDEX audit_refused"),
        ] {
            let first = plan(&connection, scope, &query);
            assert!(first.contains(index), "{scope} {query:?}: {first}");
            let on = plan(&connection, scope, &ActivityQuery { after: "0190".to_owned(), ..query.clone() });
            let is_found = match scope {
                "team/*" => on.contains("(space=? AND audit_id<?)"),
                _ => on.contains("SEARCH audit USING INDEX") && (index.contains("autoindex") || on.contains("audit_")),
            };
            assert!(is_found, "{scope} {query:?}, on: {on}");
            let since = plan(&connection, scope, &ActivityQuery { since: Some(Timestamp(1)), ..query.clone() });
            assert!(since.contains("id>?"), "{scope} {query:?}, since: {since}");
        }
    }

    #[test]
    fn copies_are_found_without_all_else_that_somebody_did() {
        let connection = Connection::open_in_memory().unwrap();
        Dialect::Sqlite.migrations().iter().for_each(|step| connection.execute_batch(step).unwrap());
        let (by, request): (Value, Value) = ("user:ci".into(), "r".into());
        for (which, params, index) in [
            (LAST, vec![by.clone(), Value::from(6_i64)], "SEARCH audit USING INDEX audit_copies (actor=?"),
            (BY_REQUEST, vec![by, request.clone()], "audit_copies_by_request (request_id=? AND actor=?"),
            (OF_REQUEST, vec![request], "SEARCH audit USING INDEX audit_copies_by_request (request_id=?"),
        ] {
            let first = explained(&connection, (copied(which), params));
            assert!(first.contains(index), "{which}: {first}");
        }
    }
}
