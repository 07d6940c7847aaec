//! Manifests, read leniently where the field is loose and strictly where looseness is dangerous.
//! The bytes themselves are kept as pushed; nothing here writes JSON.

mod image_config;
mod listed;
mod strict;

pub use image_config::{ImageConfig, MAX_CONFIG_BYTES, MAX_CONFIG_TIME, RunConfig, Step};
pub use listed::{Listed, listed};

use super::{Digest, Error, Platform, Result, media_type};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// The largest manifest that is accepted, in bytes (OCI distribution specification, "Pushing
/// Manifests": registries should take at least 4 MiB; clients refuse to pull more).
pub const MAX_MANIFEST_BYTES: usize = 4 * 1024 * 1024;

/// No content is larger, in bytes (16 TiB), nor all that one manifest names: one that says so is lying,
/// and sums over many of them must not overflow.
pub const MAX_CONTENT_BYTES: u64 = 1 << 44;

/// The most that one manifest may name to be read at all, here or at another registry.
pub const MAX_DESCRIPTORS: usize = 10_000;

/// The most that a manifest may name that comes in; each costs rows in the catalog, while which nobody else writes. No
/// runtime stacks more than 500 layers (overlayfs), builders end at 127, artifacts and indexes name dozens.
pub const MAX_SENT_DESCRIPTORS: usize = 1_000;

/// Names content by type, digest and size (OCI image specification, "Content Descriptors").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    pub media_type: String,
    pub digest: Digest,
    pub size: u64,
    /// As stated, if that can be a platform.
    #[serde(default, deserialize_with = "whole_platform")]
    pub platform: Option<Platform>,
    #[serde(default, deserialize_with = "null_is_default")]
    pub annotations: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "said")]
    pub artifact_type: Option<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    pub urls: Vec<String>,
}

impl Descriptor {
    /// Whether this layer is meant to be fetched from elsewhere, and says where: it may be missing here.
    pub fn is_elsewhere(&self) -> bool {
        media_type::is_foreign_layer(&self.media_type) && !self.urls.is_empty()
    }
}

/// What a manifest is to its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something to run, for one platform.
    Image,
    /// A list of manifests, usually one for each platform.
    Index,
    /// Anything else: charts, signatures, SBOMs, caches.
    Artifact,
}

/// How a manifest uses the content that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    Manifest,
    Config,
    Layer,
}

/// One manifest, parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    pub media_type: String,
    pub kind: Kind,
    /// What an artifact is: as stated, or by what it is made of.
    pub artifact_type: Option<String>,
    /// `artifactType` as it stands in the bytes.
    pub stated_artifact_type: Option<String>,
    pub children: Vec<(Relation, Descriptor)>,
    pub subject: Option<Descriptor>,
    pub annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    schema_version: u32,
    #[serde(default, deserialize_with = "said")]
    media_type: Option<String>,
    #[serde(default, deserialize_with = "said")]
    artifact_type: Option<String>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    /// Absent, `null`, or a list.
    #[serde(default, deserialize_with = "stated")]
    manifests: Option<Option<Vec<Descriptor>>>,
    subject: Option<Descriptor>,
    #[serde(default, deserialize_with = "null_is_default")]
    annotations: BTreeMap<String, String>,
    fs_layers: Option<IgnoredAny>,
}

impl Manifest {
    /// Reads a manifest that comes in: as [`Self::parse`], and within bounds that what is stored may exceed.
    pub fn accept(content_type: Option<&str>, bytes: &[u8]) -> Result<Self> {
        let manifest = Self::parse(content_type, bytes)?;
        let n_parts = manifest.children.iter().filter(|(relation, _)| *relation != Relation::Config).count();
        if n_parts > MAX_SENT_DESCRIPTORS {
            return Err(too_many(MAX_SENT_DESCRIPTORS));
        }
        if manifest.stated_types().any(|stated| stated.len() > media_type::MAX_BYTES) {
            return Err(Error::manifest(format!("a media type has at most {} characters", media_type::MAX_BYTES)));
        }
        Ok(manifest)
    }

