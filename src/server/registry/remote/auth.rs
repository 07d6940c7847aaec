//! How Portolan shows a registry who it is: Basic, or Bearer tokens from a token service.
//!
//! The registry names that service, so it could name anybody's. Nothing is sent to a host that is
//! neither the registry's own nor in `auth_hosts` (SEC-15). Passwords and tokens live in
//! [`Secret`] and go into one header; no error or log line repeats them.

use super::challenge::{self, Challenge};
use super::tokens::Tokens;
use super::transport::{Transport, retry_after};
use super::{Credentials, body, failure, redirect};
use crate::domain::Result;
use crate::server::guard;
use crate::server::loopback::is_loopback;
use crate::server::secret::Secret;
use async_trait::async_trait;
use ipnet::IpNet;
use reqwest::RequestBuilder;
use reqwest::header::{HeaderMap, HeaderValue};
use serde::Deserialize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// Tokens are given up this long before they end, so that none ends on its way.
const MARGIN: Duration = Duration::from_secs(10);
/// What a token lasts if its service does not say (distribution, token specification).
const DEFAULT_LIFE_S: u64 = 60;

/// What a request carries to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pass {
    Basic,
    Bearer(Secret),
}

/// What this registry was found to ask for.
#[derive(Clone, Debug)]
enum Way {
    Basic,
    /// By tokens of our own.
    Own,
    Bearer {
        realm: Url,
        service: Option<String>,
    },
}

/// Tokens of this Portolan, for a registry that trusts them.
#[async_trait]
pub trait OwnTokens: Send + Sync {
    /// A token for what `scope` names, with the seconds for which it holds.
    async fn token(&self, scope: &str) -> Result<(Secret, u64)>;
}

/// Who Portolan is to one registry.
pub struct Auth {
    registry: Url,
    host: String,
    auth_hosts: Vec<String>,
    credentials: Option<Credentials>,
    /// As which service the registry asks for tokens of our own, and what signs them.
    own: Option<(String, Arc<dyn OwnTokens>)>,
    /// Where a token service may be, if not everywhere.
    bounds: Option<Arc<[IpNet]>>,
    way: Mutex<Option<Way>>,
    tokens: Tokens,
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<serde_json::Number>,
}

impl Auth {
    /// Nothing is known yet of what the registry asks for.
    pub fn new(registry: Url, auth_hosts: Vec<String>, credentials: Option<Credentials>, tokens: usize) -> Self {
        let host = redirect::authority(&registry);
        let (own, bounds, way, tokens) = (None, None, Mutex::default(), Tokens::new(tokens));
        Self { registry, host, auth_hosts, credentials, own, bounds, way, tokens }
    }

    /// The same, where the token service may be at public addresses and these alone.
    pub fn bounded(self, bounds: Option<Arc<[IpNet]>>) -> Self {
        Self { bounds, ..self }
    }

    /// From now on, tokens of our own are shown where tokens of that service are asked for.
    pub fn trust(&mut self, service: String, tokens: Arc<dyn OwnTokens>) {
        self.own = Some((service, tokens));
    }

