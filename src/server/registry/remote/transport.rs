//! The way out: HTTP clients and their patience.
//!
//! `direct` goes where the operator pointed (the registry, its token service); `guarded` goes where
//! a redirect points, or an address that somebody typed, past [`GuardedResolver`]. Neither follows redirects or proxies by itself.

use super::failure;
use super::limits::Limits;
use crate::domain::{Error, Result};
use crate::server::blobs::ByteStream;
use crate::server::entropy::Entropy;
use crate::server::guard::GuardedResolver;
use futures::StreamExt;
use ipnet::IpNet;
use reqwest::{Body, Certificate, ClientBuilder, RequestBuilder, Response};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// As good as without an end: who waits watches what moves.
const ENDLESS: Duration = Duration::from_secs(7 * 86_400);

/// Where requests may lead.
pub struct Reach {
    /// Addresses that are not public and may be led to all the same.
    pub allow: Arc<[IpNet]>,
    /// Whether also what was pointed to goes past the guard.
    pub guards_all: bool,
}

/// Sends requests; repeats those that a moment's trouble spoiled.
pub struct Transport {
    pub direct: reqwest::Client,
    pub guarded: reqwest::Client,
    /// For changes, over which a registry may think for longer.
    pub patient: reqwest::Client,
    /// For bodies that take as long as they go on.
    pub streaming: reqwest::Client,
    pub limits: Limits,
    entropy: Arc<dyn Entropy>,
}

impl Transport {
    /// Builds both clients.
    ///
    /// # Errors
    /// [`Error::Invalid`] if `ca_file` cannot be read or holds no certificate.
    pub fn new(ca_file: Option<&Path>, reach: Reach, limits: Limits, entropy: Arc<dyn Entropy>) -> Result<Self> {
        let roots = ca_file.map(read_certificates).transpose()?.unwrap_or_default();
        let open = |builder: ClientBuilder| builder;
        let past = |builder: ClientBuilder| builder.dns_resolver(GuardedResolver { allow: reach.allow.clone() });
        let slow = |builder: ClientBuilder| builder.read_timeout(limits.change);
        let endless = |builder: ClientBuilder| builder.read_timeout(ENDLESS);
        let guarded = build(&limits, &roots, past)?;
        let (direct, patient, streaming) = match reach.guards_all {
            true => (
                guarded.clone(),
                build(&limits, &roots, |builder| slow(past(builder)))?,
                build(&limits, &roots, |builder| endless(past(builder)))?,
            ),
            false => (build(&limits, &roots, open)?, build(&limits, &roots, slow)?, build(&limits, &roots, endless)?),
        };
        Ok(Self { direct, guarded, patient, streaming, limits, entropy })
    }

    /// Sends a request that changes something, once: what became of it has to be seen before it is sent again.
    ///
    /// # Errors
    /// Words that say what the other side did.
    pub async fn send_once(&self, request: RequestBuilder) -> Result<Response, String> {
        let limits = || Limits { read: self.limits.change, ..self.limits.clone() };
        request.send().await.map_err(|error| failure::words(&error, &limits()))
    }

    /// Sends a body piece by piece, once. It is given up when no piece is taken for a while, or when all of them were and
    /// no answer comes.
    ///
    /// # Errors
    /// Words that say what the other side did.
    pub async fn send_stream(&self, request: RequestBuilder, body: ByteStream) -> Result<Response, String> {
        let (taken, mut takes) = watch::channel(());
        let body = body.inspect(move |_| taken.send_replace(()));
        let sending = request.body(Body::wrap_stream(body)).send();
        let idle = async {
            loop {
                match tokio::time::timeout(self.limits.change, takes.changed()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => {
                        tokio::time::sleep(self.limits.change_total).await;
                        return "did not answer after it had all that was sent; see whether it is overloaded"
                            .to_owned();
                    }
                    Err(_) => {
                        let span = failure::span(self.limits.change);
                        return format!("took nothing of what was sent for {span}; see whether it is overloaded");
                    }
                }
            }
        };
        tokio::select! {
            sent = sending => sent.map_err(|error| failure::words(&error, &self.limits)),
            words = idle => Err(words),
        }
    }

    /// Sends a request that only reads, and again after a reset or a status that may not be the next one, as often as the
    /// limits say. CNCF distribution 2.8 answers 500 where it reads from files what somebody writes at that moment.
    ///
    /// # Errors
    /// Words that say what the other side did.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, String> {
        let mut attempt = 0;
        loop {
            let again = attempt < self.limits.retries;
            let this = request.try_clone().ok_or("was not asked: the request cannot be repeated")?;
            let wait = match this.send().await {
                Ok(response) => match self.wait_for(&response, attempt) {
                    Some(wait) if again => wait,
                    _ => return Ok(response),
                },
                Err(error) if again && failure::is_reset(&error) => self.backoff(attempt),
                Err(error) => return Err(failure::words(&error, &self.limits)),
            };
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    /// How long to wait before another attempt, if one may help.
    fn wait_for(&self, response: &Response, attempt: u32) -> Option<Duration> {
        if !matches!(response.status().as_u16(), 429 | 500 | 502..=504) {
            return None;
        }
        match retry_after(response) {
            Some(asked) => (asked <= self.limits.longest_wait).then_some(asked),
            None => Some(self.backoff(attempt)),
        }
    }

    /// Doubles with each attempt, between a half and the whole, so that many callers spread out.
    fn backoff(&self, attempt: u32) -> Duration {
        let mut random = [0];
        self.entropy.fill(&mut random);
        let whole = self.limits.backoff * 2_u32.saturating_pow(attempt);
        whole / 2 + whole * u32::from(random[0]) / 510
    }
}

/// The seconds of `Retry-After`; a date is treated as if nothing was said.
pub fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn read_certificates(file: &Path) -> Result<Vec<Certificate>> {
    let refuse = |why: &str| Error::invalid("mounts.ca_file", format!("{} {why}", file.display()));
    let pem = std::fs::read(file).map_err(|error| refuse(&format!("cannot be read: {error}")))?;
    let roots = Certificate::from_pem_bundle(&pem).unwrap_or_default();
    if roots.is_empty() { Err(refuse("holds no certificate; write it in PEM form")) } else { Ok(roots) }
}

/// A machine without any root certificates still reads registries over plain HTTP: there, trust
/// nobody instead of failing.
fn build(
    limits: &Limits,
    roots: &[Certificate],
    finish: impl Fn(ClientBuilder) -> ClientBuilder,
) -> Result<reqwest::Client> {
    let start = || {
        finish(
            reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .connect_timeout(limits.connect)
                .read_timeout(limits.read)
                .user_agent(concat!("portolan/", env!("CARGO_PKG_VERSION"))),
        )
    };
    start().tls_certs_merge(roots.iter().cloned()).build().or_else(|_| start().tls_certs_only([]).build()).map_err(
        |error| {
            Error::invalid("mounts.ca_file", format!("no HTTP client can be made with these certificates: {error}"))
        },
    )
}
