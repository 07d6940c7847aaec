//! What is read of what somebody pasted, and what is not.

use super::*;
use proptest::prelude::*;

const OWN: [&str; 1] = ["registry.acme.dev"];

fn image(text: &str) -> Pulled {
    match Pasted::read(text, &OWN) {
        Some(Pasted::Image(pulled)) => pulled,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn an_image_is_read_however_clients_write_it() {
    let whole = Pulled {
        host: Some("registry.acme.dev".to_owned()),
        name: "team/web".parse().unwrap(),
        tag: Some("1.4.2".parse().unwrap()),
        digest: None,
    };
    for text in [
        "registry.acme.dev/team/web:1.4.2",
        "docker pull registry.acme.dev/team/web:1.4.2",
        "$ sudo docker pull --platform linux/amd64 registry.acme.dev/team/web:1.4.2",
        "podman pull --tls-verify=false registry.acme.dev/team/web:1.4.2",
        "docker run --rm -it -p 80:80 --name web registry.acme.dev/team/web:1.4.2 serve --port 80",
        "kubectl set image deployment/web web=registry.acme.dev/team/web:1.4.2",
        "- image: \"registry.acme.dev/team/web:1.4.2\"",
        "FROM registry.acme.dev/team/web:1.4.2 AS base",
        "skopeo inspect docker://registry.acme.dev/team/web:1.4.2",
        "helm pull oci://registry.acme.dev/team/web --version 1.4.2",
        "helm pull --version=1.4.2 oci://registry.acme.dev/team/web",
    ] {
        assert_eq!(image(text), whole, "{text}");
    }
    let chart = image("helm pull oci://registry.acme.dev/charts/web --version 1.4.2+build.7");
    assert_eq!(chart.tag, Some("1.4.2_build.7".parse().unwrap()), "as Helm writes it");
}

#[test]
fn what_is_no_image_is_for_searching() {
    for text in [
        "",
        "web",
        "web 1.4",
        "docker web",
        "age:>30d",
        "docker compose up",
        "Team/Web",
        "web:",
        ":1",
        "a b/c",
        "é.x/a/b",
        "-.x/a/b",
    ] {
        assert_eq!(Pasted::read(text, &OWN), None, "{text}");
    }
    for line in ["docker pull web", "FROM web", "image: web"] {
        assert_eq!(image(line).name.as_str(), "web", "{line}");
    }
    assert_eq!(image("team/web").name.as_str(), "team/web");
    assert_eq!(image("localhost:5000/web").host.as_deref(), Some("localhost:5000"));
    assert_eq!(image("one.ci/web").whole(), Some("one.ci/web".parse().unwrap()), "that may be a namespace too");
    assert_eq!(image("localhost:5000/web").whole(), None);
}

#[test]
fn digests_are_meant_by_their_algorithm_or_by_twelve_digits() {
    let read = |text: &str| match Pasted::read(text, &OWN) {
        Some(Pasted::Digest(start)) => Some(start.text()),
        _ => None,
    };
    let hex = "3F9a41c7e05d";
    assert_eq!(read(hex).as_deref(), Some("sha256:3f9a41c7e05d"));
    assert_eq!(read("sha256:3f9a41").as_deref(), Some("sha256:3f9a41"));
    assert_eq!(read(&format!("sha512:{}", "a".repeat(128))), Some(format!("sha512:{}", "a".repeat(128))));
    assert_eq!(read(&"a".repeat(70)), Some(format!("sha512:{}", "a".repeat(70))));
    for text in ["3f9a41", "sha256:3f9a4", "md5:3f9a41c7e05d", "sha256:3f9a41x", &"a".repeat(129)] {
        assert_eq!(read(text), None, "{text}");
    }
    let digest = format!("sha256:{}", "b".repeat(64));
    let pulled = image(&format!("team/web:1.4@{digest}"));
    assert_eq!((pulled.digest.map(String::from), pulled.tag.map(String::from)), (Some(digest), Some("1.4".to_owned())));
    assert_eq!(Pasted::read("team/web@sha256:3f9a41", &OWN), None, "an image has all of its digest");
}

#[test]
fn addresses_of_this_console_lead_to_their_pages_and_others_do_not() {
    let tag = Address::Tag("team/web".parse().unwrap(), "1.4".parse().unwrap());
    for text in [
        "https://registry.acme.dev/r/team/web/-/tags/1.4",
        "http://Registry.Acme.dev/r/team/web/-/tags/1.4?platform=linux/arm64#layers",
        "/r/team/web/-/tags/1.4",
    ] {
        assert_eq!(Pasted::read(text, &OWN), Some(Pasted::Page(tag.clone())), "{text}");
    }
    let namespace = Address::Namespace("team".parse().unwrap());
    assert_eq!(Pasted::read("https://registry.acme.dev/n/team", &OWN), Some(Pasted::Page(namespace)));
    for text in [
        "https://evil.example/r/team/web/-/tags/1.4",
        "https://registry.acme.dev@evil.example/r/team/web/-/tags/1.4",
        "ftp://registry.acme.dev/r/team/web",
        "//evil.example/r/team/web",
        "/admin/users",
    ] {
        assert!(!matches!(Pasted::read(text, &OWN), Some(Pasted::Page(_))), "{text}");
    }
}

proptest! {
    #[test]
    fn what_clients_write_reads_back(
        host in proptest::option::of("[a-z]{1,6}(\\.[a-z]{2,4}|:[0-9]{2,5})"),
        name in "[a-z0-9]{1,5}(/[a-z0-9]{1,5}){1,3}",
        tag in proptest::option::of("[a-zA-Z0-9_][a-zA-Z0-9._-]{0,9}"),
        digest in proptest::option::of("sha256:[0-9a-f]{64}"),
        line in proptest::sample::select(vec!["", "docker pull ", "skopeo inspect docker://", "FROM "]),
    ) {
        let before = host.as_ref().map(|host| format!("{host}/")).unwrap_or_default();
        let after = tag.as_ref().map(|tag| format!(":{tag}")).unwrap_or_default();
        let at = digest.as_ref().map(|digest| format!("@{digest}")).unwrap_or_default();
        let pulled = image(&format!("{line}{before}{name}{after}{at}"));
        prop_assert_eq!(pulled.host, host);
        prop_assert_eq!(pulled.name.as_str(), name);
        prop_assert_eq!(pulled.tag.map(String::from), tag);
        prop_assert_eq!(pulled.digest.map(String::from), digest);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC*", line in "[a-z:/@ =.$-]{0,40}") {
        let _ = (Pasted::read(&text, &OWN), Pasted::read(&line, &OWN), Pasted::read(&format!("docker {line}"), &OWN));
        prop_assert!(cut(&text).chars().count() <= MAX_CHARS);
    }
}
