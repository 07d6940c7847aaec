//! `/api/v1/robots`.

use super::{All, Page, answer, asked, body, done, moment, paged};
use crate::domain::action::{ChangeRobot, CreateRobot, DeleteRobot, ListRobots, ReadRobots};
use crate::domain::error::What;
use crate::domain::view::{OFFERED_DAYS, RobotRow};
use crate::domain::{Error, Namespace, Result, Role, Scope, TagPattern, Terms, Timestamp, Username};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::robots;
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{Response, StatusCode};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Listed {
    id: String,
    name: Username,
    namespace: Namespace,
    /// Of its first grant: a robot may be given more, and lose what it began with.
    role: Option<Role>,
    scope: Option<Scope>,
    tags: Option<TagPattern>,
    expires_at: Option<String>,
    disabled: bool,
    created_at: String,
    used_at: Option<String>,
    used_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl From<RobotRow> for Listed {
    fn from(it: RobotRow) -> Self {
        let first = it.held.into_iter().next();
        Self {
            id: it.id,
            name: it.name,
            namespace: it.namespace,
            role: first.as_ref().map(|terms| terms.role),
            scope: first.as_ref().map(|terms| terms.scope.clone()),
            tags: first.and_then(|terms| terms.tags),
            expires_at: it.expires_at.map(Timestamp::rfc3339),
            disabled: it.is_disabled,
            created_at: it.created_at.rfc3339(),
            used_from: it.used_at.map(|_| it.used_from),
            used_at: it.used_at.map(Timestamp::rfc3339),
            secret: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct New {
    name: Username,
    namespace: Namespace,
    role: Role,
    scope: Scope,
    tags: Option<TagPattern>,
    expires_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct Changed {
    disabled: bool,
}

/// Until when it goes on; where nothing is said its end stays.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct Rotated {
    expires_at: Option<String>,
}

/// Robots by name, of the namespaces whose robots the caller manages.
pub(in crate::server::http) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    query: RawQuery,
) -> Response<Body> {
    let found = async {
        let (part, All {}) = asked(query)?;
        if !caller.standing.is_signed_in() {
            return Err(Error::Unauthenticated);
        }
        let proof = app.access.authorize(&caller, ListRobots {}).await?;
        let robots = robots::list(&app, &proof, &part.after, part.limit + 1).await?;
        Ok(Page::cut(robots, part.limit, |robot: &Listed| robot.name.to_string()))
    };
    paged(&app, &caller, found.await)
}

/// One robot.
pub(in crate::server::http) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response<Body> {
    answer(&app, &caller, StatusCode::OK, visible(&app, &caller, &id).await.map(Listed::from))
}

/// A new robot, with its secret, this once.
pub(in crate::server::http) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    sent: Result<Json<New>, JsonRejection>,
) -> Response<Body> {
    let made = async {
        let New { name, namespace, role, scope, tags, expires_at } = body(sent)?;
        let end = match expires_at {
            Some(text) => moment(&text)?,
            None => app.clock.now().plus_days(OFFERED_DAYS),
        };
        let terms = Terms::new(role, scope, tags, Some(end))?;
        let proof = app.access.authorize(&caller, CreateRobot { name, namespace, terms }).await?;
        let (made, secret) = robots::create(&app, &proof).await?;
        Ok(Listed { secret: Some(secret.expose().to_owned()), ..Listed::from(made) })
    };
    answer(&app, &caller, StatusCode::CREATED, made.await)
}

/// Another secret for a robot, this once; the one from before ends.
pub(in crate::server::http) async fn rotate(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    sent: Result<Option<Json<Rotated>>, JsonRejection>,
) -> Response<Body> {
    let rotated = async {
        let sent = sent.map(|sent| sent.unwrap_or_else(|| Json(Rotated::default())));
        let expires_at = body(sent)?.expires_at.as_deref().map(moment).transpose()?;
        let robot = visible(&app, &caller, &id).await?;
        let proof = app.access.authorize(&caller, robots::rotating(&robot, expires_at)).await?;
        let secret = robots::rotate(&app, &proof).await?;
        let now = robots::find(&app, &robot.id).await?;
        Ok(Listed { secret: Some(secret.expose().to_owned()), ..Listed::from(now) })
    };
    answer(&app, &caller, StatusCode::OK, rotated.await)
}

/// Lets a robot in no more, or again.
pub(in crate::server::http) async fn change(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    sent: Result<Json<Changed>, JsonRejection>,
) -> Response<Body> {
    let changed = async {
        let Changed { disabled } = body(sent)?;
        let RobotRow { id, name, namespace, held, .. } = visible(&app, &caller, &id).await?;
        let proof = app.access.authorize(&caller, ChangeRobot { name, namespace, held, disabled }).await?;
        robots::change(&app, &proof).await?;
        robots::find(&app, &id).await.map(Listed::from)
    };
    answer(&app, &caller, StatusCode::OK, changed.await)
}

/// Takes a robot away.
pub(in crate::server::http) async fn delete(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response<Body> {
    let deleted = async {
        let RobotRow { name, namespace, .. } = visible(&app, &caller, &id).await?;
        let proof = app.access.authorize(&caller, DeleteRobot { name, namespace }).await?;
        robots::delete(&app, &proof).await
    };
    done(&app, &caller, deleted.await)
}

/// A robot whose namespace's robots the caller manages. Nobody else learns of it.
async fn visible(app: &App, caller: &Caller, who: &str) -> Result<RobotRow> {
    let robot = robots::find(app, who).await?;
    let absent = |_| Error::NotFound(What::Robot(who.chars().take(80).collect()));
    let _manages =
        app.access.authorize(caller, ReadRobots { namespace: robot.namespace.clone() }).await.map_err(absent)?;
    Ok(robot)
}
