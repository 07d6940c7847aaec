//! A registry that somebody else runs, read over the OCI distribution API.
//!
//! Whatever it answers is foreign: bounded in bytes and time, parsed by the domain's types, and
//! turned into words when it makes no sense. Credentials go to the registry itself and to token
//! services that the operator named, redirects only where [`crate::server::guard`] lets them. The way of a call:
//! here → [`lists`], [`manifests`], [`blobs`] or [`probe`] → [`client`] → [`auth`], [`transport`].

mod auth;
mod blobs;
mod body;
mod challenge;
mod changing;
mod client;
mod deleting;
mod failure;
mod keeping;
mod limits;
pub(crate) mod link;
mod lists;
mod manifests;
mod names;
mod probe;
mod redirect;
mod referrers;
mod sending;
#[cfg(test)]
mod tests;
mod tokens;
mod tombstone;
mod transport;
mod unnamed;
mod writing;

pub use auth::OwnTokens;
pub use limits::Limits;
pub use redirect::authority;

use super::lines::Lines;
use super::{About, Names, RawManifest, ReadRegistry};
use crate::domain::capability::Capability;
use crate::domain::error::What;
use crate::domain::{Digest, Error, MountPrefix, Reference, RepositoryName, Result, Tag};
use crate::server::blobs::{Content, ContentRange};
use crate::server::entropy::Entropy;
use crate::server::guard;
use crate::server::loopback::is_loopback;
use crate::server::secret::Secret;
use async_trait::async_trait;
use auth::Auth;
use client::Client;
use ipnet::IpNet;
use lists::{List, Page};
use names::{Listed, Translation};
use std::path::PathBuf;
use std::sync::Arc;
use transport::{Reach, Transport};
use url::Url;

/// How a registry is reached and what of it is mounted where.
#[derive(Clone, Debug)]
pub struct RemoteSettings {
    pub prefix: MountPrefix,
    /// With or without `/v2` at its end.
    pub url: Url,
    /// Only what lies below this name is mounted, without it.
    pub upstream_prefix: Option<RepositoryName>,
    /// As the registry calls them, where it has no catalog.
    pub repositories: Option<Vec<String>>,
    /// Further hosts, with or without port, that may be its token service.
    pub auth_hosts: Vec<String>,
    pub credentials: Option<Credentials>,
    /// Addresses that are not public and may be redirected to.
    pub outbound_allow: Vec<IpNet>,
    /// Certificates in PEM form that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// Whether somebody typed the address, who need not be the operator: then it leads where redirects may, too.
    pub is_typed: bool,
    /// Whether nothing is sent to it that could change something, not even to find out what can be changed.
    pub is_read_only: bool,
}

/// Who Portolan is to a registry.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub username: String,
    pub password: Secret,
}

/// A registry reached over the distribution API.
pub struct RemoteRegistry {
    client: Client,
    names: Translation,
    /// Sorted names as the registry calls them; they stand in for its catalog.
    repositories: Option<Vec<String>>,
    entropy: Arc<dyn Entropy>,
    is_read_only: bool,
    /// Of those who change a tag there.
    lines: Lines,
}

impl RemoteRegistry {
    /// Checks the settings; the registry itself is not asked yet.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names the key and what would be right.
    pub fn new(settings: RemoteSettings, limits: Limits, entropy: Arc<dyn Entropy>) -> Result<Self> {
        let base = api_base(settings.url)?;
        let names = Translation { prefix: settings.prefix, upstream_prefix: settings.upstream_prefix };
        let repositories = settings.repositories.map(|list| configured(list, &names)).transpose()?;
        let allow: Arc<[IpNet]> = settings.outbound_allow.into();
        let bounds = settings.is_typed.then(|| Arc::clone(&allow));
        if let Some(bounds) = &bounds {
            typed(&base, bounds, settings.credentials.is_some())?;
        }
        let auth = Auth::new(base.clone(), settings.auth_hosts, settings.credentials, limits.tokens);
        let auth = auth.bounded(bounds.clone());
        let reach = Reach { allow: allow.clone(), guards_all: bounds.is_some() };
        let transport = Transport::new(settings.ca_file.as_deref(), reach, limits, Arc::clone(&entropy))?;
        let client = Client::new(base, transport, auth, allow);
        Ok(Self { client, names, repositories, entropy, is_read_only: settings.is_read_only, lines: Lines::default() })
    }

    /// The same registry, which trusts tokens of this Portolan: it asks for them as `service`.
    pub fn trusting(mut self, service: String, tokens: Arc<dyn OwnTokens>) -> Self {
        self.client.trust(service, tokens);
        self
    }

    fn translate(&self, page: Page) -> Names<RepositoryName> {
        let mut names = Names { items: Vec::new(), next: page.next.map(|next| self.names.cursor(&next)), refused: 0 };
        for name in &page.names {
            match self.names.listed(name) {
                Listed::Here(name) => names.items.push(name),
                Listed::Outside => {}
                Listed::Unusable => names.refused += 1,
            }
        }
        names
    }
}

