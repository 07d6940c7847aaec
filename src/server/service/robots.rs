//! Robots: machines with a secret of their own. Each belongs to a namespace and has an end.

use super::{access, draw, may, opens, taken, within_a_year};
use crate::domain::action::{ChangeRobot, CreateRobot, DeleteRobot, ListRobots, ReadRobots, RotateRobot};
use crate::domain::error::What;
use crate::domain::principal::{Principal, PrincipalKind};
use crate::domain::view::{RobotRow, RobotsView};
use crate::domain::{Action, Error, Namespace, Result, Role, Scope, Terms, Timestamp, Username};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::identity::secrets::{self, Kind};
use crate::server::secret::Secret;
use crate::server::store::grants::GranteeId;
use crate::server::store::tokens::{self, NewToken};
use crate::server::store::{Change, Tx, grants, people, principals, robots};
use std::slice;

/// Robots of a page.
const PAGE: u32 = 100;

/// The most namespaces of whose robots one list tells; nobody but an administrator, who sees all, manages as many.
const OF_NAMESPACES: usize = 10_000;

/// The most that a namespace has, with all that lie in it: their names are names that nobody else can have.
const MOST: i64 = 1_000;

/// Everything on the page of a namespace, with robots after `after`.
pub async fn view(app: &App, proof: &Authorized<ReadRobots>, after: &str) -> Result<RobotsView> {
    let namespace = proof.action().namespace.clone();
    let mut robots = robots::list(&app.store, Some(slice::from_ref(&namespace)), after, PAGE + 1).await?;
    let is_cut = robots.len() > PAGE as usize;
    robots.truncate(PAGE as usize);
    let next = robots.last().filter(|_| is_cut).map(|robot| robot.name.to_string());
    robots.iter_mut().for_each(|robot| robot.may_rotate = may(proof, &rotating(robot, None)));
    let scope = Scope::Namespace(namespace.clone());
    let nobody: Username = "nobody".parse().expect("a username");
    let makes = |role: &Role| {
        let terms = Terms::new(*role, scope.clone(), None, None);
        terms.is_ok_and(|terms| may(proof, &CreateRobot { name: nobody.clone(), namespace: namespace.clone(), terms }))
    };
    let roles = Role::ALL.into_iter().filter(makes).collect();
    Ok(RobotsView { namespace, robots, next, roles, opens: opens(app, proof, &scope) })
}

/// Robots after `after`, of the namespaces whose robots the caller manages.
pub async fn list(app: &App, proof: &Authorized<ListRobots>, after: &str, limit: u32) -> Result<Vec<RobotRow>> {
    let all = robots::namespaces(&app.store).await?;
    let theirs: Vec<_> = all.iter().filter(|namespace| manages(proof, namespace)).cloned().collect();
    match theirs.len() {
        0 => Ok(vec![]),
        n if n == all.len() => robots::list(&app.store, None, after, limit).await,
        n => robots::list(&app.store, Some(&theirs[..n.min(OF_NAMESPACES)]), after, limit).await,
    }
}

/// Whether somebody manages the robots of a namespace.
pub(super) fn manages<A: Action>(proof: &Authorized<A>, namespace: &Namespace) -> bool {
    may(proof, &ReadRobots { namespace: namespace.clone() })
}

/// One robot, by name or id, to find out who may see it.
pub async fn find(app: &App, who: &str) -> Result<RobotRow> {
    let absent = || Error::NotFound(What::Robot(who.chars().take(80).collect()));
    robots::find(&app.store, who).await?.ok_or_else(absent)
}

/// The robot of that name, if it still belongs there.
async fn of(app: &App, name: &Username, namespace: &Namespace) -> Result<RobotRow> {
    let found = robots::find(&app.store, name.as_str()).await?.filter(|robot| robot.namespace == *namespace);
    found.ok_or_else(|| Error::NotFound(What::Robot(name.to_string())))
}

/// What it is to give that robot another secret.
pub fn rotating(robot: &RobotRow, expires_at: Option<Timestamp>) -> RotateRobot {
    let (name, namespace) = (robot.name.clone(), robot.namespace.clone());
    RotateRobot { name, namespace, held: robot.held.clone(), expires_at }
}

/// Makes a robot with its one grant and its secret, which is nowhere but in what this returns.
///
/// # Errors
/// [`Error::Invalid`] for a scope outside of its namespace, or no end within a year; [`Error::Conflict`] if somebody
/// has the name, or the namespace has all the robots that it may.
pub async fn create(app: &App, proof: &Authorized<CreateRobot>) -> Result<(RobotRow, Secret)> {
    let CreateRobot { name, namespace, terms } = proof.action().clone();
    let now = app.clock.now();
    if !Scope::Namespace(namespace.clone()).holds(&terms.scope) {
        let words = format!("{} lies outside of {namespace}, where this robot belongs", terms.scope);
        return Err(Error::invalid("scope", words));
    }
    let end = terms.expires_at.ok_or_else(|| Error::invalid("expires_at", "a robot has to have an end"))?;
    within_a_year(end, now)?;
    let (secret, robot) = (draw(app, Kind::Robot), new(app, name, namespace, end));
    let (token, grant_id) = (token_of(app, &robot.id, &robot.username, &secret), new_id(&*app.entropy, now));
    let (id, by) = (robot.id.clone(), proof.actor().clone());
    let (rights, needs) = (proof.rights(), proof.action().needs());
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            access::require_until(&rights, &needs, Some(end))?;
            require_room(tx, &robot).await?;
            if !principals::insert(tx, &robot, &by).await? {
                return Err(taken(&robot.username));
            }
            let to = GranteeId::Principal(PrincipalKind::Robot, robot.id.clone());
            grants::insert(tx, &grant_id, &to, &terms, &by, now).await?;
            tokens::insert(tx, &token, now).await?;
            Ok(Change::new((), None, Some(robot.id)))
        })
    });
    write.await?;
    Ok((find(app, &id).await?, secret))
}

