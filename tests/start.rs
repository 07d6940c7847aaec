//! The binary itself: how it starts, refuses to start, and stops.

use crate::identity::basic;
use crate::support::process::{ADMIN, Server, fixtures, http, portolan, run};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Output, Stdio};

fn refused(variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let Output { status, stderr, .. } = portolan(arguments, variables).output().expect("the binary runs");
    assert!(!status.success(), "this must not start");
    String::from_utf8_lossy(&stderr).into_owned()
}

#[test]
fn a_wrong_configuration_stops_the_start_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("portolan.toml");
    std::fs::write(&file, "[server]\nlisen = \"127.0.0.1:0\"").unwrap();
    let said = refused(&[], &["serve", "--config", file.to_str().unwrap()]);
    assert!(said.contains("portolan.toml") && said.contains("lisen") && said.contains("listen"), "{said}");
    let said = refused(&[], &["serve", "--config", "/nowhere/portolan.toml"]);
    assert!(said.contains("/nowhere/portolan.toml"), "{said}");
    let said = refused(&[("PORTOLAN_SERVER__LISTEN", "0.0.0.0:0")], &["serve"]);
    assert!(said.contains("PORTOLAN_SERVER__LISTEN") && said.contains("server.public_url"), "{said}");
    let alone = [
        ("PORTOLAN_SERVER__LISTEN", "127.0.0.1:0"),
        ("PORTOLAN_DATA__DIR", folder.path().to_str().unwrap()),
        ("PORTOLAN_AUTH__LOCAL_SIGN_IN", "false"),
    ];
    let said = refused(&alone, &["serve"]);
    assert!(said.contains("auth.local_sign_in: nobody could sign in") && said.contains("[[auth.providers]]"), "{said}");
}

#[test]
fn a_busy_port_and_a_taken_or_unusable_folder_stop_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let other = tempfile::tempdir().unwrap();
    let said = refused(
        &[("PORTOLAN_SERVER__LISTEN", &server.host), ("PORTOLAN_DATA__DIR", other.path().to_str().unwrap())],
        &["serve"],
    );
    assert!(said.contains(&server.host) && said.contains("server.listen"), "{said}");
    let mine = [("PORTOLAN_SERVER__LISTEN", "127.0.0.1:0"), ("PORTOLAN_DATA__DIR", folder.path().to_str().unwrap())];
    let said = refused(&mine, &["serve"]);
    assert!(said.contains("another portolan") && said.contains("data.dir"), "{said}");
    let elsewhere = other.path().join("elsewhere");
    let storage = format!("file:{}/./", folder.path().display());
    let blobs = [mine[0], ("PORTOLAN_DATA__DIR", elsewhere.to_str().unwrap()), ("PORTOLAN_STORAGE__URL", &storage)];
    let said = refused(&blobs, &["serve"]);
    assert!(said.contains("another portolan keeps its blobs") && said.contains("storage.url"), "{said}");
    let database = format!("sqlite:{}/portolan.db", folder.path().display());
    let said = refused(&[mine[0], blobs[1], ("PORTOLAN_DATABASE__URL", &database)], &["serve"]);
    assert!(said.contains("another portolan uses") && said.contains("database.url"), "{said}");
    let file = other.path().join("file");
    std::fs::write(&file, "").unwrap();
    let said = refused(&[mine[0], ("PORTOLAN_DATA__DIR", file.to_str().unwrap())], &["serve"]);
    assert!(said.contains("cannot be written") && said.contains("data.dir"), "{said}");
}

#[test]
fn a_newer_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(Server::start(folder.path(), &[]));
    let path = folder.path().join("portolan.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.execute("UPDATE schema_version SET version = 99", []).unwrap();
    drop(database);
    let said = refused(
        &[("PORTOLAN_SERVER__LISTEN", "127.0.0.1:0"), ("PORTOLAN_DATA__DIR", folder.path().to_str().unwrap())],
        &["serve"],
    );
    assert!(said.contains("schema version 99") && said.contains("newer"), "{said}");
}

