//! Deletes of more tags than go well in one request: a job takes them in parts, in the name of who asked. Each part is
//! one transaction, which asks rights and rules again, and leaves alone what names something else by now. Images of a
//! registry elsewhere go last, when their tags are gone.

mod images;
mod much;
mod there;

pub(super) use much::{is_much_now, note, require_little};

use super::act::{Content, Done, deleting, twice};
use super::sealed::{Asked, Plan, Planned};
use crate::domain::action::{Bookkeeping, DeleteTags};
use crate::domain::run::RunKind;
use crate::domain::{Digest, Error, RepositoryName, Result, Scope, Tag};
use crate::server::access::{Authorized, Caller};
use crate::server::context::App;
use crate::server::service::elsewhere;
use crate::server::service::long_work;
use crate::server::store::deletes::Deleting;
use crate::server::store::plans::Redeemed;
use crate::server::store::radius::{Reader, named};
use crate::server::store::runs::{self, Part, Progress, Run, Tally};
use crate::server::store::{Change, Tx, going, plans, repositories};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How many tags a part has.
const PART: usize = 200;
const PART_ELSEWHERE: usize = 5;

/// What a run is asked for.
#[derive(Serialize, Deserialize)]
struct ToDelete {
    batch: String,
    repository_id: String,
    repository: RepositoryName,
    n_tags: u64,
    #[serde(default)]
    n_images: u64,
    #[serde(default)]
    takes_images: bool,
    /// Whether the trash was to keep it.
    #[serde(default)]
    is_kept: bool,
}

impl ToDelete {
    /// Whether images are what is counted: where nothing else goes.
    fn counts_images(&self) -> bool {
        self.takes_images && self.n_tags == 0
    }

    /// How much is counted, and what that is, for one and for many.
    fn counted(&self) -> (u64, &'static str, &'static str) {
        if self.counts_images() { (self.n_images, "image", "images") } else { (self.n_tags, "tag", "tags") }
    }
}

/// Starts the run that does what a plan says, if that is what would go now. Returns the run.
pub(super) async fn start<A: Planned>(app: &App, proof: &Authorized<A>, plan: &Plan) -> Result<String> {
    let Asked::Content { repository, tags, digests, .. } = proof.action().asked() else { return Err(Error::Internal) };
    let part = if elsewhere::of(app, &repository)?.is_some() { PART_ELSEWHERE } else { PART };
    let expected = (proof.rights(), Some(plan.print.clone()));
    let content = Content::of(app, repository.clone(), (tags.clone(), digests), expected)?;
    let found = content.now(app).await?;
    let (lines, images) = images::apart(&found, &tags);
    let n_images = images.len() as u64;
    let parts = lines.chunks(part).map(|some| (some.join("\n"), some.len() as u64));
    let parts: Vec<(String, u64)> = parts.chain(images.into_iter().map(|image| (image, 1))).collect();
    let to_delete = ToDelete {
        batch: plan.id.clone(),
        repository_id: found.repository.id,
        repository: repository.clone(),
        n_tags: lines.len() as u64,
        n_images,
        takes_images: n_images > 0,
        is_kept: content.keeps_trash,
    };
    let params = serde_json::to_string(&to_delete).map_err(|_| Error::Internal)?;
    let new = long_work::new_run(app, proof, RunKind::Delete, Scope::Repository(repository), params)?;
    let (id, batch) = (new.id.clone(), plan.id.clone());
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if plans::current(tx, &batch).await?.is_some() {
                return Err(twice());
            }
            long_work::start(tx, &new).await?;
            runs::add_parts(tx, &new.id, &parts).await?;
            plans::redeem(tx, &batch, &Redeemed::Run(new.id.clone()), new.at).await?;
            let after = match to_delete.counted() {
                (1, one, _) => format!("1 {one}, by the job {}", new.id),
                (n, _, many) => format!("{n} {many}, by the job {}", new.id),
            };
            Ok(Change::new((), None, Some(after)))
        })
    });
    write.await?;
    Ok(id)
}

