//! What the store does on either engine. PostgreSQL is the one that `PORTOLAN_TEST_POSTGRES` names,
//! which the test scripts start; without it that half says so and does nothing.

use super::{reached, worlds};
use crate::support::postgres::new_schema;
use crate::support::process::left_out;
use crate::support::{decides, eventually};
use futures::future::{Either, join, select};
use portolan::domain::action::Maintain;
use portolan::domain::page::Position;
use portolan::domain::principal::Job;
use portolan::domain::protection::Guard;
use portolan::domain::tag_filter::TagFilter;
use portolan::domain::view::{How, RepositoryQuery, RepositorySort, TagQuery, TagSort};
use portolan::domain::{Actor, Digest, Error, Protection, RepositoryName, Rule, Tag, Timestamp};
use portolan::params;
use portolan::server::access::{Authorized, Policy, Visibility};
use portolan::server::clock::ManualClock;
use portolan::server::entropy::{SeededEntropy, new_id};
use portolan::server::events::Events;
use portolan::server::store::manifests::NewManifest;
use portolan::server::store::mounts::Configured;
use portolan::server::store::protections::{self, Rules};
use portolan::server::store::tags::Placement;
use portolan::server::store::{Change, Location, Store, edges, jobs, manifests, mounts, repositories, tags};
use std::pin::pin;
use std::sync::Arc;
use tokio::sync::oneshot;

#[tokio::test]
async fn sqlite() {
    let folder = tempfile::tempdir().unwrap();
    suite(&Location::Sqlite(folder.path().join("test.db"))).await;
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test scripts say by a variable where PostgreSQL is")]
async fn postgres() {
    match std::env::var("PORTOLAN_TEST_POSTGRES") {
        Ok(url) => suite(&Location::Postgres(url)).await,
        Err(_) => left_out("PORTOLAN_TEST_POSTGRES is not set"),
    }
}

pub(super) struct Bench {
    pub(super) store: Store,
    pub(super) proof: Authorized<Maintain>,
    entropy: Arc<SeededEntropy>,
}

pub(super) const NOW: Timestamp = Timestamp(1_795_500_000_000);

async fn open(location: &Location) -> Bench {
    let entropy = Arc::new(SeededEntropy::new(1));
    let (clock, events) = (Arc::new(ManualClock::new(NOW)), Events::default());
    let store = Store::open(location, clock, entropy.clone(), events).await.unwrap();
    let access = decides(Policy::Grants);
    Bench { store, proof: access.system(Job::Sweep, Maintain {}), entropy }
}

async fn suite(location: &Location) {
    let bench = open(location).await;
    a_failed_change_leaves_nothing(&bench).await;
    counts_follow_what_is_pushed(&bench).await;
    pages_cover_every_row_once_in_both_directions(&bench).await;
    filters_take_their_text_literally(&bench).await;
    a_job_is_leased_to_one_node(&bench).await;
    many_changes_at_once_all_stand(&bench).await;
    worlds::lists_show_what_the_decision_allows(&bench).await;
    reached::the_trash_shows_what_the_decision_allows(&bench).await;
    reached::what_rules_keep_of_many_repositories_is_what_they_keep_of_each_tag(&bench).await;
    let again = open(location).await; // A second start finds the schema as it should be.
    assert!(again.store.ping().await.is_ok());
}

async fn a_failed_change_leaves_nothing(bench: &Bench) {
    let failed = bench.store.write(&bench.proof, |tx| {
        Box::pin(async move {
            jobs::ensure(tx, "doomed", "crawl", "doomed", NOW).await?;
            Err::<Change<()>, _>(Error::Conflict("on purpose".to_owned()))
        })
    });
    assert_eq!(failed.await, Err(Error::Conflict("on purpose".to_owned())));
    let left = bench.store.one("SELECT id FROM jobs WHERE id = $1", params!["doomed"]).await.unwrap();
    assert!(left.is_none());
}

fn digest(seed: usize) -> Digest {
    format!("sha256:{seed:064x}").parse().unwrap()
}

/// Stores an image of 1,000 + 10 bytes under a tag.
pub(super) async fn push(bench: &Bench, name: &str, tag: &str, seed: usize, at: Timestamp) {
    let name: RepositoryName = name.parse().unwrap();
    let tag: Tag = tag.parse().unwrap();
    let ids = [new_id(&*bench.entropy, at), new_id(&*bench.entropy, at), new_id(&*bench.entropy, at)];
    let media_type = portolan::domain::media_type::OCI_MANIFEST;
    let text = serde_json::json!({"schemaVersion": 2,
        "config": {"mediaType": portolan::domain::media_type::OCI_CONFIG, "digest": digest(seed + 5_000), "size": 10},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest(9_999), "size": 1000}]});
    let parsed = portolan::domain::manifest::Manifest::parse(Some(media_type), text.to_string().as_bytes()).unwrap();
    let config = br#"{"os":"linux","architecture":"amd64"}"#.to_vec();
    let new = NewManifest { digest: digest(seed), content: text.to_string().into(), parsed, config: Some(config) };
    let change = bench.store.note(&bench.proof, move |tx| {
        Box::pin(async move {
            let mount = Configured {
                id: ids[0].clone(),
                prefix: Default::default(),
                kind: portolan::domain::view::MountKind::Hosted,
                url: String::new(),
                below: None,
                refresh_s: None,
            };
            let mara = Actor::User("mara".parse()?);
            let mount = mounts::configure(tx, &[mount], at).await?.remove(0);
            let (repository, _) = repositories::ensure(tx, &name, &mount, &ids[1], at).await?;
            manifests::insert(tx, &repository, &new, Some(&mara), at).await?;
            edges::link_parts(tx, &repository, &new, at).await?;
            let before = tags::current(tx, &repository.id, &tag).await?;
            let placement = Placement {
                repository: &repository,
                tag: &tag,
                digest: &new.digest,
                before: before.as_ref(),
                how: How::Push,
                by: Some(&mara),
                reason: None,
                now: at,
            };
            tags::place(tx, placement).await?;
            repositories::touch(tx, &repository.id, Some(&mara), at).await?;
            Ok(())
        })
    });
    change.await.unwrap();
}

