//! Accounts of people.

use super::may;
use crate::domain::action::{ChangeUser, CreateUser, DeleteUser, InviteUser, ListUsers, SignOutUser};
use crate::domain::error::What;
use crate::domain::principal::{Principal, PrincipalKind, email, person_name};
use crate::domain::view::{Ended, UserRow, UserView, UsersQuery, UsersView, WaitingRow};
use crate::domain::{Action, Error, Page, Result, Username};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::identity::{links, weak};
use crate::server::secret::Secret;
use crate::server::service::{access, personal_tokens, waiting};
use crate::server::store::admins::Guard;
use crate::server::store::{Change, grants, people, principals, sessions, tokens};

/// Users of a page.
const PAGE: u32 = 50;
/// Of a page of those who wait, which stands above them.
const WAITING: u32 = 20;

/// What an account begins with.
pub struct NewUser {
    pub name: String,
    pub email: String,
    /// `None` where they choose one by a link.
    pub password: Option<Secret>,
}

/// A page of users, of those that `q` finds; with a page of those who wait for who may let them in.
pub async fn page(app: &App, proof: &Authorized<ListUsers>, query: &UsersQuery) -> Result<UsersView> {
    let mut users = people::list(&app.store, &query.q, &query.after, PAGE + 1).await?;
    users.iter_mut().for_each(|user| name_providers(app, user));
    let is_cut = users.len() > PAGE as usize;
    users.truncate(PAGE as usize);
    let next = users.last().filter(|_| is_cut).map(|user| user.username.to_string());
    let may_manage = may_manage(proof);
    let waiting = match may_manage {
        true => waiting::latest(app, proof, &query.waiting()?, WAITING).await?,
        false => Page { items: vec![], previous: None, next: None },
    };
    let alike = waiting::alike(app, &waiting.items).await?;
    let Page { items, previous, next: later } = waiting;
    let items = items.into_iter().map(|it| WaitingRow {
        title: app.identity.providers.title(&it.provider),
        alike: alike.iter().filter(|row| row.email == it.email.to_lowercase()).cloned().collect(),
        issuer: it.issuer,
        subject: it.subject,
        provider: it.provider,
        email: it.email,
        name: it.name,
        groups: it.groups,
        last_at: it.last_at,
    });
    let may_invite = may_manage && links::can_invite(app);
    let waiting = Page { items: items.collect(), previous, next: later };
    Ok(UsersView { users, waiting, next, may_manage, may_invite })
}

/// Everything on the page of one user.
pub async fn view(app: &App, proof: &Authorized<ListUsers>, username: &Username) -> Result<UserView> {
    let found = people::find(&app.store, username).await?;
    let mut found = found.ok_or_else(|| Error::NotFound(What::User(username.to_string())))?;
    name_providers(app, &mut found);
    let now = app.clock.now();
    let mut sessions = people::sessions(&app.store, &found.id, app.identity.settings.ended(now)).await?;
    let is_reader = proof.actor().key() == format!("user:{username}");
    let may_manage = may_manage(proof);
    if !may_manage {
        sessions.clear();
    }
    let access = access::reaching(app, proof, &found.id).await?;
    let tokens = match may_manage {
        true => personal_tokens::of_user(app, proof, &found.id, access.iter().map(|row| &row.terms)).await?,
        false => vec![],
    };
    Ok(UserView { user: found, access, sessions, tokens, may_manage, is_reader })
}

/// People know providers by their titles.
fn name_providers(app: &App, user: &mut UserRow) {
    user.providers.iter_mut().for_each(|provider| *provider = app.identity.providers.title(provider));
}

fn may_manage(proof: &Authorized<ListUsers>) -> bool {
    let nobody: Username = "nobody".parse().expect("a username");
    may(proof, &CreateUser { username: nobody })
}

/// Users after `after` in the order of their names.
pub async fn list(app: &App, _proof: &Authorized<ListUsers>, after: &str, limit: u32) -> Result<Vec<UserRow>> {
    people::list(&app.store, "", after, limit).await
}

/// One user, by username or id.
pub async fn show(app: &App, _proof: &Authorized<ListUsers>, who: &str) -> Result<UserRow> {
    let user = find(app, who).await?;
    let found = people::find(&app.store, &user.username).await?;
    found.ok_or_else(|| Error::NotFound(What::User(user.username.to_string())))
}

pub(super) async fn find(app: &App, who: &str) -> Result<Principal> {
    // Ids come first: a username may look like one.
    let found = match (principals::by_id(&app.store, who).await?, who.parse::<Username>()) {
        (Some(found), _) => Some(found),
        (None, Ok(username)) => principals::by_username(&app.store, &username).await?,
        (None, Err(_)) => None,
    };
    let found = found.filter(|found| found.kind == PrincipalKind::User);
    found.ok_or_else(|| Error::NotFound(What::User(who.chars().take(80).collect())))
}

/// The user of that name, and of no other: a proof is for a name.
pub(super) async fn of(app: &App, username: &Username) -> Result<Principal> {
    let found = principals::by_username(&app.store, username).await?;
    let found = found.filter(|found| found.kind == PrincipalKind::User);
    found.ok_or_else(|| Error::NotFound(What::User(username.to_string())))
}

