//! Registries of mounts: those of the configuration, and those that are typed in the console.

use crate::domain::view::MountKind;
use crate::domain::{Error, Result};
use crate::server::clock::Clock;
use crate::server::config::{Config, MountConfig, MountKindConfig};
use crate::server::context::{Mount, Upstream};
use crate::server::entropy::{Entropy, SystemEntropy};
use crate::server::identity::registry_tokens;
use crate::server::identity::signing::Signing;
use crate::server::loopback::is_loopback;
use crate::server::mounted::{Connect, Typed};
use crate::server::registry::changing::ChangeRegistry;
use crate::server::registry::hosted::HostedRegistry;
use crate::server::registry::remote::{Credentials, Limits, OwnTokens, RemoteRegistry, RemoteSettings, authority};
use crate::server::registry::{ReadRegistry, WriteRegistry};
use crate::server::secret::Secret;
use anyhow::Context;
use async_trait::async_trait;
use ipnet::IpNet;
use std::sync::Arc;

pub(super) fn hosted_mount(mount: &MountConfig, registry: HostedRegistry, id: String) -> Mount {
    let registry = Arc::new(registry);
    let read: Arc<dyn ReadRegistry> = Arc::clone(&registry) as _;
    let write: Arc<dyn WriteRegistry> = registry;
    let (prefix, kind, refresh_s) = (mount.prefix.clone(), MountKind::Hosted, mount.refresh_s);
    let (write, changes, keeps_trash) = (Some(write), None, true);
    let (upstream, only, token_service) = (None, None, None);
    Mount { id, prefix, kind, read, write, changes, keeps_trash, upstream, only, refresh_s, token_service }
}

/// A mount of the configuration of a registry elsewhere; `own` signs for one that trusts tokens from here.
pub(super) fn remote_mount(
    mount: &MountConfig,
    id: String,
    (registry, upstream): (RemoteRegistry, Upstream),
    own: &Own,
) -> Mount {
    let token_service = mount.token_service.clone();
    let is_read_only = mount.is_read_only();
    let (read, changes) = own.shown_to(registry, token_service.as_deref(), is_read_only);
    let (prefix, kind, refresh_s) = (mount.prefix.clone(), MountKind::Remote, mount.refresh_s);
    let (keeps_trash, upstream, only) = (mount.trash, Some(upstream), mount.repositories.clone());
    Mount { id, prefix, kind, read, write: None, changes, keeps_trash, upstream, only, refresh_s, token_service }
}

/// The registry behind a remote mount, which is not asked yet; `None` for the hosted one.
pub(super) fn remote(
    config: &Config,
    mount: &MountConfig,
    entropy: &Arc<dyn Entropy>,
) -> anyhow::Result<Option<(RemoteRegistry, Upstream)>> {
    if mount.kind == MountKindConfig::Hosted {
        return Ok(None);
    }
    let registry = || format!("the registry mounted at `{}`", mount.prefix);
    let url = mount.url.as_deref().unwrap_or_default();
    let password = mount.password().with_context(registry)?;
    let settings = RemoteSettings {
        prefix: mount.prefix.clone(),
        url: url::Url::parse(url).with_context(|| format!("{url} is no address of a registry"))?,
        upstream_prefix: mount.upstream_prefix.clone(),
        repositories: mount.repositories.clone(),
        auth_hosts: mount.auth_hosts.clone(),
        credentials: mount
            .username
            .clone()
            .zip(password)
            .map(|(username, password)| Credentials { username, password }),
        outbound_allow: config.limits.outbound_allow.clone(),
        ca_file: mount.ca_file.clone(),
        is_typed: false,
        is_read_only: mount.is_read_only(),
    };
    let (url, host) = (url.to_owned(), authority(&settings.url));
    let upstream = Upstream { url, host, prefix: mount.upstream_prefix.clone() };
    let made = RemoteRegistry::new(settings, Limits::default(), Arc::clone(entropy)).with_context(registry)?;
    Ok(Some((made, upstream)))
}

