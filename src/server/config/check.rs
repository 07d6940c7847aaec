//! What has to fit together beyond the type of each value, and what follows from it.

use super::merge::Merged;
use super::{Config, ConfigError, MountConfig, MountKindConfig, ServerConfig};
use crate::domain::MountPrefix;
use crate::domain::trash::MAX_DAYS;
use crate::server::loopback::is_loopback;
use crate::server::secret::Secret;
use crate::server::store::Location;
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use url::Position;

/// The longest time between two readings of a registry.
const MAX_REFRESH_S: u64 = 30 * 86_400;

/// The longest time between two garbage collections, and that a client can count on what it was told.
const MAX_GC_S: u64 = 30 * 86_400;

/// Refuses a configuration that could not work.
pub(super) fn whole(config: &Config, merged: &Merged) -> Result<(), ConfigError> {
    server(config, merged)?;
    let storage = config.storage.url.as_deref();
    if storage.is_some_and(|url| !url.starts_with("file:")) {
        return Err(merged.error("storage.url", "only file:PATH is supported by this version"));
    }
    let mut prefixes = HashSet::new();
    for (index, mount) in config.mounts.iter().enumerate() {
        if !prefixes.insert(mount.prefix.clone()) {
            let problem = format!("the prefix `{}` is mounted twice; give each mount its own", mount.prefix);
            return Err(merged.error(&format!("mounts[{index}].prefix"), &problem));
        }
        self::mount(mount, index, merged)?;
    }
    let mut services = BTreeSet::from([config.host()]);
    for (index, mount) in config.mounts.iter().enumerate() {
        if mount.token_service.as_ref().is_some_and(|service| !services.insert(service.clone())) {
            let problem = "another registry has this name, and would take its tokens; give each its own";
            return Err(merged.error(&format!("mounts[{index}].token_service"), problem));
        }
    }
    if config.mounts.iter().filter(|mount| mount.kind == MountKindConfig::Hosted).count() > 1 {
        return Err(merged.error("mounts", "there is one hosted registry; leave one mount of kind hosted"));
    }
    for (key, seconds) in [("gc.every_s", config.gc.every_s), ("gc.grace_s", config.gc.grace_s)] {
        if seconds > MAX_GC_S {
            return Err(merged.error(key, "this is a number of seconds, at most 30 days (2592000)"));
        }
    }
    for (key, days) in [("trash.days", config.trash.days), ("history.days", config.history.days)] {
        if days > u64::from(MAX_DAYS) {
            return Err(merged.error(key, &format!("this is a number of days, at most {MAX_DAYS}")));
        }
    }
    let admin = &config.admin;
    if admin.username.is_some() && admin.password.is_none() && admin.password_file.is_none() {
        let remedy = "its password is missing; set PORTOLAN_ADMIN__PASSWORD_FILE (or PORTOLAN_ADMIN__PASSWORD)";
        return Err(merged.error("admin.username", remedy));
    }
    super::providers::check(&config.auth, merged)?;
    config.admin_password().map(|_| ())
}

fn server(config: &Config, merged: &Merged) -> Result<(), ConfigError> {
    let server = &config.server;
    if server.tls_cert_file.is_some() != server.tls_key_file.is_some() {
        return Err(merged.error("server.tls_cert_file", "TLS needs both tls_cert_file and tls_key_file"));
    }
    if !server.listen.ip().is_loopback() && server.public_url.is_none() {
        let problem = "who reaches the server from elsewhere does so under a name: set server.public_url to its \
                       https address (PORTOLAN_SERVER__PUBLIC_URL), or listen on 127.0.0.1:PORT";
        return Err(merged.error("server.listen", problem));
    }
    let Some(text) = &server.public_url else { return Ok(()) };
    let wrong = |problem: &str| Err(merged.error("server.public_url", problem));
    let Ok(url) = url::Url::parse(text) else {
        return wrong("this is no address; write it with its scheme, such as https://registry.example.com");
    };
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return wrong("this is the address of a whole host, without a path or a user: https://registry.example.com");
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if !server.listen.ip().is_loopback() => {
            wrong("who reaches the server from elsewhere would send passwords in plain text; name its https address")
        }
        "http" if url.host().is_some_and(|host| is_loopback(&host)) => Ok(()),
        "http" => wrong("plain http is for loopback only; name TLS files, or the https address of the proxy in front"),
        _ => wrong("the address must start with https:// (or http:// on loopback)"),
    }
}

