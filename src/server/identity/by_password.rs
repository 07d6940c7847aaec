//! Passwords at the door. Who guesses waits, and so does who comes to the same account from the same network; who is
//! known to be no guesser does not: a program whose password was right lately ([`Proven`]), and a browser that signed in
//! to the account before ([`Devices`]).
//!
//! [`Proven`]: super::proven::Proven
//! [`Devices`]: super::devices::Devices

use super::backoff::{self, Origin};
use super::known::At;
use super::queue::{Turn, Who};
use super::{Identity, passwords, typed};
use crate::domain::principal::{Principal, PrincipalKind};
use crate::domain::{Error, Result};
use crate::server::access::{Evidence, Standing};
use crate::server::secret::Secret;
use crate::server::store::{failures, principals};

/// How many may wait for a password to be looked at, where each waits for the pace of those who guess.
const AT_A_PACE: usize = 4;

impl Identity {
    /// The standing of a program that shows a password; `name` names what it shows.
    pub(super) async fn password(
        &self,
        name: [u8; 32],
        (username, password): (&str, &Secret),
        (at, from): (At, &str),
    ) -> Result<Standing> {
        let (user, hash) = match self.proven(&name, username).await? {
            Some(known) => known,
            None => self.check(username, password, &Origin::network(from), Some(&name)).await?,
        };
        self.principal(&user.id, Evidence::Password(hash), at).await
    }

    /// Whose password this is, where it was right before and the account still has it.
    async fn proven(&self, name: &[u8; 32], username: &str) -> Result<Option<(Principal, String)>> {
        let Some(proven) = self.proven.hash(name) else { return Ok(None) };
        Ok(self.holder(username).await?.filter(|(_, hash)| *hash == proven))
    }

    /// The user whose password a person typed into a browser, with its hash. The browser may have the mark of one that
    /// is known. It takes as long where there is no such user.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], which says nothing of the reason; [`Error::TooManyTries`] for one more that is wrong
    /// where this account was tried in vain too often from there, or where several such wait already.
    pub async fn by_password(
        &self,
        username: &str,
        password: &Secret,
        (from, mark): (&str, Option<&Secret>),
    ) -> Result<(Principal, String)> {
        let mark = mark.filter(|mark| self.devices.knows(mark, username));
        let origin = mark.map_or_else(|| Origin::network(from), |mark| Origin::device(mark, username));
        self.check(username, password, &origin, None).await
    }

    /// Looks at a password when its turn has come; what a program shows has the `name` under which others like it find
    /// that it was right.
    async fn check(
        &self,
        username: &str,
        password: &Secret,
        origin: &Origin,
        name: Option<&[u8; 32]>,
    ) -> Result<(Principal, String)> {
        let subject = origin.subject(username);
        // One try after the other: many at once would all be let through before the first is counted.
        let _turn = self.turn(&subject).await?;
        if let Some(name) = name
            && let Some(known) = self.proven(name, username).await?
        {
            return Ok(known); // It was found right while this one waited.
        }
        let tries = failures::of(&self.store, &subject).await?;
        let waits = backoff::next(tries, self.clock.now());
        if let Some(moment) = waits {
            self.clock.reach(moment).await;
        }
        let checked = {
            let _turn = self.queue.of_origin(origin).await?;
            self.compare(username, password, origin.who()).await?
        };
        let (now, is_right) = (self.clock.now(), checked.is_some());
        if !is_right || tries.is_some() {
            self.note(move |tx| Box::pin(async move { backoff::tried(tx, &subject, is_right, now).await })).await?;
        }
        match checked {
            Some((user, hash)) => {
                name.inspect(|name| self.proven.keep(**name, &hash));
                Ok((user, hash))
            }
            None if waits.is_some() => {
                tracing::warn!(origin = origin.as_str(), "passwords of an account are guessed from there");
                Err(backoff::refusal(tries, now))
            }
            None => Err(Error::Unauthenticated),
        }
    }

    /// The turn of one more try of this subject. Where tries wait for each other, only some may.
    async fn turn(&self, subject: &str) -> Result<Turn> {
        let (tries, now) = (failures::of(&self.store, subject).await?, self.clock.now());
        if backoff::next(tries, now).is_none() {
            return self.queue.of_account(subject, usize::MAX).await;
        }
        let turn = self.queue.of_account(subject, AT_A_PACE).await;
        turn.map_err(|error| if matches!(error, Error::Unavailable(_)) { backoff::refusal(tries, now) } else { error })
    }

    /// Whose password it is. It takes as long where there is nobody, and as long for every account.
    async fn compare(&self, username: &str, password: &Secret, who: Who) -> Result<Option<(Principal, String)>> {
        let holder = self.holder(username).await?;
        let hash = holder.as_ref().map(|(_, hash)| hash.clone());
        let highest = principals::highest_imported_cost(&self.store).await?;
        let is_right = self.passwords.verify(password, hash, (who, highest)).await?;
        match holder.filter(|_| is_right) {
            Some((user, hash)) if passwords::is_imported(&hash) => self.renew((user, hash), password).await,
            found => Ok(found),
        }
    }

    /// Keeps a password that came from another registry as all others are kept.
    async fn renew(
        &self,
        (user, imported): (Principal, String),
        password: &Secret,
    ) -> Result<Option<(Principal, String)>> {
        let hash = self.passwords.hash(password).await?;
        let (id, renewed, now) = (user.id.clone(), hash.clone(), self.clock.now());
        let write =
            self.note(move |tx| Box::pin(async move { principals::renew(tx, &id, (&imported, &renewed), now).await }));
        if write.await? {
            return Ok(Some((user, hash)));
        }
        // Somebody was faster: the same password once more, or its owner with another one.
        let hash = principals::password(&self.store, &user.id).await?;
        let is_right = self.passwords.verify(password, hash.clone(), (Who::Known, 0)).await?;
        Ok(hash.filter(|_| is_right).map(|hash| (user, hash)))
    }

    /// The user of that name who may sign in by a password, with its hash.
    async fn holder(&self, username: &str) -> Result<Option<(Principal, String)>> {
        let Some(username) = typed(username).filter(|_| self.settings.local_sign_in) else { return Ok(None) };
        let user = principals::by_username(&self.store, &username).await?;
        let user = user.filter(|user| user.kind == PrincipalKind::User && user.is_let_in(self.clock.now()));
        let Some(user) = user else { return Ok(None) };
        let hash = principals::password(&self.store, &user.id).await?;
        Ok(hash.map(|hash| (user, hash)))
    }
}