async fn counts_follow_what_is_pushed(bench: &Bench) {
    push(bench, "count/a", "v1", 1, NOW).await;
    push(bench, "count/a", "v1", 1, NOW).await; // The same again is no move.
    push(bench, "count/a", "v2", 2, NOW).await;
    push(bench, "count/a", "v1", 2, NOW).await; // A move.
    push(bench, "count/b", "v1", 1, NOW).await;
    let name: RepositoryName = "count/a".parse().unwrap();
    let head = repositories::head(&bench.store, &name).await.unwrap().unwrap();
    assert_eq!((head.row.tags, head.images), (2, 2));
    assert_eq!((head.row.stored.0, head.logical.0), (1020, 2020), "the shared layer is stored once");
    let totals = mounts::list(&bench.store, NOW).await.unwrap()[0].row.totals;
    assert_eq!((totals.repositories, totals.tags, totals.images), (2, 3, 3));
    assert_eq!((totals.stored.0, totals.logical.0), (1020, 3030), "and once for both repositories");
    let page = tags::list(&bench.store, &head.id, (&TagQuery::default(), &TagFilter::default()), &Position::Start)
        .await
        .unwrap();
    let v1 = page.items.iter().find(|row| row.tag.as_str() == "v1").unwrap();
    assert_eq!(v1.same_as, vec!["v2".parse().unwrap()]);
    let moves = bench.store.one("SELECT COUNT(*) FROM tag_moves WHERE repository_id = $1", params![head.id]).await;
    assert_eq!(moves.unwrap().unwrap().take::<u64>().unwrap(), 3);
}

