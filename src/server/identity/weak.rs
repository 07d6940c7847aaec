//! New passwords that are guessed first: those that most people choose, one piece over and over, and what anybody knows
//! of the account.

use crate::domain::{Error, Result, Username};
use crate::server::secret::Secret;

/// Lengths by NIST SP 800-63B, section 5.1.1; the upper one keeps a request from being work.
const MIN_CHARS: usize = 8;
const MAX_BYTES: usize = 1024;

/// What most people choose, the most frequent of public lists, in lower case and in the order of the alphabet; with
/// shorter words that they hang digits on to.
const COMMON: &str = include_str!("common_passwords.txt");

/// The longest piece that is no password however often it stands there.
const MAX_PIECE: usize = 4;
/// The shortest username, and part of a host's name, that is looked for inside.
const MIN_USERNAME: usize = 3;
const MIN_PART: usize = 4;

/// Whether a new password may be used for an account of a registry at that host.
///
/// # Errors
/// [`Error::Invalid`] with the rule that it breaks.
pub fn check(password: &Secret, (username, host): (&Username, &str)) -> Result<()> {
    match weakness(password.expose(), username.as_str(), host) {
        Some(words) => Err(Error::invalid("password", words)),
        None => Ok(()),
    }
}

fn weakness(text: &str, username: &str, host: &str) -> Option<&'static str> {
    if text.chars().count() < MIN_CHARS {
        return Some("a password has at least 8 characters; a few words in a row are good");
    }
    if text.len() > MAX_BYTES {
        return Some("a password has at most 1024 bytes");
    }
    let plain = text.to_lowercase();
    let core = plain.trim_matches(|c: char| !c.is_alphabetic());
    if is_common(&plain) || is_common(core) {
        return Some("this is one of the passwords that are tried first; choose another one");
    }
    let chars: Vec<char> = plain.chars().collect();
    if is_repeated(&chars) {
        return Some("the password is one piece over and over; choose another one");
    }
    if is_run(&chars) {
        return Some("the password only counts up or down; choose another one");
    }
    if username.len() >= MIN_USERNAME && is_little_besides(&plain, username) {
        return Some("the password is little more than the username; choose another one");
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let known = [name].into_iter().chain(name.split('.')).chain(["portolan"]);
    let mut known = known.filter(|word| word.len() >= MIN_PART && word.chars().any(char::is_alphabetic));
    if known.any(|word| is_little_besides(&plain, &word.to_lowercase())) {
        return Some("the password is little more than the name of this registry; choose another one");
    }
    None
}

/// Whether a word is on the list.
fn is_common(word: &str) -> bool {
    let (mut from, mut to) = (0, COMMON.len());
    while from < to {
        let middle = from + (to - from) / 2;
        let start = COMMON[from..middle].rfind('\n').map_or(from, |at| from + at + 1);
        let end = COMMON[start..].find('\n').map_or(COMMON.len(), |at| start + at);
        match COMMON[start..end].cmp(word) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => from = end + 1,
            std::cmp::Ordering::Greater => to = start,
        }
    }
    false
}

fn is_repeated(chars: &[char]) -> bool {
    (1..=MAX_PIECE).any(|n| chars.iter().enumerate().all(|(at, c)| *c == chars[at % n]))
}

fn is_run(chars: &[char]) -> bool {
    let steps = |by: i64| chars.windows(2).all(|two| i64::from(u32::from(two[1])) - i64::from(u32::from(two[0])) == by);
    steps(1) || steps(-1)
}

/// Whether what is left without a word would be too short by itself.
fn is_little_besides(plain: &str, word: &str) -> bool {
    plain.contains(word) && plain.replace(word, "").chars().count() < MIN_CHARS
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "registry.acme.dev:8443";

    fn said(text: &str) -> &'static str {
        weakness(text, "mara.lindqvist", HOST).unwrap_or_default()
    }

    #[test]
    fn passwords_that_are_tried_first_are_refused_with_the_reason() {
        for good in [
            "devastate",
            "correct horse",
            "xk29-qlw3",
            "ein langer satz",
            "mara.lindqvist likes rain",
            "acme ships boats",
        ] {
            assert_eq!(said(good), "", "{good}");
        }
        for (bad, words) in [
            ("short", "at least 8 characters"),
            (&*"x".repeat(1025), "at most 1024 bytes"),
            ("Password1!", "tried first"),
            ("QWERTYUIOP", "tried first"),
            ("1welcome!!", "tried first"),
            ("aaaaaaaaa", "over and over"),
            ("abcabcabca", "over and over"),
            ("üüüüüüüü", "over and over"),
            ("3456789:", "counts up or down"),
            ("23456789", "counts up or down"),
            ("hgfedcba", "counts up or down"),
            ("mara.lindqvist", "the username"),
            ("Mara.Lindqvist2026", "the username"),
            ("portolan-2026", "the name of this registry"),
            ("Acme-2026", "the name of this registry"),
            ("registry.acme.dev", "the name of this registry"),
        ] {
            assert!(said(bad).contains(words), "{bad}: {}", said(bad));
        }
        assert_eq!(weakness("xk29-qlw3", "xk", "127.0.0.1:8080"), None, "what is short may stand inside by chance");
    }

    #[test]
    fn the_list_is_in_order_and_each_of_it_is_found() {
        let all: Vec<&str> = COMMON.lines().collect();
        assert!(all.len() > 5_000 && COMMON.len() < 60 * 1024, "{} of {} bytes", all.len(), COMMON.len());
        assert!(all.is_sorted_by(|one, next| one < next), "sorted, and each once");
        assert!(all.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase())));
        for word in all {
            assert!(is_common(word), "{word}");
            assert!(!is_common(&format!("{word}~")) && !is_common(&format!("~{word}")), "{word}");
        }
        for other in ["", "\n", "~", "correct horse"] {
            assert!(!is_common(other), "{other:?}");
        }
    }

    #[test]
    fn every_piece_that_is_repeated_is_refused_and_no_other() {
        for n in 1..=MAX_PIECE {
            let piece = &['a', '9', 'x', '-'][..n];
            for length in MIN_CHARS..30 {
                let text: Vec<char> = piece.iter().copied().cycle().take(length).collect();
                assert!(is_repeated(&text), "{text:?}");
                let mut other = text.clone();
                other[length - 1] = 'ö';
                assert!(!is_repeated(&other), "{other:?}");
            }
        }
    }
}
