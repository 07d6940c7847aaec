//! Coming in and going out: the first administrator, sessions of browsers.

use super::secrets::{self, Kind};
use super::{told, weak};
use crate::domain::action::{EndSession, Maintain, OpenSession, SetUp};
use crate::domain::principal::{Job, Principal, PrincipalKind};
use crate::domain::{Actor, Error, Result, Role, Scope, Terms, Username};
use crate::server::context::App;
use crate::server::entropy::{new_id, new_secret_uuid};
use crate::server::secret::Secret;
use crate::server::store::admins::{self, Provided};
use crate::server::store::grants::{self, GranteeId};
use crate::server::store::sessions::{self, Known, NewSession, Purpose};
use crate::server::store::{Change, Tx, principals};

/// The most of a browser's name that is kept.
const MAX_AGENT_CHARS: usize = 200;

/// From where, and with what, somebody comes.
#[derive(Clone, Debug)]
pub struct From {
    pub address: String,
    pub agent: String,
    /// The mark of a browser with which somebody signed in before.
    pub mark: Option<Secret>,
    pub request_id: String,
}

impl From {
    /// The request by which they come, and its address.
    pub(super) fn asked(&self) -> (&str, &str) {
        (&self.request_id, &self.address)
    }
}

/// A person on their way in.
#[derive(Clone, Debug)]
pub struct NewPerson {
    pub username: Username,
    pub name: String,
    pub password: Secret,
}

/// A link for the first administrator; `None` where there is one. An earlier link ends.
pub async fn first_run(app: &App) -> Result<Option<Secret>> {
    let secret = secrets::new(Kind::Link, &*app.entropy);
    let (fingerprint, now) = (secrets::fingerprint(&secret), app.clock.now());
    let proof = app.access.system(Job::SetUp, Maintain {});
    let ways = app.identity.providers.ways();
    let kept = app.store.note(&proof, move |tx| {
        Box::pin(async move {
            tx.lock("portolan set-up").await?;
            if admins::exist(tx, &ways).await? {
                sessions::end_set_up_links(tx).await?;
                return Ok(false);
            }
            let by = (&Actor::System(Job::SetUp), now);
            sessions::insert_link(tx, &fingerprint, (Purpose::SetUp, None), None, by).await?;
            Ok(true)
        })
    });
    Ok(kept.await?.then_some(secret))
}

/// Whether there is nobody who can sign in and may do everything, as the configuration is now.
pub async fn is_locked_out(app: &App) -> Result<bool> {
    let (proof, ways) = (app.access.system(Job::SetUp, Maintain {}), app.identity.providers.ways());
    let provided = app.store.note(&proof, move |tx| Box::pin(async move { admins::provided(tx, &ways).await }));
    Ok(provided.await? == Provided::ByNobody)
}

/// Whether nobody is an administrator yet, and a link is there by which somebody becomes one.
pub async fn awaits_set_up(app: &App) -> Result<bool> {
    if !sessions::has_set_up_link(&app.store).await? {
        return Ok(false);
    }
    let (proof, ways) = (app.access.system(Job::SetUp, Maintain {}), app.identity.providers.ways());
    let exist = app.store.note(&proof, move |tx| Box::pin(async move { admins::exist(tx, &ways).await }));
    Ok(!exist.await?)
}

/// Whether a link for the first administrator still works.
pub async fn can_set_up(app: &App, link: &Secret) -> Result<bool> {
    let found = sessions::link(&app.store, &secrets::fingerprint(link), app.clock.now()).await?;
    Ok(matches!(found, Some((Purpose::SetUp, _))))
}

/// Makes the first administrator by the link, once, and signs them in.
///
/// # Errors
/// [`Error::Invalid`] for a password that may not be used; [`Error::Conflict`] where the link was used.
pub async fn set_up(app: &App, link: &Secret, person: NewPerson, from: From) -> Result<Secret> {
    weak::check(&person.password, (&person.username, &app.facts.host))?;
    if !can_set_up(app, link).await? {
        return Err(is_set_up());
    }
    let hash = app.identity.passwords.hash(&person.password).await?;
    let (fingerprint, now) = (secrets::fingerprint(link), app.clock.now());
    let (admin, grant_id) = (new_admin(app, &person), new_id(&*app.entropy, now));
    let proof = app.access.vouch(admin.actor(), from.asked(), SetUp { username: person.username });
    let (user_id, added, ways) = (admin.id.clone(), admin.clone(), app.identity.providers.ways());
    let known = hash.clone();
    let write = app.store.write(&proof, move |tx| {
        Box::pin(async move {
            tx.lock("portolan set-up").await?;
            let is_used = !sessions::use_link(tx, &fingerprint, Purpose::SetUp, now).await?;
            if is_used || admins::exist(tx, &ways).await? {
                return Err(is_set_up());
            }
            add_admin(tx, &added, &hash, &grant_id).await?;
            Ok(Change::new((), None, Some(added.username.to_string())))
        })
    });
    write.await?;
    open_session(app, (&user_id, &admin.actor()), Known::Link(known), from).await
}

