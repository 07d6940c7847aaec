//! Deletes on CNCF distribution 2.8: whatever is left pulls byte for byte.

use super::changes::{ACCEPT, proof, still};
use crate::conformance::registry::remote;
use crate::support::process::{Distribution, http, left_out, run};
use crate::support::zot::Zot;
use crate::support::{OCI_INDEX, OCI_MANIFEST, sha256};
use portolan::domain::action::DeleteTag;
use portolan::domain::{RepositoryName, Tag};
use portolan::server::registry::ReadRegistry;
use portolan::server::registry::changing::{Allowed, Beside, ChangeTags, Removed};
use std::collections::BTreeMap;
use std::path::Path;

/// Puts a manifest, and returns its digest.
pub(super) fn put(host: &str, reference: &str, media_type: &str, manifest: &str) -> String {
    let path = format!("/v2/team/web/manifests/{reference}");
    let (status, said) = http("PUT", host, &path, &[("Content-Type", media_type)], manifest.as_bytes());
    assert_eq!(status, 201, "{said}");
    sha256(manifest.as_bytes())
}

pub(super) fn manifest(host: &str, reference: &str) -> Option<String> {
    let (status, body) = http("GET", host, &format!("/v2/team/web/manifests/{reference}"), &[ACCEPT], b"");
    (status == 200).then_some(body)
}

/// Everything below a manifest: each part with its bytes.
fn pull(host: &str, reference: &str, into: &mut BTreeMap<String, String>) {
    let text = manifest(host, reference).unwrap_or_else(|| panic!("{reference} does not pull"));
    let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
    for child in parsed["manifests"].as_array().into_iter().flatten() {
        pull(host, child["digest"].as_str().unwrap(), into);
    }
    let blobs = parsed["layers"].as_array().into_iter().flatten().chain(parsed.get("config"));
    for digest in blobs.filter_map(|blob| blob["digest"].as_str()) {
        let (status, body) = http("GET", host, &format!("/v2/team/web/blobs/{digest}"), &[], b"");
        assert_eq!(status, 200, "{digest}");
        assert_eq!(sha256(body.as_bytes()), digest);
        into.insert(digest.to_owned(), body);
    }
    into.insert(sha256(text.as_bytes()), text);
}

/// Four tags of one image, an index of two platforms of which both have tags, and a signature that is found by its tag.
pub(super) fn fill(host: &str) -> BTreeMap<&'static str, String> {
    let image = super::push(host, "team/web", "1.4.2", b"web");
    let text = manifest(host, &image).unwrap();
    for tag in ["1.4", "prod", "latest"] {
        put(host, tag, OCI_MANIFEST, &text);
    }
    let arm = super::push(host, "team/web", "arm", b"arm");
    let of = |digest: &str, architecture: &str| {
        let size = manifest(host, digest).unwrap().len();
        serde_json::json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": size,
            "platform": {"os": "linux", "architecture": architecture}})
    };
    let index = serde_json::json!({"schemaVersion": 2, "mediaType": OCI_INDEX,
        "manifests": [of(&image, "amd64"), of(&arm, "arm64")]});
    let index = put(host, "multi", OCI_INDEX, &index.to_string());
    let signature = super::push(host, "team/web", &format!("{}.sig", image.replace(':', "-")), b"signed");
    [("image", image), ("arm", arm), ("index", index), ("signature", signature)].into()
}

pub(super) fn everything(host: &str, tags: &[String]) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    tags.iter().for_each(|tag| pull(host, tag, &mut all));
    all
}

pub(super) fn tags(host: &str) -> Vec<String> {
    let (_, body) = http("GET", host, "/v2/team/web/tags/list", &[], b"");
    let parsed: serde_json::Value = serde_json::from_str(&body).unwrap();
    parsed["tags"].as_array().into_iter().flatten().map(|tag| tag.as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_tag_of_an_old_registry_goes_alone_and_every_survivor_pulls() {
    let folder = tempfile::tempdir().unwrap();
    let Some(upstream) = Distribution::start(folder.path()) else { return };
    each_goes_alone(&upstream.host, folder.path(), Removed::ByTombstone);
}

#[test]
fn each_tag_of_zot_goes_alone_by_its_name_and_every_survivor_pulls() {
    let folder = tempfile::tempdir().unwrap();
    let Some(upstream) = Zot::start(folder.path()) else { return };
    each_goes_alone(&upstream.host, folder.path(), Removed::ByName);
}

fn each_goes_alone(host: &str, folder: &Path, how: Removed) {
    let digests = fill(host);
    let whole = everything(host, &tags(host));
    let registry = remote(&format!("http://{host}"), "up");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let repository: RepositoryName = "up/team/web".parse().unwrap();
    let mut left = tags(host);
    for going in ["1.4", "latest", "arm", "1.4.2", "prod"] {
        let removed = runtime.block_on(async {
            let tag: Tag = going.parse().unwrap();
            let manifest = registry.manifest(&repository, &going.parse().unwrap()).await.unwrap().unwrap();
            let proof = proof(DeleteTag { repository: repository.clone(), tag: tag.clone() }).await;
            let allowed = Allowed::by(&proof, &repository, &still).unwrap();
            registry.remove_tag(&allowed, &tag, &manifest, &Beside::default()).await
        });
        assert_eq!(removed, Ok(how), "{going}");
        left.retain(|tag| tag != going);
        assert_eq!(tags(host).len(), left.len(), "{going} alone is gone");
        assert!(manifest(host, going).is_none());
        let now = everything(host, &left);
        assert!(now.iter().all(|(digest, bytes)| whole.get(digest) == Some(bytes)), "after {going}");
        for digest in digests.values() {
            assert!(manifest(host, digest).is_some(), "{digest} pulls by its digest after {going}");
        }
        skopeo(host, &left, folder);
    }
}

/// A client of others pulls all of it, byte for byte.
fn skopeo(host: &str, tags: &[String], folder: &Path) {
    if !Path::new("/usr/bin/skopeo").exists() {
        return left_out("skopeo is not installed");
    }
    for tag in tags {
        let (from, to) = (format!("docker://{host}/team/web:{tag}"), folder.join("pulled"));
        let to_dir = format!("dir:{}", to.display());
        run("/usr/bin/skopeo", &["--insecure-policy", "copy", "--all", "--src-tls-verify=false", &from, &to_dir]);
        let files = std::fs::read_dir(&to).unwrap().map(|file| file.unwrap().path());
        let content =
            files.filter(|file| !file.ends_with("version")).map(|file| std::fs::read_to_string(file).unwrap());
        let pulled: BTreeMap<String, String> = content.map(|text| (sha256(text.as_bytes()), text)).collect();
        assert_eq!(pulled, everything(host, std::slice::from_ref(tag)), "{tag}");
        std::fs::remove_dir_all(to).unwrap();
    }
}
