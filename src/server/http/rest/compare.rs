//! `/-/compare/{from}...{to}`: what a client gets that moves from one image to another.

use super::images::Layer;
use super::{answer, read};
use crate::domain::action::ReadRepository;
use crate::domain::manifest::Kind;
use crate::domain::view::{Changes, CompareQuery, CompareSide, CompareView, DiffLine, Outcome};
use crate::domain::{Actor, ByteSize, Digest, Reference, RepositoryName, Tag, Timestamp};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::compare;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{Response, StatusCode};
use serde::{Deserialize, Serialize};

/// With what the images of the path are compared, and on what.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Beside {
    with: Option<RepositoryName>,
    platform: Option<String>,
}

/// The same, where the path does not say of which images.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    from: Option<Reference>,
    to: Option<Reference>,
    /// The repository of the second, where that is another one.
    with: Option<RepositoryName>,
    platform: Option<String>,
}

#[derive(Serialize)]
struct Compared {
    from: Side,
    to: Side,
    outcome: &'static str,
    /// The image for the platform that an index lists and that is not there.
    missing: Option<Missing>,
    differences: Option<Differences>,
}

#[derive(Serialize)]
struct Side {
    repository: RepositoryName,
    reference: Option<Reference>,
    image: Option<Image>,
}

#[derive(Serialize)]
struct Image {
    digest: Digest,
    kind: Kind,
    pushed_at: String,
    pushed_by: Option<Actor>,
    tags: Vec<Tag>,
    platforms: Vec<String>,
}

#[derive(Serialize)]
struct Missing {
    repository: RepositoryName,
    digest: Digest,
}

#[derive(Serialize)]
struct Differences {
    platform: Option<String>,
    platforms: Vec<String>,
    from_bytes: ByteSize,
    to_bytes: ByteSize,
    from_built_at: Option<String>,
    to_built_at: Option<String>,
    n_layers: u64,
    n_fetched: u64,
    fetched_bytes: ByteSize,
    layers: Vec<Pair>,
    layers_more: u64,
    config: Option<Config>,
}

#[derive(Serialize)]
struct Pair {
    from: Option<Layer>,
    to: Option<Layer>,
}

#[derive(Serialize)]
struct Config {
    n_removed: u64,
    n_added: u64,
    hunks: Vec<Vec<DiffLine>>,
    is_cut: bool,
}

impl From<CompareView> for Compared {
    fn from(CompareView { from, to, outcome, .. }: CompareView) -> Self {
        let (word, missing, differences) = match outcome {
            Outcome::TooFew => ("too_few", None, None),
            Outcome::Same => ("same", None, None),
            Outcome::NoPlatform => ("no_platform", None, None),
            Outcome::NotHere(repository, digest) => ("not_here", Some(Missing { repository, digest }), None),
            Outcome::Differ(changes) => ("differ", None, Some(Differences::from(*changes))),
        };
        Self { from: from.into(), to: to.into(), outcome: word, missing, differences }
    }
}

impl From<CompareSide> for Side {
    fn from(CompareSide { repository, reference, image, .. }: CompareSide) -> Self {
        let image = image.map(|it| Image {
            digest: it.digest,
            kind: it.kind,
            pushed_at: it.pushed.rfc3339(),
            pushed_by: it.pushed_by,
            tags: it.tags,
            platforms: it.platforms,
        });
        Self { repository, reference, image }
    }
}

impl From<Changes> for Differences {
    fn from(it: Changes) -> Self {
        let [from_built_at, to_built_at] = it.built.map(|built| built.map(Timestamp::rfc3339));
        let layers = it.layers.into_iter();
        Self {
            platform: it.platform,
            platforms: it.platforms,
            from_bytes: it.from_size,
            to_bytes: it.to_size,
            from_built_at,
            to_built_at,
            n_layers: it.n_layers,
            n_fetched: it.n_fetched,
            fetched_bytes: it.fetched,
            layers: layers.map(|it| Pair { from: it.from.map(Layer::from), to: it.to.map(Layer::from) }).collect(),
            layers_more: it.layers_more,
            config: it.config.map(|it| Config {
                n_removed: it.n_removed,
                n_added: it.n_added,
                hunks: it.hunks,
                is_cut: it.is_cut,
            }),
        }
    }
}

/// Two images beside each other: those of the path, those of the query, or the newest.
pub(super) async fn show(
    app: &App,
    caller: &Caller,
    repository: RepositoryName,
    pair: Option<(Reference, Reference)>,
    query: RawQuery,
) -> Response<Body> {
    let found = async {
        let query = query.0.unwrap_or_default();
        let Asked { from, to, with, platform } = match pair {
            None => read(&query)?,
            Some((from, to)) => {
                let Beside { with, platform } = read(&query)?;
                Asked { from: Some(from), to: Some(to), with, platform }
            }
        };
        let other = with.clone().unwrap_or_else(|| repository.clone());
        let left = app.access.authorize(caller, ReadRepository { repository }).await?;
        let right = app.access.authorize(caller, ReadRepository { repository: other }).await?;
        let query = CompareQuery { from, to, with, platform, ..CompareQuery::default() };
        compare::compare(app, &left, &right, query).await.map(Compared::from)
    };
    answer(app, caller, StatusCode::OK, found.await)
}