#[test]
fn an_older_database_is_copied_aside_and_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let database = rusqlite::Connection::open(folder.path().join("portolan.db")).unwrap();
    database
        .execute_batch("CREATE TABLE schema_version (version BIGINT NOT NULL); INSERT INTO schema_version VALUES (0)")
        .unwrap();
    drop(database);
    let server = Server::start(folder.path(), &[]);
    assert!(server.get("/health/ready").contains("ready"));
    assert!(folder.path().join("portolan.v0.backup").exists(), "the older file was kept");
}

#[test]
fn a_prefix_that_holds_images_is_not_given_to_another_registry() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let path = format!("/v2/team/web/blobs/uploads/?digest={}", crate::support::sha256(b"x"));
    assert_eq!(http("POST", &server.host, &path, &[], b"x").0, 201);
    assert!(server.stop().success());
    let mounted_at = |prefix| {
        let variables = [
            ("PORTOLAN_SERVER__LISTEN", "127.0.0.1:0"),
            ("PORTOLAN_DATA__DIR", folder.path().to_str().unwrap()),
            ("PORTOLAN_MOUNTS__0__PREFIX", prefix),
            ("PORTOLAN_MOUNTS__0__KIND", "remote"),
            ("PORTOLAN_MOUNTS__0__URL", "http://127.0.0.1:9"),
        ];
        refused(&variables, &["serve"])
    };
    for prefix in ["team", ""] {
        let said = mounted_at(prefix);
        assert!(said.contains("holds 1 repositories of another registry"), "{said}");
    }

    // Nor is one whose trash holds some, until that is empty.
    let server = Server::start(folder.path(), &[]);
    assert_eq!(http("DELETE", &server.host, "/api/v1/r/team/web", &[], b"").0, 204);
    assert!(server.stop().success());
    let said = mounted_at("");
    assert!(said.contains("the trash holds 1 things that were deleted at the prefix ``"), "{said}");
    let server = Server::start(folder.path(), &ADMIN);
    let admin = [("Authorization", &*basic(ADMIN[0].1, ADMIN[1].1))];
    let (status, listed) = http("GET", &server.host, "/api/v1/trash", &admin, b"");
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let entry = listed["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{status}: {listed}"));
    assert_eq!(http("DELETE", &server.host, &format!("/api/v1/trash/{entry}"), &admin, b"").0, 204);
    assert!(server.stop().success());
    let elsewhere = [
        ("PORTOLAN_MOUNTS__0__PREFIX", ""),
        ("PORTOLAN_MOUNTS__0__KIND", "remote"),
        ("PORTOLAN_MOUNTS__0__URL", "http://127.0.0.1:9"),
    ];
    let server = Server::start(folder.path(), &elsewhere);
    assert!(server.stop().success());
}

#[test]
fn a_first_start_prints_the_link_and_keeps_its_files_to_itself() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start_private(&data, &[]);
    let link = server.link.clone().expect("nobody may do anything yet");
    assert!(server.get(&link).contains("Create administrator"));
    let mut left = vec![data.clone()];
    let mut seen = Vec::new();
    while let Some(path) = left.pop() {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "{}: {mode:o} is readable by others", path.display());
        if path.is_dir() {
            left.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        seen.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
    }
    assert!(["portolan.db", "secret.key"].iter().all(|name| seen.iter().any(|it| it == name)), "{seen:?}");
    assert!(server.stop().success());
    let again = Server::start_private(&data, &[]);
    assert!(again.link.as_ref().is_some_and(|again| *again != link), "a new one takes its place");
    assert!(!again.get(&link).contains("Create administrator"));
    assert!(again.stop().success());
    assert_eq!(Server::start_private(&data, &ADMIN).link, None, "there is an administrator");
}

/// Whoever reads the log of a server on loopback knows why its cookie is another one.
#[test]
fn the_weaker_cookie_of_plain_http_is_said_once_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let variables =
        [("PORTOLAN_SERVER__LISTEN", "127.0.0.1:0"), ("PORTOLAN_DATA__DIR", folder.path().to_str().unwrap())];
    let mut child = portolan(&["serve"], &variables).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let ready = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(ready.into_iter().any(|line| line.contains("ready:")));
    child.kill().unwrap();
    let said = String::from_utf8_lossy(&child.wait_with_output().unwrap().stderr).into_owned();
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("cookie")).collect();
    assert_eq!(lines.len(), 1, "{said}");
    let words = [" INFO ", "without Secure", "__Host-", "plain http", "public_url=\"http://127.0.0.1:"];
    words.iter().for_each(|words| assert!(lines[0].contains(words), "{words}: {}", lines[0]));
}

