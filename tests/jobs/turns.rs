//! Whose turn it is where many wait: nobody holds a second place before others have their first, on any node.

use crate::support::{START, TestApp, decides, user};
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::domain::run::{Lane, RunKind};
use portolan::domain::{Result, Scope, Timestamp};
use portolan::server::access::{Authorized, Policy};
use portolan::server::store::runs::{self, Behalf, NewRun, Progress};
use portolan::server::store::{Store, jobs};
use std::sync::atomic::{AtomicI64, Ordering};

const LEASE_MS: i64 = 60_000;

/// The table of jobs, as nodes use it; each use is a moment later.
struct Line {
    test: TestApp,
    proof: Authorized<Maintain>,
    moments: AtomicI64,
}

impl Line {
    async fn new() -> Self {
        let proof = decides(Policy::Grants).system(Job::Run, Maintain {});
        Self { test: TestApp::new().await, proof, moments: AtomicI64::new(0) }
    }

    fn store(&self) -> &Store {
        &self.test.app.store
    }

    fn now(&self) -> Timestamp {
        Timestamp(START.0 + self.moments.fetch_add(1, Ordering::Relaxed))
    }

    /// Somebody asks for runs.
    async fn ask(&self, who: &str, asked: &[(&str, RunKind)]) {
        for (id, kind) in asked {
            let behalf = Behalf { principal: Some(format!("id of {who}")), token: None };
            let (id, scope, params) = ((*id).to_owned(), Scope::Everything, "{}".to_owned());
            let new = NewRun { id, kind: *kind, scope, params, by: user(who), behalf, at: self.now() };
            self.store()
                .note(&self.proof, move |tx| Box::pin(async move { runs::start(tx, &new).await }))
                .await
                .unwrap();
        }
    }

    /// A node with room in these lanes takes a run and begins it; which one that is.
    async fn next(&self, lanes: &[Lane]) -> Option<String> {
        let (now, lanes) = (self.now(), lanes.to_vec());
        let times = (now, Timestamp(now.0 + LEASE_MS));
        let taken = self.store().note(&self.proof, move |tx| {
            Box::pin(async move {
                assert!(jobs::lease(tx, "node", times.0, times.1).await?.is_none(), "a run has a turn");
                let Some((job, _)) = runs::take_turn(tx, "node", times, &lanes).await? else { return Ok(None) };
                runs::take_up(tx, &job.object, times.0).await.map(|run| run.map(|run| run.id))
            })
        });
        taken.await.unwrap()
    }

    async fn all_next(&self, n: usize) -> Vec<String> {
        let mut all = Vec::new();
        for _ in 0..n {
            all.extend(self.next(&[Lane::Changing]).await);
        }
        all
    }

    /// A run comes to its end, and its place is free.
    async fn ends(&self, id: &str) {
        let (id, now) = (id.to_owned(), self.now());
        let ended = self.store().note(&self.proof, move |tx| {
            Box::pin(async move {
                let run = runs::take_up(tx, &id, now).await?.expect("it is under way");
                runs::advance(tx, &run, &Progress { is_over: true, ..Progress::of(&run) }, 0, now).await?;
                runs::leave(tx, &id).await
            })
        });
        ended.await.unwrap();
    }

    /// Which run is to give its place up, and does.
    async fn gives_way(&self) -> Result<Option<String>> {
        let now = self.now();
        let Some(id) = runs::one_too_many(self.store(), now).await? else { return Ok(None) };
        let own = id.clone();
        let given = self
            .store()
            .note(&self.proof, move |tx| Box::pin(async move { runs::give_place(tx, &own, now).await.map(|()| own) }));
        given.await.map(Some)
    }

    /// Whoever did it hears of that, and gives it back.
    async fn gives_back(&self, id: &str) {
        let (id, now) = (id.to_owned(), self.now());
        let given = self.store().note(&self.proof, move |tx| {
            Box::pin(async move {
                runs::leave(tx, &id).await?;
                jobs::release(tx, &id, "node", now, None).await
            })
        });
        given.await.unwrap();
    }
}

use RunKind::{Copy, Delete, Restore};

#[tokio::test]
async fn who_holds_fewest_places_goes_first_and_a_restore_before_the_rest_of_its_owner() {
    let line = Line::new().await;
    line.ask("mara", &[("a1", Delete), ("a2", Delete), ("a3", Delete), ("a4", Copy)]).await;
    line.ask("otto", &[("b1", Delete)]).await;
    assert_eq!(line.all_next(2).await, ["a1", "b1"], "one each, though hers were there before");
    assert_eq!(line.next(&[Lane::Copying]).await.as_deref(), Some("a4"), "another lane is not full by that");
    line.ask("mara", &[("a5", Restore)]).await;
    assert_eq!(line.all_next(1).await, ["a5"], "who waits alone may have more, what comes back before what goes");

    line.ends("a1").await;
    line.ends("a5").await;
    line.ask("otto", &[("b2", Delete)]).await;
    line.ask("nina", &[("c1", Delete)]).await;
    let (all, in_turn) = (line.all_next(5).await, ["c1", "a2", "b2", "a3"]);
    assert_eq!(all, in_turn, "who never had one, who has none now, who had one the longest ago");
}

#[tokio::test]
async fn a_second_place_is_given_up_to_who_has_none_and_a_delete_to_its_owners_restore() {
    let line = Line::new().await;
    line.ask("mara", &[("a1", Delete), ("a2", Delete)]).await;
    assert_eq!(line.all_next(2).await, ["a1", "a2"]);
    line.ask("mara", &[("a3", Delete)]).await;
    assert_eq!(line.gives_way().await, Ok(None), "nobody else waits");
    line.ask("otto", &[("b1", Copy)]).await;
    assert_eq!(line.gives_way().await, Ok(None), "nobody waits there");
    line.ask("otto", &[("b2", Delete)]).await;
    assert_eq!(line.gives_way().await.unwrap().as_deref(), Some("a2"), "the one that was asked for last");
    assert_eq!(line.gives_way().await, Ok(None), "once is enough");
    line.gives_back("a2").await;
    assert_eq!(line.all_next(1).await, ["b2"]);
    assert_eq!(line.gives_way().await, Ok(None), "each has one");

    line.ask("mara", &[("a4", Restore)]).await;
    assert_eq!(line.gives_way().await.unwrap().as_deref(), Some("a1"));
    line.gives_back("a1").await;
    assert_eq!(line.all_next(1).await, ["a4"]);
    line.ask("mara", &[("a5", Restore)]).await;
    assert_eq!(line.gives_way().await, Ok(None), "what comes back does not wait for itself");
    line.ends("b2").await;
    line.ends("a4").await;
    assert_eq!(line.all_next(5).await, ["a5", "a1", "a2", "a3"], "and nothing is lost");
}