/// Makes the administrator that the configuration names, if there is nobody of that name. Several nodes may do so at
/// once: one of them makes it, and the others find it there.
pub async fn admin_by_configuration(app: &App, username: Username, password: Secret) -> Result<()> {
    if principals::by_username(&app.store, &username).await?.is_some() {
        return Ok(());
    }
    weak::check(&password, (&username, &app.facts.host))?;
    let hash = app.identity.passwords.hash(&password).await?;
    let person = NewPerson { username: username.clone(), name: String::new(), password };
    let (admin, grant_id) = (new_admin(app, &person), new_id(&*app.entropy, app.clock.now()));
    let (wanted, proof) = (username.clone(), app.access.system(Job::SetUp, SetUp { username }));
    let write = app.store.write(&proof, move |tx| {
        Box::pin(async move {
            add_admin(tx, &admin, &hash, &grant_id).await?;
            Ok(Change::new((), None, Some(admin.username.to_string())))
        })
    });
    match write.await {
        Err(Error::Conflict(_)) if principals::by_username(&app.store, &wanted).await?.is_some() => Ok(()),
        made => made,
    }
}

/// Signs a user in by their password.
///
/// # Errors
/// Those of [`super::Identity::by_password`].
pub async fn by_password(app: &App, username: &str, password: &Secret, from: From) -> Result<Secret> {
    let found = app.identity.by_password(username, password, (&from.address, from.mark.as_ref())).await;
    if let Err(Error::Unauthenticated | Error::TooManyTries { .. }) = &found {
        told::in_vain(app, username, &from).await?;
    }
    let (user, hash) = found?;
    open_session(app, (&user.id, &user.actor()), Known::Password(hash), from).await
}

/// Ends the session of a cookie, as its owner asked; fine if there is none. The provider by which it was opened, where
/// its owner is signed in as well, if it was.
pub async fn out(app: &App, cookie: &Secret, from: &From) -> Result<Option<String>> {
    let Some(session) = sessions::find(&app.store, &secrets::fingerprint(cookie)).await? else { return Ok(None) };
    let Some(user) = principals::by_id(&app.store, &session.user_id).await? else { return Ok(None) };
    let provider = session.provider().map(ToOwned::to_owned);
    let action = EndSession { username: user.username.clone(), id: session.id.clone() };
    let proof = app.access.vouch(user.actor(), from.asked(), action);
    let write = app.store.write(&proof, move |tx| {
        Box::pin(async move {
            sessions::end(tx, &session.id).await?;
            Ok(Change::new(provider, None, None))
        })
    });
    write.await
}

/// Ends the session that a browser had before it got another one.
pub async fn replace(app: &App, cookie: &Secret) -> Result<()> {
    let Some(session) = sessions::find(&app.store, &secrets::fingerprint(cookie)).await? else { return Ok(()) };
    let proof = app.access.system(Job::SignIn, Maintain {});
    app.store.note(&proof, move |tx| Box::pin(async move { sessions::end(tx, &session.id).await })).await
}

/// Opens a session for somebody whose word was checked.
///
/// # Errors
/// [`Error::Unauthenticated`] if what they showed was taken from them meanwhile.
pub(super) async fn open_session(
    app: &App,
    (user_id, actor): (&str, &Actor),
    known: Known,
    from: From,
) -> Result<Secret> {
    let (secret, now) = (secrets::new(Kind::Session, &*app.entropy), app.clock.now());
    let new = NewSession {
        fingerprint: secrets::fingerprint(&secret),
        id: new_secret_uuid(&*app.entropy),
        user_id: user_id.to_owned(),
        created_at: now,
        address: from.address.clone(),
        agent: from.agent.chars().take(MAX_AGENT_CHARS).collect(),
    };
    let proof = app.access.vouch(actor.clone(), from.asked(), OpenSession { who: String::new() });
    let write = app.store.write(&proof, move |tx| {
        Box::pin(async move {
            if !sessions::open(tx, &new, &known).await? {
                return Err(Error::Unauthenticated);
            }
            Ok(Change::new((), None, Some(new.id)))
        })
    });
    write.await?;
    Ok(secret)
}

fn new_admin(app: &App, person: &NewPerson) -> Principal {
    let now = app.clock.now();
    Principal {
        id: new_id(&*app.entropy, now),
        kind: PrincipalKind::User,
        username: person.username.clone(),
        name: person.name.clone(),
        email: String::new(),
        namespace: None,
        expires_at: None,
        disabled_at: None,
        created_at: now,
        seen_at: None,
    }
}

async fn add_admin(tx: &mut Tx, admin: &Principal, hash: &str, grant_id: &str) -> Result<()> {
    let by = admin.actor();
    sessions::end_set_up_links(tx).await?;
    if !principals::insert(tx, admin, &by).await? {
        return Err(principals::taken(&admin.username));
    }
    principals::set_password(tx, &admin.id, hash, admin.created_at).await?;
    let (to, terms) =
        (GranteeId::Principal(admin.kind, admin.id.clone()), Terms::new(Role::Admin, Scope::Everything, None, None)?);
    grants::insert(tx, grant_id, &to, &terms, &by, admin.created_at).await
}

fn is_set_up() -> Error {
    Error::Conflict("this registry is set up; sign in".to_owned())
}
