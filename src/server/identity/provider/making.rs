//! From how a provider is set to one that people can sign in by. None is asked here: one that is down keeps nobody out
//! who comes another way.

use super::{Client, GitHub, GitHubSettings, IdentityProvider, Oidc, OidcSettings, Provider, Rules, Wire};
use crate::domain::provider::{GIVEN_BY_PROVIDER, title_problem};
use crate::domain::{Error, ProviderKind, ProviderSettings, Result};
use crate::server::clock::Clock;
use crate::server::loopback;
use crate::server::secret::Secret;
use ipnet::IpNet;
use std::path::PathBuf;
use std::sync::Arc;
use url::Url;

const GITHUB: &str = "https://github.com";
const GITHUB_API: &str = "https://api.github.com";

/// The most of a text, and of entries in a list.
const MAX_BYTES: usize = 512;
const MAX_ENTRIES: usize = 100;

/// All that makes a provider.
pub struct Plan {
    pub name: String,
    pub kind: ProviderKind,
    pub settings: ProviderSettings,
    pub secret: Secret,
    /// The console's address, without a slash at the end.
    pub public_url: String,
    pub ca_file: Option<PathBuf>,
    /// Which addresses besides public ones it may have; `None` where whoever runs the server named it.
    pub guard: Option<Arc<[IpNet]>>,
}

impl Plan {
    /// The provider.
    ///
    /// # Errors
    /// If an address or `ca_file` cannot be used.
    pub fn make(self, clock: &Arc<dyn Clock>) -> Result<Provider> {
        let (client, wire) = (self.client()?, Wire::new(self.ca_file.as_deref(), self.guard.clone())?);
        let Self { name, kind, settings, .. } = self;
        let named = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let way: Box<dyn IdentityProvider> = match kind {
            ProviderKind::Oidc => {
                let groups_claim = named(&settings.groups_claim).unwrap_or_else(|| "groups".to_owned());
                let (issuer, username_claim) = (settings.url.clone(), named(&settings.username_claim));
                let settings = OidcSettings { issuer, client, groups_claim, username_claim };
                Box::new(Oidc::new(settings, wire, Arc::clone(clock)))
            }
            ProviderKind::Github => {
                let (url, api_url) = (url_of(kind, &settings.url), api_of(&settings));
                let username_claim = named(&settings.username_claim);
                Box::new(GitHub::new(GitHubSettings { url, api_url, client, username_claim }, wire)?)
            }
        };
        let ProviderSettings { title, open_sign_up, allowed_groups, admin_groups, .. } = settings;
        let icon = if kind == ProviderKind::Github { "git" } else { "key" };
        let rules = Rules { open_sign_up, allowed_groups, admin_groups };
        Ok(Provider { name, title, icon, rules, way })
    }

    fn client(&self) -> Result<Client> {
        let callback = callback(&self.public_url, &self.name);
        let usual: &[&str] = match self.kind {
            ProviderKind::Oidc => &["openid", "profile", "email"],
            ProviderKind::Github => &["read:user", "user:email", "read:org"],
        };
        let mut scopes = self.settings.scopes.clone();
        if scopes.is_empty() {
            scopes = usual.iter().map(|scope| (*scope).to_owned()).collect();
        }
        if self.kind == ProviderKind::Oidc && !scopes.iter().any(|scope| scope == "openid") {
            scopes.insert(0, "openid".to_owned());
        }
        let left = left(&self.public_url);
        Ok(Client {
            id: self.settings.client_id.clone(),
            secret: self.secret.clone(),
            callback: Url::parse(&callback)
                .map_err(|_| Error::invalid("public_url", format!("{callback} is no address")))?,
            left: Url::parse(&left).map_err(|_| Error::invalid("public_url", format!("{left} is no address")))?,
            scopes,
        })
    }
}

/// Where the provider of that name sends browsers back to.
pub fn callback(public_url: &str, name: &str) -> String {
    format!("{public_url}/auth/provider/{name}/callback")
}

