//! Links that work once and let somebody choose a password: invitations, and ways back in.

use super::sign_in::{From, open_session};
use super::{secrets, weak};
use crate::domain::action::AcceptLink;
use crate::domain::error::What;
use crate::domain::principal::Principal;
use crate::domain::{Actor, Error, Result, Timestamp, Username};
use crate::server::context::App;
use crate::server::entropy::Entropy;
use crate::server::identity::secrets::Kind;
use crate::server::secret::Secret;
use crate::server::store::sessions::{self, Known, Purpose};
use crate::server::store::{Change, Tx, principals};

/// For how long an invitation works, and a way back in.
const INVITE_FOR_MS: i64 = 7 * 24 * 3_600_000;
const RECOVER_FOR_MS: i64 = 3_600_000;

/// A link on its way into the table.
pub struct New {
    fingerprint: String,
    purpose: Purpose,
    now: Timestamp,
    /// Where it leads, with its secret.
    pub address: String,
}

impl New {
    /// Draws one.
    pub fn draw(public_url: &str, entropy: &dyn Entropy, now: Timestamp, purpose: Purpose) -> Self {
        let secret = secrets::new(Kind::Link, entropy);
        let address = format!("{public_url}/auth/invite/{}", secret.expose());
        Self { fingerprint: secrets::fingerprint(&secret), purpose, now, address }
    }

    /// Draws an invitation.
    pub fn invitation(app: &App) -> Self {
        Self::draw(&app.facts.public_url, &*app.entropy, app.clock.now(), Purpose::Invite)
    }

    /// Keeps it.
    pub async fn keep(self, tx: &mut Tx, user_id: &str, by: &Actor) -> Result<()> {
        let lives_ms = if self.purpose == Purpose::Recover { RECOVER_FOR_MS } else { INVITE_FOR_MS };
        let expires_at = Some(Timestamp(self.now.0 + lives_ms));
        sessions::insert_link(tx, &self.fingerprint, (self.purpose, Some(user_id)), expires_at, (by, self.now)).await
    }
}

/// Whether an invitation can be taken: by a password, or by a provider in force.
pub fn can_invite(app: &App) -> bool {
    app.identity.settings.local_sign_in || !app.identity.providers.all().is_empty()
}

/// Whose account a link lets its holder take, if it still works.
pub async fn addressee(app: &App, link: &Secret) -> Result<Option<(Purpose, Principal)>> {
    let now = app.clock.now();
    let found = sessions::link(&app.store, &secrets::fingerprint(link), now).await?;
    let Some((purpose @ (Purpose::Invite | Purpose::Recover), Some(user_id))) = found else { return Ok(None) };
    let user = principals::by_id(&app.store, &user_id).await?;
    Ok(user.filter(|user| user.is_let_in(now)).map(|user| (purpose, user)))
}

/// Sets the password, which uses the link up and ends all sessions from before, and signs its owner in.
///
/// # Errors
/// [`Error::Invalid`] for a password that may not be used; not found where the link does not work any more.
pub async fn accept(app: &App, link: &Secret, password: &Secret, from: From) -> Result<(Secret, Username)> {
    let gone = || Error::NotFound(What::Link);
    let (purpose, user) = addressee(app, link).await?.ok_or_else(gone)?;
    if purpose == Purpose::Invite && !app.identity.settings.local_sign_in {
        let words = "signing in by password is off here; go on by a provider";
        return Err(Error::Conflict(words.to_owned()));
    }
    weak::check(password, (&user.username, &app.facts.host))?;
    let hash = app.identity.passwords.hash(password).await?;
    let (fingerprint, now, id, known) = (secrets::fingerprint(link), app.clock.now(), user.id.clone(), hash.clone());
    let action = AcceptLink { username: user.username.clone() };
    let proof = app.access.vouch(user.actor(), from.asked(), action);
    let write = app.store.write(&proof, move |tx| {
        Box::pin(async move {
            if !sessions::use_link(tx, &fingerprint, purpose, now).await? {
                return Err(gone());
            }
            principals::set_password(tx, &id, &hash, now).await?;
            sessions::end_links(tx, &id).await?;
            sessions::end_all(tx, &id, now).await?;
            Ok(Change::new((), None, None))
        })
    });
    write.await?;
    let session = open_session(app, (&user.id, &user.actor()), Known::Link(known), from).await?;
    Ok((session, user.username))
}
