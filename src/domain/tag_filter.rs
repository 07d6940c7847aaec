//! What a list of tags is filtered by: globs over names, how long ago a tag moved, and whether a rule protects it.

use super::{Error, Protection, Result, Timestamp};

/// The word for tags that a protection rule is about.
pub const PROTECTED: &str = "protected";

/// The word for those that none is about.
pub const UNPROTECTED: &str = "unprotected";

/// A filter, read from what somebody typed: `1.4.* age:>30d protected`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagFilter {
    /// Globs of which all have to fit; a word without a sign of a glob is looked for anywhere in the name.
    pub names: Vec<String>,
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
                None => filter.names.push(word.to_owned()),
                Some(("age", age)) => filter.age(age, now)?,
                Some((key, _)) => {
                    let message = format!(
                        "`{key:.40}:` is no filter; write a part of a name, a glob as 1.4.*, age:>30d, protected or unprotected"
                    );
                    return Err(Error::invalid("q", message));
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
        let moment = now.0.checked_sub(span(rest).ok_or_else(odd)?).map(Timestamp);
        match side {
            ">" => self.before = moment,
            "<" => self.after = moment,
            _ => return Err(odd()),
        }
        Ok(())
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
        assert_eq!(filter.names, ["1.4.*", "rc"]);
        assert_eq!(filter.before, Some(Timestamp(70 * 86_400_000)));
        assert_eq!(filter.after, Some(Timestamp(44 * 86_400_000)));
        assert!(TagFilter::parse("", now).unwrap().is_empty());
        let protected = TagFilter::parse("*protected* protected", now).unwrap();
        assert_eq!((protected.names, protected.under), (vec!["*protected*".to_owned()], Some(vec![])));
        assert_eq!(TagFilter::parse("unprotected", now).unwrap().free_of, Some(vec![]));
        for odd in
            ["age:30d", "age:>", "age:>d", "age:>30", "age:>-1d", "age:>9223372036854775807y", "size:>1GB", "age:>3é"]
        {
            let refused = TagFilter::parse(odd, now).unwrap_err();
            assert!(matches!(&refused, Error::Invalid { field, .. } if field == "q"), "{odd}: {refused}");
        }
    }
}