/// One step of a run: the next part.
pub async fn step(app: &App, run: &Run) -> Result<Progress> {
    long_work::require(app, &run.params)?;
    let to_delete: ToDelete = run.asked()?;
    let mut to = Progress::of(run);
    let next = runs::next_part(&app.store, &run.id).await?;
    if let Some(part) = &next {
        let caller = app.identity.on_behalf(run).await?;
        to.said.extend(Deletes { app, run, caller, to_delete: &to_delete }.take(part).await?);
    }
    let tally = runs::tally(&app.store, &run.id).await?;
    (to.n_done, to.n_total, to.is_over) = (tally.n_past(), Some(to_delete.counted().0), tally.n_left == 0);
    if to.is_over {
        to.said.push(in_the_end(&tally, &to_delete));
    }
    Ok(to)
}

/// How a run that cannot go on stands, in words that go before why.
pub async fn left(app: &App, run: &Run) -> Result<String> {
    let (tally, next) = (runs::tally(&app.store, &run.id).await?, runs::next_part(&app.store, &run.id).await?);
    let to_delete: ToDelete = run.asked()?;
    let (of, _, many) = to_delete.counted();
    let at = next.as_ref().map(|part| images::first(&part.what)).unwrap_or_default();
    let n_done = tally.n_done;
    Ok(format!("{n_done} of {of} {many} are deleted. It stopped at {at}; those after it stay as they are"))
}

fn in_the_end(tally: &Tally, to_delete: &ToDelete) -> String {
    let (_, noun, nouns) = to_delete.counted();
    let some = |count: u64, one: &str, many: &str| match count {
        0 => String::new(),
        1 => format!(" 1 {noun} {one}."),
        count => format!(" {count} {nouns} {many}."),
    };
    let deleted = match tally.n_done {
        1 => format!("Deleted 1 {noun}."),
        n_done => format!("Deleted {n_done} {nouns}."),
    };
    let moved = match to_delete.counts_images() {
        true => some(tally.n_moved, "stays", "stay"),
        false => some(tally.n_moved, "moved meanwhile and stays", "moved meanwhile and stay"),
    };
    let gone = some(tally.n_gone, "was gone already", "were gone already");
    format!("{deleted}{moved}{gone}")
}

/// A part of a run on its way.
struct Deletes<'r> {
    app: &'r App,
    run: &'r Run,
    caller: Caller,
    to_delete: &'r ToDelete,
}

/// What a part names, by whether that is so still.
#[derive(Default)]
struct Sorted {
    same: Vec<Tag>,
    moved: BTreeSet<Tag>,
    n_gone: u64,
}

