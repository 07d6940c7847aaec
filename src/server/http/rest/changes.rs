//! What changes something inside a repository or a namespace: which change is meant stands at the end of the address.

use super::{answer, body, copies, done, history, plans, repositories, stars, tags};
use crate::domain::action::DeleteNamespace;
use crate::domain::error::What;
use crate::domain::{Address, Error, Namespace, Result};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::plans as deletes;
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use axum::{Extension, Json};
use serde_json::Value;

type Sent = Result<Json<Value>, JsonRejection>;

/// Asks what a delete would take, redeems the answer, rolls a tag back, renames one, copies tags and takes that back, or makes a repository.
pub(in crate::server::http) async fn post(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(rest): Path<String>,
    sent: Sent,
) -> Response<Body> {
    let (sent, app, caller) = (body(sent), &app, &caller);
    match rest.rsplit_once("/-/") {
        Some((name, "delete-preview")) => plans::preview(app, caller, name, sent).await,
        Some((name, "delete")) => plans::redeem(app, caller, name, sent).await,
        Some((name, "rollback")) => history::roll_back(app, caller, name, sent).await,
        Some((name, "rename")) => tags::rename(app, caller, name, sent).await,
        Some((name, "copy")) => copies::copy(app, caller, name, sent).await,
        Some((name, "copy/undo")) => copies::undo(app, caller, name, sent).await,
        _ => repositories::create(app, caller, &rest, sent).await,
    }
}

/// Names an image, or marks a repository for oneself.
pub(in crate::server::http) async fn put(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(rest): Path<String>,
    sent: Sent,
) -> Response<Body> {
    if let Some(name) = rest.strip_suffix("/-/star") {
        return stars::set(&app, &caller, name.parse(), true).await;
    }
    match Address::parse_repository(&rest) {
        Some(Address::Tag(repository, tag)) => tags::set(&app, &caller, (repository, tag), body(sent)).await,
        _ => match rest.rsplit_once("/-/tags/").map(|(_, tag)| tag.parse::<crate::domain::Tag>()) {
            Some(Err(odd)) => answer::<()>(&app, &caller, StatusCode::OK, Err(odd)),
            _ => answer::<()>(&app, &caller, StatusCode::OK, Err(Error::NotFound(What::Page))),
        },
    }
}

/// Asks what the delete of a namespace would take, or brings its tags back to a time.
pub(in crate::server::http) async fn post_in_namespace(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(rest): Path<String>,
    sent: Sent,
) -> Response<Body> {
    let (sent, app, caller) = (body(sent), &app, &caller);
    match rest.rsplit_once("/-/") {
        Some((name, "delete-preview")) => plans::preview_namespace(app, caller, name).await,
        Some((name, "delete")) => plans::redeem_namespace(app, caller, name, sent).await,
        Some((name, "rollback")) => history::roll_back_namespace(app, caller, name, sent).await,
        _ => answer::<()>(app, caller, StatusCode::OK, Err(Error::NotFound(What::Page))),
    }
}

/// Deletes every repository of a namespace.
pub(in crate::server::http) async fn delete_namespace(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(rest): Path<String>,
) -> Response<Body> {
    let deleted = async {
        let namespace: Namespace = rest.parse().map_err(|_| Error::NotFound(What::Page))?;
        let proof = app.access.authorize(&caller, DeleteNamespace { namespace }).await?;
        deletes::act(&app, &proof).await.map(drop)
    };
    done(&app, &caller, deleted.await)
}
