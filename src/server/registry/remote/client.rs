//! One question to the registry: signed in, redirected within bounds, answered or explained.

use super::auth::{Auth, OwnTokens, Pass};
use super::transport::{Transport, retry_after};
use super::writing::BYTES;
use super::{failure, redirect};
use crate::domain::{Digest, Error, Result, mount};
use crate::server::blobs::ByteStream;
use crate::server::guard;
use bytes::Bytes;
use ipnet::IpNet;
use reqwest::{Method, RequestBuilder, Response};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

const NO_REDIRECT: &str = "redirects what is to be changed, and that is not followed; write in url where it leads";

/// What is asked of the registry.
pub struct Ask {
    pub method: Method,
    pub url: Url,
    /// The right that a token must carry.
    pub scope: String,
    pub accept: &'static str,
    pub range: Option<String>,
    /// What the answer should be, in words: "a list of tags".
    pub what: &'static str,
    /// Whether a redirect may lead to another host; for blobs only.
    pub elsewhere: bool,
    /// What it is to change; `None` where it is only read.
    pub change: Option<Sent>,
}

/// What goes along with a change.
#[derive(Clone, Default)]
pub struct Sent {
    /// What is to be kept, with its type.
    pub body: Option<(String, Bytes)>,
    /// What has to be there before; registries that know no conditions overlook it.
    pub expected: Option<Digest>,
}

/// What came back, whatever its status.
pub struct Answer {
    pub response: Response,
    /// The other host that it came from, if a redirect led there.
    pub from: Option<String>,
}

/// Talks to one registry.
pub struct Client {
    /// Ends with `/v2/`.
    base: Url,
    pub host: String,
    pub transport: Transport,
    auth: Auth,
    allow: Arc<[IpNet]>,
}

impl Client {
    /// A client for the registry whose API is below `base`.
    pub fn new(base: Url, transport: Transport, auth: Auth, allow: Arc<[IpNet]>) -> Self {
        Self { host: redirect::authority(&base), base, transport, auth, allow }
    }

    /// From now on, tokens of our own are shown.
    pub fn trust(&mut self, service: String, tokens: Arc<dyn OwnTokens>) {
        self.auth.trust(service, tokens);
    }

