//! What was acknowledged stays, whatever happens to the server: kills, power cuts, a full disk or log, too many open
//! files, clients that break off or stall, an ordinary stop. The server is the built binary on a folder of its own.
//! `FLT-n` are rows of docs/threats-and-faults.md.

mod client;
mod cut_off;
mod drain;
mod full_disk;
mod full_log;
mod kills;
mod large;
mod midway;
mod power_cut;
mod scarce_files;

/// A server that keeps its log to itself: here faults are what is wanted.
const QUIET: (&str, &str) = ("PORTOLAN_TELEMETRY__LOG", "off");

/// Numbers that look random, the same every time (splitmix64).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| self.next().to_le_bytes()).collect();
        bytes.truncate(length);
        bytes
    }
}

/// The manifest of an image of these blobs, the first of which is its config.
fn manifest(blobs: &[(String, usize)]) -> Vec<u8> {
    let descriptor = |(digest, size): &(String, usize), kind: &str| serde_json::json!({"mediaType": kind, "digest": digest, "size": size});
    let layer = "application/vnd.oci.image.layer.v1.tar";
    let manifest = serde_json::json!({
        "schemaVersion": 2, "mediaType": crate::support::OCI_MANIFEST,
        "config": descriptor(&blobs[0], "application/vnd.oci.image.config.v1+json"),
        "layers": blobs[1..].iter().map(|blob| descriptor(blob, layer)).collect::<Vec<_>>(),
    });
    manifest.to_string().into_bytes()
}
