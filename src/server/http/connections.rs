//! Connections: how many there may be, and how long each may take to say what it wants. Whoever opens sockets
//! and stays silent loses them, and never costs more than its share of memory.

use axum::Extension;
use axum::Router;
use axum::middleware::AddExtension;
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use std::future::{Ready, ready};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Layer;

/// The most connections at a time.
const MAX_CONNECTIONS: usize = 4096;
/// Open files that are left for everything else: the database, uploads, other registries.
const OTHER_FILES: usize = 256;
/// Until the first request of a connection is there, its headers whole.
const FIRST_REQUEST: Duration = Duration::from_secs(15);
/// Until the headers of each further request are there; a connection that rests longer is closed.
const HEADERS: Duration = Duration::from_secs(60);
/// How often an HTTP/2 connection has to show that it lives, and how long it may take.
const PING: Duration = Duration::from_secs(30);

/// Answers what comes in on `listener` until `handle` says stop.
pub async fn serve(
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    handle: Handle<SocketAddr>,
    router: Router,
) -> io::Result<()> {
    let server = axum_server::from_tcp(listener)?.first_request_timeout(FIRST_REQUEST).handle(handle);
    let (bounded, service) = (Bounded::new(MAX_CONNECTIONS), router.into_make_service());
    match tls {
        Some(tls) => timed(server.acceptor(RustlsAcceptor::new(tls).acceptor(bounded))).serve(service).await,
        None => timed(server.acceptor(bounded)).serve(service).await,
    }
}

fn timed<A>(mut server: Server<SocketAddr, A>) -> Server<SocketAddr, A> {
    let builder = server.http_builder();
    builder.http1().header_read_timeout(HEADERS);
    builder.http2().keep_alive_interval(PING).keep_alive_timeout(PING);
    server
}

/// Takes connections while there is room, and closes others at once.
#[derive(Clone)]
struct Bounded(Arc<Semaphore>);

impl Bounded {
    /// Room for `most` connections, or for as many as the system lets this process open files. Each may have a
    /// file of its own open.
    fn new(most: usize) -> Self {
        let files = usize::try_from(raise_open_files()).unwrap_or(usize::MAX);
        Self(Arc::new(Semaphore::new(most.min(files.saturating_sub(OTHER_FILES) / 2).max(16))))
    }
}

impl<S> Accept<TcpStream, S> for Bounded {
    type Stream = TcpStream;
    /// Keeps the place for as long as the connection lives.
    type Service = AddExtension<S, Arc<OwnedSemaphorePermit>>;
    type Future = Ready<io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(match Arc::clone(&self.0).try_acquire_owned() {
            Ok(place) => {
                let _ = stream.set_nodelay(true); // Answers are small; waiting to fill a packet only delays them.
                Ok((stream, Extension(Arc::new(place)).layer(service)))
            }
            Err(_) => Err(io::Error::other("too many connections at once")),
        })
    }
}

/// Lets this process open as many files as the system allows it at most; returns how many that is.
fn raise_open_files() -> u64 {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = rustix::process::Rlimit { current: limit.maximum, ..limit };
    let in_force = if setrlimit(Resource::Nofile, raised).is_ok() { raised } else { limit };
    in_force.current.unwrap_or(u64::MAX)
}
