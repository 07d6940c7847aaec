//! `App`: the parts that every request may use, by trait. Built once, in `app.rs`; nothing is
//! constructed here, and nothing else is global.

use super::access::{Access, Caller};
use super::clock::Clock;
use super::entropy::Entropy;
use super::events::Events;
use super::identity::Identity;
use super::layers::Layers;
use super::looks::Looks;
use super::metrics::Metrics;
use super::mounted::Mounts;
use super::pulls::Pulls;
use super::registry::WriteRegistry;
use super::store::Store;
use super::turns::Turns;

pub use super::events::Changed;
pub use super::mounted::{Mount, Upstream};
use crate::domain::error::What;
use crate::domain::view::MountKind;
use crate::domain::{Error, MountPrefix, Namespace, RepositoryName, Result};
use ipnet::IpNet;
use std::ops::Deref;
use std::sync::Arc;

/// Everything a request may use. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts themselves.
pub struct Parts {
    pub access: Access,
    pub identity: Identity,
    pub store: Store,
    pub mounts: Mounts,
    /// Asks for a fresh look at a repository of a registry elsewhere.
    pub looks: Looks,
    /// Asks for the files of layers.
    pub layers: Layers,
    pub events: Events,
    pub metrics: Metrics,
    pub pulls: Pulls,
    /// Plans that are redeemed at registries elsewhere at this moment.
    pub redeeming: Turns,
    /// One preview of very many tags is worked out at a time: each keeps a core busy for seconds.
    pub weighing: tokio::sync::Mutex<()>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub facts: Facts,
}

/// What stays the same while the server runs.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The console's address, without a slash at the end.
    pub public_url: String,
    /// Host and port for pull and push commands.
    pub host: String,
    /// For how many days what is deleted is kept where no namespace says so.
    pub trash_days: u32,
    /// For how many days history keeps the images that tags named.
    pub history_days: u32,
    /// Who may say for others where a request comes from.
    pub trusted_proxies: Vec<IpNet>,
    /// Said loudly on every page, such as the policy in force.
    pub banner: Option<String>,
    /// For how long a client can count on content that it pushed or was told of.
    pub grace_ms: i64,
    /// How often garbage is collected by itself; never where it is 0.
    pub collect_every_ms: i64,
    /// Whether this is a read-only console over one existing registry (`serve --try`).
    pub is_try: bool,
}

impl Facts {
    /// Whether browsers reach the console without TLS, which only this machine's own may.
    pub fn is_plain_http(&self) -> bool {
        self.public_url.starts_with("http://")
    }
}

impl App {
    /// Puts the parts together; only `app.rs` calls it.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Parts {
    /// The mount under whose prefix a repository lies: the longest one that fits.
    pub fn mount(&self, repository: &RepositoryName) -> Option<Arc<Mount>> {
        self.longest(|prefix| prefix.strip(repository).is_some())
    }

    /// The same, if names may be changed there.
    ///
    /// # Errors
    /// [`Error::ReadOnly`] where it is that.
    pub fn changeable(&self, repository: &RepositoryName) -> Result<Arc<Mount>> {
        let mount = self.mount(repository).ok_or_else(|| Error::NotFound(What::Repository(repository.clone())))?;
        mount.require_changes()?;
        Ok(mount)
    }

    /// The mount in which a namespace lies, there or not: that of the repositories right below it.
    pub fn mount_below(&self, namespace: &Namespace) -> Option<Arc<Mount>> {
        self.longest(|prefix| prefix.has_below(namespace))
    }

    fn longest(&self, fits: impl Fn(&MountPrefix) -> bool) -> Option<Arc<Mount>> {
        let mounts = self.mounts.now();
        let fitting = mounts.iter().filter(|mount| fits(&mount.prefix));
        fitting.max_by_key(|mount| mount.prefix.as_str().len()).cloned()
    }

    /// The mount of the hosted registry in which a namespace lies.
    ///
    /// # Errors
    /// [`Error::Elsewhere`], in words of who asks, by the host of the registry that keeps it.
    pub fn hosted_below(&self, namespace: &Namespace, words: impl FnOnce(&str) -> String) -> Result<Arc<Mount>> {
        let mount = self.mount_below(namespace);
        let host = mount.as_ref().and_then(|mount| mount.kept_at());
        let elsewhere = || Error::Elsewhere(words(host.as_deref().unwrap_or("a registry elsewhere")));
        mount.filter(|mount| mount.kind == MountKind::Hosted).ok_or_else(elsewhere)
    }

    /// Puts in force what the console mounts now; costs nothing where access did not change since.
    pub async fn follow_mounts(&self) -> Result<()> {
        let epoch = self.identity.epoch().await?;
        self.mounts.follow(&self.store, &self.identity.sealing, epoch).await
    }

    /// The hosted registry that serves a repository over `/v2`.
    ///
    /// # Errors
    /// Not found, naming the upstream, where the path belongs to a registry elsewhere.
    pub fn hosted(&self, repository: &RepositoryName) -> Result<(Arc<Mount>, Arc<dyn WriteRegistry>)> {
        let absent = || Error::NotFound(What::Repository(repository.clone()));
        let mount = self.mount(repository).ok_or_else(absent)?;
        match (&mount.write, &mount.upstream) {
            (Some(write), _) => Ok((Arc::clone(&mount), Arc::clone(write))),
            (None, Some(upstream)) => {
                let inner = mount.prefix.strip(repository).unwrap_or_default();
                let upstream = format!("{}/{}", upstream.host, upstream.name(inner));
                Err(Error::NotFound(What::Elsewhere { name: repository.clone(), upstream }))
            }
            (None, None) => Err(absent()),
        }
    }
}

/// The parts and the caller of the page or server function that is running.
pub async fn request() -> Result<(App, Caller)> {
    let outside = || Error::Unavailable("this runs inside a request only".to_owned());
    let app = leptos::prelude::use_context::<App>().ok_or_else(outside)?;
    let caller = leptos::prelude::use_context::<Caller>().ok_or_else(outside)?;
    Ok((app, caller))
}
