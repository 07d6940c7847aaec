//! Which addresses are the registry's own, and where an answer points to.

use reqwest::Response;
use url::Url;

/// The host as people write it: with the port where it is not the usual one.
pub fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whether `to` is the host of `from`: the same name and port. From plain HTTP to TLS on their
/// usual ports is the same host too; the way back never is.
pub fn same_host(from: &Url, to: &Url) -> bool {
    if from.host() != to.host() {
        return false;
    }
    match (from.scheme(), to.scheme()) {
        ("http", "https") => from.port().is_none() && to.port().is_none(),
        (from_scheme, to_scheme) => {
            from_scheme == to_scheme && from.port_or_known_default() == to.port_or_known_default()
        }
    }
}

/// Where this answer says to go; `Some(None)` if it says so in a way that cannot be read.
pub fn target(response: &Response, asked: &Url) -> Option<Option<Url>> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get("location").and_then(|location| location.to_str().ok());
    let url = location.and_then(|location| asked.join(location).ok());
    Some(url.filter(|url| matches!(url.scheme(), "http" | "https")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(from: &str, to: &str) -> bool {
        same_host(&Url::parse(from).unwrap(), &Url::parse(to).unwrap())
    }

    #[test]
    fn a_host_is_its_name_and_its_port() {
        assert!(same("https://reg.example/v2/", "https://reg.example:443/x"));
        assert!(same("https://REG.example/v2/", "https://reg.example/x"));
        assert!(same("http://reg.example/v2/", "https://reg.example/v2/"));
        assert!(!same("https://reg.example/v2/", "http://reg.example/v2/"));
        assert!(!same("http://127.0.0.1:5000/", "http://127.0.0.1:5001/"));
        assert!(!same("https://reg.example/", "https://reg.example.evil.example/"));
        assert!(!same("http://localhost/", "http://127.0.0.1/"));
    }
}
