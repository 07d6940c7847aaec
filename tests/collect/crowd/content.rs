//! What people push: few layers and platforms that all of them share, and lists, images and signatures of their own.

use crate::support::{OCI_INDEX, OCI_MANIFEST, sha256};
use serde_json::{Value, json};

pub const CONFIGS: usize = 3;
pub const LAYERS: usize = 6;

pub fn config(number: usize) -> String {
    format!("{{\"n\":{number}}}")
}

pub fn layer(number: usize) -> String {
    format!("layer {number}")
}

/// An image of one layer; `by` makes it somebody's own.
pub fn image((config, layer): (&str, &str), by: &str) -> String {
    let part = |content: &str| json!({"mediaType": "application/vnd.example", "digest": sha256(content.as_bytes()), "size": content.len()});
    json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": part(config), "layers": [part(layer)],
        "annotations": {"by": by}})
    .to_string()
}

pub fn index(children: &[Value], by: &str) -> String {
    json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children, "annotations": {"by": by}}).to_string()
}

pub fn signature(subject: &Value, by: &str) -> String {
    let nothing = json!({"mediaType": "application/vnd.oci.empty.v1+json", "digest": sha256(b"{}"), "size": 2});
    json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.example.signature",
        "config": nothing, "layers": [], "subject": subject, "annotations": {"by": by}})
    .to_string()
}

pub fn descriptor(digest: &str, media_type: &str, size: usize) -> Value {
    json!({"mediaType": media_type, "digest": digest, "size": size})
}
