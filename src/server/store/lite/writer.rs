//! The one thread that writes: it gathers whatever is waiting into one fsynced transaction, each change in
//! its own savepoint, and answers when all of it is durable. What need not last at once has transactions of its own, which
//! end without waiting for the disk, after all that was there beside it.

use super::super::Tx;
use super::super::change::{Lasting, Step};
use super::super::moment::Moments;
use super::super::tx::Engine;
use super::failure;
use crate::domain::{Error, Result, Scope};
use crate::server::events::Events;
use rusqlite::Connection;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tracing::Span;

/// The most changes that share a transaction.
const BATCH: usize = 256;

/// After so much work a transaction ends with what it has: who wrote little does not wait for who writes much.
const ENOUGH: Duration = Duration::from_millis(50);

/// A change in the writer's queue.
pub(super) struct Waiting {
    lasting: Lasting,
    change: Option<Step>,
    result: Option<Result<Vec<Scope>>>,
    reply: oneshot::Sender<Result<()>>,
    /// The request that asks for it, for what the log says.
    span: Span,
}

impl Waiting {
    /// A change for whoever holds the other end of `reply`.
    pub(super) fn new(lasting: Lasting, change: Step, reply: oneshot::Sender<Result<()>>) -> Self {
        Self { lasting, change: Some(change), result: None, reply, span: Span::current() }
    }

    /// Runs inside a savepoint; `false` asks to undo it.
    fn run(&mut self, tx: &mut Tx) -> bool {
        let Some(change) = self.change.take() else { return false };
        // On this engine every step of the change is ready at once, so nothing ever waits here.
        let run = || catch_unwind(AssertUnwindSafe(|| futures::executor::block_on(change(tx))));
        let result = self.span.in_scope(run).unwrap_or(Err(Error::Internal));
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    /// Once the batch is durable or has failed: says what has changed, and then answers the caller.
    fn finish(self, committed: Result<()>, events: &Events) {
        let result = match (self.result, committed) {
            (Some(Err(own)), _) => Err(own),
            (Some(Ok(changed)), committed) => committed.map(|()| changed),
            (None, committed) => Err(committed.err().unwrap_or(Error::Internal)),
        };
        let answer = result.map(|changed| changed.into_iter().for_each(|scope| events.changed_in(scope)));
        let _ = self.reply.send(answer); // The caller may have gone; the change stands.
    }
}

pub(super) fn run(mut connection: Connection, waiting: &mpsc::Receiver<Waiting>, moments: &Moments, events: &Events) {
    while let Ok(first) = waiting.recv() {
        let mut batch = gather(first, waiting);
        while !batch.is_empty() {
            let (back, done, committed) = run_batch(connection, &mut batch, moments);
            connection = back;
            done.into_iter().for_each(|change| change.finish(committed.clone(), events));
        }
    }
}

/// What waits, that first which somebody waits for the disk with.
fn gather(first: Waiting, waiting: &mpsc::Receiver<Waiting>) -> VecDeque<Waiting> {
    let mut batch: Vec<_> = std::iter::once(first).chain(waiting.try_iter().take(BATCH - 1)).collect();
    batch.sort_by_key(|change| change.lasting);
    batch.into()
}

/// One transaction: every change in its savepoint, one commit, one fsync at most. Takes from `batch` as much as one
/// transaction holds: the rest is left for the next after [`ENOUGH`] of work, where it is to last otherwise, or where
/// SQLite gives one up by itself (a full disk).
fn run_batch(
    connection: Connection,
    batch: &mut VecDeque<Waiting>,
    moments: &Moments,
) -> (Connection, Vec<Waiting>, Result<()>) {
    let lasting = batch.front().map_or(Lasting::AtOnce, |change| change.lasting);
    let begin = match lasting {
        Lasting::AtOnce => "PRAGMA synchronous = FULL; BEGIN IMMEDIATE",
        Lasting::WithTheNext => "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE",
    };
    if let Err(error) = connection.execute_batch(begin) {
        return (connection, batch.drain(..).collect(), Err(failure(error)));
    }
    let (mut tx, mut done, mut is_sound) = (Tx::from(Engine::Lite(connection)), Vec::new(), true);
    let started = Instant::now();
    while is_sound
        && (done.is_empty() || started.elapsed() < ENOUGH)
        && let Some(mut change) = batch.pop_front_if(|change| change.lasting == lasting)
    {
        is_sound = in_savepoint(&mut tx, &mut change).is_ok() && tx.is_open();
        done.push(change);
    }
    let Engine::Lite(connection) = tx.engine else { unreachable!("the writer only makes SQLite transactions") };
    let lost = || Error::Unavailable("a change that shared the disk with this one failed; try again".to_owned());
    let _changing = moments.change();
    let ended = if is_sound { connection.execute_batch("COMMIT").map_err(failure) } else { Err(lost()) };
    if ended.is_err() {
        let _ = connection.execute_batch("ROLLBACK"); // SQLite may have done so by itself.
    }
    (connection, done, ended)
}

/// # Errors
/// If the savepoint could not be made or closed: then the transaction must not be committed.
fn in_savepoint(tx: &mut Tx, change: &mut Waiting) -> Result<()> {
    let step = |sql: &str, tx: &Tx| match &tx.engine {
        Engine::Lite(connection) => connection.execute_batch(sql).map_err(failure),
        Engine::Pg(_) => Ok(()),
    };
    step("SAVEPOINT change", tx)?;
    match change.run(tx) {
        _ if !tx.is_open() => Ok(()), // Nothing is left to close.
        true => step("RELEASE change", tx),
        false => step("ROLLBACK TO change; RELEASE change", tx),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Value;
    use super::super::Lite;
    use super::*;

    fn add(id: i64, bytes: usize) -> Step {
        Box::new(move |tx| {
            Box::pin(async move {
                let params = vec![Value::from(id), Value::from(vec![7; bytes])];
                tx.run("INSERT INTO kept (id, content) VALUES ($1, $2)", params).await?;
                Ok(vec![])
            })
        })
    }

    fn add_slowly(id: i64) -> Step {
        Box::new(move |tx| {
            let started = Instant::now();
            while started.elapsed() < ENOUGH {
                std::hint::spin_loop();
            }
            add(id, 1)(tx)
        })
    }

    fn now(change: Step, reply: oneshot::Sender<Result<()>>) -> Waiting {
        Waiting::new(Lasting::AtOnce, change, reply)
    }

    #[test]
    fn what_need_not_last_at_once_waits_for_no_disk_and_comes_last() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = super::super::connect(&folder.path().join("test.db")).unwrap();
        connection.execute_batch("CREATE TABLE kept (id BIGINT PRIMARY KEY, content BLOB)").unwrap();
        let (waits, waiting) = mpsc::channel::<Waiting>();
        for (id, lasting) in [(0, Lasting::WithTheNext), (1, Lasting::AtOnce), (2, Lasting::WithTheNext)] {
            waits.send(Waiting::new(lasting, add(id, 1), oneshot::channel().0)).unwrap();
        }
        let mut batch = gather(waiting.recv().unwrap(), &waiting);
        for expected in [(1, 2), (2, 1)] {
            let (back, done, committed) = run_batch(connection, &mut batch, &Moments::default());
            connection = back;
            let synchronous: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap();
            assert_eq!((done.len() as i64, synchronous), expected, "FULL is 2 and NORMAL is 1");
            assert!(committed.is_ok());
        }
        assert!(batch.is_empty());
    }

    #[test]
    fn who_writes_little_does_not_wait_for_all_of_the_batch() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE kept (id BIGINT PRIMARY KEY, content BLOB)").unwrap();
        let (mut answers, mut batch) = (vec![], VecDeque::<Waiting>::new());
        let mut ask = || {
            let (reply, answer) = oneshot::channel::<Result<()>>();
            answers.push(answer);
            reply
        };
        batch.push_back(now(add(1, 1), ask()));
        batch.push_back(now(add_slowly(0), ask()));
        batch.push_back(now(add(2, 1), ask()));
        let (connection, done, committed) = run_batch(connection, &mut batch, &Moments::default());
        assert_eq!((done.len(), batch.len(), committed.is_ok()), (2, 1, true), "it ends with the long one");
        done.into_iter().for_each(|change| change.finish(Ok(()), &Events::default()));
        assert!(answers.remove(0).try_recv().is_ok_and(|answer| answer.is_ok()), "and is answered before the rest");
        let (_, done, _) = run_batch(connection, &mut batch, &Moments::default());
        assert_eq!((done.len(), batch.len()), (1, 0));
    }

