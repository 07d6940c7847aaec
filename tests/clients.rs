//! Real clients push, list, pull, copy, sign and delete: bytes and digests stay what they were. Everything is private,
//! and they come as somebody who publishes in some namespaces; who deletes is a maintainer there.
//!
//! Debian's are always there. What `make clients` builds is left out where it was not built.

mod layouts;
mod place;
mod rights;
mod tabs;

use crate::support::process::goes_without;
use crate::support::sha256;
use place::Place;
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn skopeo_copies_an_image_of_two_platforms_there_and_back() {
    let Some(place) = Place::new() else { return };
    let (skopeo, there) = (place.client("skopeo"), place.docker("team/base:1.0.0"));
    assert_eq!(place.digest("team/base", "1.0.0").as_ref(), Some(&place.base), "what was pushed, byte for byte");
    let back = format!("oci:{}:again", place.path("back"));
    skopeo.run(&["copy", "--quiet", "--all", "--src-tls-verify=false", &there, &back]);
    assert_eq!(sha256(skopeo.run(&["inspect", "--raw", &back]).as_bytes()), place.base);
    let (_, page) = place.page("/r/team/base/-/tags/1.0.0");
    for part in ["linux/amd64", "linux/arm64", "attestation"] {
        assert!(page.to_lowercase().contains(part), "the page shows {part}");
    }
    let tags = skopeo.run(&["list-tags", "--tls-verify=false", &place.docker("team/base")]);
    assert!(tags.contains("1.0.0"), "{tags}");
}

#[test]
fn skopeo_syncs_repositories_and_deletes_an_image_with_all_its_tags() {
    let Some(place) = Place::new() else { return };
    place.may("maintainer", "across");
    let (skopeo, there) = (place.client("skopeo"), place.docker("team/base:1.0.0"));
    let both = ["--src-tls-verify=false", "--dest-tls-verify=false"];
    let stable = place.docker("team/base:stable");
    skopeo.run(&[&["copy", "--quiet", "--all", &there, &stable], &both[..]].concat());
    let (folder, repository) = (place.path("synced"), place.at("team/base"));
    skopeo.run(&["sync", "--all", "--scoped", "--src=docker", "--dest=dir", both[0], &repository, &folder]);
    let images = format!("{folder}/{}", place.at("team"));
    skopeo.run(&["sync", "--all", "--src=dir", "--dest=docker", both[1], &images, &place.at("from-folder")]);
    let across = ["sync", "--all", "--src=docker", "--dest=docker", &repository, &place.at("across")];
    skopeo.run(&[&across, &both[..]].concat());
    for (copy, tag) in [("from-folder/base", "1.0.0"), ("from-folder/base", "stable"), ("across/base", "stable")] {
        assert_eq!(place.digest(copy, tag).as_ref(), Some(&place.base), "{copy}:{tag}");
    }
    // skopeo resolves the tag and deletes the digest, so every tag of the image goes.
    skopeo.run(&["delete", "--tls-verify=false", &place.docker("across/base:1.0.0")]);
    for gone in ["1.0.0", "stable", &place.base] {
        assert_eq!(place.digest("across/base", gone), None, "across/base {gone}");
    }
    assert_eq!(place.digest("team/base", "stable").as_ref(), Some(&place.base), "other repositories keep it");
}

