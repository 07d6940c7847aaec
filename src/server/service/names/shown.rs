//! Pages on which names are given, moved and brought back.

use crate::domain::action::{DeleteImages, DeleteTag, ReadRepository, RollBackTag};
use crate::domain::error::What;
use crate::domain::protection::Act;
use crate::domain::view::{
    Earlier, HistoryQuery, HistoryRow, Leaving, NamingView, RollBackView, RuleMet, Side, TagMay, TagRow, TagThere,
};
use crate::domain::{Action, Digest, Error, Permission, Protection, Reference, RepositoryName, Result, Scope, Tag};
use crate::domain::{Target, page::Position};
use crate::server::access::{Authorized, Rights};
use crate::server::context::App;
use crate::server::service::elsewhere;
use crate::server::service::protections::met;
use crate::server::service::repositories::require;
use crate::server::service::who;
use crate::server::store::protections::{self, Rules};
use crate::server::store::radius::Reader;
use crate::server::store::repositories::Repository;
use crate::server::store::{history, images, tags};

/// The most earlier images of a tag that its page offers, and the moves among which they are sought.
const MAX_EARLIER: usize = 50;
const MAX_MOVES: u32 = 500;

/// What somebody may do with names in a repository, so that pages show no control that would be refused.
pub(in crate::server::service) struct Powers {
    name: RepositoryName,
    rights: Rights,
    /// The rules that cover it.
    rules: Vec<Protection>,
    /// Whether names are changed there at all.
    is_open: bool,
    /// Whether there is any registry to which what is there can be copied.
    has_places: bool,
}

impl Powers {
    /// The powers of a proof's holder in its repository, which a mount keeps.
    pub fn of(app: &App, proof: &Authorized<ReadRepository>, mount_id: &str, rules: Vec<Protection>) -> Self {
        let is_open = app.mounts.find(mount_id).is_some_and(|mount| mount.takes_changes());
        let has_places = app.mounts.now().iter().any(|mount| mount.takes_changes());
        Self { name: proof.action().repository.clone(), rights: proof.rights(), rules, is_open, has_places }
    }

    /// Whether no rule is in their way.
    fn lets(&self, act: Act, tag: &Tag) -> bool {
        !protections::bars(&self.rules, &self.rights, act, (&self.name, tag))
    }

    fn holds(&self, permission: Permission, target: &Target) -> bool {
        self.is_open && self.rights.require(permission, target).is_ok()
    }

    fn hold_all(&self, action: &impl Action) -> bool {
        self.is_open && self.rights.may(action)
    }

    /// Whether they may add some tag, or move some: which ones may depend on their names.
    pub fn adds(&self) -> bool {
        self.holds(Permission::RepositoryPush, &Target::Repository(self.name.clone()))
    }

    fn moves(&self) -> bool {
        self.holds(Permission::TagMove, &Target::Repository(self.name.clone()))
    }

    /// Whether they may give an image a name in one of these ways.
    pub fn name(&self) -> bool {
        self.adds() || self.moves()
    }

    /// Whether they may copy or promote what is there: to another name here, or to some other repository.
    pub fn copy(&self) -> bool {
        self.name() || (self.has_places && self.rights.reach_anywhere(Permission::RepositoryPush))
    }

    /// What they may do with a tag.
    pub fn over(&self, tag: &Tag) -> TagMay {
        let rename = self.adds() && self.deletes(tag);
        TagMay { retag: self.name(), rename, roll_back: self.roll_back(tag, true) }
    }

    /// Whether they may take a tag away.
    pub fn deletes(&self, tag: &Tag) -> bool {
        self.holds_delete(tag) && self.lets(Act::Delete, tag)
    }

    /// The same by their rights alone, whatever rules say.
    fn holds_delete(&self, tag: &Tag) -> bool {
        let repository = self.name.clone();
        self.hold_all(&DeleteTag { repository, tag: tag.clone() })
    }

