//! People who push straight at CNCF distribution 2.8 and others who set, delete, bring back, roll back and purge there by
//! Portolan, all at once, while Portolan reads it. They have tags and images of their own, share images with all others,
//! and fight over some tags. In the end all that was acknowledged and that nobody deleted is at the registry itself.

mod board;
mod console;
mod person;
mod place;
mod upstream;
mod whole;

use crate::support::process::Distribution;
use crate::support::{TestApp, crowds, eventually};
use async_trait::async_trait;
use board::Board;
use person::Person;
use portolan::domain::Timestamp;
use portolan::server::access::Policy;
use portolan::server::app::Choices;
use portolan::server::clock::{Clock, SystemClock};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use upstream::Upstream;
use whole::{hidden, is_read, is_whole, kept};

/// Where all of them work, as the registry calls it.
const REPOSITORIES: [&str; 2] = ["common/web", "common/api"];
/// Tags that all of them change.
const BOTH: [&str; 2] = ["latest", "prod"];
const PEOPLE: usize = 5;
const STEPS: usize = 30;
const HOUR_MS: i64 = 3_600_000;

/// How often what happened.
type Met = BTreeMap<&'static str, usize>;

/// What has to come about, or nothing is shown.
const PUSHED: [&str; 3] = ["pushed", "pushed an index", "signed"];
/// Who is at the console goes on until they did each of these.
const AT_THE_CONSOLE: [&str; 6] = ["moved", "deleted", "restored", "rolled back", "purged", "changed with others"];

/// The machine's clock, which can be set forward.
struct AheadClock(AtomicI64);

#[async_trait]
impl Clock for AheadClock {
    fn now(&self) -> Timestamp {
        Timestamp(SystemClock.now().0 + self.0.load(Ordering::SeqCst))
    }

    async fn reach(&self, moment: Timestamp) {
        SystemClock.reach(Timestamp(moment.0 - self.0.load(Ordering::SeqCst))).await;
    }
}

#[test]
fn what_a_crowd_was_told_at_an_old_registry_and_nobody_deleted_is_there() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let mut met: Met = BTreeMap::new();
    for seed in crowds() {
        println!("seed {seed}");
        let Some(people) = runtime.block_on(one_crowd(seed)) else { return };
        people.iter().flat_map(|person| &person.met).for_each(|(what, n)| *met.entry(what).or_default() += n);
    }
    println!("{met:?}");
    assert!(PUSHED.iter().chain(&AT_THE_CONSOLE).all(|what| met.contains_key(what)), "{met:?}");
}

/// The registry keeps its content in memory; for every other crowd in files, where it says for a moment that it fails.
async fn one_crowd(seed: u64) -> Option<Vec<Person>> {
    let (folder, is_calm) = (tempfile::tempdir().unwrap(), seed.is_multiple_of(2));
    let start = if is_calm { Distribution::in_memory } else { Distribution::start };
    let registry = start(folder.path())?;
    let config = format!(
        "[[mounts]]\nprefix = \"up\"\nkind = \"remote\"\nurl = \"http://{}\"\nrefresh_s = 1\nread_only = false\n[[mounts]]\nkind = \"hosted\"",
        registry.host
    );
    let clock = Arc::new(AheadClock(AtomicI64::new(0)));
    let choices = Choices { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..Choices::real(Policy::Grants) };
    let mut test = TestApp::build(&config, choices).await;
    let _jobs = test.start_jobs().await;
    let (upstream, board) = (Upstream { host: registry.host.clone(), is_calm }, Arc::new(Board::default()));
    let works = |number| {
        let person = Person::new((test.again(), upstream.clone(), Arc::clone(&board)), (number, seed));
        tokio::spawn(person.works(STEPS))
    };
    let under_way: Vec<_> = (0..PEOPLE).map(works).collect();
    let mut people = vec![];
    for person in under_way {
        people.push(person.await.unwrap());
    }
    is_whole(&upstream, &board, &people).await;
    eventually("all is read", async || is_read(&test, &upstream).await).await;
    for person in &mut people {
        person.restores_all().await;
    }
    is_whole(&upstream, &board, &people).await;

    // What a delete that gave way left there goes an hour later, and what is in the trash with its time.
    clock.0.fetch_add(2 * HOUR_MS, Ordering::SeqCst);
    eventually("what nothing needs is gone", async || {
        swept(&test, &clock).await;
        kept(&test).await == (hidden(&upstream).await, 0)
    })
    .await;
    is_whole(&upstream, &board, &people).await;
    clock.0.fetch_add(31 * 24 * HOUR_MS, Ordering::SeqCst);
    for person in &mut people {
        person.lets_all_go();
    }
    eventually("what was deleted is gone", async || {
        swept(&test, &clock).await;
        hidden(&upstream).await.is_empty() && kept(&test).await.0.is_empty()
    })
    .await;
    is_whole(&upstream, &board, &people).await;
    Some(people)
}

/// Waits for a sweep that begins now.
async fn swept(test: &TestApp, clock: &AheadClock) {
    let is_over = async || {
        let now = clock.now().0;
        let sql = format!("SELECT COUNT(*) FROM jobs WHERE kind = 'sweep' AND run_at > {now} AND leased_by IS NULL");
        let mut row = test.app.store.one(&sql, vec![]).await.unwrap().unwrap();
        row.take::<i64>().unwrap() == 1
    };
    eventually("a sweep is over", &is_over).await;
    clock.0.fetch_add(HOUR_MS, Ordering::SeqCst);
    eventually("the next sweep is over", &is_over).await;
}
