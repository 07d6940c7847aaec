//! Content on its way: a blob at a time, linked where both lie in one registry, else streamed, and checked while it goes.
//! Then the manifest that names them.

use super::reading::Image;
use super::uploads::PIECE;
use super::way::{Copying, Phase, There, of};
use crate::domain::action::{PushBlob, PushManifest};
use crate::domain::condition::Condition;
use crate::domain::manifest::Descriptor;
use crate::domain::{ByteSize, Digest, Error, Reference, Result};
use crate::server::blobs::{ByteStream, Content, ContentHash, ContentRange};
use crate::server::registry::{Chunk, SentManifest};
use crate::server::service::push;
use bytes::Bytes;
use futures::StreamExt;
use std::fmt::Display;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// What is wrong with content, as it was noticed on its way.
#[derive(Clone, Default)]
pub(super) struct Wrong(Arc<Mutex<Option<String>>>);

impl Wrong {
    fn note(&self, words: String) -> io::Error {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(words.clone());
        io::Error::other(words)
    }

    pub(super) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Copying<'_> {
    /// One blob of the next image, or its manifest.
    pub(super) async fn send(&mut self) -> Result<()> {
        let Some(image) = self.next_image().await? else {
            self.place.phase = Phase::List;
            return Ok(());
        };
        let digest = &image.raw.digest;
        let blobs = image.blobs();
        let is_first = self.place.blob == 0 && !self.place.again;
        if is_first && self.has_image(digest).await.map_err(|failure| of("see what is there", failure))? {
            self.list_in_catalog(&image).await?;
            self.to.n_done += blobs.len() as u64 + 1;
            self.next();
            return Ok(());
        }
        match blobs.get(self.place.blob) {
            Some(blob) => {
                let what = format!("copy {} ({})", blob.digest, ByteSize(blob.size));
                if !self.blob(blob).await.map_err(|failure| of(&what, failure))? {
                    return Ok(()); // It goes on with the next step.
                }
                self.place.blob += 1;
                self.place.n_bytes = self.place.n_bytes.saturating_add(blob.size);
                self.to.n_done += 1;
                Ok(())
            }
            None => self.manifest(&image).await,
        }
    }

    /// The image that goes over next, if one is left.
    async fn next_image(&mut self) -> Result<Option<Arc<Image>>> {
        if let Some(image) = &self.sending {
            return Ok(Some(Arc::clone(image)));
        }
        let Some(going) = self.going().await? else { return Ok(None) };
        let (digest, from) = (&going.digest, &self.asked.from);
        let gone = || Error::Conflict(format!("the image {} went away at {from} meanwhile", digest.short()));
        let image = Arc::new(self.image(digest).await?.ok_or_else(gone)?);
        self.place.n_next = going.n_bytes;
        self.sending = Some(Arc::clone(&image));
        Ok(Some(image))
    }

    fn next(&mut self) {
        self.place.at += 1;
        self.place.n_past = self.place.n_past.saturating_add(self.place.n_next);
        (self.place.blob, self.place.n_bytes, self.place.n_next, self.place.again) = (0, 0, 0, false);
        self.sending = None;
    }

    /// Whether the image is there already; then it is not taken away for as long as this may take.
    async fn has_image(&self, digest: &Digest) -> Result<bool> {
        match &self.there {
            There::Hosted(registry) => registry.keep_manifest(&self.asked.to, digest).await,
            There::Elsewhere(there) => there.has_image(&self.asked.to, digest).await,
        }
    }

    /// Sees to it that one is there; whether it is, for what is large may take several steps.
    async fn blob(&mut self, blob: &Descriptor) -> Result<bool> {
        let (from, to, digest) = (&self.asked.from, &self.asked.to, &blob.digest);
        let is_there = match &self.there {
            There::Hosted(registry) => registry.keep_blob(to, digest).await?,
            There::Elsewhere(there) => there.has_blob(to, digest).await?,
        };
        if is_there {
            self.give_up_upload().await;
            return Ok(true);
        }
        if let (There::Elsewhere(there), true) = (&self.there, self.is_inside)
            && there.link_blob(self.app, &self.proof, (to, from, digest)).await?
        {
            self.say(format!("Linked {digest} ({}) from {from} to {to}.", ByteSize(blob.size)));
            return Ok(true);
        }
        if matches!(self.there, There::Hosted(_)) && blob.size > PIECE {
            return self.upload(blob).await;
        }
        let content = self.content(blob, None).await?;
        let wrong = Wrong::default();
        let content = Content { body: checked(content.body, digest, wrong.clone()), ..content };
        let sent = match &self.there {
            There::Hosted(_) => self.push(digest, content).await,
            There::Elsewhere(there) => there.send_blob(self.app, &self.proof, (to, digest), content).await,
        };
        // What the other side says of it is only that it broke off.
        sent.map_err(|failure| wrong.take().map_or(failure, Error::Unavailable))?;
        self.has_sent(blob);
        Ok(true)
    }

    /// All of one is there.
    pub(super) fn has_sent(&mut self, blob: &Descriptor) {
        self.to.n_bytes += blob.size;
        self.say(format!("Copied {} ({}) to {}.", blob.digest, ByteSize(blob.size), self.asked.to));
    }

