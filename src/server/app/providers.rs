//! The identity providers that the configuration names. None is asked at the start: one that is down keeps nobody out
//! who comes another way.

use crate::domain::{ProviderKind, ProviderSettings};
use crate::server::clock::Clock;
use crate::server::config::{Config, ProviderConfig};
use crate::server::identity::provider::making::Plan;
use crate::server::identity::provider::{Means, Plain, Provider, Providers};
use anyhow::{Context, Result};
use std::sync::Arc;

/// All of them, in their order; those of the console come to them.
pub(super) fn all(config: &Config, means: Means) -> Result<Providers> {
    let made = config.auth.providers.iter().map(|provider| one(config, provider, &means.clock));
    Ok(Providers::of_file(made.collect::<Result<_>>()?, means))
}

/// One of them, with how it is set.
pub(super) fn one(config: &Config, provider: &ProviderConfig, clock: &Arc<dyn Clock>) -> Result<(Provider, Plain)> {
    let settings = settings(provider);
    let plan = Plan {
        name: provider.name.clone(),
        kind: provider.kind,
        settings: settings.clone(),
        secret: provider.secret()?,
        public_url: config.public_url(),
        ca_file: provider.ca_file.clone(),
        guard: None,
    };
    let made = plan.make(clock).with_context(|| format!("the identity provider `{}`", provider.name))?;
    Ok((made, (provider.kind, settings)))
}

fn settings(provider: &ProviderConfig) -> ProviderSettings {
    let url = if provider.kind == ProviderKind::Github { &provider.url } else { &provider.issuer };
    let usual = if provider.kind == ProviderKind::Github { "GitHub" } else { provider.name.as_str() };
    ProviderSettings {
        title: provider.title.clone().unwrap_or_else(|| usual.to_owned()),
        url: url.clone().unwrap_or_default(),
        api_url: provider.api_url.clone().unwrap_or_default(),
        client_id: provider.client_id.clone(),
        scopes: provider.scopes.clone(),
        groups_claim: provider.groups_claim.clone().unwrap_or_default(),
        username_claim: provider.username_claim.clone().unwrap_or_default(),
        open_sign_up: provider.open_sign_up,
        allowed_groups: provider.allowed_groups.clone(),
        admin_groups: provider.admin_groups.clone(),
    }
}
