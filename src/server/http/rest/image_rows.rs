//! `/api/v1/r/{repository}/-/images`: each image once, with the tags that name it and with what belongs to it.

use super::{Page, asked, paged};
use crate::domain::action::ReadRepository;
use crate::domain::manifest::Kind;
use crate::domain::view::{Belonging, ImageRow, ImagesQuery, Part};
use crate::domain::{Actor, ByteSize, Cursor, Digest, Tag};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::image_rows;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::Response;
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Listed {
    digest: Digest,
    kind: Kind,
    artifact_type: Option<String>,
    platforms: Vec<String>,
    size_bytes: ByteSize,
    pushed_at: String,
    pushed_by: Option<Actor>,
    /// The first that name it, and how many do.
    tags: Vec<Tag>,
    n_tags: u64,
    parts: Vec<Belongs>,
    /// Whether more belongs to it.
    has_more: bool,
}

#[derive(Serialize)]
struct Belongs {
    digest: Digest,
    /// `platform`, `listed` or `about`.
    how: &'static str,
    /// The platform, or the type.
    what: String,
    size_bytes: ByteSize,
}

impl From<ImageRow> for Listed {
    fn from(it: ImageRow) -> Self {
        Self {
            digest: it.digest,
            kind: it.kind,
            artifact_type: it.artifact,
            platforms: it.platforms,
            size_bytes: it.size,
            pushed_at: it.pushed.rfc3339(),
            pushed_by: it.pushed_by,
            tags: it.tags,
            n_tags: it.n_tags,
            parts: it.parts.into_iter().map(Into::into).collect(),
            has_more: it.has_more,
        }
    }
}

impl From<Part> for Belongs {
    fn from(Part { digest, is, size, .. }: Part) -> Self {
        let (how, what) = match is {
            Belonging::Platform(platform) => ("platform", platform),
            Belonging::Listed(kind) => ("listed", kind),
            Belonging::About(kind) => ("about", kind),
        };
        Self { digest, how, what, size_bytes: size }
    }
}

/// Which images are asked for.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    q: String,
}

/// Images, those that came last first.
pub(super) async fn list(app: &App, caller: &Caller, name: &str, query: RawQuery) -> Response<Body> {
    let found = async {
        let (part, Asked { q }) = asked(query)?;
        let after = (!part.after.is_empty()).then(|| part.after.parse::<Cursor>()).transpose()?;
        let query = ImagesQuery { q, after, limit: Some(part.limit), ..ImagesQuery::default() };
        let proof = app.access.authorize(caller, ReadRepository { repository: name.parse()? }).await?;
        let page = image_rows::list(app, &proof, query).await?.page;
        Ok(Page::<Listed>::of(page.items, page.next.map(|row| row.to_string())))
    };
    paged(app, caller, found.await)
}
