//! Where a client works: a server with the sample image, and a folder of the client's own.

use crate::support::process::{ADMIN, Server, fixtures, goes_without, http, run};
use crate::support::sha256;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

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
        let server = Server::start(&folder.path().join("data"), &ADMIN);
        fs::create_dir(folder.path().join("home")).unwrap();
        let layout = format!("oci:{}:1.0.0", fixtures.join("base").display());
        let base = sha256(run("skopeo", &["inspect", "--raw", &layout]).as_bytes());
        let place = Self { server, folder, fixtures, base };
        let there = place.docker("team/base:1.0.0");
        run("skopeo", &["copy", "--quiet", "--all", "--dest-tls-verify=false", &layout, &there]);
        Some(place)
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
        let (status, body) = http("GET", &self.server.host, &path, &[], b"");
        assert!(matches!(status, 200 | 404), "{status} {body}");
        (status == 200).then(|| sha256(body.as_bytes()))
    }

    pub fn tags(&self, repository: &str) -> String {
        self.server.get(&format!("/v2/{repository}/tags/list"))
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
