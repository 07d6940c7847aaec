//! What a manifest may list, for who must delete none of it: all that some client could read there, however oddly it is
//! written. Where that cannot be told it is an error, and never an empty list. Nothing is accepted by this.

use super::strict::{Key, is_read_as};
use super::{Digest, MAX_DESCRIPTORS, media_type};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use std::fmt;

/// A manifest that another one lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub digest: Digest,
    /// Whether it may list others in turn. Clients go by the type that its entry states; one that states none may be anything.
    pub may_list: bool,
}

/// All that a manifest lists for any client: Go's parser regards no case in keys, and of two equal keys some take the first
/// and some the last.
pub fn listed(bytes: &[u8]) -> serde_json::Result<Vec<Listed>> {
    let (mut json, mut found) = (serde_json::Deserializer::from_slice(bytes), Vec::new());
    Place::Manifest(&mut found).deserialize(&mut json)?;
    json.end().map(|()| found)
}

/// Where in a manifest a value stands, with what was found until there.
enum Place<'f> {
    Manifest(&'f mut Vec<Listed>),
    List(&'f mut Vec<Listed>),
    Entry(&'f mut Vec<Listed>),
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::List(_)) { "a list" } else { "an object" })
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<(), A::Error> {
        match self {
            Self::Manifest(found) => manifest(found, object),
            Self::Entry(found) => entry(found, object),
            Self::List(_) => Err(A::Error::invalid_type(Unexpected::Map, &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self::List(found) = self else { return Err(A::Error::invalid_type(Unexpected::Seq, &self)) };
        while list.next_element_seed(Place::Entry(found))?.is_some() {}
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        match self {
            Self::List(_) | Self::Entry(_) => Ok(()),
            Self::Manifest(_) => Err(E::invalid_type(Unexpected::Unit, &self)),
        }
    }
}

fn manifest<'de, A: MapAccess<'de>>(found: &mut Vec<Listed>, mut object: A) -> Result<(), A::Error> {
    while let Some(Key(key)) = object.next_key()? {
        match is_read_as(&key, "manifests") {
            true => object.next_value_seed(Place::List(found))?,
            false => drop(object.next_value::<IgnoredAny>()?),
        }
    }
    Ok(())
}

fn entry<'de, A: MapAccess<'de>>(found: &mut Vec<Listed>, mut object: A) -> Result<(), A::Error> {
    let (mut digests, mut types) = (Vec::new(), Vec::new());
    while let Some(Key(key)) = object.next_key()? {
        let stated = match is_read_as(&key, "digest") {
            true => &mut digests,
            false if is_read_as(&key, "mediaType") => &mut types,
            false => {
                object.next_value::<IgnoredAny>()?;
                continue;
            }
        };
        // Go programs write `null` or an empty text for what is not there.
        stated.extend(object.next_value::<Option<String>>()?.filter(|text| !text.is_empty()));
    }
    let may_list = types.is_empty() || types.iter().any(|it| media_type::is_index(it));
    for text in digests {
        let digest = text.parse().map_err(|_| A::Error::custom("an entry has a digest that cannot be read"))?;
        if found.len() == MAX_DESCRIPTORS {
            return Err(A::Error::custom(format!("more than {MAX_DESCRIPTORS} manifests are listed")));
        }
        found.push(Listed { digest, may_list });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPED: &str = r#""mediaType":"application/vnd.oci.image.manifest.v1+json""#;

    fn digest(letter: &str) -> String {
        format!(r#""sha256:{}""#, letter.repeat(64))
    }

    /// The letters of the digests that a text lists, those in capitals that may list others; `None` if it cannot be read.
    fn read(text: &str) -> Option<String> {
        let text = ["a", "b"].iter().fold(text.to_owned(), |text, it| text.replace(&format!("_{it}"), &digest(it)));
        let letter = |it: Listed| {
            let letter = it.digest.as_str()[7..8].to_owned();
            if it.may_list { letter.to_uppercase() } else { letter }
        };
        listed(text.replace("TYPED", TYPED).as_bytes()).ok().map(|found| found.into_iter().map(letter).collect())
    }

    #[test]
    fn whatever_a_client_reads_is_read() {
        for (text, found) in [
            (r#"{"schemaVersion":2,"manifests":[{TYPED,"digest":_a,"size":7},{TYPED,"digest":_b}]}"#, "ab"),
            (r#"{"Manifests":[{TYPED,"DIGEST":_a}],"manifeſts":[{TYPED,"\u0064igest":_b}]}"#, "ab"),
            (r#"{"manifests":[{TYPED,"digest":_a}],"manifests":[]}"#, "a"),
            (r#"{"manifests":[{TYPED,"digest":_a,"digest":_b,"digest":null}]}"#, "ab"),
            (r#"{"manifests":[{"mediaType":null,"digest":_a},{"digest":_b}]}"#, "AB"),
            (r#"{"manifests":[{TYPED,"MediaType":"application/vnd.oci.image.index.v1+json","digest":_a}]}"#, "A"),
            (r#"{"manifests":[{"mediaType":"application/octet-stream","digest":_a},null,{},{"digest":""}]}"#, "a"),
            (
                r#"{"manifests":null,"config":{"digest":_a},"subject":{"digest":_b},"x":{"manifests":[{"digest":_b}]}}"#,
                "",
            ),
            (r#"{"schemaVersion":1,"fsLayers":[{"blobSum":_a}],"x":1e999}"#, ""),
        ] {
            assert_eq!(read(text).as_deref(), Some(found), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_no_empty_list() {
        for text in [
            "",
            "null",
            "[]",
            "no JSON",
            "{} {}",
            r#"{"manifests":{}}"#,
            r#"{"manifests":"x"}"#,
            r#"{"manifests":[[]]}"#,
            r#"{"manifests":[7]}"#,
            r#"{"manifests":[{"digest":7}]}"#,
            r#"{"manifests":[{"digest":"sha384:00"}]}"#,
            r#"{"manifests":[{"mediaType":{},"digest":_a}]}"#,
            r#"{"manifests":[{TYPED,"digest":_a}]"#,
            r#"{"\ud800":1,"manifests":[]}"#,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        let many = |n: usize| format!(r#"{{"manifests":[{}]}}"#, vec![r#"{TYPED,"digest":_a}"#; n].join(","));
        assert_eq!(read(&many(MAX_DESCRIPTORS)).map(|found| found.len()), Some(MAX_DESCRIPTORS));
        assert_eq!(read(&many(MAX_DESCRIPTORS + 1)), None);
    }
}
