//! Where a registry takes a whole image along with one name of it, as none should: it gets the image back, under its digest
//! and all names that are known of it.

use super::changing::Spot;
use super::{RemoteRegistry, failure};
use crate::domain::text::first_of;
use crate::domain::{Error, Reference, Result, Tag};
use crate::server::registry::RawManifest;
use crate::server::registry::changing::{Beside, MOST_BESIDE};
use crate::server::registry::lines::Turn;

/// How many of those that did not come back are named.
const MOST_NAMED: usize = 20;

impl RemoteRegistry {
    /// Makes sure that an image is there after one of its tags is gone.
    ///
    /// # Errors
    /// [`Error::Upstream`] with what did not come back.
    pub(super) async fn keep(&self, spot: &Spot<'_>, manifest: &RawManifest, beside: &Beside) -> Result<()> {
        let by_digest = spot.beside(Reference::Digest(manifest.digest.clone()));
        let unseen = "the tag is gone; whether it took the whole image along could not be seen; look again";
        if self.named(&by_digest).await.map_err(|failed| failure::at_step(failed, unseen))?.is_some() {
            return Ok(());
        }
        let _shared = self.kept_from_deletes(&spot.name, manifest).await;
        let (mut lost, mut why) = (Vec::new(), None);
        let tags = beside.tags.iter().map(|tag| spot.beside(Reference::Tag(tag.clone())));
        for name in std::iter::once(by_digest).chain(tags) {
            if let Err(failed) = self.put_back(&name, manifest).await {
                lost.push(name.tag);
                why.get_or_insert(failed);
            }
        }
        if beside.is_cut {
            why.get_or_insert_with(|| self.client.error(format!("had more than {MOST_BESIDE} names of one image")));
        }
        match why {
            None => Ok(()),
            Some(failed @ Error::Upstream { .. }) => Err(failure::at_step(failed, &not_back(&lost))),
            Some(failed) => Err(self.client.error(format!("{}: {failed}", not_back(&lost)))),
        }
    }

    /// A turn at a tag that nobody changes at this moment.
    pub(super) fn turn_now(&self, name: &Spot<'_>, tag: &Tag) -> Result<Turn> {
        let is_changed = || Error::Unavailable(format!("the tag {tag} is changed at this moment"));
        self.lines.try_turn(&name.line()).ok_or_else(is_changed)
    }

    /// Puts the image under a name that is gone. What somebody has set there since stays.
    async fn put_back(&self, name: &Spot<'_>, manifest: &RawManifest) -> Result<()> {
        // Whoever changes it at this moment is not waited for: they may wait for this one.
        let _turn = match &name.tag {
            Reference::Tag(tag) if !tag.is_reserved() => Some(self.turn_now(name, tag)?),
            _ => None,
        };
        match self.named(name).await? {
            Some(_) => Ok(()),
            None => self.put_and_see(name, manifest, None).await,
        }
    }
}

fn not_back(lost: &[Reference]) -> String {
    let names = match lost.is_empty() {
        true => "those that are not known here".to_owned(),
        false => first_of(lost, MOST_NAMED),
    };
    format!("it took the whole image with the tag, and these names of it are not back: {names}; set them again")
}
