//! What somebody is called here whom a provider brings. A name carries no right, and never leads into an account that
//! somebody has already.

use crate::domain::Username;
use crate::server::entropy::{Entropy, new_secret_id};

/// Names with a number that are tried before one that nobody can have.
const NUMBERED: u32 = 20;
/// Room for what may have to be added.
const MAX_BYTES: usize = 48;

/// Names to try one after the other: as they are called at the provider if that is a name here, then with a number.
pub(super) fn candidates(spelled: &[String], entropy: &dyn Entropy) -> Vec<Username> {
    let stem = spelled.iter().find_map(|name| plain(name)).unwrap_or_else(|| "user".to_owned());
    let numbered = (2..=NUMBERED).map(|n| format!("{stem}-{n}"));
    let chance = format!("{stem}-{}", &new_secret_id(entropy)[..12]);
    [stem.clone()].into_iter().chain(numbered).chain([chance]).filter_map(|name| name.parse().ok()).collect()
}

/// A name by the rule of usernames; `None` where nothing is left of it. Of an e-mail address it is the first part.
fn plain(name: &str) -> Option<String> {
    let local = name.split('@').next().unwrap_or_default().to_lowercase();
    let mut plain = String::new();
    for c in local.chars() {
        let fits = c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
        match fits {
            true => plain.push(c),
            // What another alphabet writes becomes a dash, several of them one.
            false if !plain.ends_with('-') => plain.push('-'),
            false => {}
        }
    }
    plain.truncate(MAX_BYTES);
    let plain = plain.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    (!plain.is_empty()).then(|| plain.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::entropy::SeededEntropy;

    fn first(spelled: &[&str], n: usize) -> Vec<String> {
        let spelled: Vec<String> = spelled.iter().map(|it| (*it).to_owned()).collect();
        candidates(&spelled, &SeededEntropy::new(1)).iter().take(n).map(ToString::to_string).collect()
    }

    #[test]
    fn somebody_is_called_as_at_the_provider_or_by_a_number() {
        assert_eq!(first(&["Mara.Lindqvist@acme.dev"], 3), ["mara.lindqvist", "mara.lindqvist-2", "mara.lindqvist-3"]);
        assert_eq!(first(&["", "@", "ü", "tom"], 1), ["tom"]);
        assert_eq!(first(&["ACME\\Zoë Ø"], 1), ["acme-zo"]);
        assert_eq!(first(&["anonymous"], 1), ["anonymous-2"], "a reserved name is nobody's");
        assert_eq!(first(&[], 2), ["user", "user-2"]);
        assert_eq!(first(&["a@evil@corp.com"], 1), ["a"]);
        assert!(first(&[&"x".repeat(300)], 99).iter().all(|name| name.len() <= 64));
        assert_eq!(first(&["mara"], 99).len(), 21);
    }
}
