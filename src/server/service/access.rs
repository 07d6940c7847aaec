//! Who has access: grants, and who may see what without any.

pub mod opening;

use super::{may, opens};
use crate::domain::action::{ChangeAccess, CreateUser, GiveAccess, ListGrants, TakeAccess, TakeInvitation};
use crate::domain::error::What;
use crate::domain::view::{AccessRow, AccessView, Invited};
use crate::domain::{
    Action, Error, Grant, Grantee, MountPrefix, Permission, Result, Role, Scope, Target, Terms, Timestamp, Username,
};
use crate::server::access::{Authorized, Rights};
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::identity::links;
use crate::server::store::admins::Guard;
use crate::server::store::{Change, Tx, grants, groups, people, principals, reach, settings};

/// Grants of a page, and names to pick from.
const PAGE: u32 = 100;
const PICK: u32 = 200;

/// Grants on the scope that the proof is for; of everything where that is everything.
pub async fn list(app: &App, proof: &Authorized<ListGrants>, after: &str, limit: u32) -> Result<Vec<Grant>> {
    let scope = Some(&proof.action().scope).filter(|scope| **scope != Scope::Everything);
    grants::list(&app.store, scope, after, limit).await
}

/// Everything on the page of a scope: who has access in it, with grants after `after`.
pub async fn view(app: &App, proof: &Authorized<ListGrants>, after: &str) -> Result<AccessView> {
    let scope = proof.action().scope.clone();
    let visibility = match &scope {
        Scope::Repository(name) => {
            let found = settings::of_repository(&app.store, name).await?;
            let (_, visibility) = found.ok_or_else(|| Error::NotFound(What::Repository(name.clone())))?;
            Some(visibility)
        }
        Scope::Everything | Scope::Namespace(_) => None,
    };
    let mut rows = reach::of_scope(&app.store, &scope, after, PAGE + 1).await?;
    let is_cut = rows.len() > PAGE as usize;
    rows.truncate(PAGE as usize);
    let next = rows.last().filter(|_| is_cut).map(|row| row.id.clone());
    // What is set above the page's scope is changed where it is set.
    for row in rows.iter_mut().filter(|row| scope.holds(&row.terms.scope)) {
        row.may_change = row.provider.is_none() && may(proof, &taking(row));
        let may_take_back = row.may_change && may_take_back(proof, &row.to);
        row.invited = row.invited.map(|invited| Invited { may_take_back, ..invited });
    }
    let gives = |role: &Role| {
        let terms = Terms::new(*role, scope.clone(), None, None);
        terms.is_ok_and(|terms| may(proof, &GiveAccess { to: Grantee::Anonymous, terms }))
    };
    let roles: Vec<Role> = Role::ALL.into_iter().filter(gives).collect();
    let looks_up = |permission| proof.rights().require(permission, &Target::Instance).is_ok();
    let owns = proof.rights().require(Permission::RepositoryDelete, &Target::Scope(scope.clone())).is_ok();
    let reads = (looks_up(Permission::UserRead) && looks_up(Permission::GroupRead)) || owns;
    let people = if roles.is_empty() || !reads { vec![] } else { pick(app, &scope).await? };
    let nobody: Username = "nobody".parse().expect("a username");
    let may_invite = links::can_invite(app) && may(proof, &CreateUser { username: nobody });
    let signs_in_at = signs_in_at(app, &scope);
    Ok(AccessView {
        signs_in_at,
        may_invite,
        opens: opens(app, proof, &scope),
        scope,
        rows,
        next,
        visibility,
        roles,
        people,
    })
}

/// Whether a reader may take the invitation of somebody back.
fn may_take_back(proof: &Authorized<ListGrants>, to: &Grantee) -> bool {
    match to {
        Grantee::User(username) => may(proof, &TakeInvitation { username: username.clone() }),
        Grantee::Group(_) | Grantee::Robot(_) | Grantee::Anonymous => false,
    }
}