    /// Whether the registry itself is shown who we are: a password, or a token of our own.
    pub fn is_shown(&self) -> bool {
        let way = self.way.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*way, Some(Way::Basic | Way::Own))
    }

    /// Whether tokens of our own are shown.
    pub fn shows_own(&self) -> bool {
        self.own.is_some()
    }

    /// Whether a user name was configured.
    pub fn has_credentials(&self) -> bool {
        self.credentials.is_some()
    }

    /// What the next request for `scope` should carry, from what earlier answers taught.
    pub async fn pass(&self, transport: &Transport, scope: &str) -> Result<Option<Pass>> {
        let way = self.way.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match way {
            None => Ok(None),
            Some(Way::Basic) => Ok(self.credentials.is_some().then_some(Pass::Basic)),
            Some(way) => {
                let slot = self.tokens.slot(scope);
                let mut slot = slot.lock().await;
                if let Some(token) = slot.valid() {
                    return Ok(Some(Pass::Bearer(token)));
                }
                let fetched = match (way, &self.own) {
                    (Way::Bearer { realm, service }, _) => {
                        self.fetch(transport, &realm, service.as_deref(), scope).await?
                    }
                    (_, Some((_, own))) => {
                        let (token, life_s) = own.token(scope).await?;
                        Some((token, until(life_s)))
                    }
                    (_, None) => None,
                };
                let Some((token, until)) = fetched else { return Ok(None) };
                slot.keep(token.clone(), until);
                Ok(Some(Pass::Bearer(token)))
            }
        }
    }

    /// Learns from a 401 and forgets the token that it refused. Whether another attempt makes sense.
    pub async fn learn(&self, headers: &HeaderMap, scope: &str, refused: Option<&Pass>) -> Result<bool> {
        let lines = headers.get_all("www-authenticate");
        let challenges: Vec<Challenge> =
            lines.iter().filter_map(|line| line.to_str().ok()).flat_map(challenge::parse).collect();
        let offered = |scheme: &str| challenges.iter().find(|challenge| challenge.scheme == scheme);
        let way = if let (Some(bearer), Some((service, _))) = (offered("bearer"), &self.own) {
            self.is_asked_as(service, bearer)?;
            Way::Own
        } else if let Some(bearer) = offered("bearer") {
            Way::Bearer { realm: self.realm(bearer)?, service: bearer.parameter("service").map(str::to_owned) }
        } else if offered("basic").is_some() && self.credentials.is_some() && refused != Some(&Pass::Basic) {
            Way::Basic
        } else {
            return Ok(false);
        };
        if let Some(Pass::Bearer(token)) = refused {
            self.tokens.slot(scope).lock().await.forget(token);
        }
        *self.way.lock().unwrap_or_else(PoisonError::into_inner) = Some(way);
        Ok(true)
    }

    /// Puts the pass on a request to the registry itself.
    pub fn apply(&self, request: RequestBuilder, pass: Option<&Pass>) -> RequestBuilder {
        match (pass, &self.credentials) {
            (Some(Pass::Bearer(token)), _) => request.bearer_auth(token.expose()),
            (Some(Pass::Basic), Some(user)) => request.basic_auth(&user.username, Some(user.password.expose())),
            _ => request,
        }
    }

    /// Refuses a challenge for tokens of another service than the mount says.
    fn is_asked_as(&self, service: &str, bearer: &Challenge) -> Result<()> {
        match bearer.parameter("service") {
            Some(asked) if asked == service => Ok(()),
            _ => Err(failure::upstream(
                &self.host,
                format!(
                    "does not ask for tokens of the service {service}, which is token_service of this mount; write \
                     there what its auth.token.service says"
                ),
            )),
        }
    }

    /// The address of the token service, if it may be talked to.
    fn realm(&self, bearer: &Challenge) -> Result<Url> {
        let refuse = |message: String| failure::upstream(&self.host, message);
        let realm = bearer.parameter("realm").and_then(|realm| Url::parse(realm).ok());
        let web = |url: &Url| {
            matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none()
        };
        let Some(realm) = realm.filter(web) else {
            return Err(refuse(
                "asks for a token, but names no address of a token service; mend its configuration".to_owned(),
            ));
        };
        let host = redirect::authority(&realm);
        if let Some(bounds) = &self.bounds {
            guard::check_literal(&realm, bounds).map_err(|guard::Blocked(ip)| {
                refuse(format!("wants the sign-in to go to {host}, which {}", failure::blocked(ip)))
            })?;
        }
        if !redirect::same_host(&self.registry, &realm) && !self.is_allowed(&realm) {
            return Err(refuse(format!(
                "wants the sign-in to go to {host}, and nothing was sent there; if you trust that host, add it to auth_hosts of this mount"
            )));
        }
        if self.registry.scheme() == "https"
            && realm.scheme() == "http"
            && !realm.host().is_some_and(|host| is_loopback(&host))
        {
            return Err(refuse(format!(
                "wants the sign-in to go to {host} without TLS, and nothing was sent there; let its realm begin with https://"
            )));
        }
        Ok(realm)
    }

    fn is_allowed(&self, realm: &Url) -> bool {
        let name = realm.host_str().unwrap_or_default();
        let with_port = format!("{name}:{}", realm.port_or_known_default().unwrap_or_default());
        self.auth_hosts.iter().any(|host| host.eq_ignore_ascii_case(name) || host.eq_ignore_ascii_case(&with_port))
    }

    /// A new token with the moment of its end; `None` where nobody may have one without signing in.
    async fn fetch(
        &self,
        transport: &Transport,
        realm: &Url,
        service: Option<&str>,
        scope: &str,
    ) -> Result<Option<(Secret, Instant)>> {
        let mut url = realm.clone();
        if let Some(service) = service {
            url.query_pairs_mut().append_pair("service", service);
        }
        url.query_pairs_mut().extend_pairs(scope.split(' ').map(|one| ("scope", one)));
        let request = self.apply(transport.direct.get(url).header("accept", "application/json"), Some(&Pass::Basic));
        let response = transport.send(request).await;
        let response = response.map_err(|words| failure::down(self.service_fault(realm, &words)))?;
        match response.status().as_u16() {
            200 => {}
            401 | 403 if !self.has_credentials() => return Ok(None),
            status => {
                let words = failure::status_words(status, retry_after(&response), self.has_credentials());
                return Err(failure::by_status(status, self.service_fault(realm, &words)));
            }
        }
        let bytes = body::read(response, transport, transport.limits.token_bytes).await;
        let answer: Option<TokenAnswer> = bytes
            .map_err(|words| self.service_fault(realm, &words))
            .map(|bytes| serde_json::from_slice(&bytes).ok())?;
        let no_token = || self.service_fault(realm, "gave an answer that is not a token");
        let answer = answer.ok_or_else(no_token)?;
        let life_s = answer.expires_in.and_then(|seconds| seconds.as_u64()).unwrap_or(DEFAULT_LIFE_S).min(86_400);
        let text = answer.token.filter(|text| !text.is_empty()).or(answer.access_token);
        match text.filter(|text| !text.is_empty() && HeaderValue::from_str(text).is_ok()) {
            Some(text) => Ok(Some((Secret::from(text), until(life_s)))),
            None => Err(no_token()),
        }
    }

    /// Speaks of the registry alone where it is its own token service.
    fn service_fault(&self, realm: &Url, words: &str) -> crate::domain::Error {
        if redirect::same_host(&self.registry, realm) {
            return failure::upstream(&self.host, words);
        }
        let service = redirect::authority(realm);
        failure::upstream(&self.host, format!("has its sign-in at {service}, which {words}"))
    }
}

/// When a token is given up that holds for so long.
fn until(life_s: u64) -> Instant {
    Instant::now() + Duration::from_secs(life_s).saturating_sub(MARGIN)
}
