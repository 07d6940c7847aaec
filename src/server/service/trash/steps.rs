//! Brings back what one request deleted, where that is much: a job takes some entries at a time, in the name of who asked.
//! What cannot come back stays in the trash, and is said.

use super::home::is_elsewhere;
use super::{by_repository, restore, restoring_all};
use crate::domain::action::{ReadJob, RestoreTrash};
use crate::domain::error::What;
use crate::domain::run::RunKind;
use crate::domain::trash::{Over, TrashRow};
use crate::domain::view::InTrash;
use crate::domain::{Error, Permission, RepositoryName, Result, Scope};
use crate::server::access::{Authorized, Caller};
use crate::server::context::App;
use crate::server::service::{long_work, may};
use crate::server::store::runs::{Progress, Run};
use crate::server::store::{repositories, trash};
use serde::{Deserialize, Serialize};

/// Entries of one step: of the hosted registry, and of one elsewhere.
const PART: u32 = 100;
const PART_ELSEWHERE: u32 = 5;
/// How many of those that stay are named.
const MAX_NAMED: u64 = 20;

/// What a run is asked for.
#[derive(Serialize, Deserialize)]
struct ToRestore {
    batch: String,
    /// The repository that it is of, or one of them: all that one request deletes is at one registry.
    repository: RepositoryName,
    #[serde(default)]
    is_of_several: bool,
    n: u64,
    over: Over,
}

/// Where a run stands.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Place {
    /// The last entry that was looked at.
    after: String,
    /// Whether any came back since the beginning was looked at last: another may come with it then.
    came: bool,
    /// Those that did not come back, since then.
    n_stay: u64,
    /// How many came back; not known at the beginning, and where it begins anew.
    #[serde(default)]
    n_back: Option<u64>,
}

/// What a run that deletes or restores says of where its things are.
#[derive(Deserialize)]
struct OfBatch {
    batch: String,
    repository: RepositoryName,
    #[serde(default)]
    is_of_several: bool,
}

/// What of a job is in the trash, and whether the reader of its page may bring that back, by the first of it.
pub async fn of_job(app: &App, proof: &Authorized<ReadJob>, params: &str) -> Result<InTrash> {
    const LOOKED_AT: u32 = 50;
    let OfBatch { batch, repository, is_of_several } = serde_json::from_str(params).map_err(|_| Error::Internal)?;
    let first = trash::of_batch_after(&app.store, &batch, "", LOOKED_AT).await?;
    let of = by_repository(first.into_iter().map(|entry| entry.row).collect());
    let may_restore = !of.is_empty() && of.iter().all(|(name, rows)| may(proof, &restoring_all(name, rows)));
    let n = n_left(app, &batch).await?;
    let is_kept = app.mount(&repository).is_none_or(|mount| mount.keeps_trash);
    Ok(InTrash { repository: (!is_of_several).then_some(repository), batch, n, may_restore, is_kept })
}

/// Starts the run that brings all of a batch back, by a proof for each repository that it is of. Returns the run.
///
/// # Errors
/// Not found without any.
pub(super) async fn start(app: &App, proofs: &[&Authorized<RestoreTrash>], batch: &str, over: Over) -> Result<String> {
    let first = *proofs.first().ok_or(Error::NotFound(What::Trash))?;
    let to_restore = ToRestore {
        batch: batch.to_owned(),
        repository: first.action().what.repository().clone(),
        is_of_several: proofs.len() > 1,
        n: n_left(app, batch).await?,
        over,
    };
    let params = serde_json::to_string(&to_restore).map_err(|_| Error::Internal)?;
    let new = long_work::new_run(app, first, RunKind::Restore, place(first, proofs), params)?;
    long_work::begin_by_each(app, proofs, new).await
}

/// Where a run is: the least that holds all of its repositories, for who may see and steer it there. For who holds less it is
/// where the first of them is, so that what they began stays theirs.
fn place(first: &Authorized<RestoreTrash>, proofs: &[&Authorized<RestoreTrash>]) -> Scope {
    let own = Scope::Repository(first.action().what.repository().clone());
    let holds_all = |scope: &Scope| proofs.iter().all(|proof| scope.covers(proof.action().what.repository()));
    let is_theirs =
        |scope: &Scope| first.rights().hold(&[RunKind::Restore.needs_to_see(scope), RunKind::Restore.needs(scope)]);
    own.line().into_iter().rev().find(holds_all).filter(is_theirs).unwrap_or(own)
}

