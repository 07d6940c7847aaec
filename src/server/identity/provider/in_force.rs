//! All providers: those that the configuration names, and those that were added in the console. The latter follow the
//! epoch of access: what changes one raises it, and each node then reads them before it believes anybody.

use super::making::Plan;
use super::{Provider, making};
use crate::domain::{Error, ProviderName, Result};
use crate::server::clock::Clock;
use crate::server::entropy::Entropy;
use crate::server::identity::sealing::Sealing;
use crate::server::secret::Secret;
use crate::server::store::Store;
use crate::server::store::admins::{OfFile, Ways};
use crate::server::store::providers::{self, Stored};
use ipnet::IpNet;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;

/// What it takes to make the providers that were added in the console.
pub struct Means {
    pub store: Store,
    pub sealing: Arc<Sealing>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub public_url: String,
    /// Which addresses they may have besides public ones.
    pub outbound_allow: Arc<[IpNet]>,
    pub local_sign_in: bool,
}

/// All providers, in the order in which people see them.
pub struct Providers {
    of_file: Vec<(Arc<Provider>, Plain)>,
    saved: RwLock<Arc<Saved>>,
    /// One reads them for all who wait.
    turn: Mutex<()>,
    means: Means,
}

/// How a provider of the configuration is set, for people to read.
pub type Plain = (crate::domain::ProviderKind, crate::domain::ProviderSettings);

/// Those of the console, as they were in an epoch.
struct Saved {
    epoch: i64,
    all: Vec<One>,
}

#[derive(Clone)]
struct One {
    id: String,
    name: ProviderName,
    revision: i64,
    is_enabled: bool,
    /// `None` where its secret is missing or cannot be opened.
    provider: Option<Arc<Provider>>,
}

impl Providers {
    /// Those that the configuration names; the others are read by [`Self::follow`].
    pub fn of_file(of_file: Vec<(Provider, Plain)>, means: Means) -> Self {
        let of_file = of_file.into_iter().map(|(provider, plain)| (Arc::new(provider), plain)).collect();
        let saved = RwLock::new(Arc::new(Saved { epoch: i64::MIN, all: vec![] }));
        Self { of_file, saved, turn: Mutex::default(), means }
    }

    /// Makes those of the console what they are in this epoch; each is made anew only if it changed.
    pub async fn follow(&self, epoch: i64) -> Result<()> {
        if self.saved().epoch >= epoch {
            return Ok(());
        }
        let _turn = self.turn.lock().await;
        let before = self.saved();
        if before.epoch >= epoch {
            return Ok(());
        }
        let rows = providers::all(&self.means.store).await?;
        let known = |row: &Stored| before.all.iter().find(|it| it.id == row.id && it.revision == row.revision).cloned();
        let all = rows.into_iter().map(|row| known(&row).unwrap_or_else(|| self.read(row))).collect();
        *self.saved.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Saved { epoch, all });
        Ok(())
    }

    fn saved(&self) -> Arc<Saved> {
        Arc::clone(&self.saved.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn read(&self, row: Stored) -> One {
        let provider = self.make(&row);
        if let Err(error) = &provider {
            tracing::warn!(provider = %row.name, %error, "this sign-in provider is not in force");
        }
        let Stored { id, name, revision, is_enabled, .. } = row;
        One { id, name, revision, is_enabled, provider: provider.ok().map(Arc::new) }
    }

    fn make(&self, row: &Stored) -> Result<Provider> {
        let missing = || Error::Unavailable("its client secret is missing; give it again".to_owned());
        let sealed = row.secret.as_ref().ok_or_else(missing)?;
        let secret = self.means.sealing.open(&purpose(&row.id, &row.settings.url), sealed)?;
        let secret = Secret::from(String::from_utf8(secret).map_err(|_| Error::Internal)?);
        let plan = Plan {
            name: row.name.to_string(),
            kind: row.kind,
            settings: row.settings.clone(),
            secret,
            public_url: self.means.public_url.clone(),
            ca_file: None,
            guard: Some(Arc::clone(&self.means.outbound_allow)),
        };
        plan.make(&self.means.clock)
    }

    /// Seals the secret of a provider: it opens for no other, and not once its address is another one.
    pub fn seal(&self, id: &str, url: &str, secret: &Secret) -> Result<Vec<u8>> {
        self.means.sealing.seal(&purpose(id, url), secret.expose().as_bytes(), &*self.means.entropy)
    }

    /// Whether it is this secret that is sealed.
    pub fn is_sealed(&self, (id, url): (&str, &str), sealed: &[u8], secret: &Secret) -> bool {
        let opened = self.means.sealing.open(&purpose(id, url), sealed);
        opened.is_ok_and(|opened| String::from_utf8(opened).is_ok_and(|text| Secret::from(text) == *secret))
    }

    /// Those in force.
    pub fn all(&self) -> Vec<Arc<Provider>> {
        let saved = self.saved();
        let live = saved.all.iter().filter(|it| it.is_enabled && !self.is_of_file(it.name.as_str()));
        let of_file = self.of_file.iter().map(|(provider, _)| Arc::clone(provider));
        of_file.chain(live.filter_map(|it| it.provider.clone())).collect()
    }

    /// The one of that name that is in force.
    pub fn find(&self, name: &str) -> Option<Arc<Provider>> {
        self.all().into_iter().find(|provider| provider.name == name)
    }

    /// The one of that name which was added in the console, in force or not.
    pub fn saved_as(&self, name: &str) -> Option<Arc<Provider>> {
        let saved = self.saved();
        let found = saved.all.iter().find(|it| it.name.as_str() == name && !self.is_of_file(name))?;
        found.provider.clone()
    }

    /// What people call the one of that name, in force or not; its name where nobody says any more.
    pub fn title(&self, name: &str) -> String {
        let found = self.find(name).or_else(|| self.saved_as(name));
        found.map_or_else(|| name.to_owned(), |provider| provider.title.clone())
    }

    /// The names of those in force.
    pub fn names(&self) -> Vec<String> {
        self.all().into_iter().map(|provider| provider.name.clone()).collect()
    }

    /// Whether the configuration names it. It is set there then, and nowhere else.
    pub fn is_of_file(&self, name: &str) -> bool {
        self.of_file.iter().any(|(provider, _)| provider.name == name)
    }

    /// Those that the configuration names, as they are set there.
    pub fn set_in_file(&self) -> impl Iterator<Item = (&str, &Plain)> {
        self.of_file.iter().map(|(provider, plain)| (provider.name.as_str(), plain))
    }

    /// Whether one of this name vouches for subjects of this issuer: a name that now leads elsewhere does not.
    pub fn has(&self, name: &str, issuer: &str) -> bool {
        self.all().iter().any(|provider| provider.name == name && provider.way.issuer() == issuer)
    }

    /// By what somebody may come in, as far as the configuration says; what was added in the console stands in the
    /// database.
    pub fn ways(&self) -> Ways {
        let of_file = self.of_file.iter().map(|(it, _)| OfFile {
            name: it.name.clone(),
            issuer: it.way.issuer().to_owned(),
            admin_groups: it.rules.admin_groups.clone(),
        });
        let of_file = of_file.collect();
        Ways { local_sign_in: self.means.local_sign_in, of_file }
    }

    /// Where the provider of that name sends browsers back to.
    pub fn callback(&self, name: &str) -> String {
        making::callback(&self.means.public_url, name)
    }
}

fn purpose(id: &str, url: &str) -> String {
    format!("the client secret of the sign-in provider {id} at {url}")
}
