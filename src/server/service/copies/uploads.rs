//! What is large on its way into the hosted registry: an upload like any other, piece by piece. Each piece is noted when it
//! is there, so what is cut off goes on after it, also in another process.

use super::content::{OTHER_BYTES, Wrong, noting};
use super::way::Copying;
use crate::domain::action::PushBlob;
use crate::domain::error::What;
use crate::domain::manifest::Descriptor;
use crate::domain::{ByteSize, Digest, Error, Result};
use crate::server::access::Authorized;
use crate::server::blobs::ByteStream;
use crate::server::registry::Chunk;
use crate::server::service::push;
use bytes::Bytes;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::Mutex;

/// How much is sent before it is noted; what has no more is sent at once.
pub(super) const PIECE: u64 = 16 << 20;

/// An upload that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Begun {
    pub digest: Digest,
    pub id: String,
    /// How much of it was there when that was noted last.
    pub n_bytes: u64,
}

impl Copying<'_> {
    /// Sends a blob, or goes on with it; whether all of it is there. That an upload began is noted before it is sent to.
    pub(super) async fn upload(&mut self, blob: &Descriptor) -> Result<bool> {
        self.ends_step = true;
        let proof = self.app.access.authorize(&self.caller, PushBlob { repository: self.asked.to.clone() }).await?;
        let Some(begun) = self.place.upload.clone().filter(|begun| begun.digest == blob.digest) else {
            let upload = push::start(self.app, &proof, blob.digest.algorithm()).await?;
            self.place.upload = Some(Begun { digest: blob.digest.clone(), id: upload.id, n_bytes: 0 });
            return Ok(false);
        };
        let before = match push::status(self.app, &proof, &begun.id).await {
            Ok(upload) => upload.received,
            // Nobody went on with it for too long.
            Err(Error::NotFound(What::Upload)) => {
                self.place.upload = None;
                return Ok(false);
            }
            Err(failure) => return Err(failure),
        };
        if before < blob.size {
            let content = self.content(blob, Some(before).filter(|before| *before > 0)).await?;
            let wrong = Wrong::default();
            let rest = Rest::of(noting(content.body, wrong.clone()));
            if let Err(failure) = self.append(&proof, (&begun.id, blob.size), before, rest).await {
                return self.broke_off(&proof, (blob, begun), before, (failure, wrong)).await;
            }
        }
        let finished = push::finish(self.app, proof, &begun.id, None, &blob.digest).await;
        finished.map_err(|failure| match failure {
            Error::Content { .. } => Error::Unavailable(OTHER_BYTES.to_owned()),
            failure => failure,
        })?;
        self.place.upload = None;
        self.has_sent(blob);
        Ok(true)
    }

    /// Adds what is left of it, a piece after the other.
    async fn append(
        &self,
        proof: &Authorized<PushBlob>,
        (id, size): (&str, u64),
        mut received: u64,
        rest: Rest,
    ) -> Result<()> {
        while received < size {
            let chunk = Chunk { start: Some(received), length: None, body: rest.piece(PIECE) };
            let before = std::mem::replace(&mut received, push::append(self.app, proof, id, chunk).await?.received);
            if received == before {
                return Err(Error::Unavailable("no more bytes came".to_owned()));
            }
        }
        Ok(())
    }

    /// Where the source broke off, what came of it stays; and if that was much, it goes on at once.
    async fn broke_off(
        &mut self,
        proof: &Authorized<PushBlob>,
        (blob, begun): (&Descriptor, Begun),
        before: u64,
        (failure, wrong): (Error, Wrong),
    ) -> Result<bool> {
        let Some(words) = wrong.take() else {
            // It is about this side, such as a full disk, on which nothing of it may stay.
            let _ = push::cancel(self.app, proof, &begun.id).await;
            return Err(failure);
        };
        let n_bytes = push::status(self.app, proof, &begun.id).await?.received;
        if n_bytes.saturating_sub(before) < PIECE {
            return Err(Error::Unavailable(words));
        }
        let (is, of) = (ByteSize(n_bytes), ByteSize(blob.size));
        self.say(format!("{} broke off at {is} of {of}, and goes on from there: {words}.", blob.digest));
        self.place.upload = Some(Begun { n_bytes, ..begun });
        Ok(false)
    }

    /// Frees what an upload has brought that nobody goes on with.
    pub(super) async fn give_up_upload(&mut self) {
        let Some(begun) = self.place.upload.take() else { return };
        let asked = PushBlob { repository: self.asked.to.clone() };
        if let Ok(proof) = self.app.access.authorize(&self.caller, asked).await {
            let _ = push::cancel(self.app, &proof, &begun.id).await; // The sweep takes what is left.
        }
    }
}

/// A body of which pieces are taken.
#[derive(Clone)]
struct Rest(Arc<Mutex<Left>>);

struct Left {
    body: ByteStream,
    /// What came with the last piece and is of the next one.
    held: Option<Bytes>,
}

impl Rest {
    fn of(body: ByteStream) -> Self {
        Self(Arc::new(Mutex::new(Left { body, held: None })))
    }

    /// At most so many bytes of it.
    fn piece(&self, most: u64) -> ByteStream {
        let pieces = futures::stream::unfold((self.clone(), most), |(rest, left)| async move {
            let mut own = rest.0.lock().await;
            if left == 0 {
                return None;
            }
            let mut part = match own.held.take() {
                Some(held) => held,
                None => match own.body.next().await? {
                    Ok(part) => part,
                    Err(error) => {
                        drop(own);
                        return Some((Err(error), (rest, 0)));
                    }
                },
            };
            let most = usize::try_from(left).unwrap_or(usize::MAX);
            if part.len() > most {
                own.held = Some(part.split_off(most));
            }
            drop(own);
            let left = left - part.len() as u64;
            Some((Ok(part), (rest, left)))
        });
        pieces.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::TryStreamExt;

    #[tokio::test]
    async fn pieces_are_all_of_a_body_in_its_order() {
        let parts = ["abc", "d", "efghij"].map(|part| Ok(Bytes::from_static(part.as_bytes())));
        let rest = Rest::of(futures::stream::iter(parts).boxed());
        let mut pieces = Vec::new();
        for most in [4, 2, 3, 9, 9] {
            let piece: Vec<Bytes> = rest.piece(most).try_collect().await.unwrap();
            pieces.push(String::from_utf8(piece.concat()).unwrap());
        }
        assert_eq!(pieces, ["abcd", "ef", "ghi", "j", ""]);
    }
}
