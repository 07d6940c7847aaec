//! Registries at their prefixes: those of the configuration for as long as the server runs, and those of the console,
//! which change while it does. Every node reads the latter again when access changed.

use super::identity::sealing::Sealing;
use super::registry::changing::ChangeRegistry;
use super::registry::{ReadRegistry, WriteRegistry};
use super::secret::Secret;
use super::store::Store;
use super::store::mount_settings::{self, Kept};
use crate::domain::mount::{MountSettings, address};
use crate::domain::view::MountKind;
use crate::domain::{Error, MountPrefix, RepositoryName, Result};
use std::sync::{Arc, PoisonError, RwLock};

/// What the password of a registry is sealed for: it opens at no other prefix and for no other address.
pub fn purpose(prefix: &MountPrefix, url: &str) -> String {
    format!("the password of a registry {prefix} {url}")
}

/// A registry at its prefix.
pub struct Mount {
    pub id: String,
    pub prefix: MountPrefix,
    pub kind: MountKind,
    pub read: Arc<dyn ReadRegistry>,
    /// `None` where pushes do not go through Portolan.
    pub write: Option<Arc<dyn WriteRegistry>>,
    /// What changes tags where the registry keeps them, and sends content there; `None` where it is read only.
    pub changes: Option<Arc<dyn ChangeRegistry>>,
    /// Whether what is deleted there is held by a hidden tag for a while.
    pub keeps_trash: bool,
    /// Where to pull from directly, for a registry elsewhere: its host and the prefix of its names.
    pub upstream: Option<Upstream>,
    /// The only names of that registry that are mounted, as it calls them, where they stand in for its catalog.
    pub only: Option<Vec<String>>,
    pub refresh_s: u64,
    /// As which service the registry asks this Portolan for tokens, where it trusts them.
    pub token_service: Option<String>,
}

impl Mount {
    /// Where its repositories are.
    pub fn address(&self) -> String {
        match &self.upstream {
            Some(upstream) => address(&upstream.url, upstream.prefix.as_ref()),
            None => "this Portolan".to_owned(),
        }
    }

    /// What a repository is called here that its registry calls so; none where it is not mounted.
    pub fn named_here(&self, upstream: &RepositoryName) -> Option<RepositoryName> {
        let is_mounted = self.only.as_ref().is_none_or(|only| only.iter().any(|name| name == upstream.as_str()));
        let inner = self.upstream.as_ref()?.inner(upstream.as_str())?;
        self.prefix.join(inner).ok().filter(|_| is_mounted)
    }

    /// Whether names are changed in it: it is kept here, or at a registry elsewhere that may be changed.
    pub fn takes_changes(&self) -> bool {
        self.write.is_some() || self.changes.is_some()
    }

    /// # Errors
    /// [`Error::ReadOnly`] where no names are changed in it.
    pub fn require_changes(&self) -> Result<()> {
        if self.takes_changes() {
            return Ok(());
        }
        let host = self.kept_at().unwrap_or_else(|| "its registry".to_owned());
        Err(Error::ReadOnly(format!(
            "nothing is changed at {host} from here: the mount {} is read-only",
            self.prefix.shown()
        )))
    }

    /// The host of the registry elsewhere that keeps its repositories; none where they are kept here.
    pub fn kept_at(&self) -> Option<String> {
        self.upstream.as_ref().filter(|_| self.write.is_none()).map(|upstream| upstream.host.clone())
    }
}

/// How a remote registry's repositories are called at their own place.
#[derive(Clone, Debug)]
pub struct Upstream {
    pub url: String,
    pub host: String,
    pub prefix: Option<RepositoryName>,
}

impl Upstream {
    /// The upstream's own name of a repository that is called `inner` under the mount.
    pub fn name(&self, inner: &str) -> String {
        self.prefix.as_ref().map_or_else(|| inner.to_owned(), |prefix| format!("{prefix}/{inner}"))
    }

    /// The inverse: `None` for a name that is not mounted from there.
    pub fn inner<'n>(&self, name: &'n str) -> Option<&'n str> {
        match &self.prefix {
            None => Some(name),
            Some(prefix) => name.strip_prefix(prefix.as_str())?.strip_prefix('/'),
        }
    }
}

