//! Passwords at the door. Who guesses waits; who is known to be no guesser does not wait for those who do: a program
//! whose password was right lately ([`Proven`]), and a browser that signed in to the account before ([`Devices`]).
//!
//! [`Proven`]: super::proven::Proven
//! [`Devices`]: super::devices::Devices

use super::backoff::{self, Origin};
use super::known::At;
use super::{Identity, passwords, typed};
use crate::domain::principal::{Principal, PrincipalKind};
use crate::domain::{Error, Result, Timestamp};
use crate::server::access::{Shown, Standing};
use crate::server::secret::Secret;
use crate::server::store::principals;

impl Identity {
    /// The standing of a program that shows a password; `name` names what it shows.
    pub(super) async fn password(
        &self,
        name: [u8; 32],
        (username, password): (&str, &Secret),
        (at, from): (At, &str),
    ) -> Result<Standing> {
        let (user, hash) = match self.proven(&name, username, at.now).await? {
            Some(known) => known,
            None => {
                let found = self.check(username, password, Origin::network(from)).await?;
                self.proven.keep(name, &found.1);
                found
            }
        };
        self.principal(&user.id, Shown::Password(hash), at).await
    }

    /// Whose password this is, where it was right before and the account still has it.
    async fn proven(&self, name: &[u8; 32], username: &str, now: Timestamp) -> Result<Option<(Principal, String)>> {
        let Some(proven) = self.proven.hash(name) else { return Ok(None) };
        Ok(self.holder(username, now).await?.filter(|(_, hash)| *hash == proven))
    }

    /// The user whose password a person typed into a browser, with its hash. The browser may have the mark of one that is known. It takes
    /// as long where there is no such user.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], which says nothing of the reason; [`Error::TooManyTries`] where this account was
    /// tried in vain too often from there.
    pub async fn by_password(
        &self,
        username: &str,
        password: &Secret,
        (from, mark): (&str, Option<&Secret>),
    ) -> Result<(Principal, String)> {
        let mark = mark.filter(|mark| self.devices.knows(mark, username));
        let origin = mark.map_or_else(|| Origin::network(from), Origin::device);
        self.check(username, password, origin).await
    }

    async fn check(&self, username: &str, password: &Secret, origin: Origin) -> Result<(Principal, String)> {
        // One try after the other: many at once would all be let through before the first is counted.
        let _turn = self.queue.turn(origin.as_str()).await?;
        let (subject, now) = (origin.subject(username), self.clock.now());
        let tries = backoff::tries(&self.store, &subject).await?;
        if let Some(until) = tries.and_then(|tries| backoff::until(tries, now)) {
            return Err(Error::TooManyTries { until, wait_s: (until.0 - now.0 + 999) / 1000 });
        }
        let holder = self.holder(username, now).await?;
        let hash = holder.as_ref().map(|(_, hash)| hash.clone());
        let is_right = self.passwords.verify(password, hash).await?;
        if !is_right || tries.is_some() {
            self.note(move |tx| Box::pin(async move { backoff::tried(tx, &subject, is_right, now).await })).await?;
        }
        let (user, hash) = holder.filter(|_| is_right).ok_or(Error::Unauthenticated)?;
        match passwords::is_imported(&hash) {
            true => self.renew((user, hash), password).await,
            false => Ok((user, hash)),
        }
    }

    /// Keeps a password that came from another registry as all others are kept.
    async fn renew(&self, (user, imported): (Principal, String), password: &Secret) -> Result<(Principal, String)> {
        let hash = self.passwords.hash(password).await?;
        let (id, renewed, now) = (user.id.clone(), hash.clone(), self.clock.now());
        let write =
            self.note(move |tx| Box::pin(async move { principals::renew(tx, &id, (&imported, &renewed), now).await }));
        if write.await? {
            return Ok((user, hash));
        }
        // Somebody was faster: the same password once more, or its owner with another one.
        let hash = principals::password(&self.store, &user.id).await?;
        match self.passwords.verify(password, hash.clone()).await? {
            true => Ok((user, hash.unwrap_or_default())),
            false => Err(Error::Unauthenticated),
        }
    }

    /// The user of that name who may sign in by a password, with its hash.
    async fn holder(&self, username: &str, now: Timestamp) -> Result<Option<(Principal, String)>> {
        let Some(username) = typed(username).filter(|_| self.settings.local_sign_in) else { return Ok(None) };
        let user = principals::by_username(&self.store, &username).await?;
        let user = user.filter(|user| user.kind == PrincipalKind::User && user.is_let_in(now));
        let Some(user) = user else { return Ok(None) };
        let hash = principals::password(&self.store, &user.id).await?;
        Ok(hash.map(|hash| (user, hash)))
    }
}
