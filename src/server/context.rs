//! `App`: the parts that every request may use, by trait. Built once, in `app.rs`; nothing is
//! constructed here, and nothing else is global.

use super::access::{Access, Caller};
use super::clock::Clock;
use super::entropy::Entropy;
use super::events::Events;
use super::identity::Identity;
use super::looks::Looks;
use super::metrics::Metrics;
use super::pulls::Pulls;
use super::registry::{ReadRegistry, WriteRegistry};
use super::store::Store;
use crate::domain::error::What;
use crate::domain::view::MountKind;
use crate::domain::{Error, MountPrefix, RepositoryName, Result};
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
    pub mounts: Vec<Mount>,
    /// Asks for a fresh look at a repository of a registry that is only read.
    pub looks: Looks,
    pub events: Events,
    pub metrics: Metrics,
    pub pulls: Pulls,
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
    /// Who may say for others where a request comes from.
    pub trusted_proxies: Vec<IpNet>,
    /// Said loudly on every page, such as the policy in force.
    pub banner: Option<String>,
    /// Whether this is a read-only console over one existing registry (`serve --try`).
    pub is_try: bool,
}

impl Facts {
    /// Whether browsers reach the console without TLS, which only this machine's own may.
    pub fn is_plain_http(&self) -> bool {
        self.public_url.starts_with("http://")
    }
}

/// A registry at its prefix.
pub struct Mount {
    pub id: String,
    pub prefix: MountPrefix,
    pub kind: MountKind,
    pub read: Arc<dyn ReadRegistry>,
    /// `None` where pushes do not go through Portolan.
    pub write: Option<Arc<dyn WriteRegistry>>,
    /// Where to pull from directly, for a registry that is only read: its host and the prefix of its names.
    pub upstream: Option<Upstream>,
    pub refresh_s: u64,
}

/// How a remote registry's repositories are called at their own place.
#[derive(Clone, Debug)]
pub struct Upstream {
    pub host: String,
    pub prefix: Option<RepositoryName>,
}

impl Upstream {
    /// The upstream's own name of a repository that is called `inner` under the mount.
    pub fn name(&self, inner: &str) -> String {
        self.prefix.as_ref().map_or_else(|| inner.to_owned(), |prefix| format!("{prefix}/{inner}"))
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
    pub fn mount(&self, repository: &RepositoryName) -> Option<&Mount> {
        let fitting = self.mounts.iter().filter(|mount| mount.prefix.strip(repository).is_some());
        fitting.max_by_key(|mount| mount.prefix.as_str().len())
    }

    /// The hosted registry that serves a repository over `/v2`.
    ///
    /// # Errors
    /// Not found, naming the upstream, where the path belongs to a registry that is only read.
    pub fn hosted(&self, repository: &RepositoryName) -> Result<(&Mount, &Arc<dyn WriteRegistry>)> {
        let absent = || Error::NotFound(What::Repository(repository.clone()));
        let mount = self.mount(repository).ok_or_else(absent)?;
        match (&mount.write, &mount.upstream) {
            (Some(write), _) => Ok((mount, write)),
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