/// What somebody typed of a registry, with its password.
#[derive(Clone, Debug)]
pub struct Typed {
    pub id: String,
    pub prefix: MountPrefix,
    pub settings: MountSettings,
    pub password: Option<Secret>,
}

/// Makes a registry of what somebody typed. It goes only where addresses that are typed may lead.
pub trait Connect: Send + Sync {
    /// The registry, which is not asked yet.
    ///
    /// # Errors
    /// [`Error::Invalid`] of the setting that cannot be right.
    fn connect(&self, typed: Typed) -> Result<Mount>;
}

/// All mounts in force.
pub struct Mounts {
    of_file: Vec<Arc<Mount>>,
    connect: Arc<dyn Connect>,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    /// The epoch of access in which they were read; none before the first time.
    epoch: Option<i64>,
    of_console: Vec<(Kept, Arc<Mount>)>,
    all: Arc<Vec<Arc<Mount>>>,
}

impl Mounts {
    /// Those of the configuration; those of the console come with the first [`Self::follow`].
    pub fn new(of_file: Vec<Mount>, connect: Arc<dyn Connect>) -> Self {
        let of_file: Vec<Arc<Mount>> = of_file.into_iter().map(Arc::new).collect();
        let state = State { all: Arc::new(of_file.clone()), ..State::default() };
        Self { of_file, connect, state: RwLock::new(state) }
    }

    /// The mounts at this moment.
    pub fn now(&self) -> Arc<Vec<Arc<Mount>>> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner).all)
    }

    /// One of them, by its id.
    pub fn find(&self, id: &str) -> Option<Arc<Mount>> {
        self.now().iter().find(|mount| mount.id == id).cloned()
    }

    /// Whether the configuration holds a mount.
    pub fn is_of_file(&self, prefix: &MountPrefix) -> bool {
        self.of_file.iter().any(|mount| mount.prefix == *prefix)
    }

    /// Makes a registry to be asked, without mounting it.
    ///
    /// # Errors
    /// As [`Connect::connect`].
    pub fn connect(&self, typed: Typed) -> Result<Mount> {
        self.connect.connect(typed)
    }

    /// Reads those of the console again if access changed since. What did not change stays as it is, with what it
    /// learned of its registry.
    pub async fn follow(&self, store: &Store, sealing: &Sealing, epoch: i64) -> Result<()> {
        if self.state.read().unwrap_or_else(PoisonError::into_inner).epoch >= Some(epoch) {
            return Ok(());
        }
        let kept = mount_settings::all(store).await?;
        let known = self.state.read().unwrap_or_else(PoisonError::into_inner).of_console.clone();
        let mut of_console = Vec::with_capacity(kept.len());
        let of_file = |service: &str| self.of_file.iter().any(|mount| mount.token_service.as_deref() == Some(service));
        for row in kept {
            if of_file(&row.settings.token_service) {
                tracing::error!(prefix = %row.prefix, "a mount of the console has the token service of one of the configuration, and is not in force");
                continue;
            }
            let same = known.iter().find(|(before, _)| *before == row).map(|(_, mount)| Arc::clone(mount));
            match same.map_or_else(|| self.open(&row, sealing).map(Arc::new), Ok) {
                Ok(mount) => of_console.push((row, mount)),
                Err(error) => tracing::error!(prefix = %row.prefix, %error, "a mount of the console is not in force"),
            }
        }
        let all = self.of_file.iter().chain(of_console.iter().map(|(_, mount)| mount)).cloned().collect();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        // Who began to read before another change is not to end after who read that one.
        if state.epoch < Some(epoch) {
            *state = State { epoch: Some(epoch), of_console, all: Arc::new(all) };
        }
        Ok(())
    }

    fn open(&self, row: &Kept, sealing: &Sealing) -> Result<Mount> {
        let open = |sealed: &Vec<u8>| {
            let text = sealing.open(&purpose(&row.prefix, &row.settings.url), sealed)?;
            Ok(Secret::from(String::from_utf8_lossy(&text).into_owned()))
        };
        let password = row.sealed.as_ref().map(open).transpose()?;
        let (id, prefix, settings) = (row.id.clone(), row.prefix.clone(), row.settings.clone());
        self.connect.connect(Typed { id, prefix, settings, password })
    }
}
