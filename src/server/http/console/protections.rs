//! Forms about protection rules, on the page of a namespace's policies and in the settings of a repository.

use super::sent::taken;
use super::{Done, Form};
use crate::domain::action::{ChangeProtection, RemoveProtection, SetProtection};
use crate::domain::error::What;
use crate::domain::protection::{Guard, ProtectionKind};
use crate::domain::{Address, Digest, Error, Protection, Result, Rule, Scope};
use crate::server::service::protections;
use crate::ui::form::{ALL_SEEN, Back, Intent};
use crate::ui::query::address;

/// The scope whose rules stand on the page.
fn of_page(form: &Form<'_>) -> Result<Scope> {
    if form.page() == Address::AllPolicies.to_string() {
        return Ok(Scope::Everything);
    }
    let (in_repository, in_namespace) = (form.page().strip_prefix("/r/"), form.page().strip_prefix("/n/"));
    let page = in_repository.and_then(Address::parse_repository).or(in_namespace.and_then(Address::parse_namespace));
    match page {
        Some(Address::Settings(scope @ Scope::Repository(_))) => Ok(scope),
        Some(Address::Policies(namespace)) => Ok(Scope::Namespace(namespace)),
        _ => Err(Error::NotFound(What::Page)),
    }
}

fn said(form: &Form<'_>, scope: Scope) -> Result<Protection> {
    let (tags, except) = (form.sent.optional("tags")?, form.sent.optional("except")?);
    let kind = form.sent.parse("kind")?;
    // The form hides the role where none is asked for, with what was chosen there before.
    let role = if kind == ProtectionKind::Immutable { None } else { form.sent.optional("role")? };
    let guard = Guard::new(kind, role)?;
    Ok(Protection { scope, tags, except, guard })
}

/// Does what such a form asks for.
pub(super) async fn perform(form: &Form<'_>, intent: Intent) -> Result<Done> {
    match intent {
        Intent::ChangeProtection => change(form).await,
        Intent::RemoveProtection => remove(form).await,
        _ => set(form).await,
    }
}

/// One about all tags is set by who has seen how many these are; before that the page says so.
async fn set(form: &Form<'_>) -> Result<Done> {
    let protection = said(form, of_page(form)?)?;
    let (about, is_about_all) = (protection.about(), protection.tags.is_none());
    let proof = form.app.access.authorize(form.caller, SetProtection { protection }).await?;
    if is_about_all && form.sent.text(ALL_SEEN).is_empty() {
        let typed = ["except", "kind", "role"].map(|key| (key, form.sent.text(key)));
        let pairs = [&[("try", "yes"), ("tags", "")][..], &typed].concat();
        return Ok(Done::asking(format!("{}#tried", address(form.page(), &pairs)), Intent::SetProtection));
    }
    let Rule { id, protection, .. } = protections::set(form.app, &proof).await.map_err(|error| taken("tags", error))?;
    let undo = RemoveProtection { id: id.clone(), before: protection.clone() };
    let back = form.may(&undo).then(|| back(&protection, Some(id), None));
    Ok(Done::new(form.page(), Intent::SetProtection, about).with_back(back))
}

async fn change(form: &Form<'_>) -> Result<Done> {
    let scope = of_page(form)?;
    let protection = said(form, scope.clone())?;
    let Rule { id, protection: before, .. } = named(form, scope).await?;
    let about = protection.about();
    let undo = ChangeProtection { id: id.clone(), before: protection.clone(), protection: before.clone() };
    let action = ChangeProtection { id, before, protection };
    let proof = form.app.access.authorize(form.caller, action).await?;
    protections::change(form.app, &proof).await?;
    let may = form.may(&undo);
    let ChangeProtection { id, before: now, protection: before } = undo;
    let back = may.then(|| back(&now, Some(id), Some(before)));
    Ok(Done::new(form.page(), Intent::ChangeProtection, about).with_back(back))
}

async fn remove(form: &Form<'_>) -> Result<Done> {
    let Rule { id, protection: before, .. } = named(form, of_page(form)?).await?;
    let about = before.about();
    let undo = SetProtection { protection: before.clone() };
    let proof = form.app.access.authorize(form.caller, RemoveProtection { id, before }).await?;
    protections::remove(form.app, &proof).await?;
    let back = form.may(&undo).then(|| back(&undo.protection, None, Some(undo.protection.clone())));
    Ok(Done::new(form.page(), Intent::RemoveProtection, about).with_back(back))
}

/// The way back from what a rule says now, or said until it went.
fn back(now: &Protection, id: Option<String>, says: Option<Protection>) -> Back {
    Back::Rule { scope: now.scope.clone(), there: id.map(|id| (id, protections::print(now))), says }
}

/// The rule that a form names, of those that are set where its page is, as long as it says what it said when a way back
/// from there was drawn.
async fn named(form: &Form<'_>, scope: Scope) -> Result<Rule> {
    let id = form.sent.text("rule");
    let _configures = form.app.access.authorize(form.caller, configuring(scope.clone())).await?;
    let expected: Option<Digest> = form.sent.optional("print")?;
    let found = match protections::find(form.app, id).await {
        Err(Error::NotFound(_)) if expected.is_some() => return Err(protections::meanwhile()),
        found => found?,
    };
    let is_here = found.protection.scope == scope;
    if is_here && expected.is_some_and(|expected| expected != protections::print(&found.protection)) {
        return Err(protections::meanwhile());
    }
    if is_here { Ok(found) } else { Err(Error::NotFound(What::Protection(id.chars().take(80).collect()))) }
}

/// What it takes to see which rules are set there: as much as to set one.
fn configuring(scope: Scope) -> SetProtection {
    SetProtection { protection: Protection { scope, tags: None, except: None, guard: Guard::Immutable } }
}
