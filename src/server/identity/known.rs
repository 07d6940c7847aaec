//! From what somebody shows to their standing, remembered for a minute at most and never beyond a change of what
//! decides over access ([`Identity::epoch`]).

use super::backoff;
use super::passwords::Passwords;
use super::provider::Providers;
use super::secrets::{self, Kind};
use super::signing::Signing;
use super::watch::EpochWatch;
use super::{Credential, registry_tokens, typed};
use crate::domain::action::Maintain;
use crate::domain::principal::{Principal, PrincipalKind};
use crate::domain::{Error, Result, Timestamp};
use crate::server::access::{Authorized, Bound, Standing};
use crate::server::clock::Clock;
use crate::server::entropy::Entropy;
use crate::server::secret::Secret;
use crate::server::store::tokens::{self, Token};
use crate::server::store::{Store, Tx, grants, principals, repositories as repository_rows, sessions};
use aws_lc_rs::hmac;
use futures::future::BoxFuture;
use moka::sync::Cache;
use std::sync::Arc;
use std::time::Duration;

/// How many callers are remembered, and for how long.
const REMEMBERED: u64 = 20_000;
const REMEMBERED_FOR: Duration = Duration::from_secs(60);

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

/// Finds out who asks.
pub struct Identity {
    pub settings: Settings,
    pub passwords: Passwords,
    pub signing: Signing,
    pub providers: Providers,
    pub(super) store: Store,
    clock: Arc<dyn Clock>,
    /// Keeps the record that sessions and tokens are in use.
    proof: Authorized<Maintain>,
    /// Under which what was shown is remembered: nobody who reads the memory learns a password from it.
    key: hmac::Key,
    remembered: Cache<[u8; 32], Arc<Known>>,
    epoch: EpochWatch,
    /// Who tries one account from one network at this moment.
    turns: Cache<String, Arc<tokio::sync::Mutex<()>>>,
}

struct Known {
    epoch: i64,
    read_at: Timestamp,
    standing: Arc<Standing>,
    /// Until when it holds by itself.
    ends_at: Option<Timestamp>,
}

impl Known {
    fn holds(&self, epoch: i64, now: Timestamp) -> bool {
        let is_fresh = now.0 - self.read_at.0 < REMEMBERED_FOR.as_millis() as i64;
        self.epoch == epoch && is_fresh && self.ends_at.is_none_or(|end| now < end)
    }
}

