//! What pages say of changes at a registry elsewhere before anybody tries one.

use super::stand_in::Deletes;
use super::world::{AT, CHANGED, NO_TRASH, artifact, mounted_with};
use crate::jobs::over;
use crate::tags::stale::sent;
use serde_json::json;

/// How bytes are freed there, what that needs, and what must not be added to it.
const FREEING: [&str; 4] = [
    "docker-registry garbage-collect /etc/docker/registry/config.yml",
    "stop all writes to it meanwhile, such as by storage.maintenance.readonly",
    "Leave --delete-untagged out: up to version 2.8 it also deletes the platforms of a multi-platform image that have no",
    "and the image pulls no more",
];
const HIDDEN: &str = "held by a hidden tag, portolan.trash.…, until its time in the trash is over. Other clients of the registry see these tags";
const NONE_KEPT: &str = "There is no trash (trash = false): what is deleted there cannot be brought back.";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_a_mount_says_what_can_be_changed_there_how_and_what_is_in_the_way() {
    let by_name = "A tag is deleted by its name; its siblings and its image stay.";
    let tombstone = "So Portolan moves the tag to a tombstone first";
    let off = "that is switched off there. CNCF distribution allows it with storage.delete.enabled: true, or \
               REGISTRY_STORAGE_DELETE_ENABLED=true. Tags can be added and moved.";
    let read_only = "None: this mount is read-only. With read_only = false in its block";
    let all = [by_name, tombstone, off, read_only, HIDDEN, NONE_KEPT];
    for (deletes, of_mount, said) in [
        (Deletes::ByName, CHANGED, &[by_name, HIDDEN][..]),
        (Deletes::ByDigest, CHANGED, &[tombstone, HIDDEN][..]),
        (Deletes::ByDigest, NO_TRASH, &[tombstone, NONE_KEPT][..]),
        (Deletes::Nothing, CHANGED, &[off, HIDDEN][..]),
        (Deletes::ByDigest, "", &[read_only][..]),
    ] {
        let world = mounted_with(deletes, ("", of_mount), |_| ()).await;
        let page = world.test.get("/admin/mounts/up").await.text();
        assert!(page.contains("Changes from here"), "{page}");
        for words in all {
            assert_eq!(page.contains(words), said.contains(&words), "{of_mount} {words}: {page}");
        }
        for words in FREEING {
            assert_eq!(page.contains(words), !of_mount.is_empty(), "{of_mount} {words}: {page}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_a_delete_says_how_bytes_are_freed_there_and_whether_it_can_come_back() {
    let hidden = "siblings and image stay. A hidden tag there, portolan.trash.…, holds it until 24 Dec 2026. Other clients of \
                  that registry see such tags";
    let kept = "All of it can be restored until";
    let for_good = "This mount keeps no trash: what is deleted at";
    let none_kept = "Nothing is kept in the trash here: it cannot come back.";
    for (of_mount, said, not) in
        [(CHANGED, [hidden, kept], [for_good, none_kept]), (NO_TRASH, [for_good, none_kept], [hidden, kept])]
    {
        let world = mounted_with(Deletes::ByDigest, ("", of_mount), |_| ()).await;
        let image = format!("/r/up/a/-/manifests/{}/delete", world.image);
        // A tag whose image keeps another name frees nothing, in no way.
        for (path, frees) in [("/r/up/a/-/tags/latest/delete", false), (&*image, true)] {
            let page = world.test.get(path).await.text();
            for words in said {
                assert!(page.contains(words), "{of_mount} {path} {words}: {page}");
            }
            for words in FREEING {
                assert_eq!(page.contains(words), frees, "{of_mount} {path} {words}: {page}");
            }
            for words in not {
                assert!(!page.contains(words), "{of_mount} {path} {words}: {page}");
            }
        }
    }
}

/// What was said before holds afterwards: there is nothing to press where nothing comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_trash_is_kept_nothing_is_offered_that_would_bring_it_back() {
    for (of_mount, is_kept) in [(CHANGED, true), (NO_TRASH, false)] {
        let world = mounted_with(Deletes::ByDigest, ("", of_mount), |_| ()).await;
        let path = "/r/up/a/-/tags/latest/delete";
        let asked = world.test.get(path).await.text();
        assert_eq!(asked.contains("cannot come back"), !is_kept, "{of_mount}: {asked}");
        let done = sent(&world.test, path, &asked).await;
        assert_eq!((done.status.as_u16(), done.header("location")), (303, "/r/up/a"), "{}", done.text());
        let cookie = done.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        let said = world.test.ask("GET", "/r/up/a", &[("cookie", &cookie)], "").await.text();
        assert!(said.contains("Deleted tag latest from up/a."), "{of_mount}: {said}");
        assert_eq!(said.contains(">Undo<"), is_kept, "{of_mount}: {said}");
        assert_eq!((world.named("latest"), world.trash().await.len()), (None, usize::from(is_kept)), "{of_mount}");
    }
}

/// Somebody pushes there after the page was drawn, and the console has not read it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_tags_those_that_moved_there_are_named_with_what_they_named_and_name() {
    let world = mounted_with(Deletes::ByDigest, ("", CHANGED), |_| ()).await;
    let path = "/r/up/a/-/delete?tag=latest&tag=other";
    let asked = world.test.get(path).await.text();
    let newer = world.upstream.push(&["latest"], &artifact("newer"));
    let stale = sent(&world.test, path, &asked).await;
    assert_eq!(stale.status, 409, "{}", stale.text());
    let stale = stale.text();
    let (_, said) = stale.split_once("id=\"problem\"").expect("it is said");
    let (said, _) = said.split_once("Below is what would go now.").expect("and what is below");
    for words in ["1 tag moved meanwhile. Look again.", ">latest<", &world.image[7..19], &newer[7..19]] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!((world.named("latest"), world.named("other").is_some()), (Some(newer), true), "nothing is deleted");
    assert_eq!(sent(&world.test, path, &stale).await.status, 303);
    assert_eq!((world.named("latest"), world.named("other")), (None, None));
}

/// Nor is it said of a job that its page brings back what is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_trash_is_kept_no_job_is_said_to_take_back_what_it_deletes() {
    let tags: Vec<String> = (0..25).map(|n| format!("many-{n}")).collect();
    for (of_mount, is_kept) in [(CHANGED, true), (NO_TRASH, false)] {
        let world = mounted_with(Deletes::ByName, ("", of_mount), |upstream| {
            upstream.push(&tags.iter().map(String::as_str).collect::<Vec<_>>(), &artifact("many"));
        });
        let world = world.await;
        let reader = world.test.again();
        let world = world.by_somebody().await;
        let asked = json!({"filter": "many-*"});
        let preview = world.send("POST", &format!("{AT}/delete-preview"), asked).await.json();
        let notes = preview["notes"].to_string();
        assert!(notes.contains("by a job"), "{notes}");
        assert_eq!(notes.contains("takes all of it back"), is_kept, "{notes}");
        let done = world.send("POST", &format!("{AT}/delete"), json!({"plan": preview["plan"]})).await.json();
        let id = done["job"].as_str().unwrap();
        assert_eq!(over(&world.test, id).await["state"], "done");
        let page = reader.get(&format!("/jobs/{id}")).await.text();
        assert_eq!(page.contains("25 tags are in the trash"), is_kept, "{page}");
        assert_eq!(page.contains("Its mount keeps no trash"), !is_kept, "{page}");
    }
}
