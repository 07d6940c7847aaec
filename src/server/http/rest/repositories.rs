//! `/api/v1/repositories`, and what stands under `/api/v1/r/`: a repository, its tags, its images, its activity.

use super::{
    Page, activity, answer, asked, body, compare, done, history, image_rows, images, of, orders, paged, stars, tags,
};
use crate::domain::action::{
    ConfigureRepository, CreateRepository, DeleteImages, DeleteRepository, ListRepositories, ReadRepository,
};
use crate::domain::error::What;
use crate::domain::view::{
    MountKind, ProtectionQuery, RepositoryFacts, RepositoryQuery, RepositoryRow, RepositorySort,
};
use crate::domain::{Actor, Address, Error, Namespace, RepositoryName, RepositoryVisibility, Result, Tag};
use crate::domain::{ByteSize, Timestamp};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::{plans, repositories, settings};
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{Response, StatusCode};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Serialize)]
struct Listed {
    name: RepositoryName,
    /// What somebody said it is, else what its newest image says of itself.
    description: String,
    visibility: RepositoryVisibility,
    kind: MountKind,
    newest_tag: Option<Tag>,
    n_tags: u64,
    stored_bytes: ByteSize,
    updated_at: Option<String>,
    updated_by: Option<Actor>,
}

impl From<RepositoryRow> for Listed {
    fn from(it: RepositoryRow) -> Self {
        Self {
            name: it.name,
            description: it.description.unwrap_or_default(),
            visibility: it.visibility,
            kind: it.mount,
            newest_tag: it.newest_tag,
            n_tags: it.tags,
            stored_bytes: it.stored,
            updated_at: it.updated.map(Timestamp::rfc3339),
            updated_by: it.updated_by,
        }
    }
}

#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    listed: Listed,
    n_images: u64,
    logical_bytes: ByteSize,
    n_pulls_30_days: u64,
}

impl From<RepositoryFacts> for Whole {
    fn from(RepositoryFacts { row, logical, images, pulls }: RepositoryFacts) -> Self {
        Self { listed: row.into(), n_images: images, logical_bytes: logical, n_pulls_30_days: pulls }
    }
}

/// Which repositories are asked for.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    q: String,
    namespace: Option<Namespace>,
    sort: Option<RepositorySort>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct Settings {
    description: Option<String>,
    visibility: Option<RepositoryVisibility>,
}

/// Repositories that the caller may see, by name or in another order.
pub(in crate::server::http) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    query: RawQuery,
) -> Response<Body> {
    let found = async {
        let (part, Asked { q, namespace: within, sort }) = asked(query)?;
        let sort = sort.unwrap_or(RepositorySort::Name);
        let after = orders::after(&part.after, sort, RepositorySort::Name)?;
        let query = RepositoryQuery { q, sort, after, limit: Some(part.limit), within, ..RepositoryQuery::default() };
        let proof = app.access.authorize(&caller, ListRepositories {}).await?;
        repositories::require_any(&app, &proof).await?;
        let page = repositories::page(&app, &proof, &query).await?;
        Ok(Page::<Listed>::of(page.items, page.next.map(|row| orders::next(row, sort, RepositorySort::Name))))
    };
    paged(&app, &caller, found.await)
}

/// A repository, or one of the lists and things in it.
pub(in crate::server::http) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(rest): Path<String>,
    query: RawQuery,
) -> Response<Body> {
    if let Some(name) = rest.strip_suffix("/-/tags") {
        return tags::list(&app, &caller, name, query).await;
    }
    if let Some(name) = rest.strip_suffix("/-/images") {
        return image_rows::list(&app, &caller, name, query).await;
    }
    if let Some(name) = rest.strip_suffix("/-/history") {
        return history::list(&app, &caller, name, query).await;
    }
    match Address::parse_repository(&rest) {
        Some(Address::Tag(repository, tag)) => tags::show(&app, &caller, repository, &tag).await,
        Some(Address::Manifest(repository, digest)) => images::show(&app, &caller, repository, digest, query).await,
        Some(Address::Activity(scope)) => activity::of_scope(&app, &caller, Some(scope), query).await,
        Some(Address::Compare(repository, pair)) => compare::show(&app, &caller, repository, pair, query).await,
        _ => answer(&app, &caller, StatusCode::OK, whole(&app, &caller, &rest).await),
    }
}

async fn whole(app: &App, caller: &Caller, rest: &str) -> Result<Whole> {
    let repository = name(rest)?;
    let proof = app.access.authorize(caller, ReadRepository { repository }).await?;
    repositories::facts(app, &proof).await.map(Whole::from)
}

/// The name of a repository, where nothing follows it.
fn name(rest: &str) -> Result<RepositoryName> {
    if rest.contains("/-/") { Err(Error::NotFound(What::Page)) } else { rest.parse() }
}

/// Makes a repository that is empty.
pub(super) async fn create(app: &App, caller: &Caller, rest: &str, sent: Result<Value>) -> Response<Body> {
    let made = async {
        let (repository, Settings { description, visibility }) = (name(rest)?, of(sent?)?);
        let description = description.unwrap_or_default();
        let action = CreateRepository { repository: repository.clone(), description: description.clone(), visibility };
        let proof = app.access.authorize(caller, action).await?;
        let id = settings::create_repository(app, &proof).await?;
        let visibility = settings::visibility(app, &proof).await?;
        Ok(serde_json::json!({ "id": id, "name": repository, "description": description, "visibility": visibility }))
    };
    answer(app, caller, StatusCode::CREATED, made.await)
}

/// Says what a repository is, and who may see it without a grant.
pub(in crate::server::http) async fn configure(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(rest): Path<String>,
    sent: Result<Json<Settings>, JsonRejection>,
) -> Response<Body> {
    let set = async {
        let (repository, Settings { description, visibility }) = (name(&rest)?, body(sent)?);
        let action = ConfigureRepository { repository, description, visibility };
        let proof = app.access.authorize(&caller, action).await?;
        settings::configure_repository(&app, &proof).await?;
        let now = settings::of_repository(&app, &proof, &ProtectionQuery::default()).await?;
        Ok(serde_json::json!({ "name": now.scope, "description": now.description, "visibility": now.visibility }))
    };
    answer(&app, &caller, StatusCode::OK, set.await)
}

/// Deletes a repository, takes one's star or a tag from its image, or deletes an image with its tags.
pub(in crate::server::http) async fn delete(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(rest): Path<String>,
) -> Response<Body> {
    if let Some(name) = rest.strip_suffix("/-/star") {
        return stars::set(&app, &caller, name.parse(), false).await;
    }
    let deleted = async {
        match Address::parse_repository(&rest) {
            Some(Address::Tag(repository, tag)) => tags::delete(&app, &caller, repository, tag).await,
            Some(Address::Manifest(repository, digest)) => {
                let action = DeleteImages { repository, digests: vec![digest], tags: vec![] };
                let proof = app.access.authorize(&caller, action).await?;
                plans::act(&app, &proof).await.map(drop)
            }
            _ => {
                let proof = app.access.authorize(&caller, DeleteRepository { repository: name(&rest)? }).await?;
                plans::act(&app, &proof).await.map(drop)
            }
        }
    };
    done(&app, &caller, deleted.await)
}
