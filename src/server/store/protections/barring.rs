//! What rules keep of whole repositories that somebody wants to delete: it is counted by the database, and the first of it
//! is named. There may be any number of repositories, and of tags in each of them.

use super::rules::{Rules, is_barred};
use super::{MAX_OF_LINE, covered};
use crate::domain::protection::{Act, Barred, Least};
use crate::domain::{Protection, RepositoryName, Result, Role, Rule, Scope, Tag, Target};
use crate::params;
use crate::server::access::{Reach, Rights};
use crate::server::store::dialect::any;
use crate::server::store::radius::{Reader, Sum};
use crate::server::store::visible::{self, Columns};
use crate::server::store::{Value, batch};
use std::collections::BTreeMap;

/// Rules that share a statement. A repository has no more of them.
const TOGETHER: usize = MAX_OF_LINE as usize;

/// The rules that keep somebody from deleting something, by the scopes on which they are set.
pub struct Barring<'r> {
    rights: &'r Rights,
    by_scope: BTreeMap<Scope, Vec<Rule>>,
    /// Where they are of a role that some of these rules leave it to.
    reaches: BTreeMap<Role, Reach>,
}

/// What such rules keep, each with the rule in the way.
#[derive(Default)]
pub struct Met {
    /// Repositories with all that is in them.
    pub whole: Vec<Barred>,
    /// The first of the tags.
    pub tags: Vec<(RepositoryName, Barred)>,
    pub n_tags: u64,
}

/// Repositories that the same rules cover.
struct Alike<'s> {
    rules: Rules,
    repositories: Vec<&'s Sum>,
}

impl<'r> Barring<'r> {
    /// Those of some rules. Who has the role in all of a rule's scope passes it there.
    pub fn of(rights: &'r Rights, rules: Vec<Rule>) -> Self {
        let (mut by_scope, mut reaches): (BTreeMap<Scope, Vec<Rule>>, _) = (BTreeMap::new(), BTreeMap::new());
        for rule in rules {
            let Protection { scope, guard, .. } = &rule.protection;
            if !is_barred(rights, *guard, Act::Delete, &Target::Scope(scope.clone())) {
                continue;
            }
            if let Some(Least::Role(role)) = guard.leaves(Act::Delete) {
                reaches.entry(role).or_insert_with(|| rights.reach_of_role(role));
            }
            by_scope.entry(scope.clone()).or_default().push(rule);
        }
        Self { rights, by_scope, reaches }
    }

    fn covering(&self, repository: &RepositoryName) -> Rules {
        let line = Scope::Repository(repository.clone()).line();
        let mut rules: Vec<Rule> = line.iter().filter_map(|it| self.by_scope.get(it)).flatten().cloned().collect();
        rules.sort_by(|one, other| one.id.cmp(&other.id));
        Rules { repository: repository.clone(), rules }
    }

    /// What they keep of some repositories, and the first `limit` tags of it. Where there are none nothing is asked, else one
    /// statement for each few hundred of them, however many repositories they cover.
    pub async fn meet(&self, reader: &mut Reader<'_>, repositories: &[Sum], limit: usize) -> Result<Met> {
        let (mut met, mut alike): (Met, BTreeMap<Vec<String>, Alike<'_>>) = (Met::default(), BTreeMap::new());
        for it in repositories {
            let rules = self.covering(&it.name);
            met.whole.extend(rules.bar_content(self.rights));
            let ids: Vec<String> = rules.rules.iter().map(|rule| rule.id.clone()).collect();
            if !ids.is_empty() {
                alike.entry(ids).or_insert(Alike { rules, repositories: vec![] }).repositories.push(it);
            }
        }
        let alike: Vec<Alike<'_>> = alike.into_values().collect();
        let mut rest = alike.as_slice();
        while !rest.is_empty() {
            let mut n_rules = 0;
            let fits = |it: &&Alike<'_>| {
                n_rules += it.rules.rules.len();
                n_rules <= TOGETHER
            };
            let (some, others) = rest.split_at(rest.iter().take_while(fits).count().max(1));
            rest = others;
            let (n_tags, first) = self.tags(reader, some, limit.saturating_sub(met.tags.len())).await?;
            met.n_tags += n_tags;
            let barred = |(name, tag): (RepositoryName, Tag)| {
                let barred = self.covering(&name).bar(self.rights, Act::Delete, &tag)?;
                Some((name, barred))
            };
            met.tags.extend(first.into_iter().filter_map(barred));
        }
        Ok(met)
    }

    /// How many tags of some repositories they keep, and the first `limit`.
    async fn tags(
        &self,
        reader: &mut Reader<'_>,
        alike: &[Alike<'_>],
        limit: usize,
    ) -> Result<(u64, Vec<(RepositoryName, Tag)>)> {
        let mut params = params![limit as u64];
        let (mut slots, mut kept) = (Vec::new(), Vec::new());
        for Alike { rules, repositories } in alike {
            let own = batch::slots(params.len() + 1, repositories.len());
            params.extend(repositories.iter().map(|it| Value::from(it.id.as_str())));
            kept.push(format!("(r.id IN ({own}) AND {})", self.about(reader, rules, &mut params)));
            slots.push(own);
        }
        let rows = format!(
            "FROM repositories r JOIN tags t ON t.repository_id = r.id WHERE r.id IN ({}) AND {}",
            slots.join(", "),
            any(&kept)
        );
        let sql = format!(
            "SELECT '' AS repository, '' AS tag, COUNT(*) AS n {rows}
             UNION ALL SELECT * FROM (SELECT r.name AS repository, t.name AS tag, 0 AS n {rows}
               ORDER BY r.name, t.name LIMIT $1) AS first"
        );
        let (mut n_tags, mut first) = (0, Vec::new());
        for mut row in reader.all(&sql, params).await? {
            let (repository, tag): (String, String) = (row.take()?, row.take()?);
            match repository.is_empty() {
                true => n_tags = row.take()?,
                false => first.push((repository.parse()?, tag.parse()?)),
            }
        }
        Ok((n_tags, first))
    }

    /// The condition that one of some rules keeps a tag: it is about it, and leaves it to nobody, or to a role that they do
    /// not have over it.
    fn about(&self, reader: &Reader<'_>, rules: &Rules, params: &mut Vec<Value>) -> String {
        let mut by_least: BTreeMap<Option<Role>, Vec<Protection>> = BTreeMap::new();
        for rule in &rules.rules {
            let role = rule.protection.guard.role();
            by_least.entry(role).or_default().push(rule.protection.clone());
        }
        let columns = Columns { repository: "r.name", tag: "t.name", is_tag: "1 = 1" };
        let kept = by_least.iter().map(|(role, rules)| {
            let covered = covered(reader.dialect(), columns.tag, rules, params);
            match role.and_then(|role| self.reaches.get(&role)) {
                None => covered,
                Some(reach) => {
                    let passes = visible::within(reader.dialect(), reach, &columns, params);
                    // A name that is too short for a scope has no answer on PostgreSQL, and no answer is none that passes.
                    format!("({covered} AND CASE WHEN {passes} THEN 0 ELSE 1 END = 1)")
                }
            }
        });
        any(&kept.collect::<Vec<_>>())
    }
}
