//! The way to a provider: one HTTP client with limits on time and size, which follows no redirects. Its addresses come
//! from whoever runs the registry, and from what their provider says of itself.

use super::Failure;
use crate::domain::{Error, Result};
use crate::server::guard::{self, GuardedResolver};
use crate::server::secret::Secret;
use ipnet::IpNet;
use reqwest::header::{ACCEPT, LINK, RETRY_AFTER};
use reqwest::{Certificate, Response};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

const CONNECT: Duration = Duration::from_secs(5);
/// For one whole call.
const TOTAL: Duration = Duration::from_secs(10);
/// The most of an answer.
const MAX_BYTES: usize = 1024 * 1024;

/// Asks one provider.
pub struct Wire {
    client: reqwest::Client,
    guard: Option<Arc<[IpNet]>>,
}

/// An answer, read whole.
pub(super) struct Got {
    pub status: u16,
    pub body: Vec<u8>,
    /// Whether there is another page after it (RFC 8288).
    pub has_next: bool,
    /// Whether it asks for patience: the status alone does not tell that from a refusal.
    pub is_limited: bool,
}

impl Wire {
    /// Trusts the system's certificates and those in `ca_file`. With a `guard` it goes to public addresses alone, and to
    /// those that it allows.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the file cannot be read or holds no certificate.
    pub fn new(ca_file: Option<&Path>, guard: Option<Arc<[IpNet]>>) -> Result<Self> {
        let roots = ca_file.map(certificates).transpose()?.unwrap_or_default();
        let start = || {
            let builder = match &guard {
                Some(allow) => reqwest::Client::builder().dns_resolver(GuardedResolver { allow: Arc::clone(allow) }),
                None => reqwest::Client::builder(),
            };
            builder
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .connect_timeout(CONNECT)
                .timeout(TOTAL)
                .user_agent(concat!("portolan/", env!("CARGO_PKG_VERSION")))
        };
        // A machine without any root certificates still reaches a provider over plain HTTP.
        let made = start().tls_certs_merge(roots.iter().cloned()).build();
        let made = made.or_else(|_| start().tls_certs_only([]).build());
        made.map(|client| Self { client, guard: guard.clone() })
            .map_err(|error| odd(&format!("makes no HTTP client: {error}")))
    }

    /// Judges an address that holds no name; names are judged by what they resolve to.
    fn check(&self, url: &Url) -> Result<(), Failure> {
        let allow = self.guard.as_deref().map_or(Ok(()), |allow| guard::check_literal(url, allow));
        allow.map_err(|guard::Blocked(ip)| Failure::Blocked(ip))
    }

    /// Asks for JSON, as whoever the token belongs to.
    pub(super) async fn get(&self, url: &Url, token: Option<&Secret>) -> Result<Got, Failure> {
        self.check(url)?;
        let request = self.client.get(url.clone()).header(ACCEPT, "application/json");
        let request = match token {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        };
        let response = request.send().await.map_err(|error| silent(&error))?;
        let link = response.headers().get(LINK).and_then(|link| link.to_str().ok()).unwrap_or_default();
        let (status, has_next) = (response.status().as_u16(), link.contains("rel=\"next\""));
        let is_spent = response.headers().get("x-ratelimit-remaining").is_some_and(|left| left == "0");
        let is_limited = status == 429 || (status == 403 && (is_spent || response.headers().contains_key(RETRY_AFTER)));
        Ok(Got { status, body: read(response).await?, has_next, is_limited })
    }

    /// Sends a request of the flow.
    pub(super) async fn send(&self, request: oauth2::HttpRequest) -> Result<oauth2::HttpResponse, Failure> {
        let request = reqwest::Request::try_from(request).map_err(|error| silent(&error))?;
        self.check(request.url())?;
        let response = self.client.execute(request).await.map_err(|error| silent(&error))?;
        if response.status().as_u16() >= 500 {
            return Err(Failure::Unreachable(format!("it answered {}", response.status().as_u16())));
        }
        let mut answer = oauth2::http::Response::builder().status(response.status());
        if let Some(kind) = response.headers().get(reqwest::header::CONTENT_TYPE) {
            answer = answer.header(reqwest::header::CONTENT_TYPE, kind);
        }
        answer.body(read(response).await?).map_err(|error| Failure::answer(error.to_string()))
    }
}

/// Reads a body whatever its length claims to be, up to the bound.
async fn read(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut all = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| silent(&error))? {
        if all.len() + part.len() > MAX_BYTES {
            return Err(Failure::answer(format!("it sent more than {MAX_BYTES} bytes")));
        }
        all.extend_from_slice(&part);
    }
    Ok(all)
}

/// The error with all its causes, without the address: that may hold a code.
fn silent(error: &reqwest::Error) -> Failure {
    let mut words = if error.is_timeout() { "it took too long".to_owned() } else { String::new() };
    let mut cause = std::error::Error::source(error);
    while let Some(this) = cause {
        if let Some(guard::Blocked(ip)) = this.downcast_ref() {
            return Failure::Blocked(*ip);
        }
        words.push_str(&format!("{}{this}", if words.is_empty() { "" } else { ": " }));
        cause = this.source();
    }
    Failure::Unreachable(words)
}

fn certificates(file: &Path) -> Result<Vec<Certificate>> {
    let pem = std::fs::read(file).map_err(|error| odd(&format!("{} cannot be read: {error}", file.display())))?;
    let roots = Certificate::from_pem_bundle(&pem).unwrap_or_default();
    match roots.is_empty() {
        true => Err(odd(&format!("{} holds no certificate; write it in PEM form", file.display()))),
        false => Ok(roots),
    }
}

fn odd(why: &str) -> Error {
    Error::invalid("ca_file", why)
}
