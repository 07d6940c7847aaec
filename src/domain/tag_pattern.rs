//! Patterns over tags, for grants that are narrowed and for protection rules.

mod machine;

use super::text::checked_text;
use super::{Error, Result, Tag};
use machine::Machine;
use serde::{Deserialize, Serialize};

/// Comma-separated globs over whole tags: `*`, `?` and `[0-9]`; what begins with `!` excludes. Without any glob that
/// includes, all tags are included: `!prod` is every tag but `prod`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TagPattern(String, Machine);
checked_text!(read TagPattern);

/// A pattern is looked at for every tag that somebody writes.
const MAX_BYTES: usize = 512;

/// A glob for whoever looks for tags in another way than here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    Any,
    One,
    /// One of these, and nothing else that may stand in a tag.
    Of(String),
}

/// All that may stand in a tag; the dash last, so that it makes no range.
const BYTES: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz0123456789.-";

impl TagPattern {
    fn read(text: impl AsRef<str> + Into<String>) -> Result<Self> {
        Self::check(text.as_ref())?;
        let globs = globs(text.as_ref());
        let read = globs.filter_map(|glob| Some((glob.starts_with('!'), parts(glob.trim_start_matches('!'))?)));
        let machine = Machine::of(read);
        Ok(Self(text.into(), machine))
    }

    /// Its globs, each with whether it excludes. One that fits no tag whatever is left out.
    pub fn globs(&self) -> impl Iterator<Item = (bool, Vec<Sign>)> {
        globs(&self.0).filter_map(|glob| {
            let signs: Vec<Sign> = parts(glob.trim_start_matches('!'))?.iter().map(sign).collect();
            let is_empty = signs.contains(&Sign::Of(String::new()));
            (!is_empty).then(|| (glob.starts_with('!'), signs))
        })
    }

    /// What all tags begin with that it takes in, as far as its only glob says that before its first sign.
    pub fn beginning(&self) -> &str {
        let text = self.0.trim();
        let is_one = !text.contains([',', '!']);
        let end = text.find(['*', '?', '[']).unwrap_or(text.len());
        if is_one { &text[..end] } else { "" }
    }

    /// Whether it takes in all tags that it does not exclude.
    pub fn only_excludes(&self) -> bool {
        self.1.only_excludes()
    }

    fn check(text: &str) -> Result<()> {
        let odd = |message: &str| Err(Error::invalid("tags", message));
        if text.len() > MAX_BYTES {
            return odd("a tag pattern has at most 512 characters");
        }
        for glob in globs(text) {
            let glob = glob.strip_prefix('!').unwrap_or(glob);
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-*?[]".contains(&byte);
            if glob.is_empty() {
                return odd("a tag pattern has a glob between commas, such as `v*, !*-rc?`");
            }
            if !glob.bytes().all(is_plain) {
                return odd("a tag pattern has letters, digits, `_`, `.`, `-` and the signs `*`, `?`, `[0-9]`, `!`");
            }
            if parts(glob).is_none() {
                return odd("a set in a tag pattern is written [abc] or [0-9], and its range goes upwards");
            }
        }
        Ok(())
    }

    /// Whether it takes in a tag.
    pub fn matches(&self, tag: &Tag) -> bool {
        self.1.takes_in(tag.as_str().as_bytes())
    }
}

fn globs(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim)
}

/// One sign of a glob.
#[derive(Debug)]
enum Part<'g> {
    /// `*`
    Any,
    /// `?`
    One,
    /// What stands between `[` and `]`.
    Set(&'g [u8]),
    Byte(u8),
}

/// `None` if a set is not closed, empty, or goes downwards.
fn parts(glob: &str) -> Option<Vec<Part<'_>>> {
    let (mut parts, mut rest) = (Vec::new(), glob.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        parts.push(match first {
            b'*' => Part::Any,
            b'?' => Part::One,
            b'[' => {
                let end = rest.iter().position(|byte| *byte == b']').filter(|end| *end > 0)?;
                let set = &rest[..end];
                rest = &rest[end + 1..];
                if set.windows(3).any(|it| it[1] == b'-' && it[0] > it[2]) {
                    return None;
                }
                Part::Set(set)
            }
            b']' => return None,
            byte => Part::Byte(*byte),
        });
    }
    Some(parts)
}