#[test]
fn it_stops_in_peace_and_finds_everything_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    assert!(server.get("/health/ready").contains("ready"));
    let mut open_page = std::net::TcpStream::connect(&server.host).unwrap();
    let listen = format!("GET /events?scope=repositories HTTP/1.1\r\nHost: {}\r\n\r\n", server.host);
    std::io::Write::write_all(&mut open_page, listen.as_bytes()).unwrap();
    std::io::Read::read_exact(&mut open_page, &mut [0; 15]).unwrap();
    let asked = std::time::Instant::now();
    assert!(server.stop().success(), "SIGTERM is an ordinary end");
    assert!(asked.elapsed().as_secs() < 10, "an open page does not hold the server up");
    let server = Server::start(folder.path(), &[]);
    assert!(server.get("/v2/_catalog").contains("repositories"));
}

#[test]
fn a_catalog_is_not_rebuilt_where_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("mistyped");
    let said = refused(&[("PORTOLAN_DATA__DIR", missing.to_str().unwrap())], &["check", "--rebuild-catalog"]);
    assert!(said.contains("there is no database") && said.contains("mistyped/portolan.db"), "{said}");
    assert!(!missing.exists(), "and none is made");
}

#[test]
fn check_and_version_say_what_they_find() {
    let folder = tempfile::tempdir().unwrap();
    let data = [("PORTOLAN_DATA__DIR", folder.path().to_str().unwrap())];
    let checked = portolan(&["check"], &data).output().unwrap();
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(checked.status.success() && said.contains("ok      database"), "{said}");
    let remote = [
        data[0],
        ("PORTOLAN_MOUNTS__0__PREFIX", "up"),
        ("PORTOLAN_MOUNTS__0__KIND", "remote"),
        ("PORTOLAN_MOUNTS__0__URL", "http://127.0.0.1:9"),
    ];
    let checked = portolan(&["check"], &remote).output().unwrap();
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(!checked.status.success() && said.contains("failed  registry at http://127.0.0.1:9"), "{said}");
    let version = portolan(&["--version"], &[]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&version.stdout).trim(), format!("portolan {}", env!("CARGO_PKG_VERSION")));
}

/// A registry that lists one repository and never answers what is in it.
fn silent_registry() -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let (asked, questions) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let asked = asked.clone();
            std::thread::spawn(move || {
                let (mut head, mut byte) = (Vec::new(), [0]);
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
                    head.push(byte[0]);
                }
                let path = String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or_default().to_owned();
                let names = b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"repositories\":[\"a\"]}";
                let is_silent = path.ends_with("/tags/list?n=1000");
                if !is_silent {
                    stream.write_all(names).unwrap();
                }
                let _ = asked.send(path);
                if is_silent {
                    let _ = stream.read(&mut byte); // Until the other end goes away.
                }
            });
        }
    });
    (host, questions)
}

#[test]
fn a_round_that_was_cut_off_goes_on_at_once_after_a_restart() {
    let (registry, questions) = silent_registry();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("http://{registry}");
    let variables = [
        ("PORTOLAN_MOUNTS__0__PREFIX", "up"),
        ("PORTOLAN_MOUNTS__0__KIND", "remote"),
        ("PORTOLAN_MOUNTS__0__URL", &url),
    ];
    let reading = || {
        let patience = std::time::Duration::from_secs(20);
        while !questions.recv_timeout(patience).expect("the round is under way").contains("/tags/list") {}
    };
    let server = Server::start(folder.path(), &variables);
    reading();
    let asked = std::time::Instant::now();
    assert!(server.stop().success());
    assert!(asked.elapsed().as_secs() < 5, "a round under way does not hold the server up");
    let server = Server::start(folder.path(), &variables);
    reading(); // The lease was given back.
    server.kill();
    let _server = Server::start(folder.path(), &variables);
    reading(); // Whoever held it is dead.
}

