//! What differs between the two engines, all of it.

use super::Value;
use crate::domain::TagPattern;
use crate::domain::tag_pattern::Sign;
use crate::server::access::{BETWEEN, Scopes};
use std::collections::BTreeMap;

/// The function of SQLite by which [`Scopes`] are asked: `lies_in(name, scopes)`.
pub(super) const LIES_IN: &str = "lies_in";

/// The one by which patterns over tags are asked: `takes_in(tag, pattern)`.
pub(super) const TAKES_IN: &str = "takes_in";

/// Which engine answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// The steps for SQLite.
const SQLITE: &[&str] = &[
    include_str!("schema/sqlite/0001_catalog.sql"),
    include_str!("schema/sqlite/0002_registry.sql"),
    include_str!("schema/sqlite/0003_graph.sql"),
    include_str!("schema/sqlite/0004_identity.sql"),
    include_str!("schema/sqlite/0005_providers.sql"),
    include_str!("schema/sqlite/0006_sweeps.sql"),
    include_str!("schema/sqlite/0007_descriptions.sql"),
    include_str!("schema/sqlite/0008_token_authority.sql"),
    include_str!("schema/sqlite/0009_console_mounts.sql"),
    include_str!("schema/sqlite/0010_deleted_repositories.sql"),
    include_str!("schema/sqlite/0011_activity.sql"),
    include_str!("schema/sqlite/0012_console_providers.sql"),
    include_str!("schema/sqlite/0013_refresh_tokens.sql"),
    include_str!("schema/sqlite/0014_ways_in.sql"),
    include_str!("schema/sqlite/0015_imported_passwords.sql"),
    include_str!("schema/sqlite/0016_activity_of_namespaces.sql"),
    include_str!("schema/sqlite/0017_names_of_identities.sql"),
    include_str!("schema/sqlite/0018_group_pins.sql"),
    include_str!("schema/sqlite/0019_last_seen.sql"),
    include_str!("schema/sqlite/0020_names_by_bytes.sql"),
    include_str!("schema/sqlite/0021_trash.sql"),
    include_str!("schema/sqlite/0022_protections.sql"),
    include_str!("schema/sqlite/0023_jobs.sql"),
    include_str!("schema/sqlite/0024_trash_holds.sql"),
    include_str!("schema/sqlite/0025_promised_images.sql"),
    include_str!("schema/sqlite/0026_job_parts.sql"),
    include_str!("schema/sqlite/0027_trash_going.sql"),
    include_str!("schema/sqlite/0028_runs.sql"),
    include_str!("schema/sqlite/0029_in_place.sql"),
    include_str!("schema/sqlite/0030_in_order.sql"),
    include_str!("schema/sqlite/0031_trash_edges.sql"),
    include_str!("schema/sqlite/0032_job_images.sql"),
    include_str!("schema/sqlite/0033_tags_by_digest.sql"),
    include_str!("schema/sqlite/0034_hold_takes.sql"),
    include_str!("schema/sqlite/0035_search.sql"),
    include_str!("schema/sqlite/0036_elsewhere.sql"),
    include_str!("schema/sqlite/0037_layers.sql"),
    include_str!("schema/sqlite/0038_images.sql"),
    include_str!("schema/sqlite/0039_hints.sql"),
    include_str!("schema/sqlite/0040_stars.sql"),
];

/// The steps for PostgreSQL.
const POSTGRES: &[&str] = &[
    include_str!("schema/postgres/0001_catalog.sql"),
    include_str!("schema/postgres/0002_registry.sql"),
    include_str!("schema/postgres/0003_graph.sql"),
    include_str!("schema/postgres/0004_identity.sql"),
    include_str!("schema/postgres/0005_providers.sql"),
    include_str!("schema/postgres/0006_sweeps.sql"),
    include_str!("schema/postgres/0007_descriptions.sql"),
    include_str!("schema/postgres/0008_token_authority.sql"),
    include_str!("schema/postgres/0009_console_mounts.sql"),
    include_str!("schema/postgres/0010_deleted_repositories.sql"),
    include_str!("schema/postgres/0011_activity.sql"),
    include_str!("schema/postgres/0012_console_providers.sql"),
    include_str!("schema/postgres/0013_refresh_tokens.sql"),
    include_str!("schema/postgres/0014_ways_in.sql"),
    include_str!("schema/postgres/0015_imported_passwords.sql"),
    include_str!("schema/postgres/0016_activity_of_namespaces.sql"),
    include_str!("schema/postgres/0017_names_of_identities.sql"),
    include_str!("schema/postgres/0018_group_pins.sql"),
    include_str!("schema/postgres/0019_last_seen.sql"),
    include_str!("schema/postgres/0020_names_by_bytes.sql"),
    include_str!("schema/postgres/0021_trash.sql"),
    include_str!("schema/postgres/0022_protections.sql"),
    include_str!("schema/postgres/0023_jobs.sql"),
    include_str!("schema/postgres/0024_trash_holds.sql"),
    include_str!("schema/postgres/0025_promised_images.sql"),
    include_str!("schema/postgres/0026_job_parts.sql"),
    include_str!("schema/postgres/0027_trash_going.sql"),
    include_str!("schema/postgres/0028_runs.sql"),
    include_str!("schema/postgres/0029_in_place.sql"),
    include_str!("schema/postgres/0030_in_order.sql"),
    include_str!("schema/postgres/0031_trash_edges.sql"),
    include_str!("schema/postgres/0032_job_images.sql"),
    include_str!("schema/postgres/0033_tags_by_digest.sql"),
    include_str!("schema/postgres/0034_hold_takes.sql"),
    include_str!("schema/postgres/0035_search.sql"),
    include_str!("schema/postgres/0036_elsewhere.sql"),
    include_str!("schema/postgres/0037_layers.sql"),
    include_str!("schema/postgres/0038_images.sql"),
    include_str!("schema/postgres/0039_hints.sql"),
    include_str!("schema/postgres/0040_stars.sql"),
];

