//! `/api/v1/namespaces`, and what stands under `/api/v1/n/`: how a namespace is set, and what was done in it.

use super::access::stated;
use super::{Page, activity, answer, asked, body, history, paged};
use crate::domain::action::{ConfigureNamespace, ListRepositories, ReadNamespace};
use crate::domain::error::What;
use crate::domain::trash::KeptDays;
use crate::domain::view::{NamespaceRow, TrashDays};
use crate::domain::{Address, Error, Namespace, RepositoryVisibility, Result};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::{protections, repositories, settings};
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{Response, StatusCode};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Settings {
    name: Namespace,
    /// With which new repositories begin.
    default_visibility: RepositoryVisibility,
    /// As it says itself; nothing where that is left to the namespaces above.
    trash_days: Option<u32>,
    /// As it is, whoever says so.
    kept_days: u32,
}

#[derive(Serialize)]
struct Listed {
    name: Namespace,
    /// Those in it that the caller may see.
    n_repositories: u64,
}

impl From<NamespaceRow> for Listed {
    fn from(NamespaceRow { name, repositories }: NamespaceRow) -> Self {
        Self { name, n_repositories: repositories }
    }
}

/// Which namespaces are asked for: those right below one, and nothing stands for those at the top.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    parent: Option<Namespace>,
}

/// Namespaces in which the caller may see something, by name.
pub(in crate::server::http) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    query: RawQuery,
) -> Response<Body> {
    let found = async {
        let (part, Asked { parent }) = asked(query)?;
        let proof = app.access.authorize(&caller, ListRepositories {}).await?;
        repositories::require_any(&app, &proof).await?;
        let rows = repositories::namespaces(&app, &proof, parent.as_ref(), (&part.after, part.limit + 1)).await?;
        Ok(Page::cut(rows, part.limit, |row: &Listed| row.name.to_string()))
    };
    paged(&app, &caller, found.await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct Changed {
    default_visibility: Option<RepositoryVisibility>,
    #[serde(default, deserialize_with = "stated")]
    trash_days: Option<Option<KeptDays>>,
}

/// How a namespace is set, or what was done in it.
pub(in crate::server::http) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(rest): Path<String>,
    query: RawQuery,
) -> Response<Body> {
    if let Some(name) = rest.strip_suffix("/-/as-of") {
        return history::as_of(&app, &caller, name, query).await;
    }
    match Address::parse_namespace(&rest) {
        Some(Address::Activity(scope)) => activity::of_scope(&app, &caller, Some(scope), query).await,
        _ => answer(&app, &caller, StatusCode::OK, settings_of(&app, &caller, name(&rest)).await),
    }
}

/// Sets it.
pub(in crate::server::http) async fn change(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(rest): Path<String>,
    sent: Result<Json<Changed>, JsonRejection>,
) -> Response<Body> {
    let changed = async {
        let (namespace, Changed { default_visibility, trash_days }) = (name(&rest)?, body(sent)?);
        let action = ConfigureNamespace { namespace: namespace.clone(), default_visibility, trash_days };
        let proof = app.access.authorize(&caller, action).await?;
        settings::configure_namespace(&app, &proof).await?;
        settings_of(&app, &caller, Ok(namespace)).await
    };
    answer(&app, &caller, StatusCode::OK, changed.await)
}

async fn settings_of(app: &App, caller: &Caller, namespace: Result<Namespace>) -> Result<Settings> {
    let proof = app.access.authorize(caller, ReadNamespace { namespace: namespace? }).await?;
    let found = settings::of_namespace(app, &proof).await?;
    let TrashDays { own, otherwise } = protections::trash_days(app, &proof).await?;
    let (name, default_visibility) = (proof.action().namespace.clone(), found.visibility);
    Ok(Settings { name, default_visibility, trash_days: own, kept_days: own.unwrap_or(otherwise) })
}

/// The name of a namespace, where nothing follows it.
fn name(rest: &str) -> Result<Namespace> {
    if rest.contains("/-/") { Err(Error::NotFound(What::Page)) } else { rest.parse() }
}