/// Makes an account; and the link by which its owner chooses a password, where none is given.
///
/// # Errors
/// [`Error::Conflict`] if the username is taken, [`Error::Invalid`] for a password that may not be used.
pub async fn create(app: &App, proof: &Authorized<CreateUser>, new: NewUser) -> Result<(UserRow, Option<String>)> {
    require_invitable(app)?;
    let username = proof.action().username.clone();
    let now = app.clock.now();
    let hash = match &new.password {
        Some(password) => {
            require_local(app)?;
            weak::check(password, (&username, &app.facts.host))?;
            Some(app.identity.passwords.hash(password).await?)
        }
        None => None,
    };
    let user = new_user(app, username, (&new.name, &new.email))?;
    let invitation = hash.is_none().then(|| links::New::invitation(app));
    let link = invitation.as_ref().map(|new| new.address.clone());
    let (added, by) = (user.clone(), proof.actor().clone());
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if !principals::insert(tx, &added, &by).await? {
                return Err(principals::taken(&added.username));
            }
            if let Some(hash) = hash {
                principals::set_password(tx, &added.id, &hash, now).await?;
            }
            if let Some(invitation) = invitation {
                invitation.keep(tx, &added.id, &by).await?;
            }
            Ok(Change::new((), None, Some(added.id)))
        })
    });
    write.await?;
    let made = people::find(&app.store, &user.username).await?.ok_or(Error::Internal)?;
    Ok((made, link))
}

/// Somebody with no way in yet.
pub(super) fn new_user(app: &App, username: Username, (name, address): (&str, &str)) -> Result<Principal> {
    let now = app.clock.now();
    Ok(Principal {
        id: new_id(&*app.entropy, now),
        kind: PrincipalKind::User,
        username,
        name: person_name(name)?,
        email: email(address)?,
        namespace: None,
        expires_at: None,
        disabled_at: None,
        created_at: now,
        seen_at: None,
    })
}

/// Where signing in by password is off, nobody is given one.
fn require_local(app: &App) -> Result<()> {
    let off = "signing in by password is off here (auth.local_sign_in); leave the password out, and pass the link on";
    if app.identity.settings.local_sign_in { Ok(()) } else { Err(Error::Conflict(off.to_owned())) }
}

/// # Errors
/// [`Error::Conflict`] where nobody could take an invitation.
pub(super) fn require_invitable(app: &App) -> Result<()> {
    let off = "nobody could take an invitation: signing in by password is off here, and no provider is in force";
    if links::can_invite(app) { Ok(()) } else { Err(Error::Conflict(off.to_owned())) }
}

/// A new link by which somebody takes the account; one from before stops working.
///
/// # Errors
/// [`Error::Conflict`] for somebody who has a password: another one is theirs to choose.
pub async fn invite(app: &App, proof: &Authorized<InviteUser>) -> Result<String> {
    require_invitable(app)?;
    let user = of(app, &proof.action().username).await?;
    let new = links::New::invitation(app);
    let (address, by) = (new.address.clone(), proof.actor().clone());
    let (rights, needs) = (proof.rights(), proof.action().needs());
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            // The link is worth all that the account holds, for as long as it does.
            access::require_until(&rights, &needs, grants::latest_end(tx, &user.id).await?)?;
            if principals::has_way_in(tx, &user.id).await? {
                let words = format!(
                    "{} can sign in; they change their password themselves, or are given a way back in",
                    user.username
                );
                return Err(Error::Conflict(words));
            }
            sessions::end_links(tx, &user.id).await?;
            new.keep(tx, &user.id, &by).await?;
            Ok(Change::new((), None, None))
        })
    });
    write.await?;
    Ok(address)
}

/// Lets somebody in no more, or again. Of who goes, what ended: their sessions are over, and their tokens open nothing.
///
/// # Errors
/// [`Error::Conflict`] if nobody would be left who may do everything.
pub async fn change(app: &App, proof: &Authorized<ChangeUser>) -> Result<Option<Ended>> {
    let ChangeUser { username, disabled } = proof.action().clone();
    let (user, now) = (of(app, &username).await?, app.clock.now());
    let disabled_at = disabled.then_some(now);
    let (id, was_disabled) = (user.id.clone(), user.disabled_at.is_some());
    let (ways, not_over) = (app.identity.providers.ways(), app.identity.settings.ended(now));
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let guard = Guard::before(tx, ways).await?;
            principals::set_disabled(tx, &id, disabled_at).await?;
            let was = if was_disabled { "disabled" } else { "active" }.to_owned();
            if !disabled {
                return Ok(Change::new(None, Some(was), Some("active".to_owned())));
            }
            let ended = Ended {
                n_sessions: sessions::count(tx, &id, not_over).await?,
                n_tokens: tokens::count_live(tx, &id, now).await?,
            };
            sessions::end_all(tx, &id, now).await?;
            sessions::end_links(tx, &id).await?;
            guard.after(tx).await?;
            let is = format!("disabled, sessions ended: {}, tokens stopped: {}", ended.n_sessions, ended.n_tokens);
            Ok(Change::new(Some(ended), Some(was), Some(is)))
        })
    });
    write.await
}

/// Takes an account away, with its access, sessions and tokens.
///
/// # Errors
/// [`Error::Conflict`] if nobody would be left who may do everything.
pub async fn delete(app: &App, proof: &Authorized<DeleteUser>) -> Result<()> {
    let user = of(app, &proof.action().username).await?;
    let ways = app.identity.providers.ways();
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let guard = Guard::before(tx, ways).await?;
            people::delete(tx, &user.id).await?;
            guard.after(tx).await?;
            Ok(Change::new((), Some(user.id), None))
        })
    });
    write.await
}

/// Signs somebody out everywhere.
pub async fn sign_out(app: &App, proof: &Authorized<SignOutUser>) -> Result<()> {
    let (user, now) = (of(app, &proof.action().username).await?, app.clock.now());
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let n_ended = sessions::end_all(tx, &user.id, now).await?;
            Ok(Change::new((), Some(format!("{n_ended} sessions")), None))
        })
    });
    write.await
}
