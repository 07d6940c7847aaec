//! What a reader may see, as a condition of a query: the same rule as `access::reads`.

use super::Value;
use crate::domain::{Namespace, Scope};
use crate::server::access::Visibility;

/// `AND …` over the repositories that a query calls `of`, with its parameters appended; nothing where everything is
/// shown.
pub(super) fn condition(visibility: &Visibility, of: &str, params: &mut Vec<Value>) -> String {
    let Visibility::Open { granted, internal } = visibility else { return String::new() };
    let own = format!("COALESCE({of}.visibility, (SELECT o.visibility FROM mounts o WHERE o.id = {of}.mount_id))");
    let granted = within(granted, of, params);
    let internal = match internal.as_slice() {
        [] => String::new(),
        scopes => format!(" OR ({own} = 'internal' AND ({}))", within(scopes, of, params)),
    };
    format!("AND ({own} = 'public' OR {granted}{internal})")
}

/// ` AND …` for those that lie in a namespace, if one is named.
pub(super) fn below(namespace: Option<&Namespace>, of: &str, params: &mut Vec<Value>) -> String {
    let Some(namespace) = namespace else { return String::new() };
    let first = params.len() + 1;
    params.extend(crate::params![format!("{namespace}/"), format!("{namespace}0")]); // `0` follows the slash.
    format!(" AND {of}.name > ${first} AND {of}.name < ${}", first + 1)
}

/// Whether a repository lies in one of these scopes.
fn within(scopes: &[Scope], of: &str, params: &mut Vec<Value>) -> String {
    let mut ways = Vec::new();
    let mut slot = |value: Value| {
        params.push(value);
        format!("${}", params.len())
    };
    let mut names = Vec::new();
    for scope in scopes {
        match scope {
            Scope::Everything => ways.push("1 = 1".to_owned()),
            // All that begins with `team/`: `0` follows the slash in the order of bytes.
            Scope::Namespace(namespace) => {
                let (from, to) = (slot(format!("{namespace}/").into()), slot(format!("{namespace}0").into()));
                ways.push(format!("({of}.name > {from} AND {of}.name < {to})"));
            }
            Scope::Repository(name) => names.push(slot(name.into())),
        }
    }
    if !names.is_empty() {
        ways.push(format!("{of}.name IN ({})", names.join(", ")));
    }
    if ways.is_empty() { "1 = 0".to_owned() } else { ways.join(" OR ") }
}
