//! What is there after each thing that is asked for and answered, and whether some order of all of it explains every answer.

use crate::support::sha256;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Instant;

/// More states than any order here has to go through.
const MAX_STATES: usize = 300_000;

/// What tags name.
pub type Tags = BTreeMap<String, String>;
/// The tags of every repository that is there.
pub type There = BTreeMap<&'static str, Tags>;

/// What somebody asked for, and what they were told.
#[derive(Clone, Debug)]
pub enum Asked {
    /// The two bytes that all images need.
    Blob,
    Push {
        tag: String,
        digest: String,
    },
    /// To name the image with which all began.
    Set {
        tag: &'static str,
        digest: String,
        answered: String,
    },
    Untag {
        tag: String,
    },
    Pull {
        tag: &'static str,
        found: Option<String>,
    },
    List {
        found: BTreeSet<String>,
    },
    RollBack {
        n_moved: u64,
    },
    Preview,
    /// To delete all, as this was shown before.
    Redeem {
        shown: There,
    },
}

/// The same with how it was answered, and from when to when that took.
#[derive(Debug)]
pub struct Done {
    pub at: &'static str,
    pub asked: Asked,
    pub status: u16,
    pub began: Instant,
    pub ended: Instant,
}

impl Done {
    /// Whether they were asked at once.
    fn meets(&self, other: &Self) -> bool {
        self.began <= other.ended && other.began <= self.ended
    }

    /// Whether it leaves all as it is wherever it may come.
    fn only_reads(&self) -> bool {
        matches!(self.asked, Asked::Pull { .. } | Asked::List { .. }) || self.status >= 400
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Repository {
    /// What its tags named at the time to which all goes back: nothing where it was not there.
    then: Tags,
    has_blob: bool,
    tags: Tags,
}

/// What there is. A repository that was deleted is not, and the next of its name is another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    repositories: BTreeMap<&'static str, Repository>,
    /// Whether nothing but blobs changed since all was previewed.
    is_as_shown: bool,
}

impl World {
    /// As it was at the time to which all goes back.
    pub fn new(there: There) -> Self {
        let of = |tags: Tags| Repository { then: tags.clone(), has_blob: true, tags };
        Self { repositories: there.into_iter().map(|(name, tags)| (name, of(tags))).collect(), is_as_shown: false }
    }

    fn there(&self) -> There {
        self.repositories.iter().map(|(name, it)| (*name, it.tags.clone())).collect()
    }

    /// What there is after something that was answered so; nothing where that cannot have been answered.
    fn after(&self, done: &Done) -> Option<Self> {
        let here = self.repositories.get(done.at);
        let names = |tag: &str| here.and_then(|here| here.tags.get(tag));
        let has_blob = here.is_some_and(|here| here.has_blob);
        let may_be = match (&done.asked, done.status) {
            (Asked::Blob, 201) => true,
            (Asked::Blob, 404) => true, // It ended with its repository.
            (Asked::Push { .. }, 201) => has_blob,
            (Asked::Push { .. }, 400) => !has_blob,
            (Asked::Set { tag, digest, answered }, status @ (200 | 201)) => {
                let has_image = here.is_some_and(|here| here.then.values().any(|first| first == digest));
                has_image && answered == digest && names(tag).is_none() == (status == 201)
            }
            (Asked::Set { digest, .. }, 404) => here.is_none_or(|here| here.then.values().all(|first| first != digest)),
            (Asked::Untag { tag }, 204) => names(tag).is_some(),
            (Asked::Untag { tag }, 404) => names(tag).is_none(),
            (Asked::Pull { tag, found }, _) => names(tag) == found.as_ref(),
            (Asked::List { found }, 200) => here.is_some_and(|here| here.tags.keys().eq(found)),
            (Asked::List { .. }, 404) => here.is_none(),
            (Asked::RollBack { n_moved }, 200) => *n_moved == self.n_differing(),
            (Asked::Preview, 200) => !self.repositories.is_empty(),
            (Asked::Preview | Asked::Redeem { .. }, 404) => self.repositories.is_empty(),
            (Asked::Redeem { shown }, 200) => !shown.is_empty() && *shown == self.there(),
            (Asked::Redeem { .. }, 409) => !self.is_as_shown,
            _ => false,
        };
        may_be.then(|| self.changed(done))
    }

    /// How many tags name something else than then.
    fn n_differing(&self) -> u64 {
        let differ = |it: &Repository| {
            let names: BTreeSet<&String> = it.then.keys().chain(it.tags.keys()).collect();
            names.into_iter().filter(|name| it.then.get(*name) != it.tags.get(*name)).count() as u64
        };
        self.repositories.values().map(differ).sum()
    }