/// The host of the registry elsewhere that keeps a scope and takes no tokens from here.
fn signs_in_at(app: &App, scope: &Scope) -> Option<String> {
    let mounts = app.mounts.now();
    let holds = |prefix: &MountPrefix| match scope {
        Scope::Everything => false,
        Scope::Namespace(name) => {
            let rest = name.as_str().strip_prefix(prefix.as_str());
            prefix.is_root() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
        Scope::Repository(name) => prefix.strip(name).is_some(),
    };
    let nearest = mounts.iter().filter(|mount| holds(&mount.prefix)).max_by_key(|mount| mount.prefix.as_str().len())?;
    nearest.upstream.as_ref().filter(|_| nearest.token_service.is_none()).map(|upstream| upstream.host.clone())
}

/// Whom somebody who may look people up picks from; others type a name that they know.
async fn pick(app: &App, scope: &Scope) -> Result<Vec<Grantee>> {
    let groups = groups::list(&app.store, "", PICK).await?.into_iter().map(|group| Grantee::Group(group.name));
    Ok(groups.chain(people::to_pick(&app.store, scope, PICK).await?).collect())
}

/// All grants that reach a principal, with which of them the reader may take away.
pub async fn reaching<A: Action>(app: &App, proof: &Authorized<A>, id: &str) -> Result<Vec<AccessRow>> {
    Ok(marked(proof, reach::of_principal(&app.store, id).await?))
}

/// All grants of a group, with which of them the reader may take away.
pub async fn of_group<A: Action>(app: &App, proof: &Authorized<A>, id: &str) -> Result<Vec<AccessRow>> {
    Ok(marked(proof, reach::of_group(&app.store, id).await?))
}

fn marked<A: Action>(proof: &Authorized<A>, mut rows: Vec<AccessRow>) -> Vec<AccessRow> {
    rows.iter_mut().for_each(|row| row.may_change = row.provider.is_none() && may(proof, &taking(row)));
    rows
}

fn taking(row: &AccessRow) -> TakeAccess {
    TakeAccess { id: row.id.clone(), to: row.to.clone(), terms: row.terms.clone() }
}

/// The grant of that id, to find out who may take it away.
pub async fn find(app: &App, id: &str) -> Result<Grant> {
    grants::find(&app.store, id).await?.ok_or_else(|| Error::NotFound(What::Grant(id.to_owned())))
}

/// Gives somebody a role.
///
/// # Errors
/// [`Error::Invalid`] if nobody has that name.
pub async fn give(app: &App, proof: &Authorized<GiveAccess>) -> Result<Grant> {
    let GiveAccess { to, terms } = proof.action().clone();
    let id_of = grants::id_of(&app.store, &to).await?;
    let to_id = id_of.ok_or_else(|| is_nobody(&to))?;
    require_name(&to, terms.role)?;
    require_own_robot(app, &proof.rights(), (&to, &terms.scope)).await?;
    let (rights, needs) = (proof.rights(), proof.action().needs());
    let (id, now, by) = (new_id(&*app.entropy, app.clock.now()), app.clock.now(), proof.actor().clone());
    let grant = Grant { id: id.clone(), to, terms: terms.clone(), created_at: now };
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            require_until(&rights, &needs, terms.expires_at)?;
            grants::insert(tx, &id, &to_id, &terms, &by, now).await?;
            Ok(Change::new((), None, Some(id)))
        })
    });
    write.await?;
    Ok(grant)
}

/// Refuses for everybody a role that takes a name: whoever lets others in, or acts for the instance, has one.
///
/// # Errors
/// [`Error::Invalid`] of the role.
pub fn require_name(to: &Grantee, role: Role) -> Result<()> {
    let lets_in = role.holds(Permission::GrantManage) || role.holds(Permission::RobotManage);
    match *to == Grantee::Anonymous && (role.is_of_the_instance() || lets_in) {
        true => Err(Error::invalid("role", "this role is for somebody with a name: it lets others in")),
        false => Ok(()),
    }
}

fn is_nobody(to: &Grantee) -> Error {
    Error::invalid("principal", format!("there is no {to}"))
}

