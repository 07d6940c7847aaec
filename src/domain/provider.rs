//! Identity providers: how each is named and set. What is checked of them is in `server/identity/provider/`.

use super::principal::is_hidden;
use super::text::checked_text;
use super::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What stands in the addresses of a provider, such as `acme`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProviderName(String);
checked_text!(ProviderName);

/// The most of a name, and of a title.
const MAX_BYTES: usize = 40;
const MAX_TITLE_CHARS: usize = 60;

impl ProviderName {
    fn check(text: &str) -> Result<()> {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
        let starts_well = text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
        // The page of that address is the one for a new provider.
        let is_free = text != "new";
        match starts_well && is_free && text.len() <= MAX_BYTES && text.as_bytes().iter().all(is_word) {
            true => Ok(()),
            false => Err(Error::invalid(
                "name",
                "a name begins with a letter or a digit and has at most 40 letters, digits, dots, dashes and underscores: \
                 it stands in the callback's address; new is taken",
            )),
        }
    }
}

/// What is wrong with the title of a provider, if something is.
pub fn title_problem(title: &str) -> Option<&'static str> {
    let is_odd = title.trim().is_empty() || title.chars().count() > MAX_TITLE_CHARS || title.chars().any(is_hidden);
    is_odd.then_some("this is what stands on the button: one line of at most 60 characters")
}

/// What is said where the id or the secret of this console at a provider is missing.
pub const GIVEN_BY_PROVIDER: &str = "the provider gives it when you register this console there";

/// The protocol of a provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    #[default]
    Oidc,
    Github,
}

impl ProviderKind {
    /// As programs write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Oidc => "oidc",
            Self::Github => "github",
        }
    }

    /// As people read it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Oidc => "OpenID Connect",
            Self::Github => "GitHub",
        }
    }
}

impl fmt::Display for ProviderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ProviderKind {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let found = [Self::Oidc, Self::Github].into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| Error::invalid("kind", "a provider is of kind oidc or github"))
    }
}

/// How a provider is set; the client's secret stands elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderSettings {
    /// What stands on the button.
    pub title: String,
    /// The issuer of an OpenID provider, as it writes itself; where GitHub is.
    pub url: String,
    /// Where GitHub's API is, if that is not the usual place.
    pub api_url: String,
    pub client_id: String,
    /// What is asked for; the usual where nothing is said.
    pub scopes: Vec<String>,
    /// Where groups stand in what an OpenID provider says; `groups` where nothing is said.
    pub groups_claim: String,
    pub username_claim: String,
    /// Everybody becomes a user.
    pub open_sign_up: bool,
    /// Who is in one of these becomes a user.
    pub allowed_groups: Vec<String>,
    /// Who is in one of these is an administrator for as long as they are.
    pub admin_groups: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_in_an_address() {
        for good in ["acme", "Acme-2", "git.hub_x", &"a".repeat(40)] {
            assert!(good.parse::<ProviderName>().is_ok(), "{good}");
        }
        for bad in ["", "new", "-a", "a b", "a/b", "ä", &"a".repeat(41)] {
            assert!(bad.parse::<ProviderName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_title_is_one_line_that_is_seen() {
        for good in ["Acme", "Schlüssel & Co.", &"ü".repeat(60)] {
            assert_eq!(title_problem(good), None, "{good}");
        }
        for bad in ["", " ", "a\nb", "Ac\u{200b}me", &"a".repeat(61)] {
            assert!(title_problem(bad).is_some(), "{bad:?}");
        }
    }
}