impl Deletes<'_> {
    /// Does a part; what is to be said of it.
    async fn take(&self, part: &Part) -> Result<Option<String>> {
        match images::of(&part.what)? {
            Some((image, with)) => self.take_image(part, image, &read(with)?).await.map(Some),
            None => self.take_tags(part, read(&part.what)?).await.map(|()| None),
        }
    }

    async fn take_tags(&self, part: &Part, wanted: BTreeMap<Tag, Digest>) -> Result<()> {
        let name = &self.to_delete.repository;
        let sorted = self.sorted(&wanted).await?;
        let tags = sorted.same.clone();
        let action = DeleteTags { repository: name.clone(), tags: tags.clone(), filter: None };
        let proof = self.app.access.authorize(&self.caller, action).await?;
        if tags.is_empty() {
            return self.note(&proof, part, (String::new(), after(&part.tally, &sorted, (0, 0))), sorted.moved).await;
        }
        let content = self.content((tags, vec![]), proof.rights())?;
        match elsewhere::of(self.app, name)? {
            Some(elsewhere) => self.take_elsewhere(&proof, (part, wanted, sorted), (content, &elsewhere)).await,
            None => self.take_here(&proof, (part, wanted), content).await,
        }
    }

    /// Notes what came of a part where nothing is deleted. What moved is on its way no more.
    async fn note<A: Bookkeeping>(
        &self,
        proof: &Authorized<A>,
        part: &Part,
        (what, tally): (String, Tally),
        moved: BTreeSet<Tag>,
    ) -> Result<()> {
        let (id, part) = (self.run.id.clone(), part.clone());
        let (batch, repository_id) = (self.to_delete.batch.clone(), self.to_delete.repository_id.clone());
        let noted = self.app.store.note(proof, move |tx| {
            Box::pin(async move {
                going::forget(tx, (&batch, &repository_id), moved.iter()).await?;
                runs::note_part(tx, &id, &part, (&what, tally)).await.map(drop)
            })
        });
        noted.await
    }

    async fn take_here(
        &self,
        proof: &Authorized<DeleteTags>,
        (part, wanted): (&Part, BTreeMap<Tag, Digest>),
        mut content: Content,
    ) -> Result<()> {
        let who = deleting(self.app, proof, self.to_delete.batch.clone());
        let (id, part, repository_id) = (self.run.id.clone(), part.clone(), self.to_delete.repository_id.clone());
        let write = self.app.store.write(proof, move |tx| {
            Box::pin(async move {
                tx.lock(content.name.as_str()).await?;
                let found = repositories::current(tx, &content.name).await?.filter(|it| it.id == repository_id);
                let mut sorted = sort(&mut Reader::Tx(tx), found.map(|it| it.id), &wanted).await?;
                content.tags.retain(|tag| sorted.same.contains(tag));
                // It moved, and came back at this moment.
                sorted.moved.extend(sorted.same.iter().filter(|tag| !content.tags.contains(tag)).cloned());
                let tally = after(&part.tally, &sorted, (content.tags.len(), 0));
                remove(tx, (&id, &part, ("", tally)), (content, &who)).await
            })
        });
        write.await
    }

    async fn sorted(&self, wanted: &BTreeMap<Tag, Digest>) -> Result<Sorted> {
        let found = repositories::find(&self.app.store, &self.to_delete.repository).await?;
        let id = found.map(|it| it.id).filter(|id| *id == self.to_delete.repository_id);
        sort(&mut Reader::Store(&self.app.store), id, wanted).await
    }
}

/// Takes tags away here, and notes what came of the part; nothing where somebody else did some of it meanwhile.
async fn remove(
    tx: &mut Tx,
    (id, part, after): (&str, &Part, (&str, Tally)),
    (content, who): (Content, &Deleting),
) -> Result<Change<()>> {
    if !runs::note_part(tx, id, part, after).await? || content.tags.is_empty() {
        return Ok(Change::new((), None, None));
    }
    let Done { before, changed, .. } = content.delete(tx, who).await?;
    let change = Change::new((), Some(before), Some(format!("in the trash as {}", who.batch)));
    Ok(changed.into_iter().fold(change, Change::announcing))
}

/// What came of a part after these went and those are left; what was sorted out is counted.
fn after(before: &Tally, sorted: &Sorted, (n_went, n_left): (usize, usize)) -> Tally {
    Tally {
        n_left: n_left as u64,
        n_done: before.n_done + n_went as u64,
        n_moved: before.n_moved + sorted.moved.len() as u64,
        n_gone: before.n_gone + sorted.n_gone,
    }
}

async fn sort(reader: &mut Reader<'_>, id: Option<String>, wanted: &BTreeMap<Tag, Digest>) -> Result<Sorted> {
    let tags: Vec<Tag> = wanted.keys().cloned().collect();
    let there = match id {
        Some(id) => named(reader, &id, &tags).await?,
        None => BTreeMap::new(),
    };
    let mut sorted = Sorted::default();
    for tag in tags {
        match there.get(&tag) {
            None => sorted.n_gone += 1,
            named if named == wanted.get(&tag) => sorted.same.push(tag),
            Some(_) => drop(sorted.moved.insert(tag)),
        }
    }
    Ok(sorted)
}

fn read(what: &str) -> Result<BTreeMap<Tag, Digest>> {
    let line = |line: &str| Some((line.split_once(' ')?.0.parse().ok()?, line.split_once(' ')?.1.parse().ok()?));
    what.lines().map(|it| line(it).ok_or(Error::Internal)).collect()
}
