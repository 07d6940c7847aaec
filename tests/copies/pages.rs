//! Copies by a job, on pages: from the form that asks for one to the way back.

use super::{PASSWORD, World, pull, step};
use crate::jobs::control;
use crate::support::{TestApp, eventually, field, sha256};
use crate::tags::form;
use portolan::domain::{Role, Terms};
use portolan::server::access::Standing;
use portolan::server::identity::Credential;
use serde_json::json;

impl World {
    /// What `mara` does with a session, who shows no password with it.
    async fn at_a_browser(&self) -> TestApp {
        let shown = Credential::Basic { username: "mara".to_owned(), password: PASSWORD.to_owned().into() };
        let standing = self.base.app.identity.who(Some(&shown), "").await.unwrap();
        self.base.with_standing(Standing::clone(&standing))
    }
}

/// The page on which tags are copied goes to any registry that can be written to, and leads to the job that does it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_leads_to_the_job_that_does_it() {
    let world = World::new().await;
    let image = world.here.push_image("team/web", "1.0", "amd64", b"layer").await;
    let mara = world.at_a_browser().await;
    let address = "/r/team/web/-/copy?tag=1.0&to=up/web&name=prod";
    let look = mara.get(address).await.text();
    assert!(look.contains("A job does it") && look.contains(">Copy 1.0 to up/web as prod<"), "{look}");
    let seen = look.split_once("name=\"seen\" value=\"").unwrap().1.split('"').next().unwrap();
    let asked = form(&mara, address, "copy-tags", &[("seen", seen), ("expect", "")]).await;
    assert_eq!(asked.status, 303, "{}", asked.text());
    let id = asked.header("location").strip_prefix("/jobs/").expect("a job").to_owned();
    world.finish(&id).await.unwrap();
    assert_eq!(sha256(&pull(&world.far, "web", "manifests/prod").await.body), image);
    let shown = mara.get("/r/up/web").await.text();
    assert!(shown.contains("/r/up/web/-/copy?tag=prod"), "and what is there can be copied from there: {shown}");
}

/// Of what a filter matches it does what the page said, and all of that is taken back at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_filter_matches_is_copied_by_one_job_and_taken_back() {
    let world = World::new().await;
    let push = async |name: &str, tag: &str| {
        world.here.push_image(name, tag, "amd64", format!("{name} {tag}").as_bytes()).await
    };
    let (old, new) = (
        [push("team/old", "1.5").await, push("team/old", "1.6").await],
        [push("team/web", "1.5").await, push("team/web", "1.6").await],
    );
    push("team/web", "2.0").await;
    let id = world.ask("team/old", json!({"tags": ["1.5", "1.6"], "to": "up/web"})).await;
    world.finish(&id).await.unwrap();
    let named = async |tag: &str| {
        let found = pull(&world.far, "web", &format!("manifests/{tag}")).await;
        (found.status == 200).then(|| sha256(&found.body))
    };
    let there = async || [named("1.5").await, named("1.6").await, named("1.7").await, named("2.0").await];
    let expected = |[five, six]: &[String; 2]| [Some(five.clone()), Some(six.clone()), None, None];

    let mara = world.at_a_browser().await;
    let address = "/r/team/web/-/copy?filter=1.*&to=up/web";
    let page = mara.get(address).await.text();
    assert!(page.contains("Copy 2 tags to up/web"), "{page}");
    push("team/web", "1.7").await;
    let sent =
        async |page: &str| form(&mara, address, "copy-tags", &[("seen", &*field(page, "seen")), ("expect", "")]).await;
    let stale = sent(&page).await;
    assert!(stale.status == 409 && stale.text().contains("changed since you looked"), "{}", stale.text());
    assert_eq!(world.here.delete("/api/v1/r/team/web/-/tags/1.7").await.status, 204);
    world.clock.advance_ms(1);
    let asked = sent(&mara.get(address).await.text()).await;
    let id = asked.header("location").strip_prefix("/jobs/").expect("a job").to_owned();
    world.finish(&id).await.unwrap();
    assert_eq!(there().await, expected(&new));

    let undone = form(&mara, &format!("/jobs/{id}"), "undo-copy", &[("job", &id)]).await;
    assert_eq!(undone.status, 303, "{}", undone.text());
    assert_eq!(there().await, expected(&old));
}

