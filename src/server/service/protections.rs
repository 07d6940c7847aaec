//! Protection rules: to see, to set, to change and to remove them. Whether one is in the way of a change is asked by the
//! store, in the transaction of that change.

use super::{may, opens, print_of, who};
use crate::domain::action::{
    ChangeProtection, ConfigureRepository, ListProtections, ListRepositories, ReadNamespace, RemoveProtection,
    SetProtection,
};
use crate::domain::error::What;
use crate::domain::protection::{Barred, Guard};
use crate::domain::view::{
    AllPoliciesView, Covered, PoliciesView, ProtectionQuery, ProtectionsView, RuleMet, RuleRow, TrashDays, rules_of,
};
use crate::domain::{Action, Digest, Error, Permission, Protection, Result, Rule, Scope, TagPattern, Target};
use crate::server::access::{Authorized, Caller, Rights};
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::store::{Change, protections, trash};
use std::collections::BTreeSet;

/// Rules of a page.
const PAGE: u32 = 100;
/// Tags on which a pattern is tried, and those of them that a page names.
const TRIED_ON: u32 = 100_000;
const NAMED: usize = 20;

/// Rules that hold in the scope that the proof is for; of everything all there are.
pub async fn list(app: &App, proof: &Authorized<ListProtections>, after: &str, limit: u32) -> Result<Vec<Rule>> {
    let scope = Some(&proof.action().scope).filter(|scope| **scope != Scope::Everything);
    let mut rules = protections::list(&app.store, scope, after, limit).await?;
    who::of_rules(&proof.rights(), &mut rules);
    Ok(rules)
}

/// A rule for who may see it.
pub fn told(proof: &Authorized<ListProtections>, mut rule: Rule) -> Rule {
    who::of_rules(&proof.rights(), std::slice::from_mut(&mut rule));
    rule
}

/// The rule of that id, to find out who may see and change it.
pub async fn find(app: &App, id: &str) -> Result<Rule> {
    protections::find(&app.store, id).await?.ok_or_else(|| absent(id))
}

fn absent(id: &str) -> Error {
    Error::NotFound(What::Protection(id.chars().take(80).collect()))
}

/// The page of a namespace's policies. At most four statements.
pub async fn policies(app: &App, proof: &Authorized<ReadNamespace>, query: &ProtectionQuery) -> Result<PoliciesView> {
    let namespace = proof.action().namespace.clone();
    let scope = Scope::Namespace(namespace.clone());
    let opens = opens(app, proof, &scope);
    let trash = trash_days(app, proof).await?;
    Ok(PoliciesView { namespace, protections: view(app, proof, scope, query).await?, trash, opens })
}

/// The page of what binds all tags.
///
/// # Errors
/// [`Error::Forbidden`] for who does not configure everything.
pub async fn of_everything(
    app: &App,
    proof: &Authorized<ListProtections>,
    query: &ProtectionQuery,
) -> Result<AllPoliciesView> {
    proof.rights().require(Permission::RepositoryConfigure, &Target::Scope(Scope::Everything))?;
    let protections = view(app, proof, Scope::Everything, query).await?;
    Ok(AllPoliciesView { protections, trash_days: app.facts.trash_days })
}

/// For how long what is deleted in a namespace is kept.
pub async fn trash_days(app: &App, proof: &Authorized<ReadNamespace>) -> Result<TrashDays> {
    let (own, above) = trash::said_days(&app.store, &proof.action().namespace).await?;
    Ok(TrashDays { own, otherwise: above.unwrap_or(app.facts.trash_days) })
}

/// The rules that hold in a scope which the proof's owner may configure, and what a pattern would be about there.
pub(super) async fn view<A: Action>(
    app: &App,
    proof: &Authorized<A>,
    scope: Scope,
    query: &ProtectionQuery,
) -> Result<ProtectionsView> {
    let mut rules = protections::list(&app.store, Some(&scope), &query.after, PAGE + 1).await?;
    let is_cut = rules.len() > PAGE as usize;
    rules.truncate(PAGE as usize);
    let next = rules.last().filter(|_| is_cut).map(|rule| rule.id.clone());
    let plain = |guard| Protection { scope: scope.clone(), tags: None, except: None, guard };
    let holds = |role: &_| {
        let before = plain(Guard::Protected(*role));
        may(proof, &RemoveProtection { id: String::new(), before })
    };
    let row = |rule: Rule| {
        let before = rule.protection.clone();
        let is_here = before.scope == scope;
        let may_follow = !is_here && may_open(&proof.rights(), &before.scope);
        let may_change = is_here && may(proof, &RemoveProtection { id: rule.id.clone(), before });
        RuleRow { rule, may_change, may_follow }
    };
    Ok(ProtectionsView {
        rules: rules.into_iter().map(row).collect(),
        next,
        may_set: may(proof, &SetProtection { protection: plain(Guard::Immutable) }),
        roles: Guard::ROLES.into_iter().filter(holds).collect(),
        tried: match &query.tries {
            Some(tries) => tried(app, &scope, tries).await?,
            None => None,
        },
        scope,
    })
}

