//! Parts of a run at a registry elsewhere: there first, and then it is settled here as one delete is.

use super::{Deletes, Sorted, after};
use crate::domain::action::DeleteTags;
use crate::domain::error::What;
use crate::domain::{Digest, Error, Result, Tag};
use crate::server::access::Authorized;
use crate::server::service::elsewhere::{Elsewhere, Gone};
use crate::server::service::plans::act::{Content, deleting};
use crate::server::store::runs::{self, Part, Tally};
use crate::server::store::{Change, going};
use std::collections::{BTreeMap, BTreeSet};

impl Deletes<'_> {
    /// Those that an earlier attempt took there and did not settle, and that a reading took away here since.
    pub(super) async fn lost(&self, elsewhere: &Elsewhere, gone: &BTreeSet<Tag>) -> Result<BTreeMap<Tag, Digest>> {
        let of = (self.to_delete.batch.as_str(), self.to_delete.repository_id.as_str());
        let mut lost = going::of(&self.app.store, of, gone).await?;
        for tag in gone {
            let Some(digest) = lost.get(tag) else { continue };
            if elsewhere.named(&self.to_delete.repository, tag).await?.as_ref() == Some(digest) {
                lost.remove(tag);
            }
        }
        Ok(lost)
    }

    /// Settles those; the rest of the part is for the next step.
    pub(super) async fn take_up(
        &self,
        (part, wanted): (&Part, &BTreeMap<Tag, Digest>),
        tags: BTreeMap<Tag, Digest>,
    ) -> Result<()> {
        let proof = self.proof(tags.keys().cloned().collect()).await?;
        let (name, names) = (self.to_delete.repository.clone(), tags.keys().cloned().collect());
        let content = Content::of(self.app, name, (names, vec![]), (proof.rights(), None))?;
        let (what, n_left) = lines(wanted, wanted.keys().filter(|tag| !tags.contains_key(*tag)));
        let tally = after(&part.tally, &Sorted::default(), (tags.len(), n_left));
        self.settle(&proof, (part, what, tally), (content, Gone { tags, ..Gone::default() })).await
    }

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
        let is_left = |tag: &&Tag| !gone.tags.contains_key(*tag) && !gone.moved.contains(*tag);
        let (what, n_left) = lines(&wanted, sorted.same.iter().filter(is_left));
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
    async fn settle(
        &self,
        proof: &Authorized<DeleteTags>,
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
}

/// What is left of a part, in lines, and how many.
fn lines<'t>(wanted: &BTreeMap<Tag, Digest>, left: impl Iterator<Item = &'t Tag>) -> (String, usize) {
    let lines: Vec<String> = left.filter_map(|tag| Some(format!("{tag} {}", wanted.get(tag)?))).collect();
    (lines.join("\n"), lines.len())
}

/// A tag that goes while it is looked at is seen the next time.
fn again(failure: Error) -> Error {
    match failure {
        Error::NotFound(What::Tag { tag, .. }) => Error::Unavailable(format!("the tag {tag} changed at this moment")),
        failure => failure,
    }
}