/// What is only read elsewhere is copied from there, and nothing is copied to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_copies_from_what_is_only_read() {
    let seen = "[[mounts]]\nprefix = \"seen\"\nkind = \"remote\"\nurl = \"URL\"\nrepositories = [\"web\"]\n";
    let mut world = World::with(seen).await;
    let image = world.far.push_image("web", "1.0", "amd64", b"layer").await;
    world.here.push_image("team/web", "2.0", "amd64", b"other").await;
    let _jobs = world.base.start_jobs().await;
    let mara = world.at_a_browser().await;
    let is_offered = async || mara.get("/r/seen/web").await.text().contains("/r/seen/web/-/copy?tag=1.0");
    eventually("it is read, and can be copied", is_offered).await;
    let address = "/r/seen/web/-/copy?tag=1.0&to=team/web&name=prod";
    let look = mara.get(address).await.text();
    assert!(look.contains("A job does it") && look.contains(">Copy 1.0 to team/web as prod<"), "{look}");
    let seen = look.split_once("name=\"seen\" value=\"").unwrap().1.split('"').next().unwrap();
    let asked = form(&mara, address, "copy-tags", &[("seen", seen), ("expect", "")]).await;
    assert!(asked.header("location").starts_with("/jobs/"), "{}", asked.text());
    let is_there = async || sha256(&pull(&world.here, "team/web", "manifests/prod").await.body) == image;
    eventually("the copy is there", is_there).await;
    let refused = mara.get("/r/team/web/-/copy?tag=2.0&to=seen/web").await.text();
    assert!(refused.contains("the mount seen/ is read-only"), "{refused}");
}

