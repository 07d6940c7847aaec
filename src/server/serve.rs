//! `portolan serve`: takes the data folder, listens, says where, and stops without cutting anybody off.

mod announce;

use super::access::Policy;
use super::app::{self, Choices};
use super::config::{Config, MountConfig, MountKindConfig, ServerConfig};
use super::context::App;
use super::events::Events;
use super::http::connections;
use super::http::router::router;
use super::identity::sign_in;
use super::lock::lock;
use super::secret::Secret;
use crate::domain::MountPrefix;
use anyhow::{Context, Result, bail};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How long background work may take to give back what it holds when the server stops.
const WIND_UP: Duration = Duration::from_secs(5);

/// A look at an existing registry: its address, and how to sign in there.
pub struct Try {
    pub url: String,
    pub username: Option<String>,
    pub password_file: Option<std::path::PathBuf>,
}

/// Runs the server until it is told to stop.
pub async fn serve(mut config: Config, look: Option<Try>) -> Result<()> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default(); // Set already in tests.
    let temporary = look.as_ref().map(|_| tempfile::Builder::new().prefix("portolan-try-").tempdir()).transpose()?;
    if let (Some(look), Some(folder)) = (&look, &temporary) {
        if !config.server.listen.ip().is_loopback() {
            bail!(
                "--try shows a registry to whoever asks, so it listens on this machine only; set server.listen to 127.0.0.1:PORT"
            );
        }
        look_only(&mut config, look, folder.path());
    }
    let tls = connections::tls(config.server.tls_files()).await?;
    let listener = listen(config.server.listen)?;
    config.server.listen = listener.local_addr()?;
    let _locks = lock(&config)?;
    let policy = if look.is_some() { Policy::ReadOnly } else { Policy::Grants };
    let (app, jobs) = app::build(&config, Choices::real(policy)).await?;
    jobs.schedule().await?;
    let stop = CancellationToken::new();
    let running = tokio::spawn(jobs.run(stop.clone()));
    let (store, announced) = (app.store.clone(), app.clone());
    let link = if look.is_some() { None } else { first_administrator(&app, &config).await? };
    let ready = || announce::ready(&announced, config.server.listen, look.as_ref(), link.as_ref());
    let served = answer(&config.server, listener, tls, app, ready).await;
    stop.cancel();
    if tokio::time::timeout(WIND_UP, running).await.is_err() {
        tracing::warn!("background work did not end in time; what it held is free again in a minute");
    }
    store.close().await?;
    served
}

/// Makes the administrator that the configuration names; else the link by which somebody becomes the first one, if
/// there is none yet.
async fn first_administrator(app: &App, config: &Config) -> Result<Option<Secret>> {
    if let (Some(username), Some(password)) = (&config.admin.username, config.admin_password()?) {
        sign_in::admin_by_configuration(app, username.parse()?, password).await.context("admin.username")?;
    }
    let link = sign_in::first_run(app).await?;
    if link.is_none() && sign_in::is_locked_out(app).await? {
        tracing::warn!(
            "no administrator can sign in as auth is configured (auth.local_sign_in, [[auth.providers]]); \
             `portolan user recover NAME` prints a link by which one comes in"
        );
    }
    Ok(link)
}

fn look_only(config: &mut Config, look: &Try, folder: &Path) {
    let url = if look.url.contains("://") { look.url.clone() } else { format!("https://{}", look.url) };
    config.data.dir = folder.to_owned();
    config.database = Default::default();
    config.storage = Default::default();
    let mut mount = MountConfig::of(MountKindConfig::Remote, MountPrefix::default());
    mount.url = Some(url);
    mount.username.clone_from(&look.username);
    mount.password_file.clone_from(&look.password_file);
    mount.refresh_s = 60;
    config.mounts = vec![mount];
}

fn listen(address: SocketAddr) -> Result<TcpListener> {
    let listener = TcpListener::bind(address).with_context(|| {
        format!("{address} cannot be listened on; stop what uses it, or set server.listen (PORTOLAN_SERVER__LISTEN)")
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves until the end; `ready` is called when everything that could fail at the start has not.
async fn answer(
    server: &ServerConfig,
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    app: App,
    ready: impl FnOnce(),
) -> Result<()> {
    let (handle, terminate) = (Handle::new(), signal(SignalKind::terminate())?);
    let drain = Duration::from_secs(server.drain_s);
    tokio::spawn(stop_gracefully(terminate, handle.clone(), app.events.clone(), drain));
    ready();
    let proxies = server.trusted_proxies.clone().into();
    let limits = connections::Limits { proxies, ..connections::Limits::default() };
    Ok(connections::serve(listener, tls, handle, router(app), limits).await?)
}

/// On SIGTERM or Ctrl-C: takes no new connections, and gives running requests their time.
async fn stop_gracefully(mut terminate: Signal, handle: Handle<SocketAddr>, events: Events, drain: Duration) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    tracing::info!(drain_s = drain.as_secs(), "stopping; running requests may end");
    events.close();
    handle.graceful_shutdown(Some(drain));
}
