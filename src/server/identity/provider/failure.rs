//! Why a sign-in at a provider came to nothing: in words for whoever signs in, with whose turn it is. The details are
//! for the log.

use crate::domain::Error;
use crate::domain::principal::is_hidden;

/// The most of a provider's own words that a page repeats.
const MAX_WORDS: usize = 200;
/// The most of the details of a failure.
const MAX_DETAILS: usize = 500;

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The provider says no.
    #[error("it said {error}: {description}")]
    Denied { error: String, description: String },
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// It wants to be asked less often.
    #[error("it takes no more questions for a while (rate limit)")]
    Limited,
    /// Its address is one that nobody allowed.
    #[error("{0} is not a public address")]
    Blocked(std::net::IpAddr),
    /// It does not know this registry by this secret.
    #[error("it refused the client id or the client secret")]
    ClientSecret,
    /// The code that the browser brought is worth nothing, or no more.
    #[error("it refused the code: {0}")]
    Code(String),
    /// Somebody else answered.
    #[error("the answer is not its own: {0}")]
    Foreign(String),
    #[error("its clock differs by {0} s")]
    Clock(i64),
    /// What it says cannot be believed.
    #[error("it cannot be believed: {0}")]
    Answer(String),
    /// The same, with what it says itself: that is for the log alone.
    #[error("it cannot be believed: {why} ({said:.500})")]
    Odd { why: String, said: String },
}

/// What an answer of the token endpoint begins with that names an error; the rest is its own words.
const SAID: &str = "its token endpoint said ";
/// Errors that are known (RFC 6749, section 5.2).
const KNOWN: [&str; 3] = ["invalid_request", "unsupported_grant_type", "invalid_scope"];

/// Why nothing was reached: what the details of it hold, and what is said of that.
const UNREACHED: [(&str, &str); 8] = [
    ("took too long", "it took too long"),
    ("timed out", "it took too long"),
    ("refused", "the connection was refused"),
    ("dns error", "its name leads nowhere"),
    ("Expired", "its certificate has ended"),
    ("UnknownIssuer", "its certificate is from nobody who is trusted here"),
    ("NotValidForName", "its certificate is for another name"),
    ("certificate", "its certificate cannot be trusted"),
];

impl Failure {
    /// An answer that cannot be believed, and why.
    pub fn answer(why: impl Into<String>) -> Self {
        Self::Answer(why.into())
    }

    /// An answer that cannot be believed, and why, with the words in it that are not ours.
    pub fn odd(why: impl Into<String>, said: impl Into<String>) -> Self {
        Self::Odd { why: why.into(), said: said.into() }
    }

    /// All of it in one line, for the log: what somebody else said makes no lines of its own there.
    pub fn line(&self) -> String {
        self.to_string().chars().map(|c| if is_hidden(c) { ' ' } else { c }).collect()
    }

    /// What whoever sets the provider of that title reads: which of the known things went wrong. Who types an address
    /// may be somebody who cannot reach it, so nothing is repeated of what answers there.
    pub fn details(&self, title: &str) -> Error {
        let message: String = self.known().chars().filter(|c| !c.is_control()).take(MAX_DETAILS).collect();
        let message = match self {
            Self::Blocked(_) => {
                format!("cannot be used: {message}; allow it in limits.outbound_allow of the configuration")
            }
            _ => format!("cannot be used so: {message}"),
        };
        Error::Upstream {
            registry: title.to_owned(),
            message,
            is_down: matches!(self, Self::Unreachable(_) | Self::Limited),
        }
    }

    /// What went wrong, without a word that came from there. What a browser brought its owner reads anyway.
    fn known(&self) -> String {
        match self {
            Self::Unreachable(words) => format!("it cannot be reached: {}", unreached(words)),
            Self::Blocked(_) => "its address is not public".to_owned(),
            Self::Code(_) => "it refused the code".to_owned(),
            Self::Odd { why, .. } => format!("it cannot be believed: {why}"),
            Self::Answer(why) => match why.strip_prefix(SAID) {
                Some(said) => {
                    let known = KNOWN.into_iter().find(|known| said.split(':').next() == Some(known));
                    format!("it cannot be believed: {SAID}{}", known.unwrap_or("no, without a reason that is known"))
                }
                None => self.to_string(),
            },
            _ => self.to_string(),
        }
    }

