//! What holds of every parser that strangers feed, whatever the bytes. `tests/fuzz.rs` runs each function over
//! mutations of real inputs, and the targets in `fuzz/` for as long as somebody lets them. No part of the server
//! calls them.

use super::blobs::ContentHash;
use super::http::distribution::ranges::{self, Place};
use super::insight::{Outcome, Packed, list, pack};
use super::registry::remote::link::{self, Next};
use crate::domain::condition::{Among, Condition};
use crate::domain::digest::Algorithm;
use crate::domain::files::Layer;
use crate::domain::manifest::{ImageConfig, MAX_CONTENT_BYTES, MAX_DESCRIPTORS, Manifest, Relation, listed};
use crate::domain::name::MAX_NAME_BYTES;
use crate::domain::notice::{self, Notice};
use crate::domain::pasted::Pasted;
use crate::domain::sought::Sought;
use crate::domain::{Address, Digest, MountPrefix, Namespace, Reference, RepositoryName, Tag, media_type};
use crate::server::service::pull::ContentRange;
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;
use url::{Url, form_urlencoded};

/// What parses prints as it was written, and through JSON nothing gets in that the parser refuses.
fn checked<T>(text: &str) -> Option<T>
where
    T: FromStr + Display + PartialEq + serde::de::DeserializeOwned,
{
    let parsed = text.parse::<T>().ok();
    let quoted = serde_json::to_string(text).expect("text is JSON");
    let by_json = serde_json::from_str::<T>(&quoted).ok();
    assert!(parsed == by_json, "text and JSON go through one parser: {text:?}");
    assert!(parsed.as_ref().is_none_or(|parsed| parsed.to_string() == text), "{text:?}");
    parsed
}

