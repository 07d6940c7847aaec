//! zot, where its program was put into the cache by hand.

use super::process::{Distribution, eventually, fixtures, goes_without};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A registry that deletes tags by their names.
pub struct Zot {
    child: Child,
    pub host: String,
}

impl Zot {
    /// Starts it with its content in `folder`; `None` where there is none.
    pub fn start(folder: &Path) -> Option<Self> {
        let program = fixtures()?.with_file_name("peers").join("zot");
        if !program.exists() {
            goes_without("zot, whose program belongs to peers in the cache");
            return None;
        }
        let host = Distribution::host_to_be();
        let (address, port) = host.split_once(':').unwrap();
        let config = serde_json::json!({
            "distSpecVersion": "1.1.1", "storage": {"rootDirectory": folder.join("zot")},
            "http": {"address": address, "port": port}, "log": {"level": "error", "output": "/dev/null"},
        });
        let path = folder.join("zot.json");
        std::fs::write(&path, config.to_string()).unwrap();
        let mut command = Command::new(program);
        command.arg("serve").arg(&path).stderr(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().expect("zot starts");
        eventually("zot answers", || TcpStream::connect(&host).is_ok());
        Some(Self { child, host })
    }
}

impl Drop for Zot {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