    /// Whether they may delete an image with these tags, which are all that it has, or with tags that are not known.
    pub fn delete_image(&self, digest: &Digest, tags: Option<&[Tag]>) -> bool {
        let (repository, digests) = (self.name.clone(), vec![digest.clone()]);
        let holds = |target: Target| self.holds(Permission::ManifestDelete, &target);
        let over_all = holds(Target::Scope(Scope::Repository(self.name.clone())));
        let over_each = tags
            .filter(|tags| !tags.is_empty())
            .is_some_and(|tags| tags.iter().all(|tag| holds(Target::Tag(self.name.clone(), tag.clone()))));
        let is_free = tags.unwrap_or_default().iter().all(|tag| self.lets(Act::Delete, tag));
        let is_kept = protections::bars_content(&self.rules, &self.rights, &self.name);
        (over_all || over_each)
            && is_free
            && !is_kept
            && self.hold_all(&DeleteImages { repository, digests, tags: vec![] })
    }

    /// Whether they may bring a tag back to another image, one that is there or one that is not any more.
    pub fn roll_back(&self, tag: &Tag, is_there: bool) -> bool {
        let act = if is_there { Act::Move } else { Act::Create };
        self.holds(Permission::TagMove, &Target::Tag(self.name.clone(), tag.clone())) && self.lets(act, tag)
    }

    /// Whether they may bring an image out of the trash, which takes the right over all of the repository: whatever names it
    /// had, it was deleted as an image.
    pub fn restore_images(&self) -> bool {
        self.holds(Permission::TrashRestore, &Target::Scope(Scope::Repository(self.name.clone())))
    }
}

/// The page on which an image gets a name. At most four statements.
///
/// # Errors
/// [`Error::Forbidden`] for who may neither add nor move a tag here.
pub async fn naming(
    app: &App,
    proof: &Authorized<ReadRepository>,
    reference: Reference,
    wanted: Option<Tag>,
) -> Result<NamingView> {
    app.changeable(&proof.action().repository)?;
    let (found, rules) = repository(app, proof).await?;
    let rule = wanted.as_ref().and_then(|tag| in_the_way(proof, &rules, Act::Move, tag));
    let powers = Powers::of(app, proof, &found.mount_id, rules.say());
    if !powers.name() {
        return Err(Error::Forbidden(Permission::TagMove));
    }
    let repository = proof.action().repository.clone();
    let (tag, side) = match reference {
        Reference::Tag(tag) => {
            let row = there(app, proof, &found, &tag).await?;
            (Some(tag), Side::from(row))
        }
        Reference::Digest(digest) => {
            let side = images::side(&app.store, &found.id, &digest).await?.filter(|side| !side.is_in_trash);
            let absent = || Error::NotFound(What::Manifest { repository: repository.clone(), digest });
            (None, side.ok_or_else(absent)?)
        }
    };
    let wanted = wanted.filter(|wanted| Some(wanted) != tag.as_ref());
    let target = match wanted {
        Some(wanted) => target(app, &powers, &found, &wanted).await?.map(|target| {
            let is_moved = Act::between(Some(&target.side.digest), Some(&side.digest)).is_some();
            TagThere { rule: rule.filter(|_| is_moved), ..target }
        }),
        None => None,
    };
    let (may_add, may_move) = (powers.adds(), powers.moves());
    Ok(NamingView { repository, tag, side, may_add, may_move, target })
}

/// The page on which a tag gets another name.
///
/// # Errors
/// [`Error::Forbidden`] for who may not rename it.
pub async fn renaming(app: &App, proof: &Authorized<ReadRepository>, tag: &Tag) -> Result<TagThere> {
    app.changeable(&proof.action().repository)?;
    let (found, rules) = repository(app, proof).await?;
    let rule = in_the_way(proof, &rules, Act::Delete, tag);
    let powers = Powers::of(app, proof, &found.mount_id, rules.say());
    let row = there(app, proof, &found, tag).await?;
    if !powers.adds() || !powers.holds_delete(tag) {
        return Err(Error::Forbidden(Permission::TagDelete));
    }
    let leaving = elsewhere::leaving(app, &proof.action().repository).await?;
    Ok(TagThere { rule, leaving, ..shown(&powers, row) })
}

