//! What a list of tags is filtered by: globs over names, and words about what a tag names and what became of it.

mod measure;

use super::{Error, Protection, Result, TagPattern, Timestamp};

/// The word for tags that a protection rule is about.
pub const PROTECTED: &str = "protected";

/// The word for those that none is about.
pub const UNPROTECTED: &str = "unprotected";

/// The word for tags whose image somebody signed.
pub const SIGNED: &str = "signed";

/// The word for those of which no signature is here.
pub const UNSIGNED: &str = "unsigned";

/// The word for images without a tag, in lists of images.
pub const UNTAGGED: &str = "untagged";

/// The most of a name, a platform or a digest that is looked for.
const MAX_PART: usize = 128;

/// A word that filters understand.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// It, as somebody would write it.
    pub sample: &'static str,
    /// Which tags it lets through.
    pub means: &'static str,
}

/// All words, for those who look for one.
pub const WORDS: &[Word] = &[
    Word { sample: "rc", means: "with `rc` anywhere in their name" },
    Word {
        sample: "1.4.*",
        means: "whose name fits the glob: `*` for any text, `?` for a character, `[0-9]` for one of some",
    },
    Word { sample: "!*-rc*", means: "whose name does not" },
    Word { sample: "age:>30d", means: "that moved longer ago; `<` for more lately; h, d, w or y" },
    Word { sample: "unused:>90d", means: "that nobody pulled, pushed or moved for that long" },
    Word { sample: "size:>1GB", means: "whose image is larger to pull; `<` for smaller; kB, MB, GB or TB" },
    Word {
        sample: "platform:arm64",
        means: "whose image is for that platform, or for others as well: `linux/arm/v7` too",
    },
    Word { sample: "digest:3f9a", means: "whose image has a digest that begins so" },
    Word { sample: "by:ci-web", means: "that this person or robot moved last" },
    Word { sample: SIGNED, means: "with a signature, which is not checked here" },
    Word { sample: UNSIGNED, means: "without one" },
    Word { sample: PROTECTED, means: "that a protection rule is about" },
    Word { sample: UNPROTECTED, means: "that none is about" },
];

/// What is refused says what there is.
fn all() -> String {
    let samples: Vec<_> = WORDS.iter().map(|word| word.sample).collect();
    format!("write a part of a name or a glob, or words as in {}", samples[1..].join(", "))
}

/// What a word asks of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameIs {
    /// It has this in it.
    With(String),
    /// It does not.
    Without(String),
    /// It fits globs, which are read as those of grants and rules are.
    Fitting(TagPattern),
}

/// A filter, read from what somebody typed: `1.4.* age:>30d protected`. A tag has to fit all of its words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagFilter {
    /// What they ask of its name.
    pub names: Vec<NameIs>,
    /// Only tags that moved before.
    pub before: Option<Timestamp>,
    /// Only tags that moved after.
    pub after: Option<Timestamp>,
    /// Only tags that were neither pulled nor moved since.
    pub unused_since: Option<Timestamp>,
    /// Only tags whose image is larger to pull, in bytes.
    pub larger: Option<i64>,
    /// Only tags whose image is smaller.
    pub smaller: Option<i64>,
    /// Only tags whose image is for all of these: `arm64`, `linux/arm64`.
    pub platforms: Vec<String>,
    /// Only tags whose digest begins so, its algorithm before it.
    pub digest: Option<String>,
    /// Only tags that this one moved last: a name, or the key of an [`Actor`](super::Actor).
    pub by: Option<String>,
    /// Only tags with a signature, or without one.
    pub is_signed: Option<bool>,
    /// Only tags that one of these rules is about: none until it is said which there are.
    pub under: Option<Vec<Protection>>,
    /// Only tags that none of these is about: all until it is said which there are.
    pub free_of: Option<Vec<Protection>>,
}

