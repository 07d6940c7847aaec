//! What is let go for good at a registry elsewhere: deleted there with all that belongs to it, and with nothing else.

use super::stand_in::{Deletes, Event, StandIn};
use super::world::{AT, HOUR_MS, World, artifact, index, world_with};
use crate::identity::{PASSWORD, basic};
use crate::jobs::over;
use crate::support::{OCI_INDEX, OCI_MANIFEST, eventually, sha256};
use portolan::server::identity::sign_in;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const DAY_MS: i64 = 24 * HOUR_MS;

pub(super) fn of(content: &str) -> String {
    sha256(content.as_bytes())
}

/// An index of an index, with images that have no tags of their own, beside an image of one tag.
fn fill(upstream: &StandIn) {
    let inner = index(&[&artifact("b")]);
    for content in [&artifact("a"), &artifact("b"), &inner] {
        upstream.push(&[], content);
    }
    upstream.push(&["multi"], &nested());
    upstream.push(&["solo"], &artifact("solo"));
}

fn nested() -> String {
    let inner = index(&[&artifact("b")]);
    let entry = |media_type: &str, content: &str| json!({"mediaType": media_type, "digest": of(content), "size": content.len()});
    let listed = [entry(OCI_MANIFEST, &artifact("a")), entry(OCI_INDEX, &inner)];
    json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}).to_string()
}

impl World {
    pub(super) async fn take(&self, tag: &str) -> String {
        assert_eq!(self.test.delete(&format!("{AT}/tags/{tag}")).await.status, 204, "{tag}");
        let entries = self.trash().await;
        let entry = entries.iter().find(|entry| entry["tag"] == tag).expect("an entry");
        entry["id"].as_str().unwrap().to_owned()
    }

    pub(super) async fn purge(&self, entry: &str) {
        let purged = self.test.delete(&format!("/api/v1/trash/{entry}")).await;
        assert_eq!(purged.status, 204, "{}", purged.text());
    }

    pub(super) fn has(&self, content: &str) -> bool {
        self.upstream.now().manifests.contains_key(&of(content))
    }

    fn all(&self) -> BTreeSet<String> {
        self.upstream.now().manifests.keys().cloned().collect()
    }

    async fn n_known(&self, content: &str) -> i64 {
        self.count(&format!("SELECT COUNT(*) FROM manifests WHERE digest = '{}'", of(content))).await
    }

    /// What goes by a job goes in the name of somebody who is there.
    pub(super) async fn by_somebody(mut self) -> Self {
        let password = PASSWORD.to_owned().into();
        sign_in::admin_by_configuration(&self.test.app, "mara".parse().unwrap(), password).await.unwrap();
        self.test = self.test.showing(&basic("mara", PASSWORD));
        self
    }

