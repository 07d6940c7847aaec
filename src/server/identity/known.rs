//! From what somebody shows to their standing, remembered for a minute at most and never beyond a change of what
//! decides over access ([`Identity::epoch`]). Passwords have a file of their own.

use super::codes::Codes;
use super::devices::Devices;
use super::passwords::Passwords;
use super::proven::Proven;
use super::provider::Providers;
use super::queue::Queue;
use super::remembered::{self, Remembered};
use super::resting::Came;
use super::sealing::Sealing;
use super::secrets::{self, Kind};
use super::signing::Signing;
use super::told::Told;
use super::watch::EpochWatch;
use super::{Credential, registry_tokens, typed};
use crate::domain::action::Maintain;
use crate::domain::{Error, Result, Timestamp, Username};
use crate::server::access::{Authorized, Basis, Bound, Evidence, Standing};
use crate::server::clock::Clock;
use crate::server::entropy::Entropy;
use crate::server::secret::Secret;
use crate::server::store::tokens::{self, Token};
use crate::server::store::{Store, Tx, grants, principals, repositories as repository_rows, sessions};
use aws_lc_rs::hmac;
use futures::future::BoxFuture;
use std::sync::Arc;

/// How sessions live.
#[derive(Clone, Debug)]
pub struct Settings {
    pub local_sign_in: bool,
    /// As whom the registry's tokens address it.
    pub service: String,
    /// A session that rests for so long is over.
    pub session_idle_ms: i64,
    /// No session lives longer.
    pub session_max_ms: i64,
    /// For so long the word of a provider counts.
    pub recheck_ms: i64,
}

impl Settings {
    /// Sessions that were last seen before the one moment, or opened before the other, are over.
    pub fn ended(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        (Timestamp(now.0 - self.session_idle_ms), Timestamp(now.0 - self.session_max_ms))
    }
}

/// Finds out who asks.
pub struct Identity {
    pub settings: Settings,
    pub passwords: Passwords,
    pub signing: Arc<Signing>,
    /// Seals what has to be read again.
    pub sealing: Arc<Sealing>,
    pub devices: Devices,
    pub providers: Providers,
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) proven: Proven,
    pub(super) queue: Queue,
    pub(super) told: Told,
    pub(super) codes: Codes,
    /// Keeps the record that sessions and tokens are in use.
    proof: Authorized<Maintain>,
    /// Under which what was shown is remembered: nobody who reads the memory learns a password from it.
    key: hmac::Key,
    remembered: Remembered,
    epoch: EpochWatch,
}

/// When somebody asks.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) epoch: i64,
    pub(super) now: Timestamp,
}

impl Identity {
    /// Ready to tell callers apart. `proof` is that of the job that keeps sign-ins.
    pub fn new(
        (settings, signing, sealing, providers): (Settings, Arc<Signing>, Arc<Sealing>, Providers),
        store: Store,
        (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>),
        proof: Authorized<Maintain>,
    ) -> Self {
        let mut key = [0; 32];
        entropy.fill(&mut key);
        Self {
            settings,
            signing,
            providers,
            passwords: Passwords::new(Arc::clone(&entropy)),
            devices: Devices::new(Arc::clone(&sealing), entropy),
            sealing,
            store,
            clock,
            proven: Proven::default(),
            queue: Queue::default(),
            told: Told::default(),
            codes: Codes::default(),
            proof,
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            remembered: Remembered::default(),
            epoch: EpochWatch::default(),
        }
    }

    /// The present epoch of access: after each change of users, groups, grants, tokens or providers it is another one.
    pub async fn epoch(&self) -> Result<i64> {
        let epoch = self.epoch.now(&self.store).await?;
        self.providers.follow(epoch).await?;
        Ok(epoch)
    }

    /// Who shows this, `from` which address.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if it is nobody's, or no longer.
    pub async fn who(&self, shown: Option<&Credential>, from: &str) -> Result<Arc<Standing>> {
        let (name, epoch) = (self.name(shown), self.epoch().await?);
        let at = At { epoch, now: self.clock.now() };
        if let Some(standing) = self.remembered.get(&name, at) {
            return Ok(standing);
        }
        let standing = match shown {
            None => self.nobody(at).await?,
            Some(Credential::Session(secret)) => self.session(secret, true, at).await?,
            Some(Credential::Watching(secret)) => self.session(secret, false, at).await?,
            Some(Credential::Bearer(secret)) => self.token(secret, None, (at, from)).await?,
            Some(Credential::Registry(secret)) if !is_kept(secret) => self.registry_token(secret, at).await?,
            Some(Credential::Registry(secret)) => self.token(secret, None, (at, from)).await?,
            Some(Credential::Basic { username, password }) if is_kept(password) => {
                self.token(password, Some(username), (at, from)).await?
            }
            Some(Credential::Basic { username, password }) => {
                self.password(name, (username.as_str(), password), (at, from)).await?
            }
        };
        let standing = Arc::new(standing);
        // Anybody can have tokens of nobody's, as many as they like.
        let is_anybodys = matches!(shown, Some(Credential::Registry(_))) && !standing.is_signed_in();
        if !is_anybodys {
            self.remembered.keep(name, at, Arc::clone(&standing));
        }
        Ok(standing)
    }

