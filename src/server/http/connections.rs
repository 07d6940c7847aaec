//! Connections: how many there may be, how long each may take to say what it wants, and how long it may rest in the
//! midst of it. Whoever opens sockets and stays silent loses them, and never costs more than its share of memory.

use super::linger::linger;
use super::places::{Place, Places};
use crate::domain::{Error, Result};
use axum::Extension;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{AddExtension, from_fn};
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use ipnet::IpNet;
use std::future::{Ready, ready};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tower::{Layer, ServiceBuilder};
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutBody};

/// Open files that are left for everything else: the database, uploads, other registries.
const OTHER_FILES: usize = 256;

/// Requests that may be under way on one HTTP/2 connection.
const STREAMS: u32 = 64;

/// Bounds of one listener.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The most connections at a time; fewer where the system lets this process open fewer files.
    pub connections: usize,
    /// Until the first request of a connection is there, its headers whole.
    pub first_request: Duration,
    /// Until the headers of each further request are there; an HTTP/1 connection that rests longer is closed.
    pub headers: Duration,
    /// How often an HTTP/2 connection has to show that it lives, and how long it may take.
    pub ping: Duration,
    /// How long a body may pause before its request is given up.
    pub body_pause: Duration,
    /// Proxies: behind one of them are many networks.
    pub proxies: Arc<[IpNet]>,
    /// How long a client may take nothing of what is sent to it (RFC 5482); then the system closes the connection.
    pub stalled: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let (first_request, minute) = (Duration::from_secs(15), Duration::from_secs(60));
        let ping = Duration::from_secs(30);
        Self {
            connections: 4096,
            first_request,
            headers: minute,
            ping,
            body_pause: minute,
            proxies: Arc::default(),
            stalled: minute,
        }
    }
}

/// Loads certificate chain and key, where files are named.
///
/// # Errors
/// [`Error::Invalid`] that names both, if they cannot be read or do not belong together.
pub async fn tls(files: Option<(&Path, &Path)>) -> Result<Option<RustlsConfig>> {
    let Some((cert, key)) = files else { return Ok(None) };
    let loaded = RustlsConfig::from_pem_file(cert, key).await;
    loaded.map(Some).map_err(|error| {
        let files = format!("{} and {}", cert.display(), key.display());
        Error::invalid(
            "server.tls_cert_file",
            format!("TLS cannot start from {files} ({error}); name a certificate chain and the key that belongs to it, in PEM"),
        )
    })
}

/// Answers what comes in on `listener` until `handle` says stop.
pub async fn serve(
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    handle: Handle<SocketAddr>,
    router: Router,
    limits: Limits,
) -> io::Result<()> {
    let server = axum_server::from_tcp(listener)?.first_request_timeout(limits.first_request).handle(handle);
    let server = server.accept_error_handler(|from: Option<&SocketAddr>, error| match from {
        None => tracing::warn!(%error, "connections wait: none can be taken at this moment"),
        Some(from) => tracing::debug!(%from, %error, "a connection was not what it has to be"),
    });
    let bodies = ServiceBuilder::new()
        .layer(RequestBodyTimeoutLayer::new(limits.body_pause))
        .map_request(|request: Request<TimeoutBody<Body>>| request.map(Body::new))
        .layer(from_fn(linger));
    let router = Router::new().fallback_service(bodies.service(router));
    let (bounded, service) = (Bounded::new(&limits), router.into_make_service_with_connect_info::<SocketAddr>());
    match tls {
        Some(tls) => timed(server.acceptor(RustlsAcceptor::new(tls).acceptor(bounded)), &limits).serve(service).await,
        None => timed(server.acceptor(bounded), &limits).serve(service).await,
    }
}

fn timed<A>(mut server: Server<SocketAddr, A>, limits: &Limits) -> Server<SocketAddr, A> {
    let builder = server.http_builder();
    builder.http1().header_read_timeout(limits.headers);
    builder.http2().keep_alive_interval(limits.ping).keep_alive_timeout(limits.ping).max_concurrent_streams(STREAMS);
    server
}

/// Takes connections while there is room, and closes others at once.
#[derive(Clone)]
struct Bounded {
    places: Places,
    stalled_ms: u32,
}

impl Bounded {
    /// Room for as many connections as the limits say, or as the system lets this process open files. Each may have
    /// a file of its own open.
    fn new(limits: &Limits) -> Self {
        let files = usize::try_from(raise_open_files()).unwrap_or(usize::MAX);
        let most = limits.connections.min(files.saturating_sub(OTHER_FILES) / 2).max(1);
        let stalled_ms = u32::try_from(limits.stalled.as_millis()).unwrap_or(u32::MAX);
        Self { places: Places::new(most, Arc::clone(&limits.proxies)), stalled_ms }
    }
}

