//! What a program said, in which a digest looks and is copied as everywhere else.

use super::digest::DigestText;
use crate::domain::Digest;
use crate::ui::words::{MAX_TEXT_CHARS, inert};
use leptos::prelude::*;

/// The words.
#[component]
pub fn Prose(words: String) -> impl IntoView {
    let words = inert(&words, MAX_TEXT_CHARS);
    let (mut pieces, mut text) = (Vec::new(), String::new());
    for word in words.split_inclusive(' ') {
        let Some((before, digest, after)) = digest_in(word) else {
            text.push_str(word);
            continue;
        };
        text.push_str(before);
        pieces.push(view! { {std::mem::take(&mut text)}<DigestText digest=&digest/> }.into_any());
        // The last full stop would stand apart, behind what copies the digest.
        text.push_str(if after == "." { "" } else { after });
    }
    pieces.push(text.into_any());
    pieces.into_any()
}

/// The digest that a word is, with what stands around it.
fn digest_in(word: &str) -> Option<(&str, Digest, &str)> {
    let start = word.find("sha256:").or_else(|| word.find("sha512:"))?;
    let (before, rest) = word.split_at(start);
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == ':';
    let (digest, after) = rest.split_at(rest.find(|c| !is_part(c)).unwrap_or(rest.len()));
    Some((before, digest.parse().ok()?, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_found_in_what_stands_around_it() {
        let digest = format!("sha256:{:0>64}", "3f9a");
        for (word, before, after) in
            [("{}", "", ""), ("{} ", "", " "), ("({}, ", "(", ", "), ("team/web@{}.", "team/web@", ".")]
        {
            let word = word.replace("{}", &digest);
            let found =
                digest_in(&word).map(|(before, it, after)| (before.to_owned(), it.to_string(), after.to_owned()));
            assert_eq!(found, Some((before.to_owned(), digest.clone(), after.to_owned())), "{word}");
        }
        for word in ["sha256:", "sha256:3f9a", "words"] {
            assert!(digest_in(word).is_none(), "{word}");
        }
    }
}
