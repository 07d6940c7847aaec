//! Forms about protection rules, on the page of a namespace's policies and in the settings of a repository.

use super::sent::taken;
use super::{Done, Form};
use crate::domain::action::{ChangeProtection, RemoveProtection, SetProtection};
use crate::domain::error::What;
use crate::domain::protection::Guard;
use crate::domain::{Address, Error, Protection, Result, Rule, Scope};
use crate::server::service::protections;
use crate::ui::form::Intent;

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
    let guard = Guard::new(form.sent.parse("kind")?, form.sent.optional("role")?)?;
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

async fn set(form: &Form<'_>) -> Result<Done> {
    let protection = said(form, of_page(form)?)?;
    let about = protection.about();
    let proof = form.app.access.authorize(form.caller, SetProtection { protection }).await?;
    protections::set(form.app, &proof).await.map_err(|error| taken("tags", error))?;
    Ok(Done::new(form.page(), Intent::SetProtection, about))
}

async fn change(form: &Form<'_>) -> Result<Done> {
    let scope = of_page(form)?;
    let protection = said(form, scope.clone())?;
    let Rule { id, protection: before, .. } = named(form, scope).await?;
    let about = protection.about();
    let proof = form.app.access.authorize(form.caller, ChangeProtection { id, before, protection }).await?;
    protections::change(form.app, &proof).await?;
    Ok(Done::new(form.page(), Intent::ChangeProtection, about))
}

async fn remove(form: &Form<'_>) -> Result<Done> {
    let Rule { id, protection: before, .. } = named(form, of_page(form)?).await?;
    let about = before.about();
    let proof = form.app.access.authorize(form.caller, RemoveProtection { id, before }).await?;
    protections::remove(form.app, &proof).await?;
    Ok(Done::new(form.page(), Intent::RemoveProtection, about))
}

/// The rule that a form names, of those that are set where its page is.
async fn named(form: &Form<'_>, scope: Scope) -> Result<Rule> {
    let id = form.sent.text("rule");
    let _configures = form.app.access.authorize(form.caller, configuring(scope.clone())).await?;
    let found = protections::find(form.app, id).await?;
    let is_here = found.protection.scope == scope;
    if is_here { Ok(found) } else { Err(Error::NotFound(What::Protection(id.chars().take(80).collect()))) }
}

/// What it takes to see which rules are set there: as much as to set one.
fn configuring(scope: Scope) -> SetProtection {
    SetProtection { protection: Protection { scope, tags: None, except: None, guard: Guard::Immutable } }
}
