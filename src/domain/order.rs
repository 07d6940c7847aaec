//! The order in which things can be written that name each other by digest: nothing is among what it names, for a digest is
//! made of theirs.

use super::Digest;
use std::collections::{BTreeMap, BTreeSet};

/// All of these, each once and after those of them that it names.
pub fn after_what_they_name<N>(named: &BTreeMap<Digest, N>) -> Vec<&Digest>
where
    for<'n> &'n N: IntoIterator<Item = &'n Digest>,
{
    let (mut order, mut met) = (Vec::with_capacity(named.len()), BTreeSet::new());
    for first in named.keys() {
        let mut open = vec![(first, false)];
        while let Some((digest, is_left)) = open.pop() {
            if is_left {
                order.push(digest);
            } else if let Some((digest, names)) = named.get_key_value(digest).filter(|(digest, _)| met.insert(*digest))
            {
                open.push((digest, true));
                open.extend(names.into_iter().map(|it| (it, false)));
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn digest(n: usize) -> Digest {
        format!("sha256:{n:064x}").parse().unwrap()
    }

    proptest! {
        #[test]
        fn each_comes_once_and_after_what_it_names(
            named in proptest::collection::vec(proptest::collection::vec(0..40_usize, 0..5), 1..40),
            turn in 1..40_usize,
        ) {
            let n = named.len();
            let name = |at: usize| digest((at * 41 + turn) % 1681);
            let before = |at: usize| named[at].iter().filter(|it| **it < at).map(|it| name(*it)).collect();
            let all: BTreeMap<Digest, Vec<Digest>> = (0..n).map(|at| (name(at), before(at))).collect();
            let order = after_what_they_name(&all);
            prop_assert_eq!(order.len(), all.len());
            for (at, digest) in order.iter().enumerate() {
                for it in &all[*digest] {
                    prop_assert!(order[..at].contains(&it), "{} comes before {}", digest, it);
                }
            }
        }
    }

    /// Where each of two things names both of the next two there are more ways down than anybody could go.
    #[test]
    fn a_ladder_is_gone_through_once() {
        const LEVELS: usize = 60;
        let below = |level: usize| if level == 0 { vec![] } else { vec![digest(2 * level - 2), digest(2 * level - 1)] };
        let all: BTreeMap<Digest, Vec<Digest>> = (0..2 * LEVELS).map(|at| (digest(at), below(at / 2))).collect();
        assert_eq!(after_what_they_name(&all).len(), 2 * LEVELS);
    }
}