/// A robot gets something outside of its namespace from who manages it there: its secret is worth as much then, and is
/// renewed by nobody who holds less. To others it is not there.
async fn require_own_robot(app: &App, rights: &Rights, (to, scope): (&Grantee, &Scope)) -> Result<()> {
    let Grantee::Robot(name) = to else { return Ok(()) };
    let robot = principals::by_username(&app.store, name).await?;
    let home = robot.and_then(|robot| robot.namespace).map(Scope::Namespace);
    let manages = |home: Scope| rights.require(Permission::RobotManage, &Target::Scope(home)).is_ok();
    match home {
        Some(home) if !home.holds(scope) && !manages(home.clone()) => Err(is_nobody(to)),
        _ => Ok(()),
    }
}

/// Takes a grant away.
///
/// # Errors
/// [`Error::Conflict`] if nobody would be left who may do everything.
pub async fn take(app: &App, proof: &Authorized<TakeAccess>) -> Result<()> {
    let TakeAccess { id, terms, .. } = proof.action().clone();
    let ways = app.identity.providers.ways();
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let guard = Guard::before(tx, ways).await?;
            if !grants::take(tx, &id, &terms).await? {
                return Err(changed_meanwhile());
            }
            guard.after(tx).await?;
            require_owner(tx, &terms).await?;
            Ok(Change::new((), Some(id), None))
        })
    });
    write.await
}

/// A namespace whose last owner goes belongs to nobody: who is left can push to it, and nobody gives access to it.
async fn require_owner(tx: &mut Tx, before: &Terms) -> Result<()> {
    match &before.scope {
        Scope::Namespace(namespace) if before.role == Role::Owner && grants::is_ownerless(tx, namespace).await? => Err(
            Error::Conflict(format!("{namespace} would have no owner any more; make somebody else its Owner first")),
        ),
        _ => Ok(()),
    }
}

/// Who goes by that name: a user, else a group or a robot.
pub async fn named(app: &App, name: &Username) -> Result<Grantee> {
    let group = name.as_str().parse().map(Grantee::Group);
    for to in [Ok(Grantee::User(name.clone())), group, Ok(Grantee::Robot(name.clone()))].into_iter().flatten() {
        if grants::id_of(&app.store, &to).await?.is_some() {
            return Ok(to);
        }
    }
    Err(Error::invalid("principal", format!("there is no person, group or robot called {name}")))
}

fn changed_meanwhile() -> Error {
    Error::Conflict("this access changed in the meantime; look again".to_owned())
}

/// Nobody gives for longer than they have it: all that the action needs they hold until `end`; `None` is without one.
/// Asked within the transaction, where the rights are those of this moment.
pub(super) fn require_until(rights: &Rights, needs: &[(Permission, Target)], end: Option<Timestamp>) -> Result<()> {
    match needs.iter().all(|(permission, target)| rights.hold_until(*permission, target, end)) {
        true => Ok(()),
        false => Err(Error::invalid("expires_at", "you have this for a limited time, and cannot give it for longer")),
    }
}

/// Gives a grant other terms.
///
/// # Errors
/// [`Error::Conflict`] if nobody would be left who may do everything.
pub async fn change(app: &App, proof: &Authorized<ChangeAccess>) -> Result<()> {
    let ChangeAccess { id, to, before, terms } = proof.action().clone();
    let ways = app.identity.providers.ways();
    require_name(&to, terms.role)?;
    let (rights, needs) = (proof.rights(), proof.action().needs());
    if terms != before {
        require_own_robot(app, &rights, (&to, &terms.scope)).await?;
    }
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if terms != before {
                require_until(&rights, &needs, terms.expires_at)?;
            }
            let guard = Guard::before(tx, ways).await?;
            if !grants::change(tx, &id, &before, &terms).await? {
                return Err(changed_meanwhile());
            }
            guard.after(tx).await?;
            require_owner(tx, &before).await?;
            Ok(Change::new((), Some(before.role.name().to_owned()), Some(terms.role.name().to_owned())))
        })
    });
    write.await
}