    /// Reads a manifest that was sent as `content_type` (without parameters; `None` if not stated).
    ///
    /// Refuses what two clients could read differently: a body that is both image and index, a
    /// `mediaType` that differs from the header, and all that [`strict`] finds (GHSA-qq97-vm5h-rrhg).
    pub fn parse(content_type: Option<&str>, bytes: &[u8]) -> Result<Self> {
        let wire: Wire = strict::check(bytes).and_then(|()| serde_json::from_slice(bytes)).map_err(|error| {
            Error::manifest(format!("the manifest is not valid JSON of an image or index: {error}"))
        })?;
        if wire.schema_version != 2 || wire.fs_layers.is_some() {
            return Err(Error::manifest("only manifests with schemaVersion 2 are accepted; push with a newer client"));
        }
        let media_type = wire.stated_type(content_type)?;
        let named = wire.config.iter().chain(wire.layers.iter().flatten());
        let mut named = named.chain(wire.manifests.iter().flatten().flatten()).chain(&wire.subject);
        if let Some(lie) = named.find(|named| named.size > MAX_CONTENT_BYTES) {
            return Err(Error::manifest(format!("the manifest says that {} has {} bytes", lie.digest, lie.size)));
        }
        let manifest =
            if media_type::is_index(&media_type) { wire.into_index(media_type) } else { wire.into_image(media_type) }?;
        if manifest.children.len() > MAX_DESCRIPTORS {
            return Err(too_many(MAX_DESCRIPTORS));
        }
        match manifest.pull_bytes() {
            0..=MAX_CONTENT_BYTES => Ok(manifest),
            bytes => Err(Error::manifest(format!("the manifest names {bytes} bytes in all, which no image has"))),
        }
    }

    fn stated_types(&self) -> impl Iterator<Item = &String> {
        let named = self.children.iter().map(|(_, child)| child).chain(&self.subject);
        let stated = named.flat_map(|named| [Some(&named.media_type), named.artifact_type.as_ref()]);
        stated.chain([self.stated_artifact_type.as_ref()]).flatten()
    }

    /// The descriptors of one relation, in order.
    pub fn of(&self, relation: Relation) -> impl Iterator<Item = &Descriptor> {
        self.children.iter().filter(move |(is, _)| *is == relation).map(|(_, descriptor)| descriptor)
    }

    /// The configuration's descriptor; indexes have none.
    pub fn config(&self) -> Option<&Descriptor> {
        self.of(Relation::Config).next()
    }

    /// The configuration, where it says what an image is and is small enough to be read.
    pub fn readable_config(&self) -> Option<&Descriptor> {
        let is_readable = |it: &&Descriptor| it.size <= MAX_CONFIG_BYTES && media_type::is_image_config(&it.media_type);
        self.config().filter(is_readable)
    }

    /// The bytes that a client without any of it fetches: configuration and layers, each once.
    pub fn pull_bytes(&self) -> u64 {
        let sizes: BTreeMap<&Digest, u64> = self
            .children
            .iter()
            .filter(|(relation, _)| *relation != Relation::Manifest)
            .map(|(_, descriptor)| (&descriptor.digest, descriptor.size))
            .collect();
        sizes.values().fold(0, |sum, size| sum.saturating_add(*size))
    }
}

impl Wire {
    fn stated_type(&self, content_type: Option<&str>) -> Result<String> {
        let media_type = match (content_type, self.media_type.as_deref()) {
            (Some(header), Some(body)) if header != body => {
                return Err(Error::manifest(format!(
                    "the manifest says mediaType {body}, but it was sent as {header}; send both alike"
                )));
            }
            (_, Some(body)) => body,
            (Some(header), None) => header,
            (None, None) => return Err(Error::manifest("the manifest needs a Content-Type or a mediaType")),
        };
        if media_type::is_manifest(media_type) {
            return Ok(media_type.to_owned());
        }
        Err(Error::manifest(format!(
            "manifests of type {media_type} are not accepted; push an OCI or Docker schema 2 image or index"
        )))
    }

