//! Manifests and lists while they come or go: each of them is whole in memory, and whoever sends one for ever, or takes
//! nothing of one, would keep it there. What all of them take together is bounded, and so is what one caller's take;
//! the rest is asked to come again. What comes has an end, and what nobody takes is let go.

use crate::domain::{Digest, Error, Result};
use crate::server::access::Caller;
use axum::body::{Body, Bytes};
use bytes::BytesMut;
use futures::{Stream, StreamExt, stream};
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

/// What is smaller is not counted: most manifests are.
pub(super) const SMALL: usize = 64 << 10;
/// What all that come take together, and as much for all that go; and what those of one caller do.
const ALL: usize = 64 << 20;
const OF_ONE: usize = 16 << 20;
/// What is given to a connection at a time: it keeps that for as long as it lives.
const PIECE: usize = 16 << 10;
/// For all of a manifest that comes, and how long nothing may be taken of what goes.
const PATIENCE: Duration = Duration::from_secs(60);

/// What comes and what goes at this moment.
#[derive(Clone, Default)]
pub(in crate::server::http) struct Held(Arc<Ways>);

#[derive(Default)]
struct Ways {
    coming: Arc<Room>,
    going: Arc<Room>,
    /// Manifests that go at this moment: whoever asks for one of them shares it.
    known: Mutex<HashMap<Digest, Weak<Whole>>>,
}

#[derive(Default)]
struct Room(Mutex<Taken>);

#[derive(Default)]
struct Taken {
    all: usize,
    of: HashMap<String, usize>,
}

/// Room for so many bytes, free again when dropped.
pub(super) struct Place {
    room: Arc<Room>,
    who: String,
    n_bytes: usize,
}

/// Something that goes, and its room.
struct Whole {
    bytes: Bytes,
    _place: Place,
}

impl Room {
    fn take(self: &Arc<Self>, who: &str, n_bytes: usize) -> Result<Place> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_one = taken.of.get(who).copied().unwrap_or_default() + n_bytes;
        if taken.all + n_bytes > ALL || of_one > OF_ONE {
            let words = "too many large manifests and lists are on their way at once; try again in a moment";
            return Err(Error::Unavailable(words.to_owned()));
        }
        taken.all += n_bytes;
        taken.of.insert(who.to_owned(), of_one);
        Ok(Place { room: Arc::clone(self), who: who.to_owned(), n_bytes })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.room.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= self.n_bytes;
        if let Some(of_one) = taken.of.get_mut(&self.who) {
            *of_one -= self.n_bytes;
            if *of_one == 0 {
                taken.of.remove(&self.who);
            }
        }
    }
}

impl Held {
    /// All of a body of at most `most` bytes, of which `length` are announced, with the room that it takes.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where there is no room before any of it is read; what `too_large` says of more.
    pub(super) async fn collect(
        &self,
        body: Body,
        (length, most): (Option<u64>, usize),
        caller: &Caller,
        too_large: impl Fn() -> Error,
    ) -> Result<(Bytes, Option<Place>)> {
        let announced = length.map_or(most, |length| usize::try_from(length).unwrap_or(usize::MAX));
        if announced > most {
            return Err(too_large());
        }
        // What is not announced takes as much as there may be, once it is not small.
        let take = || self.0.coming.take(&who(caller), announced);
        let place = if length.is_some() && announced > SMALL { Some(take()?) } else { None };
        let slow = |_| Error::manifest("the body took longer than a minute; send it again");
        let whole = whole(body.into_data_stream(), (most, too_large), (place, take));
        timeout(PATIENCE, whole).await.map_err(slow)?
    }

    /// A body of these bytes, which may be those of a digest.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where there is no room.
    pub(super) fn body(&self, bytes: Bytes, digest: Option<&Digest>, caller: &Caller) -> Result<Body> {
        if bytes.len() <= SMALL {
            return Ok(Body::from(bytes));
        }
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(whole) = digest.and_then(|digest| known.get(digest)).and_then(Weak::upgrade) {
            return Ok(in_pieces(whole, PATIENCE));
        }
        let place = self.0.going.take(&who(caller), bytes.len())?;
        let whole = Arc::new(Whole { bytes, _place: place });
        if let Some(digest) = digest {
            known.retain(|_, whole| whole.strong_count() > 0);
            known.insert(digest.clone(), Arc::downgrade(&whole));
        }
        Ok(in_pieces(whole, PATIENCE))
    }
}

/// Whose share it is.
fn who(caller: &Caller) -> String {
    caller.standing.id.clone().unwrap_or_else(|| caller.address.clone())
}

