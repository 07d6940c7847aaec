//! Trying a provider: an administrator goes through it and reads what came back. Nobody is signed in by that, no
//! identity is linked, and nothing stays.

use super::attempts::{Aim, Attempt};
use super::by_provider::{self, Begun, Wish};
use super::pinning;
use super::provider::{Failure, Groups, Provider, Returned};
use crate::domain::action::TryProvider;
use crate::domain::error::What;
use crate::domain::view::{Tried, Verdict};
use crate::domain::{Error, Result};
use crate::server::access::{Authorized, Caller};
use crate::server::context::App;
use crate::server::secret::Secret;
use crate::server::store::{group_claims, identities, principals};
use std::sync::Arc;

/// The most groups that a page shows.
const MAX_SHOWN: usize = 100;

/// The provider of that name, in force or not.
pub(super) fn provider(app: &App, name: &str) -> Option<Arc<Provider>> {
    app.identity.providers.find(name).or_else(|| app.identity.providers.saved_as(name))
}

/// Asks the provider whether it answers, then sends the browser there that has this session.
///
/// # Errors
/// Which of the known things went wrong: they are for who sets it.
pub async fn begin(
    app: &App,
    proof: &Authorized<TryProvider>,
    (session, from): (&str, &str),
    browser: Option<Secret>,
) -> Result<Begun> {
    let name = &proof.action().name;
    let missing = || Error::NotFound(What::Provider(name.to_string()));
    let provider = provider(app, name.as_str()).ok_or_else(missing)?;
    provider.way.reach().await.map_err(|failure| told(&provider, &failure))?;
    let wish = Wish { next: String::new(), aim: Aim::Try(session.to_owned()), from: from.to_owned() };
    by_provider::send(app, &provider, wish, browser).await.map_err(|failure| told(&provider, &failure))?
}

/// What whoever tries it reads; the log has the rest.
fn told(provider: &Provider, failure: &Failure) -> Error {
    tracing::warn!(provider = provider.name, failure = failure.line(), "trying a provider failed");
    failure.details(&provider.title)
}

/// Reads what came back, for whoever began it and still may.
pub(super) async fn end(
    app: &App,
    caller: &Caller,
    (returned, attempt): (Returned, &Attempt),
    session: &str,
) -> Result<Tried> {
    let is_theirs = caller.standing.session() == Some(session);
    let name = attempt.provider.parse().map_err(|_| Error::Internal)?;
    if !is_theirs {
        return Err(Error::NotLetIn(by_provider::STALE.to_owned()));
    }
    let _still_may = app.access.authorize(caller, TryProvider { name }).await?;
    let missing = || Error::NotFound(What::Provider(attempt.provider.clone()));
    let provider = provider(app, &attempt.provider).ok_or_else(missing)?;
    let at = (caller.address.as_str(), app.clock.now());
    let finished = app.identity.codes.show(&provider, (returned, attempt), at).await?;
    let verified = finished.map_err(|failure| told(&provider, &failure))?;
    let strangers = pinning::strangers(app, &provider, &verified).await?;
    let mut groups = verified.groups.known().to_vec();
    groups.retain(|group| !strangers.contains(group));
    let mapped = group_claims::named(&app.store, &provider.name).await?;
    let ours = mapped.iter().filter(|(value, _)| groups.contains(value)).map(|(_, name)| name.clone());
    let mut ours: Vec<_> = ours.collect();
    ours.sort();
    ours.dedup();
    let verdict = match identities::find(&app.store, verified.issuer(), verified.subject()).await? {
        Some(identity) => {
            let user = principals::by_id(&app.store, &identity.user_id).await?.ok_or(Error::Internal)?;
            let is_in = user.is_let_in(app.clock.now());
            if is_in { Verdict::Is(user.username) } else { Verdict::Disabled(user.username) }
        }
        None => by_rules(&provider, &groups, &mapped.into_iter().map(|(value, _)| value).collect::<Vec<_>>()),
    };
    let (n_groups, is_admin) = (groups.len(), provider.rules.admin_groups.iter().any(|it| groups.contains(it)));
    groups.truncate(MAX_SHOWN);
    Ok(Tried {
        subject: verified.subject().to_owned(),
        usernames: verified.usernames.clone(),
        name: verified.name.clone(),
        email: verified.email.clone(),
        email_is_verified: verified.email_is_verified,
        groups,
        n_groups,
        strangers,
        groups_unknown: verified.groups == Groups::TooMany,
        ours,
        is_admin,
        verdict,
    })
}

/// What the rules say of somebody who was never here, by groups of the provider and those that are mapped.
pub(super) fn by_rules(provider: &Provider, groups: &[String], mapped: &[String]) -> Verdict {
    let rules = &provider.rules;
    let mut named = rules.allowed_groups.iter().chain(&rules.admin_groups).chain(mapped);
    match named.find(|group| groups.contains(group)) {
        _ if rules.open_sign_up => Verdict::Everybody,
        Some(group) => Verdict::By(group.clone()),
        None => Verdict::Waits,
    }
}
