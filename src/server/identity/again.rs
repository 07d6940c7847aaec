//! Who somebody is, shown once more before what nobody can take back.

use crate::domain::view::Again;
use crate::domain::{Error, Result, Timestamp};
use crate::server::access::Standing;
use crate::server::context::App;
use crate::server::secret::Secret;
use crate::server::store::{principals, sessions};

/// A session that was opened so lately shows by itself who has it.
const FRESH_MS: i64 = 5 * 60_000;

/// Whether a session that was opened at that time was so a moment ago.
pub fn is_fresh(opened_at: Timestamp, now: Timestamp) -> bool {
    (0..FRESH_MS).contains(&(now.0 - opened_at.0))
}

/// What somebody has to show. Nothing where they are vouched for: that is done for each request.
pub async fn asked(app: &App, standing: &Standing) -> Result<Again> {
    if standing.basis.is_none() {
        return Ok(Again::Nothing);
    }
    let opened = match standing.session() {
        Some(session) => sessions::opened_at(&app.store, session).await?,
        None => None,
    };
    if opened.is_some_and(|at| is_fresh(at, app.clock.now())) {
        return Ok(Again::Nothing);
    }
    let has_password = match &standing.id {
        Some(id) if app.identity.settings.local_sign_in => principals::password(&app.store, id).await?.is_some(),
        _ => false,
    };
    Ok(if has_password { Again::Password } else { Again::SignIn })
}

/// That the password in a field is not theirs.
pub fn not_yours(field: &str) -> Error {
    Error::invalid(field, "this is not your password")
}

/// Refuses whoever does not show it; `from` is their address, and the mark of a browser that is known.
///
/// # Errors
/// [`Error::Invalid`] of the password that is not theirs; [`Error::Conflict`] for who has none and signed in long ago.
pub async fn show(app: &App, standing: &Standing, password: &Secret, from: (&str, Option<&Secret>)) -> Result<()> {
    match (asked(app, standing).await?, standing.actor.name()) {
        (Again::Nothing, _) => Ok(()),
        (Again::Password, Some(username)) => match app.identity.by_password(username, password, from).await {
            Err(Error::Unauthenticated) => Err(not_yours("password")),
            found => found.map(|_| ()),
        },
        _ => {
            let words = "you signed in more than five minutes ago; sign out, sign in again, and do this then";
            Err(Error::Conflict(words.to_owned()))
        }
    }
}