async fn whole(
    mut frames: impl Stream<Item = Result<Bytes, axum::Error>> + Unpin,
    (most, too_large): (usize, impl Fn() -> Error),
    (mut place, take): (Option<Place>, impl Fn() -> Result<Place>),
) -> Result<(Bytes, Option<Place>)> {
    // Copied together: frames by themselves hold many times their bytes where a client sends crumbs.
    let mut bytes = BytesMut::new();
    while let Some(frame) = frames.next().await {
        let frame = frame.map_err(|error| Error::manifest(format!("the body broke off: {error}")))?;
        if bytes.len() + frame.len() > most {
            return Err(too_large());
        }
        if place.is_none() && bytes.len() + frame.len() > SMALL {
            place = Some(take()?);
        }
        bytes.extend_from_slice(&frame);
    }
    Ok((bytes.freeze(), place))
}

/// What is left of an answer, and since when nothing was taken of it.
struct Going {
    whole: Option<Arc<Whole>>,
    at: usize,
    taken_at: Instant,
}

/// Gives all of it in copies of pieces, so that no connection holds the whole; lets it go when nothing is taken for so
/// long, and breaks off then. A watch does that, for nobody asks for the body of a connection that does not move.
fn in_pieces(whole: Arc<Whole>, patience: Duration) -> Body {
    let n_bytes = whole.bytes.len();
    let going = Arc::new(Mutex::new(Going { whole: Some(whole), at: 0, taken_at: Instant::now() }));
    tokio::spawn(watch(Arc::downgrade(&going), patience));
    let pieces = stream::unfold(going, move |going| async move {
        let piece = {
            let mut going = going.lock().unwrap_or_else(PoisonError::into_inner);
            let at = going.at;
            if at == n_bytes {
                return None;
            }
            going.taken_at = Instant::now();
            going.at = n_bytes.min(at + PIECE);
            let gone = || io::Error::new(io::ErrorKind::TimedOut, "nothing was taken for too long");
            going.whole.as_ref().map(|whole| Bytes::copy_from_slice(&whole.bytes[at..going.at])).ok_or_else(gone)
        };
        Some((piece, going))
    });
    Body::from_stream(pieces)
}

async fn watch(going: Weak<Mutex<Going>>, patience: Duration) {
    let mut next = Instant::now() + patience;
    loop {
        sleep_until(next).await;
        let Some(going) = going.upgrade() else { return };
        let mut going = going.lock().unwrap_or_else(PoisonError::into_inner);
        next = going.taken_at + patience;
        if next <= Instant::now() {
            going.whole = None;
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::access::Standing;
    use axum::body::to_bytes;

    const SHORT: Duration = Duration::from_millis(50);

    fn caller(address: &str) -> Caller {
        let standing = Arc::new(Standing::anonymous(vec![]));
        Caller { standing, request_id: String::new(), address: address.to_owned() }
    }

    fn large(byte: u8) -> Bytes {
        vec![byte; 4 << 20].into()
    }

    #[tokio::test]
    async fn what_goes_is_bounded_and_one_caller_leaves_room_for_others() {
        let held = Held::default();
        let of = |byte: u8, address: &str| held.body(large(byte), None, &caller(address));
        let mut bodies: Vec<_> = (0..4).map(|n| of(n, "192.0.2.1").unwrap()).collect();
        assert!(matches!(of(9, "192.0.2.1"), Err(Error::Unavailable(_))), "a quarter is one caller's");
        assert!(held.body(vec![0; SMALL].into(), None, &caller("192.0.2.1")).is_ok(), "what is small is not counted");
        for n in 0..12 {
            bodies.push(of(n, &format!("192.0.2.{}", 2 + n / 4)).unwrap());
        }
        assert!(of(9, "192.0.2.9").is_err(), "there is no more room in all");
        assert_eq!(to_bytes(bodies.remove(0), usize::MAX).await.unwrap(), large(0), "they go as they are");
        assert!(of(9, "192.0.2.9").is_ok(), "and leave their room");
    }

    #[tokio::test]
    async fn readers_of_one_manifest_share_it() {
        let (held, digest) = (Held::default(), format!("sha256:{}", "a".repeat(64)).parse().unwrap());
        let bodies: Vec<_> =
            (0..100).map(|_| held.body(large(7), Some(&digest), &caller("192.0.2.1")).unwrap()).collect();
        assert_eq!(held.0.going.0.lock().unwrap().all, 4 << 20);
        drop(bodies);
        assert_eq!(held.0.going.0.lock().unwrap().all, 0);
    }

    #[tokio::test]
    async fn what_nobody_takes_is_let_go() {
        let room = Arc::new(Room::default());
        let whole = Arc::new(Whole { bytes: large(7), _place: room.take("eve", 4 << 20).unwrap() });
        let known = Arc::downgrade(&whole);
        let mut pieces = in_pieces(whole, SHORT).into_data_stream();
        assert_eq!(pieces.next().await.unwrap().unwrap().len(), PIECE);
        timeout(Duration::from_secs(20), async {
            while known.strong_count() > 0 {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("it is let go");
        assert_eq!(room.0.lock().unwrap().all, 0);
        assert!(pieces.next().await.unwrap().is_err(), "and the body breaks off");
    }
}
