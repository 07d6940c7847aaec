//! Many scopes as one: a name is looked up among them, however many there are. Lists ask it of each repository, in the
//! database too, so that one rule decides in both.

use crate::domain::{RepositoryName, Scope};
use std::cmp::Ordering;
use std::sync::Arc;

/// Stands between two scopes, and in no scope.
pub const BETWEEN: char = ',';

/// Scopes of which none lies in another, in the order of bytes.
///
/// All that begins with `team/` follows `team/*` in that order, for `*` comes before whatever a name may hold. So the
/// last scope that is not after a name is the only one in which it may lie.
#[derive(Clone, Debug, Default)]
pub struct Scopes {
    text: Arc<str>,
    /// Where each of them ends in the text.
    ends: Arc<[usize]>,
}

impl Scopes {
    /// All that lies in any of these.
    pub fn of<'a>(scopes: impl Iterator<Item = &'a Scope>) -> Self {
        let mut all: Vec<String> = scopes.map(Scope::to_string).collect();
        all.sort_unstable();
        let mut outermost: Vec<String> = Vec::with_capacity(all.len());
        for scope in all {
            if !outermost.last().is_some_and(|last| is_within(&scope, last)) {
                outermost.push(scope);
            }
        }
        Self::read(&outermost.join(&BETWEEN.to_string()))
    }

    /// What [`Self::as_str`] wrote.
    pub fn read(text: &str) -> Self {
        let ends = text.match_indices(BETWEEN).map(|(at, _)| at);
        let last = (!text.is_empty()).then_some(text.len());
        Self { text: text.into(), ends: ends.chain(last).collect() }
    }

    /// All of them in one text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// One after another.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|place| self.at(place))
    }

    /// Whether nothing lies in them.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Whether everything lies in them.
    pub fn is_everything(&self) -> bool {
        *self.text == *"*"
    }

    /// Whether a repository lies in any of them.
    pub fn cover(&self, repository: &RepositoryName) -> bool {
        self.hold(repository.as_str())
    }

    /// The same for the text of a name, as the database has it.
    pub fn hold(&self, name: &str) -> bool {
        let (mut from, mut to) = (0, self.ends.len());
        while from < to {
            let middle = from.midpoint(to);
            match self.at(middle).cmp(name) {
                Ordering::Greater => to = middle,
                Ordering::Less | Ordering::Equal => from = middle + 1,
            }
        }
        from > 0 && is_within(name, self.at(from - 1))
    }

    fn at(&self, place: usize) -> &str {
        let from = if place == 0 { 0 } else { self.ends[place - 1] + 1 };
        &self.text[from..self.ends[place]]
    }
}

impl PartialEq for Scopes {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Scopes {}

/// Whether a name, or all of a scope, lies in another scope.
fn is_within(inner: &str, scope: &str) -> bool {
    match scope.strip_suffix('*') {
        Some(above) => inner.starts_with(above),
        None => inner == scope,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const SCOPE: &str = r"[ab]([-.]?[ab])?(/[ab]([-_]?[ab])?){0,2}(/\*)?";

    proptest! {
        #[test]
        fn many_scopes_cover_what_one_of_them_covers(
            scopes in vec(prop_oneof![1 => r"\*", 60 => SCOPE], 0..30), name in r"[ab]([-.]?[ab])?(/[ab]([-_]?[ab])?){0,3}",
        ) {
            let scopes: Vec<Scope> = scopes.iter().map(|text| text.parse().unwrap()).collect();
            let (many, name) = (Scopes::of(scopes.iter()), name.parse::<RepositoryName>().unwrap());
            prop_assert_eq!(many.cover(&name), scopes.iter().any(|scope| scope.covers(&name)));
            prop_assert_eq!(Scopes::read(many.as_str()), many.clone());
            prop_assert_eq!(many.is_empty(), scopes.is_empty());
            prop_assert_eq!(many.is_everything(), scopes.contains(&Scope::Everything));
            let kept: Vec<Scope> = many.iter().map(|text| text.parse().unwrap()).collect();
            for (place, one) in kept.iter().enumerate() {
                prop_assert!(scopes.contains(one) && !kept.iter().enumerate().any(|(at, other)| at != place && other.holds(one)));
            }
        }
    }
}
