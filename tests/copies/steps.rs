//! What a copy writes on its way: little for each step, however much there is to do, and each thing once.

use super::{World, fill, step, whole};
use crate::support::{TestApp, decides};
use crate::tags::push_signature;
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::server::access::Policy;
use portolan::server::service::copies;
use portolan::server::store::Value as Param;
use portolan::server::store::runs::{self, Progress};
use serde_json::json;
use std::time::Duration;

/// What each step of a job until its end would write.
async fn steps(test: &TestApp, id: &str, slice: Duration) -> Vec<Progress> {
    let (store, proof, now) =
        (&test.app.store, decides(Policy::Grants).system(Job::Run, Maintain {}), test.app.clock.now());
    let (own, mut steps) = (id.to_owned(), vec![]);
    let run = store.note(&proof, move |tx| Box::pin(async move { runs::take_up(tx, &own, now).await })).await;
    let mut run = run.unwrap().expect("a job that goes on");
    while steps.last().is_none_or(|to: &Progress| !to.is_over) {
        let to = copies::step(&test.app, &run, slice).await.unwrap();
        steps.push(to.clone());
        run.place.clone_from(&to.place);
        (run.n_done, run.n_total, run.n_bytes) = (to.n_done, to.n_total, to.n_bytes);
        let of = run.clone();
        let noted = store.note(&proof, move |tx| Box::pin(async move { runs::advance(tx, &of, &to, 1, now).await }));
        noted.await.unwrap();
    }
    steps
}

/// So many images, each with a layer of its own and a signature by each of two ways.
async fn many(world: &World, repository: &str, n_images: usize) -> Vec<String> {
    let mut tags = vec![];
    for n in 0..n_images {
        let (tag, layer) = (format!("1.{n}"), format!("{repository} {n}"));
        let image = world.here.push_image(repository, &tag, "amd64", layer.as_bytes()).await;
        push_signature(&world.here, repository, &image, 2).await;
        let signature = format!("{}.sig", image.replace(':', "-"));
        world.here.push_image(repository, &signature, "amd64", image.as_bytes()).await;
        tags.push(tag);
    }
    tags
}

/// To a registry that keeps lists of what is about an image by itself, and to one that keeps none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_of_a_copy_writes_as_little_for_many_images_as_for_few() {
    for lists_nothing in [false, true] {
        let world = World::new().await;
        let mut written = vec![];
        for n_images in [3, 12] {
            let from = format!("team/n{n_images}");
            let tags = many(&world, &from, n_images).await;
            world.clock.advance_ms(1);
            world.gate.now().lists_nothing = lists_nothing;
            let id = world.ask(&from, json!({"tags": tags, "to": format!("up/n{n_images}")})).await;
            let steps = steps(&world.here, &id, Duration::ZERO).await;
            let bytes = |to: &Progress| to.found.iter().map(|(_, thing)| thing.len()).sum::<usize>();
            let at_once = steps.iter().filter(|to| to.found.len() > 1).count();
            assert_eq!(at_once, 1, "all that is to be done is written once");
            let place = steps.iter().map(|to| to.place.len()).max().unwrap();
            written.push((n_images, place, steps.iter().map(bytes).sum::<usize>()));
            assert_eq!(whole(&world.far, &format!("n{n_images}"), "1.2").await, whole(&world.here, &from, "1.2").await);
        }
        let [(few, place, bytes), (many, place_of_many, bytes_of_many)] = written[..] else { unreachable!() };
        assert!(place_of_many <= place + 32, "where it stands takes its room: {written:?}");
        assert!(bytes_of_many <= bytes * many / few + 4096, "each thing is written as often: {written:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_of_a_copy_goes_on_with_what_is_small() {
    let world = World::new().await;
    let tags = many(&world, "team/web", 6).await;
    let id = world.ask("team/web", json!({"tags": tags, "to": "up/web"})).await;
    let steps = steps(&world.here, &id, Duration::from_secs(60)).await;
    assert!(steps.len() <= 4, "what is found, what is sent, and the tags: {}", steps.len());
    assert_eq!(whole(&world.far, "web", "1.5").await, whole(&world.here, "team/web", "1.5").await);
}

/// What a former version wrote of where it stands holds all there is to do: such a job begins again, and sends nothing twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_a_former_version_began_begins_again_and_sends_nothing_twice() {
    let world = World::new().await;
    let index = fill(&world.here, "team/web", "1.0").await;
    let id = world.ask("team/web", json!({"tags": ["1.0"], "to": "up/web"})).await;
    while world.gate.n_seen("PUT", "/manifests/") == 0 {
        assert_eq!(step(&world.here, &id).await, Ok(false));
    }
    for phase in ["read", "send", "list", "name"] {
        let place = json!({
            "phase": phase, "order": [index], "weights": [7], "at": 1, "blob": 0, "n_bytes": 0, "upload": null,
            "notes": {"a": index}, "bases": {}, "about": {}, "again": false, "listed": 0, "named": 1, "left": [], "n_images": 1,
            "images": {"waiting": [[index, 0]], "read": {}, "absent": [], "parts": {}, "n_bytes": 0, "n_items": 0},
        });
        let proof = decides(Policy::Grants).system(Job::Run, Maintain {});
        let params: Vec<Param> = vec![place.to_string().into(), id.as_str().into()];
        let sql = "UPDATE job_runs SET place = $1, n_done = 3 WHERE id = $2";
        let put =
            world.here.app.store.note(&proof, move |tx| Box::pin(async move { tx.run(sql, params).await.map(drop) }));
        put.await.unwrap();
        assert_eq!(step(&world.here, &id).await, Ok(false), "{phase}");
        assert_eq!(step(&world.here, &id).await, Ok(false), "{phase}");
    }
    world.finish(&id).await.unwrap();
    assert_eq!(whole(&world.far, "web", "1.0").await, whole(&world.here, "team/web", "1.0").await);
    let job = world.job(&id).await;
    assert_eq!((&job["state"], &job["done"]), (&json!("done"), &job["total"]), "{job}");
    let sent = |it: &(String, String)| (it.0 == "PUT").then(|| it.1.split_once("digest=").map(|it| it.1.to_owned()))?;
    let mut sent: Vec<String> = world.gate.now().seen.iter().filter_map(sent).collect();
    let n_sent = sent.len();
    sent.sort();
    sent.dedup();
    assert!(n_sent > 0 && sent.len() == n_sent, "{sent:?}");
}
