//! Portolan behind nginx, by the recipe that is handed out: `packaging/nginx.conf` with addresses of this machine and a
//! certificate of the test's own in place of those that it names, and otherwise to the letter. With the built binary.

use crate::support::process::{ADMIN, Distribution, QUIET, Server, eventually, left_out};
use crate::support::{OCI_MANIFEST, sha256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::SinkExt;
use futures::channel::mpsc;
use reqwest::header::{
    CONTENT_RANGE, CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, RANGE, SET_COOKIE, WWW_AUTHENTICATE,
};
use reqwest::{Body, Certificate, Client, Method, RequestBuilder, Response, Version, redirect};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::net::{IpAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, io};
use tempfile::TempDir;
use tokio::time::timeout;

const NGINX: &str = "/usr/sbin/nginx";
const RECIPE: &str = "packaging/nginx.conf";
/// The name that stands in the recipe.
const NAME: &str = "registry.example.com";
/// Where clients come from; the proxy, which is trusted, is another address of this machine.
const OUTSIDE: [u8; 4] = [127, 0, 0, 2];
/// For what is to arrive at once, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(10);

const PIECE: usize = 1 << 20;
const N_PIECES: usize = 2 << 10;
/// Many times what is on its way at a moment.
const N_BEFORE: usize = 32;
/// What a server may take at most for a push, whatever its size.
const MEMORY: u64 = 256 << 20;

/// A server with nginx in front of it, and a client outside that knows its name and certificate.
struct Behind {
    nginx: Child,
    server: Server,
    folder: TempDir,
    /// Where plain http is answered.
    plain: String,
    url: String,
    client: Client,
}

impl Behind {
    /// Starts both; `None` where nginx is not installed.
    fn start() -> Option<Self> {
        if !Path::new(NGINX).exists() {
            left_out("nginx is not installed");
            return None;
        }
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let [plain, tls, inside] = [(); 3].map(|()| Distribution::host_to_be());
        let url = format!("https://{NAME}:{}", port(&tls));
        let certificate = certify(folder.path());
        let settings = [
            QUIET[0],
            ADMIN[0],
            ADMIN[1],
            ("PORTOLAN_SERVER__LISTEN", &*inside),
            ("PORTOLAN_SERVER__PUBLIC_URL", &*url),
            ("PORTOLAN_SERVER__TRUSTED_PROXIES__0", "127.0.0.1/32"),
        ];
        let server = Server::start_private(&folder.path().join("data"), &settings);
        fs::write(folder.path().join("nginx.conf"), configuration(&plain, &tls, &inside)).unwrap();
        let mut command = Command::new(NGINX);
        command.args(["-e", "stderr", "-c", "nginx.conf", "-p"]).arg(folder.path()).stdin(Stdio::null());
        let nginx = command.spawn().expect("nginx starts");
        eventually("nginx answers", || TcpStream::connect(&tls).is_ok());
        let client = Client::builder().resolve(NAME, tls.parse().unwrap()).local_address(IpAddr::from(OUTSIDE));
        let client = client.tls_certs_only([certificate]).redirect(redirect::Policy::none()).no_proxy();
        Some(Self { nginx, server, folder, plain, url, client: client.build().unwrap() })
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// A token as clients get theirs: from where the registry sends them.
    async fn token(&self, repository: &str) -> String {
        let challenge = self.ask(Method::GET, "/v2/").send().await.unwrap();
        let realm = format!("{}/token", self.url);
        assert!(header(&challenge, WWW_AUTHENTICATE).contains(&format!("realm=\"{realm}\"")), "{challenge:?}");
        let scope = format!("{realm}?scope=repository:{repository}:pull,push");
        let answer = self.client.get(scope).basic_auth(ADMIN[0].1, Some(ADMIN[1].1)).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["token"].as_str().expect("a token").to_owned()
    }

    /// Where the bytes of a new blob go.
    async fn begin(&self, repository: &str, token: &str) -> String {
        let begun = self.ask(Method::POST, &format!("/v2/{repository}/blobs/uploads/")).bearer_auth(token).send().await;
        header(&begun.unwrap(), LOCATION)
    }

    async fn end(&self, upload: &str, digest: &str, token: &str, rest: &'static str) {
        let ended = self.ask(Method::PUT, &format!("{upload}?digest={digest}")).bearer_auth(token).body(rest).send();
        let ended = ended.await.unwrap();
        assert_eq!(ended.status(), 201, "{}", ended.text().await.unwrap());
    }

    /// Pushes what makes an image of a layer that is there.
    async fn tag(&self, (repository, tag): (&str, &str), (layer, size): (&str, usize), token: &str) {
        const CONFIG: &str = r#"{"os":"linux","architecture":"amd64"}"#;
        let config = sha256(CONFIG.as_bytes());
        self.end(&self.begin(repository, token).await, &config, token, CONFIG).await;
        let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": CONFIG.len()},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer, "size": size}]});
        let put = self.ask(Method::PUT, &format!("/v2/{repository}/manifests/{tag}")).bearer_auth(token);
        let put = put.header(CONTENT_TYPE, OCI_MANIFEST).body(manifest.to_string()).send().await.unwrap();
        assert_eq!(put.status(), 201, "{}", put.text().await.unwrap());
    }

    /// Whether some of an upload is on the server's disk.
    fn has_begun(&self) -> bool {
        let staged = fs::read_dir(self.folder.path().join("data/staging")).unwrap();
        staged.flatten().any(|file| file.metadata().is_ok_and(|file| file.len() > 0))
    }
}

impl Drop for Behind {
    fn drop(&mut self) {
        let _ = self.nginx.kill();
        let _ = self.nginx.wait();
    }
}

fn port(host: &str) -> &str {
    host.split_once(':').unwrap().1
}

fn header(answer: &Response, name: reqwest::header::HeaderName) -> String {
    answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

/// Puts a certificate for the name and its key where the recipe will have them.
fn certify(folder: &Path) -> Certificate {
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap();
    let write = |file: &str, kind: &str, der: &[u8]| {
        let text = STANDARD.encode(der);
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let text = format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", lines.join("\n"));
        fs::write(folder.join(file), text).unwrap();
    };
    write("fullchain.pem", "CERTIFICATE", made.cert.der());
    write("privkey.pem", "PRIVATE KEY", &made.signing_key.serialize_der());
    Certificate::from_der(made.cert.der()).unwrap()
}

/// The recipe in the smallest frame in which nginx takes it: one process, whose files stay in its folder.
fn configuration(plain: &str, tls: &str, inside: &str) -> String {
    let beside = |host: &str| format!("listen {}:{}", IpAddr::from(OUTSIDE), port(host));
    let replacements = [
        ("127.0.0.1:8080", inside.to_owned()),
        ("listen 80", format!("listen {plain}")),
        ("listen [::]:80", beside(plain)),
        ("listen 443", format!("listen {tls}")),
        ("listen [::]:443", beside(tls)),
        ("/etc/ssl/portolan/", String::new()),
    ];
    let site = replacements.iter().fold(fs::read_to_string(RECIPE).unwrap(), |site, (named, here)| {
        assert!(site.contains(named), "the recipe does not say {named}");
        site.replace(named, here)
    });
    let own: String =
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|kind| format!("{kind}_temp_path {kind};\n")).concat();
    format!("daemon off; master_process off; pid nginx.pid;\nevents {{}}\nhttp {{\naccess_log off;\n{own}{site}\n}}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_of_two_gibibytes_goes_through_nginx_as_it_comes() {
    let Some(behind) = Behind::start() else { return };
    let token = behind.token("team/big").await;
    let upload = behind.begin("team/big", &token).await;
    let piece: Bytes = (0..PIECE).map(|at| ((at * at) >> 7) as u8).collect();
    let (mut pieces, body) = mpsc::channel::<io::Result<Bytes>>(4);
    let sending = async {
        let mut hash = Sha256::new();
        for n in 0..N_PIECES {
            hash.update(&piece);
            pieces.send(Ok(piece.clone())).await.expect("somebody takes it");
            if n == N_BEFORE {
                tokio::task::block_in_place(|| eventually("the server has what was sent", || behind.has_begun()));
            }
        }
        pieces.close_channel();
        format!("sha256:{}", hex::encode(hash.finalize()))
    };
    // Without a length, as docker and the like send it.
    let sent = behind.ask(Method::PATCH, &upload).bearer_auth(&token).body(Body::wrap_stream(body)).send();
    let (digest, sent) = tokio::join!(sending, sent);
    let sent = sent.unwrap();
    assert_eq!((sent.status().as_u16(), sent.version()), (202, Version::HTTP_2));
    behind.end(&upload, &digest, &token, "").await;
    let size = PIECE * N_PIECES;
    behind.tag(("team/big", "1"), (&digest, size), &token).await;

    let from = size - 10;
    let part = behind.ask(Method::GET, &format!("/v2/team/big/blobs/{digest}")).bearer_auth(&token);
    let part = part.header(RANGE, format!("bytes={from}-{}", size - 3)).send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(header(&part, CONTENT_RANGE), format!("bytes {from}-{}/{size}", size - 3));
    assert_eq!(part.bytes().await.unwrap(), piece[PIECE - 10..PIECE - 2]);
    assert!(behind.server.peak_memory() < MEMORY, "{}", behind.server.peak_memory());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_signs_in_through_nginx_and_hears_of_a_push_at_once() {
    let Some(behind) = Behind::start() else { return };
    let plain = behind.client.get(format!("http://{}/repositories?q=web", behind.plain)).header(HOST, NAME).send();
    assert_eq!(header(&plain.await.unwrap(), LOCATION), format!("https://{NAME}/repositories?q=web"));

    let fields = format!("username={}&password={}", ADMIN[0].1, ADMIN[1].1.replace(' ', "+"));
    let sign_in = |origin: &str| {
        let form = behind.ask(Method::POST, "/auth/login").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        // What a client says of where it comes from counts for nothing.
        form.header(ORIGIN, origin).header("x-forwarded-for", "203.0.113.9").body(fields.clone()).send()
    };
    assert_eq!(sign_in("https://evil.example").await.unwrap().status(), 403, "a page of another site");
    let entered = sign_in(&behind.url).await.unwrap();
    assert_eq!(entered.status(), 303, "{}", entered.text().await.unwrap());
    let session = header(&entered, SET_COOKIE);
    assert!(session.starts_with("__Host-portolan=") && session.ends_with("; Secure"), "{session}");
    let session = session.split(';').next().unwrap();
    let page = |path: String| behind.ask(Method::GET, &path).header(COOKIE, session).send();

    let activity = page("/activity".to_owned()).await.unwrap().text().await.unwrap();
    assert!(activity.contains("127.0.0.2") && !activity.contains("203.0.113.9"), "{activity}");
    let long = page(format!("/repositories?q={}", "a".repeat(20_000))).await.unwrap();
    assert!(long.headers().contains_key("x-request-id"), "Portolan answers itself: {long:?}");

    let listening = timeout(PATIENCE, page("/events?scope=repositories".to_owned())).await;
    let mut events = listening.expect("the page learns that it is live").unwrap();
    assert_eq!((events.status().as_u16(), events.version()), (200, Version::HTTP_2));
    let token = behind.token("team/web").await;
    let layer = sha256(b"layer");
    behind.end(&behind.begin("team/web", &token).await, &layer, &token, "layer").await;
    behind.tag(("team/web", "1"), (&layer, 5), &token).await;
    let heard = async {
        let mut text = Vec::new(); // Now and then it is told that nothing happened.
        while !text.ends_with(b"event: changed\ndata: rows\n\n") {
            text.extend(events.chunk().await.unwrap().expect("the stream goes on"));
        }
    };
    timeout(PATIENCE, heard).await.expect("it comes while the stream goes on");
}