async fn pages_cover_every_row_once_in_both_directions(bench: &Bench) {
    for seed in 0..23 {
        // Groups of equal times, so that names must break ties.
        push(bench, "paged", &format!("t{seed}"), 100 + seed, Timestamp(NOW.0 + (seed as i64 / 5))).await;
    }
    let found = repositories::find(&bench.store, &"paged".parse().unwrap()).await.unwrap().unwrap();
    for sort in [TagSort::Moved, TagSort::Name, TagSort::Size, TagSort::Built] {
        let query = TagQuery { sort, limit: Some(4), ..TagQuery::default() };
        let mut forward: Vec<Vec<Tag>> = Vec::new();
        let mut position = Position::Start;
        let last = loop {
            let page = tags::list(&bench.store, &found.id, (&query, &filter_of(&query)), &position).await.unwrap();
            forward.push(page.items.iter().map(|row| row.tag.clone()).collect());
            match page.next.clone() {
                Some(next) => position = Position::After(next),
                None => break page,
            }
        };
        let mut names: Vec<Tag> = forward.concat();
        names.sort();
        names.dedup();
        assert_eq!((names.len(), forward.concat().len()), (23, 23), "{sort:?}");
        let mut backward = vec![forward.last().unwrap().clone()];
        let mut previous = last.previous;
        while let Some(cursor) = previous {
            let page = tags::list(&bench.store, &found.id, (&query, &filter_of(&query)), &Position::Before(cursor))
                .await
                .unwrap();
            backward.push(page.items.iter().map(|row| row.tag.clone()).collect());
            previous = page.previous;
        }
        backward.reverse();
        assert_eq!(backward, forward, "{sort:?}");
    }
}

fn filter_of(query: &TagQuery) -> TagFilter {
    TagFilter::parse(&query.q, NOW).unwrap()
}

async fn filters_take_their_text_literally(bench: &Bench) {
    push(bench, "filter/a_b", "v1.0", 300, NOW).await;
    push(bench, "filter/axb", "v1x0", 301, NOW).await;
    push(bench, "filter/axb", "V1.0", 302, NOW).await;
    let list = |q: &str| {
        let query = RepositoryQuery { q: q.to_owned(), sort: RepositorySort::Name, ..RepositoryQuery::default() };
        async move {
            let page =
                repositories::list(&bench.store, (&Visibility::Everything, None), &query, &Position::Start).await;
            page.unwrap().items.into_iter().map(|row| row.name.to_string()).collect::<Vec<_>>()
        }
    };
    assert_eq!(list("r/a_b").await, ["filter/a_b"]);
    assert_eq!(list("100%").await, [""; 0]);
    assert_eq!(list("x' OR '1'='1").await, [""; 0]);
    let found = repositories::find(&bench.store, &"filter/axb".parse().unwrap()).await.unwrap().unwrap();
    let glob = |q: &str| {
        let query = TagQuery { q: q.to_owned(), sort: TagSort::Name, ..TagQuery::default() };
        let (store, id) = (bench.store.clone(), found.id.clone());
        async move {
            let page = tags::list(&store, &id, (&query, &filter_of(&query)), &Position::Start).await.unwrap();
            page.items.into_iter().map(|row| row.tag.to_string()).collect::<Vec<_>>()
        }
    };
    assert_eq!(glob("v1*").await, ["v1x0"]);
    assert_eq!(glob("?1.0").await, ["V1.0"]);
    assert_eq!(glob("1x").await, ["v1x0"]);
    for (q, expected) in [
        ("[vV]1[.x]0", &["V1.0", "v1x0"][..]),
        ("v[0-9]*", &["v1x0"]),
        ("V1.0,v1?0", &["V1.0", "v1x0"]),
        ("!v*", &["V1.0"]),
        ("!x", &["V1.0"]),
        ("!1x0 *", &["V1.0"]),
        ("!1x", &["V1.0"]),
        ("!V1", &["v1x0"]),
        ("v1x0*", &["v1x0"]),
        ("_1*", &[]),
        ("v* V*", &[]),
    ] {
        assert_eq!(glob(q).await, expected, "{q}");
        let filter = TagFilter::parse(q, NOW).unwrap();
        let matching = tags::matching(&bench.store, &found.id, &filter, 9).await.unwrap();
        assert_eq!(matching.iter().map(Tag::as_str).collect::<Vec<_>>(), expected, "{q}");
        let counted = tags::count_matching(&bench.store, &found.id, &filter, 9).await.unwrap();
        assert_eq!(counted, expected.len() as u64, "{q}");
        let query = TagQuery { q: q.to_owned(), ..TagQuery::default() };
        let moved = tags::list(&bench.store, &found.id, (&query, &filter), &Position::Start).await.unwrap();
        assert_eq!(moved.items.len(), expected.len(), "{q}");
    }
}

