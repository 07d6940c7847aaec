//! A copy on its way: where it stands, and one step of it. Each step finds anew who asked and what they may do, so what
//! was taken meanwhile ends it. What there is to do is kept beside that, thing by thing.

use super::found::Counts;
use super::images::Images;
use super::reading::Image;
use super::uploads::Begun;
use crate::domain::action::CopyTags;
use crate::domain::error::What;
use crate::domain::{ByteSize, Digest, Error, RepositoryName, Result, Tag};
use crate::server::access::{Authorized, Caller};
use crate::server::context::{App, Mount};
use crate::server::registry::WriteRegistry;
use crate::server::service::elsewhere::{self, Elsewhere};
use crate::server::service::long_work;
use crate::server::store::runs::{self, Progress, Run, Weight};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a step goes on with what is small: so much is done again where it is cut off, and so long nobody hears of a
/// pause.
pub const SLICE: Duration = Duration::from_millis(400);
/// How often whoever sends something large asks whether to go on.
const LISTEN: Duration = Duration::from_secs(1);

/// What a run is asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ToCopy {
    pub from: RepositoryName,
    pub to: RepositoryName,
    pub tags: Vec<TagToCopy>,
}

/// A tag as it was when the copy was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct TagToCopy {
    pub tag: Tag,
    /// What it is called there.
    pub name: Tag,
    pub digest: Digest,
    /// What that named there.
    pub before: Option<Digest>,
}

/// Where a run stands. It is written after each step, so nothing in it grows with what there is to do.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Place {
    pub phase: Phase,
    /// How many images were met.
    pub n_met: u64,
    /// How much there is to do, once all were.
    pub found: Option<Counts>,
    /// How many images are there, and how many bytes they brought.
    pub at: u64,
    pub n_past: u64,
    /// How many blobs of the next one are, and of how many bytes; and how many of those it brings.
    pub blob: usize,
    pub n_bytes: u64,
    pub n_next: u64,
    /// The upload of what is large, where one is under way.
    pub upload: Option<Begun>,
    /// Whether it is sent for the second time.
    pub again: bool,
    /// How many lists of what is about an image are there, and how many tags.
    pub listed: u64,
    pub named: u64,
    /// Tags that were left as they are, in words.
    pub left: Vec<String>,
    /// Images that were not there before.
    pub n_images: u64,
}

impl Place {
    /// One that a former version wrote has all that is to do in itself. It begins again: what is there already is met again,
    /// and nothing is sent twice.
    fn or_anew(self, to: &mut Progress) -> Self {
        if self.found.is_some() || !matches!(self.phase, Phase::Send | Phase::List | Phase::Name) {
            return self;
        }
        to.n_done = 0;
        Self { upload: self.upload, n_images: self.n_images, ..Self::default() }
    }

    /// How many bytes are there and how many are to come, as far as that is known.
    fn weight(&self) -> Option<Weight> {
        let total = self.found.as_ref()?.n_bytes;
        let there = self.n_bytes.saturating_add(self.upload.as_ref().map_or(0, |upload| upload.n_bytes));
        let n_past = self.n_past.saturating_add(there.min(self.n_next));
        (total > 0).then(|| Weight { n_past, n_left: total.saturating_sub(n_past) })
    }
}

/// What is done, one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Phase {
    #[default]
    Start,
    Read,
    Send,
    List,
    Name,
    Over,
}

/// Where it goes to.
pub(super) enum There {
    Hosted(Arc<dyn WriteRegistry>),
    Elsewhere(Elsewhere),
}

/// A run on its way.
pub(super) struct Copying<'a> {
    pub app: &'a App,
    pub(super) run: &'a Run,
    pub asked: ToCopy,
    pub caller: Caller,
    pub proof: Authorized<CopyTags>,
    pub source: Arc<Mount>,
    pub there: There,
    /// Whether both lie in one registry.
    pub is_inside: bool,
    /// Whether what was done is noted before anything else is.
    pub ends_step: bool,
    pub place: Place,
    pub to: Progress,
    /// What was met so far, while it is read.
    pub images: Images,
    /// The image that goes over next, once this step has read it.
    pub sending: Option<Arc<Image>>,
}

/// One step of a copy: one thing, and more of them for as long as they are small.
///
/// # Errors
/// What is in the way, and of what.
pub async fn step(app: &App, run: &Run, slice: Duration) -> Result<Progress> {
    let mut copying = Copying::take_up(app, run).await?;
    let (started, mut n_done) = (Instant::now(), 0);
    while copying.place.phase != Phase::Over {
        match copying.go_on().await {
            Ok(true) if copying.ends_step || started.elapsed() >= slice => break,
            Ok(true) => n_done += 1,
            Ok(false) => break,
            // What was done is noted first; the next step meets it again.
            Err(_) if n_done > 0 => break,
            Err(failure) => return Err(failure),
        }
    }
    if copying.place.phase == Phase::Over {
        copying.has_named().await?;
    }
    copying.ended()
}

