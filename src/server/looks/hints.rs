//! Names of which somebody said that they changed at their registry. Each is something to ask that registry about, soon and
//! at its pace; nothing that was said is believed.
//!
//! It is bounded for each mount whoever says how much: in what waits, in how fast it is asked about, and in how much of that
//! is under way at a time. What is said twice waits once. What does not fit is left to the next reading. Of several nodes
//! each asks about what was said to it.

use crate::domain::{RepositoryName, Tag};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// What waits of one mount.
const WAITING: usize = 2_000;
/// How long it waits at least: CNCF distribution tells of a push a moment before the tag names what was pushed.
const SETTLES: Duration = Duration::from_millis(200);
/// What is as it was is asked about once more after this, for who takes longer than that.
const AGAIN: Duration = Duration::from_millis(1_000);
/// Between two of one mount.
const PACE: Duration = Duration::from_millis(100);
/// A whole repository is read again after this at the soonest: that takes a request for each of its tags.
const WHOLE_EVERY: Duration = Duration::from_secs(30);
/// Of one mount under way at a time: tags, and whole repositories, behind which no tag waits.
const AT_A_TIME: [usize; 2] = [4, 2];

/// A name, as it is called here: a tag, or a repository of which nothing else is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hint {
    pub repository: RepositoryName,
    pub tag: Option<Tag>,
}

impl Hint {
    fn kind(&self) -> usize {
        usize::from(self.tag.is_none())
    }
}

/// All that waits.
#[derive(Default)]
pub struct Hints {
    mounts: Mutex<HashMap<String, Waiting>>,
    /// Something came, or there is room for more.
    moved: Notify,
}

/// When a hint is due, and which of several came first.
type Place = (Instant, u64);

#[derive(Default)]
struct Waiting {
    /// Each with whether it is asked about once more, and no further.
    due: BTreeMap<Place, (Hint, bool)>,
    places: HashMap<Hint, Place>,
    n_put: u64,
    /// No other is taken before.
    next: Option<Instant>,
    under_way: [usize; 2],
    /// Which repositories were read whole a short while ago.
    whole: HashMap<RepositoryName, Instant>,
}

/// One that is asked about now. It is under way until this is dropped.
pub struct Taken {
    pub hint: Hint,
    pub mount_id: String,
    is_again: bool,
    of: Arc<Hints>,
}

impl Hints {
    /// Somebody said at this moment that something changed at the registry of a mount.
    pub fn put(&self, mount_id: &str, hint: Hint, now: Instant) {
        self.lock().entry(mount_id.to_owned()).or_default().put(hint, now + SETTLES, false);
        self.moved.notify_one();
    }

    /// The next, when it is due. Nothing is lost where somebody waits for it no longer.
    pub async fn next(self: &Arc<Self>) -> Taken {
        loop {
            match self.take(Instant::now()) {
                Ok(taken) => return taken,
                Err(None) => self.moved.notified().await,
                Err(Some(at)) => tokio::select! {
                    () = self.moved.notified() => {}
                    () = sleep_until(at) => {}
                },
            }
        }
    }

