//! Forms about the robots of a namespace.

use super::sent::{at_until, taken};
use super::{Done, Form};
use crate::domain::action::{ChangeRobot, CreateRobot, DeleteRobot, ReadRobots};
use crate::domain::error::What;
use crate::domain::view::RobotRow;
use crate::domain::{Address, Error, Namespace, Result, Terms, Username};
use crate::server::service::robots;
use crate::ui::form::{Back, Intent};

pub(super) async fn create(form: &Form<'_>) -> Result<Done> {
    let (namespace, name): (_, Username) = (namespace(form)?, form.sent.parse("name")?);
    let (role, scope) = (form.sent.parse("role")?, form.sent.parse("scope")?);
    let (tags, until) = (form.sent.optional("tags")?, form.sent.end_of_day("until")?);
    let terms = Terms::new(role, scope, tags, until)?;
    let action = CreateRobot { name: name.clone(), namespace: namespace.clone(), terms };
    let proof = form.app.access.authorize(form.caller, action).await?;
    let made = robots::create(form.app, &proof).await;
    let (_, secret) = made.map_err(|error| taken("name", at_until(error)))?;
    Ok(Done::new(Address::Robots(namespace), Intent::CreateRobot, name).with_secret(secret.expose().to_owned()))
}

pub(super) async fn rotate(form: &Form<'_>) -> Result<Done> {
    let (robot, until) = (found(form).await?, form.sent.end_of_day("until")?);
    let proof = form.app.access.authorize(form.caller, robots::rotating(&robot, until)).await?;
    let secret = robots::rotate(form.app, &proof).await.map_err(at_until)?;
    let done = Done::new(form.page(), Intent::RotateRobot, robot.name);
    Ok(done.with_secret(secret.expose().to_owned()))
}

pub(super) async fn set_disabled(form: &Form<'_>, disabled: bool) -> Result<Done> {
    let RobotRow { name, namespace, held, is_disabled, .. } = found(form).await?;
    let action = ChangeRobot { name: name.clone(), namespace: namespace.clone(), held, disabled };
    // Who stops one may not let it in again by that; and one that was stopped before goes back to nothing else.
    let undo = ChangeRobot { disabled: false, ..action.clone() };
    let goes_back = disabled && !is_disabled && form.may(&undo);
    let proof = form.app.access.authorize(form.caller, action).await?;
    robots::change(form.app, &proof).await?;
    let intent = if disabled { Intent::DisableRobot } else { Intent::EnableRobot };
    let back = goes_back.then(|| Back::Robot { namespace, name: name.clone() });
    Ok(Done::new(form.page(), intent, name).with_back(back))
}

pub(super) async fn delete(form: &Form<'_>) -> Result<Done> {
    let RobotRow { name, namespace, .. } = found(form).await?;
    form.confirmed(name.as_str())?;
    let proof = form.app.access.authorize(form.caller, DeleteRobot { name: name.clone(), namespace }).await?;
    robots::delete(form.app, &proof).await?;
    Ok(Done::new(form.page(), Intent::DeleteRobot, name))
}

/// The namespace whose page it is.
fn namespace(form: &Form<'_>) -> Result<Namespace> {
    match form.page().strip_prefix("/n/").and_then(Address::parse_namespace) {
        Some(Address::Robots(namespace)) => Ok(namespace),
        _ => Err(Error::NotFound(What::Page)),
    }
}

/// The robot that a form names, of that namespace, for who manages its robots.
async fn found(form: &Form<'_>) -> Result<RobotRow> {
    let (namespace, name): (_, Username) = (namespace(form)?, form.sent.parse("robot")?);
    let _manages = form.app.access.authorize(form.caller, ReadRobots { namespace: namespace.clone() }).await?;
    let robot = robots::find(form.app, name.as_str()).await?;
    match robot.namespace == namespace {
        true => Ok(robot),
        false => Err(Error::NotFound(What::Robot(name.to_string()))),
    }
}
