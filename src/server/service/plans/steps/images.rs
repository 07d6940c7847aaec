//! Images of a run at a registry elsewhere: each goes once its tags are gone, with all that belongs to it alone.

use super::Deletes;
use super::there::again;
use crate::domain::action::DeleteImages;
use crate::domain::error::What;
use crate::domain::{Digest, Error, Result, Tag, order};
use crate::server::service::elsewhere;
use crate::server::store::radius::Reached;
use crate::server::store::runs::{Part, Tally};
use std::collections::{BTreeMap, BTreeSet};

/// What a part begins with that is an image. No tag does.
const IMAGE: &str = "- ";

/// The lines of the tags that go one by one, and a part for each image, which goes before what it lists. Names of what
/// belongs to an image go with it: by some of them it is found.
pub(super) fn apart(found: &Reached, asked: &[Tag]) -> (Vec<String>, Vec<String>) {
    let (mut lines, mut with) = (Vec::new(), BTreeMap::<&Digest, Vec<String>>::new());
    for (tag, digest) in &found.radius.tags {
        let line = format!("{tag} {digest}");
        match found.radius.images.get(digest) {
            Some((top, Some(_))) if asked.contains(tag) => with.entry(top).or_default().push(line),
            Some((_, Some(_))) => {}
            Some((_, None)) | None => lines.push(line),
        }
    }
    let tops = found.radius.images.iter().filter(|(_, (_, part))| part.is_none()).map(|(digest, _)| digest);
    let lists = tops.filter_map(|top| Some((top.clone(), found.graph.0.get(top)?.children.iter().cloned().collect())));
    let lists: BTreeMap<Digest, Vec<Digest>> = lists.collect();
    let tops = order::after_what_they_name(&lists).into_iter().rev();
    let images = tops.map(|top| {
        let with = with.get(top).map(|lines| lines.join("\n")).unwrap_or_default();
        format!("{IMAGE}{top}\n{with}")
    });
    (lines, images.collect())
}

/// The image of a part, if it is one, and the lines of the tags that go with it.
pub(super) fn of(what: &str) -> Result<Option<(Digest, &str)>> {
    let Some(rest) = what.strip_prefix(IMAGE) else { return Ok(None) };
    let (digest, with) = rest.split_once('\n').unwrap_or((rest, ""));
    Ok(Some((digest.parse()?, with)))
}

/// What a part begins with, in words.
pub(super) fn first(what: &str) -> String {
    match of(what) {
        Ok(Some((image, _))) => format!("the image {}", image.short()),
        _ => what.split(' ').next().unwrap_or_default().to_owned(),
    }
}

impl Deletes<'_> {
    /// Deletes an image as far as no tag names it any more and nothing lists it; what became of it.
    pub(super) async fn take_image(&self, part: &Part, image: Digest, with: &BTreeMap<Tag, Digest>) -> Result<String> {
        let (app, name) = (self.app, &self.to_delete.repository);
        let (tags, digests) = (self.sorted(with).await?.same, vec![image.clone()]);
        let action = DeleteImages { repository: name.clone(), digests: digests.clone(), tags: tags.clone() };
        let proof = app.access.authorize(&self.caller, action).await?;
        let elsewhere = elsewhere::of(app, name)?.ok_or(Error::Internal)?;
        let content = self.content((tags, digests), proof.rights())?;
        let stays = match content.now(app).await {
            Ok(found) => {
                let by = found.radius.tags.iter().find(|(_, named)| **named == image);
                by.map(|(tag, _)| (format!("the tag {tag} names it by now"), MOVED))
            }
            Err(Error::NotFound(What::Manifest { .. })) => Some(("it was gone already".to_owned(), GONE)),
            Err(in_use @ Error::InUse { .. }) => Some((in_use.to_string(), MOVED)),
            Err(failed) => return Err(again(failed)),
        };
        if let Some((why, as_what)) = stays {
            self.note(&proof, part, (String::new(), self.over(part, as_what)), BTreeSet::new()).await?;
            return Ok(left(&image, &why));
        }
        let taken = content.take(app, &proof, (&elsewhere, &self.to_delete.batch), true);
        let mut gone = taken.await.map_err(again)?;
        let is_looked_at = gone.tags.len() + gone.moved.len() == gone.n_tags;
        let (said, tally) = match gone.failed.take() {
            None => (Ok(self.went(&image)), self.over(part, DONE)),
            // Something there names it, or there was too much to be looked up.
            Some(Error::Conflict(why)) if is_looked_at => (Ok(left(&image, &why)), self.over(part, MOVED)),
            Some(failed) => (Err(failed), Tally { n_left: 1, ..part.tally }),
        };
        match gone.tags.is_empty() && gone.images.is_empty() {
            true => self.note(&proof, part, (part.what.clone(), tally), gone.moved).await?,
            false => self.settle(&proof, (part, part.what.clone(), tally), (content, gone)).await.map_err(again)?,
        }
        said
    }

    fn went(&self, image: &Digest) -> String {
        match self.to_delete.counts_images() {
            true => format!("The image {} went.", image.short()),
            false => format!("The image {} went when its tags were gone.", image.short()),
        }
    }

    /// A part that is over. Its image counts where there are no tags that do.
    fn over(&self, part: &Part, as_what: As) -> Tally {
        let mut tally = Tally { n_left: 0, ..part.tally };
        if self.to_delete.counts_images() {
            *as_what(&mut tally) += 1;
        }
        tally
    }
}

/// As what an image counts.
type As = fn(&mut Tally) -> &mut u64;

const DONE: As = |tally| &mut tally.n_done;
const MOVED: As = |tally| &mut tally.n_moved;
const GONE: As = |tally| &mut tally.n_gone;

fn left(image: &Digest, why: &str) -> String {
    format!("The image {} stays: {why}.", image.short())
}
