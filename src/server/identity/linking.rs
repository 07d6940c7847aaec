//! Linking who somebody is at a provider to an account that is there: to one's own, in a session whose owner has just
//! shown who they are, or to the account of an invitation, in the place of a password. Nothing else does: an e-mail
//! address or a name that is the same means nothing.

use super::attempts::{Aim, Attempt};
use super::by_provider::{self, Begun, Wish};
use super::provider::{Provider, Returned, Verified};
use super::sign_in::{From, open_session};
use super::{again, following, links, secrets, told};
use crate::domain::action::{LinkIdentity, UnlinkIdentity};
use crate::domain::error::What;
use crate::domain::principal::Principal;
use crate::domain::{Error, Result, Username};
use crate::server::access::{Authorized, Caller};
use crate::server::context::App;
use crate::server::secret::Secret;
use crate::server::store::admins::Guard;
use crate::server::store::identities::{self, Identity};
use crate::server::store::sessions::{self, Known, Purpose};
use crate::server::store::{Change, linked, principals, waiting};

/// By what whoever begins to link shows that the account is theirs, and not only the browser.
pub struct Ownership<'s> {
    /// The session that asks, by its id.
    pub session: &'s str,
    /// Needed where the session is not fresh.
    pub password: Secret,
    /// From where, and the mark of a browser that is known.
    pub from: (&'s str, Option<&'s Secret>),
}

/// Sends a browser to the provider, to be linked to the account of its session when it comes back.
///
/// # Errors
/// [`Error::Invalid`] where the session is not fresh and the password is not the one; [`Error::NotFound`] if there is
/// no such provider, and what it says or does not if it cannot be asked.
pub async fn begin(
    app: &App,
    proof: &Authorized<LinkIdentity>,
    shown: Ownership<'_>,
    browser: Option<Secret>,
) -> Result<Begun> {
    let LinkIdentity { provider: name, .. } = proof.action();
    let missing = || Error::NotFound(What::Provider(name.chars().take(80).collect()));
    let provider = app.identity.providers.find(name).ok_or_else(missing)?;
    again::show(app, &proof.rights().standing(), &shown.password, shown.from).await?;
    let (aim, from) = (Aim::Link(shown.session.to_owned()), shown.from.0.to_owned());
    by_provider::begin_as(app, &provider, Wish { next: String::new(), aim, from }, browser).await
}

/// Links who came back to the account of the session that began it; the title of the provider.
///
/// # Errors
/// [`Error::NotLetIn`] in any other session, [`Error::Conflict`] if it is somebody's already.
pub(super) async fn end(
    app: &App,
    (caller, session): (&Caller, &str),
    came: (Returned, &Attempt),
    from: &From,
) -> Result<String> {
    let is_theirs = caller.standing.session() == Some(session);
    let id = caller.standing.id.as_deref().filter(|_| is_theirs);
    let stale = || Error::NotLetIn(by_provider::STALE.to_owned());
    let user = principals::by_id(&app.store, id.ok_or_else(stale)?).await?.ok_or_else(stale)?;
    let provider = by_provider::in_force(app, came.1)?;
    let action = LinkIdentity { username: user.username.clone(), provider: provider.name.clone() };
    let proof = app.access.authorize(caller, action).await?;
    let verified = by_provider::verify(app, &provider, came, from).await?;
    link(app, &proof, (&provider, &verified), (&user, None))
        .await
        .inspect_err(|_| told_to(app, caller, &user, &provider))?;
    Ok(provider.title.clone())
}

/// Takes an invitation in the place of a password: its account gets who came back, and a session.
///
/// # Errors
/// [`Error::NotFound`] where the link works no more, [`Error::Conflict`] if who came back is somebody here already.
pub(super) async fn take(
    app: &App,
    link_secret: &Secret,
    came: (Returned, &Attempt),
    from: From,
) -> Result<(Secret, Username)> {
    let gone = || Error::NotFound(What::Link);
    let provider = by_provider::in_force(app, came.1)?;
    let user = invited(app, link_secret).await?.ok_or_else(gone)?;
    let verified = by_provider::verify(app, &provider, came, &from).await?;
    let action = LinkIdentity { username: user.username.clone(), provider: provider.name.clone() };
    let proof = app.access.vouch(user.actor(), from.asked(), action);
    let fingerprint = Some(secrets::fingerprint(link_secret));
    let done = link(app, &proof, (&provider, &verified), (&user, fingerprint)).await;
    done.inspect_err(|_| refused(app, &user, &from))?;
    let session = open_session(app, (&user.id, &user.actor()), Known::Identity(provider.name.clone()), from).await?;
    Ok((session, user.username))
}

/// Whose invitation it is, if it can be taken. A way back in for who lost a password is none.
pub async fn invited(app: &App, link: &Secret) -> Result<Option<Principal>> {
    let found = links::addressee(app, link).await?;
    Ok(found.filter(|(purpose, _)| *purpose == Purpose::Invite).map(|(_, user)| user))
}

