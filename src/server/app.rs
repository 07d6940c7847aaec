//! The composition root: the only file that names concrete implementations.

use super::access::{Access, Policy, Refusal};
use super::blobs::{BlobStore, FilesystemBlobs};
use super::clock::{Clock, SystemClock};
use super::config::{Config, MountConfig, MountKindConfig};
use super::context::{App, Facts, Mount, Parts, Upstream};
use super::entropy::{Entropy, SystemEntropy, new_id};
use super::events::Events;
use super::jobs::Runner;
use super::looks::Looks;
use super::metrics::Metrics;
use super::registry::hosted::{HostedParts, HostedRegistry};
use super::registry::remote::{Credentials, Limits, RemoteRegistry, RemoteSettings};
use super::registry::{ReadRegistry, WriteRegistry};
use super::store::mounts::Configured;
use super::store::{Change, Store, mounts};
use crate::domain::MountPrefix;
use crate::domain::action::Maintain;
use crate::domain::principal::Job;
use crate::domain::view::MountKind;
use anyhow::{Context, Result};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Refusals that wait to be written; more than that under attack are counted in the log only.
const WAITING_REFUSALS: usize = 1024;

/// What can be chosen besides the configuration.
pub struct Choices {
    pub policy: Policy,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

impl Choices {
    /// The real clock and randomness under `policy`.
    pub fn real(policy: Policy) -> Self {
        Self { policy, clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy::default()) }
    }
}

/// Opens everything that the configuration names and puts it together: what requests use, and what runs by itself.
pub async fn build(config: &Config, choices: Choices) -> Result<(App, Runner)> {
    let Choices { policy, clock, entropy } = choices;
    let location = config.database()?;
    let events = Events::default();
    let store = Store::open(&location, Arc::clone(&clock), Arc::clone(&entropy), events.clone()).await?;
    let access = Access::new(policy, record_refusals(store.clone()));
    let configured = with_root(&config.mounts);
    let hosted = configured.iter().any(|mount| mount.kind == MountKindConfig::Hosted);
    let blobs: Option<Arc<dyn BlobStore>> = match hosted {
        true => Some(Arc::new(FilesystemBlobs::open(&config.blob_folder())?)),
        false => None,
    };
    let ids = configure(&store, &access, &configured, &*clock, &*entropy).await?;
    let make = |mount: &MountConfig, id: String| match &blobs {
        Some(blobs) if mount.kind == MountKindConfig::Hosted => {
            let (prefix, store, blobs) = (mount.prefix.clone(), store.clone(), Arc::clone(blobs));
            let (clock, entropy) = (Arc::clone(&clock), Arc::clone(&entropy));
            Ok(hosted_mount(mount, HostedParts { mount_id: id, prefix, store, blobs, clock, entropy }))
        }
        _ => remote_mount(config, mount, id, Arc::clone(&entropy)),
    };
    let mounts = configured.iter().zip(ids).map(|(mount, id)| make(mount, id)).collect::<Result<_>>()?;
    let (looks, asked) = Looks::channel();
    let app = App::new(Parts {
        access,
        store,
        mounts,
        looks,
        events,
        metrics: Metrics::default(),
        clock,
        entropy,
        facts: facts(config, policy),
    });
    Ok((app.clone(), Runner::new(app, asked, blobs)))
}

fn facts(config: &Config, policy: Policy) -> Facts {
    let is_try = policy == Policy::ReadOnly;
    let banner = match policy {
        Policy::OpenOnLoopback => "Open on loopback: whoever reaches this address may read and change everything.",
        Policy::ReadOnly => {
            "A look at an existing registry: nothing can be changed, and nothing is kept when the server stops."
        }
    };
    Facts { public_url: config.public_url(), host: config.host(), banner: Some(banner.to_owned()), is_try }
}