#[test]
fn buildah_pulls_what_skopeo_pushed_and_pushes_what_it_made() {
    let Some(place) = Place::new() else { return };
    let (program, root, state) = (place.client("buildah"), place.path("storage"), place.path("state"));
    let buildah = |arguments: &[&str]| program.run(&[&["--root", &root, "--runroot", &state], arguments].concat());
    let container = buildah(&["from", "--quiet", "--tls-verify=false", &place.docker("team/base:1.0.0")]);
    buildah(&["config", "--label", "made=by-buildah", &container]);
    buildah(&["commit", "--quiet", &container, "made"]);
    // From nothing, because the sample image has a layer in zstd and Docker's own format does not know that.
    place.write("home/note", "hello");
    let container = buildah(&["from", "scratch"]);
    buildah(&["copy", "--quiet", &container, "note", "/note"]);
    buildah(&["config", "--label", "made=by-buildah", &container]);
    buildah(&["commit", "--quiet", &container, "from-nothing"]);
    for (image, format, tag) in [("made", "oci", "1"), ("from-nothing", "v2s2", "1-docker")] {
        let made = place.docker(&format!("team/made:{tag}"));
        buildah(&["push", "--quiet", "--format", format, "--tls-verify=false", image, &made]);
        assert!(place.client("skopeo").run(&["inspect", "--tls-verify=false", &made]).contains("by-buildah"));
        assert_eq!(place.page(&format!("/r/team/made/-/tags/{tag}")).0, 200);
    }
    buildah(&["rm", "--all"]);
}

#[test]
fn podman_pulls_builds_pushes_and_searches() {
    let Some(place) = Place::new() else { return };
    let (program, root, state) = (place.client("podman"), place.path("storage"), place.path("state"));
    let own = ["--root", &root, "--runroot", &state, "--events-backend=file", "--cgroup-manager=cgroupfs"];
    let podman = |arguments: &[&str]| program.run(&[&own, arguments].concat());
    let (base, built, many) = (place.at("team/base:1.0.0"), place.at("team/built:1"), place.at("team/many:1"));
    podman(&["pull", "--quiet", "--tls-verify=false", &base]);
    place.write("context/Containerfile", &format!("FROM {base}\nLABEL made=by-podman\nCOPY note /note\n"));
    place.write("context/note", "hello");
    podman(&["build", "--quiet", "--tls-verify=false", "--tag", &built, &place.path("context")]);
    let digest = place.path("digest");
    podman(&["push", "--quiet", "--tls-verify=false", "--digestfile", &digest, &built]);
    assert_eq!(place.digest("team/built", "1"), fs::read_to_string(&digest).ok());
    podman(&["pull", "--quiet", "--tls-verify=false", &format!("{}@{}", place.at("team/built"), place.read("digest"))]);
    podman(&["manifest", "create", "many"]);
    podman(&["manifest", "add", "--all", "--tls-verify=false", "many", &format!("docker://{base}")]);
    podman(&["manifest", "push", "--quiet", "--all", "--tls-verify=false", "many", &format!("docker://{many}")]);
    assert!(place.get("/v2/team/many/manifests/1").1.contains("arm64"));
    assert!(podman(&["search", "--tls-verify=false", &place.at("team")]).contains("team/built"));
    let tags = podman(&["search", "--list-tags", "--tls-verify=false", &place.at("team/base")]);
    assert!(tags.contains("1.0.0"), "{tags}");
}

#[test]
fn crane_copies_changes_lists_and_deletes() {
    let Some((place, crane)) = Place::with("crane") else { return };
    place.may("maintainer", "crane");
    let (from, copy) = (place.at("team/base:1.0.0"), place.at("crane/base:1.0.0"));
    assert_eq!(crane.run(&["digest", &from]), place.base);
    crane.run(&["copy", &from, &copy]);
    assert_eq!(place.digest("crane/base", "1.0.0").as_ref(), Some(&place.base));
    let layout = place.path("layout");
    crane.run(&["pull", "--format=oci", &copy, &layout]);
    crane.run(&["push", "--index", &layout, &place.at("crane/pushed:1")]);
    assert_eq!(place.digest("crane/pushed", "1"), Some(sha256(place.read("layout/index.json").as_bytes())));
    let (tar, one) = (place.path("image.tar"), place.at("crane/tar:1"));
    crane.run(&["pull", "--platform=linux/arm64", &copy, &tar]);
    crane.run(&["push", &tar, &one]);
    crane.run(&["mutate", &one, "--label=made=by-crane", "--tag", &place.at("crane/tar:2")]);
    assert!(crane.run(&["config", &place.at("crane/tar:2")]).contains("by-crane"));
    crane.run(&["copy", "--all-tags", &place.at("crane/tar"), &place.at("crane/all")]);
    assert_eq!(crane.run(&["ls", &place.at("crane/all")]), "1\n2");
    crane.run(&["tag", &copy, "stable"]);
    assert_eq!(crane.run(&["ls", &place.at("crane/base")]), "1.0.0\nstable");
    assert!(crane.run(&["catalog", &place.server.host]).contains("crane/pushed"));
    crane.run(&["delete", &place.at("crane/base:stable")]);
    assert_eq!(crane.run(&["ls", &place.at("crane/base")]), "1.0.0", "by tag only the tag goes");
    assert_eq!(place.digest("crane/base", "1.0.0").as_ref(), Some(&place.base));
    crane.run(&["delete", &format!("{}@{}", place.at("crane/base"), place.base)]);
    assert_eq!(place.digest("crane/base", "1.0.0"), None, "by digest all its tags go");
    assert_eq!(place.digest("team/base", "1.0.0").as_ref(), Some(&place.base));
}