    /// What people read who wanted to sign in by the provider of that title.
    pub fn words(&self, title: &str) -> Error {
        let upstream = |message: String, is_down| Error::Upstream { registry: title.to_owned(), message, is_down };
        match self {
            Self::Denied { error, description } if error == "access_denied" => {
                Error::NotLetIn(format!("{title} did not let you in{}; try again, or ask there", quoted(description)))
            }
            Self::Denied { error, description } => {
                let said = if description.is_empty() { quoted(error) } else { quoted(description) };
                upstream(format!("could not sign you in{said}; whoever runs this registry has to see to it"), false)
            }
            Self::Unreachable(_) => {
                upstream("cannot be reached at the moment; try again, and tell whoever runs this registry".into(), true)
            }
            Self::Limited => {
                upstream("takes no more questions from this registry for a while; try again in some minutes".into(), true)
            }
            Self::Blocked(_) => upstream(
                "has an address that is not public; whoever runs this registry has to allow it in limits.outbound_allow".into(),
                false,
            ),
            Self::ClientSecret => upstream(
                "refused this registry's client secret; whoever runs this registry has to renew it".into(),
                false,
            ),
            Self::Code(_) => Error::NotLetIn(format!(
                "{title} takes this sign-in for used already, or for too old; sign in once more"
            )),
            Self::Foreign(_) => Error::NotLetIn(format!(
                "this answer does not come from {title}; nothing was done, sign in once more"
            )),
            Self::Clock(seconds) => upstream(
                format!(
                    "and this registry have clocks that differ by {}; whoever runs this registry has to set its clock",
                    span(*seconds)
                ),
                false,
            ),
            Self::Answer(_) | Self::Odd { .. } => upstream(
                "answered in a way that cannot be believed; the log of this registry tells whoever runs it why".into(),
                false,
            ),
        }
    }
}

/// Why nothing was reached, in words of ours.
fn unreached(words: &str) -> String {
    let status = words.rsplit_once(" answered ").map(|(_, status)| status);
    if let Some(status) = status.and_then(|status| status.parse::<u16>().ok()) {
        return format!("it answered {status}");
    }
    let known = UNREACHED.into_iter().find(|(sign, _)| words.contains(sign));
    known.map_or("the connection failed", |(_, words)| words).to_owned()
}

/// A provider's own words: one line, and not for long.
fn quoted(words: &str) -> String {
    let plain: String = words.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect();
    if plain.trim().is_empty() { String::new() } else { format!(" (“{}”)", plain.trim()) }
}

fn span(seconds: i64) -> String {
    match seconds.abs() {
        0..120 => format!("{} seconds", seconds.abs()),
        120..7200 => format!("{} minutes", seconds.abs() / 60),
        _ => format!("{} hours", seconds.abs() / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_whose_turn_it_is_and_keeps_its_details() {
        let said = |failure: Failure| failure.words("Acme").to_string();
        let denied = Failure::Denied { error: "access_denied".into(), description: "by\nyou".into() };
        assert_eq!(said(denied), "Acme did not let you in (“byyou”); try again, or ask there");
        let secret = said(Failure::ClientSecret);
        assert!(secret.starts_with("Acme refused this registry's client secret"), "{secret}");
        assert!(said(Failure::Clock(-600)).contains("differ by 10 minutes"));
        for hidden in [Failure::Unreachable("10.0.0.1".into()), Failure::answer("10.0.0.1")] {
            assert!(!said(hidden).contains("10.0.0.1"));
        }
        let told = |failure: Failure| failure.details("Acme").to_string();
        for (failure, words) in [
            (Failure::Unreachable("its keys answered 503".into()), "cannot be reached: it answered 503"),
            (Failure::Unreachable("tcp connect error: Connection refused (10.0.0.1)".into()), "was refused"),
            (Failure::Unreachable("certificate is only valid for 10.0.0.1".into()), "cannot be trusted"),
            (Failure::Unreachable("10.0.0.1".into()), "the connection failed"),
            (Failure::Blocked([10, 0, 0, 1].into()), "outbound_allow"),
            (Failure::Code("10.0.0.1".into()), "refused the code"),
            (Failure::odd("it lacks a member", "10.0.0.1"), "it lacks a member"),
            (Failure::answer("its token endpoint said invalid_scope: 10.0.0.1"), "said invalid_scope"),
            (Failure::answer("its token endpoint said 10.0.0.1: 10.0.0.1"), "without a reason that is known"),
        ] {
            let told = told(failure);
            assert!(told.contains(words) && !told.contains("10.0.0.1"), "{words}: {told}");
        }
        let forged =
            Failure::Denied { error: "x".into(), description: "\n2026-11-28 INFO all is well\r\u{202e}".into() };
        assert_eq!(forged.line(), "it said x:  2026-11-28 INFO all is well  ");
        let long = Failure::Denied { error: "x".into(), description: "y".repeat(5000) };
        assert!(said(long).len() < 400);
    }
}
