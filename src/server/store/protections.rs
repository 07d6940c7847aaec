//! Protection rules, and whether one is in the way. A change asks them in its own transaction: what is checked there is
//! what holds when it is durable.

mod below;
mod beside;
mod covered;
mod room;

pub use below::{below, below_beside};
pub(super) use beside::{as_parts, joined, of_parts, of_row};
pub(super) use covered::covered;
use room::make_room;

use super::radius::Reader;
use super::{Known, Row, Store, Tx, Value, batch};
use crate::domain::protection::{Act, Barred, Guard, Least};
use crate::domain::{Error, Protection, RepositoryName, Result, Rule, Scope, Tag, Target};
use crate::params;
use crate::server::access::Rights;
use std::cell::LazyCell;

/// The most rules of one scope, and of a scope with all above it: every change of a tag reads those that cover it.
pub const MAX_OF_SCOPE: u64 = 100;
pub const MAX_OF_LINE: u64 = 300;
/// The most bytes that their patterns have together: all tags of a repository may be held against them.
pub const MAX_BYTES_OF_LINE: u64 = 16 << 10;

/// How many tags are looked at together where all of a repository are.
const TOGETHER: u32 = 1000;

const COLUMNS: &str = "id, scope, tags, except_tags, kind, role, created_by, created_at";

/// The rules that cover a repository, there or not.
#[derive(Debug)]
pub struct Rules {
    repository: RepositoryName,
    rules: Vec<Rule>,
}

impl Rules {
    /// Those of this moment, in the transaction that changes something there. One statement.
    pub async fn of(tx: &mut Tx, repository: &RepositoryName) -> Result<Self> {
        let (sql, params) = covering(&Scope::Repository(repository.clone()));
        Self::read(repository, tx.all(&sql, params).await?)
    }

    /// The same outside of one, for what is shown before it is done.
    pub async fn now(store: &Store, repository: &RepositoryName) -> Result<Self> {
        let (sql, params) = covering(&Scope::Repository(repository.clone()));
        Self::read(repository, store.all(&sql, params).await?)
    }

    fn read(repository: &RepositoryName, rows: Vec<Row>) -> Result<Self> {
        let rules = rows.into_iter().map(rule).collect::<Result<_>>()?;
        Ok(Self { repository: repository.clone(), rules })
    }

    /// Those of some rules that cover a repository.
    pub fn covering(repository: RepositoryName, rules: &[Rule]) -> Self {
        let line = Scope::Repository(repository.clone()).line();
        let rules = rules.iter().filter(|rule| line.contains(&rule.protection.scope)).cloned().collect();
        Self { repository, rules }
    }

    /// What they say.
    pub fn say(self) -> Vec<Protection> {
        self.rules.into_iter().map(|rule| rule.protection).collect()
    }

    /// Lets that be done to a tag, or says which rule is in the way.
    ///
    /// # Errors
    /// [`Error::Protected`]
    pub fn check(&self, rights: &Rights, act: Act, tag: &Tag) -> Result<()> {
        self.bar(rights, act, tag).map_or(Ok(()), |barred| Err(Error::Protected(barred)))
    }

    /// The rule in the way of doing that to a tag, if there is one.
    pub fn bar(&self, rights: &Rights, act: Act, tag: &Tag) -> Option<Barred> {
        let target = LazyCell::new(|| Target::Tag(self.repository.clone(), tag.clone()));
        let bars = |rule: &&Rule| is_about(&rule.protection, act, tag) && bars(rights, rule, act, &target);
        self.rules.iter().find(bars).map(|rule| Barred::by(rule, tag))
    }

    /// The rule in the way of deleting what no tag names here, or the repository, if there is one.
    pub fn bar_content(&self, rights: &Rights) -> Option<Barred> {
        let target = Target::Scope(Scope::Repository(self.repository.clone()));
        let bars = |rule: &&Rule| rule.protection.is_whole() && bars(rights, rule, Act::Delete, &target);
        self.rules.iter().find(bars).map(|rule| Barred::by(rule, &self.repository))
    }