    /// What is due, or when something is.
    fn take(self: &Arc<Self>, now: Instant) -> Result<Taken, Option<Instant>> {
        let mut soonest = None;
        for (mount_id, waiting) in self.lock().iter_mut() {
            match waiting.take(now) {
                Ok((hint, is_again)) => {
                    return Ok(Taken { hint, mount_id: mount_id.clone(), is_again, of: Arc::clone(self) });
                }
                Err(at) => soonest = [soonest, at].into_iter().flatten().min(),
            }
        }
        Err(soonest)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Waiting>> {
        self.mounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn put(&mut self, hint: Hint, at: Instant, is_again: bool) {
        let whole = self.whole.get(&hint.repository).filter(|_| hint.tag.is_none());
        let at = whole.map_or(at, |read| at.max(*read + WHOLE_EVERY));
        let before = self.places.get(&hint).copied();
        let at = match before {
            // What was said anew says more than that it is to be asked about once more.
            Some(_) if is_again => return,
            // However often it is said, it is not put off.
            Some(place) => at.min(place.0),
            None if self.due.len() >= WAITING => return,
            None => at,
        };
        if let Some(place) = before {
            self.due.remove(&place);
        }
        self.n_put += 1;
        let place = (at, self.n_put);
        self.due.insert(place, (hint.clone(), is_again));
        self.places.insert(hint, place);
    }

    fn take(&mut self, now: Instant) -> Result<(Hint, bool), Option<Instant>> {
        let has_room = |hint: &Hint| self.under_way[hint.kind()] < AT_A_TIME[hint.kind()];
        let Some(place) = self.due.iter().find(|(_, (hint, _))| has_room(hint)).map(|(place, _)| *place) else {
            return Err(None);
        };
        let at = self.next.map_or(place.0, |next| next.max(place.0));
        if at > now {
            return Err(Some(at));
        }
        let (hint, is_again) = self.due.remove(&place).expect("it was found");
        self.places.remove(&hint);
        self.next = Some(now + PACE);
        self.under_way[hint.kind()] += 1;
        if hint.tag.is_none() {
            self.whole.retain(|_, read| now < *read + WHOLE_EVERY);
            self.whole.insert(hint.repository.clone(), now);
        }
        Ok((hint, is_again))
    }
}

impl Taken {
    /// The registry says what is known already, or nothing: it is asked once more.
    pub fn again(self) {
        if self.is_again {
            return;
        }
        if let Some(waiting) = self.of.lock().get_mut(&self.mount_id) {
            waiting.put(self.hint.clone(), Instant::now() + AGAIN, true);
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(waiting) = self.of.lock().get_mut(&self.mount_id) {
            waiting.under_way[self.hint.kind()] -= 1;
        }
        self.of.moved.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(name: &str) -> Hint {
        Hint { repository: "up/web".parse().unwrap(), tag: Some(name.parse().unwrap()) }
    }

    fn whole(repository: &str) -> Hint {
        Hint { repository: repository.parse().unwrap(), tag: None }
    }

    fn hints() -> (Arc<Hints>, Instant) {
        (Arc::default(), Instant::now())
    }

    #[test]
    fn what_is_said_often_waits_once_and_is_not_put_off() {
        let (hints, now) = hints();
        for ms in 0..200 {
            hints.put("up", tag("1.0"), now + Duration::from_millis(ms));
        }
        assert_eq!(hints.take(now).err(), Some(Some(now + SETTLES)));
        let taken = hints.take(now + SETTLES).ok().unwrap();
        assert_eq!((&taken.hint, taken.mount_id.as_str()), (&tag("1.0"), "up"));
        assert_eq!(hints.take(now + SETTLES).err(), Some(None));
        hints.put("up", tag("1.0"), now + SETTLES);
        assert!(hints.take(now + SETTLES * 2).is_ok(), "what is said while it is asked about is asked about after it");
    }

    #[test]
    fn it_goes_at_the_pace_of_its_mount_and_not_too_much_of_it_at_a_time() {
        let (hints, now) = hints();
        for n in 0..3 * WAITING {
            hints.put("up", tag(&format!("t{n}")), now);
        }
        hints.put("other", tag("1.0"), now);
        assert_eq!(hints.lock()["up"].due.len(), WAITING, "what does not fit is left to the next reading");
        let (mut under_way, mut at) = (Vec::new(), now + SETTLES);
        under_way.extend(std::iter::from_fn(|| hints.take(at).ok()));
        assert_eq!(under_way.len(), 2, "one of each mount");
        for expected in [3, 4, 5, 5, 5] {
            at += PACE;
            under_way.extend(std::iter::from_fn(|| hints.take(at).ok()));
            assert_eq!(under_way.len(), expected);
        }
        hints.put("up", whole("up/a"), now);
        assert!(hints.take(at).is_ok(), "no whole repository waits behind tags that take long");
        under_way.clear();
        assert!(hints.take(at + PACE).is_ok(), "and who ends makes room");
    }

    #[test]
    fn a_repository_is_read_whole_once_in_a_while() {
        let (hints, now) = hints();
        hints.put("up", whole("up/a"), now);
        drop(hints.take(now + SETTLES).ok().unwrap());
        hints.put("up", whole("up/a"), now + SETTLES);
        assert_eq!(hints.take(now + WHOLE_EVERY).err(), Some(Some(now + SETTLES + WHOLE_EVERY)));
        hints.put("up", tag("1.0"), now + SETTLES);
        assert!(hints.take(now + WHOLE_EVERY).is_ok(), "its tags are asked about meanwhile");
        assert!(hints.take(now + SETTLES + WHOLE_EVERY).is_ok());
    }

    #[test]
    fn what_was_as_it_was_is_asked_about_once_more_and_no_further() {
        let (hints, now) = hints();
        hints.put("up", tag("1.0"), now);
        let far = Duration::from_secs(60);
        hints.take(now + far).ok().unwrap().again();
        hints.take(now + far * 2).ok().unwrap().again();
        assert_eq!(hints.take(now + far * 3).err(), Some(None));
    }
}