    pub(super) async fn n_holds(&self) -> i64 {
        self.count("SELECT COUNT(*) FROM trash_holds").await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_is_let_go_with_its_last_name_goes_there_with_all_that_belongs_to_it() {
    for is_whole in [false, true] {
        let world = world_with(Deletes::ByDigest, "", fill).await;
        let rest: BTreeSet<String> = ["old", "other", "solo"].map(|it| of(&artifact(it))).into();
        let before = world.all();
        let entry = match is_whole {
            false => world.take("multi").await,
            true => {
                let path = format!("{AT}/manifests/{}", of(&nested()));
                assert_eq!(world.test.delete(&path).await.status, 204);
                world.trash().await[0]["id"].as_str().unwrap().to_owned()
            }
        };
        assert_eq!(world.all(), before, "until then all of it is there");
        let asked = world.test.get(&format!("/trash?purge={entry}")).await.text();
        assert!(asked.contains("no history can bring a tag back to it"), "{asked}");
        world.purge(&entry).await;
        assert_eq!(world.all(), rest, "its parts go with it, and no tombstone is left");
        assert_eq!((world.hidden(), world.n_holds().await), (vec![], 0));
        for content in [nested(), artifact("a"), artifact("b")] {
            assert_eq!(world.n_known(&content).await, 0, "and here");
        }
        assert_eq!(world.listed().await, ["1.0", "latest", "other", "solo"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_anything_names_stays_there_when_a_name_of_it_is_let_go() {
    let solo = artifact("solo");
    // Somebody tags it at the registry itself, or an index of it, which nobody has read here.
    for theirs in [solo.clone(), index(&[&solo])] {
        let world = world_with(Deletes::ByDigest, "", fill).await;
        let entry = world.take("solo").await;
        world.upstream.push(&["theirs"], &theirs);
        world.purge(&entry).await;
        assert!(world.has(&solo) && world.named("theirs") == Some(of(&theirs)), "{theirs}");
        assert_eq!((world.hidden(), world.n_holds().await), (vec![], 0));
    }
    let world = world_with(Deletes::ByDigest, "", |upstream| {
        fill(upstream);
        upstream.push(&["part"], &artifact("a"));
        let subject = json!({"mediaType": OCI_MANIFEST, "digest": of(&artifact("other")), "size": 1});
        upstream.push(
            &["note"],
            &artifact("note").replace("\"layers\":[]", &format!("\"layers\":[],\"subject\":{subject}")),
        );
    });
    let world = world.await;
    let note = world.named("note").unwrap();
    // An index lists the one, and the other is about an image.
    for tag in ["part", "note"] {
        let entry = world.take(tag).await;
        world.purge(&entry).await;
    }
    assert!(world.has(&artifact("a")) && world.upstream.now().manifests.contains_key(&note));
    // Of two names the last that is let go takes it along, whichever that is.
    let (first, second) = (world.take("1.0").await, world.take("latest").await);
    world.purge(&second).await;
    assert!(world.has(&artifact("old")), "the trash holds it by its other name");
    world.purge(&first).await;
    assert!(!world.has(&artifact("old")) && world.n_known(&artifact("old")).await == 0);
    assert_eq!((world.hidden(), world.n_holds().await), (vec![], 0));
}

/// Up to the look at what the tags there name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_pushes_there_while_an_image_is_let_go_keeps_it() {
    let (mut n, solo) = (0, artifact("solo"));
    loop {
        let world = world_with(Deletes::ByDigest, "", fill).await;
        let entry = world.take("solo").await;
        world.upstream.now().seen.clear();
        world.upstream.now().event = Some((n, Event::Push("theirs", solo.clone())));
        world.purge(&entry).await;
        let state = world.upstream.now();
        let list = state.seen.iter().rposition(|(_, path)| path.ends_with("/tags/list"));
        assert_eq!(state.tags.get("theirs"), Some(&of(&solo)), "{n}: {:?}", state.seen);
        assert!(state.manifests.contains_key(&of(&solo)), "{n}: {:?}", state.seen);
        n += 1;
        if n > list.expect("it is looked") {
            break;
        }
    }
    assert!(n > 12, "it was tried between the steps");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_fails_while_it_is_let_go_is_finished_by_a_later_sweep() {
    let world = world_with(Deletes::ByDigest, "", fill).await;
    let rest: BTreeSet<String> = ["old", "other", "solo"].map(|it| of(&artifact(it))).into();
    for (n, event) in (0..).flat_map(|n| [(n, Event::Fails), (n, Event::IsLost)]) {
        let entry = world.take("multi").await;
        world.upstream.now().seen.clear();
        world.upstream.now().event = Some((n, event));
        world.purge(&entry).await;
        let is_over = world.upstream.now().seen.len() <= n;
        world.upstream.now().event = None;
        world.later(2 * HOUR_MS).await;
        world.later(2 * HOUR_MS).await;
        assert_eq!((world.all(), world.hidden(), world.n_holds().await), (rest.clone(), vec![], 0), "{n}");
        if is_over {
            break;
        }
        fill(&world.upstream);
        world.look().await;
        eventually("the tag is listed", async || world.listed().await.contains(&"multi".to_owned())).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_history_names_stays_beyond_the_trash() {
    let settings = "[trash]\ndays = 1\n[history]\ndays = 20\n";
    let world = world_with(Deletes::ByDigest, settings, fill).await;
    let preview = world.send("POST", &format!("{AT}/delete-preview"), json!({"tags": ["solo"]})).await.json();
    assert_ne!(preview["freed_at"], preview["kept_until"], "{preview}");
    world.take("solo").await;
    world.take("latest").await;
    world.later(2 * DAY_MS).await;
    assert_eq!(world.hidden().len(), 1, "a name of an image that has another is let go in its time");
    let back = json!({"tag": "solo", "digest": of(&artifact("solo"))});
    let back = world.send("POST", &format!("{AT}/rollback"), back).await;
    assert_eq!((back.status.as_u16(), world.named("solo")), (200, Some(of(&artifact("solo")))), "{}", back.text());
    world.take("solo").await;
    world.later(19 * DAY_MS).await;
    assert!(world.has(&artifact("solo")));
    world.later(2 * DAY_MS).await;
    assert!(!world.has(&artifact("solo")) && world.trash().await.is_empty() && world.hidden().is_empty());
    // The same of one that is deleted as an image.
    let asked = json!({"digests": [of(&nested())]});
    let preview = world.send("POST", &format!("{AT}/delete-preview"), asked).await.json();
    assert_ne!(preview["freed_at"], preview["kept_until"], "{preview}");
    assert_eq!(world.test.delete(&format!("{AT}/manifests/{}", of(&nested()))).await.status, 204);
    world.later(19 * DAY_MS).await;
    let back = json!({"tag": "multi", "digest": of(&nested())});
    let back = world.send("POST", &format!("{AT}/rollback"), back).await;
    assert_eq!((back.status.as_u16(), world.named("multi")), (200, Some(of(&nested()))), "{}", back.text());
    assert_eq!(world.test.delete(&format!("{AT}/manifests/{}", of(&nested()))).await.status, 204);
    world.later(22 * DAY_MS).await;
    assert!(!world.has(&nested()) && world.trash().await.is_empty() && world.hidden().is_empty());
}

/// Where nobody looks up what needs an image, it is said before that it stays, and that nothing is freed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stays_there_for_good_is_said_before() {
    let many = |upstream: &StandIn| {
        for n in 0..=1000 {
            upstream.push(&[&format!("v{n}")], &artifact(&n.to_string()));
        }
    };
    let world = world_with(Deletes::ByDigest, "", many).await;
    for asked in [json!({"tags": ["v1"]}), json!({"digests": [of(&artifact("1"))]})] {
        let preview = world.send("POST", &format!("{AT}/delete-preview"), asked).await.json();
        assert_eq!(preview["freed_bytes"], 0, "{preview}");
        assert!(preview["notes"].to_string().contains("the image itself stays there by its digest"), "{preview}");
    }
    let entry = world.take("v1").await;
    world.purge(&entry).await;
    assert!(world.has(&artifact("1")) && world.hidden().is_empty() && world.n_holds().await == 0);
    let page = world.test.get("/r/up/a/-/tags/v2/delete").await.text();
    assert!(page.contains("by its digest.") && page.contains("Frees nothing: the image itself stays at"), "{page}");
}

/// Nor is it a name by which the image stays in a preview.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_that_is_missing_there_keeps_nothing() {
    let world = world_with(Deletes::ByDigest, "", |upstream| {
        upstream.push(&["multi"], &index(&[&artifact("old")]));
        upstream.push(&["two", "lost"], &index(&[&artifact("other")]));
    });
    let world = world.await;
    for tag in ["1.0", "latest", "lost", "other"] {
        world.upstream.now().tags.remove(tag);
    }
    world.look().await;
    let missing = "SELECT COUNT(*) FROM tags WHERE missing_since IS NOT NULL";
    eventually("they are missed", async || world.count(missing).await == 4).await;
    let said = world.test.get(&format!("{AT}/tags")).await.json()["items"].clone();
    for tag in said.as_array().unwrap() {
        let is_there = ["multi", "two"].contains(&tag["name"].as_str().unwrap());
        assert_eq!(tag["missing_since"].is_null(), is_there, "{tag}");
        let page = format!("/r/up/a/-/tags/{}", tag["name"].as_str().unwrap());
        let says = world.test.get(&page).await.text().contains("Missing upstream since ");
        assert_eq!(says, !is_there, "{page}");
    }

    let asked = json!({"tags": ["two"]});
    let preview = world.send("POST", &format!("{AT}/delete-preview"), asked).await.json();
    assert!(preview["kept"][0]["reason"].as_str().unwrap().starts_with("it loses its last name"), "{preview}");
    assert_eq!(preview["kept"].as_array().unwrap().len(), 1, "{preview}");
    let asked = json!({"digests": [of(&index(&[&artifact("old")]))]});
    let preview = world.send("POST", &format!("{AT}/delete-preview"), asked).await.json();
    assert!(
        preview["removed"].to_string().contains(&of(&artifact("old"))),
        "what has no other name goes too: {preview}"
    );

    for tag in ["two", "multi"] {
        let entry = world.take(tag).await;
        world.purge(&entry).await;
    }
    assert_eq!((world.all(), world.hidden()), (BTreeSet::new(), vec![]), "all of it is let go");
    assert_eq!(world.listed().await, Vec::<String>::new());
    let counted = "SELECT n_tags + n_images FROM repositories WHERE name = 'up/a'";
    assert_eq!((world.count(counted).await, world.count("SELECT COUNT(*) FROM tags").await), (0, 0));
}

/// Nor do very many: those that keep an image are told from them, and what has no other name goes with all of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_tags_are_missing_there_they_keep_nothing() {
    const MANY: usize = 260;
    let world = world_with(Deletes::ByDigest, "", |upstream| {
        for n in 0..MANY {
            upstream.push(&[&format!("lost-{n}")], &artifact("other"));
        }
        upstream.push(&["w", "x"], &artifact("other"));
    });
    let world = world.await;
    world.upstream.now().tags.retain(|tag, _| ["1.0", "latest", "w", "x"].contains(&tag.as_str()));
    world.a_month_later().await;
    let missing = "SELECT COUNT(*) FROM tags WHERE missing_since IS NOT NULL";
    eventually("all are missing", async || world.count(missing).await == MANY as i64 + 1).await;

    let preview = async |asked| world.send("POST", &format!("{AT}/delete-preview"), asked).await.json();
    let said = preview(json!({"tags": ["w"]})).await;
    assert_eq!((said["kept"][0]["tag"].clone(), said["kept_more"].clone()), (json!("x"), json!(0)), "{said}");
    assert_eq!(said["kept"].as_array().unwrap().len(), 1, "{said}");
    // One that is missing itself is no name that is left of it either.
    let said = preview(json!({"tags": ["w", "x", "other"]})).await;
    assert!(said["kept"][0]["reason"].as_str().unwrap().starts_with("it loses its last name"), "{said}");
    assert_eq!(said["kept"].as_array().unwrap().len(), 1, "{said}");

    let whole = index(&[&artifact("other")]);
    world.upstream.push(&["multi"], &whole);
    world.look().await;
    eventually("the index is seen", async || world.count("SELECT COUNT(*) FROM tags WHERE name = 'multi'").await == 1)
        .await;
    let world = world.by_somebody().await;
    let ask = json!({"digests": [of(&whole)], "tags": ["w", "x"]});
    let said = world.send("POST", &format!("{AT}/delete-preview"), ask).await.json();
    assert!(said["removed"].to_string().contains(&of(&artifact("other"))), "it has no other name: {said}");
    let done = world.send("POST", &format!("{AT}/delete"), json!({"plan": said["plan"]})).await;
    assert_eq!(done.status, 202, "so many names go by a job: {}", done.text());
    let job = over(&world.test, done.json()["job"].as_str().unwrap()).await;
    assert_eq!(job["state"], "done", "{job}");
    // As they expire: tags that went by themselves, and then the image that was deleted after them.
    let mut entries = world.trash().await;
    entries.sort_by_key(|entry| entry["kind"] != "tag");
    for entry in &entries {
        world.purge(entry["id"].as_str().unwrap()).await;
    }
    assert_eq!((world.all(), world.hidden()), ([of(&artifact("old"))].into(), vec![]), "all of it is let go");
    let counted = "SELECT n_tags + n_images FROM repositories WHERE name = 'up/a'";
    assert_eq!((world.count(counted).await, world.count("SELECT COUNT(*) FROM tags").await), (2, 2), "artifacts all");
}

/// An index of many tags that a job deleted after them: each is in an entry of its own, and so is the index, which is the
/// first of them.
async fn deleted_by_a_job() -> (World, BTreeSet<String>, Vec<Value>) {
    let tags: Vec<String> = (0..25).map(|n| format!("multi-{n}")).collect();
    let world = world_with(Deletes::ByDigest, "", |upstream| {
        fill(upstream);
        upstream.push(&tags.iter().map(String::as_str).collect::<Vec<_>>(), &nested());
    });
    let world = world.await.by_somebody().await;
    let before = world.all();
    let ask = json!({"digests": [of(&nested())]});
    let plan = world.send("POST", &format!("{AT}/delete-preview"), ask).await.json()["plan"].clone();
    let done = world.send("POST", &format!("{AT}/delete"), json!({ "plan": plan })).await;
    assert_eq!(done.status, 202, "{}", done.text());
    assert_eq!(over(&world.test, done.json()["job"].as_str().unwrap()).await["state"], "done");
    let (mut entries, named): (Vec<_>, Vec<_>) = world.trash().await.into_iter().partition(|it| it["tag"].is_null());
    assert_eq!((entries.len(), named.is_empty()), (1, false), "{entries:?} {named:?}");
    entries.extend(named);
    (world, before, entries)
}

/// A name that is still in the trash keeps all of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_went_after_its_tags_is_purged_after_them_and_its_parts_go_with_it() {
    let (world, before, mut entries) = deleted_by_a_job().await;
    let rest = BTreeSet::from(["old", "other", "solo"].map(|it| of(&artifact(it))));
    let refused = world.test.delete(&format!("/api/v1/trash/{}", entries[0]["id"].as_str().unwrap())).await;
    let said = "which is in the trash, names an image of this; purge that first";
    assert!(refused.status == 409 && refused.text().contains(said), "{}", refused.text());
    entries.rotate_left(1);
    let last = entries.pop().unwrap();
    for entry in &entries {
        assert_eq!(world.all(), before, "{entry}");
        world.purge(entry["id"].as_str().unwrap()).await;
        world.later(2 * HOUR_MS).await;
    }
    assert_eq!(world.all(), before);
    world.purge(last["id"].as_str().unwrap()).await;
    assert_eq!((world.all(), world.hidden(), world.n_holds().await), (rest, vec![], 0));
}

/// Nothing is put at a registry that could not be settled here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_whose_image_is_neither_here_nor_in_the_trash_is_not_put_there() {
    let (world, _, entries) = deleted_by_a_job().await;
    let ids: Vec<&str> = entries.iter().map(|it| it["id"].as_str().unwrap()).collect();
    for rows in ["deleted_manifests WHERE entry", "trash WHERE id"] {
        crate::identity::run(&world.test, format!("DELETE FROM {rows} = '{}'", ids[0])).await;
    }
    let back = world.send("POST", &format!("/api/v1/trash/{}/restore", ids[1]), json!({})).await;
    assert!(back.status == 409 && back.text().contains("for good"), "{}", back.text());
    let all = world.send("POST", "/api/v1/trash/restore", json!({"batch": entries[1]["batch"]})).await;
    assert_eq!(all.status, 202, "{}", all.text());
    over(&world.test, all.json()["job"].as_str().unwrap()).await;
    assert!(world.has(&nested()), "what hidden tags hold is there");
    let there = world.upstream.now().tags.keys().filter(|tag| tag.starts_with("multi")).count();
    assert_eq!((there, world.trash().await.len()), (0, ids.len() - 1));
}
