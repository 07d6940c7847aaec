//! Parts of a run at a registry elsewhere: there first, and then it is settled here as one delete is.

use super::{Deletes, Sorted, after};
use crate::domain::action::DeleteTags;
use crate::domain::error::What;
use crate::domain::{Digest, Error, Result, Tag};
use crate::server::access::{Authorized, Rights};
use crate::server::service::elsewhere::{Elsewhere, Gone};
use crate::server::service::plans::act::{Content, deleting};
use crate::server::service::plans::sealed::Planned;
use crate::server::store::runs::{self, Part, Tally};
use std::collections::BTreeMap;

impl Deletes<'_> {
    /// What is gone there goes here too, also where something failed then.
    pub(super) async fn take_elsewhere(
        &self,
        proof: &Authorized<DeleteTags>,
        (part, wanted, mut sorted): (&Part, BTreeMap<Tag, Digest>, Sorted),
        (content, elsewhere): (Content, &Elsewhere),
    ) -> Result<()> {
        let taken = content.take(self.app, proof, (elsewhere, &self.to_delete.batch), true);
        let mut gone = taken.await.map_err(again)?;
        let failed = gone.failed.take();
        let is_left = |tag: &Tag| !gone.tags.contains_key(tag) && !gone.moved.contains(tag);
        let left = wanted.iter().filter(|(tag, _)| sorted.same.contains(tag)).filter(|(tag, _)| is_left(tag));
        let lines: Vec<String> = left.map(|(tag, digest)| format!("{tag} {digest}")).collect();
        let (what, n_left) = (lines.join("\n"), lines.len());
        sorted.moved.append(&mut gone.moved);
        let tally = after(&part.tally, &sorted, (gone.tags.len(), n_left));
        if gone.tags.is_empty() {
            self.note(proof, part, (what, tally), sorted.moved).await?;
        } else {
            gone.moved = sorted.moved;
            self.settle(proof, (part, what, tally), (content, gone)).await?;
        }
        failed.map_or(Ok(()), Err)
    }

    /// What is gone there is gone here, whatever was set or read meanwhile, and whoever noted more of the part.
    pub(super) async fn settle<A: Planned>(
        &self,
        proof: &Authorized<A>,
        (part, what, tally): (&Part, String, Tally),
        (content, gone): (Content, Gone),
    ) -> Result<()> {
        let who = deleting(self.app, proof, self.to_delete.batch.clone());
        let (id, part) = (self.run.id.clone(), part.clone());
        let settle = self.app.store.settle(proof, move |tx| {
            Box::pin(async move {
                let here = content.open(tx).await?;
                runs::note_part(tx, &id, &part, (&what, tally)).await?;
                let done = content.settled(tx, here, (&who, &gone)).await?;
                Ok(done.change(&who))
            })
        });
        settle.await.map(drop)
    }

    /// These tags and images, which are kept if they were to be.
    ///
    /// # Errors
    /// [`Error::Conflict`] where their mount keeps nothing by now that was to come back.
    pub(super) fn content(&self, of: (Vec<Tag>, Vec<Digest>), rights: Rights) -> Result<Content> {
        let content = Content::of(self.app, self.to_delete.repository.clone(), of, (rights, None))?;
        if content.keeps_trash || !self.to_delete.is_kept {
            return Ok(content);
        }
        let words = "its mount keeps no trash any more, from which this was to come back; ask for a new preview";
        Err(Error::Conflict(words.to_owned()))
    }
}

/// A tag that goes, or comes, while it is looked at is seen the next time.
pub(super) fn again(failure: Error) -> Error {
    match failure {
        Error::NotFound(What::Tag { tag, .. }) => Error::Unavailable(format!("the tag {tag} changed at this moment")),
        Error::Outdated => Error::Unavailable("a name changed at this moment".to_owned()),
        failure => failure,
    }
}