    /// The rules that leave deleting to a role, each with those of these tags that it is about.
    pub fn leaving_to_some<'t>(&self, tags: &[&'t Tag]) -> Vec<(&Rule, Vec<&'t Tag>)> {
        let is_so = |rule: &&Rule| matches!(rule.protection.guard.leaves(Act::Delete), Some(Least::Role(_)));
        let of = |rule: &Rule| tags.iter().copied().filter(|tag| rule.protection.covers(tag)).collect::<Vec<_>>();
        self.rules.iter().filter(is_so).map(|rule| (rule, of(rule))).filter(|(_, tags)| !tags.is_empty()).collect()
    }

    /// Lets content that no tag names be deleted here, or says which rule is in the way.
    ///
    /// # Errors
    /// [`Error::Protected`]
    pub fn check_content(&self, rights: &Rights) -> Result<()> {
        self.bar_content(rights).map_or(Ok(()), |barred| Err(Error::Protected(barred)))
    }

    /// Lets the repository be deleted with all its tags, or says which rule is in the way.
    ///
    /// # Errors
    /// [`Error::Protected`]
    pub async fn check_repository(&self, tx: &mut Tx, rights: &Rights, repository_id: &str) -> Result<()> {
        self.check_content(rights)?;
        self.check_all(tx, (rights, Act::Delete), repository_id).await
    }

    /// Lets that be done to all tags that a repository has, there or in the trash, or says which rule is in the way.
    ///
    /// # Errors
    /// [`Error::Protected`]
    pub async fn check_all(&self, tx: &mut Tx, to: (&Rights, Act), repository_id: &str) -> Result<()> {
        let refuse = &mut |barred: Barred| -> Result<()> { Err(Error::Protected(barred)) };
        self.each_bar(&mut Reader::Tx(tx), to, repository_id, refuse).await
    }

    /// Tells of every tag of a repository to which that may not be done, by its name, until `met` fails. Where no rule
    /// could be in the way, no tag is looked at.
    pub async fn each_bar(
        &self,
        reader: &mut Reader<'_>,
        (rights, act): (&Rights, Act),
        repository_id: &str,
        met: &mut (dyn FnMut(Barred) -> Result<()> + Send),
    ) -> Result<()> {
        if self.rules.iter().all(|rule| rule.protection.guard.leaves(act).is_none()) {
            return Ok(());
        }
        let sql = "SELECT name FROM tags WHERE repository_id = $1 AND name > $2 ORDER BY name LIMIT $3";
        let mut after = String::new();
        loop {
            let mut last = None;
            for mut row in reader.all(sql, params![repository_id, &after, TOGETHER]).await? {
                let tag: Tag = row.take()?;
                self.bar(rights, act, &tag).map_or(Ok(()), &mut *met)?;
                last = Some(tag);
            }
            let Some(last) = last else { return Ok(()) };
            after = last.to_string();
        }
    }
}

/// Whether none of these rules, which cover a repository, is in the way of doing that to one of its tags.
pub fn let_pass(rules: &[Protection], rights: &Rights, act: Act, (repository, tag): (&RepositoryName, &Tag)) -> bool {
    let target = LazyCell::new(|| Target::Tag(repository.clone(), tag.clone()));
    rules.iter().all(|rule| !is_about(rule, act, tag) || !is_barred(rights, rule.guard, act, &target))
}

/// Whether none of them is in the way of deleting images there, whatever their tags.
pub fn let_content_pass(rules: &[Protection], rights: &Rights, repository: &RepositoryName) -> bool {
    let target = Target::Scope(Scope::Repository(repository.clone()));
    rules.iter().all(|rule| !rule.is_whole() || !is_barred(rights, rule.guard, Act::Delete, &target))
}

/// Whether a rule asks something of that being done to a tag.
fn is_about(rule: &Protection, act: Act, tag: &Tag) -> bool {
    rule.guard.leaves(act).is_some() && rule.covers(tag)
}

fn bars(rights: &Rights, rule: &Rule, act: Act, target: &Target) -> bool {
    is_barred(rights, rule.protection.guard, act, target)
}

fn is_barred(rights: &Rights, guard: Guard, act: Act, target: &Target) -> bool {
    match guard.leaves(act) {
        None => false,
        Some(Least::Nobody) => true,
        Some(Least::Role(role)) => !rights.have_role(role, target),
    }
}

/// The condition that a rule holds in a scope: it is set there or above. Its scopes take the slots from `first` on.
fn holding_in(scope: &Scope, first: usize) -> (String, Vec<Value>) {
    let line = scope.line();
    let condition = format!("scope IN ({})", batch::slots(first, line.len()));
    (condition, line.iter().map(|scope| scope.to_string().into()).collect())
}

fn covering(scope: &Scope) -> (String, Vec<Value>) {
    let (condition, params) = holding_in(scope, 1);
    (format!("SELECT {COLUMNS} FROM protections WHERE {condition} ORDER BY id"), params)
}

/// Rules that hold in a scope, or all of them, after `after` in the order in which they were set.
pub async fn list(store: &Store, scope: Option<&Scope>, after: &str, limit: u32) -> Result<Vec<Rule>> {
    let (condition, held) = scope.map_or(("1 = 1".to_owned(), vec![]), |scope| holding_in(scope, 3));
    let sql = format!("SELECT {COLUMNS} FROM protections WHERE {condition} AND id > $1 ORDER BY id LIMIT $2");
    let params = params![after, limit].into_iter().chain(held).collect();
    store.all(&sql, params).await?.into_iter().map(rule).collect()
}

