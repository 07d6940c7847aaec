//! Whether something may be done to a tag. A change asks in its own transaction, and no rule is set until that has ended:
//! what is checked there is what holds when it is durable.

use super::room::LOCK;
use super::{covering, rule};
use crate::domain::protection::{Act, Barred, Guard, Least};
use crate::domain::{Error, Protection, RepositoryName, Result, Rule, Scope, Tag, Target};
use crate::params;
use crate::server::access::Rights;
use crate::server::store::{Row, Store, Tx};
use std::cell::LazyCell;

/// How many tags are looked at together where all of a repository are.
const TOGETHER: u32 = 1000;

/// By which right somebody does something to a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// That to do it to this tag.
    Right,
    /// That to restore, which the proof has: who may put back what was deleted need not be allowed to push. A tag that is
    /// there by now takes the right to move it, as always.
    Restore,
    /// Whatever the proof has: to delete this tag, or all of an image, which takes its tags along.
    Proof,
}

impl By {
    fn asks_for_the_right_to(self, act: Act) -> bool {
        match self {
            Self::Right => true,
            Self::Restore => act != Act::Create,
            Self::Proof => false,
        }
    }
}

/// The rules that cover a repository, there or not.
#[derive(Debug)]
pub struct Rules {
    pub(super) repository: RepositoryName,
    pub(super) rules: Vec<Rule>,
}

impl Rules {
    /// Those that hold until the transaction ends which changes something there. Who takes one away does not wait for it.
    pub async fn of(tx: &mut Tx, repository: &RepositoryName) -> Result<Self> {
        tx.lock_shared(LOCK).await?;
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

    /// Lets that be done to a tag, or says what is in the way: the one question about a tag in all places, here and at
    /// registries elsewhere.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for a right that it takes and they lack; [`Error::Protected`] for a rule.
    pub fn allow(&self, rights: &Rights, (tag, act): (&Tag, Act), by: By) -> Result<()> {
        if by.asks_for_the_right_to(act) {
            rights.require(act.needs(), &Target::Tag(self.repository.clone(), tag.clone()))?;
        }
        self.bar(rights, act, tag).map_or(Ok(()), |barred| Err(Error::Protected(barred)))
    }

    /// The rule in the way of doing that to a tag, if there is one.
    pub fn bar(&self, rights: &Rights, act: Act, tag: &Tag) -> Option<Barred> {
        let bars = barring(rights, act, (&self.repository, tag));
        self.rules.iter().find(|rule| bars(&rule.protection)).map(|rule| Barred::by(rule, tag))
    }

    /// The rule in the way of deleting what no tag names here, or the repository, if there is one.
    pub fn bar_content(&self, rights: &Rights) -> Option<Barred> {
        let bars = barring_content(rights, &self.repository);
        self.rules.iter().find(|rule| bars(&rule.protection)).map(|rule| Barred::by(rule, &self.repository))
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

    /// Lets that be done to all tags that a repository has, there or in the trash, or says which rule is in the way. Where no
    /// rule could be, no tag is looked at.
    ///
    /// # Errors
    /// [`Error::Protected`]
    pub async fn check_all(&self, tx: &mut Tx, (rights, act): (&Rights, Act), repository_id: &str) -> Result<()> {
        if self.rules.iter().all(|rule| rule.protection.guard.leaves(act).is_none()) {
            return Ok(());
        }
        let sql = "SELECT name FROM tags WHERE repository_id = $1 AND name > $2 ORDER BY name LIMIT $3";
        let mut after = String::new();
        loop {
            let mut last = None;
            for mut row in tx.all(sql, params![repository_id, &after, TOGETHER]).await? {
                let tag: Tag = row.take()?;
                self.allow(rights, (&tag, act), By::Proof)?;
                last = Some(tag);
            }
            let Some(last) = last else { return Ok(()) };
            after = last.to_string();
        }
    }
}

/// Whether one of these rules, which cover a repository, is in the way of doing that to one of its tags: as [`Rules::bar`],
/// for pages, which read what rules say in the statement of something else.
pub fn bars(rules: &[Protection], rights: &Rights, act: Act, tag: (&RepositoryName, &Tag)) -> bool {
    rules.iter().any(barring(rights, act, tag))
}

/// The same of deleting images there, whatever their tags: as [`Rules::bar_content`].
pub fn bars_content(rules: &[Protection], rights: &Rights, repository: &RepositoryName) -> bool {
    rules.iter().any(barring_content(rights, repository))
}

/// Whether a rule is in the way of doing that to a tag.
fn barring<'a>(
    rights: &'a Rights,
    act: Act,
    (repository, tag): (&'a RepositoryName, &'a Tag),
) -> impl Fn(&Protection) -> bool + 'a {
    let target = LazyCell::new(|| Target::Tag(repository.clone(), tag.clone()));
    move |rule| rule.guard.leaves(act).is_some() && rule.covers(tag) && is_barred(rights, rule.guard, act, &target)
}

/// Whether a rule is in the way of deleting what no tag names in a repository.
fn barring_content<'a>(rights: &'a Rights, repository: &RepositoryName) -> impl Fn(&Protection) -> bool + use<'a> {
    let target = Target::Scope(Scope::Repository(repository.clone()));
    move |rule| rule.is_whole() && is_barred(rights, rule.guard, Act::Delete, &target)
}

pub(super) fn is_barred(rights: &Rights, guard: Guard, act: Act, target: &Target) -> bool {
    match guard.leaves(act) {
        None => false,
        Some(Least::Nobody) => true,
        Some(Least::Role(role)) => !rights.have_role(role, target),
    }
}
