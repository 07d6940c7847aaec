//! What stands under the open tab: first what has to be read for it, then what came of that.

use super::attached::{self, Opening};
use super::one::Image;
use super::{reading, shown_image};
use crate::domain::action::ReadRepository;
use crate::domain::error::What;
use crate::domain::manifest::Descriptor;
use crate::domain::view::LayerRow;
use crate::domain::view::image_tabs::{ConfigView, Content, ImageQuery, TabView};
use crate::domain::{ByteSize, Digest, Error, ImageTab, RepositoryName, Result, media_type};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::service::files;
use crate::server::store::images::{Child, Surroundings};

/// What the open tab needs.
pub(super) enum Under {
    Overview,
    Manifest,
    /// The layers of the one image that is shown.
    Files(Option<Vec<LayerRow>>),
    /// The configuration of the one image that is shown, and its bytes where the catalog has them.
    Config(Option<(Descriptor, Option<Vec<u8>>)>),
    /// The attestation that is opened, if one is.
    Attestations(Option<Opening>),
}

impl Under {
    pub fn of(repository: &RepositoryName, image: &Image<'_>, stored: &[Child], query: &ImageQuery) -> Result<Self> {
        Ok(match query.tab {
            ImageTab::Overview => Self::Overview,
            ImageTab::Files => {
                Self::Files(image.one(stored).map(|one| shown_image(&one.digest, &one.manifest, None).layers))
            }
            ImageTab::Manifest => Self::Manifest,
            ImageTab::Config => {
                let one = image.one(stored);
                let config = one
                    .and_then(|one| Some((one.manifest.config()?.clone(), one.config.map(|bytes| bytes.into_owned()))));
                Self::Config(config)
            }
            ImageTab::Attestations => {
                let opening = query.show.as_ref().map(|digest| {
                    let is_it = |held: &&Child| held.digest == *digest && held.content.is_some();
                    let held = stored.iter().find(is_it).ok_or_else(|| {
                        Error::NotFound(What::Manifest { repository: repository.clone(), digest: digest.clone() })
                    });
                    Opening::of(held?, query.file)
                });
                Self::Attestations(opening.transpose()?)
            }
        })
    }

    /// The content that is read from the registry.
    pub fn blob(&self) -> Option<&Descriptor> {
        match self {
            Self::Config(Some((part, None))) => Some(part),
            Self::Attestations(Some(opening)) => opening.file(),
            Self::Config(_) | Self::Attestations(None) | Self::Overview | Self::Manifest | Self::Files(_) => None,
        }
    }

    /// The layers whose files are wanted.
    pub fn layers(&self) -> Vec<Digest> {
        if let Self::Files(Some(layers)) = self { files::readable(layers) } else { vec![] }
    }

    /// All that the tab shows.
    pub async fn filled(
        self,
        app: &App,
        proof: &Authorized<ReadRepository>,
        (image, stored): (&Image<'_>, &[Child]),
        around: &mut Surroundings,
        query: &ImageQuery,
    ) -> Result<TabView> {
        let repository = &proof.action().repository;
        // What is opened is about this image, or it is not here.
        if let Self::Attestations(Some(opening)) = &self {
            attached::require(opening, repository, image, around)?;
        }
        let read = match self.blob() {
            Some(part) => Some(reading::small(app, repository, part, around.has_blob).await),
            None => None,
        };
        Ok(match self {
            Self::Overview => TabView::Overview(std::mem::take(&mut around.elsewhere)),
            Self::Files(None) => TabView::Files(None),
            Self::Files(Some(layers)) => {
                let stack =
                    files::Stack { repository_id: &image.found.repository_id, layers: &layers, unread: &around.unread };
                TabView::Files(Some(files::folder(app, proof, stack, query.files.clone()).await?))
            }
            Self::Manifest => TabView::Manifest(reading::as_written(&String::from_utf8_lossy(&image.found.content))),
            Self::Config(config) => TabView::Config(config.map(|(part, known)| {
                let content = match (known, read) {
                    (Some(bytes), _) => reading::content(&bytes),
                    (None, Some(Ok(bytes))) => reading::content(&bytes),
                    (None, Some(Err(why))) => Content::Not(why),
                    (None, None) => Content::Not("it is not here".to_owned()),
                };
                explained(part, content)
            })),
            Self::Attestations(opening) => {
                let mut view = attached::list(image, stored, around, query);
                view.opened = opening.map(|opening| Box::new(opening.opened(read)));
                TabView::Attestations(view)
            }
        })
    }
}

/// A configuration; that of an image stands beside it in words of its own.
fn explained(part: Descriptor, content: Content) -> ConfigView {
    let content = match content {
        Content::Read { text, .. } if media_type::is_image_config(&part.media_type) => {
            Content::Read { text, fields: vec![] }
        }
        content => content,
    };
    ConfigView { digest: part.digest, media_type: part.media_type, size: ByteSize(part.size), content }
}