impl<S> Accept<TcpStream, S> for Bounded {
    type Stream = TcpStream;
    /// Keeps the place for as long as the connection lives.
    type Service = AddExtension<S, Arc<Place>>;
    type Future = Ready<io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let from = stream.peer_addr().ok().map(|peer| peer.ip());
        ready(match self.places.take(from) {
            Some(place) => {
                let _ = stream.set_nodelay(true); // Answers are small; waiting to fill a packet only delays them.
                let _ = rustix::net::sockopt::set_tcp_user_timeout(&stream, self.stalled_ms);
                Ok((stream, Extension(Arc::new(place)).layer(service)))
            }
            None => Err(io::Error::other("too many connections at once")),
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use axum::routing::{get, post};
    use futures::{StreamExt, stream};
    use std::sync::Mutex;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;
    use tokio::time::timeout;

    const WHOLE: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const SHORT: Duration = Duration::from_millis(300);
    /// Longer than anything here takes.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// What the server says until it closes the connection, or has said this much.
    async fn said(stream: &mut TcpStream, n_bytes: u64) -> String {
        let mut said = String::new();
        let _ = stream.take(n_bytes).read_to_string(&mut said).await;
        said
    }

    struct Running {
        address: SocketAddr,
        handle: Handle<SocketAddr>,
        served: JoinHandle<io::Result<()>>,
    }

    impl Running {
        fn start(router: Router, limits: Limits) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.set_nonblocking(true).unwrap();
            let (address, handle) = (listener.local_addr().unwrap(), Handle::new());
            Self { address, served: tokio::spawn(serve(listener, None, handle.clone(), router, limits)), handle }
        }

        async fn connect(&self, sends: &[u8]) -> TcpStream {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            let _ = stream.write_all(sends).await;
            stream
        }

        async fn stop(self) {
            self.handle.shutdown();
            self.served.await.unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn whoever_stays_silent_loses_the_place_that_others_wait_for() {
        let limits = Limits { connections: 2, first_request: SHORT, headers: SHORT, ..Limits::default() };
        let running = Running::start(Router::new().route("/", get(|| async { "here" })), limits);
        let (mut silent, mut rests) = (running.connect(&WHOLE[..20]).await, running.connect(WHOLE).await);
        assert!(said(&mut rests, 15).await.starts_with("HTTP/1.1 200"));
        assert_eq!(said(&mut running.connect(WHOLE).await, 15).await, "", "there is room for two");

        assert!(!said(&mut silent, 15).await.contains("200"), "half a request is given up");
        said(&mut rests, 10_000).await; // Until a connection that only rests is closed too.
        let mut next = running.connect(WHOLE).await;
        assert!(said(&mut next, 15).await.starts_with("HTTP/1.1 200"), "the places are free again");
        running.stop().await;
    }

    /// FLT-18.
    #[tokio::test]
    async fn a_body_that_pauses_for_too_long_is_given_up() {
        let limits = Limits { body_pause: SHORT, ..Limits::default() };
        let running = Running::start(Router::new().route("/", post(|body: String| async { body })), limits);
        let head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\n";
        let mut whole = running.connect(format!("{head}abcd").as_bytes()).await;
        assert!(said(&mut whole, 10_000).await.ends_with("abcd"));
        let mut pauses = running.connect(format!("{head}abc").as_bytes()).await;
        let said = timeout(PATIENCE, said(&mut pauses, 10_000)).await.expect("the connection is closed");
        assert!(said.starts_with("HTTP/1.1 4"), "{said}");
        running.stop().await;
    }

    #[tokio::test]
    async fn whoever_sends_all_before_listening_reads_why_it_was_refused() {
        let refuse = || async { (StatusCode::FORBIDDEN, "no") };
        let running = Running::start(Router::new().route("/", post(refuse)), Limits::default());
        let n_bytes = 64 << 20; // More than fits into any buffer on the way.
        let head = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {n_bytes}\r\n\r\n");
        let mut sender = running.connect(head.as_bytes()).await;
        sender.write_all(&vec![0; n_bytes]).await.expect("all of it is taken");
        assert!(said(&mut sender, 15).await.starts_with("HTTP/1.1 403"));
        sender.write_all(WHOLE).await.expect("the connection goes on");
        let waits =
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
        let answer = said(&mut running.connect(waits.as_bytes()).await, 10_000).await;
        assert!(answer.starts_with("HTTP/1.1 403"), "who waits is not asked for what nobody reads: {answer}");
        running.stop().await;
    }

    /// FLT-18.
    #[tokio::test]
    async fn a_reader_that_takes_nothing_is_given_up() {
        let (sent, is_over) = oneshot::channel::<()>();
        let sent = Arc::new(Mutex::new(Some(sent)));
        // More than fits into any buffer on the way; dropped with the connection.
        let endless = move || {
            let sent = sent.lock().unwrap().take();
            let pieces = stream::repeat(vec![0_u8; 1 << 16]).map(move |piece| {
                let _ = &sent;
                Ok::<_, io::Error>(piece)
            });
            async { Body::from_stream(pieces) }
        };
        let limits = Limits { stalled: SHORT, ..Limits::default() };
        let running = Running::start(Router::new().route("/", get(endless)), limits);
        let mut reader = running.connect(WHOLE).await;
        assert!(said(&mut reader, 15).await.starts_with("HTTP/1.1 200"));
        let over = timeout(PATIENCE, is_over).await.expect("the connection is closed");
        assert!(over.is_err(), "what was sent is dropped");
        running.stop().await;
    }
}