fn sign(part: &Part<'_>) -> Sign {
    match part {
        Part::Any => Sign::Any,
        Part::One => Sign::One,
        part => Sign::Of(BYTES.iter().filter(|byte| is_one(part, **byte)).map(|byte| char::from(*byte)).collect()),
    }
}

/// Whether a set has a byte: one of its ranges, or one that stands there by itself.
fn has(set: &[u8], byte: u8) -> bool {
    match set {
        [first, b'-', last, rest @ ..] => (first..=last).contains(&&byte) || has(rest, byte),
        [own, rest @ ..] => *own == byte || has(rest, byte),
        [] => false,
    }
}

fn is_one(part: &Part<'_>, byte: u8) -> bool {
    match part {
        Part::Any => false,
        Part::One => true,
        Part::Byte(own) => *own == byte,
        Part::Set(set) => has(set, byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(pattern: &str, tag: &str) -> bool {
        pattern.parse::<TagPattern>().unwrap().matches(&tag.parse().unwrap())
    }

    #[test]
    fn globs_are_over_the_whole_tag() {
        for (pattern, tag) in [
            ("*", "1.4"),
            ("release-*", "release-1"),
            ("v[0-9]*", "v1.0"),
            ("v?", "v1"),
            ("prod, stage", "stage"),
            ("v*,!*-rc?", "v1"),
            ("!prod", "main"),
            ("[a-c_]x", "_x"),
            ("*a*b*", "xxaxxbxx"),
        ] {
            assert!(matches(pattern, tag), "{pattern} {tag}");
        }
        for (pattern, tag) in [
            ("release-*", "a-release-1"),
            ("v?", "v12"),
            ("v[0-9]", "vx"),
            ("v[0-9]", "v-"),
            ("v*,!*-rc?", "v1-rc2"),
            ("!prod", "prod"),
            ("prod", "prod2"),
            ("*a*b*", "xxbxxaxx"),
        ] {
            assert!(!matches(pattern, tag), "{pattern} {tag}");
        }
        for odd in ["", "a,,b", "!", "[", "[]", "a]", "[9-0]", "a/b", "a b", "{a}", &"a".repeat(513)] {
            assert!(odd.parse::<TagPattern>().is_err(), "{odd:?}");
        }
    }

    #[test]
    fn a_glob_is_told_sign_by_sign() {
        let pattern: TagPattern = "v[0-2]*, !*-rc?, [*]x".parse().unwrap();
        let of = |signs: &str| Sign::Of(signs.to_owned());
        let rc = [Sign::Any, of("-"), of("r"), of("c"), Sign::One];
        assert_eq!(
            pattern.globs().collect::<Vec<_>>(),
            [(false, vec![of("v"), of("012"), Sign::Any]), (true, rc.to_vec())]
        );
        for (pattern, beginning) in
            [("v1.*", "v1."), ("v1", "v1"), ("v[0-2]*", "v"), ("*", ""), ("!v1", ""), ("v1,v2", "")]
        {
            assert_eq!(pattern.parse::<TagPattern>().unwrap().beginning(), beginning);
        }
        assert!(!pattern.only_excludes() && "!prod".parse::<TagPattern>().unwrap().only_excludes());
    }

    proptest! {
        #[test]
        fn a_tag_is_its_own_pattern(tag in "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}") {
            prop_assert!(matches(&tag, &tag));
            let (excluding, beginning) = (format!("!{tag}"), format!("{tag}*"));
            prop_assert!(!matches(&excluding, &tag));
            prop_assert!(matches(&beginning, &tag));
        }

        #[test]
        fn no_text_makes_it_panic(pattern in r"\PC{0,40}", tag in "[a-z0-9.-]{1,8}") {
            if let (Ok(pattern), Ok(tag)) = (pattern.parse::<TagPattern>(), tag.parse::<Tag>()) {
                let _ = pattern.matches(&tag);
            }
        }
    }
}