    fn changed(&self, done: &Done) -> Self {
        let mut world = self.clone();
        if done.only_reads() {
            return world;
        }
        let n_before = world.repositories.len();
        match &done.asked {
            Asked::Blob => world.repositories.entry(done.at).or_default().has_blob = true,
            Asked::Push { tag, digest } => {
                world.repositories.entry(done.at).or_default().tags.insert(tag.clone(), digest.clone());
            }
            Asked::Set { tag, digest, .. } => {
                world.repositories.entry(done.at).or_default().tags.insert((*tag).to_owned(), digest.clone());
            }
            Asked::Untag { tag } => {
                world.repositories.entry(done.at).or_default().tags.remove(tag);
            }
            Asked::RollBack { .. } => world.repositories.values_mut().for_each(|it| it.tags.clone_from(&it.then)),
            Asked::Redeem { .. } => world.repositories.clear(),
            Asked::Preview | Asked::Pull { .. } | Asked::List { .. } => {}
        }
        world.is_as_shown = match &done.asked {
            Asked::Preview => true,
            Asked::Blob => self.is_as_shown && n_before == world.repositories.len(),
            Asked::RollBack { n_moved: 0 } => self.is_as_shown,
            _ => false,
        };
        world
    }
}

/// An order in which all of it may have been done, each after what had been answered before it was asked, is looked for;
/// the error says how far any order came.
pub fn find_an_order(clients: &[Vec<Done>], begin: World, end: &There) -> Result<(), String> {
    let all = || clients.iter().flatten();
    let deletes = |it: &Done| matches!((&it.asked, it.status), (Asked::Redeem { .. }, 200));
    for blob in all().filter(|it| matches!(it.asked, Asked::Blob) && it.status == 404) {
        assert!(all().any(|it| deletes(it) && it.meets(blob)), "nobody deleted its repository: {blob:?}");
    }
    let mut left = vec![(vec![0; clients.len()], begin)];
    let (mut seen, mut furthest) = (HashSet::new(), vec![]);
    let mut most = 0;
    while let Some((mut at, world)) = left.pop() {
        while let Some(who) = reader(clients, &at, &world) {
            at[who] += 1;
        }
        let n_done: usize = at.iter().sum();
        if n_done > most {
            (most, furthest) = (n_done, vec![]);
        }
        if n_done == most && furthest.is_empty() {
            furthest.push((at.clone(), world.clone()));
        }
        if at.iter().zip(clients).all(|(at, done)| *at == done.len()) && world.there() == *end {
            return Ok(());
        }
        if !seen.insert((at.clone(), world.clone())) {
            continue;
        }
        assert!(seen.len() < MAX_STATES, "too many states to go through: {}", told(clients, &furthest));
        for who in ready(clients, &at) {
            if let Some(world) = world.after(&clients[who][at[who]]) {
                let mut at = at.clone();
                at[who] += 1;
                left.push((at, world));
            }
        }
    }
    Err(told(clients, &furthest))
}

/// Who may be next: they asked before any other that is left was answered.
fn ready<'c>(clients: &'c [Vec<Done>], at: &'c [usize]) -> impl Iterator<Item = usize> + 'c {
    let next = |who: usize| clients[who].get(at[who]);
    let first_to_end = (0..at.len()).filter_map(next).map(|done| done.ended).min();
    (0..at.len()).filter(move |who| next(*who).is_some_and(|done| Some(done.began) <= first_to_end))
}

/// Who may be next and changes nothing, which may as well be now.
fn reader(clients: &[Vec<Done>], at: &[usize], world: &World) -> Option<usize> {
    ready(clients, at).find(|who| {
        let next = &clients[*who][at[*who]];
        next.only_reads() && world.after(next).is_some()
    })
}

/// What is around the places behind which nothing can come.
fn told(clients: &[Vec<Done>], furthest: &[(Vec<usize>, World)]) -> String {
    let mut lines = vec![];
    let Some(start) = clients.iter().flatten().map(|done| done.began).min() else { return String::new() };
    for (at, world) in furthest {
        lines.push(format!("after {at:?} there is {world:?}, and then comes none of"));
        for (who, (done, at)) in clients.iter().zip(at).enumerate() {
            for (n, it) in done.iter().enumerate().skip(at.saturating_sub(3)).take(6) {
                let (from, to) = ((it.began - start).as_micros(), (it.ended - start).as_micros());
                let mark = if n == *at { ">" } else { " " };
                lines.push(format!("{mark} {who} {n}: {from}..{to} {} {:?} {}", it.at, it.asked, it.status));
            }
        }
    }
    lines.join("\n")
}

/// A digest as it is told of.
pub fn short(digest: &str) -> String {
    digest.trim_start_matches("sha256:").chars().take(8).collect()
}

/// The digest of an image by its bytes, as it is told of.
pub fn digest_of(manifest: &str) -> String {
    short(&sha256(manifest.as_bytes()))
}