/// The page on which a tag goes back. At most four statements.
///
/// # Errors
/// [`Error::Forbidden`] for who may not move it, or not bring the image out of the trash; [`Error::Conflict`] for an image that
/// is gone.
pub async fn rolling_back(
    app: &App,
    proof: &Authorized<ReadRepository>,
    tag: Tag,
    to: Option<Digest>,
) -> Result<RollBackView> {
    app.changeable(&proof.action().repository)?;
    let (found, rules) = repository(app, proof).await?;
    let row = tags::row(&mut Reader::Store(&app.store), &found.id, &tag).await?;
    let digest = to.clone().unwrap_or_else(nothing);
    let names = row.as_ref().filter(|row| row.missing_since.is_none()).map(|row| &row.digest);
    let act = Act::between(names, Some(&digest));
    let rule = act.and_then(|act| in_the_way(proof, &rules, act, &tag));
    let powers = Powers::of(app, proof, &found.mount_id, rules.say());
    let repository = proof.action().repository.clone();
    let action = RollBackTag { repository: repository.clone(), tag: tag.clone(), digest, reason: String::new() };
    if !powers.hold_all(&action) {
        return Err(Error::Forbidden(Permission::TagMove));
    }
    let now = row.map(|row| shown(&powers, row));
    if let Some(digest) = to {
        let side = images::side(&app.store, &found.id, &digest).await?;
        let side = side.ok_or_else(|| images::gone_for_good(&digest))?;
        if side.is_in_trash && !powers.restore_images() {
            return Err(Error::Forbidden(Permission::TrashRestore));
        }
        return Ok(RollBackView { repository, tag, now, to: Some(side), earlier: vec![], rule });
    }
    let query = HistoryQuery { tag: Some(tag.clone()), limit: Some(MAX_MOVES), ..HistoryQuery::default() };
    let moves = history::list(&app.store, &found.id, &query, &Position::Start).await?;
    if moves.items.is_empty() && now.is_none() {
        return Err(Error::NotFound(What::Tag { repository, tag }));
    }
    let mut moves = moves.items;
    who::of_history(&proof.rights(), &mut moves);
    let is_theirs = |it: &HistoryRow| it.from_is_here() || powers.restore_images();
    moves.retain(is_theirs);
    let earlier = earlier(moves, now.as_ref().map(|now| &now.side.digest));
    Ok(RollBackView { repository, tag, now, to: None, earlier, rule })
}

/// The images of moves that can be named again, each once, the last first.
fn earlier(moves: Vec<HistoryRow>, current: Option<&Digest>) -> Vec<Earlier> {
    let mut earlier: Vec<Earlier> = Vec::new();
    for it in moves {
        let Some(digest) = it.from.filter(|from| it.from_is_kept && Some(from) != current) else { continue };
        if earlier.len() < MAX_EARLIER && earlier.iter().all(|other| other.digest != digest) {
            earlier.push(Earlier { digest, side: it.from_side, until: it.when, by: it.by });
        }
    }
    earlier
}

/// A digest that stands for none, where only the right is asked for.
fn nothing() -> Digest {
    let zeros = format!("sha256:{}", "0".repeat(64));
    zeros.parse().expect("sixty-four digits are a digest")
}

/// The proof's repository, and the rules that cover it.
async fn repository(app: &App, proof: &Authorized<ReadRepository>) -> Result<(Repository, Rules)> {
    let name = &proof.action().repository;
    Ok((require(app, name).await?, Rules::now(&app.store, name).await?))
}

/// The rule that keeps the proof's holder from doing something to a tag.
fn in_the_way(proof: &Authorized<ReadRepository>, rules: &Rules, act: Act, tag: &Tag) -> Option<RuleMet> {
    let rights = proof.rights();
    rules.bar(&rights, act, tag).map(|barred| met(&rights, barred, None))
}

/// A tag that has to be there.
async fn there(app: &App, proof: &Authorized<ReadRepository>, found: &Repository, tag: &Tag) -> Result<TagRow> {
    let repository = proof.action().repository.clone();
    let row = tags::row(&mut Reader::Store(&app.store), &found.id, tag).await?;
    row.ok_or_else(|| Error::NotFound(What::Tag { repository, tag: tag.clone() }))
}

async fn target(app: &App, powers: &Powers, found: &Repository, tag: &Tag) -> Result<Option<TagThere>> {
    Ok(tags::row(&mut Reader::Store(&app.store), &found.id, tag).await?.map(|row| shown(powers, row)))
}

fn shown(powers: &Powers, row: TagRow) -> TagThere {
    let (tag, moved) = (row.tag.clone(), who::of_move(&powers.rights, row.moved.clone()));
    let may = powers.over(&tag);
    TagThere { tag, side: Side::from(row), moved, may, rule: None, leaving: Leaving::default() }
}