/// Sends a browser to the provider, to take an invitation when it comes back.
///
/// # Errors
/// [`Error::NotFound`] where the link works no more, or if there is no such provider.
pub async fn begin_to_take(
    app: &App,
    (link, name): (&Secret, &str),
    from: &str,
    browser: Option<Secret>,
) -> Result<Begun> {
    invited(app, link).await?.ok_or(Error::NotFound(What::Link))?;
    let missing = || Error::NotFound(What::Provider(name.chars().take(80).collect()));
    let provider = app.identity.providers.find(name).ok_or_else(missing)?;
    let wish = Wish { next: String::new(), aim: Aim::Invitation(link.clone()), from: from.to_owned() };
    by_provider::begin_as(app, &provider, wish, browser).await
}

/// Puts on record that somebody tried to link what was not linked.
fn told_to(app: &App, caller: &Caller, user: &Principal, provider: &Provider) {
    let action = LinkIdentity { username: user.username.clone(), provider: provider.name.clone() };
    app.access.tell(caller, &action, Some("it is linked already, or to another account"));
}

fn refused(app: &App, user: &Principal, from: &From) {
    told::refused(app, (user.username.to_string(), "the identity was not linked"), from);
}

/// Links, once; with the link of an invitation that is used up by it.
async fn link(
    app: &App,
    proof: &Authorized<LinkIdentity>,
    (provider, verified): (&Provider, &Verified),
    (user, invitation): (&Principal, Option<String>),
) -> Result<()> {
    let refresh = following::sealed(app, provider, verified)?;
    let said = following::said(app, provider, (verified, refresh), user);
    let (title, id, by, now) = (provider.title.clone(), user.id.clone(), user.actor(), app.clock.now());
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            match linked::owner(tx, &said.identity).await? {
                Some(owner) if owner == id => return Err(yours(&title)),
                Some(_) => return Err(somebody_elses(&title)),
                None if linked::has_one_at(tx, &id, &said.identity.issuer).await? => return Err(has_one(&title)),
                None => {}
            }
            if let Some(fingerprint) = &invitation {
                if !sessions::use_link(tx, fingerprint, Purpose::Invite, now).await? {
                    return Err(Error::NotFound(What::Link));
                }
                sessions::end_links(tx, &id).await?;
                sessions::end_all(tx, &id, now).await?;
            }
            linked::link(tx, &said, &by).await?;
            Ok(Change::new((), None, Some(words(&said.identity))))
        })
    });
    write.await?;
    waiting::changed(&app.store);
    Ok(())
}

/// Takes a way to sign in from one's own account.
///
/// # Errors
/// [`Error::NotFound`] if the account has none by that provider, [`Error::Conflict`] if it is the last one, or nobody
/// would be left who may do everything.
pub async fn unlink(app: &App, proof: &Authorized<UnlinkIdentity>, session: Option<&str>) -> Result<()> {
    let UnlinkIdentity { username, provider } = proof.action();
    let nobody = || Error::NotFound(What::User(username.to_string()));
    let user = principals::by_username(&app.store, username).await?.ok_or_else(nobody)?;
    let (found, _) = identities::of_user(&app.store, &user.id).await?;
    let missing = || Error::NotFound(What::Provider(provider.chars().take(80).collect()));
    let identity = found.into_iter().find(|it| it.provider == *provider).ok_or_else(missing)?;
    let providers = app.identity.providers.all();
    let in_force: Vec<_> =
        providers.iter().map(|provider| (provider.name.clone(), provider.way.issuer().to_owned())).collect();
    let (ways, session) = (app.identity.providers.ways(), session.unwrap_or_default().to_owned());
    let (is_local, gone) = (app.identity.settings.local_sign_in, missing());
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let guard = Guard::before(tx, ways).await?;
            if !linked::unlink(tx, &identity, &session).await? {
                return Err(gone);
            }
            if !linked::can_sign_in(tx, &user.id, is_local, &in_force).await? {
                let words = "this is the last way by which you can sign in; link another one first";
                return Err(Error::Conflict(words.to_owned()));
            }
            guard.after(tx).await?;
            Ok(Change::new((), Some(words(&identity)), None))
        })
    });
    write.await
}

/// An identity, for a record.
fn words(identity: &Identity) -> String {
    let text = format!("{} <{}> at {}", identity.subject, identity.email, identity.issuer);
    text.chars().take(500).collect()
}

fn yours(title: &str) -> Error {
    Error::Conflict(format!("who you are at {title} is linked to your account already"))
}

fn has_one(title: &str) -> Error {
    Error::Conflict(format!(
        "you signed in as somebody else at {title} than is linked to your account; unlink that first, or sign out there"
    ))
}

fn somebody_elses(title: &str) -> Error {
    Error::Conflict(format!(
        "who you are at {title} signs in to another account here already, so nothing was linked; sign in by {title} for \
         that account, or unlink it there first"
    ))
}
