//! What a robot's page says to paste, pasted: into a shell, and into what reads YAML.

use super::has_docker;
use super::place::Place;
use crate::support::process::{ADMIN, exchange, goes_without};
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Output, Stdio};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// Cookies that an answer sets.
fn cookies(head: &str) -> String {
    let set = head.lines().filter_map(|line| line.split_once(": "));
    let set = set.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    set.filter_map(|(_, value)| value.split(';').next()).collect::<Vec<_>>().join("; ")
}

/// Makes a robot on the page, and reads what it shows: the secret, and then the text of each tab.
fn shown(place: &Place) -> Vec<String> {
    let host = &place.server.host;
    let post = |path: &str, cookie: &str, fields: &str| {
        let headers = [FORM, ("Sec-Fetch-Site", "same-origin"), ("Cookie", cookie)];
        let (status, head, body) = exchange("POST", host, path, &headers, fields.as_bytes());
        assert_eq!(status, 303, "{body}");
        cookies(&head)
    };
    let session = post("/auth/login", "", &format!("username=admin&password={}", ADMIN[1].1.replace(' ', "+")));
    let read = |cookie: &str| {
        let (status, _, page) = exchange("GET", host, "/n/team/-/robots", &[("Cookie", cookie)], b"");
        assert_eq!(status, 200, "{page}");
        page
    };
    let form = read(&session);
    let (_, rest) = form.split_once("name=\"until\" type=\"date\" value=\"").expect("until when");
    let until = &rest[..10];
    let robot = format!("do=create-robot&name=ci-web&role=publisher&scope=team/web&tags=&until={until}");
    let said = post("/n/team/-/robots", &session, &robot);
    let page = read(&format!("{session}; {said}"));
    let codes = page.split("<code tabindex=\"0\">").skip(1).filter_map(|rest| rest.split("</code>").next());
    codes
        .map(|text| {
            let text = text.replace("<!>", "").replace("<!---->", "").replace("&lt;", "<").replace("&gt;", ">");
            text.replace("&quot;", "\"").replace("&#x27;", "'").replace("&amp;", "&")
        })
        .collect()
}

/// Runs a line as a shell does into which it is pasted, with files of the client's own.
fn paste(place: &Place, line: &str) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", line]).env("HOME", place.path("home"));
    command.env("DOCKER_CONFIG", place.path("docker")).env("REGISTRY_AUTH_FILE", place.path("pasted.json"));
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What a reader of YAML makes of a file; `None` where there is none.
fn yaml(text: &str) -> Option<Value> {
    let read = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)";
    let mut reader = Command::new("python3");
    reader.args(["-c", read]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut reader = reader.spawn().ok()?;
    let _ = reader.stdin.take()?.write_all(text.as_bytes());
    let output = reader.wait_with_output().ok()?;
    if said(&output).contains("No module named") {
        goes_without("PyYAML");
        return None;
    }
    assert!(output.status.success(), "{text}\n{}", said(&output));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn what_a_robots_page_says_works_when_it_is_pasted() {
    let Some(place) = Place::new() else { return };
    let shown = shown(&place);
    let secret = shown.first().filter(|secret| secret.starts_with("ptl_r_")).expect("a secret");
    let tab = |words: &str| shown[1..].iter().find(|text| text.contains(words)).expect(words).clone();
    let host = &place.server.host;

    let logged_in = paste(&place, &tab("podman login"));
    assert!(logged_in.status.success(), "{}", said(&logged_in));
    let there = format!("skopeo inspect --tls-verify=false docker://{host}/team/web:1");
    assert!(said(&paste(&place, &there)).contains("manifest"), "it is known, and there is no such image yet");
    let source = format!("oci:{}:1.0.0", place.fixtures.join("app").display());
    let pushed = paste(&place, &format!("skopeo copy --dest-tls-verify=false {source} docker://{host}/team/web:1"));
    assert!(pushed.status.success(), "{}", said(&pushed));
    if has_docker() {
        let logged_in = paste(&place, &tab("docker login"));
        assert!(logged_in.status.success(), "{}", said(&logged_in));
    }
    let wrong = tab("podman login").replace(secret, "ptl_r_wrong");
    assert!(!paste(&place, &wrong).status.success(), "a line that says something else fails");

    let sourced =
        format!("{}\nprintf '%s %s %s' \"$REGISTRY\" \"$REGISTRY_USERNAME\" \"$REGISTRY_PASSWORD\"", tab("REGISTRY="));
    assert_eq!(said(&paste(&place, &sourced)), format!("{host} ci-web {secret}"));
    let github = yaml(&tab("docker/login-action"));
    let gitlab = yaml(&tab("services: "));
    let Some(((github, gitlab), kubernetes)) = github.zip(gitlab).zip(yaml(&tab("kind: Secret"))) else { return };
    assert_eq!(
        (&github[0]["with"]["registry"], &github[0]["with"]["username"]),
        (&Value::from(&**host), &"ci-web".into())
    );
    assert_eq!(github[0]["with"]["password"], "${{ secrets.PORTOLAN_TOKEN }}");
    let script: Vec<&str> = gitlab["push"]["script"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(script.len() == 3 && script[0].contains(&format!("docker login {host} -u ci-web --password-stdin")));
    let in_ci = script[0].replace("docker login", "podman login --tls-verify=false");
    let in_ci = paste(&place, &format!("PORTOLAN_TOKEN='{secret}'; {in_ci}"));
    assert!(in_ci.status.success(), "{}", said(&in_ci));
    assert_eq!(
        (&kubernetes["kind"], &kubernetes["type"]),
        (&"Secret".into(), &"kubernetes.io/dockerconfigjson".into())
    );

    if Command::new("kubectl").arg("version").arg("--client").output().is_err() {
        goes_without("kubectl");
        return;
    }
    let made = paste(&place, &format!("{} --dry-run=client -o json", tab("kubectl create")));
    assert!(made.status.success(), "{}", said(&made));
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(made["metadata"]["name"], kubernetes["metadata"]["name"]);
    let data = |of: &Value| of["data"][".dockerconfigjson"].clone();
    assert_eq!(data(&made), data(&kubernetes), "both tabs are one secret");
}
