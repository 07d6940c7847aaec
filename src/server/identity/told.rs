//! What goes on record though nothing changed by it: sign-ins in vain, and tokens of the registry. A flood of either is
//! told by its beginning: once for each origin, or token, in a while, and never more than so many a minute.

use super::backoff::Origin;
use super::sign_in::From;
use super::{Credential, known, secrets, typed};
use crate::domain::action::{IssueToken, OpenSession};
use crate::domain::{Actor, Error, Result, Timestamp};
use crate::server::access::{Caller, Standing};
use crate::server::context::App;
use crate::server::store::{principals, tokens};
use moka::sync::Cache;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// For how long one origin, or one token, is told once.
const TRIES_FOR: Duration = Duration::from_secs(60);
const TOKENS_FOR: Duration = Duration::from_secs(30 * 60);
/// How many of them are remembered, and how many sign-ins in vain a minute is told of.
const REMEMBERED: u64 = 10_000;
const TRIES_A_MINUTE: u32 = 600;
/// Of those that one network makes.
const OF_ONE_A_MINUTE: u32 = 20;

/// What was told lately.
pub struct Told {
    tries: Cache<String, ()>,
    tokens: Cache<String, ()>,
    /// How many come from a network within the while in which each is told once.
    networks: Cache<String, Arc<AtomicU32>>,
    /// The present minute, and how many it has.
    minute: Mutex<(i64, u32)>,
}

impl Default for Told {
    fn default() -> Self {
        let cache = |lives| Cache::builder().max_capacity(REMEMBERED).time_to_live(lives).build();
        let networks = Cache::builder().max_capacity(REMEMBERED).time_to_live(TRIES_FOR).build();
        Self { tries: cache(TRIES_FOR), tokens: cache(TOKENS_FOR), networks, minute: Mutex::default() }
    }
}

impl Told {
    /// Whether one more try in vain for an account from a network is worth a record.
    fn is_new_try(&self, (subject, network): (&str, &str), now: Timestamp) -> bool {
        let of_one = || self.networks.get_with_by_ref(network, Default::default).fetch_add(1, Relaxed);
        if !is_new(&self.tries, subject) || of_one() >= OF_ONE_A_MINUTE {
            return false;
        }
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        let present = now.0.div_euclid(60_000);
        *minute = if minute.0 == present { (present, minute.1 + 1) } else { (present, 1) };
        minute.1 <= TRIES_A_MINUTE
    }
}

fn is_new(cache: &Cache<String, ()>, key: &str) -> bool {
    cache.entry_by_ref(key).or_insert(()).is_fresh()
}

/// Somebody did not get in by a password.
pub(super) async fn in_vain(app: &App, username: &str, from: &From) -> Result<()> {
    let who = account(app, username).await?;
    refused(app, (who, WRONG), from);
    Ok(())
}

const WRONG: &str = "the password was wrong";

/// An account is named if there is one: a word that is none may be a password that somebody typed into the wrong field.
async fn account(app: &App, username: &str) -> Result<String> {
    let account = match typed(username) {
        Some(username) => principals::by_username(&app.store, &username).await?.map(|user| user.username.to_string()),
        None => None,
    };
    Ok(account.unwrap_or_else(|| "an account that is not there".to_owned()))
}

/// A program was refused by what it showed, from an address, in a request. Tokens of the registry end all the time: who
/// shows one that has ended asks for another, which is on record.
pub async fn program(app: &App, shown: &Credential, refusal: &Error, at: (&str, &str)) {
    if let Err(error) = refused_program(app, shown, refusal, at).await {
        tracing::warn!(%error, "that a program was refused could not be noted");
    }
}

async fn refused_program(app: &App, shown: &Credential, refusal: &Error, at: (&str, &str)) -> Result<()> {
    let (secret, username) = match shown {
        Credential::Basic { username, password } => (password, Some(username)),
        Credential::Bearer(secret) | Credential::Registry(secret) => (secret, None),
        Credential::Session(_) | Credential::Watching(_) => return Ok(()),
    };
    let is_kept = known::is_kept(secret);
    let why = match refusal {
        Error::Unauthenticated if is_kept => "the token does not hold, or not under that name",
        Error::Unauthenticated => WRONG,
        Error::TooManyTries { .. } => "too many wrong passwords before it",
        Error::Resting(_) => "their provider was not asked for too long",
        _ => return Ok(()),
    };
    let who = match (username, is_kept) {
        (_, true) => owner(app, &secrets::fingerprint(secret)).await?,
        (Some(username), false) => account(app, username).await?,
        (None, false) => return Ok(()),
    };
    record(app, (who, why), at);
    Ok(())
}

/// Whose token it is, or was until it ended.
async fn owner(app: &App, fingerprint: &str) -> Result<String> {
    let owner = match tokens::find(&app.store, fingerprint).await? {
        Some(token) => principals::by_id(&app.store, &token.principal_id).await?,
        None => None,
    };
    Ok(owner.map_or_else(|| "a token that is not there".to_owned(), |owner| owner.username.to_string()))
}

/// A sign-in was refused, and why.
pub(super) fn refused(app: &App, (who, why): (String, &'static str), from: &From) {
    record(app, (who, why), (&from.address, &from.request_id));
}

fn record(app: &App, (who, why): (String, &'static str), (address, request_id): (&str, &str)) {
    let origin = Origin::network(address);
    if app.identity.told.is_new_try((origin.subject(&who).as_str(), origin.as_str()), app.clock.now()) {
        let (request_id, address) = (request_id.to_owned(), address.to_owned());
        let caller = Caller { standing: Arc::new(Standing::of(Actor::Anonymous)), request_id, address };
        app.access.tell(&caller, &OpenSession { who }, Some(why));
    }
}

/// Somebody with a name got a token of the registry.
pub fn issued(app: &App, caller: &Caller, scope: &str) {
    let standing = &caller.standing;
    let Some(id) = &standing.id else { return };
    let by = standing.token.as_deref().unwrap_or_default();
    // However many names somebody asks for, they are remembered as one.
    let key = secrets::fingerprint_of(&format!("{id} {by} {} {scope}", caller.address));
    if is_new(&app.identity.told.tokens, &key) {
        app.access.tell(caller, &IssueToken { scope: scope.to_owned() }, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_told_by_its_beginning() {
        let (told, at) = (Told::default(), |second: i64| Timestamp(second * 1000));
        let of = |subject: &str, network: &str, second| told.is_new_try((subject, network), at(second));
        assert!(of("a", "one", 0) && !of("a", "one", 1));
        let n_told = (0..200).filter(|n| of(&format!("b{n}"), "one", 2)).count();
        assert_eq!(n_told, 19, "twenty a minute of one network, with the first");
        assert!(of("c", "two", 3), "which silences no other");
        let n_told = (0..2000).filter(|n| of(&format!("d{n}"), &format!("network {n}"), 4)).count();
        assert_eq!(n_told, 600 - 21);
        assert!(of("e", "three", 60));
    }
}
