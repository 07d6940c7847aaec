//! Whether all parsers read some JSON alike, asked before it is read as a manifest.
//!
//! Of two equal keys some parsers take the first and some the last, and Go's takes `Layers` for
//! `layers`: what one client checks must not be something else to the client that runs it
//! (GHSA-qq97-vm5h-rrhg, GHSA-5j5w-g665-5m35). Keys that nobody gives a meaning may be there, once.
//! The walk keeps nothing but the keys of the objects that it is in.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// Refuses repeated keys, other spellings of known keys, lists in place of objects, text that is no
/// UTF-8, nesting without end and anything after the end.
pub(super) fn check(bytes: &[u8]) -> serde_json::Result<()> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    Place::Manifest.deserialize(&mut json)?;
    json.end()
}

/// Where in a manifest a value stands, as far as clients give its keys a meaning.
#[derive(Clone, Copy)]
enum Place {
    Manifest,
    Descriptor,
    Descriptors,
    Platform,
    Elsewhere,
}

impl Place {
    /// The keys that some client knows here (OCI image specification; `fsLayers` and `features` are Docker's).
    fn known_keys(self) -> &'static [&'static str] {
        match self {
            Self::Manifest => &[
                "schemaVersion",
                "mediaType",
                "artifactType",
                "config",
                "layers",
                "manifests",
                "subject",
                "annotations",
                "fsLayers",
            ],
            Self::Descriptor => {
                &["mediaType", "artifactType", "digest", "size", "urls", "annotations", "data", "platform"]
            }
            Self::Platform => &["architecture", "os", "os.version", "os.features", "variant", "features"],
            Self::Descriptors | Self::Elsewhere => &[],
        }
    }

    /// What the value of `key` is here.
    fn under(self, key: &str) -> Self {
        match (self, key) {
            (Self::Manifest, "config" | "subject") => Self::Descriptor,
            (Self::Manifest, "layers" | "manifests") => Self::Descriptors,
            (Self::Descriptor, "platform") => Self::Platform,
            _ => Self::Elsewhere,
        }
    }

    /// The known key for which a parser that does not regard case takes `key`.
    fn misread(self, key: &str) -> Option<&'static str> {
        let known = self.known_keys();
        if known.contains(&key) { None } else { known.iter().copied().find(|known| is_read_as(key, known)) }
    }
}

/// Whether Go's parser takes a key for a known one.
pub(super) fn is_read_as(key: &str, known: &str) -> bool {
    key.chars().map(fold).eq(known.chars().map(fold))
}

/// Without case, as Go's parser compares keys: two letters beyond ASCII fold into it.
fn fold(letter: char) -> char {
    match letter {
        'ſ' => 's',
        '\u{212a}' => 'k', // The sign for kelvin.
        _ => letter.to_ascii_lowercase(),
    }
}

