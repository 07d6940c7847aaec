//! Who may not change a repository of a registry elsewhere is refused at every door, and nothing is sent there that could
//! change something. By the same words whoever may is let in.

use super::stand_in::Deletes;
use super::world::{AT, World, artifact, mounted_with, world_with};
use crate::jobs::over;
use crate::support::{Answer, OCI_MANIFEST, TestApp, field, sha256, user};
use portolan::domain::{Role, Terms};
use portolan::server::access::{Bound, Standing};
use serde_json::{Value, json};

/// A name, and the role that they hold in a scope, of some tags there or of all.
type Caller = (&'static str, Option<(Role, &'static str, Option<&'static str>)>);

/// Who asks, in the order of the table: a role, where, and over which tags.
const CALLERS: [Caller; N_CALLERS] = [
    ("nobody", None),
    ("a stranger", None),
    ("an owner elsewhere", Some((Role::Owner, "team/*", None))),
    ("a reader", Some((Role::Reader, "up/*", None))),
    ("a publisher", Some((Role::Publisher, "up/*", None))),
    ("a developer of other tags", Some((Role::Developer, "up/*", Some("dev-*")))),
    ("an auditor", Some((Role::Auditor, "*", None))),
    ("an administrator by a reader's token", Some((Role::Admin, "*", None))),
];
const N_CALLERS: usize = 8;
/// The first of them, who may see nothing of `up`: for them nothing is asked there either.
const N_OUTSIDE: usize = 3;
/// In the place of a status: they may, and so they are not asked for it.
const MAY: u16 = 0;

/// A method, an address, what is sent, and the status for each of [`CALLERS`].
struct Row(&'static str, &'static str, &'static str, [u16; N_CALLERS]);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row("PUT", "A/tags/new", r#"{"digest":"OLD"}"#, [401, 404, 404, 403, MAY, 403, 403, 403]),
    Row("PUT", "A/tags/moved", r#"{"digest":"OTHER","expect":"OLD"}"#, [401, 404, 404, 403, 403, 403, 403, 403]),
    Row("POST", "A/rename", r#"{"tag":"renamed","to":"renamed-2"}"#, [401, 404, 404, 403, 403, 403, 403, 403]),
    Row("POST", "A/rollback", r#"{"tag":"back","digest":"OLD"}"#, [401, 404, 404, 403, 403, 403, 403, 403]),
    Row("POST", "A/delete-preview", r#"{"tags":["1.0"]}"#, [401, 404, 404, 403, 403, 403, 403, 403]),
    Row("POST", "A/delete-preview", r#"{"digests":["OTHER"]}"#, [401, 404, 404, 403, 403, 403, 403, 403]),
    Row("POST", "A/delete-preview", r#"{"filter":"1.*"}"#, [401, 404, 404, 403, 403, 403, 403, 403]),
    Row("POST", "A/delete", r#"{"plan":"PLAN(gone)"}"#, [401, 404, 404, 403, 403, 403, 403, 403]),
    Row("DELETE", "A/tags/lost", "", [401, 404, 404, 403, 403, 403, 403, 403]),
    Row("DELETE", "A/manifests/WHOLE", "", [401, 404, 404, 403, 403, 403, 403, 403]),
    Row("POST", "/api/v1/trash/ENTRY(e1)/restore", "{}", [401, 404, 404, 404, 404, 404, 404, 404]),
    Row("POST", "/api/v1/trash/restore", r#"{"batch":"BATCH(e2)"}"#, [401, 404, 404, 404, 404, 404, 404, 404]),
    Row("DELETE", "/api/v1/trash/ENTRY(e3)", "", [401, 404, 404, 404, 404, 404, 404, 404]),
    Row("POST", "/api/v1/trash/purge", r#"{"batch":"BATCH(e4)","repository":"up/a"}"#, [401, 404, 404, 404, 404, 404, 404, 404]),
    Row("POST", "A/copy", r#"{"tags":["1.0"],"names":{"1.0":"copied"},"to":"up/a"}"#, [401, 404, 404, 403, MAY, 403, 403, 403]),
    Row("POST", "A/copy", r#"{"tags":["1.0"],"names":{"1.0":"promoted"},"to":"up/a"}"#, [401, 404, 404, 403, 403, 403, 403, 403]),
    Row("POST", "A/copy", r#"{"tags":["1.0"],"to":"team/home"}"#, [401, 404, 404, 404, 404, 404, 403, 404]),
    Row("POST", "/api/v1/r/team/web/-/copy", r#"{"tags":["v1"],"to":"up/a"}"#, [401, 404, 404, 403, 404, 404, 403, 403]),
    Row("POST", "/api/v1/protections", r#"{"scope":"up/a","tags":"x*","kind":"immutable"}"#, [401, 403, 403, 403, 403, 403, 403, 403]),
    Row("PATCH", "/api/v1/protections/RULE(1)", r#"{"tags":"none"}"#, [401, 404, 404, 403, 403, 403, 403, 403]),
    Row("DELETE", "/api/v1/protections/RULE(1)", "", [401, 404, 404, 403, 403, 403, 403, 403]),
    Row("PATCH", "/api/v1/n/up", r#"{"trash_days":30}"#, [401, 403, 403, 403, 403, 403, 403, 403]),
    Row("GET", "/r/up/a/-/tags/1.0/retag", "", [303, 404, 404, 403, MAY, MAY, 403, 403]),
    Row("GET", "/r/up/a/-/tags/1.0/rename", "", [303, 404, 404, 403, 403, 403, 403, 403]),
    Row("GET", "/r/up/a/-/tags/1.0/rollback", "", [303, 404, 404, 403, 403, 403, 403, 403]),
    Row("GET", "/r/up/a/-/tags/1.0/delete", "", [303, 404, 404, 403, 403, 403, 403, 403]),
    Row("GET", "/r/up/a/-/delete?filter=1.*", "", [303, 404, 404, 403, 403, 403, 403, 403]),
    Row("GET", "/r/up/a/-/manifests/OTHER/delete", "", [303, 404, 404, 403, 403, 403, 403, 403]),
    Row("GET", "/r/up/a/-/copy?tag=1.0&to=up/a&name=copied", "", [303, 404, 404, 403, MAY, MAY, 403, 403]),
    Row("GET", "/r/up/a/-/settings", "", [303, 404, 404, 403, 403, 403, 403, 403]),
    Row("GET", "/n/up/-/policies", "", [303, 403, 403, 403, 403, 403, 403, 403]),
    Row("GET", "/n/up/-/trash", "", [303, 403, 200, 403, 403, 200, 403, 403]),
    Row("POST", "/r/up/a/-/tags/1.0/retag", "do=set-tag&name=f-new&digest=OLD&expect=", [401, 404, 404, 403, MAY, 403, 403, 403]),
    Row("POST", "/r/up/a/-/manifests/OTHER/tag?name=f-moved", "do=set-tag&name=f-moved&digest=OTHER&expect=OLD", [401, 404, 404, 403, 403, 403, 403, 403]),
    Row("POST", "/r/up/a/-/tags/f-renamed/rename", "do=rename-tag&to=f-renamed-2&expect=OLD", [401, 404, 404, 403, 403, 403, 403, 403]),
    Row("POST", "/r/up/a/-/tags/f-back/rollback", "do=roll-back-tag&to=OLD&expect=OTHER", [401, 404, 404, 403, 403, 403, 403, 403]),
    Row("POST", "/r/up/a/-/tags/f-gone/delete", "do=delete-tags&plan=PLAN(f-gone)", [401, 404, 404, 403, 403, 403, 403, 403]),
    Row("POST", "/r/up/a/-/manifests/F-WHOLE/delete", "do=delete-image&plan=PLAN(f-whole)&confirmed=up/a", [401, 404, 404, 403, 403, 403, 403, 403]),
    Row("POST", "/r/up/a", "do=undo&batch=BATCH(e5)", [401, 404, 404, 404, 404, 404, 404, 404]),
    Row("POST", "/trash", "do=restore-trash&entry=ENTRY(e6)", [401, 403, 404, 403, 403, 404, 403, 403]),
    Row("POST", "/trash?purge=ENTRY(e7)", "do=purge-trash&entry=ENTRY(e7)&confirmed=e7", [401, 403, 404, 403, 403, 404, 403, 403]),
    Row("POST", "/r/up/a/-/copy?tag=1.0&to=up/a&name=f-copied", "do=copy-tags&seen=SEEN(in)&expect=", [401, 404, 404, 403, MAY, 403, 403, 403]),
    Row("POST", "/r/up/a/-/copy?tag=1.0&to=team/f-home", "do=copy-tags&seen=SEEN(home)&expect=", [401, 404, 404, 403, 422, 422, 403, 403]),
    Row("POST", "/r/team/web/-/copy?tag=v1&to=up/a&name=f-out", "do=copy-tags&seen=SEEN(out)&expect=", [401, 404, 422, 404, 404, 404, 403, 404]),
    Row("POST", "/n/up/-/policies", "do=set-protection&tags=y*&except=&kind=immutable&role=", [401, 403, 403, 403, 403, 403, 403, 403]),
    Row("POST", "/r/up/a/-/settings", "do=set-protection&tags=z*&except=&kind=immutable&role=", [401, 404, 404, 403, 403, 403, 403, 403]),
    Row("POST", "/n/up/-/policies", "do=change-protection&rule=RULE(2)&tags=w*&except=&kind=immutable&role=", [401, 403, 403, 403, 403, 403, 403, 403]),
    Row("POST", "/n/up/-/policies", "do=remove-protection&rule=RULE(2)", [401, 403, 403, 403, 403, 403, 403, 403]),
    Row("POST", "/n/up/-/policies", "do=configure-namespace&trash_days=30", [401, 403, 403, 403, 403, 403, 403, 403]),
];

/// Somebody called `lena` with a role there, and with no more than a reader's where they came by a token for that.
fn standing(number: usize) -> Standing {
    let of = |role, scope: &str, tags: Option<&str>| {
        let tags = tags.map(|tags| tags.parse().unwrap());
        Terms { role, scope: scope.parse().unwrap(), tags, expires_at: None }
    };
    let (caller, granted) = CALLERS[number];
    let terms = granted.map(|(role, scope, tags)| of(role, scope, tags)).into_iter().collect();
    let standing = match caller {
        "nobody" => return Standing::anonymous(vec![]),
        _ => Standing { terms, ..Standing::of(user("lena")) },
    };
    match caller.contains("token") {
        true => Standing {
            token: Some("of a reader".to_owned()),
            bounds: vec![Bound::Terms(of(Role::Reader, "up/*", None))],
            ..standing
        },
        false => standing,
    }
}

async fn ask(by: &TestApp, method: &str, path: &str, body: &str) -> Answer {
    let kind = if body.starts_with("do=") { "application/x-www-form-urlencoded" } else { "application/json" };
    by.call(method, path, kind, body).await
}

/// Each on an image of its own, so that nothing that is done to one tag changes what a plan says of another; nor do the rows
/// change for how long it is kept.
const OWN: [&str; 2] = ["gone", "f-gone"];
const OF_OLD: [&str; 5] = ["moved", "renamed", "lost", "f-moved", "f-renamed"];
const LEFT: [&str; 3] = ["back", "f-back", "promoted"];
const IN_TRASH: [&str; 7] = ["e1", "e2", "e3", "e4", "e5", "e6", "e7"];

async fn filled() -> World {
    let world = world_with(Deletes::ByDigest, "", |upstream| {
        upstream.push(&OF_OLD, &artifact("old"));
        upstream.push(&LEFT, &artifact("old"));
        upstream.push(&IN_TRASH, &artifact("old"));
        for own in OWN.iter().chain(&["whole", "f-whole"]) {
            upstream.push(&[own], &artifact(own));
        }
    });
    world.await
}

/// What stands in the table for what has no name before it is there. All of it was made by who may.
async fn words(world: &World, owner: &TestApp) -> Vec<(String, String)> {
    let of = |text: &str| sha256(artifact(text).as_bytes());
    let images = [("F-WHOLE", "f-whole"), ("WHOLE", "whole"), ("OTHER", "other"), ("OLD", "old")];
    let mut words = images.map(|(name, image)| (name.to_owned(), of(image))).to_vec();
    words.push(("A/".to_owned(), format!("{AT}/")));
    let send = async |method: &str, path: &str, body: Value| {
        let answer = owner.call(method, path, "application/json", body.to_string()).await;
        assert!(answer.status.is_success(), "{method} {path}: {}", answer.text());
        if answer.body.is_empty() { json!(null) } else { answer.json() }
    };
    for tag in LEFT {
        send("PUT", &format!("{AT}/tags/{tag}"), json!({"digest": of("other")})).await;
    }
    let text = |it: &Value| it.as_str().expect("a text").to_owned();
    for (name, asked) in [
        ("gone", json!({"tags": ["gone"]})),
        ("f-gone", json!({"tags": ["f-gone"]})),
        ("f-whole", json!({"digests": [of("f-whole")]})),
    ] {
        let preview = send("POST", &format!("{AT}/delete-preview"), asked).await;
        words.push((format!("PLAN({name})"), text(&preview["plan"])));
    }
    for tag in IN_TRASH {
        let preview = send("POST", &format!("{AT}/delete-preview"), json!({"tags": [tag]})).await;
        let done = send("POST", &format!("{AT}/delete"), json!({"plan": preview["plan"]})).await;
        words.push((format!("BATCH({tag})"), text(&done["batch"])));
    }
    let entries = world.trash().await.into_iter();
    words.extend(entries.map(|entry| (format!("ENTRY({})", text(&entry["tag"])), text(&entry["id"]))));
    for (number, tags) in [("1", "one-*"), ("2", "two-*")] {
        let rule = json!({"scope": "up/*", "tags": tags, "kind": "immutable"});
        let rule = send("POST", "/api/v1/protections", rule).await;
        words.push((format!("RULE({number})"), text(&rule["id"])));
    }
    for (name, page) in [
        ("in", "/r/up/a/-/copy?tag=1.0&to=up/a&name=f-copied"),
        ("home", "/r/up/a/-/copy?tag=1.0&to=team/f-home"),
        ("out", "/r/team/web/-/copy?tag=v1&to=up/a&name=f-out"),
    ] {
        words.push((format!("SEEN({name})"), field(&owner.get(page).await.text(), "seen")));
    }
    words
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_changes_nothing_there_and_who_may_does_by_the_same_words() {
    let world = filled().await;
    world.test.push_image("team/web", "v1", "amd64", b"layer").await;
    let owner = world.test.with_standing(Standing::with_role(user("lena"), Role::Admin));
    let words = words(&world, &owner).await;
    let fill = |text: &str| words.iter().fold(text.to_owned(), |text, (word, it)| text.replace(word, it));
    let callers: Vec<TestApp> = (0..N_CALLERS).map(|number| world.test.with_standing(standing(number))).collect();
    world.writes();
    let (mut wrong, mut n_written) = (Vec::new(), 0);
    for Row(method, path, body, expected) in ROWS {
        let (asked, sent, mut said) = (fill(path), fill(body), *expected);
        for number in (0..N_CALLERS).filter(|number| expected[*number] != MAY) {
            let answer = ask(&callers[number], method, &asked, &sent).await;
            said[number] = answer.status.as_u16();
            let n_asked = world.upstream.now().seen.len();
            let writes = world.writes();
            if !writes.is_empty() || (number < N_OUTSIDE && n_asked > 0) {
                wrong.push(format!("{} asks {n_asked} by {method} {path}: {writes:?}", CALLERS[number].0));
            }
        }
        if said != *expected {
            wrong.push(format!("    Row({method:?}, {path:?}, r#\"{body}\"#, {said:?}),"));
        }
        let done = ask(&owner, method, &asked, &sent).await;
        let is_led_in = done.status == 303 && !done.header("location").starts_with("/auth/");
        if !done.status.is_success() && !is_led_in {
            wrong.push(format!("who may does not by {method} {path} {body}: {} {}", done.status, done.text()));
        }
        if let Some(id) = done.header("location").rsplit_once("/jobs/").map(|(_, id)| id) {
            over(&world.test, id).await;
        }
        if !world.writes().is_empty() {
            n_written += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(n_written > 15, "what is sent is counted: {n_written}");
}

/// SEC-7: whoever asks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_changed_by_any_door_where_a_mount_is_read_only_and_nothing_pushed_where_it_is_not() {
    for (of_mount, is_open) in [("", false), ("read_only = false\n", true)] {
        let world = mounted_with(Deletes::ByDigest, ("", of_mount), |_| ()).await;
        world.test.push_image("team/web", "v1", "amd64", b"layer").await;
        let (old, content) = (world.image.clone(), artifact("old"));
        world.writes();
        for path in ["manifests/new".to_owned(), format!("manifests/{old}"), format!("manifests/{old}?tag=new&tag=1.0")]
        {
            let pushed = world.test.call("PUT", &format!("/v2/up/a/{path}"), OCI_MANIFEST, content.clone()).await;
            assert!(pushed.status.is_client_error(), "{path}: {} {}", pushed.status, pushed.text());
        }
        for path in [format!("manifests/{old}"), "manifests/1.0".to_owned(), format!("blobs/{}", sha256(b"{}"))] {
            let deleted = world.test.delete(&format!("/v2/up/a/{path}")).await;
            assert!(deleted.status.is_client_error(), "{path}: {} {}", deleted.status, deleted.text());
        }
        assert_eq!(world.writes(), [], "{of_mount}");
        if is_open {
            continue;
        }
        let copy = json!({"tags": ["latest"], "names": {"latest": "new"}, "to": "up/a"});
        for (method, path, body) in [
            ("PUT", format!("{AT}/tags/new"), json!({"digest": old})),
            ("POST", format!("{AT}/rename"), json!({"tag": "latest", "to": "new"})),
            ("POST", format!("{AT}/rollback"), json!({"tag": "latest", "digest": old})),
            ("POST", format!("{AT}/delete-preview"), json!({"tags": ["latest"]})),
            ("DELETE", format!("{AT}/tags/latest"), json!(null)),
            ("DELETE", format!("{AT}/manifests/{old}"), json!(null)),
            ("POST", format!("{AT}/copy"), copy),
            ("POST", "/api/v1/r/team/web/-/copy".to_owned(), json!({"tags": ["v1"], "to": "up/a"})),
        ] {
            let refused = world.send(method, &path, body).await;
            assert!(refused.status.is_client_error(), "{method} {path}: {} {}", refused.status, refused.text());
            assert!(refused.text().contains("read"), "{method} {path}: {}", refused.text());
            assert_eq!(world.writes(), [], "{method} {path}");
        }
    }
}
