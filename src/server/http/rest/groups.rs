//! `/api/v1/groups`.

use super::{All, Page, answer, asked, body, done, paged};
use crate::domain::action::{ChangeGroup, CreateGroup, DeleteGroup, ListGroups, MapGroup};
use crate::domain::view::{ClaimRow, GroupRow};
use crate::domain::{GroupName, Result, Username};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::groups;
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{Response, StatusCode};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Serialize)]
struct Listed {
    id: String,
    name: GroupName,
    n_members: u64,
    n_grants: u64,
}

impl From<GroupRow> for Listed {
    fn from(GroupRow { id, name, n_members, n_grants, .. }: GroupRow) -> Self {
        Self { id, name, n_members, n_grants }
    }
}

#[derive(Serialize)]
struct Whole {
    id: String,
    name: GroupName,
    members: BTreeSet<Username>,
    /// Groups of providers that put people in.
    claims: BTreeSet<ClaimRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct New {
    name: GroupName,
    #[serde(default)]
    members: BTreeSet<Username>,
    #[serde(default)]
    claims: BTreeSet<ClaimRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct Changed {
    members: Option<BTreeSet<Username>>,
    claims: Option<BTreeSet<ClaimRow>>,
}

/// Groups by name.
pub(in crate::server::http) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    query: RawQuery,
) -> Response<Body> {
    let found = async {
        let (part, All {}) = asked(query)?;
        let proof = app.access.authorize(&caller, ListGroups {}).await?;
        let groups = groups::list(&app, &proof, &part.after, part.limit + 1).await?;
        Ok(Page::cut(groups, part.limit, |group: &Listed| group.name.to_string()))
    };
    paged(&app, &caller, found.await)
}

/// One group with its members.
pub(in crate::server::http) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Response<Body> {
    answer(&app, &caller, StatusCode::OK, whole(&app, &caller, &name).await)
}

/// A new group.
pub(in crate::server::http) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    sent: Result<Json<New>, JsonRejection>,
) -> Response<Body> {
    let made = async {
        let New { name, members, claims } = body(sent)?;
        let proof = app.access.authorize(&caller, CreateGroup { name: name.clone() }).await?;
        groups::check_claims(&app, &pairs(&claims))?;
        groups::create(&app, &proof, members.into_iter().collect()).await?;
        if !claims.is_empty() {
            map(&app, &caller, &name, claims).await?;
        }
        whole(&app, &caller, name.as_str()).await
    };
    answer(&app, &caller, StatusCode::CREATED, made.await)
}

/// Sets who is in a group, of those who are put in here, and by which groups of providers; what is not said stays.
pub(in crate::server::http) async fn change(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    sent: Result<Json<Changed>, JsonRejection>,
) -> Response<Body> {
    let changed = async {
        let Changed { members, claims } = body(sent)?;
        let listing = app.access.authorize(&caller, ListGroups {}).await?;
        let (id, name) = groups::named(&app, &name).await?;
        if let Some(members) = members {
            let own = groups::own_members(&app, &listing, &id).await?;
            let add = members.difference(&own).cloned().collect();
            let remove = own.difference(&members).cloned().collect();
            let action = ChangeGroup { name: name.clone(), add, remove };
            let proof = app.access.authorize(&caller, action).await?;
            groups::change(&app, &proof).await?;
        }
        if let Some(claims) = claims {
            map(&app, &caller, &name, claims).await?;
        }
        whole(&app, &caller, name.as_str()).await
    };
    answer(&app, &caller, StatusCode::OK, changed.await)
}

/// Takes a group away.
pub(in crate::server::http) async fn delete(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Response<Body> {
    let deleted = async {
        let _sees_it = app.access.authorize(&caller, ListGroups {}).await?;
        let (_, name) = groups::named(&app, &name).await?;
        let proof = app.access.authorize(&caller, DeleteGroup { name }).await?;
        groups::delete(&app, &proof).await
    };
    done(&app, &caller, deleted.await)
}

fn pairs(claims: &BTreeSet<ClaimRow>) -> Vec<(String, String)> {
    claims.iter().map(|claim| (claim.provider.clone(), claim.value.clone())).collect()
}

async fn map(app: &App, caller: &Caller, name: &GroupName, claims: BTreeSet<ClaimRow>) -> Result<()> {
    let claims = pairs(&claims);
    let proof = app.access.authorize(caller, MapGroup { name: name.clone(), claims }).await?;
    groups::map(app, &proof).await
}

async fn whole(app: &App, caller: &Caller, name: &str) -> Result<Whole> {
    let proof = app.access.authorize(caller, ListGroups {}).await?;
    let (id, name) = groups::named(app, name).await?;
    let members = groups::all_members(app, &proof, &id).await?;
    let claims = groups::claims(app, &proof, &id).await?;
    let claims = claims.into_iter().map(|(provider, value)| ClaimRow { provider, value }).collect();
    Ok(Whole { id, name, members, claims })
}