    /// The address of something below `/v2/`. Digests hold colons, so it is no relative link.
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path()));
        url
    }

    /// An error that names this registry.
    pub fn error(&self, message: impl Into<String>) -> Error {
        failure::upstream(&self.host, message)
    }

    /// That it deletes nothing, and what allows it.
    pub fn deletes_nothing(&self) -> Error {
        Error::Elsewhere(mount::deletes_nothing(&self.host))
    }

    /// Whether the registry was shown directly who we are: then 401 says that it is not enough.
    pub fn knows_us(&self) -> bool {
        self.auth.is_shown()
    }

    /// Why an answer is of no use.
    pub fn refusal(&self, ask: &Ask, answer: &Answer) -> Error {
        if answer.is_html() {
            return self.fault(answer.from.as_deref(), &failure::web_page(ask.what));
        }
        let (status, wait) = (answer.status(), retry_after(&answer.response));
        let words = match status {
            401 if self.auth.shows_own() => failure::own_token_refused(),
            _ => failure::status_words(status, wait, self.auth.has_credentials() || answer.from.is_some()),
        };
        failure::by_status(status, self.fault(answer.from.as_deref(), &words))
    }

    /// Says who failed where a redirect led to another host.
    pub fn fault(&self, from: Option<&str>, words: &str) -> Error {
        match from {
            Some(other) => self.error(format!("keeps the content at {other}, which {words}")),
            None => self.error(words),
        }
    }

    /// Runs one call of the trait within the time that all of it may take.
    pub async fn within<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        self.in_time(self.transport.limits.total, call).await
    }

    /// The same for a change, which has more time.
    pub async fn within_change<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        self.in_time(self.transport.limits.change_total, call).await
    }

    async fn in_time<T>(&self, total: Duration, call: impl Future<Output = Result<T>>) -> Result<T> {
        let slow = || self.error(format!("did not finish its answer within {}; try again later", failure::span(total)));
        tokio::time::timeout(total, call).await.unwrap_or_else(|_| Err(failure::down(slow())))
    }

    /// Asks, signing in once if the registry wants that or no longer takes the token.
    pub async fn send(&self, ask: &Ask) -> Result<Answer> {
        let pass = self.auth.pass(&self.transport, &ask.scope).await?;
        let answer = self.follow(ask, pass.as_ref()).await?;
        if answer.status() != 401 || answer.from.is_some() {
            return Ok(answer);
        }
        if !self.auth.learn(answer.response.headers(), &ask.scope, pass.as_ref()).await? {
            return Ok(answer);
        }
        let renewed = self.auth.pass(&self.transport, &ask.scope).await?;
        if renewed.is_none() {
            return Ok(answer);
        }
        self.follow(ask, renewed.as_ref()).await
    }

    /// Sends a change whose body comes as a stream, once, and only to where it was asked to go.
    pub async fn send_body(&self, ask: &Ask, length: u64, body: ByteStream) -> Result<Answer> {
        let pass = self.auth.pass(&self.transport, &ask.scope).await?;
        let request = self.transport.streaming.request(ask.method.clone(), ask.url.clone());
        let request = request.header("content-type", BYTES).header("content-length", length);
        let sent = self.transport.send_stream(self.auth.apply(request, pass.as_ref()), body).await;
        let response = sent.map_err(|words| failure::down(self.error(words)))?;
        match redirect::target(&response, &ask.url) {
            None => Ok(Answer { response, from: None }),
            Some(_) => Err(self.error(NO_REDIRECT)),
        }
    }

    async fn follow(&self, ask: &Ask, pass: Option<&Pass>) -> Result<Answer> {
        let mut url = ask.url.clone();
        let mut from = None;
        for _ in 0..=self.transport.limits.redirects {
            let mut request = self.request(ask, url.clone(), from.is_some());
            if from.is_none() {
                request = self.auth.apply(request, pass);
            }
            let sent = match ask.change {
                None => self.transport.send(request).await,
                Some(_) => self.transport.send_once(request).await,
            };
            let response = sent.map_err(|words| failure::down(self.fault(from.as_deref(), &words)))?;
            let Some(target) = redirect::target(&response, &url) else {
                return Ok(Answer { response, from });
            };
            let target = target.ok_or_else(|| self.error("redirects to nowhere: its Location cannot be read"))?;
            if ask.change.is_some() {
                return Err(self.error(NO_REDIRECT));
            }
            if from.is_some() || !redirect::same_host(&url, &target) {
                from = Some(self.departure(ask, &url, &target)?);
            }
            url = target;
        }
        Err(self.error(format!("redirects more than {} times; check url", self.transport.limits.redirects)))
    }

    fn request(&self, ask: &Ask, url: Url, is_elsewhere: bool) -> RequestBuilder {
        let client = match (&ask.change, is_elsewhere) {
            (Some(_), _) => &self.transport.patient,
            (None, true) => &self.transport.guarded,
            (None, false) => &self.transport.direct,
        };
        let mut request = client.request(ask.method.clone(), url).header("accept", ask.accept);
        if let Some(range) = &ask.range {
            request = request.header("range", range);
        }
        let Some(Sent { body, expected }) = &ask.change else { return request };
        if let Some(expected) = expected {
            request = request.header("if-match", format!("\"{expected}\""));
        }
        match body {
            Some((media_type, bytes)) => request.header("content-type", media_type).body(bytes.clone()),
            None => request.header("content-length", "0"),
        }
    }

    /// Whether a redirect to another host may be followed; its name if so.
    fn departure(&self, ask: &Ask, url: &Url, target: &Url) -> Result<String> {
        let other = redirect::authority(target);
        if !ask.elsewhere {
            return Err(self.error(format!(
                "redirects to {other} for {}, and that is only followed for blobs; check that url points at the registry itself",
                ask.what
            )));
        }
        if url.scheme() == "https" && target.scheme() == "http" {
            return Err(self.fault(Some(&other), "is not reached by TLS; let the registry redirect to https://"));
        }
        guard::check_literal(target, &self.allow)
            .map_err(|guard::Blocked(ip)| self.fault(Some(&other), &failure::blocked(ip)))?;
        Ok(other)
    }
}

impl Answer {
    /// The status, as a number.
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// A header that is plain text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The type of the body in lower case, without parameters; empty if there is none.
    pub fn media_type(&self) -> String {
        let stated = self.header("content-type").unwrap_or_default();
        stated.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Whether it is a page for people.
    pub fn is_html(&self) -> bool {
        matches!(self.media_type().as_str(), "text/html" | "application/xhtml+xml")
    }
}