#[async_trait]
impl ReadRegistry for RemoteRegistry {
    async fn capabilities(&self) -> Vec<(Capability, Option<bool>)> {
        let configured = self.repositories.as_deref().unwrap_or_default();
        self.client.within(self.client.probe(configured, self.is_read_only)).await.unwrap_or_else(|_| probe::unknown())
    }

    async fn repositories(&self, after: Option<&str>, limit: u32) -> Result<Names<RepositoryName>> {
        let after = after.map(|cursor| self.names.place(cursor));
        if let Some(configured) = &self.repositories {
            return Ok(self.translate(page_of(configured, after.as_deref(), limit)));
        }
        let page = self.client.within(self.client.list(&List::Repositories, after.as_deref(), limit)).await?;
        Ok(self.translate(page.unwrap_or(Page { names: Vec::new(), next: None })))
    }

    async fn tags(&self, repository: &RepositoryName, after: Option<&str>, limit: u32) -> Result<Names<Tag>> {
        let missing = || Error::NotFound(What::Repository(repository.clone()));
        let name = self.names.upstream(repository).ok_or_else(missing)?;
        let page = self.client.within(self.client.list(&List::Tags(&name), after, limit)).await?.ok_or_else(missing)?;
        let listed = page.names.len() as u64;
        let mut items: Vec<Tag> = page.names.into_iter().filter_map(|tag| tag.try_into().ok()).collect();
        let refused = listed - items.len() as u64;
        items.retain(|tag| !tag.is_reserved());
        Ok(Names { items, next: page.next, refused })
    }

    async fn resolve(&self, repository: &RepositoryName, reference: &Reference) -> Result<Option<Digest>> {
        let Some(name) = self.names.upstream(repository) else {
            return Ok(None);
        };
        self.client.within(self.client.resolve(&name, reference)).await
    }

    async fn manifest(&self, repository: &RepositoryName, reference: &Reference) -> Result<Option<RawManifest>> {
        let Some(name) = self.names.upstream(repository) else {
            return Ok(None);
        };
        let found = self.client.within(self.client.manifest(&name, reference)).await?;
        // A tag on its way out: what it named is not named by it any more, and this is nobody's image.
        Ok(found.filter(|manifest| !tombstone::is(&manifest.bytes)))
    }

    async fn blob(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
        range: Option<ContentRange>,
    ) -> Result<Option<Content>> {
        let Some(name) = self.names.upstream(repository) else {
            return Ok(None);
        };
        self.client.within(self.client.blob(&name, digest, range)).await
    }

    async fn referrers(&self, repository: &RepositoryName, subject: &Digest) -> Result<Option<About>> {
        let Some(name) = self.names.upstream(repository) else {
            return Ok(None);
        };
        self.client.within(self.client.referrers(&name, subject)).await
    }
}

/// The address below which the API lies: ends with `/v2/`, and holds no secrets.
fn api_base(mut url: Url) -> Result<Url> {
    let refuse = |message: &str| Err(Error::invalid("mounts.url", message));
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return refuse("a registry's url is https:// or http:// and a host, such as https://registry.example.com");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("a registry's url holds no user name and password; set username and password_file");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse("a registry's url has no part after ? or #");
    }
    let path = url.path().trim_end_matches('/');
    let path = format!("{}/v2/", path.strip_suffix("/v2").unwrap_or(path));
    url.set_path(&path);
    Ok(url)
}

/// An address that somebody typed may lead nowhere that only this machine can reach, and takes no password in the clear.
fn typed(base: &Url, allow: &[IpNet], has_credentials: bool) -> Result<()> {
    guard::check_literal(base, allow)
        .map_err(|guard::Blocked(ip)| Error::invalid("mounts.url", format!("this {}", failure::blocked(ip))))?;
    let is_local = base.host().is_some_and(|host| is_loopback(&host));
    if has_credentials && base.scheme() == "http" && !is_local {
        let words = "a password would travel in plain text; write https:// and the name of the registry";
        return Err(Error::invalid("mounts.url", words));
    }
    Ok(())
}

/// The configured repositories, each once and in order.
fn configured(mut list: Vec<String>, names: &Translation) -> Result<Vec<String>> {
    list.sort_unstable();
    list.dedup();
    match list.iter().find(|name| !matches!(names.listed(name), Listed::Here(_))) {
        None => Ok(list),
        Some(odd) => Err(Error::invalid(
            "mounts.repositories",
            format!("{odd} is no name of a repository below upstream_prefix; write names as the registry itself does"),
        )),
    }
}

fn page_of(sorted: &[String], after: Option<&str>, limit: u32) -> Page {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX).max(1);
    let start = after.map_or(0, |after| sorted.partition_point(|name| name.as_str() <= after));
    let names: Vec<String> = sorted[start..].iter().take(limit).cloned().collect();
    let next = names.last().filter(|_| start + names.len() < sorted.len()).cloned();
    Page { names, next }
}