/// One step of a run: some entries.
pub async fn step(app: &App, run: &Run) -> Result<Progress> {
    long_work::require(app, &run.params)?;
    let (to_restore, mut place): (ToRestore, Place) = (run.asked()?, run.stands()?);
    let mut to = Progress::of(run);
    let first = trash::of_batch_after(&app.store, &to_restore.batch, &place.after, 1).await?;
    let is_elsewhere = first.first().is_some_and(|entry| is_elsewhere(app, &entry.mount_id));
    let part = if is_elsewhere { PART_ELSEWHERE } else { PART };
    let entries = trash::of_batch_after(&app.store, &to_restore.batch, &place.after, part).await?;
    let rows: Vec<TrashRow> = entries.into_iter().map(|entry| entry.row).collect();
    let mut n_back = match place.n_back {
        Some(n_back) => n_back,
        None => n_back_of(app, &to_restore).await?,
    };
    match rows.last() {
        Some(last) => {
            place.after.clone_from(&last.id);
            let n = rows.len();
            let stay = bring_back(app, run, &to_restore, rows).await?;
            place.came |= stay.len() < n;
            n_back += (n - stay.len()) as u64;
            place.n_back = Some(n_back);
            let left = MAX_NAMED.saturating_sub(place.n_stay);
            place.n_stay += stay.len() as u64;
            to.said.extend(stay.into_iter().take(usize::try_from(left).unwrap_or_default()));
        }
        None if place.came && place.n_stay > 0 => place = Place::default(),
        None => to.is_over = true,
    }
    (to.n_done, to.n_total) = (n_back.min(to_restore.n), Some(to_restore.n));
    if to.is_over {
        // What came back with another was not counted, nor is known what is new in the trash since.
        to.n_done = n_back_of(app, &to_restore).await?;
        to.said.push(in_the_end(to.n_done, n_left(app, &to_restore.batch).await?));
    }
    to.place = serde_json::to_string(&place).map_err(|_| Error::Internal)?;
    Ok(to)
}

/// How a run that cannot go on stands, in words that go before why.
pub async fn left(app: &App, run: &Run) -> Result<String> {
    let to_restore: ToRestore = run.asked()?;
    let n_left = n_left(app, &to_restore.batch).await?;
    let (n, n_back) = (to_restore.n, to_restore.n.saturating_sub(n_left));
    Ok(format!("{n_back} of {n} are back, and the others are in the trash still"))
}

async fn n_back_of(app: &App, to_restore: &ToRestore) -> Result<u64> {
    Ok(to_restore.n.saturating_sub(n_left(app, &to_restore.batch).await?))
}

async fn n_left(app: &App, batch: &str) -> Result<u64> {
    trash::n_of_batch(&app.store, batch).await
}

fn in_the_end(n_back: u64, n_left: u64) -> String {
    match n_left {
        0 => format!("All {n_back} are back."),
        n_left => format!("{n_back} are back; {n_left} could not come back and stay in the trash."),
    }
}

/// Brings entries back, those of each repository by themselves. Returns why some stay.
async fn bring_back(app: &App, run: &Run, to_restore: &ToRestore, rows: Vec<TrashRow>) -> Result<Vec<String>> {
    let ToRestore { repository, is_of_several, over, .. } = to_restore;
    if !is_of_several && repositories::find(&app.store, repository).await?.is_none() {
        return Err(Error::Conflict(format!("{repository} is not there any more; restore that first")));
    }
    let (caller, mut stay) = (app.identity.on_behalf(run).await?, Vec::new());
    for (name, rows) in by_repository(rows) {
        stay.extend(bring_back_of(app, (&caller, over), (&name, &rows)).await?);
    }
    Ok(stay)
}

/// Who brings something back, and over what.
type Who<'a> = (&'a Caller, &'a Over);

/// Those of a repository, in one transaction or, where one of them cannot come, each by itself. Returns why some stay.
async fn bring_back_of(app: &App, who: Who<'_>, (name, rows): (&RepositoryName, &[TrashRow])) -> Result<Vec<String>> {
    match some(app, who, (name, rows)).await {
        Err(failure) if stays(&failure) || is_gone(&failure) => {}
        done => return done.map(|()| vec![]),
    }
    let mut stay = Vec::new();
    for row in rows {
        match some(app, who, (name, std::slice::from_ref(row))).await {
            Err(failure) if stays(&failure) => stay.push(format!("{} stays: {failure}.", row.words())),
            Err(failure) if is_gone(&failure) => {} // It came with another, or somebody brought it back.
            done => done?,
        }
    }
    Ok(stay)
}

/// Whether this is about one entry, and no reason to leave the others.
fn stays(failure: &Error) -> bool {
    matches!(
        failure,
        Error::Conflict(_)
            | Error::ReadOnly(_)
            | Error::Protected(_)
            | Error::Changed { .. }
            | Error::Forbidden(Permission::TagMove | Permission::TrashRestore)
    )
}

fn is_gone(failure: &Error) -> bool {
    matches!(failure, Error::NotFound(What::Trash))
}

async fn some(app: &App, (caller, over): Who<'_>, (name, rows): (&RepositoryName, &[TrashRow])) -> Result<()> {
    let proof = app.access.authorize(caller, restoring_all(name, rows)).await?;
    restore(app, &proof, rows.iter().map(|row| row.id.clone()).collect(), over.clone()).await
}
