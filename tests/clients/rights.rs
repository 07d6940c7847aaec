//! Real clients and who they are: they log in, get what their person may do and no more, and nothing that is not public
//! without.

use super::has_docker;
use super::place::{Client, PASSWORD, PERSON, Place};
use crate::support::OCI_INDEX;
use crate::support::process::{exchange, fixtures, goes_without};
use crate::support::sha256;
use serde_json::{Value, json};

/// How clients log in, with `PASSWORD` in its place.
fn logins(place: &Place) -> Vec<(Client, Vec<String>)> {
    let host = &place.server.host;
    let words = |line: String| -> Vec<String> { line.split_whitespace().map(str::to_owned).collect() };
    let auth = place.path("nobody/auth.json");
    let mut all = Vec::new();
    for program in ["skopeo", "podman", "buildah"] {
        let line = format!("login --tls-verify=false --authfile={auth} --username={PERSON} --password PASSWORD {host}");
        all.push((place.of_nobody(program), words(line)));
    }
    if has_docker() {
        all.push((place.of_nobody("docker"), words(format!("login --username={PERSON} --password PASSWORD {host}"))));
    }
    let built = fixtures().map(|it| it.with_file_name("clients"));
    for (tool, words_of_it) in [("oras", "login"), ("helm", "registry login")] {
        match built.as_ref().map(|it| it.join(tool)).filter(|program| program.exists()) {
            Some(program) => {
                let line = format!("{words_of_it} --plain-http --username={PERSON} --password PASSWORD {host}");
                all.push((place.of_nobody(program), words(line)));
            }
            None => goes_without(&format!("{tool}, which make clients builds")),
        }
    }
    all
}

#[test]
fn clients_log_in_with_their_password_and_with_no_other() {
    let Some(place) = Place::new() else { return };
    let auth = format!("--authfile={}", place.path("nobody/auth.json"));
    let skopeo = place.of_nobody("skopeo");
    let login =
        ["login", &place.server.host, "--tls-verify=false", &auth, "--username", PERSON, "--password", PASSWORD];
    skopeo.run(&login);
    let there = place.docker("team/base:1.0.0");
    assert!(skopeo.run(&["inspect", "--tls-verify=false", &auth, &there]).contains("1.0.0"));
    skopeo.run(&["logout", &auth, &place.server.host]);
    skopeo.refuses(&["inspect", "--tls-verify=false", &auth, &there]);
    for (client, line) in logins(&place) {
        let with = |password| -> Vec<&str> {
            line.iter().map(|word| if word == "PASSWORD" { password } else { word.as_str() }).collect()
        };
        client.run(&with(PASSWORD));
        client.refuses(&with("a horse of somebody else"));
    }
}

#[test]
fn clients_do_what_their_person_may_do_and_no_more() {
    let Some(place) = Place::new() else { return };
    let skopeo = place.client("skopeo");
    let (there, plain) = (place.docker("team/base:1.0.0"), ["--src-tls-verify=false", "--dest-tls-verify=false"]);
    let refused = |to: &str| skopeo.refuses(&["copy", "--quiet", "--all", plain[0], plain[1], &there, to]);
    refused(&place.docker("elsewhere/base:1.0.0"));
    refused(&place.docker("base:1.0.0"));
    skopeo.refuses(&["delete", "--tls-verify=false", &there]);
    assert_eq!(place.digest("team/base", "1.0.0").as_ref(), Some(&place.base), "a publisher deletes nothing");
    let another = format!("oci:{}:1.0.0", place.fixtures.join("app").display());
    skopeo.refuses(&["copy", "--quiet", "--all", plain[1], &another, &there]);
    assert_eq!(place.digest("team/base", "1.0.0").as_ref(), Some(&place.base), "and moves no tag");
    place.may("maintainer", "team");
    skopeo.run(&["delete", "--tls-verify=false", &there]);
    assert_eq!(place.digest("team/base", "1.0.0"), None);
}

