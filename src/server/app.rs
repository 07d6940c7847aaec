//! The composition root: the only file that names concrete implementations.

mod providers;

use super::access::{Access, Authorized, FindVisibility, Policy, Refusal};
use super::blobs::{BlobStore, FilesystemBlobs};
use super::clock::{Clock, SystemClock};
use super::config::{Config, MountConfig, MountKindConfig, ProviderConfig};
use super::context::{App, Facts, Mount, Parts, Upstream};
use super::entropy::{Entropy, SystemEntropy, new_id};
use super::events::Events;
use super::identity::provider::Means;
use super::identity::sealing::Sealing;
use super::identity::signing::Signing;
use super::identity::{Identity, Settings};
use super::jobs::Runner;
use super::looks::Looks;
use super::metrics::Metrics;
use super::pulls::Pulls;
use super::registry::hosted::{HostedParts, HostedRegistry};
use super::registry::remote::{Credentials, Limits, RemoteRegistry, RemoteSettings, authority};
use super::registry::{ReadRegistry, WriteRegistry};
use super::store::mounts::Configured;
use super::store::visibilities::Visibilities;
use super::store::{Rebuilt, Store, blobs as blob_rows, instance, mounts};
use crate::domain::action::Maintain;
use crate::domain::principal::Job;
use crate::domain::view::MountKind;
use crate::domain::{Action, RepositoryVisibility};
use anyhow::{Context, Result, bail};
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
    let configured = config.mounted();
    // What can be wrong without a look at the data comes first: then nothing is touched.
    let remotes = configured.iter().map(|mount| remote(config, mount, &entropy)).collect::<Result<Vec<_>>>()?;
    let location = config.database()?;
    let events = Events::default();
    let store = Store::open(&location, Arc::clone(&clock), Arc::clone(&entropy), events.clone()).await?;
    let access =
        Access::new(policy, Arc::clone(&clock), find_visibility(store.clone()), record_refusals(store.clone()));
    let identity = identity(config, &store, &access, (&clock, &entropy)).await?;
    let hosted = configured.iter().any(|mount| mount.kind == MountKindConfig::Hosted);
    let blobs: Option<Arc<dyn BlobStore>> = match hosted {
        true => Some(Arc::new(FilesystemBlobs::open(&config.blob_folder())?.reserving(config.storage.reserve_bytes))),
        false => None,
    };
    if let Some(blobs) = &blobs {
        pair(&store, &**blobs).await?;
    }
    let ids = configure(&store, &access, &configured, &*clock, &*entropy).await?;
    let hosted = |id: &str, blobs: &Arc<dyn BlobStore>| {
        let (store, blobs, clock, entropy) =
            (store.clone(), Arc::clone(blobs), Arc::clone(&clock), Arc::clone(&entropy));
        HostedRegistry::new(HostedParts { mount_id: id.to_owned(), store, blobs, clock, entropy })
    };
    let mut mounts = Vec::with_capacity(configured.len());
    for ((mount, id), remote) in configured.iter().zip(ids).zip(remotes) {
        mounts.push(match (remote, &blobs) {
            (Some((registry, upstream)), _) => remote_mount(mount, id, registry, upstream),
            (None, Some(blobs)) => hosted_mount(mount, hosted(&id, blobs), id),
            (None, None) => unreachable!("where a hosted mount is configured its blobs were opened"),
        });
    }
    let (looks, asked) = Looks::channel();
    let app = App::new(Parts {
        access,
        identity,
        store,
        mounts,
        looks,
        events,
        metrics: Metrics::default(),
        pulls: Pulls::default(),
        clock,
        entropy,
        facts: facts(config, policy),
    });
    Ok((app.clone(), Runner::new(app, asked, blobs)))
}

/// Content that a database does not know is swept, so a database must never meet the content of another.
async fn pair(store: &Store, blobs: &dyn BlobStore) -> Result<()> {
    let id = instance::id(store).await?;
    let foreign = "the blob store holds the content of another database, which this one would take for leftovers; \
                   set database.url to the database that belongs to it, restore a backup of it, or set storage.url \
                   to an empty folder";
    match blobs.owner().await? {
        Some(owner) if owner == id => Ok(()),
        Some(_) => bail!("{foreign}"),
        // An earlier version did not say: a database that knows nothing of what is there is the wrong one.
        None if blob_rows::any(store).await? || blobs.contents(None, 1).await?.is_empty() => {
            Ok(blobs.belong_to(&id).await?)
        }
        None => bail!("{foreign}"),
    }
}

fn facts(config: &Config, policy: Policy) -> Facts {
    let is_try = policy == Policy::ReadOnly;
    let banner = is_try.then(|| {
        "A look at an existing registry: nothing can be changed, and nothing is kept when the server stops.".to_owned()
    });
    let trusted_proxies = config.server.trusted_proxies.clone();
    Facts { public_url: config.public_url(), host: config.host(), trusted_proxies, banner, is_try }
}

