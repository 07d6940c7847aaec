//! The parsers that strangers feed, over mutations of real inputs. The functions are those of the targets in
//! `fuzz/`; here they run for a moment with the same bytes every time.

use crate::insight::archive::{Archive, gzip, zstd};
use crate::support::{OCI_INDEX, OCI_MANIFEST, sha256, sha512};
use portolan::server::fuzz::{
    fuzz_layers, fuzz_links, fuzz_manifests, fuzz_names, fuzz_notices, fuzz_ranges, fuzz_references,
};
use serde_json::json;

/// A generator of numbers that look random (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    fn one_of<'c, T: ?Sized>(&mut self, choices: &[&'c T]) -> &'c T {
        choices[self.below(choices.len())]
    }

    /// Changes some bytes: one or a few are flipped, left out, repeated, or replaced by what parsers stumble over.
    fn mutate(&mut self, bytes: &mut Vec<u8>, other: &[u8], odd: &[&[u8]]) {
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len() + 1);
            let end = at + self.below((bytes.len() - at).min(12) + 1);
            let piece = match self.below(7) {
                0 => vec![self.below(256) as u8],
                1 => vec![],
                2 => bytes[at..end].repeat(2),
                3 => self.one_of(odd).to_vec(),
                4 => other[self.below(other.len() + 1)..].to_vec(),
                5 => bytes[at..end].to_ascii_uppercase(),
                _ => bytes[at..end].iter().map(|byte| byte ^ (1 << self.below(8))).collect(),
            };
            bytes.splice(at..end, piece);
        }
    }
}

/// What was tried last, said if it panics.
struct Tried<'b>(&'b [u8]);

impl Drop for Tried<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the input was: b\"{}\"", self.0.escape_ascii());
        }
    }
}

/// Runs `target` over the corpus as it is and over so many mutations of it.
fn run(target: fn(&[u8]), corpus: &[Vec<u8>], odd: &[&[u8]], times: usize) {
    let try_it = |bytes: &[u8]| {
        let _tried = Tried(bytes);
        target(bytes);
    };
    corpus.iter().for_each(|bytes| try_it(bytes));
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for _ in 0..times {
        let (mut bytes, other) = (corpus[dice.below(corpus.len())].clone(), &corpus[dice.below(corpus.len())]);
        dice.mutate(&mut bytes, other, odd);
        try_it(&bytes);
    }
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

#[test]
fn names_and_references() {
    let (short, long, longest) = (sha256(b"x"), sha512(b"x"), format!("a/{}", "b".repeat(253)));
    let names = ["a", "team/web", "a.b_c__d-e---f/0", "library/alpine", "a/blobs/uploads", "tags/list", &longest, ""];
    run(fuzz_names, &texts(&names), &[b"/", b"//", b"..", b"___", b"-", b"\0", "é".as_bytes(), b"%2f", b"A"], 20_000);
    let quoted = format!("\"{short}\", W/\"{long}\" ,\"odd\"");
    let (page, strange) = (format!("team/web/-/manifests/{short}"), "team/web/-/tags/v1.0");
    let tag = "x".repeat(128);
    let pulled = format!("docker pull --platform linux/amd64 registry.example:443/team/web:1.4@{short}");
    let references =
        ["latest", "1.4.2", "_", &tag, &short, &long, &quoted, "*", &page, strange, "team/-/-/tags/x", &pulled];
    let odd: [&[u8]; 9] = [b":", b"sha256:", b"\"", b"W/", b",", b"/-/", b"*", b"\xff", b"F"];
    run(fuzz_references, &texts(&references), &odd, 20_000);
}

#[test]
fn ranges_and_links() {
    let ranges = ["bytes=0-0", "bytes=2-5", "bytes=2-", "bytes=-5", "0-9", "10-19", "bytes=0-18446744073709551615"];
    let odd: [&[u8]; 8] = [b"-", b"+", b",", b"=", b" ", b"18446744073709551615", b"9999999999", b"bytes"];
    run(fuzz_ranges, &texts(&ranges), &odd, 50_000);
    let links = [
        r#"</v2/_catalog?last=a%2Fb&n=2>; rel="next""#,
        "<https://registry.example/?n=2&last=x>; REL=next",
        r#"</a?last=1,1>; rel="prev", </b?last=2>; title="<x>, y"; rel="next last""#,
        r#"</v2/_catalog?next_page=x>; rel="next""#,
        r#"<?last=%ff%00+a>;rel=next;rel="prev""#,
    ];
    let odd: [&[u8]; 9] = [b"<", b">", b"\"", b",", b";", b"rel=\"next\"", b"last=", b"%", b"//[::1"];
    run(fuzz_links, &texts(&links), &odd, 10_000);
}

#[test]
fn notices() {
    let target = json!({"repository": "team/web", "tag": "1.0", "mediaType": OCI_MANIFEST});
    let data = json!({"repository": {"repo_full_name": "library/web"}, "resources": [{"tag": "v1"}, {"tag": "v2"}]});
    let zot = json!({"name": "infra/zot", "reference": "v2"});
    let told = [
        json!({"events": [{"action": "push", "target": target}, {"action": "delete", "target": {"repository": "a"}}]}),
        json!({"type": "PUSH_ARTIFACT", "event_data": data}),
        json!([{"type": "harbor.artifact.deleted", "data": data}, {"type": "zotregistry.image.updated", "data": zot}]),
        zot.clone(),
    ];
    let odd: [&[u8]; 8] = [b"{", b"]", b"null", b"\"", b"\\u0000", b"\"tag\":7", b"..", b"[[[[[[[["];
    run(fuzz_notices, &told.map(|it| it.to_string().into_bytes()), &odd, 15_000);
}

/// With a byte in front that says how it was sent.
fn manifests() -> Vec<Vec<u8>> {
    let part =
        |media_type: &str, bytes: &[u8]| json!({"mediaType": media_type, "digest": sha256(bytes), "size": bytes.len()});
    let mut layer = part("application/vnd.oci.image.layer.nondistributable.v1.tar", b"layer");
    layer["urls"] = json!(["https://example.org/layer"]);
    layer["annotations"] = json!({"a": "b"});
    let config = part("application/vnd.oci.image.config.v1+json", b"{}");
    let image = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer],
        "subject": part(OCI_MANIFEST, b"subject"), "annotations": {"é": "\u{0}"}, "artifactType": "a/b"});
    let mut entry = part(OCI_MANIFEST, b"image");
    entry["platform"] = json!({"architecture": "arm", "os": "linux", "variant": "v7", "os.features": ["x"]});
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]});
    let docker = json!({"schemaVersion": 2, "layers": null,
        "config": part("application/vnd.docker.container.image.v1+json", b"{}")});
    let settings = json!({"os": "linux", "architecture": "amd64", "created": "2026-11-01T10:00:00Z",
        "config": {"Env": ["A=1"], "Labels": null}, "history": [{"created_by": "COPY . /", "empty_layer": true}]});
    let sent = [(0, &image), (1, &image), (0, &index), (2, &index), (3, &docker), (1, &docker), (0, &settings)];
    sent.iter().map(|(how, body)| [&[*how], body.to_string().as_bytes()].concat()).collect()
}

