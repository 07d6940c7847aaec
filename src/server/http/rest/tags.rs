//! `/api/v1/r/{repository}/-/tags`.

use super::{Page, answer, asked, of, orders, paged};
use crate::domain::action::{DeleteTags, ReadRepository, RenameTag, SetTag};
use crate::domain::condition::Expect;
use crate::domain::view::{How, Moved, TagQuery, TagRow, TagSort};
use crate::domain::{Actor, ByteSize, Digest, RepositoryName, Result, Tag, Timestamp};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::names;
use crate::server::service::{plans, tags};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{Response, StatusCode};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

#[derive(Serialize)]
pub(super) struct Listed {
    name: Tag,
    digest: Digest,
    media_type: String,
    size_bytes: ByteSize,
    platforms: Vec<String>,
    built_at: Option<String>,
    /// Nothing where another registry was only read and the tag has not moved since.
    moved_at: Option<String>,
    moved_by: Option<Actor>,
    /// When its registry was first read without it, where that is elsewhere; nothing while it is there.
    missing_since: Option<String>,
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
            missing_since: it.missing_since.map(Timestamp::rfc3339),
        }
    }
}

/// Which tags are asked for.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    q: String,
    sort: Option<TagSort>,
}

/// Tags by name, or in another order.
pub(super) async fn list(app: &App, caller: &Caller, name: &str, query: RawQuery) -> Response<Body> {
    let found = async {
        let (part, Asked { q, sort }) = asked(query)?;
        let sort = sort.unwrap_or(TagSort::Name);
        let after = orders::after(&part.after, sort, TagSort::Name)?;
        let query = TagQuery { q, sort, after, limit: Some(part.limit), ..TagQuery::default() };
        let proof = app.access.authorize(caller, ReadRepository { repository: name.parse()? }).await?;
        let page = tags::page(app, &proof, &query).await?;
        Ok(Page::<Listed>::of(page.items, page.next.map(|row| orders::next(row, sort, TagSort::Name))))
    };
    paged(app, caller, found.await)
}

/// One tag.
pub(super) async fn show(app: &App, caller: &Caller, repository: RepositoryName, tag: &Tag) -> Response<Body> {
    let found = async {
        let proof = app.access.authorize(caller, ReadRepository { repository }).await?;
        tags::one(app, &proof, tag).await.map(Listed::from)
    };
    answer(app, caller, StatusCode::OK, found.await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    digest: Digest,
    #[serde(default, deserialize_with = "stated")]
    expect: Option<Option<Digest>>,
}

/// A field that may be left out, or be `null`, which is something else.
pub(super) fn stated<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<Digest>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// What such a field makes the condition: nothing, that the tag is not there, or what it names.
pub(super) fn expected(expect: Option<Option<Digest>>) -> Expect {
    match expect {
        None => Expect::Anything,
        Some(None) => Expect::Absent,
        Some(Some(digest)) => Expect::Named(digest),
    }
}

/// Names an image: 201 where the tag is new, 200 where it moved.
pub(super) async fn set(
    app: &App,
    caller: &Caller,
    (repository, tag): (RepositoryName, Tag),
    sent: Result<Value>,
) -> Response<Body> {
    let set = async {
        let Set { digest, expect } = of(sent?)?;
        let proof = app.access.authorize(caller, SetTag { repository, tag, digest }).await?;
        names::set(app, &proof, How::Set, expected(expect)).await
    };
    let set = set.await;
    let status = if set.as_ref().is_ok_and(|(is_new, _)| *is_new) { StatusCode::CREATED } else { StatusCode::OK };
    answer(app, caller, status, set.map(|(_, named)| Listed::from(named)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Renamed {
    tag: Tag,
    to: Tag,
    #[serde(default, deserialize_with = "stated")]
    expect: Option<Option<Digest>>,
}

/// Gives an image another name in place of one.
pub(super) async fn rename(app: &App, caller: &Caller, name: &str, sent: Result<Value>) -> Response<Body> {
    let renamed = async {
        let (repository, Renamed { tag, to, expect }): (RepositoryName, _) = (name.parse()?, of(sent?)?);
        let proof = app.access.authorize(caller, RenameTag { repository, tag, to }).await?;
        names::rename(app, &proof, expected(expect)).await.map(Listed::from)
    };
    answer(app, caller, StatusCode::OK, renamed.await)
}

/// Takes a tag from its image, which stays.
pub(super) async fn delete(app: &App, caller: &Caller, repository: RepositoryName, tag: Tag) -> Result<()> {
    let proof = app.access.authorize(caller, DeleteTags { repository, tags: vec![tag], filter: None }).await?;
    plans::act(app, &proof).await.map(drop)
}