    fn into_index(self, media_type: String) -> Result<Manifest> {
        if self.config.is_some() || self.layers.is_some() {
            return Err(Error::manifest("the manifest is an index, and names a config or layers as well"));
        }
        let manifests = self.manifests.ok_or_else(|| Error::manifest("the index has no list of manifests"))?;
        let manifests = manifests.unwrap_or_default();
        Ok(Manifest {
            media_type,
            kind: Kind::Index,
            stated_artifact_type: self.artifact_type.clone(),
            artifact_type: self.artifact_type,
            children: manifests.into_iter().map(|child| (Relation::Manifest, child)).collect(),
            subject: self.subject,
            annotations: self.annotations,
        })
    }

    fn into_image(self, media_type: String) -> Result<Manifest> {
        if self.manifests.flatten().is_some() {
            return Err(Error::manifest("the manifest is an image, and lists manifests as well"));
        }
        let config = self.config.ok_or_else(|| Error::manifest("the manifest has no config"))?;
        let layers = self.layers.unwrap_or_default();
        // Tools older than `artifactType` (BuildKit, cosign) push statements beside the configuration of an image.
        let is_statement = !layers.is_empty() && layers.iter().all(|it| media_type::is_statement(&it.media_type));
        let has_own_config = !media_type::is_image_config(&config.media_type);
        let runs = self.artifact_type.is_none() && !has_own_config && !is_statement;
        let names_it = if has_own_config { Some(&config) } else { layers.first() }.filter(|_| !runs);
        let stated_artifact_type = self.artifact_type.clone();
        let artifact_type = self.artifact_type.or_else(|| names_it.map(|it| it.media_type.clone()));
        let layers = layers.into_iter().map(|layer| (Relation::Layer, layer));
        Ok(Manifest {
            media_type,
            kind: if runs { Kind::Image } else { Kind::Artifact },
            artifact_type,
            stated_artifact_type,
            children: std::iter::once((Relation::Config, config)).chain(layers).collect(),
            subject: self.subject,
            annotations: self.annotations,
        })
    }
}

fn too_many(most: usize) -> Error {
    Error::manifest(format!("a manifest names at most {most} layers or manifests"))
}

/// Go programs write `null` for an empty list or map.
fn null_is_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Go programs write an empty text for one that is not there.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::deserialize(deserializer)?.filter(|text: &String| !text.is_empty()))
}

