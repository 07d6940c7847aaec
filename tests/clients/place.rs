//! Where a client works: a server on which everything is private, with the sample image, and a folder of the client's
//! own, which has the password of somebody who publishes in some namespaces.

use crate::support::process::{ADMIN, Server, exchange, fixtures, goes_without, http, run};
use crate::support::sha256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

/// Whose clients they are.
pub const PERSON: &str = "paul";
pub const PASSWORD: &str = "a horse of paul's";
/// Where they publish.
const OWN: [&str; 11] =
    ["team", "across", "charts", "copied", "crane", "docker", "from-folder", "oras", "restored", "shared", "umoci"];

/// A server that holds the sample image `base` as `team/base:1.0.0`, and a folder for the rest.
pub struct Place {
    pub server: Server,
    folder: TempDir,
    pub fixtures: PathBuf,
    /// The digest of the sample image.
    pub base: String,
}

impl Place {
    pub fn new() -> Option<Self> {
        let fixtures = fixtures()?;
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start_private(&folder.path().join("data"), &ADMIN);
        for home in ["home", "nobody"] {
            fs::create_dir(folder.path().join(home)).unwrap();
        }
        let layout = format!("oci:{}:1.0.0", fixtures.join("base").display());
        let base = sha256(run("skopeo", &["inspect", "--raw", &layout]).as_bytes());
        let place = Self { server, folder, fixtures, base };
        place.manage("POST", "users", &json!({"username": PERSON, "password": PASSWORD}));
        OWN.iter().for_each(|namespace| place.may("publisher", namespace));
        let auths = json!({"auths": {&place.server.host: {"auth": STANDARD.encode(format!("{PERSON}:{PASSWORD}"))}}});
        place.write("home/.docker/config.json", &auths.to_string());
        let there = place.docker("team/base:1.0.0");
        place.client("skopeo").run(&["copy", "--quiet", "--all", "--dest-tls-verify=false", &layout, &there]);
        Some(place)
    }

    /// What an administrator does by `/api/v1`.
    pub fn manage(&self, method: &str, path: &str, body: &Value) {
        let [username, password] = ADMIN.map(|(_, value)| value);
        let headers = [("Authorization", shown(username, password)), ("Content-Type", "application/json".to_owned())];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let path = format!("/api/v1/{path}");
        let (status, said) = http(method, &self.server.host, &path, &headers, body.to_string().as_bytes());
        assert!(status < 300, "{method} {path}: {status} {said}");
    }

    /// Gives the person a role in a namespace.
    pub fn may(&self, role: &str, namespace: &str) {
        let scope = format!("{namespace}/*");
        let grant =
            json!({"principal": {"user": PERSON}, "role": role, "scope": scope, "tags": null, "expires_at": null});
        self.manage("POST", "grants", &grant);
    }

    /// With a client that `make clients` has built; `None` where it has not.
    pub fn with(tool: &str) -> Option<(Self, Client)> {
        let program = fixtures()?.with_file_name("clients").join(tool);
        if !program.exists() {
            goes_without(&format!("{tool}, which make clients builds"));
            return None;
        }
        let place = Self::new()?;
        let client = place.client(program);
        Some((place, client))
    }

    pub fn client(&self, program: impl Into<PathBuf>) -> Client {
        Client { program: program.into(), home: self.folder.path().join("home") }
    }

    /// A client that knows no password.
    pub fn of_nobody(&self, program: impl Into<PathBuf>) -> Client {
        Client { program: program.into(), home: self.folder.path().join("nobody") }
    }

    /// A name at this server.
    pub fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.server.host)
    }

    pub fn docker(&self, name: &str) -> String {
        format!("docker://{}", self.at(name))
    }

    /// The digest of what is there under a tag or digest.
    pub fn digest(&self, repository: &str, reference: &str) -> Option<String> {
        let path = format!("/v2/{repository}/manifests/{reference}");
        let (status, body) = self.get(&path);
        assert!(matches!(status, 200 | 404), "{status} {body}");
        (status == 200).then(|| sha256(body.as_bytes()))
    }

    /// What the person reads at an address of the registry.
    pub fn get(&self, path: &str) -> (u16, String) {
        http("GET", &self.server.host, path, &[("Authorization", &shown(PERSON, PASSWORD))], b"")
    }

    pub fn tags(&self, repository: &str) -> String {
        self.get(&format!("/v2/{repository}/tags/list")).1
    }

    /// A page as the person sees it who signed in.
    pub fn page(&self, path: &str) -> (u16, String) {
        let form = [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")];
        let fields: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("username", PERSON), ("password", PASSWORD)])
            .finish();
        let (status, head, said) = exchange("POST", &self.server.host, "/auth/login", &form, fields.as_bytes());
        assert_eq!(status, 303, "{said}");
        let set = head.lines().find(|line| line.contains("portolan=")).expect("a session");
        let cookie = &set[set.find("portolan=").expect("its name")..];
        let cookie = cookie.split(';').next().unwrap_or_default();
        http("GET", &self.server.host, path, &[("Cookie", cookie)], b"")
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

/// A name and a password as clients show them.
pub fn shown(username: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
}

/// A client that works in a folder of its own and keeps its settings, caches and keys there.
pub struct Client {
    program: PathBuf,
    home: PathBuf,
}

impl Client {
    fn output(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(&self.home).env("HOME", &self.home);
        for elsewhere in ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "DOCKER_CONFIG", "REGISTRY_AUTH_FILE"] {
            command.env_remove(elsewhere);
        }
        command.env("COSIGN_PASSWORD", "secret").env("STORAGE_DRIVER", "vfs").env("BUILDAH_ISOLATION", "chroot");
        command.output().unwrap_or_else(|error| panic!("{}: {error}", self.program.display()))
    }

    /// What it printed, without the last line's end; it must succeed.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} {} failed: {said}", self.program.display(), arguments.join(" "));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// It must not succeed.
    pub fn refuses(&self, arguments: &[&str]) {
        let output = self.output(arguments);
        assert!(!output.status.success(), "{} {} succeeded", self.program.display(), arguments.join(" "));
    }
}