#[test]
fn oras_pushes_files_and_copies_images() {
    let Some((place, oras)) = Place::with("oras") else { return };
    place.may("maintainer", "oras");
    place.write("home/hello.txt", "hello");
    let one = place.at("oras/one:1");
    oras.run(&["push", "--plain-http", "--artifact-type=application/vnd.example.report", &one, "hello.txt:text/plain"]);
    oras.run(&["pull", "--plain-http", "--output=out", &one]);
    assert_eq!(place.read("home/out/hello.txt"), "hello");
    let base = place.at("oras/base:1.0.0");
    let layout = format!("{}:1.0.0", place.fixtures.join("base").display());
    oras.run(&["copy", "--from-oci-layout", "--to-plain-http", &layout, &base]);
    assert_eq!(oras.run(&["resolve", "--plain-http", &base]), place.base);
    oras.run(&["tag", "--plain-http", &base, "stable"]);
    assert_eq!(oras.run(&["repo", "tags", "--plain-http", &place.at("oras/base")]), "1.0.0\nstable");
    assert_eq!(oras.run(&["repo", "ls", "--plain-http", &place.at("oras")]), "base\none");
    let blob = format!("{}@{}", place.at("oras/blobs"), sha256(b"hello"));
    oras.run(&["blob", "push", "--plain-http", &place.at("oras/blobs"), "hello.txt"]);
    assert_eq!(oras.run(&["blob", "fetch", "--plain-http", "--output=-", &blob]), "hello");
    oras.run(&["blob", "delete", "--plain-http", "--force", &blob]);
    oras.refuses(&["blob", "fetch", "--plain-http", "--output=-", &blob]);
    // oras resolves the tag and deletes the digest, so every tag of the image goes.
    oras.run(&["manifest", "delete", "--plain-http", "--force", &place.at("oras/base:stable")]);
    assert_eq!(place.digest("oras/base", "1.0.0"), None);
}

