//! Tags that rules are about, for lists that show those alone.

use crate::domain::{Protection, TagPattern};
use crate::server::store::Value;
use crate::server::store::dialect::{Dialect, any};

/// The condition that one of some rules is about a tag; what it is asked by is appended to the parameters. It is asked of
/// many tags, so patterns that only include are asked together.
pub fn covered(dialect: Dialect, tag: &str, rules: &[Protection], params: &mut Vec<Value>) -> String {
    let only_includes = |pattern: &TagPattern| !pattern.as_str().contains('!');
    let (plain, others): (Vec<&Protection>, Vec<&Protection>) =
        rules.iter().partition(|rule| rule.except.is_none() && rule.tags.as_ref().is_some_and(only_includes));
    let plain = together(plain.iter().filter_map(|rule| rule.tags.as_ref()));
    let mut conditions: Vec<String> = plain.iter().map(|pattern| dialect.takes_in(tag, pattern, params)).collect();
    conditions.extend(others.into_iter().map(|rule| {
        let mut takes_in = |pattern: &TagPattern| dialect.takes_in(tag, pattern, params);
        let tags = rule.tags.as_ref().map(&mut takes_in);
        let except = rule.except.as_ref().map(takes_in).map(|except| format!("NOT {except}"));
        let both: Vec<String> = tags.into_iter().chain(except).collect();
        if both.is_empty() { "1 = 1".to_owned() } else { format!("({})", both.join(" AND ")) }
    }));
    any(&conditions)
}

/// Patterns that only include, as few of them that take in the same tags.
fn together<'p>(patterns: impl Iterator<Item = &'p TagPattern>) -> Vec<TagPattern> {
    let mut few: Vec<TagPattern> = Vec::new();
    for pattern in patterns {
        let both = few.last().and_then(|last| format!("{last}, {pattern}").parse().ok());
        if both.is_some() {
            few.pop();
        }
        few.push(both.unwrap_or_else(|| pattern.clone()));
    }
    few
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_only_include_are_asked_together() {
        let patterns = |texts: &[String]| texts.iter().map(|it| it.parse().unwrap()).collect::<Vec<TagPattern>>();
        let some = patterns(&["v*".to_owned(), "prod".to_owned(), "r[0-9], x?".to_owned()]);
        assert_eq!(together(some.iter()), patterns(&["v*, prod, r[0-9], x?".to_owned()]));
        let long = patterns(&[format!("{}*", "a".repeat(400)), format!("{}*", "b".repeat(400))]);
        assert_eq!(together(long.iter()), long, "as long as a pattern may be");
        assert_eq!(together([].iter()), []);
    }
}
