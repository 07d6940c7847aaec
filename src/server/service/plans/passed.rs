//! Protection rules that would be in the way of others, and that who asks may pass.

use crate::domain::protection::Barred;
use crate::domain::view::RuleMet;
use crate::domain::{RepositoryName, Tag, Target};
use crate::server::access::Rights;
use crate::server::service::protections::met;
use crate::server::store::protections::Rules;

/// Tags of one rule that are named.
const NAMED: usize = 5;

/// What rules say of tags that go all the same.
pub(super) fn passed(rules: &Rules, (name, rights): (&RepositoryName, &Rights), tags: &[&Tag]) -> Vec<RuleMet> {
    let passed = rules.leaving_to_some(tags).into_iter().map(|(rule, tags)| {
        let at = Target::Tag(name.clone(), tags[0].clone());
        met(rights, Barred::by(rule, named(&tags)), Some(&at))
    });
    passed.collect()
}

/// `prod`, `v1 and v2`, `v1, v2, v3, v4, v5 and 3 more`.
fn named(tags: &[&Tag]) -> String {
    let more = tags.len().saturating_sub(NAMED);
    let mut named: Vec<String> = tags.iter().take(NAMED).map(ToString::to_string).collect();
    let last = if more > 0 { Some(format!("{more} more")) } else { named.pop() };
    match (named.join(", "), last.unwrap_or_default()) {
        (first, last) if first.is_empty() => last,
        (first, last) => format!("{first} and {last}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_tags_are_named_and_the_rest_is_counted() {
        let all: Vec<Tag> = (1..=8).map(|n| format!("v{n}").parse().unwrap()).collect();
        let said = |count: usize| named(&all.iter().take(count).collect::<Vec<_>>());
        assert_eq!([1, 2, 3].map(said), ["v1", "v1 and v2", "v1, v2 and v3"]);
        assert_eq!([5, 8].map(said), ["v1, v2, v3, v4 and v5", "v1, v2, v3, v4, v5 and 3 more"]);
    }
}