impl Dialect {
    /// The schema's steps, oldest first; the position is the version.
    pub fn migrations(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => SQLITE,
            Self::Postgres => POSTGRES,
        }
    }

    /// The number of bytes of a text.
    pub fn octets(self, column: &str) -> String {
        match self {
            Self::Sqlite => format!("LENGTH(CAST({column} AS BLOB))"),
            Self::Postgres => format!("OCTET_LENGTH({column})::bigint"),
        }
    }

    /// The values of a column in one text, with commas between them, in no order.
    pub fn joined(self, column: &str) -> String {
        match self {
            Self::Sqlite => format!("GROUP_CONCAT({column}, ',')"),
            Self::Postgres => format!("STRING_AGG({column}, ',')"),
        }
    }

    /// Whether a name lies in some scopes, whose text is appended to the parameters. However many they are, each
    /// name is looked up among them: on SQLite by the decision's own rule, on PostgreSQL in sets, one of names and one
    /// for each depth of namespaces.
    pub(super) fn lies_in(self, name: &str, scopes: &Scopes, params: &mut Vec<Value>) -> String {
        let mut slot = |value: Value| {
            params.push(value);
            format!("${}", params.len())
        };
        match self {
            _ if scopes.is_empty() => "1 = 0".to_owned(),
            _ if scopes.is_everything() => "1 = 1".to_owned(),
            Self::Sqlite => format!("{LIES_IN}({name}, {})", slot(scopes.as_str().into())),
            Self::Postgres => {
                let sets = by_depth(scopes).into_iter().map(|(depth, set)| {
                    let (set, above) = (slot(set.into()), format!("SUBSTRING({name} FROM '^(?:[^/]+/){{{depth}}}')"));
                    let sought = if depth == 0 { name } else { &above };
                    format!("{sought} IN (SELECT UNNEST(STRING_TO_ARRAY({set}, '{BETWEEN}')))")
                });
                format!("({})", sets.collect::<Vec<_>>().join(" OR "))
            }
        }
    }

    /// Whether a pattern takes in a tag, with what it is asked by appended to the parameters: on SQLite by the decision's
    /// own rule, on PostgreSQL by expressions for its globs.
    pub(super) fn takes_in(self, tag: &str, pattern: &TagPattern, params: &mut Vec<Value>) -> String {
        if self == Self::Sqlite {
            params.push(pattern.as_str().into());
            return format!("{TAKES_IN}({tag}, ${})", params.len());
        }
        let (out, into): (Vec<_>, Vec<_>) = pattern.globs().partition(|(excludes, _)| *excludes);
        let mut fits = |sign: &str, globs: Vec<(bool, Vec<Sign>)>| {
            params.push(expression(&globs).into());
            format!("{tag} {sign} ${}", params.len())
        };
        let into = if pattern.only_excludes() { "1 = 1".to_owned() } else { fits("~", into) };
        let out = if out.is_empty() { "1 = 1".to_owned() } else { fits("!~", out) };
        format!("({into} AND {out})")
    }

    /// Appended to a query inside a transaction whose answer must stay true until it ends. SQLite has a single writer.
    pub fn for_share(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR SHARE",
        }
    }

    /// Appended to a query that claims a row, so that two nodes never wait for the same one.
    pub fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE SKIP LOCKED",
        }
    }
}

/// One of some conditions, halved again and again: an engine reads so many brackets into each other and no more.
pub(super) fn any(conditions: &[String]) -> String {
    match conditions {
        [] => "1 = 0".to_owned(),
        [one] => one.clone(),
        some => {
            let (first, second) = some.split_at(some.len() / 2);
            format!("({} OR {})", any(first), any(second))
        }
    }
}

/// A regular expression that fits what one of some globs fits; of none, nothing that is a tag.
fn expression(globs: &[(bool, Vec<Sign>)]) -> String {
    let sign = |sign: &Sign| match sign {
        Sign::Any => ".*".to_owned(),
        Sign::One => ".".to_owned(),
        Sign::Of(bytes) => format!("[{bytes}]"),
    };
    let globs: Vec<String> = globs.iter().map(|(_, signs)| signs.iter().map(sign).collect()).collect();
    format!("^({})$", globs.join("|"))
}

/// Scopes by how many parts of a name they are about: repositories at 0, and namespaces with their last slash.
fn by_depth(scopes: &Scopes) -> BTreeMap<usize, String> {
    let mut sets = BTreeMap::new();
    for scope in scopes.iter() {
        let above = scope.strip_suffix('*');
        let depth = above.map_or(0, |above| above.matches('/').count());
        let set: &mut String = sets.entry(depth).or_default();
        if !set.is_empty() {
            set.push(BETWEEN);
        }
        set.push_str(above.unwrap_or(scope));
    }
    sets
}

/// Text for `LIKE … ESCAPE '\'` that matches `text` literally.
pub fn like_literal(text: &str) -> String {
    text.chars().flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c])).collect()
}

/// A `LIKE` pattern for what has `part` anywhere in it.
pub fn like_part(part: &str) -> String {
    format!("%{}%", like_literal(part))
}