#[test]
fn oras_attaches_and_discovers_referrers() {
    let Some((place, oras)) = Place::with("oras") else { return };
    place.write("home/sbom.json", "{}");
    place.write("home/note.txt", "a note");
    let base = place.at("team/base:1.0.0");
    for (kind, file) in [("application/vnd.cyclonedx+json", "sbom.json"), ("application/vnd.example.note", "note.txt")]
    {
        let kind = format!("--artifact-type={kind}");
        oras.run(&["attach", "--plain-http", &kind, "--annotation=of=base", &base, &format!("{file}:text/plain")]);
    }
    let api = "--distribution-spec=v1.1-referrers-api";
    let found = oras.run(&["discover", "--plain-http", api, "--format=json", &base]);
    for part in ["application/vnd.cyclonedx+json", "application/vnd.example.note", "\"of\": \"base\""] {
        assert!(found.contains(part), "{part} in {found}");
    }
    let kind = "--artifact-type=application/vnd.example.note";
    let found = oras.run(&["discover", "--plain-http", api, kind, "--format=json", &base]);
    assert!(found.contains("vnd.example.note") && !found.contains("cyclonedx"), "{found}");
    assert!(!place.tags("team/base").contains("sha256-"), "no tag stands in for the API");
    let copy = place.at("copied/base:1.0.0");
    oras.run(&["copy", "--recursive", "--from-plain-http", "--to-plain-http", &base, &copy]);
    assert!(oras.run(&["discover", "--plain-http", api, "--format=json", &copy]).contains("cyclonedx"));
    let backup = place.path("backup");
    oras.run(&["backup", "--plain-http", "--include-referrers", "--output", &backup, &base]);
    let restored = place.at("restored/base:1.0.0");
    oras.run(&["restore", "--plain-http", "--input", &backup, &restored]);
    assert_eq!(place.digest("restored/base", "1.0.0").as_ref(), Some(&place.base));
    assert!(oras.run(&["discover", "--plain-http", api, "--format=json", &restored]).contains("cyclonedx"));
}

#[test]
fn helm_pushes_and_pulls_a_chart() {
    let Some((place, helm)) = Place::with("helm") else { return };
    place.write("web/Chart.yaml", "apiVersion: v2\nname: web\ndescription: A tiny chart\nversion: 1.0.0+build.5\n");
    place.write("web/values.yaml", "image: team/web:1.4.2\n");
    let template =
        "kind: ConfigMap\napiVersion: v1\nmetadata: {name: web}\ndata: {image: {{ .Values.image | quote }}}\n";
    place.write("web/templates/config.yaml", template);
    helm.run(&["package", &place.path("web"), "--destination", &place.path("packed")]);
    let packed = place.path("packed/web-1.0.0+build.5.tgz");
    let charts = format!("oci://{}", place.at("charts"));
    let chart = format!("{charts}/web");
    helm.run(&["push", "--plain-http", &packed, &charts]);
    assert!(place.tags("charts/web").contains("\"1.0.0_build.5\""), "helm writes + as _ in tags");
    let exact = "--version=1.0.0+build.5";
    assert!(helm.run(&["show", "chart", "--plain-http", &chart, exact]).contains("A tiny chart"));
    for version in [exact, "--version=^1.0.0", "--devel"] {
        let folder = place.path(version);
        fs::create_dir_all(&folder).unwrap();
        helm.run(&["pull", "--plain-http", &chart, version, "--destination", &folder]);
        assert_eq!(fs::read(format!("{folder}/web-1.0.0+build.5.tgz")).unwrap(), fs::read(&packed).unwrap());
    }
    assert!(helm.run(&["template", "--plain-http", "mine", &chart, exact]).contains("team/web:1.4.2"));
    let dependency = format!("dependencies: [{{name: web, version: '>=1.0.0', repository: '{charts}'}}]\n");
    place.write("all/Chart.yaml", &format!("apiVersion: v2\nname: all\nversion: 0.1.0\n{dependency}"));
    helm.run(&["dependency", "update", "--plain-http", &place.path("all")]);
    assert!(Path::new(&place.path("all/charts/web-1.0.0+build.5.tgz")).exists());
}

