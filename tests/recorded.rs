//! What clients send, request by request over one connection each, down to spelling, order and the way a body is
//! framed: docker 20.10 and containerd 1.6, which need a daemon, as it was recorded; the families of clients that no
//! package of Debian has as their libraries write it.

mod publisher;

use crate::support::process::{ADMIN, Server};
use crate::support::sha256;
use publisher::{Gets, Publisher};
use std::io::{Read, Write};
use std::net::TcpStream;

const CONFIG: &str = r#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#;
const LAYER: &str = "as good as a layer";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const NOTATION: &str = "application/vnd.cncf.notary.signature";
const OCTETS: (&str, &str) = ("Content-Type", "application/octet-stream");

#[test]
fn docker_pushes_and_pulls() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    // docker tries TLS first and takes a registry for a plain one if it is answered in HTTP.
    let hello = Answer::of(&server.host, b"\x16\x03\x01\x00\xc4\x01\x00\x00\xc0\x03\x03");
    assert!(hello.head.starts_with("HTTP/1."), "{}", hello.head);
    docker(&server.host);
}

/// As after `docker login`: each token is got by the challenge that asks for it, by GET as docker does.
#[test]
fn docker_pushes_and_pulls_by_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_private(folder.path(), &ADMIN);
    let paula = Publisher::of(&server.host, Gets::AsDocker);
    docker(&paula);
    assert_eq!(*paula.scopes.borrow(), ["", "repository:team/web:pull", "repository:team/web:pull,push"]);
}

fn docker(host: &impl Client) {
    assert_eq!(send(host, "GET /v2/", &[], Body::None).header("docker-distribution-api-version"), "registry/2.0");
    for content in [LAYER, CONFIG] {
        let blob = format!("HEAD /v2/team/web/blobs/{}", sha256(content.as_bytes()));
        assert_eq!(send(host, &blob, &[], Body::None).status, 404);
        let started = send(host, "POST /v2/team/web/blobs/uploads/", &[], Body::Sized(""));
        assert!(!started.header("docker-upload-uuid").is_empty());
        let rest = [("PATCH <upload>", Body::Chunked(content)), ("PUT <upload>?digest=<digest>", Body::Sized(""))];
        started.go_on(host, &[], &rest);
        let there = send(host, &blob, &[], Body::None);
        assert_eq!((there.status, there.header("content-length")), (200, content.len().to_string()));
    }
    let (manifest, digest) = manifest(DOCKER_MANIFEST);
    let kind = ("Content-Type", DOCKER_MANIFEST);
    let put = send(host, "PUT /v2/team/web/manifests/1", &[kind], Body::Sized(&manifest));
    assert_eq!((put.status, put.header("docker-content-digest")), (201, digest.clone()));
    let accept = ["application/json", OCI_MANIFEST, DOCKER_MANIFEST].map(|kind| ("Accept", kind));
    let found = send(host, "HEAD /v2/team/web/manifests/1", &accept, Body::None);
    assert_eq!((found.status, found.header("docker-content-digest")), (200, digest.clone()));
    assert_eq!(found.header("content-type"), DOCKER_MANIFEST);
    let got = send(host, &format!("GET /v2/team/web/manifests/{digest}"), &accept, Body::None);
    assert_eq!((got.status, got.body), (200, manifest));
}

#[test]
fn containerd_pushes_with_one_put_each_and_asks_for_mounts() {
    let folder = tempfile::tempdir().unwrap();
    containerd(&Server::start(folder.path(), &[]).host);
}

/// The same with a password, which containerd posts; a mount asks for both sides at once.
#[test]
fn containerd_pushes_and_mounts_by_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_private(folder.path(), &ADMIN);
    let paula = Publisher::of(&server.host, Gets::AsContainerd);
    containerd(&paula);
    let scopes = [
        "repository:team/first:pull",
        "repository:team/first:pull,push",
        "repository:team/second:pull",
        "repository:team/second:pull,push repository:team/first:pull",
    ];
    assert_eq!(*paula.scopes.borrow(), scopes);
}

