//! Reading what a provider says of somebody. Claims are whatever it likes: text, lists, objects in objects.

use super::Groups;
use crate::domain::principal::is_hidden;
use serde_json::{Map, Value};

/// What a provider says of somebody.
pub(super) type Claims = Map<String, Value>;

/// The most groups that are kept of one person, and the longest name of one.
const MAX_GROUPS: usize = 2_000;
const MAX_GROUP_BYTES: usize = 512;
/// The most of all of them.
const MAX_BYTES: usize = 64 * 1024;
/// The most of a text: a subject may be that long (OpenID Connect Core, section 2).
const MAX_CHARS: usize = 255;

/// What stands at a path: at that very name, else inside objects at each part of it (`realm_access.roles`).
fn at<'c>(claims: &'c Claims, path: &str) -> Option<&'c Value> {
    if let Some(found) = claims.get(path) {
        return Some(found);
    }
    let (first, rest) = path.split_once('.')?;
    at(claims.get(first)?.as_object()?, rest)
}

/// A text in one line, if there is one.
pub(super) fn text(claims: &Claims, path: &str) -> Option<String> {
    let text = at(claims, path)?.as_str()?;
    let plain: String = text.chars().filter(|c| !is_hidden(*c)).take(MAX_CHARS).collect();
    Some(plain.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The groups at a path; `None` where nothing is said of them. A text is one group, whatever stands in it.
pub(super) fn groups(claims: &Claims, path: &str) -> Option<Groups> {
    // Entra names no groups beyond some hundreds and says where to ask for them instead.
    let is_elsewhere = claims.get("_claim_names").and_then(Value::as_object).is_some_and(|names| {
        names.contains_key(path) || path.split('.').next().is_some_and(|first| names.contains_key(first))
    });
    let said: Vec<&str> = match at(claims, path) {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ if is_elsewhere => return Some(Groups::TooMany),
        Some(_) => vec![],
        None => return None,
    };
    let mut groups: Vec<String> = said.into_iter().filter(|it| is_name(it)).map(str::to_owned).collect();
    groups.sort();
    groups.dedup();
    let is_too_much = groups.len() > MAX_GROUPS || groups.iter().map(String::len).sum::<usize>() > MAX_BYTES;
    Some(if is_too_much { Groups::TooMany } else { Groups::Said(groups) })
}

fn is_name(group: &str) -> bool {
    !group.trim().is_empty() && group.len() <= MAX_GROUP_BYTES && !group.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(claims: Value, path: &str) -> Option<Groups> {
        groups(claims.as_object().unwrap(), path)
    }

    fn said(groups: &[&str]) -> Option<Groups> {
        Some(Groups::Said(groups.iter().map(|it| (*it).to_owned()).collect()))
    }

    #[test]
    fn groups_are_a_text_or_a_list_at_any_depth() {
        assert_eq!(of(json!({"groups": ["b", "a", "a", "", 7, null]}), "groups"), said(&["a", "b"]));
        assert_eq!(of(json!({"groups": "dev, ops"}), "groups"), said(&["dev, ops"]), "one text is one group");
        assert_eq!(of(json!({"realm_access": {"roles": ["dev"]}}), "realm_access.roles"), said(&["dev"]));
        assert_eq!(of(json!({"https://acme.example/groups": ["dev"]}), "https://acme.example/groups"), said(&["dev"]));
        assert_eq!(of(json!({"resource": {"a.b": {"roles": ["x"]}}}), "resource.a.b.roles"), None);
        assert_eq!(of(json!({"groups": []}), "groups"), said(&[]));
        assert_eq!(of(json!({"groups": {"dev": true}}), "groups"), said(&[]));
        assert_eq!(of(json!({}), "groups"), None);
        assert_eq!(of(json!({"realm_access": "roles"}), "realm_access.roles"), None);
    }

    #[test]
    fn groups_that_are_left_out_are_not_none() {
        let left_out = json!({"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "x"}}});
        assert_eq!(of(left_out, "groups"), Some(Groups::TooMany));
        let many: Vec<String> = (0..=MAX_GROUPS).map(|n| n.to_string()).collect();
        assert_eq!(of(json!({ "groups": many }), "groups"), Some(Groups::TooMany));
    }

    #[test]
    fn a_text_is_one_line_and_not_endless() {
        let claims = json!({"email": " a@b\n", "n": 7, "long": "x".repeat(9000), "empty": " "});
        let claims = claims.as_object().unwrap();
        assert_eq!(text(claims, "email").as_deref(), Some("a@b"));
        assert_eq!((text(claims, "n"), text(claims, "none"), text(claims, "empty")), (None, None, None));
        assert_eq!(text(claims, "long").unwrap().len(), MAX_CHARS);
    }
}