    /// What the source has of a blob, from a byte on.
    pub(super) async fn content(&self, blob: &Descriptor, start: Option<u64>) -> Result<Content> {
        let from = &self.asked.from;
        let absent = || Error::Conflict(format!("{from} does not have it any more"));
        let range = start.map(|start| ContentRange::From { start, end: None });
        let content = self.source.read.blob(from, &blob.digest, range).await?.ok_or_else(absent)?;
        if content.size != blob.size {
            let words = format!("{from} has {} bytes of it, and its image says {}", content.size, blob.size);
            return Err(Error::Conflict(words));
        }
        Ok(content)
    }

    async fn push(&self, digest: &Digest, content: Content) -> Result<()> {
        let proof = self.app.access.authorize(&self.caller, PushBlob { repository: self.asked.to.clone() }).await?;
        let chunk = Chunk { start: None, length: Some(content.length), body: content.body };
        push::whole(self.app, proof, digest, chunk).await
    }

    async fn manifest(&mut self, image: &Image) -> Result<()> {
        let digest = image.raw.digest.clone();
        let what = format!("put the image {digest} to {}", self.asked.to);
        match self.put(image).await {
            Ok(()) => {}
            // What was there may be gone by now, such as after a long pause.
            Err(Error::MissingParts(_) | Error::Upstream { is_down: false, .. }) if !self.place.again => {
                self.to.n_done = self.to.n_done.saturating_sub(self.place.blob as u64);
                (self.place.blob, self.place.n_bytes, self.place.again) = (0, 0, true);
                self.say(format!("Looks again at what the image {digest} is made of."));
                return Ok(());
            }
            Err(Error::MissingParts(parts)) => {
                let parts: Vec<&str> = parts.iter().map(Digest::short).collect();
                let (to, from, parts) = (&self.asked.to, &self.asked.from, parts.join(", "));
                let words =
                    format!("{to} lacks what it lists: {parts}; if {from} has that, ask for the copy once more");
                return Err(of(&what, Error::Conflict(words)));
            }
            Err(failure) => return Err(of(&what, failure)),
        }
        self.list_in_catalog(image).await?;
        self.to.n_done += 1;
        self.place.n_images += 1;
        self.next();
        let elsewhere = match image.n_elsewhere() {
            0 => String::new(),
            n_layers => format!(", without {n_layers} layers that are meant to be fetched from elsewhere"),
        };
        self.say(format!("Put the image {digest} to {}{elsewhere}.", self.asked.to));
        Ok(())
    }

    /// Keeps a manifest under its digest, where it goes to.
    pub(super) async fn put(&self, image: &Image) -> Result<()> {
        let (to, raw) = (&self.asked.to, &image.raw);
        if let There::Elsewhere(there) = &self.there {
            return there.send_manifest(self.app, &self.proof, to, raw).await;
        }
        let reference = Reference::Digest(raw.digest.clone());
        let action = PushManifest { repository: to.clone(), reference, tags: vec![] };
        let proof = self.app.access.authorize(&self.caller, action).await?;
        let media_type = Some(image.parsed.media_type.clone());
        let by_run = Some(self.run.id.clone());
        let sent = SentManifest { media_type, bytes: raw.bytes.clone(), condition: Condition::default(), by_run };
        push::manifest(self.app, &proof, sent).await.map(drop)
    }
}

/// What is said of bytes that are not those of their digest.
pub(super) const OTHER_BYTES: &str = "the bytes that came do not have that digest";

fn broke_off(error: &impl Display) -> String {
    format!("its bytes broke off: {error}")
}

/// Passes content on, and notes that it broke off.
pub(super) fn noting(body: ByteStream, wrong: Wrong) -> ByteStream {
    body.map(move |piece| piece.map_err(|error| wrong.note(broke_off(&error)))).boxed()
}

/// Passes content on while it is hashed. The last piece goes only if all of it has the digest, so that what is wrong never
/// arrives whole.
fn checked(body: ByteStream, digest: &Digest, wrong: Wrong) -> ByteStream {
    let hash = ContentHash::new(digest.algorithm());
    let start = (Some((body, hash)), None::<Bytes>, digest.clone(), wrong);
    let pieces = futures::stream::unfold(start, |(state, held, digest, wrong)| async move {
        let (mut body, mut hash) = state?;
        let words = match body.next().await {
            Some(Ok(piece)) => {
                hash.update(&piece);
                return Some((Ok(held.unwrap_or_default()), (Some((body, hash)), Some(piece), digest, wrong)));
            }
            Some(Err(error)) => broke_off(&error),
            None if hash.finish() == digest => return held.map(|last| (Ok(last), (None, None, digest, wrong))),
            None => OTHER_BYTES.to_owned(),
        };
        let failure = wrong.note(words);
        Some((Err(failure), (None, None, digest, wrong)))
    });
    // Before the first piece there is none to pass on.
    pieces.filter(|piece| std::future::ready(piece.as_ref().map_or(true, |piece| !piece.is_empty()))).boxed()
}