fn containerd(host: &impl Client) {
    let (manifest, digest) = manifest(OCI_MANIFEST);
    for repository in ["team/first", "team/second"] {
        for content in [LAYER, CONFIG] {
            let blob = sha256(content.as_bytes());
            let accept = [("Accept", "application/vnd.oci.image.layer.v1.tar+gzip, */*")];
            assert_eq!(send(host, &format!("HEAD /v2/{repository}/blobs/{blob}"), &accept, Body::None).status, 404);
            // Colons and slashes stand bare in the query.
            let mount = format!("POST /v2/{repository}/blobs/uploads/?mount={blob}&from=team/first");
            let started = send(host, &mount, &[], Body::Sized(""));
            if started.status == 201 {
                assert_eq!(started.header("docker-content-digest"), blob, "what was mounted");
                continue;
            }
            started.go_on(host, &[OCTETS], &[("PUT <upload>?digest=<digest>", Body::Sized(content))]);
        }
        let accept = ("Accept", "application/vnd.oci.image.manifest.v1+json, */*");
        for reference in [digest.as_str(), "1"] {
            let path = format!("/v2/{repository}/manifests/{reference}");
            assert_eq!(send(host, &format!("HEAD {path}"), &[accept], Body::None).status, 404);
            let put = send(host, &format!("PUT {path}"), &[("Content-Type", OCI_MANIFEST)], Body::Sized(&manifest));
            assert_eq!((put.status, put.header("docker-content-digest")), (201, digest.clone()));
        }
    }
}

/// B5: where a blob cannot be mounted, docker sends it.
#[test]
fn docker_sends_what_it_could_not_mount() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (host, digest) = (&server.host, sha256(LAYER.as_bytes()));
    let mount = format!("POST /v2/team/web/blobs/uploads/?from=team%2Fbase&mount={}", digest.replace(':', "%3A"));
    let rest = [("PATCH <upload>", Body::Chunked(LAYER)), ("PUT <upload>?digest=<digest>", Body::Sized(""))];
    send(host, &mount, &[], Body::Sized("")).go_on(host, &[], &rest);
    for (method, content) in [("HEAD", ""), ("GET", LAYER)] {
        let there = send(host, &format!("{method} /v2/team/web/blobs/{digest}"), &[], Body::None);
        assert_eq!((there.status, there.header("content-length")), (200, LAYER.len().to_string()), "{method}");
        assert_eq!((there.header("content-type").as_str(), &*there.body), ("application/octet-stream", content));
    }
}

/// B5: skopeo, podman and buildah give up the upload that came in place of a mount, and begin another.
#[test]
fn skopeo_cancels_what_began_in_place_of_a_mount() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (host, digest) = (&server.host, sha256(LAYER.as_bytes()));
    let mount = format!("POST /v2/team/web/blobs/uploads/?from=team%2Fbase&mount={}", digest.replace(':', "%3A"));
    let instead = send(host, &mount, &[], Body::Sized(""));
    assert_eq!(instead.status, 202);
    let cancelled = send(host, &format!("DELETE {}", instead.location()), &[], Body::None);
    assert_eq!((cancelled.status, cancelled.body.as_str()), (204, ""));
    assert_eq!(send(host, &format!("GET {}", instead.location()), &[], Body::None).status, 404);
    let started = send(host, "POST /v2/team/web/blobs/uploads/", &[], Body::Sized(""));
    let rest = [("PATCH <upload>", Body::Sized(LAYER)), ("PUT <upload>?digest=<digest>", Body::Sized(""))];
    assert_eq!(started.go_on(host, &[OCTETS], &rest).location(), format!("/v2/team/web/blobs/{digest}"));
}

