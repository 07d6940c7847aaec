//! Tags that fit a filter: its words as conditions, and what it matches in all.

use crate::domain::tag_filter::{NameIs, TagFilter};
use crate::domain::{Result, Tag};
use crate::params;
use crate::server::store::dialect::{self, Dialect};
use crate::server::store::{Store, Value, protections};

/// Stands after all that may stand in a tag.
const AFTER_ANY: char = '~';

/// The condition that tags `t` fit a filter, with a space before it. Where they are read by their names, those alone are read
/// that begin as a glob does; in another order the first ones are found sooner without.
pub(super) fn fitting(dialect: Dialect, filter: &TagFilter, by_name: bool, params: &mut Vec<Value>) -> String {
    let mut conditions = String::new();
    let slot = |params: &mut Vec<Value>, value: Value| {
        params.push(value);
        params.len()
    };
    for name in &filter.names {
        let condition = match name {
            NameIs::With(part) => format!("t.name LIKE ${} ESCAPE '\\'", slot(params, dialect::like_part(part).into())),
            NameIs::Without(part) => {
                format!("t.name NOT LIKE ${} ESCAPE '\\'", slot(params, dialect::like_part(part).into()))
            }
            NameIs::Fitting(pattern) => {
                let takes_in = dialect.takes_in("t.name", pattern, params);
                match pattern.beginning() {
                    beginning if by_name && !beginning.is_empty() => {
                        format!("{} AND {takes_in}", range(beginning, params))
                    }
                    _ => takes_in,
                }
            }
        };
        conditions.push_str(&format!(" AND {condition}"));
    }
    if let Some(before) = filter.before {
        conditions.push_str(&format!(" AND t.changed_at < ${}", slot(params, before.into())));
    }
    if let Some(after) = filter.after {
        conditions.push_str(&format!(" AND t.changed_at > ${}", slot(params, after.into())));
    }
    if let Some(rules) = &filter.under {
        conditions.push_str(&format!(" AND {}", protections::covered(dialect, "t.name", rules, params)));
    }
    if let Some(rules) = &filter.free_of {
        conditions.push_str(&format!(" AND NOT ({})", protections::covered(dialect, "t.name", rules, params)));
    }
    conditions
}

/// The condition that their names begin so.
fn range(beginning: &str, params: &mut Vec<Value>) -> String {
    params.extend(params![beginning, format!("{beginning}{AFTER_ANY}")]);
    format!("t.name >= ${} AND t.name < ${}", params.len() - 1, params.len())
}

/// The names of all tags that fit a filter, at most `limit`.
pub async fn matching(store: &Store, repository_id: &str, filter: &TagFilter, limit: u32) -> Result<Vec<Tag>> {
    let mut params = params![repository_id, limit];
    let fits = fitting(store.dialect(), filter, true, &mut params);
    let sql = format!("SELECT t.name FROM tags t WHERE t.repository_id = $1{fits} ORDER BY t.name LIMIT $2");
    store.scan(&sql, params).await?.into_iter().map(|mut row| row.take()).collect()
}

/// How many of them there are, counted up to `limit`.
pub async fn count_matching(store: &Store, repository_id: &str, filter: &TagFilter, limit: u32) -> Result<u64> {
    let mut params = params![repository_id, limit];
    let fits = fitting(store.dialect(), filter, true, &mut params);
    let sql =
        format!("SELECT COUNT(*) FROM (SELECT 1 FROM tags t WHERE t.repository_id = $1{fits} LIMIT $2) AS matching");
    store.scan(&sql, params).await?.into_iter().next().map_or(Ok(0), |mut row| row.take())
}