#[test]
fn cosign_signs_attests_and_verifies() {
    const OFFLINE: [&str; 3] = ["--tlog-upload=false", "--use-signing-config=false", "--yes"];
    const PLAIN: [&str; 2] = ["--allow-insecure-registry", "--allow-http-registry"];
    const CHECK: [&str; 4] = ["--key=cosign.pub", "--insecure-ignore-tlog=true", PLAIN[0], PLAIN[1]];
    // Before version 3 a signature was an image under a tag named after the digest.
    const AS_TAG: &str = "--new-bundle-format=false";
    let Some((place, cosign)) = Place::with("cosign") else { return };
    place.may("maintainer", "team");
    let run = |parts: &[&[&str]]| cosign.run(&parts.concat());
    cosign.run(&["generate-key-pair"]);
    let image = format!("{}@{}", place.at("team/base"), place.base);
    run(&[&["sign", "--key=cosign.key", &image], &OFFLINE, &PLAIN]);
    assert!(run(&[&["verify", &image], &CHECK]).contains(&place.base));
    assert!(!place.tags("team/base").contains("sha256-"), "no tag stands in for the referrers API");
    assert!(run(&[&["tree", &image], &PLAIN]).contains("via OCI referrer"));
    run(&[&["sign", "--key=cosign.key", AS_TAG, &image], &OFFLINE, &PLAIN]);
    assert!(place.tags("team/base").contains(&format!("\"{}.sig\"", place.base.replace(':', "-"))));
    assert!(run(&[&["verify", AS_TAG, &image], &CHECK]).contains(&place.base));
    place.write("home/predicate.json", "{}");
    run(&[&["attest", "--key=cosign.key", "--type=custom", "--predicate=predicate.json", &image], &OFFLINE, &PLAIN]);
    assert!(run(&[&["verify-attestation", "--type=custom", &image], &CHECK]).contains("payload"));
    cosign.run(&["generate-key-pair", "--output-key-prefix=other"]);
    cosign.refuses(&[&["verify", "--key=other.pub", CHECK[1], &image], &PLAIN[..]].concat());
    let copy = place.at("copied/base:1.0.0");
    run(&[&["copy", &place.at("team/base:1.0.0"), &copy], &PLAIN]);
    assert!(run(&[&["verify", AS_TAG, &copy], &CHECK]).contains(&place.base));
    run(&[&["clean", "--force", "--type=all", &image], &PLAIN]);
    cosign.refuses(&[&["verify", &image], &CHECK[..]].concat());
    cosign.refuses(&[&["verify", AS_TAG, &image], &CHECK[..]].concat());
    assert_eq!(place.digest("team/base", "1.0.0").as_ref(), Some(&place.base), "the image itself stays");
}

/// Whether there is a docker that is new enough; says so where there is none.
fn has_docker() -> bool {
    let version = Command::new("docker").arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    let version = String::from_utf8_lossy(&version).into_owned();
    let major = version.strip_prefix("Docker version ").and_then(|rest| rest.split('.').next()?.parse().ok());
    let is_new = major.unwrap_or(0) >= 28;
    if !is_new {
        goes_without("docker, of which there is no version 28 or newer");
    }
    is_new
}

/// Without a daemon the command line speaks to registries only by `docker manifest`. Versions before 28 do not
/// know OCI images there, and Debian 12 has 20.
#[test]
fn docker_inspects_and_pushes_manifest_lists() {
    let Some(place) = Place::new() else { return };
    if !has_docker() {
        return;
    }
    let docker = place.client("docker");
    // --insecure: it falls back on plain HTTP because a TLS hello is answered in HTTP.
    let held = docker.run(&["manifest", "inspect", "--insecure", &place.at("team/base:1.0.0")]);
    assert!(held.contains("arm64"), "{held}");
    let index: serde_json::Value = serde_json::from_str(&place.get("/v2/team/base/manifests/1.0.0").1).unwrap();
    let image = |at: usize| format!("{}@{}", place.at("team/base"), index["manifests"][at]["digest"].as_str().unwrap());
    // Within the repository, and across: then the blobs are mounted, since there are none to send.
    for list in [place.at("team/base:list"), place.at("docker/list:1")] {
        docker.run(&["manifest", "create", "--insecure", &list, &image(0), &image(1)]);
        docker.run(&["manifest", "annotate", "--variant=v8", &list, &image(1)]);
        let said = docker.run(&["manifest", "push", "--insecure", "--purge", &list]);
        let (repository, tag) = list.split_once('/').and_then(|(_, name)| name.rsplit_once(':')).unwrap();
        assert_eq!(place.digest(repository, tag).as_deref(), said.lines().last(), "{list}");
    }
}
