//! The tags of a copy, which come last: those by which signatures are found, and then those that were asked for, each if
//! it names what it named when that was. One that somebody moved meanwhile stays as they left it.

use super::found::{Counts, List, Note};
use super::way::{Copying, Phase, TagToCopy, There, of};
use crate::domain::action::CopyTags;
use crate::domain::condition::Expect;
use crate::domain::error::What;
use crate::domain::view::How;
use crate::domain::{Digest, Error, Result, Tag};
use crate::server::service::elsewhere;
use crate::server::service::namer::Namer;
use crate::server::store::{Change, manifests, tags};

/// How often a list of what is about an image is made anew because somebody else changed it meanwhile.
const TRIES: u32 = 5;

impl Copying<'_> {
    /// One of the tags.
    pub(super) async fn name(&mut self) -> Result<()> {
        let (at, Counts { n_lists, n_notes, .. }) = (self.place.named, self.found()?);
        let wanted = usize::try_from(at.saturating_sub(n_lists + n_notes)).ok();
        if let Some(list) = self.list_at(at).await? {
            match list.goes.clone() {
                Some(digest) => self.has_noted(list.subject.as_tag(), digest, Some(list)).await?,
                None => {
                    self.place.named += 1;
                    return Ok(());
                }
            }
        } else if let Some(Note { tag, digest }) = self.note_at(at - n_lists).await? {
            self.has_noted(tag, digest, None).await?;
        } else if let Some(wanted) = wanted.and_then(|at| self.asked.tags.get(at)).cloned() {
            self.wanted(&wanted).await?;
        } else if self.place.left.is_empty() {
            self.place.phase = Phase::Over;
            return Ok(());
        } else {
            return Err(Error::Conflict(self.place.left.join("; ")));
        }
        self.place.named += 1;
        self.to.n_done += 1;
        Ok(())
    }

    /// A tag by which what is about an image is found, or in words why it is not set.
    async fn has_noted(&mut self, tag: Tag, digest: Digest, list: Option<List>) -> Result<()> {
        match self.note(&tag, digest, list).await {
            Err(Error::Changed { .. }) => self.say(format!("Left as it is: {tag} names something else there.")),
            Err(failure @ (Error::Forbidden(_) | Error::Protected(_))) => {
                self.say(format!("Left out the tag {tag}: {failure}."));
            }
            put => put.map_err(|failure| of_tag(&tag, failure))?,
        }
        Ok(())
    }

    /// Such a tag. What else has such a name there stays, but for a list of what is about one: it takes the place of the
    /// list from which it was made, and is made anew where that is another by now.
    async fn note(&mut self, tag: &Tag, mut digest: Digest, list: Option<List>) -> Result<()> {
        let mut list = list.filter(|_| matches!(self.there, There::Elsewhere(_)));
        for tried in 1.. {
            let base = list.as_ref().and_then(|list| list.base.clone());
            let expect = base.map_or(Expect::Absent, Expect::Named);
            match (self.put_tag((tag.clone(), tag.clone()), (tag, &digest), expect).await, &mut list) {
                (Err(Error::Changed { .. }), Some(list)) if tried < TRIES => {
                    let Some(anew) = self.list_again(list).await? else { return Ok(()) };
                    digest = anew;
                }
                (put, _) => return put,
            }
        }
        Ok(())
    }

    async fn wanted(&mut self, wanted: &TagToCopy) -> Result<()> {
        let TagToCopy { tag, name, digest, before } = wanted;
        let expect = before.clone().map_or(Expect::Absent, Expect::Named);
        let said = match self.put_tag((tag.clone(), name.clone()), (name, digest), expect).await {
            Ok(()) => format!("Set the tag {name} to {digest}."),
            Err(Error::Changed { current }) => {
                let short = |it: Option<&Digest>| it.map_or("nothing", |it| it.short()).to_owned();
                let (is, was) = (short(current.as_ref()), short(before.as_ref()));
                let words =
                    format!("the tag {name} names {is} by now, and {was} when this was asked for; it is left so");
                self.place.left.push(words.clone());
                format!("Left as it is: {words}.")
            }
            Err(failure) => return Err(of_tag(name, failure)),
        };
        self.say(said);
        Ok(())
    }

    /// Sets one tag by all that holds at this moment; one that is so already is fine.
    async fn put_tag(&self, pair: (Tag, Tag), (tag, digest): (&Tag, &Digest), expect: Expect) -> Result<()> {
        let (app, to) = (self.app, &self.asked.to);
        let action = CopyTags { from: self.asked.from.clone(), to: to.clone(), tags: vec![pair] };
        let proof = app.access.authorize(&self.caller, action).await?;
        let mut expect = expect;
        if let There::Elsewhere(there) = &self.there {
            match there.put(app, &proof, (to, tag, digest), &expect).await {
                Err(Error::Changed { current: Some(current) }) if current == *digest => {}
                put => put?,
            }
            expect = Expect::Anything;
        }
        let namer = Namer::of(app, &proof, to)?;
        let (named, tag, digest) = ((namer.is_done, to, digest), tag.clone(), digest.clone());
        let write = elsewhere::write_name(app, &proof, named, move |tx| {
            Box::pin(async move {
                let found = namer.open(tx).await?;
                let current = tags::current(tx, &found.id, &tag).await?.map(|current| current.digest);
                if current.as_ref() != Some(&digest) {
                    expect.check(current.as_ref())?;
                }
                if manifests::size(tx, &found.id, &digest).await?.is_none() {
                    return Err(Error::NotFound(What::Manifest { repository: namer.name, digest }));
                }
                let rules = namer.rules(tx).await?;
                namer.naming(&found, &rules).put(tx, (&tag, &digest), How::Copy, None).await?;
                namer.touch(tx, &found).await?;
                let before = current.map(|before| format!("{tag} {before}"));
                Ok(Change::new((), before, Some(format!("{tag} {digest}"))).announcing(namer.name))
            })
        });
        write.await
    }
}

fn of_tag(tag: &Tag, failure: Error) -> Error {
    of(&format!("set the tag {tag}"), failure)
}
