//! What a copy would do, before it is done.

use super::{notes, stays, takes_job};
use crate::domain::action::ReadRepository;
use crate::domain::error::What;
use crate::domain::manifest::Kind;
use crate::domain::protection::Act;
use crate::domain::radius::{Graph, Node};
use crate::domain::view::{CopyPlan, CopyQuery, CopyRow, MAX_COPIED, Moved, RuleMet, Side};
use crate::domain::{ByteSize, Digest, Error, Permission, RepositoryName, Result, Tag, Target};
use crate::server::access::{Authorized, Rights};
use crate::server::context::App;
use crate::server::identity::secrets::fingerprint_of;
use crate::server::service::elsewhere;
use crate::server::service::names::Powers;
use crate::server::service::protections::met;
use crate::server::service::repositories::require;
use crate::server::service::tags::matching;
use crate::server::service::who;
use crate::server::store::protections::{By, Rules};
use crate::server::store::radius::{Bound, Reader, Start, graph, named};
use crate::server::store::repositories::{self, Repository};
use crate::server::store::{copies, tags};
use std::collections::{BTreeMap, BTreeSet};

/// What is copied.
pub(super) struct Source {
    pub name: RepositoryName,
    pub found: Repository,
    pub tags: BTreeMap<Tag, Digest>,
}

impl Source {
    pub(super) async fn of(app: &App, proof: &Authorized<ReadRepository>, query: &CopyQuery) -> Result<Self> {
        let name = proof.action().repository.clone();
        let found = require(app, &name).await?;
        if !Powers::of(app, proof, &found.mount_id, vec![]).copy() {
            return Err(Error::Forbidden(Permission::RepositoryPush));
        }
        let asked = match query.filter.as_str() {
            "" => query.tags.clone(),
            filter => matching(app, proof, filter).await?,
        };
        if asked.is_empty() {
            return Err(Error::invalid("tag", "no tag is selected; select some in the list first"));
        }
        if asked.len() > MAX_COPIED {
            return Err(Error::invalid("tag", format!("at most {MAX_COPIED} tags are copied at once; select fewer")));
        }
        let tags = named(&mut Reader::Store(&app.store), &found.id, &asked).await?;
        match asked.into_iter().find(|tag| !tags.contains_key(tag)) {
            Some(tag) => Err(Error::NotFound(What::Tag { repository: name, tag })),
            None => Ok(Self { name, found, tags }),
        }
    }

    /// The tag, where it is a single one.
    pub(super) fn one(&self) -> Option<(&Tag, &Digest)> {
        self.tags.iter().next().filter(|_| self.tags.len() == 1)
    }

    pub(super) async fn plan(
        &self,
        app: &App,
        proof: &Authorized<ReadRepository>,
        query: &CopyQuery,
    ) -> Result<CopyPlan> {
        let (to, names) = self.destination(query)?;
        let there = self.reach(app, proof, &to).await?;
        let by_job = takes_job(app, &self.name, &to).map_err(|error| Error::invalid("to", error.to_string()))?;
        let mut now = match &there {
            Some(there) => {
                let names: Vec<Tag> = names.values().cloned().collect();
                named(&mut Reader::Store(&app.store), &there.id, &names).await?
            }
            None => BTreeMap::new(),
        };
        let row = |(tag, name): (Tag, Tag)| {
            let digest = self.tags[&tag].clone();
            CopyRow { tag, digest, now: now.remove(&name), name }
        };
        let rows: Vec<CopyRow> = names.into_iter().map(row).collect();
        let (n_images, bytes, graph) = self.weigh(app, &to, there.as_ref()).await?;
        let in_force = Rules::now(&app.store, &to).await?;
        let (rules, barred) = barred(&proof.rights(), &in_force, &rows);
        let notes = notes(&graph, |tag| rows.iter().any(|row| row.name == *tag));
        let left = left(app, there.as_ref(), (&in_force, &proof.rights()), notes).await?;
        let (now, then) = self.sides(app, there.as_ref(), &rows).await?;
        let now = now.map(|(side, moved)| (side, who::of_move(&proof.rights(), moved)));
        let seen = seen(&rows);
        let is_final = rows.iter().any(|row| row.now.is_none()) && elsewhere::deletes_nothing_at(app, &to).await?;
        let is_new = there.is_none();
        Ok(CopyPlan { is_new, by_job, to, rows, now, then, n_images, bytes, left, rules, barred, is_final, seen })
    }

    /// The repository that was typed, and what each tag is called there.
    fn destination(&self, query: &CopyQuery) -> Result<(RepositoryName, BTreeMap<Tag, Tag>)> {
        let wrong = |field: &'static str| move |error: Error| Error::invalid(field, error.to_string());
        let to: RepositoryName = query.to.trim().parse().map_err(wrong("to"))?;
        let mut names: BTreeMap<Tag, Tag> = self.tags.keys().map(|tag| (tag.clone(), tag.clone())).collect();
        if let (Some((tag, _)), false) = (self.one(), query.name.trim().is_empty()) {
            let name: Tag = query.name.trim().parse().map_err(wrong("name"))?;
            name.refuse_reserved().map_err(wrong("name"))?;
            names.insert(tag.clone(), name);
        }
        if to == self.name && self.one().is_none() {
            return Err(Error::invalid("to", format!("these tags are in {to} already; choose another repository")));
        }
        if to == self.name && names.iter().all(|(tag, name)| tag == name) {
            let words = "it has this name here already; choose another name, or another repository";
            return Err(Error::invalid("name", words));
        }
        Ok((to, names))
    }

