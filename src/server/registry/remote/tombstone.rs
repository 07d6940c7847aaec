//! A manifest that is put under a tag so that the tag can be deleted with it, where a registry deletes manifests alone.
//! A nonce makes each its own: with the digest of another thing, that thing would be deleted too.

use super::writing::NOTHING;
use crate::domain::digest::Algorithm;
use crate::domain::{Digest, media_type};
use crate::server::blobs::ContentHash;
use crate::server::registry::RawManifest;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

/// What it calls itself.
const KIND: &str = "application/vnd.portolan.tombstone.v1+json";
/// The name of what makes it its own.
const NONCE: &str = "portolan.tombstone.nonce";
/// None is longer.
const MOST_BYTES: usize = 2048;

/// A new one, which names nothing but the two bytes with that digest.
pub fn new(nothing: &Digest, nonce: &[u8]) -> RawManifest {
    let nothing = json!({"mediaType": media_type::EMPTY, "digest": nothing, "size": NOTHING.len()});
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "artifactType": KIND,
        "config": nothing, "layers": [nothing], "annotations": {NONCE: hex::encode(nonce)},
    });
    let bytes = Bytes::from(manifest.to_string());
    let digest = ContentHash::digest_of(Algorithm::Sha256, &bytes);
    RawManifest { digest, media_type: media_type::OCI_MANIFEST.to_owned(), bytes }
}

/// Whether a manifest is one.
pub fn is(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wire {
        artifact_type: String,
    }
    bytes.len() <= MOST_BYTES && serde_json::from_slice::<Wire>(bytes).is_ok_and(|wire| wire.artifact_type == KIND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_its_own_and_nothing_else_is_one() {
        let nothing = ContentHash::digest_of(Algorithm::Sha256, NOTHING);
        let (one, other) = (new(&nothing, &[1; 16]), new(&nothing, &[2; 16]));
        assert_ne!(one.digest, other.digest);
        assert!(is(&one.bytes) && is(&other.bytes));
        for odd in [&b"{}"[..], b"", br#"{"artifactType":"application/vnd.oci.image.manifest.v1+json"}"#] {
            assert!(!is(odd));
        }
    }
}
