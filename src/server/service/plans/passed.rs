//! Protection rules that would be in the way of others, and that who asks may pass.

use crate::domain::protection::Barred;
use crate::domain::text::first_of;
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
        met(rights, Barred::by(rule, first_of(&tags, NAMED)), Some(&at))
    });
    passed.collect()
}