    #[tokio::test]
    async fn a_full_disk_fails_what_it_undoes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let lite = Lite::open(&folder.path().join("test.db"), Events::default()).unwrap();
        for sql in ["CREATE TABLE kept (id BIGINT PRIMARY KEY, content BLOB)", "PRAGMA max_page_count = 40"] {
            let set_up: Step = Box::new(move |tx| Box::pin(async move { tx.all(sql, vec![]).await.map(|_| vec![]) }));
            lite.write(Lasting::AtOnce, set_up).await.unwrap();
        }
        // They wait in the queue together, so they share transactions; the third is too large.
        let sizes = (0..30).map(|id| (id, if id == 2 { 1 << 20 } else { 10 }));
        let answers =
            futures::future::join_all(sizes.map(|(id, bytes)| lite.write(Lasting::AtOnce, add(id, bytes)))).await;
        let acknowledged: Vec<i64> = (0..30).filter(|id| answers[*id as usize].is_ok()).collect();
        let kept = lite.query("SELECT id FROM kept ORDER BY id", &[]).unwrap();
        let kept: Vec<i64> = kept.into_iter().map(|mut row| row.take().unwrap()).collect();
        assert_eq!(acknowledged, kept, "what was acknowledged is there, and nothing else");
        assert!((3..30).all(|id| kept.contains(&id)), "what came after it has a transaction of its own: {kept:?}");
        let full = answers[2].clone().unwrap_err().to_string();
        assert!(full.contains("disk is full"), "{full}");
    }
}
