//! What a text is searched for: names and a tag, or a digest.

use super::pasted::{DigestStart, Pasted, Pulled, cut};
use super::{Address, Reference};

/// The most words that are looked at.
const MAX_WORDS: usize = 8;
/// The longest tag (OCI distribution specification, "Pulling manifests").
const MAX_TAG_BYTES: usize = 128;

/// A text as it is searched for. `web 1.4` is a tag that begins with 1.4 in repositories that have `web` in their name; a
/// word by itself may be either.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// What names of repositories have in them, each of these.
    pub names: Vec<String>,
    /// How a tag begins. A repository may have it in its name as well.
    pub tag: Option<String>,
    /// How a digest begins.
    pub digest: Option<DigestStart>,
    /// Whether it was written as a reference: then the very tag is meant, and no longer one.
    pub is_reference: bool,
}

impl Sought {
    /// Reads it; `own` are the hosts at which this console is.
    pub fn of(text: &str, own: &[&str]) -> Self {
        match Pasted::read(text, own) {
            Some(Pasted::Image(pulled)) => Self::of_image(pulled),
            Some(Pasted::Page(address)) => Self::of_page(&address).unwrap_or_else(|| Self::of_words(text)),
            Some(Pasted::Digest(_)) | None => Self::of_words(text),
        }
    }

    /// Whether there is nothing to search for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// All words that the name of a repository may have in it.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.names.iter().chain(&self.tag).map(String::as_str)
    }

    /// The word by itself that may be a name or a tag.
    pub fn only(&self) -> Option<&str> {
        self.tag.as_deref().filter(|_| self.names.is_empty())
    }

    fn of_image(Pulled { name, tag, digest, .. }: Pulled) -> Self {
        let digest = digest.as_ref().filter(|_| tag.is_none()).map(DigestStart::from);
        Self { names: vec![name.to_string()], tag: tag.map(String::from), digest, is_reference: true }
    }

    fn of_page(address: &Address) -> Option<Self> {
        let (name, reference) = match address {
            Address::Repository(name) => (name.to_string(), None),
            Address::Tag(name, tag) => (name.to_string(), Some(Reference::Tag(tag.clone()))),
            Address::Manifest(name, digest) => (name.to_string(), Some(Reference::Digest(digest.clone()))),
            Address::Namespace(name) => (name.to_string(), None),
            _ => return None,
        };
        let sought = Self { names: vec![name], is_reference: true, ..Self::default() };
        Some(match reference {
            None => sought,
            Some(Reference::Tag(tag)) => Self { tag: Some(tag.into()), ..sought },
            Some(Reference::Digest(digest)) => Self { digest: Some((&digest).into()), ..sought },
        })
    }

    fn of_words(text: &str) -> Self {
        let mut names: Vec<String> = cut(text).split_whitespace().take(MAX_WORDS).map(str::to_owned).collect();
        let Some(last) = names.pop() else { return Self::default() };
        let digest = DigestStart::read(&last);
        // With its algorithm it is a digest and nothing else.
        let is_digest = digest.is_some() && last.contains(':');
        let is_in_tags = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let is_tag = last.len() <= MAX_TAG_BYTES && last.bytes().all(is_in_tags);
        let tag = is_tag.then(|| last.clone());
        if !is_tag && !is_digest {
            names.push(last);
        }
        Self { names, tag, digest, is_reference: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OWN: [&str; 1] = ["registry.acme.dev"];

    fn sought(names: &[&str], tag: Option<&str>, digest: Option<&str>, is_reference: bool) -> Sought {
        Sought {
            names: names.iter().map(|it| (*it).to_owned()).collect(),
            tag: tag.map(str::to_owned),
            digest: digest.map(|it| DigestStart::read(it).unwrap()),
            is_reference,
        }
    }

    #[test]
    fn the_last_word_may_be_a_tag_and_a_digest_is_one() {
        for (text, expected) in [
            ("", Sought::default()),
            ("  web ", sought(&[], Some("web"), None, false)),
            ("web 1.4", sought(&["web"], Some("1.4"), None, false)),
            ("team web\t1.4", sought(&["team", "web"], Some("1.4"), None, false)),
            ("web team/", sought(&["web", "team/"], None, None, false)),
            ("3f9a41", sought(&[], Some("3f9a41"), Some("3f9a41"), false)),
            ("web sha256:3f9a41", sought(&["web"], None, Some("3f9a41"), false)),
            ("team/web:1.4", sought(&["team/web"], Some("1.4"), None, true)),
            ("docker pull registry.acme.dev/team/web", sought(&["team/web"], None, None, true)),
            ("https://registry.acme.dev/r/team/web/-/tags/1.4", sought(&["team/web"], Some("1.4"), None, true)),
            ("ghcr.io/acme/web:1.4", sought(&["acme/web"], Some("1.4"), None, true)),
            ("\u{202e}web", sought(&["\u{202e}web"], None, None, false)),
        ] {
            assert_eq!(Sought::of(text, &OWN), expected, "{text}");
        }
        let digest = format!("sha256:{}", "a".repeat(64));
        assert_eq!(Sought::of(&format!("team/web@{digest}"), &OWN), sought(&["team/web"], None, Some(&digest), true));
        assert_eq!(Sought::of(&digest, &OWN), sought(&[], None, Some(&digest), false));
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_few_words(text in "[\\PC \t]{0,3000}") {
            let sought = Sought::of(&text, &OWN);
            prop_assert!(sought.words().count() <= MAX_WORDS);
            prop_assert!(sought.words().all(|word| !word.is_empty() && !word.contains(char::is_whitespace)));
            prop_assert!(sought.tag.is_none_or(|tag| tag.is_ascii() && tag.len() <= MAX_TAG_BYTES));
        }
    }
}
