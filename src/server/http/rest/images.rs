//! `/api/v1/r/{repository}/-/manifests/{digest}`: what the page of an image says, and the first page of what is attached to it.

use super::{answer, asked};
use crate::domain::action::ReadRepository;
use crate::domain::manifest::{ImageConfig, Kind};
use crate::domain::view::image_tabs::{AttachedBy, AttachedRow, ImageQuery, TabView};
use crate::domain::view::{ChildRow, ImageView, LayerRow, ShownImage};
use crate::domain::{Actor, ByteSize, Digest, ImageTab, Reference, RepositoryName, Tag, Timestamp};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::images;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{Response, StatusCode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Whole {
    digest: Digest,
    media_type: String,
    kind: Kind,
    artifact_type: Option<String>,
    /// The image that it is about.
    subject: Option<Digest>,
    pushed_at: Option<String>,
    pushed_by: Option<Actor>,
    /// The first tags that name it, and how many more do.
    tags: Vec<Tag>,
    tags_more: u64,
    annotations: BTreeMap<String, String>,
    /// The entries of an index.
    platforms: Vec<Entry>,
    /// Itself, or the platform that is chosen from the index.
    image: Option<One>,
    /// What is attached to it, as stated.
    attached: Vec<Attached>,
    attached_next: Option<Digest>,
}

#[derive(Serialize)]
struct Entry {
    digest: Digest,
    platform: String,
    is_attestation: bool,
    size_bytes: ByteSize,
    is_here: bool,
}

#[derive(Serialize)]
struct One {
    digest: Digest,
    platform: Option<String>,
    pull_bytes: ByteSize,
    built_at: Option<String>,
    config: Option<ImageConfig>,
    layers: Vec<Layer>,
    layers_more: u64,
}

/// A layer, wherever images are answered.
#[derive(Serialize)]
pub(super) struct Layer {
    digest: Digest,
    media_type: String,
    size_bytes: ByteSize,
    title: Option<String>,
    step: Option<String>,
}

#[derive(Serialize)]
struct Attached {
    digest: Digest,
    artifact_type: Option<String>,
    size_bytes: ByteSize,
    pushed_at: Option<String>,
    /// `subject`, `index` or `tag`: how it is attached.
    by: &'static str,
    is_here: bool,
}

impl From<ChildRow> for Entry {
    fn from(it: ChildRow) -> Self {
        Self {
            digest: it.digest,
            platform: it.platform,
            is_attestation: it.attestation,
            size_bytes: it.size,
            is_here: it.present,
        }
    }
}

impl From<LayerRow> for Layer {
    fn from(LayerRow { digest, media_type, size, title, step }: LayerRow) -> Self {
        Self { digest, media_type, size_bytes: size, title, step }
    }
}

impl From<ShownImage> for One {
    fn from(it: ShownImage) -> Self {
        Self {
            digest: it.digest,
            platform: it.platform,
            pull_bytes: it.pull_size,
            built_at: it.built.map(Timestamp::rfc3339),
            config: it.config,
            layers: it.layers.into_iter().map(Into::into).collect(),
            layers_more: it.layers_more,
        }
    }
}

impl From<AttachedRow> for Attached {
    fn from(it: AttachedRow) -> Self {
        let by = match it.by {
            AttachedBy::Subject => "subject",
            AttachedBy::Index { .. } => "index",
            AttachedBy::Tag(_) => "tag",
        };
        Self {
            digest: it.digest,
            artifact_type: it.artifact,
            size_bytes: it.size,
            pushed_at: it.pushed.map(Timestamp::rfc3339),
            by,
            is_here: it.present,
        }
    }
}

impl From<ImageView> for Whole {
    fn from(it: ImageView) -> Self {
        let (attached, attached_next) = match it.tab {
            TabView::Attestations(view) => (view.rows, view.next),
            TabView::Overview(_) | TabView::Files(_) | TabView::Config(_) | TabView::Manifest(_) => (vec![], None),
        };
        Self {
            digest: it.digest,
            media_type: it.media_type,
            kind: it.kind,
            artifact_type: it.artifact,
            subject: it.subject.map(|subject| subject.digest),
            pushed_at: it.pushed.map(Timestamp::rfc3339),
            pushed_by: it.pushed_by,
            tags: it.tags,
            tags_more: it.tags_more,
            annotations: it.annotations.into_iter().collect(),
            platforms: it.children.into_iter().map(Into::into).collect(),
            image: it.shown.map(Into::into),
            attached: attached.into_iter().map(Into::into).collect(),
            attached_next,
        }
    }
}

/// What is asked of an image.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    platform: Option<String>,
}

/// An image; `after` goes on with what is attached to it.
pub(super) async fn show(
    app: &App,
    caller: &Caller,
    repository: RepositoryName,
    digest: Digest,
    query: RawQuery,
) -> Response<Body> {
    let found = async {
        let (part, Asked { platform }) = asked(query)?;
        let after = (!part.after.is_empty()).then(|| part.after.parse::<Digest>()).transpose()?;
        let proof = app.access.authorize(caller, ReadRepository { repository }).await?;
        let query = ImageQuery { tab: ImageTab::Attestations, platform, after, ..ImageQuery::default() };
        images::look(app, &proof, Reference::Digest(digest), query).await.map(Whole::from)
    };
    answer(app, caller, StatusCode::OK, found.await)
}
