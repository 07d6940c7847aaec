//! `/api/v1/protections`.

use super::access::stated;
use super::{Page, answer, asked, body, done, paged};
use crate::domain::action::{ChangeProtection, ListProtections, RemoveProtection, SetProtection};
use crate::domain::error::What;
use crate::domain::protection::{Guard, ProtectionKind};
use crate::domain::{Actor, Error, Protection, Result, Role, Rule, Scope, TagPattern, Timestamp};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::protections;
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{Response, StatusCode};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Set {
    id: String,
    scope: Scope,
    tags: Option<TagPattern>,
    except: Option<TagPattern>,
    kind: ProtectionKind,
    /// The least that may still act; nobody may where there is none.
    role: Option<Role>,
    created_at: String,
    created_by: Option<Actor>,
}

impl From<Rule> for Set {
    fn from(Rule { id, protection, created_by, created_at }: Rule) -> Self {
        let Protection { scope, tags, except, guard } = protection;
        let (kind, role) = (guard.kind(), guard.role());
        Self { id, scope, tags, except, kind, role, created_at: Timestamp::rfc3339(created_at), created_by }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct New {
    scope: Scope,
    tags: Option<TagPattern>,
    except: Option<TagPattern>,
    kind: ProtectionKind,
    role: Option<Role>,
}

/// Other words for a rule; what is not said stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct Changed {
    scope: Option<Scope>,
    #[serde(default, deserialize_with = "stated")]
    tags: Option<Option<TagPattern>>,
    #[serde(default, deserialize_with = "stated")]
    except: Option<Option<TagPattern>>,
    kind: Option<ProtectionKind>,
    #[serde(default, deserialize_with = "stated")]
    role: Option<Option<Role>>,
}

/// Whose rules are asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Where {
    #[serde(default)]
    scope: Option<Scope>,
}

/// Rules that hold in a scope, set there or above, or all of them.
pub(in crate::server::http) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    query: RawQuery,
) -> Response<Body> {
    let found = async {
        let (part, Where { scope }) = asked(query)?;
        let scope = scope.unwrap_or(Scope::Everything);
        let proof = app.access.authorize(&caller, ListProtections { scope }).await?;
        let rules = protections::list(&app, &proof, &part.after, part.limit + 1).await?;
        Ok(Page::cut(rules, part.limit, |rule: &Set| rule.id.clone()))
    };
    paged(&app, &caller, found.await)
}

/// A new rule.
pub(in crate::server::http) async fn set(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    sent: Result<Json<New>, JsonRejection>,
) -> Response<Body> {
    let made = async {
        let New { scope, tags, except, kind, role } = body(sent)?;
        let protection = Protection { scope, tags, except, guard: Guard::new(kind, role)? };
        let proof = app.access.authorize(&caller, SetProtection { protection }).await?;
        protections::set(&app, &proof).await.map(Set::from)
    };
    answer(&app, &caller, StatusCode::CREATED, made.await)
}

/// One rule.
pub(in crate::server::http) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response<Body> {
    answer(&app, &caller, StatusCode::OK, visible(&app, &caller, &id).await.map(Set::from))
}

/// Makes a rule say something else.
pub(in crate::server::http) async fn change(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    sent: Result<Json<Changed>, JsonRejection>,
) -> Response<Body> {
    let changed = async {
        let changed: Changed = body(sent)?;
        let Rule { protection: before, .. } = visible(&app, &caller, &id).await?;
        let protection = changed.of(&before)?;
        let action = ChangeProtection { id: id.clone(), before, protection };
        let proof = app.access.authorize(&caller, action).await?;
        protections::change(&app, &proof).await?;
        protections::find(&app, &id).await.map(Set::from)
    };
    answer(&app, &caller, StatusCode::OK, changed.await)
}

impl Changed {
    fn of(self, before: &Protection) -> Result<Protection> {
        let kind = self.kind.unwrap_or(before.guard.kind());
        // A rule that asks for no role leaves the one behind that it asked for before.
        let kept = before.guard.role().filter(|_| kind != ProtectionKind::Immutable);
        Ok(Protection {
            scope: self.scope.unwrap_or_else(|| before.scope.clone()),
            tags: self.tags.unwrap_or_else(|| before.tags.clone()),
            except: self.except.unwrap_or_else(|| before.except.clone()),
            guard: Guard::new(kind, self.role.unwrap_or(kept))?,
        })
    }
}

/// Takes a rule away.
pub(in crate::server::http) async fn remove(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response<Body> {
    let removed = async {
        let Rule { id, protection: before, .. } = visible(&app, &caller, &id).await?;
        let proof = app.access.authorize(&caller, RemoveProtection { id, before }).await?;
        protections::remove(&app, &proof).await
    };
    done(&app, &caller, removed.await)
}

/// A rule that the caller may see. Who may not read where it holds learns of none.
async fn visible(app: &App, caller: &Caller, id: &str) -> Result<Rule> {
    let rule = protections::find(app, id).await?;
    let absent = || Error::NotFound(What::Protection(id.to_owned()));
    let listing = ListProtections { scope: rule.protection.scope.clone() };
    let proof = app.access.authorize(caller, listing).await.map_err(|_| absent())?;
    Ok(protections::told(&proof, rule))
}
