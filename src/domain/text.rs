//! The one recipe for a checked string type: private field, a single parser, and
//! every way in (text, JSON, forms) through that parser. And names in a sentence.

use std::fmt::Display;

/// `prod`, `v1 and v2`, `v1, v2 and 3 more`: as many of some names as are said, and how many more there are.
pub fn first_of<N: Display>(all: &[N], most: usize) -> String {
    let more = all.len().saturating_sub(most);
    let mut named: Vec<String> = all.iter().take(most).map(ToString::to_string).collect();
    let last = if more > 0 { Some(format!("{more} more")) } else { named.pop() };
    match (named.join(", "), last.unwrap_or_default()) {
        (first, last) if first.is_empty() => last,
        (first, last) => format!("{first} and {last}"),
    }
}

/// Derives the conversions of a newtype around `String` whose only door is
/// `fn check(&str) -> Result<(), Error>`. One that keeps more than its text has a door of its own, `fn read`.
macro_rules! checked_text {
    ($type:ident) => {
        impl $type {
            fn read(text: impl AsRef<str> + Into<String>) -> Result<Self, $crate::domain::Error> {
                Self::check(text.as_ref())?;
                Ok(Self(text.into()))
            }
        }
        checked_text!(read $type);
    };
    (read $type:ident) => {
        impl $type {
            /// The text as it was accepted.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl std::str::FromStr for $type {
            type Err = $crate::domain::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::read(text)
            }
        }
        impl TryFrom<String> for $type {
            type Error = $crate::domain::Error;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::read(text)
            }
        }
        impl From<$type> for String {
            fn from(value: $type) -> String {
                value.0
            }
        }
        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

pub(super) use checked_text;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_named_and_the_rest_is_counted() {
        let all = [1, 2, 3, 4, 5, 6, 7, 8].map(|n| format!("v{n}"));
        let said = |count: usize| first_of(&all[..count], 5);
        assert_eq!([0, 1, 2, 3].map(said), ["", "v1", "v1 and v2", "v1, v2 and v3"]);
        assert_eq!([5, 8].map(said), ["v1, v2, v3, v4 and v5", "v1, v2, v3, v4, v5 and 3 more"]);
    }
}
