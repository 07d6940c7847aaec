//! `/api/v1/mounts`.

use super::{All, Page, answer, asked, body, done, paged};
use crate::domain::action::{ChangeMount, CheckMount, CreateMount, DeleteMount, ReadMounts};
use crate::domain::capability::Capability;
use crate::domain::error::What;
use crate::domain::mount::{MountSettings, REFRESH_S};
use crate::domain::view::{CrawlState, MountKind, MountView};
use crate::domain::{Error, MountPrefix, RepositoryName, RepositoryVisibility, Result};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::secret::Secret;
use crate::server::service::mounts::{self, Wanted};
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{Response, StatusCode};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Listed {
    id: String,
    prefix: MountPrefix,
    kind: MountKind,
    url: String,
    /// Whether nothing is changed there from here.
    read_only: bool,
    /// Whether what is deleted there from here can be brought back for a while.
    trash: bool,
    /// Whether the configuration holds it: then it is changed there.
    locked: bool,
    has_password: bool,
    /// How it is set, where it is not locked.
    settings: Option<MountSettings>,
    capabilities: BTreeMap<Capability, Option<bool>>,
    n_repositories: u64,
    crawl: CrawlState,
    /// When the catalog last agreed with the registry.
    as_of: Option<String>,
}

impl From<MountView> for Listed {
    fn from(MountView { id, row, settings, has_password, .. }: MountView) -> Self {
        Self {
            id,
            prefix: row.prefix,
            kind: row.kind,
            url: row.url,
            read_only: row.is_read_only,
            trash: row.keeps_trash,
            locked: row.is_of_file,
            has_password,
            settings,
            capabilities: row.capabilities.into_iter().collect(),
            n_repositories: row.totals.repositories,
            crawl: row.crawl,
            as_of: row.as_of.map(|at| at.rfc3339()),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct New {
    prefix: MountPrefix,
    #[serde(default = "remote")]
    kind: MountKind,
    url: String,
    upstream_prefix: Option<RepositoryName>,
    #[serde(default)]
    repositories: Vec<String>,
    #[serde(default)]
    auth_hosts: Vec<String>,
    #[serde(default)]
    username: String,
    password: Option<Secret>,
    #[serde(default = "refresh_s")]
    refresh_s: u64,
    #[serde(default)]
    token_service: String,
    #[serde(default)]
    visibility: RepositoryVisibility,
    #[serde(default = "yes")]
    read_only: bool,
    #[serde(default = "yes")]
    trash: bool,
}

/// What is not said stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct Changed {
    url: Option<String>,
    #[serde(default, deserialize_with = "said")]
    upstream_prefix: Option<Option<RepositoryName>>,
    repositories: Option<Vec<String>>,
    auth_hosts: Option<Vec<String>>,
    username: Option<String>,
    password: Option<Secret>,
    refresh_s: Option<u64>,
    token_service: Option<String>,
    visibility: Option<RepositoryVisibility>,
    read_only: Option<bool>,
    trash: Option<bool>,
}

fn yes() -> bool {
    true
}

fn remote() -> MountKind {
    MountKind::Remote
}

fn refresh_s() -> u64 {
    REFRESH_S
}

/// `null` is something that is said.
fn said<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<RepositoryName>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Mounts by prefix.
pub(in crate::server::http) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    query: RawQuery,
) -> Response<Body> {
    let found = async {
        let (part, All {}) = asked(query)?;
        let proof = app.access.authorize(&caller, ReadMounts {}).await?;
        let after = MountPrefix::of_address(&part.after);
        let is_after = |mount: &MountView| after.as_ref().is_none_or(|after| mount.row.prefix > *after);
        let mounts = mounts::all(&app, &proof).await?.into_iter().filter(is_after).take(part.limit as usize + 1);
        Ok(Page::cut(mounts, part.limit, |mount: &Listed| mount.prefix.in_address().to_owned()))
    };
    paged(&app, &caller, found.await)
}

/// One mount, by its id or its prefix; `-` is the root.
pub(in crate::server::http) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Response<Body> {
    answer(&app, &caller, StatusCode::OK, whole(&app, &caller, &name).await)
}

/// A new mount, of a registry that answers.
pub(in crate::server::http) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    sent: Result<Json<New>, JsonRejection>,
) -> Response<Body> {
    let made = async {
        let new = body(sent)?;
        let prefix = new.prefix;
        let proof = app.access.authorize(&caller, CreateMount { prefix: prefix.clone() }).await?;
        if new.kind != MountKind::Remote {
            return Err(Error::invalid("kind", "a registry that is mounted here is remote; the hosted one is there"));
        }
        let settings = MountSettings {
            url: new.url,
            upstream_prefix: new.upstream_prefix,
            repositories: new.repositories,
            auth_hosts: new.auth_hosts,
            username: new.username,
            refresh_s: new.refresh_s,
            token_service: new.token_service,
            visibility: new.visibility,
            read_only: new.read_only,
            trash: new.trash,
        };
        mounts::create(&app, &proof, Wanted { prefix: prefix.clone(), settings, password: new.password }).await?;
        whole(&app, &caller, prefix.in_address()).await
    };
    answer(&app, &caller, StatusCode::CREATED, made.await)
}

