//! The composition root: the only file that names concrete implementations.

mod mounts;
mod providers;

pub use mounts::reach;

use super::access::{Access, Authorized, FindVisibility, Policy, Record};
use super::blobs::{BlobStore, FilesystemBlobs};
use super::clock::{Clock, SystemClock};
use super::config::{Config, MountConfig, MountKindConfig, ProviderConfig};
use super::context::{App, Facts, Parts};
use super::entropy::{Entropy, SystemEntropy, new_id};
use super::events::Events;
use super::identity::provider::Means;
use super::identity::sealing::Sealing;
use super::identity::signing::{self, Signing};
use super::identity::{Identity, Settings};
use super::jobs::Runner;
use super::layers::Layers;
use super::looks::Looks;
use super::metrics::Metrics;
use super::mounted::Mounts;
use super::pulls::Pulls;
use super::registry::hosted::{HostedParts, HostedRegistry};
use super::store::mounts::Configured;
use super::store::visibilities::Visibilities;
use super::store::{Rebuilt, Store, blobs as blob_rows, instance, mounts as mount_rows};
use super::turns::Turns;
use crate::domain::action::Maintain;
use crate::domain::principal::Job;
use crate::domain::view::MountKind;
use crate::domain::{Action, RepositoryVisibility};
use anyhow::{Result, bail};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Records that wait to be written; more than that under attack are counted in the log only.
const WAITING_RECORDS: usize = 4096;
/// How many records share a transaction.
const RECORDS_TOGETHER: usize = 256;

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
    let remotes = configured.iter().map(|mount| mounts::remote(config, mount, &entropy)).collect::<Result<Vec<_>>>()?;
    let (location, events) = (config.database()?, Events::default());
    let store = Store::open(&location, Arc::clone(&clock), Arc::clone(&entropy), events.clone()).await?;
    let access = Access::new(policy, Arc::clone(&clock), find_visibility(store.clone()), record_all(store.clone()));
    let identity = identity(config, &store, &access, (&clock, &entropy)).await?;
    let hosted = configured.iter().any(|mount| mount.kind == MountKindConfig::Hosted);
    let blobs = if hosted { Some(open_blobs(config, &store).await?) } else { None };
    let (trash_days, grace_ms) = (config.trash.days as u32, config.gc.grace_s as i64 * 1000); // Checked.
    let ids = configure(&store, &access, &configured, &*clock, &*entropy).await?;
    let hosted = |id: &str, blobs: &Arc<dyn BlobStore>| {
        let (store, blobs, clock, entropy) =
            (store.clone(), Arc::clone(blobs), Arc::clone(&clock), Arc::clone(&entropy));
        let keeps = access.system(Job::Collect, Maintain {});
        let mount_id = id.to_owned();
        HostedRegistry::new(HostedParts { mount_id, store, blobs, clock, entropy, trash_days, grace_ms, keeps })
    };
    let own = mounts::Own {
        signing: Arc::clone(&identity.signing),
        clock: Arc::clone(&clock),
        entropy: Arc::clone(&entropy),
    };
    let mut of_file = Vec::with_capacity(configured.len());
    for ((mount, id), remote) in configured.iter().zip(ids).zip(remotes) {
        of_file.push(match (remote, &blobs) {
            (Some(remote), _) => mounts::remote_mount(mount, id, remote, &own),
            (None, Some(blobs)) => mounts::hosted_mount(mount, hosted(&id, blobs), id),
            (None, None) => unreachable!("where a hosted mount is configured its blobs were opened"),
        });
    }
    let connector = mounts::Connector { own, outbound_allow: config.limits.outbound_allow.clone() };
    let ((looks, asked), (layers, unread)) = (Looks::channel(), Layers::channel());
    let app = App::new(Parts {
        access,
        identity,
        store,
        mounts: Mounts::new(of_file, Arc::new(connector)),
        looks,
        layers,
        events,
        metrics: Metrics::default(),
        pulls: Pulls::default(),
        redeeming: Turns::default(),
        weighing: tokio::sync::Mutex::default(),
        clock,
        entropy,
        facts: facts(config, policy),
    });
    app.follow_mounts().await?;
    crate::server::service::long_work::end_displaced(&app, &app.access.system(Job::Run, Maintain {})).await?;
    Ok((app.clone(), Runner::new(app, asked, unread, blobs)))
}

/// The content of the hosted registry, which is that of this database.
async fn open_blobs(config: &Config, store: &Store) -> Result<Arc<dyn BlobStore>> {
    let blobs = FilesystemBlobs::open(&config.blob_folder())?.reserving(config.storage.reserve_bytes);
    pair(store, &blobs).await?;
    Ok(Arc::new(blobs))
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
    let (trash_days, history_days) = (config.trash.days as u32, config.history.days as u32); // Checked.
    Facts {
        public_url: config.public_url(),
        host: config.host(),
        trash_days,
        history_days,
        grace_ms: config.gc.grace_s as i64 * 1000,
        collect_every_ms: config.gc.every_s as i64 * 1000,
        trusted_proxies,
        banner,
        is_try,
    }
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
    let keeps = signing::Parts {
        store: store.clone(),
        sealing: Arc::clone(&sealing),
        clock: Arc::clone(clock),
        entropy: Arc::clone(entropy),
        proof: access.system(Job::SignIn, Maintain {}),
    };
    let signing = Arc::new(Signing::load(config.public_url(), keeps).await?);
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
        below: mount.upstream_prefix.clone(),
        refresh_s: (mount.kind != MountKindConfig::Hosted).then_some(mount.refresh_s),
    };
    let rows: Vec<Configured> = configured.iter().map(row).collect();
    let (proof, now) = (access.system(Job::Crawl, Maintain {}), clock.now());
    let write = store.note(&proof, move |tx| Box::pin(async move { mount_rows::configure(tx, &rows, now).await }));
    Ok(write.await?)
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

/// Keeps records without making anybody wait for it.
fn record_all(store: Store) -> impl Fn(Record) + Send + Sync + 'static {
    let (sender, mut waiting) = mpsc::channel::<Record>(WAITING_RECORDS);
    tokio::spawn(async move {
        let mut records = Vec::new();
        while waiting.recv_many(&mut records, RECORDS_TOGETHER).await > 0 {
            if let Err(error) = store.record(std::mem::take(&mut records)).await {
                tracing::error!(%error, "what happened could not be recorded");
            }
        }
    });
    move |record| {
        if let Err(error) = sender.try_send(record) {
            tracing::warn!(%error, "something is not in the audit log: too much at once");
        }
    }
}

/// Whether an identity provider answers as it must, for `portolan check`.
pub async fn reach_provider(config: &Config, provider: &ProviderConfig) -> Result<String> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (provider, _) = providers::one(config, provider, &clock)?;
    provider.way.reach().await?;
    Ok(format!("answers as {}", provider.way.issuer()))
}