async fn identity(
    config: &Config,
    store: &Store,
    access: &Access,
    (clock, entropy): (&Arc<dyn Clock>, &Arc<dyn Entropy>),
) -> Result<Identity> {
    let ms = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
    let settings = Settings {
        local_sign_in: config.auth.local_sign_in,
        service: config.host(),
        session_idle_ms: ms(config.auth.session_idle_s),
        session_max_ms: ms(config.auth.session_max_s),
        recheck_ms: ms(config.auth.recheck_days.saturating_mul(86_400)),
    };
    let proof = access.system(Job::SignIn, Maintain {});
    let sealing = Arc::new(Sealing::under(&config.key_file(), &**entropy)?);
    let signing = Signing::load(config.public_url(), store, &sealing, (&**clock, &**entropy), &proof).await?;
    let means = Means {
        store: store.clone(),
        sealing: Arc::clone(&sealing),
        clock: Arc::clone(clock),
        entropy: Arc::clone(entropy),
        public_url: config.public_url(),
        outbound_allow: config.limits.outbound_allow.clone().into(),
        local_sign_in: config.auth.local_sign_in,
    };
    let providers = providers::all(config, means)?;
    let parts = (settings, signing, sealing, providers);
    let identity = Identity::new(parts, store.clone(), (Arc::clone(clock), Arc::clone(entropy)), proof);
    identity.epoch().await?; // Providers of the console are known from here on.
    if !config.auth.local_sign_in && identity.providers.all().is_empty() {
        bail!(
            "auth.local_sign_in: nobody could sign in: there are neither passwords nor providers; leave it at true, \
             name a provider in [[auth.providers]], or enable one in the console first"
        );
    }
    Ok(identity)
}

fn find_visibility(store: Store) -> Arc<FindVisibility> {
    let visibilities = Arc::new(Visibilities::new(store));
    Arc::new(move |name| {
        let visibilities = Arc::clone(&visibilities);
        Box::pin(async move { visibilities.of(&name).await })
    })
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
    let write = store.note(&proof, move |tx| Box::pin(async move { mounts::configure(tx, &rows).await }));
    Ok(write.await?)
}

fn hosted_mount(mount: &MountConfig, registry: HostedRegistry, id: String) -> Mount {
    let registry = Arc::new(registry);
    let read: Arc<dyn ReadRegistry> = Arc::clone(&registry) as _;
    let write: Arc<dyn WriteRegistry> = registry;
    let (prefix, kind) = (mount.prefix.clone(), MountKind::Hosted);
    Mount { id, prefix, kind, read, write: Some(write), upstream: None, refresh_s: mount.refresh_s }
}

fn remote_mount(mount: &MountConfig, id: String, registry: RemoteRegistry, upstream: Upstream) -> Mount {
    let (prefix, kind) = (mount.prefix.clone(), MountKind::Remote);
    let refresh_s = mount.refresh_s;
    Mount { id, prefix, kind, read: Arc::new(registry), write: None, upstream: Some(upstream), refresh_s }
}

/// The registry behind a remote mount, which is not asked yet; `None` for the hosted one.
fn remote(
    config: &Config,
    mount: &MountConfig,
    entropy: &Arc<dyn Entropy>,
) -> Result<Option<(RemoteRegistry, Upstream)>> {
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
    };
    let upstream = Upstream { host: authority(&settings.url), prefix: mount.upstream_prefix.clone() };
    let made = RemoteRegistry::new(settings, Limits::default(), Arc::clone(entropy)).with_context(registry)?;
    Ok(Some((made, upstream)))
}

/// Computes again what the catalog derives. The data must be locked.
pub async fn rebuild(config: &Config) -> Result<Rebuilt> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy::default());
    let store = Store::open(&config.database()?, clock, entropy, Events::default()).await?;
    let rebuilt = store.rebuild(&command(Job::Rebuild, Maintain {})).await?;
    store.close().await?;
    Ok(rebuilt)
}

/// The proof under which a command does something: whoever runs it holds the data itself.
pub fn command<A: Action>(job: Job, action: A) -> Authorized<A> {
    let nothing_is_open: Arc<FindVisibility> = Arc::new(|_| Box::pin(async { Ok(RepositoryVisibility::Private) }));
    Access::new(Policy::ReadOnly, Arc::new(SystemClock), nothing_is_open, |_| {}).system(job, action)
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

/// Names that a check asks of a registry.
const NAMES: u32 = 100;

/// Whether a remote registry answers, and what it can do, for `portolan check`.
pub async fn reach(config: &Config, mount: &MountConfig) -> Result<String> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy::default());
    let Some((registry, _)) = remote(config, mount, &entropy)? else { return Ok("is served here".to_owned()) };
    let names = registry.repositories(None, NAMES).await?;
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

/// Whether an identity provider answers as it must, for `portolan check`.
pub async fn reach_provider(config: &Config, provider: &ProviderConfig) -> Result<String> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (provider, _) = providers::one(config, provider, &clock)?;
    provider.way.reach().await?;
    Ok(format!("answers as {}", provider.way.issuer()))
}
