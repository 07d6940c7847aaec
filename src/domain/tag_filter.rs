//! What a list of tags is filtered by: globs over names, how long ago a tag moved, and whether a rule protects it.

use super::{Error, Protection, Result, TagPattern, Timestamp};

/// The word for tags that a protection rule is about.
pub const PROTECTED: &str = "protected";

/// The word for those that none is about.
pub const UNPROTECTED: &str = "unprotected";

/// What is refused says what there is.
const ALL: &str =
    "write a part of a name, a glob as 1.4.* or v[0-9]*, !*-rc* for all but those, age:>30d, protected or unprotected";

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
                None if word == PROTECTED => filter.under = Some(vec![]),
                None if word == UNPROTECTED => filter.free_of = Some(vec![]),
                None => filter.names.push(NameIs::read(word)?),
                Some(("age", age)) => filter.age(age, now)?,
                Some((key, _)) => {
                    return Err(Error::invalid("q", format!("`{key:.40}:` is no filter; {ALL}")));
                }
            }
        }
        Ok(filter)
    }

    /// The same, where these are the rules of the repository.
    pub fn with_rules(self, rules: &[Protection]) -> Self {
        let of = |asked: Option<Vec<Protection>>| asked.map(|_| rules.to_vec());
        Self { under: of(self.under), free_of: of(self.free_of), ..self }
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn age(&mut self, text: &str, now: Timestamp) -> Result<()> {
        let odd = || Error::invalid("q", format!("`age:{text:.40}` is no age; write age:>30d, age:<12h or age:>2w"));
        let (side, rest) = text.split_at_checked(1).ok_or_else(odd)?;
        let moment = span(rest).and_then(|span| now.0.checked_sub(span)).map(Timestamp).ok_or_else(odd)?;
        let (before, how) = match side {
            ">" => (self.before.replace(moment), "older than"),
            "<" => (self.after.replace(moment), "younger than"),
            _ => return Err(odd()),
        };
        // One of them would say it all, and which one was meant nobody can tell.
        let twice =
            format!("`age:{text:.40}` is the second age to be {how}, and a filter takes one; leave out one of the two");
        before.map_or(Ok(()), |_| Err(Error::invalid("q", twice)))
    }
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

/// Milliseconds of `30d`: hours, days, weeks or years.
fn span(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let hours = match unit {
        "h" => 1,
        "d" => 24,
        "w" => 7 * 24,
        "y" => 365 * 24,
        _ => return None,
    };
    let number = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse::<i64>().ok())??;
    number.checked_mul(hours)?.checked_mul(3_600_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ages_are_read_and_what_is_neither_is_said() {
        let now = Timestamp(100 * 86_400_000);
        let filter = TagFilter::parse(" 1.4.*  rc age:>30d age:<8w ", now).unwrap();
        let fitting = |globs: &str| NameIs::Fitting(globs.parse().unwrap());
        assert_eq!(filter.names, [fitting("1.4.*"), NameIs::With("rc".to_owned())]);
        assert_eq!(filter.before, Some(Timestamp(70 * 86_400_000)));
        assert_eq!(filter.after, Some(Timestamp(44 * 86_400_000)));
        assert!(TagFilter::parse("", now).unwrap().is_empty());
        let protected = TagFilter::parse("*protected* protected", now).unwrap();
        assert_eq!((protected.names, protected.under), (vec![fitting("*protected*")], Some(vec![])));
        let words = TagFilter::parse("v[0-9]*,!*-rc? !v1 !*.0", now).unwrap().names;
        assert_eq!(words, [fitting("v[0-9]*,!*-rc?"), NameIs::Without("v1".to_owned()), fitting("!*.0")]);
        assert_eq!(TagFilter::parse("unprotected", now).unwrap().free_of, Some(vec![]));
        for (odd, words) in [
            ("age:30d", "is no age"),
            ("age:>", "is no age"),
            ("age:>d", "is no age"),
            ("age:>30", "is no age"),
            ("age:>-1d", "is no age"),
            ("age:>9223372036854775807y", "is no age"),
            ("age:>3é", "is no age"),
            ("size:>1GB", "`size:` is no filter; write a part of a name"),
            ("age:>90d v* age:>30d", "`age:>30d` is the second age to be older than"),
            ("age:<1d age:<1d", "`age:<1d` is the second age to be younger than"),
            ("v[9-0]", "`v[9-0]`: a set in a tag pattern"),
            ("v[0-9", "`v[0-9`: a set in a tag pattern"),
            ("team/*", "`team/*`: a tag pattern has letters"),
            ("!", "`!` has a glob that is empty"),
            ("v*, !*-rc?", "`v*,` has a glob that is empty; write globs without spaces"),
        ] {
            let refused = TagFilter::parse(odd, now).unwrap_err();
            let says = |message: &String| message.contains(words);
            assert!(
                matches!(&refused, Error::Invalid { field, message } if field == "q" && says(message)),
                "{odd}: {refused}"
            );
        }
    }
}
