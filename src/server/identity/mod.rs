//! Who somebody is: what they show (a session, a password, a token) becomes a [`Standing`], with which the one place
//! that decides goes on. Nothing here decides what anybody may do.

pub mod again;
mod attempts;
mod backoff;
pub mod behalf;
mod by_password;
pub mod by_provider;
mod certificates;
mod codes;
mod devices;
mod following;
mod hooks;
mod joining;
mod known;
pub mod linking;
pub mod links;
mod names;
pub mod passwords;
mod pinning;
mod proven;
pub mod provider;
mod queue;
pub mod rechecking;
pub mod registry_tokens;
mod remembered;
mod resting;
pub mod sealing;
pub mod secrets;
pub mod sign_in;
pub mod signing;
mod sweep;
pub mod told;
pub mod trying;
mod watch;
pub mod weak;

pub use hooks::Teller;
pub use joining::let_in;
pub use known::{Identity, Settings};

use crate::domain::Username;
use crate::server::secret::Secret;

/// What somebody shows.
#[derive(Clone, Debug)]
pub enum Credential {
    /// The cookie of a browser.
    Session(Secret),
    /// The same, shown by a page that asks for itself what became another: nobody uses the session by that.
    Watching(Secret),
    /// HTTP Basic: a user's password, or a token under its owner's name.
    Basic { username: String, password: Secret },
    /// A token by itself.
    Bearer(Secret),
    /// The same where the registry's own tokens count too.
    Registry(Secret),
}

/// The username that somebody typed, as it is written here.
pub fn typed(username: &str) -> Option<Username> {
    username.trim().to_lowercase().parse().ok()
}