/// AUTH-12.
#[test]
fn clients_of_nobody_pull_what_is_public_and_nothing_else() {
    let Some(place) = Place::new() else { return };
    let (base, hidden) = (place.at("team/base:1.0.0"), place.at("team/hidden:1"));
    let (there, private) = (format!("docker://{base}"), format!("docker://{hidden}"));
    let plain = ["--src-tls-verify=false", "--dest-tls-verify=false"];
    place.client("skopeo").run(&["copy", "--quiet", "--all", plain[0], plain[1], &there, &private]);
    let (skopeo, podman, docker) = (place.of_nobody("skopeo"), place.of_nobody("podman"), place.of_nobody("docker"));
    let (root, state) = (place.path("storage"), place.path("state"));
    let own = ["--root", &root, "--runroot", &state, "--events-backend=file", "--cgroup-manager=cgroupfs"];
    let pull = |image| [&own[..], &["pull", "--quiet", "--tls-verify=false", image]].concat();
    let has_docker = has_docker();
    for image in [&base, &hidden] {
        skopeo.refuses(&["inspect", "--tls-verify=false", &format!("docker://{image}")]);
        podman.refuses(&pull(image));
    }
    place.manage("PATCH", "r/team/base", &json!({"visibility": "public"}));
    let back = format!("oci:{}:again", place.path("back"));
    skopeo.run(&["copy", "--quiet", "--all", plain[0], &there, &back]);
    assert_eq!(sha256(skopeo.run(&["inspect", "--raw", &back]).as_bytes()), place.base);
    podman.run(&pull(&base));
    if has_docker {
        assert!(docker.run(&["manifest", "inspect", "--insecure", &base]).contains("arm64"));
        docker.refuses(&["manifest", "inspect", "--insecure", &hidden]);
    }
    skopeo.refuses(&["inspect", "--tls-verify=false", &private]);
    podman.refuses(&pull(&hidden));
    skopeo.refuses(&["copy", "--quiet", "--all", plain[1], &back, &place.docker("team/base:2")]);
    skopeo.refuses(&["delete", "--tls-verify=false", &there]);
    assert_eq!(place.digest("team/base", "1.0.0").as_ref(), Some(&place.base));
    place.manage("PATCH", "r/team/base", &json!({"visibility": "private"}));
    skopeo.refuses(&["inspect", "--tls-verify=false", &there]);
}

/// As containerd and BuildKit do: the challenge is read, the password is posted, and the rest goes by the token.
#[test]
fn a_password_that_is_posted_for_the_challenge_pulls() {
    let Some(place) = Place::new() else { return };
    let host = &place.server.host;
    let ask = |method: &str, path: &str, token: Option<&str>| {
        let bearer = format!("Bearer {}", token.unwrap_or_default());
        let shown: &[(&str, &str)] = &[("Accept", OCI_INDEX), ("Authorization", &bearer)];
        exchange(method, host, path, if token.is_some() { shown } else { &shown[..1] }, b"")
    };
    let at = "/v2/team/base/manifests/1.0.0";
    let (status, head, body) = ask("HEAD", at, None);
    assert_eq!((status, body.as_str()), (401, ""));
    let value = |name: &str| {
        let (_, rest) = head.split_once(&format!("{name}=\"")).unwrap_or_else(|| panic!("{name}: {head}"));
        rest.split('"').next().unwrap_or_default().to_owned()
    };
    assert_eq!(value("realm"), format!("http://{host}/token"));
    let token = |password: &str, scope: &str| {
        let fields = [
            ("grant_type", "password"),
            ("service", &value("service")),
            ("client_id", "containerd-client"),
            ("scope", scope),
            ("username", PERSON),
            ("password", password),
        ];
        let fields = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let kind = [("Content-Type", "application/x-www-form-urlencoded")];
        let (status, _, body) = exchange("POST", host, "/token", &kind, fields.as_bytes());
        (status, serde_json::from_str::<Value>(&body).unwrap()["access_token"].as_str().map(str::to_owned))
    };
    assert_eq!(token("a horse of somebody else", &value("scope")), (401, None));
    let (status, pull) = token(PASSWORD, &value("scope"));
    assert_eq!(status, 200);
    let (status, head, body) = ask("HEAD", at, pull.as_deref());
    assert_eq!((status, body.as_str()), (200, ""), "{head}");
    assert!(head.to_lowercase().contains(&format!("docker-content-digest: {}", place.base)), "{head}");
    let (status, _, index) = ask("GET", &format!("/v2/team/base/manifests/{}", place.base), pull.as_deref());
    assert_eq!((status, sha256(index.as_bytes())), (200, place.base.clone()));
    let child = serde_json::from_str::<Value>(&index).unwrap()["manifests"][0]["digest"].clone();
    let (_, _, image) = ask("GET", &format!("/v2/team/base/manifests/{}", child.as_str().unwrap()), pull.as_deref());
    let config = serde_json::from_str::<Value>(&image).unwrap()["config"]["digest"].clone();
    let blob = format!("/v2/team/base/blobs/{}", config.as_str().unwrap());
    assert_eq!((ask("GET", &blob, pull.as_deref()).0, ask("GET", &blob, None).0), (200, 401));
    assert_eq!(ask("POST", "/v2/team/base/blobs/uploads/", pull.as_deref()).0, 401, "it was not asked for");
    let push = token(PASSWORD, "repository:team/base:pull,push").1;
    assert_eq!(ask("POST", "/v2/team/base/blobs/uploads/", push.as_deref()).0, 202);
}