/// Tells what is stated as `null` from what is not there.
fn stated<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn whole_platform<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Platform>, D::Error> {
    #[derive(Deserialize)]
    struct Parts {
        os: Option<String>,
        architecture: Option<String>,
        variant: Option<String>,
    }
    let parts: Option<Parts> = Option::deserialize(deserializer)?;
    Ok(parts.and_then(|parts| Platform::stated(parts.os, parts.architecture, parts.variant)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor(media_type: &str) -> String {
        format!(r#"{{"mediaType":"{media_type}","digest":"sha256:{}","size":7}}"#, "a".repeat(64))
    }

    fn image(extra: &str) -> String {
        let (config, layer) =
            (descriptor(media_type::OCI_CONFIG), descriptor("application/vnd.oci.image.layer.v1.tar"));
        format!(r#"{{"schemaVersion":2,"config":{config},"layers":[{layer},{layer}]{extra}}}"#)
    }

    #[test]
    fn an_image_counts_each_blob_once() {
        let manifest = Manifest::parse(Some(media_type::OCI_MANIFEST), image("").as_bytes()).unwrap();
        assert_eq!(manifest.kind, Kind::Image);
        assert_eq!(manifest.of(Relation::Layer).count(), 2);
        assert_eq!(manifest.pull_bytes(), 7);
    }

    #[test]
    fn what_two_clients_could_read_differently_is_refused() {
        let refused = |content_type: &str, body: &str| {
            assert!(Manifest::parse(Some(content_type), body.as_bytes()).is_err(), "{body}");
        };
        refused(media_type::OCI_MANIFEST, &image(r#","manifests":[]"#));
        refused(media_type::OCI_INDEX, &image(r#","manifests":[]"#));
        refused(media_type::OCI_MANIFEST, &image(&format!(r#","mediaType":"{}""#, media_type::OCI_INDEX)));
        refused(media_type::OCI_MANIFEST, &image(r#","layers":[]"#));
        refused(media_type::OCI_MANIFEST, &format!("{} {{}}", image("")));
        refused("text/plain", &image(""));
        refused(media_type::OCI_MANIFEST, "[]");
        refused(media_type::OCI_MANIFEST, r#"{"schemaVersion":1}"#);
        refused(media_type::OCI_MANIFEST, &image(r#","fsLayers":[]"#));
        refused(media_type::OCI_MANIFEST, &image(r#","Manifests":[]"#));
        refused(media_type::OCI_MANIFEST, &image(r#","x-other":{"a":1,"a":2}"#));
        refused(media_type::OCI_MANIFEST, &image(r#","annotations":{"a":"1","a":"2"}"#));
        refused(media_type::OCI_MANIFEST, &image(r#","subject":["text/plain","sha256:00",7]"#));
        refused(media_type::OCI_MANIFEST, &format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)));
    }

    #[test]
    fn what_programs_leave_open_is_read_as_what_they_mean() {
        let parse = |body: &str| Manifest::parse(Some(media_type::OCI_INDEX), body.as_bytes());
        assert!(parse(r#"{"schemaVersion":2,"manifests":null}"#).unwrap().children.is_empty());
        assert!(parse(r#"{"schemaVersion":2}"#).is_err());
        let listed = |platform: &str| {
            let child = descriptor(media_type::OCI_MANIFEST).replace('}', &format!(r#","platform":{platform}}}"#));
            let index = parse(&format!(r#"{{"schemaVersion":2,"manifests":[{child}]}}"#)).unwrap();
            index.children[0].1.platform.as_ref().map(ToString::to_string)
        };
        assert_eq!(listed(r#"{"os":"linux","architecture":"arm64","variant":""}"#).as_deref(), Some("linux/arm64"));
        let long = format!(r#"{{"os":"linux","architecture":"{}"}}"#, "x".repeat(65));
        let listed_twice = r#"{"os":"linux","architecture":"amd64,linux/arm64"}"#;
        let partial = ["null", "{}", r#"{"architecture":"wasm"}"#, r#"{"os":"","architecture":""}"#];
        for odd in partial.into_iter().chain([listed_twice, &long]) {
            assert_eq!(listed(odd), None, "{odd}");
        }
    }

    #[test]
    fn what_is_stated_as_empty_is_not_stated_and_no_type_is_endless() {
        let empty = image(r#","mediaType":"","artifactType":"""#);
        let manifest = Manifest::parse(Some(media_type::OCI_MANIFEST), empty.as_bytes()).unwrap();
        assert_eq!((manifest.kind, manifest.artifact_type), (Kind::Image, None));
        for (length, is_taken) in [(media_type::MAX_BYTES, true), (media_type::MAX_BYTES + 1, false)] {
            let long = "x".repeat(length);
            for body in
                [image(&format!(r#","artifactType":"{long}""#)), image("").replace(media_type::OCI_CONFIG, &long)]
            {
                assert_eq!(Manifest::accept(Some(media_type::OCI_MANIFEST), body.as_bytes()).is_ok(), is_taken);
            }
        }
    }

    #[test]
    fn an_artifact_is_named_by_its_type_or_its_config() {
        let body = image("").replace(media_type::OCI_CONFIG, "application/vnd.cncf.helm.config.v1+json");
        let manifest = Manifest::parse(Some(media_type::OCI_MANIFEST), body.as_bytes()).unwrap();
        assert_eq!(manifest.kind, Kind::Artifact);
        assert_eq!(manifest.artifact_type.as_deref(), Some("application/vnd.cncf.helm.config.v1+json"));
    }

    #[test]
    fn statements_beside_the_configuration_of_an_image_do_not_run() {
        let in_toto = "application/vnd.in-toto+json";
        let body = image("").replace("application/vnd.oci.image.layer.v1.tar", in_toto);
        let manifest = Manifest::parse(Some(media_type::OCI_MANIFEST), body.as_bytes()).unwrap();
        assert_eq!((manifest.kind, manifest.artifact_type.as_deref()), (Kind::Artifact, Some(in_toto)));
    }
}
