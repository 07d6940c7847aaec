//! What a reader may see, and where somebody may do something, as conditions of a query: the same rules as
//! `access::reads` and `access::permits`.

use super::dialect::{self, Dialect};
use super::{Store, Value};
use crate::domain::Namespace;
use crate::server::access::{Reach, Visibility, Within};

/// `AND …` over the repositories that a query calls `of`, with its parameters appended; nothing where everything is
/// shown.
pub(super) fn condition(store: &Store, visibility: &Visibility, of: &str, params: &mut Vec<Value>) -> String {
    let Visibility::Open { granted, internal } = visibility else { return String::new() };
    let mut lies_in = |scopes| store.dialect().lies_in(&format!("{of}.name"), scopes, params);
    let granted = lies_in(granted);
    let open = match internal.is_everything() {
        true => is(of, "'public', 'internal'"),
        false if internal.is_empty() => is(of, "'public'"),
        false => format!("{} OR ({} AND {})", is(of, "'public'"), is(of, "'internal'"), lies_in(internal)),
    };
    format!("AND ({open} OR {granted})")
}

/// What a reach is asked of: a repository by its name, and a tag of it where `is_tag` says that there is one.
pub(super) struct Columns<'a> {
    pub repository: &'a str,
    pub tag: &'a str,
    pub is_tag: &'a str,
}

/// The condition that something lies within a reach, with its parameters appended.
pub(super) fn within(dialect: Dialect, reach: &Reach, columns: &Columns<'_>, params: &mut Vec<Value>) -> String {
    let mut of_part = |part: &Vec<Within>| {
        let place = |Within { scopes, tags }: &Within| {
            let lies = dialect.lies_in(columns.repository, scopes, params);
            match tags {
                None => lies,
                Some(tags) => {
                    format!("({lies} AND {} AND {})", columns.is_tag, dialect.takes_in(columns.tag, tags, params))
                }
            }
        };
        dialect::any(&part.iter().map(place).collect::<Vec<_>>())
    };
    let parts = reach.parts().iter().map(&mut of_part);
    std::iter::once("1 = 1".to_owned()).chain(parts).collect::<Vec<_>>().join(" AND ")
}

/// Whether a repository has one of these visibilities, by itself or by its mount.
fn is(of: &str, visibilities: &str) -> String {
    let of_mount = format!("{of}.mount_id IN (SELECT o.id FROM mounts o WHERE o.visibility IN ({visibilities}))");
    format!("({of}.visibility IN ({visibilities}) OR ({of}.visibility IS NULL AND {of_mount}))")
}

/// ` AND …` for those that lie in a namespace, if one is named.
pub(super) fn below(namespace: Option<&Namespace>, of: &str, params: &mut Vec<Value>) -> String {
    let Some(namespace) = namespace else { return String::new() };
    let first = params.len() + 1;
    params.extend(crate::params![format!("{namespace}/"), format!("{namespace}0")]); // `0` follows the slash.
    format!(" AND {of}.name > ${first} AND {of}.name < ${}", first + 1)
}
