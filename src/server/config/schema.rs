//! Every key, its type and its default.

pub use super::keeping::{GcConfig, HistoryConfig, TrashConfig};

use super::values::{flag, listen, number, path, stated_flag};
use crate::domain::{MountPrefix, ProviderKind, RepositoryName};
use crate::server::secret::Secret;
use ipnet::IpNet;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The whole configuration.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub server: ServerConfig,
    pub data: DataConfig,
    pub database: DatabaseConfig,
    pub storage: StorageConfig,
    pub auth: AuthConfig,
    pub mounts: Vec<MountConfig>,
    pub trash: TrashConfig,
    pub history: HistoryConfig,
    pub gc: GcConfig,
    pub limits: LimitsConfig,
    pub telemetry: TelemetryConfig,
    pub admin: AdminConfig,
}

/// Where the server listens and how it is reached.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    #[serde(deserialize_with = "listen")]
    pub listen: SocketAddr,
    pub public_url: Option<String>,
    pub trusted_proxies: Vec<IpNet>,
    pub tls_cert_file: Option<PathBuf>,
    pub tls_key_file: Option<PathBuf>,
    /// Seconds that running requests get when the server stops.
    #[serde(deserialize_with = "number")]
    pub drain_s: u64,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            trusted_proxies: vec![],
            tls_cert_file: None,
            tls_key_file: None,
            drain_s: 20,
        }
    }
}

/// The folder for everything that is kept.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    pub dir: PathBuf,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self { dir: PathBuf::from("./data") }
    }
}

/// The database; SQLite in the data folder where nothing is said.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `postgres://…` or `sqlite:PATH`.
    pub url: Option<Secret>,
    pub url_file: Option<PathBuf>,
}

/// The blob store; the data folder where nothing is said.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StorageConfig {
    /// `file:PATH`.
    pub url: Option<String>,
    /// Bytes of the disk that uploads leave free.
    #[serde(deserialize_with = "number")]
    pub reserve_bytes: u64,
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self { url: None, reserve_bytes: 64 * 1024 * 1024 }
    }
}

/// Sign-in.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    #[serde(deserialize_with = "flag")]
    pub local_sign_in: bool,
    #[serde(deserialize_with = "number")]
    pub session_idle_s: u64,
    #[serde(deserialize_with = "number")]
    pub session_max_s: u64,
    #[serde(deserialize_with = "number")]
    pub recheck_days: u64,
    pub key_file: Option<PathBuf>,
    pub providers: Vec<ProviderConfig>,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            local_sign_in: true,
            session_idle_s: 8 * 3600,
            session_max_s: 30 * 86_400,
            recheck_days: 30,
            key_file: None,
            providers: vec![],
        }
    }
}

/// One provider of identities.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    pub name: String,
    pub kind: ProviderKind,
    pub title: Option<String>,
    pub issuer: Option<String>,
    pub client_id: String,
    pub client_secret: Option<Secret>,
    pub client_secret_file: Option<PathBuf>,
    #[serde(default)]
    pub scopes: Vec<String>,
    pub groups_claim: Option<String>,
    pub username_claim: Option<String>,
    #[serde(default)]
    pub admin_groups: Vec<String>,
    #[serde(default)]
    pub allowed_groups: Vec<String>,
    #[serde(default, deserialize_with = "flag")]
    pub open_sign_up: bool,
    pub url: Option<String>,
    pub api_url: Option<String>,
    pub ca_file: Option<PathBuf>,
}

/// One mounted registry.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MountConfig {
    #[serde(default)]
    pub prefix: MountPrefix,
    pub kind: MountKindConfig,
    pub url: Option<String>,
    pub repositories: Option<Vec<String>>,
    #[serde(default)]
    pub auth_hosts: Vec<String>,
    /// What of the registry is mounted: names below this one.
    #[serde(default, deserialize_with = "path")]
    pub upstream_prefix: Option<RepositoryName>,
    pub members: Option<Vec<String>>,
    pub username: Option<String>,
    pub password: Option<Secret>,
    pub password_file: Option<PathBuf>,
    pub credential_helper: Option<String>,
    pub ca_file: Option<PathBuf>,
    pub client_cert_file: Option<PathBuf>,
    pub client_key_file: Option<PathBuf>,
    /// Whether nothing is changed there; a registry elsewhere is only read where this is not said.
    #[serde(default, deserialize_with = "stated_flag")]
    pub read_only: Option<bool>,
    /// Seconds between two readings of the registry.
    #[serde(default = "refresh_s", deserialize_with = "number")]
    pub refresh_s: u64,
    pub token_service: Option<String>,
    #[serde(default = "yes", deserialize_with = "flag")]
    pub trash: bool,
}

impl MountConfig {
    /// A mount with nothing but its kind and place.
    pub fn of(kind: MountKindConfig, prefix: MountPrefix) -> Self {
        Self {
            prefix,
            kind,
            url: None,
            repositories: None,
            auth_hosts: vec![],
            upstream_prefix: None,
            members: None,
            username: None,
            password: None,
            password_file: None,
            credential_helper: None,
            ca_file: None,
            client_cert_file: None,
            client_key_file: None,
            read_only: None,
            refresh_s: refresh_s(),
            token_service: None,
            trash: true,
        }
    }
}

/// How a registry is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MountKindConfig {
    Hosted,
    Remote,
    Proxy,
}

/// What the server does at most.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Networks that redirects and addresses typed in the console may lead to although they are private.
    pub outbound_allow: Vec<IpNet>,
}

/// What the server tells about itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    /// `text` or `json`.
    pub log_format: LogFormat,
    /// A filter such as `info` or `portolan=debug`.
    pub log: Option<String>,
}

/// How log lines look.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// The first administrator, for automation: made if nobody has the name, and never changed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdminConfig {
    pub username: Option<String>,
    pub password: Option<Secret>,
    pub password_file: Option<PathBuf>,
}

fn refresh_s() -> u64 {
    300
}

fn yes() -> bool {
    true
}