/// B5, B11: containerd names the registry that it takes this one for a mirror of, and looks among the blobs for a
/// manifest that is not there.
#[test]
fn containerd_takes_the_registry_for_a_mirror() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (host, (manifest, digest)) = (&server.host, manifest(OCI_MANIFEST));
    for content in [LAYER, CONFIG] {
        let blob = sha256(content.as_bytes());
        let started = send(host, "POST /v2/team/web/blobs/uploads/?ns=docker.io", &[], Body::Sized(""));
        started.go_on(host, &[], &[("PUT <upload>?digest=<digest>&ns=docker.io", Body::Sized(content))]);
        let got = send(host, &format!("GET /v2/team/web/blobs/{blob}?ns=docker.io"), &[], Body::None);
        assert_eq!((got.status, got.body.as_str()), (200, content));
    }
    let among_blobs = format!("HEAD /v2/team/web/blobs/{digest}?ns=docker.io");
    for path in [format!("manifests/{digest}"), "manifests/1".to_owned()] {
        let path = format!("/v2/team/web/{path}?ns=docker.io");
        assert_eq!(send(host, &format!("HEAD {path}"), &[], Body::None).status, 404);
        assert_eq!(send(host, &among_blobs, &[], Body::None).status, 404);
        let put = send(host, &format!("PUT {path}"), &[("Content-Type", OCI_MANIFEST)], Body::Sized(&manifest));
        assert_eq!((put.status, put.header("docker-content-digest")), (201, digest.clone()));
        let found = send(host, &format!("HEAD {path}"), &[], Body::None);
        assert_eq!((found.status, found.header("docker-content-digest")), (200, digest.clone()));
        assert_eq!(send(host, &format!("GET {path}"), &[], Body::None).body, manifest);
    }
    let tagged = send(host, "GET /v2/team/web/tags/list?ns=docker.io", &[], Body::None);
    assert_eq!(tagged.body, r#"{"name":"team/web","tags":["1"]}"#);
    let absent = send(host, &among_blobs.replace("HEAD", "GET"), &[], Body::None);
    assert_eq!((absent.status, absent.header("content-type").as_str()), (404, "application/json"));
    assert!(absent.body.contains("\"BLOB_UNKNOWN\""), "a manifest is no blob: {}", absent.body);
}

/// crane, ko, kaniko and cosign share one library.
#[test]
fn crane_and_kaniko_push_in_a_stream_and_cosign_signs() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let host = &server.host;
    assert_eq!(send(host, "GET /v2/", &[("User-Agent", "go-containerregistry")], Body::None).status, 401);
    // kaniko finds out whether it may push by an upload that it leaves behind.
    let json = ("Content-Type", "application/json");
    assert_eq!(send(host, "POST /v2/team/web/blobs/uploads/", &[json], Body::Sized("")).status, 202);
    for content in [LAYER, CONFIG] {
        let digest = sha256(content.as_bytes());
        let escaped = digest.replace(':', "%3A");
        assert_eq!(send(host, &format!("HEAD /v2/team/web/blobs/{digest}"), &[], Body::None).status, 404);
        let mount = format!("POST /v2/team/web/blobs/uploads/?from=team%2Fbase&mount={escaped}&origin=127.0.0.1");
        let started = send(host, &mount, &[json], Body::Sized(""));
        // There is no such repository, so the bytes have to come.
        let rest = [("PATCH <upload>", Body::Chunked(content)), ("PUT <upload>?digest=<digest>", Body::Sized(""))];
        started.go_on(host, &[OCTETS], &rest);
    }
    let (manifest, digest) = manifest(DOCKER_MANIFEST);
    let kind = ("Content-Type", DOCKER_MANIFEST);
    assert_eq!(send(host, "PUT /v2/team/web/manifests/latest", &[kind], Body::Sized(&manifest)).status, 201);
    let accept = (
        "Accept",
        "application/vnd.docker.distribution.manifest.v1+json,application/vnd.docker.distribution.manifest.v1+prettyjws,application/vnd.docker.distribution.manifest.v2+json,application/vnd.oci.image.manifest.v1+json",
    );
    let found = send(host, "HEAD /v2/team/web/manifests/latest", &[accept], Body::None);
    assert_eq!((found.status, found.header("docker-content-digest")), (200, digest.clone()));
    // cosign keeps signatures under a tag that is made of the digest, and signs again what is signed.
    let path = format!("/v2/team/web/manifests/{}.sig", digest.replace(':', "-"));
    let unsigned = send(host, &format!("GET {path}"), &[accept], Body::None);
    assert_eq!((unsigned.status, unsigned.body.contains("MANIFEST_UNKNOWN")), (404, true));
    let (signature, _) = self::manifest(OCI_MANIFEST);
    for _ in 0..2 {
        let put = send(host, &format!("PUT {path}"), &[("Content-Type", OCI_MANIFEST)], Body::Sized(&signature));
        assert_eq!(put.status, 201);
        assert_eq!(send(host, &format!("GET {path}"), &[accept], Body::None).body, signature);
    }
}

