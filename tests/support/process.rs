//! Real processes: the binary of this build, and the counterparts that tests run against. Each listens
//! on a free port of this machine and is stopped by its pid.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The binary with only these variables of its own.
pub fn portolan(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portolan"));
    command.args(arguments).envs(variables.iter().copied()).current_dir(std::env::temp_dir());
    command
}

/// For servers that get many requests: says only what goes wrong.
pub const QUIET: [(&str, &str); 1] = [("PORTOLAN_TELEMETRY__LOG", "warn")];

/// The variables of a server that has an administrator from the beginning.
pub const ADMIN: [(&str, &str); 2] =
    [("PORTOLAN_ADMIN__USERNAME", "admin"), ("PORTOLAN_ADMIN__PASSWORD", "correct horse")];

/// The variable that says where a server listens; on a free port where a test does not say it.
const LISTEN: &str = "PORTOLAN_SERVER__LISTEN";

/// A running `portolan serve`.
pub struct Server {
    child: Child,
    /// `127.0.0.1:PORT`, or the name under which clients are to come.
    pub host: String,
    /// The path of the link that it printed for the first administrator, if it did.
    pub link: Option<String>,
}

impl Server {
    /// Starts it over a data folder and waits until it says that it is ready.
    pub fn start(folder: &Path, variables: &[(&str, &str)]) -> Self {
        Self::start_private(folder, variables).open_to_everybody(folder)
    }

    /// The same for clients that say who they are: everything is private.
    pub fn start_private(folder: &Path, variables: &[(&str, &str)]) -> Self {
        let mut command = portolan(&["serve"], variables);
        command.env("PORTOLAN_DATA__DIR", folder);
        Self::run(command)
    }

    /// The same below another program, which runs what its last arguments name under its own pid.
    pub fn start_below(wrapper: &[&str], folder: &Path, variables: &[(&str, &str)]) -> Self {
        let is_managed = variables.iter().any(|(name, _)| name.starts_with("PORTOLAN_ADMIN__"));
        let server = Self::start_private_below(wrapper, folder, variables);
        if is_managed { server } else { server.open_to_everybody(folder) }
    }

    /// The same for clients that say who they are.
    pub fn start_private_below(wrapper: &[&str], folder: &Path, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(wrapper[0]);
        command.args(&wrapper[1..]).args([env!("CARGO_BIN_EXE_portolan"), "serve"]).envs(variables.iter().copied());
        command.env("PORTOLAN_DATA__DIR", folder).current_dir(std::env::temp_dir());
        Self::run(command)
    }

    /// Lets everybody see all there is and do everything to repositories, as an administrator may decide: most clients
    /// here bring nothing by which they could be told apart.
    fn open_to_everybody(self, folder: &Path) -> Self {
        let database = folder.join("portolan.db");
        if database.exists() {
            let connection = rusqlite::Connection::open(database).expect("a database");
            connection.busy_timeout(Duration::from_secs(20)).expect("a time");
            let grants = "INSERT INTO grants (id, grantee_kind, grantee, role, scope, created_at, created_by)
                          VALUES ('everybody', 'anonymous', '', 'owner', '*', 0, 'job:set-up'),
                            ('everybody-reads', 'anonymous', '', 'auditor', '*', 0, 'job:set-up')
                          ON CONFLICT DO NOTHING;
                          UPDATE instance SET epoch = epoch + 1;";
            connection.execute_batch(grants).expect("two grants");
        }
        self
    }

    /// Starts a look at an existing registry.
    pub fn look(url: &str) -> Self {
        Self::run(portolan(&["serve", "--try", url], &[]))
    }

    fn run(mut command: Command) -> Self {
        if !command.get_envs().any(|(name, _)| name == LISTEN) {
            command.env(LISTEN, "127.0.0.1:0");
        }
        command.stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let ready = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.split_once("ready:  ")?.1.split_once("://").map(|(_, host)| host.to_owned()));
        let host = ready.expect("the server says where it is").trim().to_owned();
        let rest = lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty());
        let link = rest.filter_map(|line| Some(format!("/auth/setup{}", line.split_once("/auth/setup")?.1))).last();
        std::thread::spawn(move || lines.for_each(drop)); // Keeps the pipe open.
        Self { child, host, link }
    }

    /// The body of a page.
    pub fn get(&self, path: &str) -> String {
        http("GET", &self.host, path, &[], b"").1
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that it ever had, in bytes.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it runs");
        let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        kib.and_then(|kib| kib.parse::<u64>().ok()).expect("Linux counts it") * 1024
    }

    /// Ends it in the midst of its work.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the server to stop and waits for its end.
    pub fn stop(self) -> ExitStatus {
        self.terminate();
        self.wait()
    }

    /// Asks the server to stop.
    pub fn terminate(&self) {
        terminate(&self.child);
    }

    /// Waits for its end.
    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().expect("it ends")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks a process to stop.
fn terminate(child: &Child) {
    let status = Command::new("kill").arg(child.id().to_string()).status();
    assert!(status.is_ok_and(|status| status.success()), "the process takes the signal");
}

/// Debian's CNCF distribution.
pub struct Distribution {
    child: Child,
    pub host: String,
    folder: PathBuf,
    /// What its configuration says besides its address.
    settings: String,
}

impl Distribution {
    /// Starts it with its content in `folder`; `None` where the package is not installed.
    pub fn start(folder: &Path) -> Option<Self> {
        Self::start_with(folder, &Self::host_to_be(), in_files(folder, true))
    }