impl TagFilter {
    /// Reads it; ages count back from `now`.
    ///
    /// # Errors
    /// [`Error::Invalid`] of `q`, which says what was not understood.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self> {
        let mut filter = Self::default();
        for word in text.split_whitespace() {
            match word.split_once(':') {
                None => filter.plain(word)?,
                Some((key, value)) => filter.keyed(key, value, now)?,
            }
        }
        Ok(filter)
    }

    /// The same in a repository that has these rules.
    pub fn with_rules(self, rules: &[Protection]) -> Self {
        let of = |asked: Option<Vec<Protection>>| asked.map(|_| rules.to_vec());
        Self { under: of(self.under), free_of: of(self.free_of), ..self }
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// A word without a colon.
    fn plain(&mut self, word: &str) -> Result<()> {
        match word {
            PROTECTED => self.under = Some(vec![]),
            UNPROTECTED => self.free_of = Some(vec![]),
            SIGNED | UNSIGNED => return once(&mut self.is_signed, word == SIGNED, word),
            _ => self.names.push(NameIs::read(word)?),
        }
        Ok(())
    }

    fn keyed(&mut self, key: &str, value: &str, now: Timestamp) -> Result<()> {
        let word = format!("{key:.40}:{value:.40}");
        let odd = |help: &str| Error::invalid("q", format!("`{word}` {help}"));
        let ago = |text: &str| measure::span(text).and_then(|span| now.0.checked_sub(span)).map(Timestamp);
        match key {
            "age" => {
                let odd = || odd("is no age; write age:>30d, age:<12h or age:>2w");
                let (is_more, moment) = side(value, ago).ok_or_else(odd)?;
                once(if is_more { &mut self.before } else { &mut self.after }, moment, &word)
            }
            "unused" => {
                let odd = || odd("is no such time; write unused:>90d");
                let (_, moment) = side(value, ago).filter(|(is_more, _)| *is_more).ok_or_else(odd)?;
                once(&mut self.unused_since, moment, &word)
            }
            "size" => {
                let odd = || odd("is no size; write size:>1GB or size:<500MB");
                let (is_more, size) = side(value, measure::size).ok_or_else(odd)?;
                once(if is_more { &mut self.larger } else { &mut self.smaller }, size, &word)
            }
            "platform" => {
                let is_odd = !is_part(value, |byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte));
                if is_odd {
                    return Err(odd("is no platform; write platform:arm64 or platform:linux/arm64"));
                }
                self.platforms.push(value.trim_matches('/').to_ascii_lowercase());
                Ok(())
            }
            "digest" => {
                let (algorithm, hex) = value.split_once(':').unwrap_or(("sha256", value));
                if algorithm != "sha256" || !is_part(hex, |byte| byte.is_ascii_hexdigit()) {
                    return Err(odd("is no beginning of a digest; write digest:3f9a41"));
                }
                once(&mut self.digest, format!("{algorithm}:{}", hex.to_ascii_lowercase()), &word)
            }
            "by" if is_part(value, |byte| !byte.is_ascii_control()) => once(&mut self.by, value.to_owned(), &word),
            "by" => Err(odd("names nobody; write by: and a name")),
            _ => Err(Error::invalid("q", format!("`{key:.40}:` is no filter; {}", all()))),
        }
    }
}

/// Reads what follows `>` or `<`, and whether it is the former.
fn side<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<(bool, T)> {
    let (is_more, rest) = match text.split_at_checked(1)? {
        (">", rest) => (true, rest),
        ("<", rest) => (false, rest),
        _ => return None,
    };
    Some((is_more, read(rest)?))
}

/// Sets what a filter says once: of two, one would say it all, and which one was meant nobody can tell.
fn once<T>(place: &mut Option<T>, value: T, word: &str) -> Result<()> {
    let twice = || format!("`{word}` says a second time what a filter says once; leave out one of the two");
    place.replace(value).map_or(Ok(()), |_| Err(Error::invalid("q", twice())))
}

/// Whether a text has such characters only, some but not too many.
fn is_part(text: &str, fits: impl Fn(u8) -> bool) -> bool {
    (1..=MAX_PART).contains(&text.len()) && text.bytes().all(fits)
}

impl NameIs {
    /// A word without a sign of a glob is looked for anywhere in the name, and after `!` it must not be there.
    fn read(word: &str) -> Result<Self> {
        let (is_not, rest) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
        if !rest.is_empty() && !rest.contains(['*', '?', '[', ']', '!', ',']) {
            return Ok(if is_not { Self::Without(rest.to_owned()) } else { Self::With(rest.to_owned()) });
        }
        if word.split(',').any(|glob| glob.trim_start_matches('!').is_empty()) {
            let message = format!("`{word:.40}` has a glob that is empty; write globs without spaces, as v*,!*-rc?");
            return Err(Error::invalid("q", message));
        }
        let pattern = word.parse::<TagPattern>().map(Self::Fitting);
        pattern.map_err(|refused| match refused {
            Error::Invalid { message, .. } => Error::invalid("q", format!("`{word:.40}`: {message}")),
            refused => refused,
        })
    }
}

#[cfg(test)]
mod tests;