/// Signs tokens with which Portolan itself reads registries that trust them.
#[derive(Clone)]
pub(super) struct Own {
    pub signing: Arc<Signing>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

impl Own {
    fn shown_to(&self, registry: RemoteRegistry, service: Option<&str>, is_read_only: bool) -> Powers {
        let registry = match service {
            None => Arc::new(registry),
            Some(service) => {
                let tokens = OwnOf { own: self.clone(), service: service.to_owned(), is_read_only };
                Arc::new(registry.trusting(service.to_owned(), Arc::new(tokens)))
            }
        };
        let changes: Option<Arc<dyn ChangeRegistry>> =
            if is_read_only { None } else { Some(Arc::clone(&registry) as _) };
        (registry, changes)
    }
}

/// Reading a registry, and changing it where that may be.
type Powers = (Arc<dyn ReadRegistry>, Option<Arc<dyn ChangeRegistry>>);

/// The same for one service.
struct OwnOf {
    own: Own,
    service: String,
    is_read_only: bool,
}

#[async_trait]
impl OwnTokens for OwnOf {
    async fn token(&self, scope: &str) -> Result<(Secret, u64)> {
        let Own { signing, clock, entropy } = &self.own;
        let wanted = registry_tokens::Wanted { scope, is_to_read: self.is_read_only };
        registry_tokens::for_itself(signing, &self.service, wanted, (&**clock, &**entropy)).await
    }
}

/// Makes registries of what somebody typed.
pub(super) struct Connector {
    pub own: Own,
    pub outbound_allow: Vec<IpNet>,
}

impl Connect for Connector {
    fn connect(&self, typed: Typed) -> Result<Mount> {
        let Typed { id, prefix, settings, password } = typed;
        let url = url::Url::parse(&settings.url)
            .map_err(|_| Error::invalid("url", "this is no address of a registry; write https://HOST"))?;
        let token_service = Some(settings.token_service).filter(|service| !service.is_empty());
        let is_local = url.host().is_some_and(|host| is_loopback(&host));
        if token_service.is_some() && url.scheme() == "http" && !is_local {
            let words = "tokens for it would travel in plain text; write https:// and the name of the registry";
            return Err(Error::invalid("url", words));
        }
        let upstream = Upstream { url: settings.url, host: authority(&url), prefix: settings.upstream_prefix.clone() };
        let username = Some(settings.username).filter(|username| !username.is_empty());
        let only = Some(settings.repositories).filter(|names| !names.is_empty());
        let remote = RemoteSettings {
            prefix: prefix.clone(),
            url,
            upstream_prefix: settings.upstream_prefix,
            repositories: only.clone(),
            auth_hosts: settings.auth_hosts,
            credentials: username.zip(password).map(|(username, password)| Credentials { username, password }),
            outbound_allow: self.outbound_allow.clone(),
            ca_file: None,
            is_typed: true,
            is_read_only: settings.read_only,
        };
        let made = RemoteRegistry::new(remote, Limits::default(), Arc::clone(&self.own.entropy)).map_err(of_form)?;
        let (read, changes) = self.own.shown_to(made, token_service.as_deref(), settings.read_only);
        let (kind, refresh_s, keeps_trash) = (MountKind::Remote, settings.refresh_s, settings.trash);
        let upstream = Some(upstream);
        Ok(Mount {
            id,
            prefix,
            kind,
            read,
            write: None,
            changes,
            keeps_trash,
            upstream,
            only,
            refresh_s,
            token_service,
        })
    }
}

/// A key of the configuration is a field of the form by its last part.
fn of_form(error: Error) -> Error {
    match error {
        Error::Invalid { field, message } => {
            Error::invalid(field.strip_prefix("mounts.").unwrap_or(&field).to_owned(), message)
        }
        other => other,
    }
}

/// Names that a check asks of a registry.
const NAMES: u32 = 100;

/// Whether a remote registry answers, and what it can do, for `portolan check`.
pub async fn reach(config: &Config, mount: &MountConfig) -> anyhow::Result<String> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy::default());
    let Some((registry, _)) = remote(config, mount, &entropy)? else { return Ok("is served here".to_owned()) };
    let names = match registry.repositories(None, NAMES).await {
        // Only the server has the keys by which it would be let in.
        Err(Error::Upstream { is_down: false, .. }) if mount.token_service.is_some() => {
            return Ok("answers, and is read by tokens from here once the server runs".to_owned());
        }
        names => names?,
    };
    if let Some(first) = names.items.first() {
        registry.tags(first, None, 1).await?;
    }
    let found = registry.capabilities().await;
    let can: Vec<&str> = found.iter().filter(|(_, has)| *has == Some(true)).map(|(what, _)| what.words()).collect();
    // Names of others may stand before the first of ours.
    let is_empty = names.items.is_empty() && names.next.is_none();
    let has = if is_empty { "answers, and lists no repository" } else { "answers" };
    Ok(if can.is_empty() { has.to_owned() } else { format!("{has}; can {}", can.join(", ")) })
}
