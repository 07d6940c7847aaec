//! Numbers, plurals and sentences, written the same on every page.

use crate::domain::principal::is_hidden_in_text;
use crate::domain::protection::and_up;
use crate::domain::{Error, Role, Timestamp};
use std::fmt::Write;

/// `1,204`: a whole number with its thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 tag`, `214 tags`: a number with its noun.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// A message as a sentence: a capital at its start, a full stop at its end. A message that starts
/// with a name of somebody's choosing keeps that name as it is. What another registry says in it turns nothing around.
pub fn sentence(message: &str) -> String {
    let message = inert(message, MAX_TEXT_CHARS);
    let first_word = message.split_whitespace().next().unwrap_or_default();
    let is_plain = first_word.chars().all(|c| c.is_ascii_lowercase());
    let mut text = String::with_capacity(message.len() + 1);
    let mut rest = message.chars();
    text.extend(rest.next().map(|first| if is_plain { first.to_ascii_uppercase() } else { first }));
    text.push_str(rest.as_str());
    if !text.is_empty() && !text.ends_with(['.', '!', '?', '…']) {
        text.push('.');
    }
    text
}

/// Why something was refused, as a sentence: with the least role that is not refused, and a name as it is.
pub fn refusal(error: &Error) -> String {
    match error {
        Error::Forbidden(permission) => {
            let mut ladder = Role::ALL.into_iter().filter(|role| *role != Role::Auditor);
            let by = ladder.find(|role| role.holds(*permission)).map(and_up);
            let by = by.map(|by| format!(" ({by})")).unwrap_or_default();
            format!("That needs {}{by}, which you do not have here.", permission.name())
        }
        Error::Protected(_) => format!("{error}."),
        error => sentence(&error.to_string()),
    }
}

/// The most that is shown of a name of a stranger's choosing: no file system takes a longer name, and
/// no registered media type is longer (RFC 6838, section 4.2).
pub const MAX_NAME_CHARS: usize = 255;

/// The most that is shown of a command, a variable or a label.
pub const MAX_TEXT_CHARS: usize = 4_000;

/// A stranger's text on one line, cut after `max_chars`; what shows nothing of itself, or would turn the
/// text around it, is seen as a replacement character.
pub fn inert(text: &str, max_chars: usize) -> String {
    let plain = |c: char| match c {
        '\u{a0}' => c, // A number stays with its unit.
        _ if c.is_whitespace() => ' ',
        _ if is_hidden_in_text(c) => char::REPLACEMENT_CHARACTER,
        _ => c,
    };
    let mut rest = text.chars().map(plain);
    let mut shown: String = rest.by_ref().take(max_chars).collect();
    if rest.next().is_some() {
        shown.push('…');
    }
    shown
}

/// A stranger's text with its lines, whole; what shows nothing of itself, or would turn the text around it, is written as its
/// number, as JSON writes it.
pub fn inert_lines(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\r' => {}
            '\n' | '\t' | ' ' => shown.push(c),
            _ if is_hidden_in_text(c) || c.is_whitespace() => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(shown, "\\u{unit:04x}"); // Into a text, which takes all of it.
                }
            }
            _ => shown.push(c),
        }
    }
    shown
}

/// `about 3 min`: a span of seconds, coarsely, for what is still to come.
pub fn about(seconds: u64) -> String {
    match seconds {
        0..45 => "less than a minute".to_owned(),
        45..5400 => format!("about {} min", (seconds + 30) / 60),
        _ => format!("about {} h", (seconds + 1800) / 3600),
    }
}

/// `5 min`: a span of seconds as it was set.
pub fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

/// How an invitation stands: for how long its link works, or that it does no more.
pub fn invited(until: Timestamp, now: Timestamp) -> String {
    match (until.0 - now.0).max(0).unsigned_abs().div_ceil(86_400_000) {
        0 => "Invitation ended".to_owned(),
        1 => "Invited, ends within a day".to_owned(),
        days => format!("Invited, {days} days left"), // The day that has begun counts.
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Permission;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([0, 999, 1204, 1_000_000].map(grouped), ["0", "999", "1,204", "1,000,000"]);
        assert_eq!(counted(1, "tag", "tags"), "1 tag");
        assert_eq!(counted(1204, "tag", "tags"), "1,204 tags");
    }

    #[test]
    fn messages_become_sentences_and_names_stay() {
        assert_eq!(sentence("there is no such page"), "There is no such page.");
        assert_eq!(sentence("team/web has no tag 9"), "team/web has no tag 9.");
        assert_eq!(sentence("registry.acme.dev did not answer."), "registry.acme.dev did not answer.");
        assert_eq!(sentence(""), "");
        assert_eq!(sentence("it said \u{202e}no"), "It said \u{fffd}no.");
    }

    #[test]
    fn a_refusal_names_the_least_role_that_is_not_refused() {
        let of = |permission| refusal(&Error::Forbidden(permission));
        assert_eq!(of(Permission::TagDelete), "That needs tag.delete (Developer and up), which you do not have here.");
        assert!(of(Permission::UserRead).contains("(Admin)"), "an auditor is on no ladder");
        assert_eq!(refusal(&Error::Unauthenticated), "You are not signed in.");
    }

    #[test]
    fn a_strangers_text_is_cut_and_turns_nothing_around() {
        assert_eq!(inert("sbom.json", 255), "sbom.json");
        assert_eq!(inert("a\nb\u{0}c 1.2\u{a0}MB", 255), "a b\u{fffd}c 1.2\u{a0}MB");
        assert_eq!(inert("photo\u{202e}gpj.exe", 255), "photo\u{fffd}gpj.exe");
        assert_eq!(inert("ac\u{200b}me\u{3164}", 255), "ac\u{fffd}me\u{fffd}");
        assert_eq!(inert("\u{26a0}\u{fe0f} beta", 255), "\u{26a0}\u{fe0f} beta");
        assert_eq!(inert(&"ü".repeat(300), 255), format!("{}…", "ü".repeat(255)));
    }

    #[test]
    fn a_strangers_lines_stay_lines_and_hide_nothing() {
        assert_eq!(inert_lines("{\r\n\t\"a\": 1\n}"), "{\n\t\"a\": 1\n}");
        assert_eq!(inert_lines("a\u{202e}b\u{0}\u{a0}\u{e0001}"), "a\\u202eb\\u0000\\u00a0\\udb40\\udc01");
    }

    #[test]
    fn an_invitation_counts_the_days_that_are_left() {
        let at = |hours: i64| invited(Timestamp(hours * 3_600_000), Timestamp(0));
        assert_eq!([-1, 0].map(at), ["Invitation ended", "Invitation ended"]);
        assert_eq!(
            [1, 24, 25, 168].map(at),
            [
                "Invited, ends within a day",
                "Invited, ends within a day",
                "Invited, 2 days left",
                "Invited, 7 days left"
            ]
        );
    }

    #[test]
    fn what_is_to_come_is_said_coarsely() {
        assert_eq!([10, 60, 185, 7200].map(about), ["less than a minute", "about 1 min", "about 3 min", "about 2 h"]);
    }
}