/// Where a provider sends browsers back to that it signed out.
fn left(public_url: &str) -> String {
    format!("{public_url}/auth/login")
}

/// Under which name the subjects of a provider are kept that is set so.
pub fn url_of(kind: ProviderKind, url: &str) -> String {
    match kind {
        ProviderKind::Oidc => url.to_owned(),
        ProviderKind::Github if url.is_empty() => GITHUB.to_owned(),
        ProviderKind::Github => url.trim_end_matches('/').to_owned(),
    }
}

/// The API of an Enterprise Server lies on the host of its pages.
fn api_of(settings: &ProviderSettings) -> String {
    let url = url_of(ProviderKind::Github, &settings.url);
    match settings.api_url.as_str() {
        "" if url == GITHUB => GITHUB_API.to_owned(),
        "" => format!("{url}/api/v3"),
        api_url => api_url.trim_end_matches('/').to_owned(),
    }
}

/// What is wrong with how a provider is to be set, at its field.
///
/// # Errors
/// [`Error::Invalid`].
pub fn check(kind: ProviderKind, settings: &ProviderSettings) -> Result<()> {
    let wrong = |field: &str, words: &str| Err(Error::invalid(field, words));
    let ProviderSettings { title, url, api_url, client_id, .. } = settings;
    if let Some(problem) = title_problem(title) {
        return wrong("title", problem);
    }
    if kind == ProviderKind::Oidc && !api_url.is_empty() {
        return wrong("api_url", "this is for GitHub; an OpenID provider is found by its issuer");
    }
    if kind == ProviderKind::Github && !settings.groups_claim.is_empty() {
        return wrong("groups_claim", "this is for OpenID; GitHub names organisations and teams by itself");
    }
    let is_needed = kind == ProviderKind::Oidc;
    if is_needed || !url.is_empty() {
        loopback::address(url).map_err(|words| Error::invalid("url", words))?;
    }
    if !api_url.is_empty() {
        loopback::address(api_url).map_err(|words| Error::invalid("api_url", words))?;
        if !is_of_one_host(&url_of(kind, url), api_url) {
            return wrong("api_url", "the API has the host of the address, or that with api. before it");
        }
    }
    if client_id.is_empty() {
        return wrong("client_id", GIVEN_BY_PROVIDER);
    }
    texts(settings)
}

/// Who somebody is at GitHub is for GitHub to say: no other host says it under its name.
fn is_of_one_host(url: &str, api_url: &str) -> bool {
    let host = |text: &str| {
        Url::parse(text).ok().and_then(|url| Some((url.host_str()?.to_owned(), url.port_or_known_default())))
    };
    match (host(url), host(api_url)) {
        (Some(url), Some(api)) => api == url || api == (format!("api.{}", url.0), url.1),
        _ => false,
    }
}

fn texts(settings: &ProviderSettings) -> Result<()> {
    let is_odd = |text: &str| text.len() > MAX_BYTES || text.chars().any(char::is_control);
    let ProviderSettings { url, api_url, client_id, groups_claim, username_claim, .. } = settings;
    for (field, text) in [
        ("url", url),
        ("api_url", api_url),
        ("client_id", client_id),
        ("groups_claim", groups_claim),
        ("username_claim", username_claim),
    ] {
        if is_odd(text) {
            return Err(Error::invalid(field, "this is one line of at most 512 bytes"));
        }
    }
    let ProviderSettings { scopes, allowed_groups, admin_groups, .. } = settings;
    for (field, list) in [("scopes", scopes), ("allowed_groups", allowed_groups), ("admin_groups", admin_groups)] {
        if list.len() > MAX_ENTRIES || list.iter().any(|text| text.is_empty() || is_odd(text)) {
            return Err(Error::invalid(field, "this is a list of at most 100, each of at most 512 bytes"));
        }
    }
    match scopes.iter().any(|scope| scope.contains(char::is_whitespace)) {
        true => Err(Error::invalid("scopes", "a scope has no space in it")),
        false => Ok(()),
    }
}
