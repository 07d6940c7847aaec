//! A disk, or a database, that is full when some of an image has come: there is no image afterwards, and the same job goes
//! on when there is room again.

use super::{World, fill, pull, step, whole};
use crate::support::{TestApp, choices, decides};
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::domain::{Error, Result};
use portolan::server::access::Policy;
use portolan::server::app::Choices;
use portolan::server::clock::Clock;
use portolan::server::config::Config;
use portolan::server::entropy::SeededEntropy;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// Does a job until it is over, or something is in its way.
async fn go_on(test: &TestApp, id: &str) -> Result<()> {
    while !step(test, id).await? {}
    Ok(())
}

/// A copy of an image that nobody has here, after so many of its steps; `None` if it was over before.
async fn copied_halfway(world: &World, n_steps: usize) -> Option<(String, String)> {
    let (from, to) = (format!("web{n_steps}"), format!("n{n_steps}/web"));
    fill(&world.far, &from, "1.0").await;
    world.clock.advance_ms(1);
    let id = world.ask(&format!("up/{from}"), json!({"tags": ["1.0"], "to": to})).await;
    for _ in 0..n_steps {
        if step(&world.here, &id).await.unwrap() {
            return None;
        }
    }
    Some((id, to))
}

async fn n_blobs(world: &World, to: &str) -> u64 {
    let sql = format!(
        "SELECT COUNT(*) FROM repository_blobs b JOIN repositories r ON r.id = b.repository_id WHERE r.name = '{to}'"
    );
    world.here.app.store.one(&sql, vec![]).await.unwrap().unwrap().take().unwrap()
}

/// Whether the database is a file of this test.
fn has_file(world: &World) -> bool {
    world.base.folder.path().join("portolan.db").exists()
}

/// The same server, for which no disk has enough room.
async fn without_room(world: &World) -> TestApp {
    let text = format!("[storage]\nreserve_bytes = {}\n{}", 1_u64 << 60, world.config);
    let folder = ("PORTOLAN_DATA__DIR".to_owned(), world.base.folder.path().display().to_string());
    let config = Config::from_parts(Some((Path::new("test.toml"), &text)), [folder].into_iter()).unwrap();
    let usual = choices(Policy::Grants, Arc::clone(&world.clock) as Arc<dyn Clock>);
    let choices = Choices { entropy: Arc::new(SeededEntropy::new(8)), ..usual };
    TestApp::over(&config, choices, &world.base).await
}

/// FLT-13, at each step.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fills_in_the_midst_of_a_copy_leaves_no_half_image() {
    let world = World::new().await;
    if !has_file(&world) {
        return; // Two servers have one database there by other means, and the disk is the same.
    }
    let full = without_room(&world).await;
    let mut n_midway = 0;
    for n in 0.. {
        let Some((id, to)) = copied_halfway(&world, n).await else { break };
        match go_on(&full, &id).await {
            Err(failed @ Error::Unavailable(_)) => assert!(failed.to_string().contains("disk"), "{n}: {failed}"),
            Err(failed) => panic!("{n}: {failed}"),
            Ok(()) => break, // All bytes had come.
        }
        n_midway += usize::from(n_blobs(&world, &to).await > 0);
        assert_eq!(pull(&world.here, &to, "manifests/1.0").await.status, 404, "{n}");
        let staged = std::fs::read_dir(world.base.folder.path().join("staging"));
        assert_eq!(staged.map_or(0, Iterator::count), 0, "nothing of it takes room, {n}");
        go_on(&world.here, &id).await.unwrap();
        let source = whole(&world.far, &format!("web{n}"), "1.0").await;
        assert_eq!(whole(&world.here, &to, "1.0").await, source, "{n}");
    }
    assert!(n_midway > 3, "some of it had come: {n_midway}");
}

/// From now on the database has at most so many pages, or as many as it has.
async fn limit(world: &World, n_pages: u32) {
    let proof = decides(Policy::Grants).system(Job::Run, Maintain {});
    let sql = format!("PRAGMA max_page_count = {n_pages}");
    let set =
        world.here.app.store.note(&proof, move |tx| Box::pin(async move { tx.all(&sql, vec![]).await.map(drop) }));
    set.await.unwrap();
}

/// The same where it is the database that has no room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_fills_in_the_midst_of_a_copy_leaves_no_half_image() {
    let world = World::new().await;
    if !has_file(&world) {
        return; // It has none that could be held small.
    }
    let mut n_failed = 0;
    for n in 0.. {
        let Some((id, to)) = copied_halfway(&world, n).await else { break };
        limit(&world, 1).await;
        let done = go_on(&world.here, &id).await;
        limit(&world, u32::MAX - 1).await;
        let source = whole(&world.far, &format!("web{n}"), "1.0").await;
        if let Err(failed) = done {
            n_failed += 1;
            assert!(failed.to_string().contains("disk is full"), "{n}: {failed}");
            if pull(&world.here, &to, "manifests/1.0").await.status == 200 {
                assert_eq!(whole(&world.here, &to, "1.0").await, source, "the tag came last, {n}");
            }
            go_on(&world.here, &id).await.unwrap();
        }
        assert_eq!(whole(&world.here, &to, "1.0").await, source, "{n}");
    }
    assert!(n_failed > 0, "there was no room");
}