impl<'a> Copying<'a> {
    async fn take_up(app: &'a App, run: &'a Run) -> Result<Self> {
        let (asked, place): (ToCopy, Place) = (run.asked()?, run.stands()?);
        let mut to = Progress::of(run);
        let place = place.or_anew(&mut to);
        long_work::require(app, &run.params)?;
        let caller = app.identity.on_behalf(run).await?;
        let tags = asked.tags.iter().map(|it| (it.tag.clone(), it.name.clone())).collect();
        let action = CopyTags { from: asked.from.clone(), to: asked.to.clone(), tags };
        let proof = app.access.authorize(&caller, action).await?;
        let absent = || Error::NotFound(What::Repository(asked.from.clone()));
        let source = app.mount(&asked.from).ok_or_else(absent)?;
        let there = match elsewhere::of(app, &asked.to)? {
            Some(elsewhere) => There::Elsewhere(elsewhere),
            None => There::Hosted(app.hosted(&asked.to)?.1),
        };
        let is_inside = app.mount(&asked.to).is_some_and(|there| there.id == source.id);
        let (images, sending, ends_step) = (Images::default(), None, false);
        let copying =
            Self { app, run, asked, caller, proof, source, there, is_inside, ends_step, place, to, images, sending };
        match copying.place.phase {
            Phase::Read => Ok(Self { images: copying.images_met().await?, ..copying }),
            _ => Ok(copying),
        }
    }

    /// Goes on by one thing, unless somebody wants it to stop meanwhile: then that one is done again later.
    async fn go_on(&mut self) -> Result<bool> {
        let (app, run) = (self.app, self.run);
        let stopped = async {
            loop {
                tokio::time::sleep(LISTEN).await;
                if let Ok(false) = runs::is_under_way(&app.store, run).await {
                    return; // What fails at that, the thing itself will meet.
                }
            }
        };
        tokio::select! {
            done = self.one() => done.map(|()| true),
            () = stopped => {
                self.ends_with_run().await;
                Ok(false)
            }
        }
    }

    /// What is under way is not kept for a run that is over; one that is paused goes on with it.
    async fn ends_with_run(&mut self) {
        let found = runs::find(&self.app.store, &self.run.id).await;
        if found.is_ok_and(|found| found.is_none_or(|(row, _)| row.state.is_over())) {
            self.give_up_upload().await;
        }
    }

    async fn one(&mut self) -> Result<()> {
        match self.place.phase {
            Phase::Start => self.start(),
            Phase::Read => self.read().await?,
            Phase::Send => self.send().await?,
            Phase::List => self.list().await?,
            Phase::Name => self.name().await?,
            Phase::Over => {}
        }
        Ok(())
    }

    /// All that came has the name that it came for.
    async fn has_named(&self) -> Result<()> {
        let id = self.run.id.clone();
        self.app.store.note(&self.proof, move |tx| Box::pin(async move { runs::named(tx, &id).await })).await
    }

    /// How the run stands after this step.
    fn ended(mut self) -> Result<Progress> {
        if self.place.phase == Phase::Over {
            let (n_tags, to) = (self.asked.tags.len(), &self.asked.to);
            let (n_images, bytes) = (self.place.n_images, ByteSize(self.to.n_bytes));
            let words = format!("All of it is at {to}. Tags: {n_tags}; images that came: {n_images}; sent: {bytes}.");
            self.to.said.push(words);
            self.to.is_over = true;
        }
        self.to.weight = self.place.weight();
        self.to.place = serde_json::to_string(&self.place).map_err(|_| Error::Internal)?;
        Ok(self.to)
    }

    /// Tells what was done.
    pub(super) fn say(&mut self, words: String) {
        self.to.said.push(words);
    }
}

/// A failure with what could not be done for it.
pub(super) fn of(what: &str, failure: Error) -> Error {
    let words = |text: &str| format!("could not {what}: {text}");
    match failure {
        Error::Unavailable(text) => Error::Unavailable(words(&text)),
        Error::Upstream { registry, message, is_down } => {
            Error::Upstream { registry, message: format!("{message} (could not {what})"), is_down }
        }
        Error::Internal => Error::Internal,
        failure => Error::Conflict(words(&failure.to_string())),
    }
}