    /// The repository to which it goes, if it is there, and the reader may copy to it. One to which they may not push
    /// reads the same whether or not it is there.
    async fn reach(
        &self,
        app: &App,
        proof: &Authorized<ReadRepository>,
        to: &RepositoryName,
    ) -> Result<Option<Repository>> {
        let (rights, target) = (proof.rights(), Target::Repository(to.clone()));
        let holds = |permission| rights.require(permission, &target).is_ok();
        if !holds(Permission::RepositoryPush) || !holds(Permission::RepositoryRead) {
            return Err(Error::invalid("to", format!("you cannot push to {to}; choose another repository")));
        }
        let there = repositories::find(&app.store, to).await?;
        if there.is_none() && !holds(Permission::RepositoryCreate) {
            let words = format!("{to} is not there, and to make it takes repository.create");
            return Err(Error::invalid("to", words));
        }
        Ok(there)
    }

    /// How many images come along that are not there, and their bytes before sharing; and all that is copied.
    async fn weigh(
        &self,
        app: &App,
        to: &RepositoryName,
        there: Option<&Repository>,
    ) -> Result<(u64, ByteSize, Graph)> {
        if *to == self.name {
            return Ok((0, ByteSize(0), Graph::default()));
        }
        let from = Start { tags: &self.tags, images: &BTreeSet::new(), bound: Bound::Cut };
        let graph = graph(&mut Reader::Store(&app.store), &self.found.id, from).await?;
        let lacking = lacking(app, there, graph.0.keys().cloned().collect()).await?;
        // An index weighs what it lists.
        let bytes = |node: &Node| if node.kind == Some(Kind::Index) { 0 } else { node.bytes };
        let weight = lacking.iter().filter_map(|digest| graph.0.get(digest)).map(bytes).sum();
        Ok((lacking.len() as u64, ByteSize(weight), graph))
    }

    /// Both sides of a single tag.
    async fn sides(
        &self,
        app: &App,
        there: Option<&Repository>,
        rows: &[CopyRow],
    ) -> Result<(Option<(Side, Moved)>, Option<Side>)> {
        let [row] = rows else { return Ok((None, None)) };
        let then = tags::row(&mut Reader::Store(&app.store), &self.found.id, &row.tag).await?.map(Side::from);
        let now = match there {
            Some(there) => tags::row(&mut Reader::Store(&app.store), &there.id, &row.name).await?,
            None => None,
        };
        Ok((now.map(|now| (Side::from(now.clone()), now.moved)), then))
    }
}

/// Which of some images a repository lacks, as far as is known here: so they are counted before a copy and by its job.
pub(super) async fn lacking(
    app: &App,
    there: Option<&Repository>,
    mut images: BTreeSet<Digest>,
) -> Result<BTreeSet<Digest>> {
    let Some(there) = there else { return Ok(images) };
    let asked: Vec<Digest> = images.iter().cloned().collect();
    for held in copies::held(&app.store, &there.id, &asked).await? {
        images.remove(&held);
    }
    Ok(images)
}

/// All that was seen, in short.
fn seen(rows: &[CopyRow]) -> String {
    let line = |row: &CopyRow| {
        let now = row.now.as_ref().map_or("none", Digest::as_str);
        format!("{} {} {} {now}\n", row.tag, row.digest, row.name)
    };
    fingerprint_of(&rows.iter().map(line).collect::<String>())
}

/// Those of the tags of signatures that are left out.
async fn left(
    app: &App,
    there: Option<&Repository>,
    by: (&Rules, &Rights),
    notes: BTreeMap<Tag, Digest>,
) -> Result<Vec<Tag>> {
    let names: Vec<Tag> = notes.keys().cloned().collect();
    let others = match there {
        Some(there) => named(&mut Reader::Store(&app.store), &there.id, &names).await?,
        None => BTreeMap::new(),
    };
    Ok(notes
        .into_iter()
        .filter(|(tag, digest)| stays(by, (tag, digest), others.get(tag)))
        .map(|(tag, _)| tag)
        .collect())
}

/// Rules in the way of giving names, and what else is, in words.
fn barred(rights: &Rights, rules: &Rules, rows: &[CopyRow]) -> (Vec<RuleMet>, Vec<String>) {
    let (mut in_the_way, mut barred) = (Vec::new(), Vec::new());
    for CopyRow { name, now, digest, .. } in rows {
        let Some(act) = Act::between(now.as_ref(), Some(digest)) else { continue };
        match rules.allow(rights, (name, act), By::Right) {
            Ok(()) => {}
            Err(Error::Protected(rule)) => in_the_way.push(met(rights, rule, None)),
            Err(_) => {
                let doing = if now.is_some() { "move" } else { "add" };
                barred.push(format!("{name} stays as it is: to {doing} it there takes {}", act.needs().name()));
            }
        }
    }
    (in_the_way, barred)
}