/// A key, borrowed from the input where nothing in it is escaped.
#[derive(serde::Deserialize)]
pub(super) struct Key<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl<'de> DeserializeSeed<'de> for Place {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(Key(key)) = object.next_key()? {
            if let Some(known) = self.misread(&key) {
                return Err(A::Error::custom(format!("some clients read the key {key:.40} as {known}; write it so")));
            }
            let inside = self.under(&key);
            if let Some(key) = keys.replace(key) {
                return Err(A::Error::custom(format!("the key {key:.40} stands twice in one object")));
            }
            object.next_value_seed(inside)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let inside = match self {
            Self::Descriptors => Self::Descriptor,
            Self::Elsewhere => Self::Elsewhere,
            // The types would take the fields of an object from a list.
            Self::Manifest | Self::Descriptor | Self::Platform => {
                return Err(A::Error::invalid_type(Unexpected::Seq, &self));
            }
        };
        while list.next_element_seed(inside)?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refusal(json: &str) -> String {
        check(json.as_bytes()).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_key_stands_once_however_it_is_written_and_wherever_it_is() {
        for twice in [
            r#"{"layers":[],"layers":[]}"#,
            r#"{"layers":[],"l\u0061yers":[]}"#,
            r#"{"x":{"y":[{"z":1,"z":1}]}}"#,
            r#"{"annotations":{"a":"1","a":"2"}}"#,
            r#"{"config":{"annotations":{"a":"1","a":"1"}}}"#,
            r#"{"layers":[{"size":1,"size":2}]}"#,
            r#"{"manifests":[{"platform":{"os.version":"1","os.version":"2"}}]}"#,
            r#"{"x":1,"X":1,"x":1}"#,
        ] {
            assert!(refusal(twice).contains("stands twice"), "{twice}: {}", refusal(twice));
        }
    }

    #[test]
    fn a_known_key_has_one_spelling_where_it_is_known() {
        for odd in [
            r#"{"Manifests":[]}"#,
            r#"{"MEDIATYPE":"x"}"#,
            r#"{"manifestſ":[]}"#,
            r#"{"\u004dediaType":"x"}"#,
            r#"{"fslayers":[]}"#,
            r#"{"config":{"Digest":"x"}}"#,
            r#"{"subject":{"SIZE":1}}"#,
            r#"{"layers":[{},{"URLs":[]}]}"#,
            r#"{"manifests":[{"platform":{"OS":"linux"}}]}"#,
            r#"{"manifests":[{"platform":{"os.Version":"1"}}]}"#,
        ] {
            assert!(refusal(odd).contains("some clients read"), "{odd}: {}", refusal(odd));
        }
        for free in [
            r#"{"annotations":{"Size":"1","size":"2","Layers":"3"}}"#,
            r#"{"x":{"Config":1,"config":2}}"#,
            r#"{"config":{"annotations":{"Digest":"x"}},"Name":"x","name":"y"}"#,
        ] {
            assert_eq!(refusal(free), "", "{free}");
        }
    }

    #[test]
    fn a_list_is_no_object() {
        let list = |place: &str| place.replace('_', r#"["application/json","sha256:00",7]"#);
        for place in ["_", r#"{"config":_}"#, r#"{"layers":[_]}"#, r#"{"manifests":[{"platform":_}]}"#] {
            assert!(refusal(&list(place)).contains("expected an object"), "{place}");
        }
        assert_eq!(refusal(&list(r#"{"x":[_,{"platform":_}]}"#)), "");
    }

    #[test]
    fn what_is_no_json_in_one_piece_is_refused() {
        for text in ["", "{", "{} {}", "{},", "\u{feff}{}", r#"{"x":"\ud800"}"#, r#"{"x":1e999}"#, r#"{"x":NaN}"#] {
            assert_ne!(refusal(text), "", "{text}");
        }
        for bytes in [&b"{\"x\":\"\xff\"}"[..], b"{\"\xc0\xaf\":1}", b"{\"x\":\"\xed\xa0\x80\"}"] {
            assert!(check(bytes).is_err(), "{}", bytes.escape_ascii());
        }
        let deep = |n: usize| format!(r#"{{"x":{}{}}}"#, "[".repeat(n), "]".repeat(n));
        assert_eq!(refusal(&deep(100)), "");
        assert_ne!(refusal(&deep(100_000)), "");
    }

    /// JSON whose objects keep their keys in order, so that one of them can be written once more.
    #[derive(Clone, Debug)]
    enum Json {
        Plain(&'static str),
        List(Vec<Json>),
        Object(Vec<(String, Json)>),
    }

    impl Json {
        /// `repeat` counts down the keys that are written; the one that finds it at zero is written twice.
        fn print(&self, repeat: &mut i64) -> String {
            match self {
                Self::Plain(text) => (*text).to_owned(),
                Self::List(items) => {
                    let items: Vec<String> = items.iter().map(|item| item.print(repeat)).collect();
                    format!("[{}]", items.join(","))
                }
                Self::Object(fields) => {
                    let mut printed = Vec::new();
                    for (key, value) in fields {
                        let is_repeated = *repeat == 0;
                        *repeat -= 1;
                        printed.push(format!("{key:?}:{}", value.print(repeat)));
                        printed.extend(is_repeated.then(|| format!("{key:?}:null")));
                    }
                    format!("{{{}}}", printed.join(","))
                }
            }
        }
    }

    fn json() -> impl Strategy<Value = Json> {
        let plain = prop_oneof![Just("1"), Just("-0.5"), Just("null"), Just("true"), Just("\"text\""), Just("{}")];
        plain.prop_map(Json::Plain).prop_recursive(6, 40, 6, |inner| {
            let fields = proptest::collection::btree_map("[a-zé ]{0,4}", inner.clone(), 1..6);
            prop_oneof![
                proptest::collection::vec(inner, 0..4).prop_map(Json::List),
                fields.prop_map(|fields| Json::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn one_key_twice_at_any_depth_is_refused_and_nothing_else(tree in json(), which in any::<prop::sample::Index>()) {
            let object = Json::Object(vec![("x-first".into(), Json::Plain("0")), ("x-tree".into(), tree)]);
            let mut left = i64::MAX;
            prop_assert_eq!(refusal(&object.print(&mut left)), "");
            let mut repeat = which.index((i64::MAX - left) as usize) as i64;
            let twice = object.print(&mut repeat);
            prop_assert!(refusal(&twice).contains("stands twice"), "{}", twice);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = check(&bytes);
        }
    }
}
