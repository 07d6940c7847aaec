//! The globs of a pattern as one machine, made once when the pattern is read. It goes over a tag byte by byte and follows
//! all globs at once, a bit for each place in them: the work for a byte is the same whatever the globs say, and nothing
//! is allocated.

use super::{Part, is_one};
use std::fmt;
use std::sync::Arc;

/// The most words of bits: as many places as the longest pattern has, where it is made of the shortest globs.
const MAX_WORDS: usize = (super::MAX_BYTES + 1).div_ceil(64);

/// All that may stand in a tag lies between these.
const FIRST: u8 = b'-';
const LAST: u8 = b'z';
const N_BYTES: usize = (LAST - FIRST) as usize + 1;

/// What was read of a pattern.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Machine {
    words: Arc<[Word]>,
    /// Whether no glob includes, so that all is taken in that none excludes.
    only_excludes: bool,
}

/// Places in globs, a bit for each: before the first sign, and after each sign that takes a byte.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Word {
    /// Where globs begin.
    begins: u64,
    /// Before a `*`: any byte may come and the place stays.
    stays: u64,
    /// Where globs end that include.
    includes: u64,
    /// Where globs end that exclude.
    excludes: u64,
    /// For each byte where it leads from the place before.
    leads: [u64; N_BYTES],
}

impl Machine {
    /// That of some globs, each with whether it excludes.
    pub(super) fn of<'g>(globs: impl Iterator<Item = (bool, Vec<Part<'g>>)>) -> Self {
        let mut made = Making { words: vec![], n_places: 0 };
        let mut only_excludes = true;
        for (excludes, parts) in globs {
            only_excludes &= excludes;
            made.begin();
            parts.iter().for_each(|part| made.add(part));
            made.end(excludes);
        }
        Self { words: made.words.into(), only_excludes }
    }

    /// Whether the pattern takes in a tag.
    pub(super) fn takes_in(&self, tag: &[u8]) -> bool {
        let (mut room, n_words) = ([0_u64; MAX_WORDS], self.words.len());
        let at = &mut room[..n_words];
        at.iter_mut().zip(&*self.words).for_each(|(at, word)| *at = word.begins);
        for byte in tag {
            let Some(byte) = byte.checked_sub(FIRST).map(usize::from).filter(|byte| *byte < N_BYTES) else {
                return false;
            };
            let (mut carried, mut all) = (0, 0);
            for (at, word) in at.iter_mut().zip(&*self.words) {
                let moved = (*at << 1) | carried;
                carried = *at >> 63;
                *at = (moved & word.leads[byte]) | (*at & word.stays);
                all |= *at;
            }
            if all == 0 {
                break; // No glob fits any more.
            }
        }
        let is_at = |ends: fn(&Word) -> u64| at.iter().zip(&*self.words).any(|(at, word)| at & ends(word) != 0);
        (self.only_excludes || is_at(|word| word.includes)) && !is_at(|word| word.excludes)
    }

    pub(super) fn only_excludes(&self) -> bool {
        self.only_excludes
    }
}

/// The text beside it says all of it.
impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

struct Making {
    words: Vec<Word>,
    n_places: usize,
}

impl Making {
    /// One more place.
    fn step(&mut self) {
        if self.n_places.is_multiple_of(64) {
            self.words.push(Word { begins: 0, stays: 0, includes: 0, excludes: 0, leads: [0; N_BYTES] });
        }
        self.n_places += 1;
    }

    /// The word of the last place, and its bit there.
    fn last(&mut self) -> (&mut Word, u64) {
        let bit = 1 << ((self.n_places - 1) % 64);
        (self.words.last_mut().expect("a glob has begun"), bit)
    }

    fn begin(&mut self) {
        self.step();
        let (word, bit) = self.last();
        word.begins |= bit;
    }

    fn add(&mut self, part: &Part<'_>) {
        if matches!(part, Part::Any) {
            let (word, bit) = self.last();
            word.stays |= bit;
            return;
        }
        self.step();
        let (word, bit) = self.last();
        for (byte, leads) in (FIRST..=LAST).zip(&mut word.leads) {
            if is_one(part, byte) {
                *leads |= bit;
            }
        }
    }

    fn end(&mut self, excludes: bool) {
        let (word, bit) = self.last();
        match excludes {
            true => word.excludes |= bit,
            false => word.includes |= bit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tag_pattern::{globs, parts};
    use crate::domain::{Tag, TagPattern};
    use proptest::prelude::*;

    /// A glob, read sign by sign.
    fn fits(parts: &[Part<'_>], text: &[u8]) -> bool {
        match (parts, text) {
            ([], text) => text.is_empty(),
            ([Part::Any, rest @ ..], text) => (0..=text.len()).any(|taken| fits(rest, &text[taken..])),
            ([part, rest @ ..], [first, text @ ..]) => is_one(part, *first) && fits(rest, text),
            ([_, ..], []) => false,
        }
    }

    fn takes_in(pattern: &str, tag: &str) -> bool {
        let fits = |glob: &&str| fits(&parts(glob.trim_start_matches('!')).unwrap(), tag.as_bytes());
        let (out, into): (Vec<&str>, Vec<&str>) = globs(pattern).partition(|glob| glob.starts_with('!'));
        (into.is_empty() || into.iter().any(fits)) && !out.iter().any(fits)
    }

    #[test]
    fn a_look_at_a_tag_costs_the_same_whatever_a_pattern_says() {
        let globs = |glob: &str| vec![glob; super::super::MAX_BYTES / (glob.len() + 1)].join(",");
        for text in ["a".repeat(512), "*a".repeat(256), globs("*ab"), globs("!*a*"), globs("a"), globs("?")] {
            let pattern: TagPattern = text.parse().unwrap();
            let tag: Tag = "a".repeat(128).parse().unwrap();
            assert!(pattern.1.words.len() <= MAX_WORDS, "{text}");
            pattern.matches(&tag);
        }
    }

    proptest! {
        #[test]
        fn it_takes_in_what_its_globs_say(
            pattern in r"!?([ab*?]|\[a-b\]|\[b_\]){1,9}(, ?!?([ab*?]|\[b-c\]|abbaabba){1,9}){0,30}",
            tag in "[abc][abc_]{0,9}",
        ) {
            if let Ok(read) = pattern.parse::<TagPattern>() {
                prop_assert_eq!(read.matches(&tag.parse().unwrap()), takes_in(&pattern, &tag));
            }
        }
    }
}
