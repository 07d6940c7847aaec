//! The one recipe for a checked string type: private field, a single parser, and
//! every way in (text, JSON, forms) through that parser.

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