    /// A name for what somebody shows.
    fn name(&self, shown: Option<&Credential>) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        let mut add = |parts: &[&[u8]]| parts.iter().for_each(|part| context.update(part));
        match shown {
            None => {}
            Some(Credential::Session(secret)) => add(&[b"s", secret.expose().as_bytes()]),
            Some(Credential::Watching(secret)) => add(&[b"w", secret.expose().as_bytes()]),
            Some(Credential::Bearer(secret)) => add(&[b"t", secret.expose().as_bytes()]),
            Some(Credential::Registry(secret)) => add(&[b"r", secret.expose().as_bytes()]),
            Some(Credential::Basic { username, password }) => {
                // However it is written, it is one name.
                let username = username.trim().to_lowercase();
                let length = (username.len() as u64).to_be_bytes();
                add(&[b"b", &length, username.as_bytes(), password.expose().as_bytes()]);
            }
        }
        let mut name = [0; 32];
        name.copy_from_slice(context.sign().as_ref());
        name
    }

    pub(super) async fn nobody(&self, at: At) -> Result<Standing> {
        let basis = Some(Basis::of_nobody(at.epoch));
        Ok(Standing { basis, ..Standing::anonymous(grants::of_everybody(&self.store).await?) })
    }

    async fn session(&self, secret: &Secret, is_used: bool, at: At) -> Result<Standing> {
        let session = sessions::find(&self.store, &secrets::fingerprint(secret)).await?;
        let (session, now) = (session.ok_or(Error::Unauthenticated)?, at.now);
        let Settings { session_idle_ms, session_max_ms, .. } = self.settings;
        let ends = (session.seen_at.0 + session_idle_ms).min(session.created_at.0 + session_max_ms);
        if now.0 >= ends {
            return Err(Error::Unauthenticated);
        }
        let id = session.id.clone();
        let by = Came { shown: Evidence::Session(id.clone()), is_by_link: session.is_by_link() };
        let standing = self.principal_by(&session.user_id, by, at).await?;
        if is_used && now.0 - session.seen_at.0 >= (session_idle_ms / 4).min(remembered::FOR.as_millis() as i64) {
            let of = (id, session.user_id);
            self.remark(move |tx| Box::pin(async move { sessions::seen(tx, (&of.0, &of.1), now).await })).await;
        }
        Ok(ending(standing, Some(Timestamp(ends))))
    }

    async fn token(&self, secret: &Secret, username: Option<&str>, (at, from): (At, &str)) -> Result<Standing> {
        let token: Option<Token> = tokens::find(&self.store, &secrets::fingerprint(secret)).await?;
        let token = live(token, at.now)?;
        let standing = self.principal(&token.principal_id, Evidence::Nothing, at).await?;
        // A token under somebody else's name is a mistake that nobody should have to find out later.
        if username.is_some_and(|name| typed(name).as_ref().map(Username::as_str) != standing.actor.name()) {
            return Err(Error::Unauthenticated);
        }
        let (of, now, from) = ((token.id.clone(), token.principal_id.clone()), at.now, from.to_owned());
        self.remark(move |tx| Box::pin(async move { tokens::used(tx, (&of.0, &of.1), now, &from).await })).await;
        Ok(within(standing, token))
    }

    /// A token that was signed here: live rights decide within what it says.
    async fn registry_token(&self, secret: &Secret, at: At) -> Result<Standing> {
        let claims = registry_tokens::check(&self.signing, secret.expose(), &self.settings.service, at.now).await?;
        let (mut repositories, catalog) = claims.bound();
        for (name, id) in &claims.own.repositories {
            if repository_rows::find(&self.store, name).await?.is_none_or(|found| found.id != *id) {
                repositories.retain(|(of, _)| of != name);
            }
        }
        let mut standing = match &claims.own.principal {
            None => self.nobody(at).await?,
            Some(id) => {
                let shown = self.shown_for(id, claims.own.password.as_deref()).await?;
                self.principal(id, shown, at).await?
            }
        };
        // It is worth no more, and lives no longer, than the token for which it was given.
        if let Some(token) = &claims.own.token {
            standing = within(standing, live(tokens::by_id(&self.store, token).await?, at.now)?);
        }
        standing.bounds.push(Bound::Registry { repositories, catalog });
        Ok(ending(standing, Some(Timestamp(claims.exp.saturating_mul(1000)))))
    }

    /// The password by which a token of the registry was asked for, if it still is that one.
    async fn shown_for(&self, id: &str, password: Option<&str>) -> Result<Evidence> {
        let Some(asked_by) = password else { return Ok(Evidence::Nothing) };
        let hash = principals::password(&self.store, id).await?;
        let hash = hash.filter(|hash| secrets::fingerprint_of(hash) == asked_by);
        hash.map(Evidence::Password).ok_or(Error::Unauthenticated)
    }

    /// Keeps a record that nobody has to wait for, nor to be refused for where it cannot be written.
    async fn remark<F>(&self, remark: F)
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<()>> + Send + 'static,
    {
        if let Err(error) = self.note(remark).await {
            tracing::warn!(%error, "that a session or token is in use could not be noted");
        }
    }

    pub(super) async fn note<T, F>(&self, note: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.store.note(&self.proof, note).await
    }
}

/// The same that ends by then at the latest.
fn ending(standing: Standing, end: Option<Timestamp>) -> Standing {
    let ends_at = [standing.ends_at, end].into_iter().flatten().min();
    Standing { ends_at, ..standing }
}

/// The same within what a token allows, and for as long as it holds.
pub(super) fn within(standing: Standing, token: Token) -> Standing {
    let standing = ending(standing, token.expires_at);
    let bounds = token.bound.map(Bound::Terms).into_iter().collect();
    Standing { token: Some(token.id), bounds, ..standing }
}

/// Whether a secret is one of those that are kept by their fingerprints.
pub(super) fn is_kept(secret: &Secret) -> bool {
    [Kind::Personal, Kind::Robot].iter().any(|kind| kind.fits(secret.expose()))
}

/// A token that still holds.
pub(super) fn live(token: Option<Token>, now: Timestamp) -> Result<Token> {
    let token = token.filter(|token| token.expires_at.is_none_or(|end| now < end));
    token.ok_or(Error::Unauthenticated)
}
