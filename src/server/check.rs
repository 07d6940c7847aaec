//! `portolan check`: whether the configuration works, without changing anything.

use super::config::{Config, MountKindConfig};
use super::http::connections;
use super::lock::lock;
use super::store::{self, Location};
use super::terminal::say;
use anyhow::{Result, bail};
use std::path::Path;

/// Looks at the configuration and everything that it names; prints a line each, fails if one fails.
pub async fn check(config: &Config) -> Result<()> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut failures = 0;
    let mut report = |what: &str, found: Result<String, String>| match found {
        Ok(text) => say(format_args!("ok      {what}: {text}")),
        Err(text) => {
            failures += 1;
            say(format_args!("failed  {what}: {text}"));
        }
    };
    report("configuration", Ok(format!("serves {} on {}", config.public_url(), config.server.listen)));
    report("data folder", folder(&config.data.dir));
    report("database", database(&config.database()?).await);
    if config.mounted().iter().any(|mount| mount.kind == MountKindConfig::Hosted) {
        report("blob store", folder(&config.blob_folder()));
    }
    if let Some(loaded) = connections::tls(config.server.tls_files()).await.transpose() {
        report("TLS", loaded.map(|_| "certificate and key can be read".to_owned()).map_err(|error| error.to_string()));
    }
    for mount in config.mounts.iter().filter(|mount| mount.kind == MountKindConfig::Remote) {
        let name = format!("registry at {}", mount.url.as_deref().unwrap_or_default());
        report(&name, super::app::reach(config, mount).await.map_err(|error| format!("{error:#}")));
    }
    for provider in &config.auth.providers {
        let name = format!("identity provider {}", provider.name);
        let found = super::app::reach_provider(config, provider).await;
        report(&name, found.map_err(|error| format!("{error:#}")));
    }
    match failures {
        0 => Ok(()),
        1 => bail!("one check failed; see above"),
        _ => bail!("{failures} checks failed; see above"),
    }
}

/// Computes again what the catalog derives, while nothing else uses the data.
pub async fn rebuild_catalog(config: &Config) -> Result<()> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let database = config.database()?;
    if store::inspect(&database).await?.is_none() {
        let place = match &database {
            Location::Sqlite(path) => path.display().to_string(),
            Location::Postgres(_) => "database.url".to_owned(), // It may hold a password.
        };
        bail!("there is no database of Portolan at {place}; give this the configuration of the server");
    }
    let _locks = lock(config)?;
    let rebuilt = super::app::rebuild(config).await?;
    say(format_args!("rebuilt {} repositories from {} manifests", rebuilt.repositories, rebuilt.manifests));
    Ok(())
}

fn folder(path: &Path) -> Result<String, String> {
    let nearest = path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("."));
    let metadata = nearest.metadata().map_err(|error| format!("{}: {error}", nearest.display()))?;
    if !metadata.is_dir() {
        return Err(format!("{} is not a folder", nearest.display()));
    }
    match tempfile::tempfile_in(nearest) {
        Ok(_) if nearest == path => Ok(format!("{} can be written", path.display())),
        Ok(_) => Ok(format!("{} will be made at the first start", path.display())),
        Err(error) => {
            Err(format!("{} cannot be written ({error}); give this user the right, or set data.dir", nearest.display()))
        }
    }
}

async fn database(location: &Location) -> Result<String, String> {
    match store::inspect(location).await.map_err(|error| error.to_string())? {
        None => Ok("will be made at the first start".to_owned()),
        Some((found, known)) if found == known => Ok(format!("schema version {found}, up to date")),
        Some((found, known)) => Ok(format!("schema version {found}; the next start brings it to {known}")),
    }
}