impl Identity {
    /// Ready to tell callers apart. `proof` is that of the job that keeps sign-ins.
    pub fn new(
        (settings, signing, providers): (Settings, Signing, Providers),
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
            passwords: Passwords::new(entropy),
            store,
            clock,
            proof,
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            remembered: Cache::builder().max_capacity(REMEMBERED).time_to_live(REMEMBERED_FOR).build(),
            epoch: EpochWatch::default(),
            turns: Cache::builder().max_capacity(REMEMBERED).time_to_idle(REMEMBERED_FOR).build(),
        }
    }

    /// The present epoch of access: after each change of users, groups, grants or tokens it is another one.
    pub async fn epoch(&self) -> Result<i64> {
        self.epoch.now(&self.store).await
    }

    /// Who shows this, `from` which address.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if it is nobody's, or no longer.
    pub async fn who(&self, shown: Option<&Credential>, from: &str) -> Result<Arc<Standing>> {
        let (key, epoch) = (self.name(shown), self.epoch().await?);
        let now = self.clock.now();
        let holds = |known: &Arc<Known>| known.holds(epoch, now);
        if let Some(known) = self.remembered.get(&key).filter(holds) {
            return Ok(Arc::clone(&known.standing));
        }
        let (standing, ends_at) = match shown {
            None => (Standing::anonymous(grants::of_everybody(&self.store).await?), None),
            Some(Credential::Session(secret)) => self.session(secret, now).await?,
            Some(Credential::Bearer(secret)) => self.token(secret, None, (now, from)).await?,
            Some(Credential::Registry(secret)) if !is_kept(secret) => self.registry_token(secret, now).await?,
            Some(Credential::Registry(secret)) => self.token(secret, None, (now, from)).await?,
            Some(Credential::Basic { username, password }) if is_kept(password) => {
                self.token(password, Some(username), (now, from)).await?
            }
            Some(Credential::Basic { username, password }) => self.password(username, password, from).await?,
        };
        let known = Known { epoch, read_at: now, standing: Arc::new(standing), ends_at };
        let standing = Arc::clone(&known.standing);
        // Anybody can have tokens of nobody's, as many as they like.
        let is_anybodys = matches!(shown, Some(Credential::Registry(_))) && !standing.is_signed_in();
        if !is_anybodys {
            self.remembered.insert(key, Arc::new(known));
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
            Some(Credential::Bearer(secret)) => add(&[b"t", secret.expose().as_bytes()]),
            Some(Credential::Registry(secret)) => add(&[b"r", secret.expose().as_bytes()]),
            Some(Credential::Basic { username, password }) => {
                let length = (username.len() as u64).to_be_bytes();
                add(&[b"b", &length, username.as_bytes(), password.expose().as_bytes()]);
            }
        }
        let mut name = [0; 32];
        name.copy_from_slice(context.sign().as_ref());
        name
    }

    async fn session(&self, secret: &Secret, now: Timestamp) -> Result<(Standing, Option<Timestamp>)> {
        let session = sessions::find(&self.store, &secrets::fingerprint(secret)).await?;
        let session = session.ok_or(Error::Unauthenticated)?;
        let Settings { session_idle_ms, session_max_ms, .. } = self.settings;
        let ends = (session.seen_at.0 + session_idle_ms).min(session.created_at.0 + session_max_ms);
        if now.0 >= ends {
            return Err(Error::Unauthenticated);
        }
        let (_, standing, ends_at) = self.principal(&session.user_id, None, now).await?;
        if now.0 - session.seen_at.0 >= (session_idle_ms / 4).min(REMEMBERED_FOR.as_millis() as i64) {
            let id = session.id.clone();
            self.remark(move |tx| Box::pin(async move { sessions::seen(tx, &id, now).await })).await;
        }
        let ends = ends_at.map_or(ends, |end| ends.min(end.0));
        Ok((standing, Some(Timestamp(ends))))
    }

    async fn token(
        &self,
        secret: &Secret,
        username: Option<&str>,
        (now, from): (Timestamp, &str),
    ) -> Result<(Standing, Option<Timestamp>)> {
        let token: Option<Token> = tokens::find(&self.store, &secrets::fingerprint(secret)).await?;
        let token = live(token, now)?;
        let (principal, standing, ends_at) = self.principal(&token.principal_id, token.bound, now).await?;
        // A token under somebody else's name is a mistake that nobody should have to find out later.
        if username.is_some_and(|name| typed(name).as_ref() != Some(&principal.username)) {
            return Err(Error::Unauthenticated);
        }
        let standing = Standing { token: Some(token.id.clone()), ..standing };
        let (id, from) = (token.id, from.to_owned());
        self.remark(move |tx| Box::pin(async move { tokens::used(tx, &id, now, &from).await })).await;
        let ends = [token.expires_at, ends_at].into_iter().flatten().min();
        Ok((standing, ends))
    }

    /// A token that was signed here: live rights decide within what it says.
    async fn registry_token(&self, secret: &Secret, now: Timestamp) -> Result<(Standing, Option<Timestamp>)> {
        let claims = registry_tokens::check(&self.signing, secret.expose(), &self.settings.service, now)?;
        let (mut repositories, catalog) = claims.bound();
        for (name, id) in &claims.own.repositories {
            if repository_rows::find(&self.store, name).await?.is_none_or(|found| found.id != *id) {
                repositories.retain(|(of, _)| of != name);
            }
        }
        let mut ends = vec![Timestamp(claims.exp.saturating_mul(1000))];
        let mut standing = match &claims.own.principal {
            None => Standing::anonymous(grants::of_everybody(&self.store).await?),
            Some(id) => {
                // It is worth no more, and lives no longer, than the token for which it was given.
                let by = match &claims.own.token {
                    Some(token) => Some(live(tokens::by_id(&self.store, token).await?, now)?),
                    None => None,
                };
                let (expires_at, bound) = by.map_or((None, None), |token| (token.expires_at, token.bound));
                let (_, standing, ends_at) = self.principal(id, bound, now).await?;
                ends.extend([expires_at, ends_at].into_iter().flatten());
                standing
            }
        };
        standing.bounds.push(Bound::Registry { repositories, catalog });
        standing.token = claims.own.token;
        Ok((standing, ends.into_iter().min()))
    }

    async fn password(&self, username: &str, password: &Secret, from: &str) -> Result<(Standing, Option<Timestamp>)> {
        let principal = self.by_password(username, password, from).await?;
        let (_, standing, ends_at) = self.principal(&principal.id, None, self.clock.now()).await?;
        Ok((standing, ends_at))
    }

    /// The user whose password this is. It takes as long where there is no such user.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], which says nothing of the reason; [`Error::TooManyTries`] where this account was
    /// tried in vain too often from there.
    pub async fn by_password(&self, username: &str, password: &Secret, from: &str) -> Result<Principal> {
        let now = self.clock.now();
        let subject = backoff::subject(username, from);
        // One try after the other: many at once would all be let through before the first is counted.
        let turn = self.turns.get_with(subject.clone(), Arc::default);
        let _turn = turn.lock().await;
        let tries = backoff::tries(&self.store, &subject).await?;
        if let Some(until) = tries.and_then(|tries| backoff::until(tries, now)) {
            return Err(Error::TooManyTries { until });
        }
        let user = match typed(username).filter(|_| self.settings.local_sign_in) {
            Some(username) => principals::by_username(&self.store, &username).await?,
            None => None,
        };
        let user = user.filter(|user| user.kind == PrincipalKind::User && user.is_let_in(now));
        let hash = match &user {
            Some(user) => principals::password(&self.store, &user.id).await?,
            None => None,
        };
        let is_right = self.passwords.verify(password, hash).await?;
        let user = user.filter(|_| is_right);
        let is_in = user.is_some();
        if !is_in || tries.is_some() {
            self.note(move |tx| Box::pin(async move { backoff::tried(tx, &subject, is_in, now).await })).await?;
        }
        user.ok_or(Error::Unauthenticated)
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

    async fn note<F>(&self, note: F) -> Result<()>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<()>> + Send + 'static,
    {
        self.store.note(&self.proof, note).await
    }
}

/// Whether a secret is one of those that are kept by their fingerprints.
fn is_kept(secret: &Secret) -> bool {
    [Kind::Personal, Kind::Robot].iter().any(|kind| kind.fits(secret.expose()))
}

/// A token that still holds.
fn live(token: Option<Token>, now: Timestamp) -> Result<Token> {
    let token = token.filter(|token| token.expires_at.is_none_or(|end| now < end));
    token.ok_or(Error::Unauthenticated)
}
