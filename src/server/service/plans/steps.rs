//! Deletes of more tags than go well in one request: a job takes them in parts, in the name of who asked. Each part is
//! one transaction, which asks rights and rules again, and leaves alone what names something else by now. Images of a
//! registry elsewhere go last, when their tags are gone.

mod images;
mod there;

use super::act::{Content, Done, deleting, twice};
use super::sealed::{Asked, Plan, Planned};
use crate::domain::action::{Bookkeeping, DeleteTags};
use crate::domain::run::RunKind;
use crate::domain::{Digest, Error, RepositoryName, Result, Scope, Tag};
use crate::server::access::{Authorized, Caller};
use crate::server::context::App;
use crate::server::service::elsewhere;
use crate::server::service::jobs;
use crate::server::store::deletes::Deleting;
use crate::server::store::plans::Redeemed;
use crate::server::store::radius::{Reader, named};
use crate::server::store::runs::{self, Part, Progress, Run, Tally};
use crate::server::store::{Change, Tx, going, plans, repositories};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The most tags that go at once: of the hosted registry, and of one elsewhere, where each takes some requests.
const AT_ONCE: u64 = 500;
const AT_ONCE_ELSEWHERE: u64 = 20;
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
    takes_images: bool,
}

/// Whether this is more than goes at once, where so many tags go. An image that is here goes with all its tags in one
/// transaction.
fn is_much(app: &App, asked: &Asked, n_tags: u64) -> Result<bool> {
    let Asked::Content { repository, digests, .. } = asked else { return Ok(false) };
    match elsewhere::of(app, repository)? {
        Some(_) => Ok(n_tags > AT_ONCE_ELSEWHERE),
        None => Ok(digests.is_empty() && n_tags > AT_ONCE),
    }
}

/// The same, of what would go now.
pub(super) async fn is_much_now<A: Planned>(app: &App, proof: &Authorized<A>, seen: Option<&Digest>) -> Result<bool> {
    let asked = proof.action().asked();
    let Asked::Content { repository, tags, digests, .. } = &asked else { return Ok(false) };
    if digests.is_empty() || elsewhere::of(app, repository)?.is_none() {
        return is_much(app, &asked, tags.len() as u64);
    }
    let (named, expected) = ((tags.clone(), digests.clone()), (proof.rights(), seen.cloned()));
    let found = Content::of(app, repository.clone(), named, expected)?.now(app).await?;
    is_much(app, &asked, found.radius.tags.len() as u64)
}

/// # Errors
/// [`Error::Conflict`] for more than is done without a plan.
pub(super) async fn require_little<A: Planned>(app: &App, proof: &Authorized<A>) -> Result<()> {
    match is_much_now(app, proof, None).await? {
        true => Err(Error::Conflict(format!(
            "this takes more than {AT_ONCE_ELSEWHERE} tags along, and so many go by a job there: ask for a preview, and \
             redeem its plan"
        ))),
        false => Ok(()),
    }
}

/// What a preview says of that.
pub(super) fn note(app: &App, asked: &Asked, n_tags: u64) -> Vec<String> {
    let is_much = is_much(app, asked, n_tags).unwrap_or_default();
    let words = "So many tags go by a job: its page shows how far it is, and takes all of it back";
    is_much.then(|| words.to_owned()).into_iter().collect()
}

/// Starts the run that does what a plan says, if that is what would go now. Returns the run.
pub(super) async fn start<A: Planned>(app: &App, proof: &Authorized<A>, plan: &Plan) -> Result<String> {
    let Asked::Content { repository, tags, digests, .. } = proof.action().asked() else { return Err(Error::Internal) };
    let part = if elsewhere::of(app, &repository)?.is_some() { PART_ELSEWHERE } else { PART };
    let expected = (proof.rights(), Some(plan.print.clone()));
    let found = Content::of(app, repository.clone(), (tags.clone(), digests), expected)?.now(app).await?;
    let (lines, images) = images::apart(&found, &tags);
    let takes_images = !images.is_empty();
    let parts = lines.chunks(part).map(|some| (some.join("\n"), some.len() as u64));
    let parts: Vec<(String, u64)> = parts.chain(images.into_iter().map(|image| (image, 1))).collect();
    let to_delete = ToDelete {
        batch: plan.id.clone(),
        repository_id: found.repository.id,
        repository: repository.clone(),
        n_tags: lines.len() as u64,
        takes_images,
    };
    let params = serde_json::to_string(&to_delete).map_err(|_| Error::Internal)?;
    let new = jobs::new_run(app, proof, RunKind::Delete, Scope::Repository(repository), params)?;
    let (id, batch) = (new.id.clone(), plan.id.clone());
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if plans::current(tx, &batch).await?.is_some() {
                return Err(twice());
            }
            jobs::start(tx, &new).await?;
            runs::add_parts(tx, &new.id, &parts).await?;
            plans::redeem(tx, &batch, &Redeemed::Run(new.id.clone()), new.at).await?;
            let what = match to_delete.n_tags {
                0 => String::new(),
                1 => "1 tag, ".to_owned(),
                n_tags => format!("{n_tags} tags, "),
            };
            let after = format!("{what}by the job {}", new.id);
            Ok(Change::new((), None, Some(after)))
        })
    });
    write.await?;
    Ok(id)
}

/// One step of a run: the next part.
pub async fn step(app: &App, run: &Run) -> Result<Progress> {
    jobs::require(app, &run.params)?;
    let to_delete: ToDelete = run.asked()?;
    let mut to = Progress::of(run);
    let next = runs::next_part(&app.store, &run.id).await?;
    if let Some(part) = &next {
        let caller = app.identity.on_behalf(run).await?;
        to.said.extend(Deletes { app, run, caller, to_delete: &to_delete }.take(part).await?);
    }
    let tally = runs::tally(&app.store, &run.id).await?;
    (to.n_done, to.n_total, to.is_over) = (tally.n_past(), Some(to_delete.n_tags), tally.n_left == 0);
    if to.is_over {
        to.said.push(in_the_end(&tally));
    }
    Ok(to)
}

/// How a run that cannot go on stands, in words that go before why.
pub async fn left(app: &App, run: &Run) -> Result<String> {
    let (tally, next) = (runs::tally(&app.store, &run.id).await?, runs::next_part(&app.store, &run.id).await?);
    let ToDelete { n_tags: of, .. } = run.asked()?;
    let at = next.as_ref().map(|part| images::first(&part.what)).unwrap_or_default();
    let n_done = tally.n_done;
    Ok(format!("{n_done} of {of} tags are deleted. It stopped at {at}; those after it stay as they are"))
}

fn in_the_end(tally: &Tally) -> String {
    let some = |count: u64, one: &str, many: &str| match count {
        0 => String::new(),
        1 => format!(" 1 tag {one}."),
        count => format!(" {count} tags {many}."),
    };
    let deleted =
        if tally.n_done == 1 { "Deleted 1 tag.".to_owned() } else { format!("Deleted {} tags.", tally.n_done) };
    let moved = some(tally.n_moved, "moved meanwhile and stays", "moved meanwhile and stay");
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
        let content = Content::of(self.app, name.clone(), (tags, vec![]), (proof.rights(), None))?;
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