/// Changes how a registry is reached and seen.
pub(in crate::server::http) async fn change(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    sent: Result<Json<Changed>, JsonRejection>,
) -> Response<Body> {
    let changed = async {
        let sent = body(sent)?;
        let prefix = named(&app, &caller, &name).await?;
        let proof = app.access.authorize(&caller, ChangeMount { prefix: prefix.clone() }).await?;
        let before = mounts::settings(&app, &proof).await?;
        let settings = MountSettings {
            url: sent.url.unwrap_or(before.url),
            upstream_prefix: sent.upstream_prefix.unwrap_or(before.upstream_prefix),
            repositories: sent.repositories.unwrap_or(before.repositories),
            auth_hosts: sent.auth_hosts.unwrap_or(before.auth_hosts),
            username: sent.username.unwrap_or(before.username),
            refresh_s: sent.refresh_s.unwrap_or(before.refresh_s),
            token_service: sent.token_service.unwrap_or(before.token_service),
            visibility: sent.visibility.unwrap_or(before.visibility),
            read_only: sent.read_only.unwrap_or(before.read_only),
            trash: sent.trash.unwrap_or(before.trash),
        };
        mounts::change(&app, &proof, Wanted { prefix: prefix.clone(), settings, password: sent.password }).await?;
        whole(&app, &caller, prefix.in_address()).await
    };
    answer(&app, &caller, StatusCode::OK, changed.await)
}

/// Reads a registry now: which of the things that can be asked of a mount is meant stands at the end of the address.
pub(in crate::server::http) async fn ask(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(rest): Path<String>,
) -> Response<Body> {
    let asked = async {
        let name = rest.strip_suffix("/check").ok_or(Error::NotFound(What::Page))?;
        let prefix = named(&app, &caller, name).await?;
        let proof = app.access.authorize(&caller, CheckMount { prefix }).await?;
        mounts::check_now(&app, &proof).await
    };
    done(&app, &caller, asked.await)
}

/// Forgets a registry here.
pub(in crate::server::http) async fn delete(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Response<Body> {
    let deleted = async {
        let prefix = named(&app, &caller, &name).await?;
        let proof = app.access.authorize(&caller, DeleteMount { prefix }).await?;
        mounts::remove(&app, &proof).await
    };
    done(&app, &caller, deleted.await)
}

async fn named(app: &App, caller: &Caller, name: &str) -> Result<MountPrefix> {
    let proof = app.access.authorize(caller, ReadMounts {}).await?;
    mounts::prefix(app, &proof, name).await
}

async fn whole(app: &App, caller: &Caller, name: &str) -> Result<Listed> {
    let proof = app.access.authorize(caller, ReadMounts {}).await?;
    mounts::view(app, &proof, name, false).await.map(Listed::from)
}
