//! `portolan serve`: takes the data folder, listens, says where, and stops without cutting anybody off.

use super::access::Policy;
use super::app::{self, Choices};
use super::config::{Config, MountConfig, MountKindConfig};
use super::context::App;
use super::events::Events;
use super::http::connections;
use super::http::router::router;
use super::terminal::say;
use crate::domain::MountPrefix;
use anyhow::{Context, Result, bail};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use std::fs::{File, TryLockError};
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
        look_only(&mut config, look, folder.path());
    }
    let listener = listen(config.server.listen)?;
    config.server.listen = listener.local_addr()?;
    let _lock = lock(&config.data.dir)?;
    let policy = if look.is_some() { Policy::ReadOnly } else { Policy::OpenOnLoopback };
    let (app, jobs) = app::build(&config, Choices::real(policy)).await?;
    jobs.schedule().await?;
    let stop = CancellationToken::new();
    let running = tokio::spawn(jobs.run(stop.clone()));
    let (store, announced) = (app.store.clone(), app.clone());
    let served = answer(&config, listener, app, || announce(&announced, look.as_ref())).await;
    stop.cancel();
    if tokio::time::timeout(WIND_UP, running).await.is_err() {
        tracing::warn!("background work did not end in time; what it held is free again in a minute");
    }
    store.close().await?;
    served
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

/// Two servers on one data folder would destroy each other's work.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("portolan.lock");
    let unwritable = || {
        format!(
            "the data folder {} cannot be written; create it, give this user the right, or set data.dir",
            folder.display()
        )
    };
    std::fs::create_dir_all(folder).with_context(unwritable)?;
    let file = File::options().create(true).truncate(false).write(true).open(path).with_context(unwritable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("another portolan serves the data folder {}; stop it, or set data.dir", folder.display())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(unwritable),
    }
}

fn announce(app: &App, look: Option<&Try>) {
    let (url, host) = (&app.facts.public_url, &app.facts.host);
    say("");
    say(format_args!("  Portolan is ready:  {url}"));
    match look {
        None => {
            say(format_args!(
                "  Push an image:      docker tag IMAGE {host}/team/web:1.0 && docker push {host}/team/web:1.0"
            ));
            say("");
            say(format_args!("  There is no sign-in yet: whoever reaches {host} may read and change everything."));
            say("  That is why the server listens on this machine only.");
        }
        Some(look) => {
            let port = host.rsplit(':').next().unwrap_or("8080");
            say(format_args!("  Looking at:         {} (read-only; nothing is kept when this stops)", look.url));
            say(format_args!("  From elsewhere:     ssh -L {port}:{host} THIS-SERVER, then open {url}"));
            tokio::spawn(report_findings(app.clone()));
        }
    }
    say("");
}

/// Prints what the first reading found, once it is over.
async fn report_findings(app: App) {
    use crate::domain::view::CrawlState;
    let mut failed = false;
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let Ok(mounts) = super::store::mounts::list(&app.store, app.clock.now()).await else {
            continue;
        };
        let Some(row) = mounts.into_iter().next().map(|mount| mount.row) else {
            return;
        };
        match row.crawl {
            CrawlState::Failed { message } if !failed => {
                say(format_args!("  Could not read it:  {message}"));
                failed = true;
            }
            CrawlState::Rested => {
                let it = row.totals;
                say(format_args!(
                    "  Found {} repositories, {} tags, {} images: {} before sharing layers, {} stored.",
                    it.repositories, it.tags, it.images, it.logical, it.stored
                ));
                if it.tags_sharing > 0 {
                    say(format_args!(
                        "  {} tags share an image with another tag: deleting one by digest would take the others.",
                        it.tags_sharing
                    ));
                }
                return;
            }
            _ => {}
        }
    }
}

/// Serves until the end; `ready` is called when everything that could fail at the start has not.
async fn answer(config: &Config, listener: TcpListener, app: App, ready: impl FnOnce()) -> Result<()> {
    let server = &config.server;
    let tls = match (&server.tls_cert_file, &server.tls_key_file) {
        (Some(cert), Some(key)) => Some(RustlsConfig::from_pem_file(cert, key).await.with_context(|| {
            format!("TLS cannot start from {} and {}; both must be PEM files", cert.display(), key.display())
        })?),
        _ => None,
    };
    let (handle, terminate) = (Handle::new(), signal(SignalKind::terminate())?);
    let drain = Duration::from_secs(server.drain_s);
    tokio::spawn(stop_gracefully(terminate, handle.clone(), app.events.clone(), drain));
    ready();
    Ok(connections::serve(listener, tls, handle, router(app), connections::Limits::default()).await?)
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
