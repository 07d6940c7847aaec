//! Text that must not be seen: passwords, tokens, database addresses.
//!
//! It has no `Serialize`, no `Display` and a blind `Debug`; whoever needs the text says so by
//! [`Secret::expose`]. Never put what that returns into a log line or an error, and never compare it: what somebody
//! shows is found by its fingerprint or checked by what sealed or hashed it, which tells nobody how near a guess was.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::Deserialize;
use std::fmt;

/// A secret text.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

/// As long for what is nearly the same as for what is not.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), other.0.as_bytes()).is_ok()
    }
}

impl Eq for Secret {}

impl Secret {
    /// The text itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        let secret = Secret::from("hunter2".to_owned());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(secret.expose(), "hunter2");
        let is_same = |text: &str| secret == Secret::from(text.to_owned());
        assert!(is_same("hunter2") && !is_same("hunter3") && !is_same("hunter") && !is_same(""));
    }
}