/// Names of repositories, namespaces and mounts.
pub fn fuzz_names(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    let name = checked::<RepositoryName>(text);
    assert_eq!(name.is_some(), checked::<Namespace>(text).is_some(), "one grammar: {text:?}");
    assert_eq!(name.is_some() || text.is_empty(), checked::<MountPrefix>(text).is_some(), "one grammar: {text:?}");
    let Some(name) = name else { return };
    assert!(text.len() <= MAX_NAME_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
    let whole = name.namespace().map_or(name.base().to_owned(), |above| format!("{above}/{}", name.base()));
    assert_eq!(whole, text, "a name is its namespace and its base");
    if let Some(above) = name.namespace() {
        let prefix: MountPrefix = above.as_str().parse().expect("a namespace is a prefix");
        assert_eq!(prefix.strip(&name), Some(name.base()));
        assert_eq!(prefix.join(name.base()), Ok(name));
    }
}

/// References, addresses of the console, and conditions, in which digests stand too.
pub fn fuzz_references(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    let (tag, digest) = (checked::<Tag>(text), checked::<Digest>(text));
    match checked::<Reference>(text) {
        None => assert!(tag.is_none() && digest.is_none(), "{text:?}"),
        Some(Reference::Tag(read)) => assert!(tag == Some(read) && digest.is_none() && text.len() <= 128, "{text:?}"),
        Some(Reference::Digest(read)) => {
            assert!(tag.is_none() && digest.as_ref() == Some(&read), "{text:?}");
            assert_eq!(Digest::from_hex(read.algorithm(), read.hex()), Ok(read.clone()));
            assert!(read.hex().starts_with(read.short()) && read.as_tag().as_str().len() <= 71, "{text:?}");
        }
    }
    if let Some(address) = Address::parse_repository(text) {
        assert_eq!(address.to_string().strip_prefix("/r/").and_then(Address::parse_repository), Some(address));
    }
    pasted(text);
    conditions(text);
}

/// What is typed into the field of the search.
fn pasted(text: &str) {
    let sought = Sought::of(text, &["registry.example"]);
    assert!(sought.words().count() <= 8 && sought.words().all(|word| !word.is_empty()), "{text:?}");
    if let Some(Pasted::Image(image)) = Pasted::read(text, &[]) {
        let host = image.host.as_ref().map(|host| format!("{host}/")).unwrap_or_default();
        let tag = image.tag.as_ref().map(|tag| format!(":{tag}")).unwrap_or_default();
        let digest = image.digest.as_ref().map(|digest| format!("@{digest}")).unwrap_or_default();
        let printed = format!("docker pull {host}{}{tag}{digest}", image.name);
        assert_eq!(Pasted::read(&printed, &[]), Some(Pasted::Image(image)), "{text:?}");
    }
}

fn conditions(text: &str) {
    let (strong, weak) = (Among::parse(text, true), Among::parse(text, false));
    assert!(!strong.has(None) && !weak.has(None), "nothing is among no states");
    let (Among::These(strong), Among::These(weak)) = (&strong, &weak) else {
        return assert_eq!((strong, text.trim()), (weak, "*"));
    };
    assert!(strong.iter().all(|digest| weak.contains(digest)), "a weak reading sees more: {text:?}");
    let printed = weak.iter().map(|digest| format!("\"{digest}\"")).collect::<Vec<_>>().join(",");
    assert_eq!(Among::parse(&printed, true), Among::These(weak.clone()));
    let condition = Condition { matches: Some(Among::These(strong.clone())), differs: None };
    assert!(strong.iter().all(|digest| condition.check(Some(digest)).is_ok()) && condition.check(None).is_err());
}

/// `Range` and `Content-Range`.
pub fn fuzz_ranges(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    let wanted = ranges::wanted(text);
    let printed = wanted.iter().map(|range| match range {
        ContentRange::From { start, end: None } => format!("{start}-"),
        ContentRange::From { start, end: Some(end) } => format!("{start}-{end}"),
        ContentRange::Last(length) => format!("-{length}"),
    });
    let printed = printed.collect::<Vec<_>>().join(",");
    assert_eq!(ranges::wanted(&format!("bytes={printed}")), wanted, "{text:?}");
    for (range, size) in wanted.iter().flat_map(|range| [0, 1, 10, 1 << 44, u64::MAX].map(|size| (*range, size))) {
        if let Ok((start, length)) = ContentRange::within(Some(range), size) {
            let end = start.checked_add(length).expect("a part ends");
            assert!(length > 0 && end <= size, "{text:?} of {size}");
        }
    }
    if let Some(Place { start, length }) = ranges::place(text) {
        let end = start.checked_add(length - 1).expect("a chunk ends");
        assert_eq!(ranges::place(&format!("{start}-{end}")), Some(Place { start, length }), "{text:?}");
    }
}

/// The `Link` of remote lists.
pub fn fuzz_links(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    let asked = Url::parse("https://registry.example/v2/_catalog?n=2").expect("a plain address");
    let Some(Next { last: Some(last) }) = link::next(text, &asked) else { return };
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("last", &last).finish();
    let printed = format!("</v2/_catalog?{query}>; rel=\"next\"");
    assert_eq!(link::next(&printed, &asked), Some(Next { last: Some(last) }), "{text:?}");
}

/// What registries tell of pushes.
pub fn fuzz_notices(bytes: &[u8]) {
    let read = notice::read(bytes);
    assert!(read.len() <= notice::MAX_EVENTS && read.windows(2).all(|two| two[0] < two[1]), "each once and in order");
    let event = |it: &Notice| json!({"action": "push", "target": {"repository": it.repository, "tag": it.tag}});
    let again = json!({"events": read.iter().map(event).collect::<Vec<_>>()});
    assert_eq!(notice::read(again.to_string().as_bytes()), read, "what was read is told and read alike");
}

/// Manifests, by what the first byte says of their type, and image configurations.
pub fn fuzz_manifests(bytes: &[u8]) {
    const TYPES: [Option<&str>; 5] = [
        None,
        Some(media_type::OCI_MANIFEST),
        Some(media_type::OCI_INDEX),
        Some(media_type::DOCKER_MANIFEST),
        Some(media_type::DOCKER_LIST),
    ];
    let Some((which, bytes)) = bytes.split_first() else { return };
    let _ = ImageConfig::parse(bytes);
    let listed = listed(bytes).map(|found| BTreeSet::from_iter(found.into_iter().map(|it| it.digest)));
    let stated = TYPES[usize::from(*which) % TYPES.len()];
    let Ok(manifest) = Manifest::parse(stated, bytes) else { return };
    assert!(manifest.children.len() <= MAX_DESCRIPTORS && manifest.pull_bytes() <= MAX_CONTENT_BYTES);
    assert!(stated.is_none_or(|stated| stated == manifest.media_type) && media_type::is_manifest(&manifest.media_type));
    let is_index = media_type::is_index(&manifest.media_type);
    assert!(manifest.children.iter().all(|(relation, _)| (*relation == Relation::Manifest) == is_index));
    assert_eq!(manifest.of(Relation::Config).count(), usize::from(!is_index), "an image has one config");
    let listed = listed.expect("what is taken is read wherever anything is");
    assert!(manifest.of(Relation::Manifest).all(|child| listed.contains(&child.digest)), "and nothing is missed");
    let described = manifest.children.iter().map(|(_, child)| child).chain(&manifest.subject);
    for descriptor in described {
        assert!(descriptor.size <= MAX_CONTENT_BYTES, "{descriptor:?}");
        assert_eq!(descriptor.digest.as_str().parse().as_ref(), Ok(&descriptor.digest));
    }
    let value: serde_json::Value = serde_json::from_slice(bytes).expect("a manifest is JSON");
    let again = Manifest::parse(Some(&manifest.media_type), value.to_string().as_bytes());
    assert_eq!(again.as_ref(), Ok(&manifest), "its fields say the same in any order");
}

/// Layers, however they are packed.
pub fn fuzz_layers(bytes: &[u8]) {
    let digest = ContentHash::digest_of(Algorithm::Sha256, bytes);
    let Outcome::Listed(found) = list(bytes, &digest) else { return };
    let packed = Packed::open(&digest, pack(&found).expect("a list is packed")).expect("what was packed is a list");
    for (folder, entries) in found.folders() {
        let is_name = |name: &str| !matches!(name, "" | "." | "..") && !name.contains('/');
        assert!(folder.is_empty() || folder.split('/').all(is_name), "no path leads anywhere else: {folder:?}");
        let kept: Vec<_> = packed.entries(folder, "").map(|entry| entry.expect("it is whole")).collect();
        assert!(kept.iter().eq(entries), "it is kept as it is: {folder:?}");
        assert!(kept.iter().all(|entry| is_name(&entry.name) && (entry.file.is_some() || entry.hides)), "{kept:?}");
    }
}
