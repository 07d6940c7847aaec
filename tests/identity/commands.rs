//! `portolan user`, while the server runs, and the administrator whom the environment names.

use super::PASSWORD;
use super::basic;
use super::stand_in::{CLIENT, SECRET};
use crate::support::process::{ADMIN, Server, exchange, http, portolan};
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

const FORM: [(&str, &str); 2] =
    [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")];

/// Where passwords are off, whoever holds the data still lets somebody in: by the link, and by nothing that it sets.
#[test]
fn a_way_back_in_works_where_no_password_does() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Server::start_private(folder.path(), &ADMIN).stop().success());
    let no_passwords = [
        ("PORTOLAN_AUTH__LOCAL_SIGN_IN", "false"),
        ("PORTOLAN_AUTH__PROVIDERS__0__NAME", "acme"),
        ("PORTOLAN_AUTH__PROVIDERS__0__KIND", "oidc"),
        ("PORTOLAN_AUTH__PROVIDERS__0__ISSUER", "http://127.0.0.1:1"),
        ("PORTOLAN_AUTH__PROVIDERS__0__CLIENT_ID", CLIENT),
        ("PORTOLAN_AUTH__PROVIDERS__0__CLIENT_SECRET", SECRET),
    ];
    let server = Server::start_private(folder.path(), &no_passwords);
    let host = &server.host;
    let by_form = |password: &str| {
        let fields = format!("username=admin&password={}", password.replace(' ', "+"));
        let (status, head, _) = exchange("POST", host, "/auth/login", &FORM, fields.as_bytes());
        assert!(!head.contains("ptl_s_"), "{head}");
        status
    };
    assert!(by_form(ADMIN[1].1) >= 400);
    let made = command(&["user", "recover", "admin"], folder.path(), host);
    assert!(made.status.success(), "{}", said(&made));
    let path = said(&made).split(&format!("http://{host}")).nth(1).expect("an address").trim().to_owned();
    let (entered, head, body) = exchange("POST", host, &path, &FORM, b"password=another+horse");
    assert_eq!(entered, 303, "{body}");
    let session = head.split("portolan=").nth(1).and_then(|rest| rest.split(';').next()).expect("a session");
    let cookie = format!("portolan={session}");
    assert_eq!(http("GET", host, "/admin/users", &[("Cookie", &cookie)], b"").0, 200, "{head}");
    assert_eq!(http("POST", host, &path, &FORM, b"password=a+third+horse").0, 404, "once");
    for password in [ADMIN[1].1, "another horse", "a third horse"] {
        assert!(by_form(password) >= 400 && status(host, "admin", password) == 401, "{password}");
    }
    assert!(server.stop().success());
}

/// The environment makes the first administrator, and changes nothing of whom there is.
#[test]
fn the_environment_makes_an_administrator_once_and_nobody_into_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "a horse in a file\n").unwrap();
    let data = folder.path().join("data");
    let by_file = [ADMIN[0], ("PORTOLAN_ADMIN__PASSWORD_FILE", file.to_str().unwrap())];
    let server = Server::start_private(&data, &by_file);
    assert_eq!(server.link, None, "nothing has to be set up");
    assert_eq!(status(&server.host, "admin", "a horse in a file"), 200, "the end of its line is none of it");
    let json = [("Content-Type", "application/json"), ("Authorization", &*basic("admin", "a horse in a file"))];
    let otto = br#"{"username":"otto","password":"a horse of otto"}"#;
    assert_eq!(http("POST", &server.host, "/api/v1/users", &json, otto).0, 201);
    assert!(server.stop().success());

    let server = Server::start_private(&data, &[ADMIN[0], ("PORTOLAN_ADMIN__PASSWORD", "another horse")]);
    let known = |server: &Server, name: &str, password: &str| status(&server.host, name, password) == 200;
    assert!(known(&server, "admin", "a horse in a file") && !known(&server, "admin", "another horse"));
    assert!(server.stop().success());

    let named = [("PORTOLAN_ADMIN__USERNAME", "otto"), ("PORTOLAN_ADMIN__PASSWORD", "another horse")];
    let server = Server::start_private(&data, &named);
    assert!(known(&server, "otto", "a horse of otto") && !known(&server, "otto", "another horse"));
    let shown = basic("otto", "a horse of otto");
    assert_eq!(http("GET", &server.host, "/api/v1/users", &[("Authorization", &shown)], b"").0, 403);
    assert!(known(&server, "admin", "a horse in a file"));
    assert!(server.stop().success());
}