/// A tag that named something else names it again, a new one goes to the trash, and one that moved since stays as it is:
/// at a registry elsewhere, and in the hosted one. (The one elsewhere takes no hidden tags, and so nothing is deleted there.)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_job_copied_is_taken_back_on_its_page() {
    for (from, to, tags) in
        [("team/web", "up/web", &["1.0", "1.2"][..]), ("up/web", "team/web", &["1.0", "1.1", "1.2"])]
    {
        let world = World::new().await;
        let place = |name: &str| match name.strip_prefix("up/") {
            Some(below) => (&world.far, below.to_owned()),
            None => (&world.here, name.to_owned()),
        };
        let push = async |name: &str, tag: &str, layer: &str| {
            let (registry, name) = place(name);
            registry.push_image(&name, tag, "amd64", layer.as_bytes()).await
        };
        let copy = async |from: &str, tags: &[&str]| {
            let id = world.ask(from, json!({"tags": tags, "to": to})).await;
            world.finish(&id).await.unwrap();
            world.clock.advance_ms(1);
            id
        };
        let before = from.replace("web", "before");
        let old = push(&before, "1.0", "old").await;
        push(&before, "1.2", "old").await;
        copy(&before, &["1.0", "1.2"]).await;
        for tag in tags {
            push(from, tag, tag).await;
        }
        let mara = world.at_a_browser().await;
        let id = copy(from, tags).await;
        let other = push(to, "1.2", "other").await;

        let page = format!("/jobs/{id}");
        let shown = mara.get(&page).await.text();
        assert!(shown.contains("Copied tags") && shown.contains(&old[7..19]), "{shown}");
        // What somebody did at a registry elsewhere is found when it is looked at there, and not overwritten.
        if to.starts_with("up/") {
            let (path, body) = (format!("/api/v1/r/{to}/-/copy/undo"), json!({"job": id}).to_string());
            let undone = mara.call("POST", &path, "application/json", body).await;
            assert_eq!(undone.status, 409, "{}", undone.text());
            assert!(undone.text().contains("1 of 2 tags are as they were; undo once more"), "{}", undone.text());
        } else {
            let undone = form(&mara, &page, "undo-copy", &[("job", &id)]).await;
            assert_eq!(undone.status, 303, "{}", undone.text());
            assert!(!mara.get(&page).await.text().contains("Copied tags"), "all is taken back that can be");
            let trash = mara.get("/trash").await.text();
            assert!(trash.contains("1.1"), "{trash}");
        }
        let (registry, name) = place(to);
        let named = async |tag: &str| pull(registry, &name, &format!("manifests/{tag}")).await;
        assert_eq!((sha256(&named("1.0").await.body), sha256(&named("1.2").await.body)), (old, other));
        assert_eq!(named("1.1").await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_else_set_to_the_same_image_is_not_taken_back() {
    for is_cancelled in [true, false] {
        let world = World::new().await;
        let image = world.far.push_image("web", "1.0", "amd64", b"layer").await;
        let id = world.ask("up/web", json!({"tags": ["1.0"], "to": "team/web"})).await;
        assert_eq!(step(&world.here, &id).await, Ok(false));
        assert_eq!(world.here.push_image("team/web", "1.0", "amd64", b"layer").await, image);
        match is_cancelled {
            true => assert_eq!(control(&world.here, &id, "cancel").await.status, 200),
            false => world.finish(&id).await.unwrap(),
        }
        let (mara, page) = (world.at_a_browser().await, format!("/jobs/{id}"));
        let shown = mara.get(&page).await.text();
        assert!(!shown.contains("Copied tags"), "{is_cancelled}: {shown}");
        let undone = form(&mara, &page, "undo-copy", &[("job", &id)]).await;
        assert_eq!(undone.status, 409, "{is_cancelled}: {}", undone.text());
        assert_eq!(pull(&world.here, "team/web", "manifests/1.0").await.status, 200, "{is_cancelled}");
    }
}

/// Who asked for a job reads its page as long as they may read where it comes from and where it goes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_job_copied_is_shown_and_taken_back_by_who_may_read_where_it_is() {
    let world = World::new().await;
    let image = world.here.push_image("team/web", "1.0", "amd64", b"layer").await;
    let id = world.ask("team/web", json!({"tags": ["1.0"], "to": "up/web"})).await;
    world.finish(&id).await.unwrap();
    let (mara, page) = (world.at_a_browser().await, format!("/jobs/{id}"));
    assert!(mara.get(&page).await.text().contains("Copied tags"));
    let shown = Credential::Basic { username: "mara".to_owned(), password: PASSWORD.to_owned().into() };
    let standing = world.base.app.identity.who(Some(&shown), "").await.unwrap();
    let term = |scope: &str| Terms { role: Role::Reader, scope: scope.parse().unwrap(), tags: None, expires_at: None };
    for (scopes, sees) in [(&["team/*"][..], false), (&["team/*", "up/*"], true)] {
        let terms = scopes.iter().map(|scope| term(scope)).collect();
        let left = world.base.with_standing(Standing { terms, ..Standing::clone(&standing) });
        let read = left.get(&page).await;
        let expected = (if sees { 200 } else { 404 }, sees);
        assert_eq!((read.status.as_u16(), read.text().contains("Copied tags")), expected, "{}", read.text());
        assert!(
            !read.text().contains("value=\"undo-copy\""),
            "who may not change it takes nothing back: {}",
            read.text()
        );
        let undone = form(&left, &page, "undo-copy", &[("job", &id)]).await;
        assert_eq!(undone.status, if sees { 403 } else { 404 }, "{}", undone.text());
    }
    assert_eq!(sha256(&pull(&world.far, "web", "manifests/1.0").await.body), image);
}