#[test]
fn tls_comes_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("ca.crt"), folder.path().join("key.pem"));
    let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    let named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-out", cert, "-keyout", key];
    run("openssl", &[made.as_slice(), named.as_slice()].concat());
    let variables = [("PORTOLAN_SERVER__TLS_CERT_FILE", cert), ("PORTOLAN_SERVER__TLS_KEY_FILE", key)];
    let server = Server::start(&folder.path().join("data"), &variables);
    let curl = |arguments: &[&str]| run("curl", &[&["--silent", "--cacert", cert], arguments].concat());
    let base = format!("https://{}", server.host);
    let said = curl(&["--http2", "--write-out", " HTTP/%{http_version}", &format!("{base}/health/ready")]);
    assert_eq!(said, "ready\n HTTP/2");
    // A body of unknown length over HTTP/2 has neither Content-Length nor Transfer-Encoding.
    let content = folder.path().join("content");
    std::fs::write(&content, b"streamed").unwrap();
    let (digest, content) = (crate::support::sha256(b"streamed"), format!("{}", content.display()));
    let uploads = format!("{base}/v2/team/web/blobs/uploads/");
    let started = curl(&["--request", "POST", "--write-out", "%header{location}", &uploads]);
    let finish = format!("{base}{started}?digest={digest}");
    let streamed = ["--request", "PUT", "--header", "Content-Length:", "--upload-file", &content];
    assert_eq!(curl(&[&streamed[..], &["--write-out", "%{http_code}", &finish]].concat()), "201");
    assert_eq!(curl(&[&format!("{base}/v2/team/web/blobs/{digest}")]), "streamed");
    if let Some(fixtures) = fixtures() {
        let layout = format!("oci:{}:1.0.0", fixtures.join("base").display());
        let there = format!("docker://{}/team/base:1.0.0", server.host);
        let trusted = folder.path().to_str().unwrap();
        run("skopeo", &["copy", "--quiet", "--all", "--dest-cert-dir", trusted, &layout, &there]);
    }
    assert!(server.stop().success());
    let wrong = [variables[0], ("PORTOLAN_SERVER__TLS_KEY_FILE", cert)];
    let data = ("PORTOLAN_DATA__DIR", folder.path().to_str().unwrap());
    let said = refused(&[wrong[0], wrong[1], data, ("PORTOLAN_SERVER__LISTEN", "127.0.0.1:0")], &["serve"]);
    assert!(said.contains("TLS cannot start from") && said.contains("PEM"), "{said}");
}

/// What the configuration leaves nobody: the log says so at each start, with the way back in, until somebody can.
#[test]
fn a_start_that_lets_no_administrator_in_says_so_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    std::fs::create_dir(&data).unwrap();
    let provider = [
        ("PORTOLAN_AUTH__PROVIDERS__0__NAME", "acme"),
        ("PORTOLAN_AUTH__PROVIDERS__0__KIND", "oidc"),
        ("PORTOLAN_AUTH__PROVIDERS__0__ISSUER", "http://127.0.0.1:1"),
        ("PORTOLAN_AUTH__PROVIDERS__0__CLIENT_ID", "portolan"),
        ("PORTOLAN_AUTH__PROVIDERS__0__CLIENT_SECRET", "secret"),
    ];
    let said = |more: &[(&str, &str)]| {
        let own = [("LOG", log.to_str().unwrap()), ("PORTOLAN_TELEMETRY__LOG", "warn")];
        let variables: Vec<(&str, &str)> = own.iter().chain(more).copied().collect();
        let below = ["sh", "-c", r#"exec "$@" 2>"$LOG""#, "sh"];
        assert!(Server::start_private_below(&below, &data, &variables).stop().success());
        std::fs::read_to_string(&log).unwrap()
    };
    let warning = "no administrator can sign in";
    let first = said(&ADMIN);
    assert!(!first.contains(warning), "{first}");
    let alone = [&provider[..], &[("PORTOLAN_AUTH__LOCAL_SIGN_IN", "false")]].concat();
    for _ in 0..2 {
        let locked = said(&alone);
        assert!(locked.contains(warning) && locked.contains("portolan user recover"), "{locked}");
    }
    let both = said(&provider);
    assert!(!both.contains(warning), "{both}");
}