async fn a_job_is_leased_to_one_node(bench: &Bench) {
    let at = |ms: i64| Timestamp(NOW.0 + ms);
    let lease = |node: &'static str, now: Timestamp| {
        bench.store.note(&bench.proof, move |tx| {
            Box::pin(async move { Ok(jobs::lease(tx, node, now, Timestamp(now.0 + 1000)).await?.map(|job| job.id)) })
        })
    };
    let ensured = bench.store.note(&bench.proof, move |tx| {
        Box::pin(async move {
            jobs::ensure(tx, "j1", "crawl", "m1", NOW).await?;
            jobs::ensure(tx, "j2", "crawl", "m1", NOW).await?;
            Ok(())
        })
    });
    ensured.await.unwrap();
    assert_eq!(lease("one", at(0)).await.unwrap().as_deref(), Some("j1"));
    assert_eq!(lease("two", at(10)).await.unwrap(), None, "one job for each object, one node at a time");
    assert_eq!(lease("two", at(2000)).await.unwrap().as_deref(), Some("j1"), "a lost lease is taken over");
    let released = bench.store.note(&bench.proof, move |tx| {
        Box::pin(async move {
            let kept = jobs::renew(tx, "j1", "one", at(9000)).await?;
            jobs::release(tx, "j1", "two", at(5000), None).await?;
            Ok(kept)
        })
    });
    assert!(!released.await.unwrap(), "the node that lost it cannot renew it");
    assert_eq!(lease("one", at(4000)).await.unwrap(), None, "not due yet");
}

async fn many_changes_at_once_all_stand(bench: &Bench) {
    let pushes = (0..60).map(|seed| async move { push(bench, "busy", &format!("t{seed}"), 1000 + seed, NOW).await });
    futures::future::join_all(pushes).await;
    let head = repositories::head(&bench.store, &"busy".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((head.row.tags, head.images), (60, 60));
}

/// SQLite has one writer and cannot do otherwise.
#[tokio::test]
async fn a_rule_waits_for_changes_that_read_the_rules_before_it() {
    let Some(url) = new_schema().await else { return left_out("PORTOLAN_TEST_POSTGRES is not set") };
    let bench = open(&Location::Postgres(url)).await;
    let name: RepositoryName = "ruled/web".parse().unwrap();
    let protection =
        Protection { scope: "ruled/*".parse().unwrap(), tags: None, except: None, guard: Guard::Immutable };
    let rule = Rule { id: "ruled".to_owned(), protection, created_by: None, created_at: NOW };
    let (beside, (has_read, was_read), (end, ending)) = (name.clone(), oneshot::channel(), oneshot::channel());
    let change = bench.store.note(&bench.proof, move |tx| {
        Box::pin(async move {
            let _ = has_read.send(Rules::of(tx, &name).await?.say().len());
            ending.await.map_err(|_| Error::Internal)
        })
    });
    let meanwhile = async {
        assert_eq!(was_read.await, Ok(0));
        let other = bench.store.note(&bench.proof, move |tx| {
            Box::pin(async move { Rules::of(tx, &beside).await.map(|rules| rules.say().len()) })
        });
        assert_eq!(other.await, Ok(0), "another change does not wait for it");
        let set = pin!(
            bench.store.note(&bench.proof, move |tx| { Box::pin(async move { protections::insert(tx, &rule).await }) })
        );
        let sql = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
        let waits = pin!(eventually("who sets a rule waits", async || {
            bench.store.one(sql, vec![]).await.unwrap().is_some()
        }));
        let Either::Right(((), set)) = select(set, waits).await else {
            panic!("it was set beside a change that did not see it");
        };
        end.send(()).unwrap();
        set.await
    };
    assert_eq!(join(change, meanwhile).await, (Ok(()), Ok(())));
}
