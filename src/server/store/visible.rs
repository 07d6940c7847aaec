//! What a reader may see, as a condition of a query: the same rule as `access::reads`.

use super::{Store, Value};
use crate::domain::Namespace;
use crate::server::access::Visibility;

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
