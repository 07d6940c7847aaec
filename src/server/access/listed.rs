//! What lists show somebody, kept beside what was granted to them: of thousands of grants it is worked out once, and
//! not by each list of each request.

use super::{Policy, Standing, Visibility, visibility};
use crate::domain::Timestamp;
use std::sync::{Arc, Mutex, PoisonError};

/// What was worked out of one standing. A copy of it begins with nothing, for its maker may give it other terms.
#[derive(Debug, Default)]
pub struct Listed(Mutex<Option<Kept>>);

#[derive(Debug)]
struct Kept {
    policy: Policy,
    from: Timestamp,
    /// When the next of the grants ends.
    until: Option<Timestamp>,
    visibility: Visibility,
}

impl Clone for Listed {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Standing {
    /// What [`visibility`] says. Only of a standing that is shared, and so changes no more.
    pub(super) fn lists(self: &Arc<Self>, policy: Policy, now: Timestamp) -> Visibility {
        let mut kept = self.listed.0.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = |kept: &&Kept| kept.policy == policy && kept.from <= now && kept.until.is_none_or(|end| now < end);
        if let Some(known) = kept.as_ref().filter(holds) {
            return known.visibility.clone();
        }
        let found = visibility(policy, self, now);
        let ends = self.terms.iter().filter(|terms| terms.hold_at(now)).filter_map(|terms| terms.expires_at);
        *kept = Some(Kept { policy, from: now, until: ends.min(), visibility: found.clone() });
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Role, Terms};

    #[test]
    fn what_lists_show_ends_with_the_grant_that_ends_and_is_no_copys() {
        let terms = |scope: &str, end: Option<i64>| Terms {
            role: Role::Reader,
            scope: scope.parse().unwrap(),
            tags: None,
            expires_at: end.map(Timestamp),
        };
        let terms = vec![terms("team/*", None), terms("other/*", Some(10)), terms("third/*", Some(20))];
        let standing = Arc::new(Standing::anonymous(terms));
        let shown = |standing: &Arc<Standing>, now| standing.lists(Policy::Grants, Timestamp(now));
        for now in [1, 9, 10, 15, 20, 30, 5] {
            assert_eq!(shown(&standing, now), visibility(Policy::Grants, &standing, Timestamp(now)), "{now}");
        }
        assert_eq!(standing.lists(Policy::ReadOnly, Timestamp(5)), Visibility::Everything);
        let less = Arc::new(Standing { terms: vec![], ..Standing::clone(&standing) });
        assert_eq!(shown(&less, 5), visibility(Policy::Grants, &less, Timestamp(5)));
    }
}