async fn require_room(tx: &mut Tx, robot: &Principal) -> Result<()> {
    let namespace = robot.namespace.as_ref().map(Namespace::as_str).unwrap_or_default();
    let top = namespace.split('/').next().unwrap_or_default();
    if robots::count(tx, top).await? < MOST {
        return Ok(());
    }
    Err(Error::Conflict(format!("{top} has {MOST} robots, and no namespace has more; delete one that nobody needs")))
}

fn new(app: &App, username: Username, namespace: Namespace, end: Timestamp) -> Principal {
    let now = app.clock.now();
    Principal {
        id: new_id(&*app.entropy, now),
        kind: PrincipalKind::Robot,
        username,
        name: String::new(),
        email: String::new(),
        namespace: Some(namespace),
        expires_at: Some(end),
        disabled_at: None,
        created_at: now,
        seen_at: None,
    }
}

/// Its end is the robot's own.
fn token_of(app: &App, id: &str, name: &Username, secret: &Secret) -> NewToken {
    NewToken {
        id: new_id(&*app.entropy, app.clock.now()),
        principal_id: id.to_owned(),
        name: name.to_string(),
        fingerprint: secrets::fingerprint(secret),
        bound: None,
        expires_at: None,
    }
}

/// Gives a robot another secret and perhaps another end; the secret from before ends at once.
///
/// # Errors
/// [`Error::Conflict`] if it was given more meanwhile than the proof is for; [`Error::Invalid`] for an end that is over
/// or too far away.
pub async fn rotate(app: &App, proof: &Authorized<RotateRobot>) -> Result<Secret> {
    let RotateRobot { name, namespace, held, expires_at } = proof.action().clone();
    let (robot, now) = (of(app, &name, &namespace).await?, app.clock.now());
    if let Some(end) = expires_at {
        within_a_year(end, now)?;
    } else if robot.expires_at.is_some_and(|end| end <= now) {
        return Err(Error::invalid("expires_at", format!("{name} ended; say until when it is to go on")));
    }
    let secret = draw(app, Kind::Robot);
    let token = token_of(app, &robot.id, &name, &secret);
    let (rights, needs) = (proof.rights(), proof.action().needs());
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            require_same(tx, &robot, &held).await?;
            // Who has its secret goes on for as long as it does.
            access::require_until(&rights, &needs, expires_at.or(robot.expires_at))?;
            tokens::delete_all(tx, &robot.id).await?;
            tokens::insert(tx, &token, now).await?;
            if let Some(end) = expires_at {
                robots::set_end(tx, &robot.id, robot.expires_at, end).await?;
            }
            let end = |at: Option<Timestamp>| at.map(|at| format!("until {}", at.rfc3339()));
            Ok(Change::new((), end(robot.expires_at), end(expires_at.or(robot.expires_at))))
        })
    });
    write.await?;
    Ok(secret)
}

/// Refuses where the robot holds something else than whoever acts was asked about.
async fn require_same(tx: &mut Tx, robot: &RobotRow, held: &[Terms]) -> Result<()> {
    match robots::held(tx, &robot.id).await? == held {
        true => Ok(()),
        false => Err(Error::Conflict(format!("what {} may do changed just now; look again", robot.name))),
    }
}

/// Lets a robot in no more, at once, or again.
pub async fn change(app: &App, proof: &Authorized<ChangeRobot>) -> Result<()> {
    let ChangeRobot { name, namespace, held, disabled } = proof.action().clone();
    let (robot, now) = (of(app, &name, &namespace).await?, app.clock.now());
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if !disabled {
                require_same(tx, &robot, &held).await?;
            }
            principals::set_disabled(tx, &robot.id, disabled.then_some(now)).await?;
            let words = |is_disabled: bool| Some(if is_disabled { "disabled" } else { "active" }.to_owned());
            Ok(Change::new((), words(robot.is_disabled), words(disabled)))
        })
    });
    write.await
}

/// Takes a robot away, with its access and its secret.
pub async fn delete(app: &App, proof: &Authorized<DeleteRobot>) -> Result<()> {
    let DeleteRobot { name, namespace } = proof.action();
    let robot = of(app, name, namespace).await?;
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            people::delete(tx, &robot.id).await?;
            Ok(Change::new((), Some(robot.id), None))
        })
    });
    write.await
}
