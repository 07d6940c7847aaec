//! The audit log as pages read it.

use super::{Known, Row, Store, Value, dialect};
use crate::domain::Result;
use crate::domain::view::{ActivityQuery, ActivityRow};
use crate::params;

/// What was done, newest first.
pub async fn list(store: &Store, query: &ActivityQuery, limit: u32) -> Result<Vec<ActivityRow>> {
    let mut params: Vec<Value> = params![limit];
    let mut conditions = String::new();
    let mut add = |condition: &str, value: Value| {
        params.push(value);
        conditions.push_str(&format!(" AND {}", condition.replace('?', &format!("${}", params.len()))));
    };
    let part = |text: &str| Value::from(format!("%{}%", dialect::like_literal(text)));
    if !query.who.is_empty() {
        add("actor LIKE ? ESCAPE '\\'", part(&query.who.to_lowercase()));
    }
    if !query.action.is_empty() {
        add("action LIKE ? ESCAPE '\\'", format!("{}%", dialect::like_literal(&query.action)).into());
    }
    if !query.object.is_empty() {
        add("object LIKE ? ESCAPE '\\'", part(&query.object));
    }
    if query.refused_only {
        add("outcome <> ?", "done".into());
    }
    if !query.after.is_empty() {
        add("id < ?", query.after.as_str().into()); // Ids begin with the time.
    }
    let sql = format!(
        "SELECT id, at, actor, action, object, outcome, before, after, request_id FROM audit
         WHERE 1 = 1{conditions} ORDER BY id DESC LIMIT $1"
    );
    store.scan(&sql, params).await?.into_iter().map(activity).collect()
}

fn activity(mut row: Row) -> Result<ActivityRow> {
    let (id, at, Known(actor)) = (row.take()?, row.take()?, row.take()?);
    let (action, object, outcome): (String, String, String) = (row.take()?, row.take()?, row.take()?);
    let (before, after, request_id) = (row.take()?, row.take()?, row.take()?);
    let refused = outcome.strip_prefix("refused: ").map(ToOwned::to_owned);
    Ok(ActivityRow { id, at, actor, action, object, refused, before, after, request_id })
}
