//! Identity providers: who signs in there is who they are here. What a provider says is believed after it was checked
//! in this folder, and nowhere else is anything made of it: only here a [`Verified`] comes about.

mod claims;
mod documents;
mod failure;
mod flow;
mod github;
mod id_token;
mod in_force;
pub mod making;
mod oidc;
mod wire;

pub use failure::Failure;
pub use flow::Client;
pub use github::{GitHub, GitHubSettings};
pub use in_force::{Means, Plain, Providers};
pub use oidc::{Oidc, OidcSettings};
pub use wire::Wire;

use crate::server::identity::attempts::Attempt;
use crate::server::secret::Secret;
use async_trait::async_trait;
use std::collections::BTreeMap;
use url::Url;

/// One protocol by which people sign in elsewhere.
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// Under which name its subjects are kept: theirs mean nobody under another.
    fn issuer(&self) -> &str;

    /// Where a browser is sent.
    async fn start(&self, state: &Secret, attempt: &Attempt) -> Result<Url, Failure>;

    /// Who it is that came back.
    async fn finish(&self, returned: Returned, attempt: &Attempt) -> Result<Verified, Failure>;

    /// What it says now of somebody who signed in before, asked by what it gave for that. `subject` is who it was given
    /// for.
    ///
    /// # Errors
    /// [`Failure::Code`] if it takes that no more: it does not vouch for them any longer.
    async fn renew(&self, refresh: &Secret, subject: &str) -> Result<Renewed, Failure>;

    /// As whom it knows this registry.
    fn client_id(&self) -> &str;

    /// Where a browser signs out there too, if it can; from there it leads back to the page for signing in here.
    async fn leave(&self) -> Option<Url>;

    /// Whether it answers as it must, before anybody needs it.
    async fn reach(&self) -> Result<(), Failure>;
}

/// What a browser brings back from a provider.
#[derive(Clone, Debug, Default)]
pub struct Returned {
    pub code: Option<Secret>,
    /// Who says so (RFC 9207).
    pub issuer: Option<String>,
    /// Why there is no code, and in more words.
    pub error: Option<String>,
    pub description: Option<String>,
}

/// Somebody for whom a provider vouches, after everything that it said was checked. Nobody outside of this folder makes
/// one.
#[derive(Clone, Debug)]
pub struct Verified {
    issuer: String,
    subject: String,
    /// For people to read; it says nothing of who somebody is.
    pub email: String,
    /// Whether the provider says that the address is theirs.
    pub email_is_verified: bool,
    pub name: String,
    /// What they may be called here, the best first, as the provider spells it.
    pub usernames: Vec<String>,
    pub groups: Groups,
    /// What stays of a group whatever it is called, by its name; for those whose names change hands there.
    pub ids: BTreeMap<String, String>,
    /// By what the provider can be asked again, without them.
    pub refresh: Option<Secret>,
}

/// What a provider answers who was asked again. It may have given a new secret in place of the one that it was asked by,
/// also where nothing can be made of the rest.
pub struct Renewed {
    pub refresh: Option<Secret>,
    /// What it says of them; `None` where it says that it still vouches, and no more than that.
    pub said: Result<Option<Verified>, Failure>,
}

impl Verified {
    /// Whose subject it is.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Who it is, at that issuer.
    pub fn subject(&self) -> &str {
        &self.subject
    }
}

/// The groups that somebody is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Groups {
    /// These.
    Said(Vec<String>),
    /// More than the provider was ready to name.
    TooMany,
}

impl Groups {
    /// Those that are known.
    pub fn known(&self) -> &[String] {
        match self {
            Self::Said(groups) => groups,
            Self::TooMany => &[],
        }
    }
}

/// Whom a provider brings, and as what.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Everybody becomes a user.
    pub open_sign_up: bool,
    /// Who is in one of these becomes a user.
    pub allowed_groups: Vec<String>,
    /// Who is in one of these is an administrator for as long as they are.
    pub admin_groups: Vec<String>,
}

/// A provider that is in force.
pub struct Provider {
    /// What stands in its addresses, and in records.
    pub name: String,
    /// What people read.
    pub title: String,
    /// The icon beside it.
    pub icon: &'static str,
    pub rules: Rules,
    pub way: Box<dyn IdentityProvider>,
}
