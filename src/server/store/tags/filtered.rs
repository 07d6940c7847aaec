//! Tags that fit a filter: its words as conditions, and what it matches in all.

use crate::domain::tag_filter::{NameIs, TagFilter};
use crate::domain::{Result, Tag, media_type};
use crate::params;
use crate::server::store::dialect::{self, Dialect};
use crate::server::store::{Store, Value, activity, batch, protections};

/// Stands after all that may stand in a tag.
pub(super) const AFTER_ANY: char = '~';

/// Stands after all digits of a digest, in whichever order of letters a column is kept.
pub(in crate::server::store) const AFTER_HEX: char = 'g';

/// The condition that tags `t` fit a filter, with a space before it. Where they are read by their names, those alone are read
/// that begin as a glob does; in another order the first ones are found sooner without.
pub(in crate::server::store) fn fitting(
    dialect: Dialect,
    filter: &TagFilter,
    by_name: bool,
    params: &mut Vec<Value>,
) -> String {
    let mut conditions: Vec<String> =
        filter.names.iter().map(|name| fits_name(dialect, name, by_name, params)).collect();
    let of_row = [
        (filter.before.map(Value::from), "t.changed_at < $"),
        (filter.after.map(Value::from), "t.changed_at > $"),
        (filter.larger.map(Value::from), "t.pull_bytes > $"),
        (filter.smaller.map(Value::from), "t.pull_bytes < $"),
        (filter.unused_since.map(Value::from), "t.changed_at < $"),
        (filter.unused_since.map(Value::from), "t.pulled_at < $"),
    ];
    for (value, condition) in of_row {
        conditions.extend(value.map(|value| format!("{condition}{}", slot(params, value))));
    }
    if let Some(digest) = &filter.digest {
        conditions.push(range("t.digest", digest, AFTER_HEX, params));
    }
    if let Some(by) = &filter.by {
        let by_whom = activity::is_actor("t.moved_by", by);
        conditions.push(by_whom.replace('?', &format!("${}", slot(params, by.to_lowercase().into()))));
    }
    for platform in &filter.platforms {
        conditions.push(runs_on(platform, params));
    }
    if let Some(is_signed) = filter.is_signed {
        conditions.push(format!("{}({})", if is_signed { "" } else { "NOT " }, signed(params)));
    }
    if let Some(rules) = &filter.under {
        conditions.push(protections::covered(dialect, "t.name", rules, params));
    }
    if let Some(rules) = &filter.free_of {
        conditions.push(format!("NOT ({})", protections::covered(dialect, "t.name", rules, params)));
    }
    conditions.iter().map(|condition| format!(" AND {condition}")).collect()
}

/// Takes a value along and answers the number of its place.
fn slot(params: &mut Vec<Value>, value: Value) -> usize {
    params.push(value);
    params.len()
}

fn fits_name(dialect: Dialect, name: &NameIs, by_name: bool, params: &mut Vec<Value>) -> String {
    let mut like = |sign: &str, part: &str| {
        format!("t.name {sign} ${} ESCAPE '\\'", slot(params, dialect::like_part(part).into()))
    };
    match name {
        NameIs::With(part) => like("LIKE", part),
        NameIs::Without(part) => like("NOT LIKE", part),
        NameIs::Fitting(pattern) => {
            let takes_in = dialect.takes_in("t.name", pattern, params);
            match pattern.beginning() {
                beginning if by_name && !beginning.is_empty() => {
                    format!("{} AND {takes_in}", range("t.name", beginning, AFTER_ANY, params))
                }
                _ => takes_in,
            }
        }
    }
}

/// The condition that an image is for a platform, of which any parts may be named that follow one another: `linux`, `arm64`,
/// `arm/v7`.
fn runs_on(platform: &str, params: &mut Vec<Value>) -> String {
    let part = dialect::like_part(&format!("/{platform}/"));
    format!(
        "EXISTS (SELECT 1 FROM manifests p WHERE p.repository_id = t.repository_id AND p.digest = t.digest
           AND '/' || REPLACE(p.platforms, ',', '/,/') || '/' LIKE ${} ESCAPE '\\')",
        slot(params, part.into())
    )
}

/// The condition that a signature of an image is here: about it by its own word, under the tag that cosign gives it, or
/// listed under the one for registries without the referrers API (OCI distribution specification, "Referrers Tag Schema").
fn signed(params: &mut Vec<Value>) -> String {
    let first = params.len() + 1;
    params.extend(media_type::SIGNATURES.iter().map(|of| Value::from(*of)));
    let slots = batch::slots(first, media_type::SIGNATURES.len());
    let bundle = slot(params, format!("{}%", dialect::like_literal(media_type::SIGSTORE_BUNDLE)).into());
    let of_type = |column: &str| format!("({column} IN ({slots}) OR {column} LIKE ${bundle} ESCAPE '\\')");
    format!(
        "EXISTS (SELECT 1 FROM referrers f WHERE f.repository_id = t.repository_id AND f.subject = t.digest AND {})
         OR EXISTS (SELECT 1 FROM tags s WHERE s.repository_id = t.repository_id AND s.name = REPLACE(t.digest, ':', '-') || '.sig')
         OR EXISTS (SELECT 1 FROM tags s JOIN manifest_edges e ON e.repository_id = s.repository_id AND e.parent = s.digest
             AND e.relation = 'manifest' JOIN manifests x ON x.repository_id = e.repository_id AND x.digest = e.child
           WHERE s.repository_id = t.repository_id AND s.name = REPLACE(t.digest, ':', '-') AND {})",
        of_type("f.artifact_type"),
        of_type("x.artifact_type")
    )
}

/// The condition that a column begins so, where all that may follow stands before `after`.
fn range(column: &str, beginning: &str, after: char, params: &mut Vec<Value>) -> String {
    params.extend(params![beginning, format!("{beginning}{after}")]);
    format!("{column} >= ${} AND {column} < ${}", params.len() - 1, params.len())
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