/// oras, helm and notation share one library.
#[test]
fn oras_helm_and_notation_push_attach_and_list() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let host = &server.host;
    let (chart, digest) = manifest(OCI_MANIFEST);
    assert_eq!(send(host, &format!("HEAD /v2/charts/web/manifests/{digest}"), &[], Body::None).status, 404);
    for content in [LAYER, CONFIG, "{}"] {
        let blob = sha256(content.as_bytes());
        assert_eq!(send(host, &format!("HEAD /v2/charts/web/blobs/{blob}"), &[], Body::None).status, 404);
        let started = send(host, "POST /v2/charts/web/blobs/uploads/", &[], Body::Sized(""));
        started.go_on(host, &[OCTETS], &[("PUT <upload>?digest=<digest>", Body::Sized(content))]);
    }
    let kind = ("Content-Type", OCI_MANIFEST);
    // helm writes the `+` of a version as `_`.
    for reference in ["1.2.3_build.5", &digest] {
        let put = send(host, &format!("PUT /v2/charts/web/manifests/{reference}"), &[kind], Body::Sized(&chart));
        assert_eq!((put.status, put.header("docker-content-digest")), (201, digest.clone()));
    }
    let tags = send(host, "GET /v2/charts/web/tags/list?n=100&last=1.0.0", &[], Body::None);
    assert!(tags.body.ends_with(r#""tags":["1.2.3_build.5"]}"#), "{}", tags.body);
    // Whether there is an API of referrers is asked with a digest that nobody has.
    let nobody = format!("GET /v2/charts/web/referrers/sha256:{}", "0".repeat(64));
    let asked = send(host, &nobody, &[], Body::None);
    assert_eq!((asked.status, asked.header("content-type").as_str()), (200, OCI_INDEX));
    let subject = format!(r#"{{"mediaType":"{OCI_MANIFEST}","digest":"{digest}","size":{}}}"#, chart.len());
    let empty = sha256(b"{}");
    let empty = format!(r#"{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{empty}","size":2}}"#);
    let signature = format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","artifactType":"{NOTATION}","config":{empty},"layers":[{empty}],"subject":{subject},"annotations":{{"io.cncf.notary.x509chain.thumbprint#S256":"[]"}}}}"#
    );
    let own = sha256(signature.as_bytes());
    let put = send(host, &format!("PUT /v2/charts/web/manifests/{own}"), &[kind], Body::Sized(&signature));
    assert_eq!((put.status, put.header("oci-subject")), (201, digest.clone()), "so no tag is needed");
    let list = format!("GET /v2/charts/web/referrers/{digest}?artifactType={}", NOTATION.replace('/', "%2F"));
    let listed = send(host, &list, &[], Body::None);
    assert_eq!((listed.status, listed.header("oci-filters-applied").as_str()), (200, "artifactType"));
    assert!(listed.body.contains(&own) && listed.body.contains("thumbprint#S256"), "{}", listed.body);
    assert_eq!(send(host, &format!("DELETE /v2/charts/web/manifests/{own}"), &[], Body::None).status, 202);
    assert!(!send(host, &list, &[], Body::None).body.contains(&own));
}

/// An image of one layer, and its digest.
fn manifest(kind: &str) -> (String, String) {
    let part = |kind: &str, content: &str| {
        let digest = sha256(content.as_bytes());
        format!(r#"{{"mediaType":"{kind}","digest":"{digest}","size":{}}}"#, content.len())
    };
    let (config, layer) = match kind {
        DOCKER_MANIFEST => {
            ("application/vnd.docker.container.image.v1+json", "application/vnd.docker.image.rootfs.diff.tar.gzip")
        }
        _ => ("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip"),
    };
    let (config, layer) = (part(config, CONFIG), part(layer, LAYER));
    let text = format!(r#"{{"schemaVersion":2,"mediaType":"{kind}","config":{config},"layers":[{layer}]}}"#);
    let digest = sha256(text.as_bytes());
    (text, digest)
}

/// How a body is framed.
#[derive(Clone, Copy)]
enum Body<'a> {
    None,
    Sized(&'a str),
    /// In two chunks.
    Chunked(&'a str),
}

/// What came back.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

/// Who sends: whoever shows nothing, to a host, or a [`Publisher`].
trait Client {
    fn send(&self, line: &str, headers: &[(&str, &str)], body: Body<'_>) -> Answer;
}

impl Client for String {
    fn send(&self, line: &str, headers: &[(&str, &str)], body: Body<'_>) -> Answer {
        write(self, line, headers, body)
    }
}

fn send(by: &impl Client, line: &str, headers: &[(&str, &str)], body: Body<'_>) -> Answer {
    by.send(line, headers, body)
}

fn write(host: &str, line: &str, headers: &[(&str, &str)], body: Body<'_>) -> Answer {
    let mut request = format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    match body {
        Body::None => request.push_str("\r\n"),
        Body::Sized(text) => request.push_str(&format!("Content-Length: {}\r\n\r\n{text}", text.len())),
        Body::Chunked(text) => {
            request.push_str("Transfer-Encoding: chunked\r\n\r\n");
            for part in <[&str; 2]>::from(text.split_at(text.len() / 2)) {
                request.push_str(&format!("{:x}\r\n{part}\r\n", part.len()));
            }
            request.push_str("0\r\n\r\n");
        }
    }
    Answer::of(host, request.as_bytes())
}

impl Answer {
    fn of(host: &str, request: &[u8]) -> Self {
        let mut stream = TcpStream::connect(host).expect("the server takes connections");
        stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// Sends the rest of the upload that this began. In each line `<upload>` stands for where the answer before it
    /// points, and `<digest>` for that of all the bytes, its colon escaped. The last line closes the upload.
    fn go_on<'a>(self, host: &impl Client, headers: &[(&str, &str)], rest: &[(&str, Body<'a>)]) -> Self {
        let text = |body: Body<'a>| if let Body::Sized(text) | Body::Chunked(text) = body { text } else { "" };
        let digest = sha256(rest.iter().map(|(_, body)| text(*body)).collect::<String>().as_bytes());
        let (mut before, mut n_sent) = (self, 0_usize);
        for (line, body) in rest {
            let range = format!("0-{}", n_sent.saturating_sub(1));
            assert_eq!((before.status, before.header("range")), (202, range), "before {line}");
            let line = line.replace("<upload>", &before.location()).replace("<digest>", &digest.replace(':', "%3A"));
            before = send(host, &line, headers, *body);
            n_sent += text(*body).len();
        }
        assert_eq!((before.status, before.header("docker-content-digest")), (201, digest));
        before
    }

    fn header(&self, wanted: &str) -> String {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.to_owned()).collect()
    }

    /// The path of `Location`.
    fn location(&self) -> String {
        let location = self.header("location");
        location.split_once("://").map_or(location.clone(), |(_, rest)| rest[rest.find('/').unwrap_or(0)..].to_owned())
    }
}
