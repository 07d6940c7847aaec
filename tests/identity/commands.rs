//! `portolan user`, while the server runs.

use super::PASSWORD;
use super::basic;
use crate::support::process::{ADMIN, Server, http, portolan};
use std::path::Path;
use std::process::Output;

fn command(arguments: &[&str], data: &Path, host: &str) -> Output {
    let public_url = format!("http://{host}");
    portolan(arguments, &[("PORTOLAN_SERVER__PUBLIC_URL", &public_url)])
        .env("PORTOLAN_DATA__DIR", data)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn status(host: &str, username: &str, password: &str) -> u16 {
    http("GET", host, "/v2/", &[("Authorization", &basic(username, password))], b"").0
}

#[test]
fn whoever_holds_the_data_lets_somebody_back_in() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_private(folder.path(), &ADMIN);
    let unknown = command(&["user", "recover", "nobody"], folder.path(), &server.host);
    assert!(!unknown.status.success() && said(&unknown).contains("there is no user nobody"), "{}", said(&unknown));
    let made = command(&["user", "recover", "admin"], folder.path(), &server.host);
    assert!(made.status.success(), "{}", said(&made));
    let path = said(&made).split(&format!("http://{}", server.host)).nth(1).expect("an address").trim().to_owned();
    assert_eq!(http("GET", &server.host, &path, &[], b"").0, 200);
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")];
    assert_eq!(http("POST", &server.host, &path, &headers, b"password=another+horse").0, 303);
    assert_eq!(http("GET", &server.host, &path, &[], b"").0, 410, "it works once");
    assert_eq!(status(&server.host, "admin", ADMIN[1].1), 401);
    assert_eq!(status(&server.host, "admin", "another horse"), 200);
    assert!(server.stop().success());
}

#[test]
fn accounts_of_another_registry_come_with_their_passwords() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_private(folder.path(), &ADMIN);
    let file = folder.path().join("htpasswd");
    let hash = bcrypt::hash_with_salt(PASSWORD, 5, [7; 16]).unwrap().to_string();
    let other = bcrypt::hash_with_salt("other horse", 5, [7; 16]).unwrap().to_string();
    std::fs::write(&file, format!("# team\nmara:{hash}\nadmin:{hash}\n\nodd\n")).unwrap();
    let import = || command(&["user", "import", "--htpasswd", file.to_str().unwrap()], folder.path(), &server.host);
    let odd = import();
    assert!(!odd.status.success() && said(&odd).contains("line 5"), "{}", said(&odd));
    assert_eq!(status(&server.host, "mara", PASSWORD), 401, "nothing of it was done");

    std::fs::write(&file, format!("mara:{hash}\nadmin:{other}\n")).unwrap();
    let done = said(&import());
    assert!(done.contains("made 1 accounts") && done.contains("admin"), "{done}");
    assert_eq!(status(&server.host, "admin", "other horse"), 401, "a name that is taken keeps its password");
    assert_eq!(status(&server.host, "mara", "wrong horse"), 401);
    for _ in 0..2 {
        assert_eq!(status(&server.host, "mara", PASSWORD), 200, "the same password, whichever way it is kept");
    }
    let database = rusqlite::Connection::open(folder.path().join("portolan.db")).unwrap();
    let kept: String = database
        .query_row(
            "SELECT hash FROM passwords w JOIN principals p ON p.id = w.user_id WHERE p.username = 'mara'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert!(kept.starts_with("$argon2id$"), "the first use replaced it");
    assert!(server.stop().success());
}
