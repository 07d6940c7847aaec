//! What an OpenID provider says of itself (OpenID Connect Discovery 1.0), and its keys (RFC 7517): fetched when somebody
//! needs them, and kept for an hour. A key that is not among them is looked for once more, though not for everybody who
//! makes up a name of one; nor is a provider that is down asked again for everybody who would like to sign in.

use super::Failure;
use super::id_token::Head;
use super::wire::Wire;
use crate::domain::Timestamp;
use crate::server::clock::Clock;
use crate::server::loopback::is_loopback;
use crate::server::secret::Secret;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

const KEPT_MS: i64 = 3_600_000;
/// So long after one look for an unknown key there is no other.
const LOOK_AGAIN_MS: i64 = 30_000;
/// So long a provider that was not reached is not asked again.
const DOWN_MS: i64 = 5_000;
/// The most of an issuer that is repeated.
const MAX_ISSUER: usize = 200;

/// The parts of the document that count here.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Discovery {
    pub issuer: String,
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    pub jwks_uri: Url,
    pub userinfo_endpoint: Option<Url>,
    /// Where browsers sign out; nowhere if that is no address which may be used.
    #[serde(default, deserialize_with = "address")]
    pub end_session_endpoint: Option<Url>,
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// Whether its answers name it (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

impl Discovery {
    fn addresses(&self) -> impl Iterator<Item = (&'static str, &Url)> {
        let own = [
            ("authorization_endpoint", &self.authorization_endpoint),
            ("token_endpoint", &self.token_endpoint),
            ("jwks_uri", &self.jwks_uri),
        ];
        own.into_iter().chain(self.userinfo_endpoint.iter().map(|url| ("userinfo_endpoint", url)))
    }
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

/// The documents of one issuer.
pub(super) struct Documents {
    issuer: String,
    wire: Wire,
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
    /// One asks for all who wait: for what it says of itself, and for its keys.
    turns: [tokio::sync::Mutex<()>; 2],
}

#[derive(Default)]
struct Kept {
    discovery: Option<(Timestamp, Arc<Discovery>)>,
    keys: Option<(Timestamp, Arc<Vec<Jwk>>)>,
    looked_again_at: Option<Timestamp>,
    down: Option<(Timestamp, Failure)>,
}

impl Documents {
    pub(super) fn of(issuer: String, wire: Wire, clock: Arc<dyn Clock>) -> Self {
        Self { issuer, wire, clock, kept: Mutex::default(), turns: Default::default() }
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) fn wire(&self) -> &Wire {
        &self.wire
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What the issuer says of itself.
    pub(super) async fn discovery(&self) -> Result<Arc<Discovery>, Failure> {
        if let Some(kept) = self.kept(|kept| self.fresh(kept.discovery.as_ref())) {
            return Ok(kept);
        }
        let _turn = self.turns[0].lock().await;
        if let Some(kept) = self.kept(|kept| self.fresh(kept.discovery.as_ref())) {
            return Ok(kept);
        }
        self.up()?;
        self.remember(self.look().await)
    }

    /// The same, asked for now by somebody who wants to know.
    pub(super) async fn reach(&self) -> Result<(), Failure> {
        self.remember(self.look().await).map(|_| ())
    }

    async fn look(&self) -> Result<Arc<Discovery>, Failure> {
        let at = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let at = Url::parse(&at).map_err(|error| Failure::answer(format!("{at} is no address: {error}")))?;
        let mut found: Discovery = self.fetch(&at, None).await?;
        // Section 4.3: the very same text, or it is the document of somebody else.
        if found.issuer != self.issuer {
            let (named, own) = (issuer(&found.issuer), &self.issuer);
            return Err(Failure::odd(format!("its issuer is {named}, and it is set as {own:?} here"), found.issuer));
        }
        let is_safe = |url: &Url| url.scheme() == "https" || (is_here(&at) && is_here(url));
        found.end_session_endpoint = found.end_session_endpoint.filter(is_safe);
        for (member, url) in found.addresses() {
            if !is_safe(url) {
                return Err(Failure::odd(format!("its {member} is not https"), url.as_str()));
            }
        }
        let found = Arc::new(found);
        let now = self.clock.now();
        self.kept(|kept| kept.discovery = Some((now, Arc::clone(&found))));
        Ok(found)
    }

    /// The key by which a token was signed.
    pub(super) async fn key(&self, head: &Head) -> Result<Jwk, Failure> {
        let kept = self.kept(|kept| self.fresh(kept.keys.as_ref()));
        let keys = match kept {
            Some(keys) => keys,
            None => self.keys().await?,
        };
        if let Some(key) = pick(&keys, head) {
            return Ok(key);
        }
        let unknown = || Failure::answer("its id_token is signed by a key that is not among its keys");
        if !self.kept(|kept| self.may_look_again(kept)) {
            return Err(unknown());
        }
        pick(&self.fetch_keys().await?, head).ok_or_else(unknown)
    }

    /// The key of that name as it is published now, where one may look again.
    pub(super) async fn other_key(&self, head: &Head) -> Result<Option<Jwk>, Failure> {
        match self.kept(|kept| self.may_look_again(kept)) {
            true => Ok(pick(&self.fetch_keys().await?, head)),
            false => Ok(None),
        }
    }

    async fn keys(&self) -> Result<Arc<Vec<Jwk>>, Failure> {
        let _turn = self.turns[1].lock().await;
        if let Some(keys) = self.kept(|kept| self.fresh(kept.keys.as_ref())) {
            return Ok(keys);
        }
        self.up()?;
        self.remember(self.fetch_keys().await)
    }

    /// # Errors
    /// What went wrong a moment ago, where nothing answered.
    fn up(&self) -> Result<(), Failure> {
        let now = self.clock.now();
        let down = self.kept(|kept| kept.down.clone()).filter(|(at, _)| now.0 - at.0 < DOWN_MS);
        down.map_or(Ok(()), |(_, failure)| Err(failure))
    }

    fn remember<T>(&self, asked: Result<T, Failure>) -> Result<T, Failure> {
        let now = self.clock.now();
        let down = asked.as_ref().err().filter(|failure| matches!(failure, Failure::Unreachable(_)));
        self.kept(|kept| kept.down = down.map(|failure| (now, failure.clone())));
        asked
    }

    async fn fetch_keys(&self) -> Result<Arc<Vec<Jwk>>, Failure> {
        let set: KeySet = self.fetch(&self.discovery().await?.jwks_uri, None).await?;
        // Kinds of keys that are not known here are no reason to take none.
        let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        let (keys, now) = (Arc::new(keys.collect::<Vec<Jwk>>()), self.clock.now());
        self.kept(|kept| kept.keys = Some((now, Arc::clone(&keys))));
        Ok(keys)
    }

    /// A JSON document.
    pub(super) async fn fetch<T: DeserializeOwned>(&self, at: &Url, token: Option<&Secret>) -> Result<T, Failure> {
        let got = self.wire.get(at, token).await?;
        let which = || self.which(at);
        match got.status {
            200 => serde_json::from_slice(&got.body)
                .map_err(|error| Failure::odd(format!("{} {}", which(), flaw(&error)), format!("{at}: {error}"))),
            status @ 500.. => Err(Failure::Unreachable(format!("{at} answered {status}"))),
            status => Err(Failure::odd(format!("{} answered {status}", which()), at.as_str())),
        }
    }

    /// Which of its documents lies there: the address of another one than the first is its own word.
    fn which(&self, at: &Url) -> String {
        let known = self.kept(|kept| kept.discovery.clone());
        let known = known.as_ref().and_then(|(_, known)| known.addresses().find(|(_, url)| *url == at));
        format!("its {}", known.map_or("discovery document", |(member, _)| member))
    }

    fn fresh<T>(&self, kept: Option<&(Timestamp, Arc<T>)>) -> Option<Arc<T>> {
        let now = self.clock.now();
        kept.filter(|(at, _)| now.0 - at.0 < KEPT_MS).map(|(_, kept)| Arc::clone(kept))
    }

    fn may_look_again(&self, kept: &mut Kept) -> bool {
        let now = self.clock.now();
        let may = kept.looked_again_at.is_none_or(|at| now.0 - at.0 >= LOOK_AGAIN_MS);
        if may {
            kept.looked_again_at = Some(now);
        }
        may
    }

    fn kept<T>(&self, with: impl FnOnce(&mut Kept) -> T) -> T {
        with(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An address, or none where something else stands: nobody is kept out by that.
fn address<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Url>, D::Error> {
    let text = Value::deserialize(value)?;
    Ok(text.as_str().and_then(|text| Url::parse(text).ok()))
}

/// Whether it is on this machine, where nobody reads along. A provider elsewhere has nothing to ask of it.
fn is_here(url: &Url) -> bool {
    url.scheme() == "http" && url.host().is_some_and(|host| is_loopback(&host))
}

/// The issuer that a document names, where that is one.
fn issuer(named: &str) -> String {
    let url = Url::parse(named).ok().filter(|url| url.scheme() == "https" && named.len() <= MAX_ISSUER);
    let url = url.filter(|url| url.query().is_none() && url.fragment().is_none() && url.username().is_empty());
    url.map_or_else(|| "another one".to_owned(), |url| url.to_string())
}

/// What is wrong with a document, without a word of it.
fn flaw(error: &serde_json::Error) -> String {
    let words = error.to_string();
    let missing = words.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    match missing {
        Some(member) if error.is_data() => format!("lacks {member}"),
        _ if error.is_data() => "has a member that is not what it should be".to_owned(),
        _ => "is no JSON".to_owned(),
    }
}

/// The key of that name that fits the algorithm; where the token names none, the only one that fits.
fn pick(keys: &[Jwk], head: &Head) -> Option<Jwk> {
    let fits = |key: &&Jwk| {
        let is_for_signing = !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption));
        let is_public = !matches!(key.algorithm, AlgorithmParameters::OctetKey(_) | AlgorithmParameters::Other(_));
        let is_named = head.kid.is_none() || key.common.key_id == head.kid;
        let is_for_it = key.common.key_algorithm.is_none_or(|algorithm| algorithm.to_string() == head.name);
        is_for_signing && is_public && is_named && is_for_it && head.fits(&key.algorithm)
    };
    let mut fitting = keys.iter().filter(fits);
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Some(only.clone()),
        (Some(first), Some(_)) if head.kid.is_some() => Some(first.clone()),
        _ => None,
    }
}