fn mount(mount: &MountConfig, index: usize, merged: &Merged) -> Result<(), ConfigError> {
    let wrong = |key: &str, problem: &str| Err(merged.error(&format!("mounts[{index}].{key}"), problem));
    match (mount.kind, mount.url.as_deref().map(url::Url::parse)) {
        (MountKindConfig::Proxy, _) => {
            return wrong("kind", "this version has no pull-through caches; use hosted or remote");
        }
        (MountKindConfig::Hosted, _) if mount.read_only == Some(true) => {
            return wrong("read_only", "this version cannot make the hosted registry read-only; remove it");
        }
        (MountKindConfig::Hosted, Some(_)) => return wrong("url", "the hosted registry has no url; remove it"),
        (MountKindConfig::Remote, None) => return wrong("url", "a remote registry needs its address: https://…"),
        (MountKindConfig::Remote, Some(url))
            if !url.as_ref().is_ok_and(|url| matches!(url.scheme(), "http" | "https")) =>
        {
            return wrong("url", "this is no address of a registry; write https://HOST or http://HOST:PORT");
        }
        _ => {}
    }
    let url = mount.url.as_deref().and_then(|url| url::Url::parse(url).ok());
    if url.is_some_and(|url| !url.username().is_empty() || url.password().is_some()) {
        return wrong("url", "the address holds a user or a password; set username and password_file");
    }
    if !(1..=MAX_REFRESH_S).contains(&mount.refresh_s) {
        return wrong("refresh_s", "this must be between 1 second and 30 days (2592000)");
    }
    let unsupported = [
        ("credential_helper", mount.credential_helper.is_some()),
        ("client_cert_file", mount.client_cert_file.is_some() || mount.client_key_file.is_some()),
        ("members", mount.members.is_some()),
    ];
    if let Some((key, _)) = unsupported.iter().find(|(_, set)| *set) {
        return wrong(key, "this version does not know how to use it yet; remove it");
    }
    match mount.token_service.as_deref() {
        Some(_) if mount.kind == MountKindConfig::Hosted => {
            return wrong("token_service", "the hosted registry takes tokens from here anyway; remove it");
        }
        Some(service) if service.is_empty() || service.chars().any(|c| c.is_control() || c == '"') => {
            return wrong("token_service", "write what auth.token.service of that registry says");
        }
        _ => {}
    }
    match (&mount.username, mount.password.is_some() || mount.password_file.is_some()) {
        (Some(_), false) => wrong("password_file", "a username needs a password: set password_file"),
        (None, true) => wrong("username", "a password needs a username"),
        _ => Ok(()),
    }
}

impl Config {
    /// The console's address, without a slash at the end.
    pub fn public_url(&self) -> String {
        let scheme = if self.server.tls_cert_file.is_some() { "https" } else { "http" };
        let url = self.server.public_url.clone().unwrap_or_else(|| format!("{scheme}://{}", self.server.listen));
        match url::Url::parse(&url) {
            // As it is written in headers: without what was forgiven, and in ASCII.
            Ok(url) => url.origin().ascii_serialization(),
            Err(_) => url.trim_end_matches('/').to_owned(),
        }
    }

    /// Host, and port where it is not the usual one: for pull and push commands, and as `Host` names it.
    pub fn host(&self) -> String {
        let url = url::Url::parse(&self.public_url()).expect("the address was checked");
        url[Position::BeforeHost..Position::AfterPort].to_owned()
    }

    /// The mounts in force: the empty prefix is the hosted registry unless something else is mounted there.
    pub fn mounted(&self) -> Vec<MountConfig> {
        let mut mounts = self.mounts.clone();
        let is_taken = mounts.iter().any(|mount| mount.prefix.is_root() || mount.kind == MountKindConfig::Hosted);
        if !is_taken {
            mounts.insert(0, MountConfig::of(MountKindConfig::Hosted, MountPrefix::default()));
        }
        mounts
    }

    /// Where the database is.
    pub fn database(&self) -> Result<Location, ConfigError> {
        let from_file = self.database.url_file.as_deref().map(secret).transpose()?;
        match from_file.as_ref().or(self.database.url.as_ref()).map(Secret::expose) {
            None => Ok(Location::Sqlite(self.data.dir.join("portolan.db"))),
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Ok(Location::Postgres(url.to_owned()))
            }
            Some(url) => match url.strip_prefix("sqlite:") {
                Some(path) => Ok(Location::Sqlite(PathBuf::from(path))),
                None => Err(ConfigError("database.url: write postgres://USER@HOST/NAME or sqlite:PATH".to_owned())),
            },
        }
    }

    /// The file of the key under which secrets are sealed.
    pub fn key_file(&self) -> PathBuf {
        self.auth.key_file.clone().unwrap_or_else(|| self.data.dir.join("secret.key"))
    }

    /// The folder of the blob store.
    pub fn blob_folder(&self) -> PathBuf {
        let url = self.storage.url.as_deref().and_then(|url| url.strip_prefix("file:"));
        url.map_or_else(|| self.data.dir.clone(), |path| PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
    }

    /// The first administrator's password, where the configuration names one.
    pub fn admin_password(&self) -> Result<Option<Secret>, ConfigError> {
        match &self.admin.password_file {
            Some(path) => secret(path).map(Some),
            None => Ok(self.admin.password.clone()),
        }
    }
}

impl ServerConfig {
    /// The files of certificate and key, where both are named.
    pub fn tls_files(&self) -> Option<(&Path, &Path)> {
        self.tls_cert_file.as_deref().zip(self.tls_key_file.as_deref())
    }
}

impl MountConfig {
    /// Whether nothing is changed at its registry.
    pub fn is_read_only(&self) -> bool {
        self.kind != MountKindConfig::Hosted && self.read_only.unwrap_or(true)
    }

    /// The password for the registry, where one is configured.
    pub fn password(&self) -> Result<Option<Secret>, ConfigError> {
        match &self.password_file {
            Some(path) => secret(path).map(Some),
            None => Ok(self.password.clone()),
        }
    }
}

/// A secret from a file, without the line end.
pub fn secret(path: &Path) -> Result<Secret, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) if text.trim().is_empty() => {
            Err(ConfigError(format!("the secret file {} is empty; write the secret into it", path.display())))
        }
        Ok(text) => Ok(Secret::from(text.trim_end_matches(['\n', '\r']).to_owned())),
        Err(error) => Err(ConfigError(format!(
            "the secret file {} cannot be read ({error}); check path and rights",
            path.display()
        ))),
    }
}
