//! Tags that rules are about, for lists that show those alone.

use crate::domain::{Protection, TagPattern};
use crate::server::store::Value;
use crate::server::store::dialect::Dialect;

/// The condition that one of some rules is about a tag; what it is asked by is appended to the parameters.
pub fn covered(dialect: Dialect, tag: &str, rules: &[Protection], params: &mut Vec<Value>) -> String {
    let about = |rule: &Protection| {
        let mut takes_in = |pattern: &TagPattern| dialect.takes_in(tag, pattern, params);
        let tags = rule.tags.as_ref().map(&mut takes_in);
        let except = rule.except.as_ref().map(takes_in).map(|except| format!("NOT {except}"));
        let both: Vec<String> = tags.into_iter().chain(except).collect();
        if both.is_empty() { "1 = 1".to_owned() } else { format!("({})", both.join(" AND ")) }
    };
    any(&rules.iter().map(about).collect::<Vec<_>>())
}

/// One of them, halved again and again: an engine reads so many brackets into each other and no more.
fn any(conditions: &[String]) -> String {
    match conditions {
        [] => "1 = 0".to_owned(),
        [one] => one.clone(),
        some => {
            let (first, second) = some.split_at(some.len() / 2);
            format!("({} OR {})", any(first), any(second))
        }
    }
}
