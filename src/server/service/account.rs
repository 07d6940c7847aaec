//! One's own account.

use super::access;
use crate::domain::action::{ChangePassword, EndSession, ReadAccount};
use crate::domain::error::What;
use crate::domain::view::{AccountView, IdentityRow, UserRow, WaysIn};
use crate::domain::{Error, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::identity::{again, weak};
use crate::server::secret::Secret;
use crate::server::store::{Change, identities, people, principals, sessions};

/// Everything on its page; `session` is the one that asks.
pub async fn view(app: &App, proof: &Authorized<ReadAccount>, session: Option<&str>) -> Result<AccountView> {
    let username = &proof.action().username;
    let found = people::find(&app.store, username).await?;
    let found = found.ok_or_else(|| Error::NotFound(What::User(username.to_string())))?;
    let mut sessions = people::sessions(&app.store, &found.id, app.identity.settings.ended(app.clock.now())).await?;
    sessions.iter_mut().for_each(|row| row.is_this = Some(row.id.as_str()) == session);
    let access = access::reaching(app, proof, &found.id).await?;
    let opened = sessions.iter().find(|row| row.is_this).map(|row| row.created_at);
    let is_fresh = opened.is_some_and(|at| again::is_fresh(at, app.clock.now()));
    let ways = WaysIn { is_fresh, ..ways_in(app, &found).await? };
    Ok(AccountView { user: found, ways, access, sessions })
}

/// By what somebody signs in, each with what its provider last said of them.
async fn ways_in(app: &App, user: &UserRow) -> Result<WaysIn> {
    let (found, _) = identities::of_user(&app.store, &user.id).await?;
    let providers = &app.identity.providers;
    let row = |it: identities::Identity| IdentityRow {
        title: providers.title(&it.provider),
        is_live: providers.has(&it.provider, &it.issuer),
        issuer: it.issuer,
        subject: it.subject,
        provider: it.provider,
        name: it.name,
        email: it.email,
        checked_at: it.checked_at,
        refused_at: it.refused_at,
    };
    let is_linked = |issuer: &str| found.iter().any(|it| it.issuer == issuer);
    let live = providers.all().into_iter().filter(|provider| !is_linked(provider.way.issuer()));
    let linkable = live.map(|provider| (provider.name.clone(), provider.title.clone())).collect();
    let mut identities: Vec<_> = found.into_iter().map(row).collect();
    identities.sort_by(|one, other| (&one.title, &one.subject).cmp(&(&other.title, &other.subject)));
    let (has_password, is_local) = (user.has_password, app.identity.settings.local_sign_in);
    Ok(WaysIn { has_password, is_local, identities, linkable, is_fresh: false })
}

/// Chooses another password, which ends all other sessions. Who does it knows the one from before.
///
/// # Errors
/// [`Error::Invalid`] if that is not the one, or for one that may not be used; [`Error::TooManyTries`].
pub async fn change_password(
    app: &App,
    proof: &Authorized<ChangePassword>,
    (before, password): (&Secret, &Secret),
    (session, from): (Option<String>, (&str, Option<&Secret>)),
) -> Result<()> {
    let username = &proof.action().username;
    weak::check(password, (username, &app.facts.host))?;
    let user = match app.identity.by_password(username.as_str(), before, from).await {
        Err(Error::Unauthenticated) => return Err(again::not_yours("password_before")),
        found => found?.0,
    };
    let (hash, now) = (app.identity.passwords.hash(password).await?, app.clock.now());
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            principals::set_password(tx, &user.id, &hash, now).await?;
            sessions::end_links(tx, &user.id).await?;
            sessions::end_others(tx, &user.id, session.as_deref().unwrap_or_default(), now).await?;
            Ok(Change::new((), None, None))
        })
    });
    write.await
}

/// Ends one of one's own sessions.
pub async fn end_session(app: &App, proof: &Authorized<EndSession>) -> Result<()> {
    let EndSession { username, id } = proof.action().clone();
    let user = principals::by_username(&app.store, &username).await?;
    let user = user.ok_or_else(|| Error::NotFound(What::User(username.to_string())))?;
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if !sessions::end_own(tx, &user.id, &id).await? {
                return Err(Error::NotFound(What::Session));
            }
            Ok(Change::new((), Some(id), None))
        })
    });
    write.await
}