/// Whether who has these rights may open the page on which the rules of a scope are set.
fn may_open(rights: &Rights, scope: &Scope) -> bool {
    match scope {
        Scope::Everything => rights.require(Permission::RepositoryConfigure, &Target::Scope(Scope::Everything)).is_ok(),
        Scope::Namespace(namespace) => rights.may(&ReadNamespace { namespace: namespace.clone() }),
        Scope::Repository(name) => {
            let repository = name.clone();
            rights.may(&ConfigureRepository { repository, description: None, visibility: None })
        }
    }
}

/// Where a rule stands, for who may go there.
pub(super) fn place(rights: &Rights, rule: &Protection) -> Option<String> {
    may_open(rights, &rule.scope).then(|| format!("{}#protection", rules_of(&rule.scope)))
}

/// A rule as one with these rights meets it: in the way, unless they pass it by their role over a tag.
pub(super) fn met(rights: &Rights, barred: Barred, passes: Option<&Target>) -> RuleMet {
    let Barred { scope, guard, .. } = &barred;
    let before = Protection { scope: scope.clone(), tags: None, except: None, guard: *guard };
    let may_lift = rights.may(&RemoveProtection { id: barred.rule.clone(), before });
    let whole = Target::Scope(scope.clone());
    let at = passes.unwrap_or(&whole);
    let role = Guard::ROLES.into_iter().rev().find(|role| rights.have_role(*role, at));
    let may_open = may_open(rights, scope);
    RuleMet { is_in_the_way: passes.is_none(), role, may_open, may_lift, barred }
}

/// The rule that something was refused by, as the caller meets it.
pub async fn in_the_way(app: &App, caller: &Caller, barred: Barred) -> Result<RuleMet> {
    let reading = app.access.authorize(caller, ListRepositories {}).await?;
    Ok(met(&reading.rights(), barred, None))
}

/// What a rule over these patterns would be about. What is no pattern is said when the rule is set.
async fn tried(app: &App, scope: &Scope, (tags, except): &(String, String)) -> Result<Option<Covered>> {
    let read = |text: &str| -> Result<Option<TagPattern>> {
        if text.trim().is_empty() { Ok(None) } else { text.trim().parse().map(Some) }
    };
    let (Ok(tags), Ok(except)) = (read(tags), read(except)) else { return Ok(None) };
    let rule = Protection { scope: scope.clone(), tags, except, guard: Guard::Immutable };
    let found = protections::tags_in(&app.store, scope, TRIED_ON + 1).await?;
    let (n_found, is_of_one) = (found.len().min(TRIED_ON as usize), matches!(scope, Scope::Repository(_)));
    let mut covered = Covered { first: vec![], n_covered: 0, n_tags: n_found as u64, is_cut: found.len() > n_found };
    for (repository, tag) in found.into_iter().take(n_found).filter(|(_, tag)| rule.covers(tag)) {
        covered.n_covered += 1;
        if covered.first.len() < NAMED {
            covered.first.push(if is_of_one { tag.to_string() } else { format!("{repository}:{tag}") });
        }
    }
    Ok(Some(covered))
}

/// Sets a rule.
///
/// # Errors
/// [`Error::Conflict`] if there is one that says the same, or no room for another.
pub async fn set(app: &App, proof: &Authorized<SetProtection>) -> Result<Rule> {
    let (protection, created_at) = (proof.action().protection.clone(), app.clock.now());
    let id = new_id(&*app.entropy, created_at);
    let rule = Rule { id, protection, created_by: Some(proof.actor().clone()), created_at };
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            protections::insert(tx, &rule).await?;
            let (scope, after) = (rule.protection.scope.clone(), rule.protection.lines());
            Ok(Change::new(rule, None, Some(after)).announcing_in(scope))
        })
    });
    write.await
}

/// Makes a rule say something else.
///
/// # Errors
/// [`Error::Conflict`] if it is not what it was, or another one says the same.
pub async fn change(app: &App, proof: &Authorized<ChangeProtection>) -> Result<()> {
    let ChangeProtection { id, before, protection } = proof.action().clone();
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if !protections::change(tx, &id, &before, &protection).await? {
                return Err(meanwhile());
            }
            let (was, is) = (before.lines(), protection.lines());
            let scopes = BTreeSet::from([before.scope, protection.scope]);
            Ok(scopes.into_iter().fold(Change::new((), Some(was), Some(is)), Change::announcing_in))
        })
    });
    write.await
}

/// Takes a rule away.
///
/// # Errors
/// [`Error::Conflict`] if it is not what it was.
pub async fn remove(app: &App, proof: &Authorized<RemoveProtection>) -> Result<()> {
    let RemoveProtection { id, before } = proof.action().clone();
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if !protections::delete(tx, &id, &before).await? {
                return Err(meanwhile());
            }
            Ok(Change::new((), Some(before.lines()), None).announcing_in(before.scope))
        })
    });
    write.await
}

/// What a rule says, as one value.
pub fn print(protection: &Protection) -> Digest {
    print_of(std::iter::once(protection.lines()))
}

/// That a rule is not what it was.
pub fn meanwhile() -> Error {
    Error::Conflict("this rule changed meanwhile; look again".to_owned())
}
