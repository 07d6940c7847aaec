//! What went wrong with another registry, in words for the person who can mend it.
//!
//! Every text follows the registry's name in [`Error::Upstream`]: "registry.acme.dev did not
//! answer within 10 s". None of them repeats an address with its query, a header or a body: those
//! may hold secrets, and are written by somebody else.

use super::limits::Limits;
use crate::domain::Error;
use crate::server::guard::Blocked;
use std::error::Error as StdError;
use std::io::ErrorKind;
use std::time::Duration;

/// The error that names a registry which answered, and not as it should.
pub fn upstream(registry: &str, message: impl Into<String>) -> Error {
    Error::Upstream { registry: registry.to_owned(), message: message.into(), is_down: false }
}

/// The same error where the registry as a whole could not be asked.
pub fn down(error: Error) -> Error {
    match error {
        Error::Upstream { registry, message, .. } => Error::Upstream { registry, message, is_down: true },
        other => other,
    }
}

/// For a status: one that speaks of the registry as a whole makes it count as down.
pub fn by_status(status: u16, error: Error) -> Error {
    if matches!(status, 429 | 500..=599) { down(error) } else { error }
}

/// Whether the connection broke in a way that another attempt may not.
pub fn is_reset(error: &reqwest::Error) -> bool {
    !error.is_timeout() && !error.is_connect() && cause(error, broke_off).is_some()
}

/// Why a request failed before there was an answer, or while one was read.
pub fn words(error: &reqwest::Error, limits: &Limits) -> String {
    if let Some(Blocked(ip)) = cause(error, |source| source.downcast_ref::<Blocked>()) {
        return blocked(*ip);
    }
    if error.is_dns() {
        return "has no address: its name is not known to DNS; check url".to_owned();
    }
    if error.is_connect() && error.is_timeout() {
        return format!(
            "could not be reached within {}; check url, and whether a firewall is between",
            span(limits.connect)
        );
    }
    if error.is_timeout() {
        return format!("did not answer within {}; see whether it is overloaded, then try again", span(limits.read));
    }
    if let Some(tls) = cause(error, |source| source.downcast_ref::<rustls::Error>()) {
        return tls_words(tls);
    }
    match cause(error, |source| source.downcast_ref::<std::io::Error>()).map(std::io::Error::kind) {
        Some(ErrorKind::ConnectionRefused) => {
            "refused the connection; check that it runs, and that url names the right port".to_owned()
        }
        Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => {
            "cannot be reached from this machine's network; check url and the network".to_owned()
        }
        _ if cause(error, broke_off).is_some() => "broke off in the middle of an answer; try again".to_owned(),
        _ if error.is_connect() => "could not be connected to; check url, and that it runs".to_owned(),
        _ => "gave an answer that is not HTTP; check that url points at the registry itself".to_owned(),
    }
}

/// Why an address was not connected to.
pub fn blocked(ip: std::net::IpAddr) -> String {
    let bits = if ip.is_ipv4() { 32 } else { 128 };
    format!(
        "is at {ip}, which is not a public address; if that is right, allow it: limits.outbound_allow = [\"{ip}/{bits}\"] in \
         the configuration, which takes a restart"
    )
}

/// What it means that a token of our own is refused.
pub fn own_token_refused() -> String {
    "refused a token of this Portolan (401); give it the block of auth.token and the certificate that the page of this \
     mount shows"
        .to_owned()
}

/// What a status that nobody asked for means.
pub fn status_words(status: u16, retry_after: Option<Duration>, has_credentials: bool) -> String {
    match status {
        401 if has_credentials => {
            "refused the user name or password (401); check username and password of this mount".to_owned()
        }
        401 => "asks for a user name and a password (401); set username and password_file of this mount".to_owned(),
        403 => "denied access (403); give the user of this mount the right to pull".to_owned(),
        429 => match retry_after {
            Some(wait) => format!("had too many requests from here (429) and asks to wait {}", span(wait)),
            None => "had too many requests from here (429); try again later".to_owned(),
        },
        500..=599 => format!("failed with status {status}; look into its log, or try again later"),
        _ => format!("gave an unexpected answer (status {status}); check that url points at the registry itself"),
    }
}