/// The empty prefix is the hosted registry unless something else is mounted there.
fn with_root(mounts: &[MountConfig]) -> Vec<MountConfig> {
    let mut mounts = mounts.to_vec();
    let is_taken = mounts.iter().any(|mount| mount.prefix.is_root() || mount.kind == MountKindConfig::Hosted);
    if !is_taken {
        mounts.insert(0, MountConfig::of(MountKindConfig::Hosted, MountPrefix::default()));
    }
    mounts
}

async fn configure(
    store: &Store,
    access: &Access,
    configured: &[MountConfig],
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<Vec<String>> {
    let row = |mount: &MountConfig| Configured {
        id: new_id(entropy, clock.now()),
        prefix: mount.prefix.clone(),
        kind: if mount.kind == MountKindConfig::Hosted { MountKind::Hosted } else { MountKind::Remote },
        url: mount.url.clone().unwrap_or_default(),
        refresh_s: (mount.kind != MountKindConfig::Hosted).then_some(mount.refresh_s),
    };
    let rows: Vec<Configured> = configured.iter().map(row).collect();
    let proof = access.system(Job::Crawl, Maintain {});
    let write = store
        .write(&proof, move |tx| Box::pin(async move { Ok(Change::bookkeeping(mounts::configure(tx, &rows).await?)) }));
    Ok(write.await?)
}

fn hosted_mount(mount: &MountConfig, parts: HostedParts) -> Mount {
    let id = parts.mount_id.clone();
    let registry = Arc::new(HostedRegistry::new(parts));
    let read: Arc<dyn ReadRegistry> = Arc::clone(&registry) as _;
    let write: Arc<dyn WriteRegistry> = registry;
    let (prefix, kind) = (mount.prefix.clone(), MountKind::Hosted);
    Mount { id, prefix, kind, read, write: Some(write), upstream: None, refresh_s: mount.refresh_s }
}

fn remote_mount(config: &Config, mount: &MountConfig, id: String, entropy: Arc<dyn Entropy>) -> Result<Mount> {
    let url = mount.url.as_deref().unwrap_or_default();
    let password = mount.password()?;
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
    };
    let upstream_prefix = mount.upstream_prefix.as_deref().map(|prefix| prefix.trim_matches('/').to_owned());
    let upstream = Upstream { host: authority(&settings.url), prefix: upstream_prefix };
    let read: Arc<dyn ReadRegistry> = Arc::new(RemoteRegistry::new(settings, Limits::default(), entropy)?);
    let (prefix, kind) = (mount.prefix.clone(), MountKind::Remote);
    Ok(Mount { id, prefix, kind, read, write: None, upstream: Some(upstream), refresh_s: mount.refresh_s })
}

fn authority(url: &url::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Keeps the record of refusals without making anybody wait for it.
fn record_refusals(store: Store) -> impl Fn(Refusal) + Send + Sync + 'static {
    let (sender, mut waiting) = mpsc::channel::<Refusal>(WAITING_REFUSALS);
    tokio::spawn(async move {
        while let Some(refusal) = waiting.recv().await {
            if let Err(error) = store.record_refusal(refusal).await {
                tracing::error!(%error, "a refusal could not be recorded");
            }
        }
    });
    move |refusal| {
        if let Err(error) = sender.try_send(refusal) {
            tracing::warn!(%error, "a refusal is not in the audit log: too many at once");
        }
    }
}

/// Whether a remote registry answers, and what it can do, for `portolan check`.
pub async fn reach(config: &Config, mount: &MountConfig) -> Result<String> {
    let mount = remote_mount(config, mount, String::new(), Arc::new(SystemEntropy::default()))?;
    let names = mount.read.repositories(None, 1).await?;
    if let Some(first) = names.items.first() {
        mount.read.tags(first, None, 1).await?;
    }
    let found = mount.read.capabilities().await;
    let can: Vec<&str> = found.iter().filter(|(_, has)| *has == Some(true)).map(|(what, _)| what.words()).collect();
    let has = if names.items.is_empty() { "answers, and lists no repository" } else { "answers" };
    Ok(if can.is_empty() { has.to_owned() } else { format!("{has}; {}", can.join(", ")) })
}