/// The tags that are there in a scope, by name, with their repositories.
pub async fn tags_in(store: &Store, scope: &Scope, limit: u32) -> Result<Vec<(RepositoryName, Tag)>> {
    let (condition, held) = match scope {
        Scope::Everything => ("1 = 1", vec![]),
        Scope::Namespace(name) => ("r.name > $2 AND r.name < $3", params![format!("{name}/"), format!("{name}0")]),
        Scope::Repository(name) => ("r.name = $2", params![name]),
    };
    let sql = format!(
        "SELECT r.name, t.name FROM repositories r JOIN mounts m ON m.id = r.mount_id AND m.active = 1
           JOIN tags t ON t.repository_id = r.id WHERE {condition} ORDER BY r.name, t.name LIMIT $1"
    );
    let rows = store.scan(&sql, params![limit].into_iter().chain(held).collect()).await?;
    rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
}

/// The rule of that id.
pub async fn find(store: &Store, id: &str) -> Result<Option<Rule>> {
    let sql = format!("SELECT {COLUMNS} FROM protections WHERE id = $1");
    store.one(&sql, params![id]).await?.map(rule).transpose()
}

/// Sets a rule.
///
/// # Errors
/// [`Error::Conflict`] if there is one that says the same, or no room for another.
pub async fn insert(tx: &mut Tx, new: &Rule) -> Result<()> {
    make_room(tx, &new.id, &new.protection).await?;
    refuse_a_second(tx, "", &new.protection).await?;
    let sql = format!("INSERT INTO protections ({COLUMNS}) VALUES ({})", batch::slots(1, 8));
    let by = new.created_by.as_ref().map_or_else(String::new, |by| by.key());
    let params = [params![&new.id], said(&new.protection), params![by, new.created_at]].concat();
    tx.run(&sql, params).await.map(|_| ())
}

/// Makes a rule say something else; `false` if it is gone, or says something else than `before` by now.
///
/// # Errors
/// [`Error::Conflict`] if another one says the same, or there is no room for what it says.
pub async fn change(tx: &mut Tx, id: &str, before: &Protection, new: &Protection) -> Result<bool> {
    make_room(tx, id, new).await?;
    refuse_a_second(tx, id, new).await?;
    let sql = format!(
        "UPDATE protections SET scope = $2, tags = $3, except_tags = $4, kind = $5, role = $6 WHERE id = $1 AND {}",
        saying(7)
    );
    Ok(tx.run(&sql, [params![id], said(new), asked(before)].concat()).await? == 1)
}

/// Takes a rule away that says this; `false` if it is gone, or says something else by now.
pub async fn delete(tx: &mut Tx, id: &str, before: &Protection) -> Result<bool> {
    let sql = format!("DELETE FROM protections WHERE id = $1 AND {}", saying(2));
    Ok(tx.run(&sql, [params![id], asked(before)].concat()).await? == 1)
}

/// Besides the rule of that id.
async fn refuse_a_second(tx: &mut Tx, id: &str, new: &Protection) -> Result<()> {
    let sql = format!("SELECT id FROM protections WHERE id <> $1 AND {}", saying(2));
    match tx.one(&sql, [params![id], asked(new)].concat()).await? {
        None => Ok(()),
        Some(_) => Err(Error::Conflict("there is a rule already that says the same".to_owned())),
    }
}

/// The condition that a rule says what [`asked`] gives.
fn saying(first: usize) -> String {
    let [scope, tags, except, kind, role] = std::array::from_fn(|at| first + at);
    format!(
        "scope = ${scope} AND COALESCE(tags, '') = ${tags} AND COALESCE(except_tags, '') = ${except}
         AND kind = ${kind} AND COALESCE(role, '') = ${role}"
    )
}

fn asked(rule: &Protection) -> Vec<Value> {
    let text =
        |pattern: &Option<crate::domain::TagPattern>| pattern.as_ref().map_or(String::new(), ToString::to_string);
    let role = rule.guard.role().map_or("", |role| role.name());
    params![rule.scope.to_string(), text(&rule.tags), text(&rule.except), rule.guard.kind().name(), role]
}

fn said(rule: &Protection) -> Vec<Value> {
    let (tags, except) = (rule.tags.as_ref().map(|it| it.as_str()), rule.except.as_ref().map(|it| it.as_str()));
    let role = rule.guard.role().map(|role| role.name());
    params![rule.scope.to_string(), tags, except, rule.guard.kind().name(), role]
}

fn rule(mut row: Row) -> Result<Rule> {
    let id = row.take()?;
    let protection = protection(&mut row)?;
    let Known(created_by) = row.take()?;
    Ok(Rule { id, protection, created_by, created_at: row.take()? })
}

/// What a row says, from its scope on.
fn protection(row: &mut Row) -> Result<Protection> {
    let (scope, tags, except) = (row.take()?, row.take()?, row.take()?);
    let guard = Guard::new(row.take()?, row.take()?).map_err(|_| Error::Internal)?;
    Ok(Protection { scope, tags, except, guard })
}