/// Why a registry did not do what it was asked to change, by its status and the code of its first error.
pub fn change_words(status: u16, code: &str) -> String {
    match (status, code) {
        (403, _) | (_, "DENIED") => {
            format!("denied access ({status}); give the user of this mount the right to push and to delete")
        }
        (405, _) | (_, "UNSUPPORTED") => format!(
            "takes no changes ({status}); see whether it is set to be read-only, such as by storage.maintenance.readonly of CNCF distribution"
        ),
        (_, "TAG_INVALID") => format!("does not take that name for a tag ({status})"),
        (_, "MANIFEST_BLOB_UNKNOWN" | "BLOB_UNKNOWN" | "MANIFEST_UNKNOWN") => {
            format!("misses a part of that image ({status}); see whether its garbage collection took it")
        }
        (413, _) | (_, "TOOMANYREQUESTS") => format!("takes no more at present ({status}); see its quotas"),
        _ => format!("did not do that (status {status}); look into its log"),
    }
}

/// An error with how far the change had come.
pub fn at_step(error: Error, words: &str) -> Error {
    match error {
        Error::Upstream { registry, message, is_down } => {
            Error::Upstream { registry, message: format!("{message}; {words}"), is_down }
        }
        other => other,
    }
}

/// That a page for people came where data was expected.
pub fn web_page(instead_of: &str) -> String {
    format!("answered with a web page instead of {instead_of}; check that url points at the registry itself")
}

/// That an answer cannot be read.
pub fn odd(instead_of: &str) -> String {
    format!("answered with something that is not {instead_of}; check that url points at the registry itself")
}

/// A time in words.
pub fn span(time: Duration) -> String {
    if time.subsec_millis() == 0 { format!("{} s", time.as_secs()) } else { format!("{} ms", time.as_millis()) }
}

fn tls_words(error: &rustls::Error) -> String {
    use rustls::CertificateError as Bad;
    match error {
        rustls::Error::InvalidCertificate(bad) => match bad {
            Bad::UnknownIssuer => {
                "has a certificate of an authority that is not known here; name its CA certificate in ca_file"
                    .to_owned()
            }
            Bad::Expired | Bad::ExpiredContext { .. } => {
                "has a certificate that has expired; renew it there".to_owned()
            }
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
                "has a certificate for another name; check url".to_owned()
            }
            other => format!("has a certificate that cannot be trusted ({other})"),
        },
        rustls::Error::InvalidMessage(_) => {
            "does not speak TLS on that port; if it is plain HTTP, write http:// in url".to_owned()
        }
        other => format!("could not agree on a TLS connection ({other})"),
    }
}

/// hyper does not export the error for an answer that ended too early; its text is all there is.
fn broke_off<'e>(source: &'e (dyn StdError + 'static)) -> Option<&'e (dyn StdError + 'static)> {
    let kinds =
        [ErrorKind::ConnectionReset, ErrorKind::ConnectionAborted, ErrorKind::BrokenPipe, ErrorKind::UnexpectedEof];
    let io = source.downcast_ref::<std::io::Error>().is_some_and(|io| kinds.contains(&io.kind()));
    (io || source.to_string().contains("closed before message completed")).then_some(source)
}

/// The first cause that `pick` knows. An `io::Error` hides its own cause one level deeper.
fn cause<'e, T: ?Sized>(
    error: &'e reqwest::Error,
    pick: impl Fn(&'e (dyn StdError + 'static)) -> Option<&'e T>,
) -> Option<&'e T> {
    let mut next: Option<&'e (dyn StdError + 'static)> = error.source();
    while let Some(source) = next {
        if let Some(found) = pick(source) {
            return Some(found);
        }
        let inner = source.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = inner.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| source.source());
    }
    None
}
