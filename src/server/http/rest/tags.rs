//! `/api/v1/r/{repository}/-/tags`.

use super::{Page, answer, asked};
use crate::domain::action::{DeleteTag, ReadRepository};
use crate::domain::condition::Condition;
use crate::domain::view::{Moved, TagQuery, TagRow, TagSort};
use crate::domain::{Actor, ByteSize, Cursor, Digest, RepositoryName, Result, Tag, Timestamp};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::{delete as deletes, tags};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{Response, StatusCode};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Listed {
    name: Tag,
    digest: Digest,
    media_type: String,
    size_bytes: ByteSize,
    platforms: Vec<String>,
    built_at: Option<String>,
    /// Nothing where another registry was only read and the tag has not moved since.
    moved_at: Option<String>,
    moved_by: Option<Actor>,
}

impl From<TagRow> for Listed {
    fn from(it: TagRow) -> Self {
        let (moved_at, moved_by) = match it.moved {
            Moved::At { when, by } => (Some(when.rfc3339()), by),
            Moved::FirstSeen { .. } => (None, None),
        };
        Self {
            name: it.tag,
            digest: it.digest,
            media_type: it.media_type,
            size_bytes: it.size,
            platforms: it.platforms,
            built_at: it.built.map(Timestamp::rfc3339),
            moved_at,
            moved_by,
        }
    }
}

/// Which tags are asked for.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    q: String,
}

/// Tags by name.
pub(super) async fn list(app: &App, caller: &Caller, name: &str, query: RawQuery) -> Response<Body> {
    let found = async {
        let (part, Asked { q }) = asked(query)?;
        let limit = part.limit()?;
        let after = (!part.after.is_empty()).then(|| Cursor { key: 0, name: part.after.clone() });
        let query = TagQuery { q, sort: TagSort::Name, after, limit: Some(limit), ..TagQuery::default() };
        let proof = app.access.authorize(caller, ReadRepository { repository: name.parse()? }).await?;
        let page = tags::page(app, &proof, &query).await?;
        let next = page.next.map(|cursor| cursor.name);
        Ok(Page { items: page.items.into_iter().map(Listed::from).collect(), next })
    };
    answer(app, caller, StatusCode::OK, found.await)
}

/// One tag.
pub(super) async fn show(app: &App, caller: &Caller, repository: RepositoryName, tag: &Tag) -> Response<Body> {
    let found = async {
        let proof = app.access.authorize(caller, ReadRepository { repository }).await?;
        tags::one(app, &proof, tag).await.map(Listed::from)
    };
    answer(app, caller, StatusCode::OK, found.await)
}

/// Takes a tag from its image, which stays.
pub(super) async fn delete(app: &App, caller: &Caller, repository: RepositoryName, tag: Tag) -> Result<()> {
    let proof = app.access.authorize(caller, DeleteTag { repository, tag }).await?;
    deletes::tag(app, &proof, Condition::default()).await
}
