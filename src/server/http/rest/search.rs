//! `/api/v1/search`: a few of each kind that fit a text. It is no list: who wants all of them asks the lists.

use super::{answer, read};
use crate::domain::action::ListRepositories;
use crate::domain::view::{FoundImage, FoundRepository, FoundTag, MountKind, SearchView};
use crate::domain::{Digest, RepositoryName, Tag, Timestamp};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::search;
use axum::Extension;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{Response, StatusCode};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Found {
    repositories: Vec<Repository>,
    tags: Vec<Tagged>,
    images: Vec<Image>,
    /// Whether something fits besides, or was not looked at.
    more: bool,
}

#[derive(Serialize)]
struct Repository {
    name: RepositoryName,
    kind: MountKind,
    n_tags: u64,
}

#[derive(Serialize)]
struct Tagged {
    repository: RepositoryName,
    tag: Tag,
    digest: Digest,
    built_at: Option<String>,
}

#[derive(Serialize)]
struct Image {
    repository: RepositoryName,
    digest: Digest,
    tag: Option<Tag>,
}

impl From<SearchView> for Found {
    fn from(it: SearchView) -> Self {
        let more = it.has_more_repositories || it.has_more_images || it.left_out.is_some();
        let repository = |FoundRepository { name, mount, tags }| Repository { name, kind: mount, n_tags: tags };
        let tagged = |FoundTag { repository, tag, digest, built, .. }| Tagged {
            repository,
            tag,
            digest,
            built_at: built.map(Timestamp::rfc3339),
        };
        let image = |FoundImage { repository, digest, tag, .. }| Image { repository, digest, tag };
        // What is near fits only in part.
        let whole = it.repositories.into_iter().filter(|_| !it.is_near);
        Self {
            repositories: whole.map(repository).collect(),
            tags: it.tags.into_iter().map(tagged).collect(),
            images: it.images.into_iter().map(image).collect(),
            more: more && !it.is_near,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    q: String,
}

/// What fits.
pub(in crate::server::http) async fn find(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response<Body> {
    let found = async {
        let Asked { q } = read(&query.unwrap_or_default())?;
        let proof = app.access.authorize(&caller, ListRepositories {}).await?;
        search::find(&app, &proof, &q).await.map(Found::from)
    };
    answer(&app, &caller, StatusCode::OK, found.await)
}
