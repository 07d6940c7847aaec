//! The identity providers that the configuration names. None is asked at the start: one that is down keeps nobody out
//! who comes another way.

use crate::server::clock::Clock;
use crate::server::config::{Config, ProviderConfig, ProviderKind};
use crate::server::identity::provider::{
    Client, GitHub, GitHubSettings, IdentityProvider, Oidc, OidcSettings, Provider, Providers, Rules,
};
use anyhow::{Context, Result};
use std::sync::Arc;

const GITHUB: &str = "https://github.com";
const GITHUB_API: &str = "https://api.github.com";

/// All of them, in their order.
pub(super) fn all(config: &Config, clock: &Arc<dyn Clock>) -> Result<Providers> {
    let made = config.auth.providers.iter().map(|provider| one(config, provider, clock));
    Ok(Providers::of_file(made.collect::<Result<_>>()?))
}

/// One of them.
pub(super) fn one(config: &Config, provider: &ProviderConfig, clock: &Arc<dyn Clock>) -> Result<Provider> {
    let place = || format!("the identity provider `{}`", provider.name);
    let way: Box<dyn IdentityProvider> = match provider.kind {
        ProviderKind::Oidc => {
            let settings = OidcSettings {
                issuer: provider.issuer.clone().unwrap_or_default(),
                client: client(config, provider, &["openid", "profile", "email"]).with_context(place)?,
                groups_claim: provider.groups_claim.clone().unwrap_or_else(|| "groups".to_owned()),
                username_claim: provider.username_claim.clone(),
            };
            Box::new(Oidc::new(settings, provider.ca_file.as_deref(), Arc::clone(clock)).with_context(place)?)
        }
        ProviderKind::Github => {
            let (url, api_url) = github(provider);
            let client = client(config, provider, &["read:user", "user:email", "read:org"]).with_context(place)?;
            let settings = GitHubSettings { url, api_url, client, username_claim: provider.username_claim.clone() };
            Box::new(GitHub::new(settings, provider.ca_file.as_deref()).with_context(place)?)
        }
    };
    let rules = Rules {
        open_sign_up: provider.open_sign_up,
        allowed_groups: provider.allowed_groups.clone(),
        admin_groups: provider.admin_groups.clone(),
    };
    let icon = if provider.kind == ProviderKind::Github { "git" } else { "key" };
    Ok(Provider { name: provider.name.clone(), title: title(provider), icon, rules, way })
}

fn client(config: &Config, provider: &ProviderConfig, usual: &[&str]) -> Result<Client> {
    let callback = format!("{}/auth/provider/{}/callback", config.public_url(), provider.name);
    let mut scopes = provider.scopes.clone();
    if scopes.is_empty() {
        scopes = usual.iter().map(|scope| (*scope).to_owned()).collect();
    }
    if provider.kind == ProviderKind::Oidc && !scopes.iter().any(|scope| scope == "openid") {
        scopes.insert(0, "openid".to_owned());
    }
    Ok(Client {
        id: provider.client_id.clone(),
        secret: provider.secret()?,
        callback: url::Url::parse(&callback).with_context(|| format!("{callback} is no address"))?,
        scopes,
    })
}

/// The addresses of pages and API; those of an Enterprise Server lie on one host.
fn github(provider: &ProviderConfig) -> (String, String) {
    let trimmed = |url: &String| url.trim_end_matches('/').to_owned();
    let url = provider.url.as_ref().map_or_else(|| GITHUB.to_owned(), trimmed);
    let usual = if url == GITHUB { GITHUB_API.to_owned() } else { format!("{url}/api/v3") };
    let api_url = provider.api_url.as_ref().map_or(usual, trimmed);
    (url, api_url)
}

fn title(provider: &ProviderConfig) -> String {
    let usual = if provider.kind == ProviderKind::Github { "GitHub" } else { provider.name.as_str() };
    provider.title.clone().unwrap_or_else(|| usual.to_owned())
}