    /// The same with its content in memory, where nobody ever reads what somebody else has written half.
    pub fn in_memory(folder: &Path) -> Option<Self> {
        let settings = "storage: {inmemory: {}, delete: {enabled: true}}\n".to_owned();
        Self::start_with(folder, &Self::host_to_be(), settings)
    }

    /// The same, as it is installed: nothing can be deleted.
    pub fn that_keeps_all(folder: &Path) -> Option<Self> {
        Self::start_with(folder, &Self::host_to_be(), in_files(folder, false))
    }

    /// A free place, for who has to know it before.
    pub fn host_to_be() -> String {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
    }

    /// The same at that place, where it takes tokens for its service from an issuer with this certificate.
    pub fn trusting(folder: &Path, host: &str, (service, issuer): (&str, &str), certificate: &str) -> Option<Self> {
        let bundle = folder.join("ca.pem");
        std::fs::write(&bundle, certificate).unwrap();
        let bundle = bundle.display();
        let auth = format!(
            "auth: {{token: {{realm: '{issuer}/token', service: '{service}', issuer: '{issuer}', rootcertbundle: '{bundle}'}}}}\n"
        );
        Self::start_with(folder, host, in_files(folder, true) + &auth)
    }

    /// The same at that place, which tells an address of what is pushed to it and deleted from it, by a secret.
    pub fn telling(folder: &Path, host: &str, (address, secret): (&str, &str)) -> Option<Self> {
        let how =
            "timeout: 5s, threshold: 5, backoff: 1s, ignore: {mediatypes: [application/octet-stream], actions: [pull]}";
        let told = format!(
            "notifications: {{endpoints: [{{name: portolan, url: '{address}', headers: {{Authorization: ['Bearer {secret}']}}, {how}}}]}}\n"
        );
        Self::start_with(folder, host, in_files(folder, true) + &told)
    }

    fn start_with(folder: &Path, host: &str, settings: String) -> Option<Self> {
        if !Path::new("/usr/bin/docker-registry").exists() {
            left_out("docker-registry is not installed");
            return None;
        }
        Some(Self::start_at(folder, host.to_owned(), settings))
    }

    fn start_at(folder: &Path, host: String, settings: String) -> Self {
        let config = folder.join("config.yml");
        let text = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nhttp: {{addr: '{host}'}}\n{settings}"
        );
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new("/usr/bin/docker-registry");
        command.arg("serve").arg(&config).stderr(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().expect("docker-registry starts");
        eventually("docker-registry answers", || TcpStream::connect(&host).is_ok());
        Self { child, host, folder: folder.to_owned(), settings }
    }

    /// Kills it and starts it again at the same address when asked.
    pub fn kill(mut self) -> impl FnOnce() -> Self {
        let (host, folder, settings) = (self.host.clone(), self.folder.clone(), self.settings.clone());
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        move || Self::start_at(&folder, host, settings)
    }

    /// Stops it, has it free what it has no use for, and starts it again.
    pub fn collect(self) -> Self {
        let config = self.folder.join("config.yml").display().to_string();
        let again = self.kill();
        run("/usr/bin/docker-registry", &["garbage-collect", &config]);
        again()
    }
}

/// How it keeps its content in a folder.
fn in_files(folder: &Path, deletes: bool) -> String {
    format!("storage: {{filesystem: {{rootdirectory: {}/data}}, delete: {{enabled: {deletes}}}}}\n", folder.display())
}

impl Drop for Distribution {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for something that other processes do; fails after twenty seconds.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "not within 20 s: {what}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

/// One HTTP request over a connection of its own: status and body.
pub fn http(method: &str, host: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, String) {
    let (status, _, body) = exchange(method, host, path, headers, body);
    (status, body)
}

/// The status and the path of `Location` of what somebody is answered who shows this.
pub fn located(method: &str, host: &str, path: &str, shown: &str) -> (u16, String) {
    let (status, head, _) = exchange(method, host, path, &[("Authorization", shown)], b"");
    let location = head.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap_or_default().trim();
    (status, location.split_once(host).map_or(location, |(_, path)| path).to_owned())
}

/// The same with the lines before the body.
pub fn exchange(method: &str, host: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, String, String) {
    let mut stream = TcpStream::connect(host).expect("the server takes connections");
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut head = format!("{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    (status, head.to_owned(), body.to_owned())
}

/// The folder of the sample images, which the test scripts build; `None` outside of them.
#[expect(clippy::disallowed_methods, reason = "the test scripts say by a variable where the images are")]
pub fn fixtures() -> Option<PathBuf> {
    let folder = std::env::var("PORTOLAN_TEST_FIXTURES").ok().map(PathBuf::from);
    if folder.is_none() {
        left_out("PORTOLAN_TEST_FIXTURES is not set");
    }
    folder
}

/// Says that a part of a test cannot run here. Where everything has to run, that fails it.
#[expect(clippy::disallowed_methods, reason = "the test scripts say by a variable that nothing may be left out")]
pub fn left_out(reason: &str) {
    assert!(std::env::var("PORTOLAN_TEST_ALL").is_err(), "nothing may be left out here: {reason}");
    println!("{reason}; make test sees to it");
}

/// Says that a test does nothing here for want of a program that no script of ours installs. It says so past the
/// harness, which keeps to itself what a test prints that passes.
pub fn goes_without(program: &str) {
    let _ = writeln!(std::io::stderr(), "left out: {program}");
}

/// Runs a client and returns what it printed.
pub fn run(program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(arguments).env("STORAGE_DRIVER", "vfs").env("BUILDAH_ISOLATION", "chroot");
    let output = command.output().unwrap_or_else(|error| panic!("{program}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {} failed: {said}", arguments.join(" "));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