#[test]
fn bodies_of_manifests() {
    let odd: [&[u8]; 14] = [
        b"\"",
        b"{",
        b"}",
        b"[",
        b"null",
        b"18446744073709551615",
        b"-1",
        b"1e2",
        br#","layers":[]"#,
        br#","manifests":[]"#,
        br#","config":null"#,
        br#","x":{"y":[1,{"z":2.5}]}"#,
        b"\\u0000",
        b"\xff",
    ];
    run(fuzz_manifests, &manifests(), &odd, 15_000);
    let many = |n: usize| {
        let part = format!(r#"{{"mediaType":"a","digest":"{}","size":1}}"#, sha256(b"x"));
        let body = format!(r#"{{"schemaVersion":2,"config":{part},"layers":[{}]}}"#, vec![&*part; n].join(","));
        [&[1], body.as_bytes()].concat()
    };
    run(fuzz_manifests, &[many(9_999), many(10_000)], &odd, 0);
}

#[test]
fn layers() {
    let named = Archive::default().extended(&[("path", "a/b/c"), ("size", "3")]).file("short", b"abc");
    let plain = named.folder("a/").file("a/.wh.b", b"").file("a/.wh..wh..opq", b"").link(b'2', "l", "/a").end();
    let sparse = Archive::default().extended(&[("GNU.sparse.size", "9")]).file("s", b"1").file("../s", b"2").end();
    let corpus = [gzip(&plain), zstd(&plain), [zstd(&plain[..600]), zstd(&plain[600..])].concat(), plain, sparse];
    let odd: [&[u8]; 8] = [b"\0", b"\xff", b"/", b"..", b".wh.", b"path=", b"00000000000", b"ustar"];
    run(fuzz_layers, &corpus, &odd, 4_000);
}
