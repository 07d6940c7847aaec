//! A plan on its way: sealed, so that it says what its preview said, to who asked, for a while.

use crate::domain::action::{Bookkeeping, DeleteImages, DeleteNamespace, DeleteRepository, DeleteTags};
use crate::domain::error::What;
use crate::domain::radius::{Radius, Stays};
use crate::domain::{Digest, Error, Namespace, RepositoryName, Result, Tag, Timestamp};
use crate::server::access::Standing;
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::service::print_of;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

const PURPOSE: &str = "a plan to delete";
/// For how long a plan holds.
const LASTS_MS: i64 = 15 * 60_000;
/// No plan is longer: 500 names of the longest kind, sealed. Forms and the API take as much.
pub const MAX_BYTES: usize = 96 << 10;

/// What is asked to be deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asked {
    /// Tags and images of a repository. Where the tags are those that a filter matched, it travels in their place, with
    /// whether those are left out of them that rules keep from who asks.
    Content {
        repository: RepositoryName,
        tags: Vec<Tag>,
        digests: Vec<Digest>,
        filter: Option<String>,
        #[serde(default)]
        leaves_out: bool,
    },
    Repository(RepositoryName),
    Namespace(Namespace),
}

/// An action that can be previewed.
pub trait Planned: Bookkeeping {
    /// What it deletes.
    fn asked(&self) -> Asked;
}

impl Planned for DeleteTags {
    fn asked(&self) -> Asked {
        let DeleteTags { repository, tags, filter } = self.clone();
        Asked::Content { repository, tags, digests: vec![], filter, leaves_out: false }
    }
}

impl Planned for DeleteImages {
    fn asked(&self) -> Asked {
        let DeleteImages { repository, digests, tags } = self.clone();
        Asked::Content { repository, tags, digests, filter: None, leaves_out: false }
    }
}

impl Planned for DeleteRepository {
    fn asked(&self) -> Asked {
        Asked::Repository(self.repository.clone())
    }
}

impl Planned for DeleteNamespace {
    fn asked(&self) -> Asked {
        Asked::Namespace(self.namespace.clone())
    }
}

/// A plan that was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The batch of what it deletes, by which all of it comes back.
    pub id: String,
    /// What it deletes.
    pub asked: Asked,
    /// Whose it is.
    by: String,
    /// What the preview said would go, and for how long it would be kept.
    pub(super) print: Digest,
    until: Timestamp,
    /// Where its repository is: at another registry it would delete something else.
    at: Option<String>,
}

impl Plan {
    /// Opens one that somebody with this standing was given.
    ///
    /// # Errors
    /// Not found if it is nobody's, somebody else's, or too old.
    pub fn open(app: &App, standing: &Standing, text: &str) -> Result<Self> {
        let bad = || Error::NotFound(What::Plan);
        let sealed = (text.len() <= MAX_BYTES).then(|| URL_SAFE_NO_PAD.decode(text)).and_then(std::result::Result::ok);
        let opened = app.identity.sealing.open(PURPOSE, &sealed.ok_or_else(bad)?).map_err(|_| bad())?;
        let plan: Self = serde_json::from_slice(&opened).map_err(|_| bad())?;
        let holds = plan.by == whose(standing) && app.clock.now() <= plan.until && plan.at == place(app, &plan.asked);
        if holds { Ok(plan) } else { Err(bad()) }
    }
}

/// Whose a plan is: a principal's by the id that nobody gets after them, as runs are; by name where there is no id.
fn whose(standing: &Standing) -> String {
    standing.id.as_ref().map_or_else(|| standing.actor.key(), |id| format!("id:{id}"))
}

fn place(app: &App, asked: &Asked) -> Option<String> {
    match asked {
        Asked::Content { repository, .. } | Asked::Repository(repository) => {
            app.mount(repository).map(|mount| mount.address())
        }
        Asked::Namespace(_) => None, // Only where it is kept here.
    }
}

/// Seals a plan for who asked.
///
/// # Errors
/// [`Error::TooLarge`] for one that could not be sent back.
pub(super) fn seal(app: &App, by: &Standing, asked: Asked, print: Digest) -> Result<String> {
    let asked = match asked {
        Asked::Content { repository, filter: Some(filter), leaves_out, .. } => {
            Asked::Content { repository, tags: vec![], digests: vec![], filter: Some(filter), leaves_out }
        }
        asked => asked,
    };
    let now = app.clock.now();
    let id = new_id(&*app.entropy, now);
    let at = place(app, &asked);
    let plan = Plan { id, asked, by: whose(by), print, until: Timestamp(now.0 + LASTS_MS), at };
    let text = serde_json::to_vec(&plan).map_err(|_| Error::Internal)?;
    let sealed = app.identity.sealing.seal(PURPOSE, &text, &*app.entropy)?;
    let text = URL_SAFE_NO_PAD.encode(sealed);
    match text.len() <= MAX_BYTES {
        true => Ok(text),
        false => Err(Error::TooLarge {
            message: "these names are too long for one plan; name fewer, or use a filter".to_owned(),
        }),
    }
}

/// The print of what a radius says: another one wherever something else goes, or loses its last name, or is kept for another
/// number of days.
pub(super) fn print(radius: &Radius, kept_days: u32) -> Digest {
    let tags = radius.tags.iter().map(|(tag, digest)| format!("tag {tag} {digest}"));
    let images = radius.images.keys().map(|digest| format!("image {digest}"));
    let parents = radius.parents.keys().map(|digest| format!("listed {digest}"));
    let unnamed = radius.stays.iter().filter_map(|it| match it {
        Stays::Unnamed(digest) => Some(format!("unnamed {digest}")),
        Stays::Sibling(..) | Stays::Named(..) => None,
    });
    print_of(tags.chain(images).chain(parents).chain(unnamed).chain([format!("kept {kept_days}")]))
}
