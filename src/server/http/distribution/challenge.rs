//! What a client is told that has to sign in: where it gets a token, and for what (CNCF distribution, "Token
//! Authentication Specification"). It is always Bearer, also for HEAD, every value in quotes, one challenge a line.

use super::Resource;
use crate::domain::RepositoryName;
use crate::server::context::App;
use axum::http::{HeaderValue, Method, Uri};

/// What a request needs, in the words of the token service.
pub(super) fn scope(method: &Method, uri: &Uri) -> Option<String> {
    let path = super::with_colons(uri.path());
    let resource = Resource::parse(&path);
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    let (name, actions) = match resource {
        Resource::Base | Resource::Unknown => return None,
        Resource::Catalog => return Some("registry:catalog:*".to_owned()),
        Resource::Uploads(name) | Resource::Upload(name, _) => (name, "pull,push"),
        Resource::Tags(name) | Resource::Referrers(name, _) => (name, "pull"),
        Resource::Manifest(name, _) | Resource::Blob(name, _) if is_read => (name, "pull"),
        Resource::Manifest(name, _) | Resource::Blob(name, _) if *method == Method::DELETE => (name, "delete"),
        Resource::Manifest(name, _) | Resource::Blob(name, _) => (name, "pull,push"),
    };
    // A name that is none would be the client's text in our header.
    let name: RepositoryName = name.parse().ok()?;
    let own = format!("repository:{name}:{actions}");
    let query = uri.query().unwrap_or_default();
    let from = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "from");
    let from = from.filter(|_| matches!(resource, Resource::Uploads(_)) && *method == Method::POST);
    let from = from.and_then(|(_, from)| from.parse::<RepositoryName>().ok()).filter(|from| *from != name);
    Some(from.map_or_else(|| own.clone(), |from| format!("{own} repository:{from}:pull")))
}

/// The header of a refusal.
pub(super) fn header(app: &App, scope: Option<&str>, error: Option<&str>) -> HeaderValue {
    let mut text = format!(r#"Bearer realm="{}/token",service="{}""#, app.facts.public_url, app.facts.host);
    for (key, value) in [("scope", scope), ("error", error)] {
        if let Some(value) = value {
            text.push_str(&format!(r#",{key}="{value}""#));
        }
    }
    HeaderValue::from_str(&text).expect("addresses, names and words fit a header")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_what_the_request_needs() {
        let of = |method: Method, uri: &str| scope(&method, &uri.parse().unwrap());
        let digest = format!("sha256:{}", "0".repeat(64));
        assert_eq!(of(Method::GET, "/v2/"), None);
        assert_eq!(of(Method::GET, "/v2/_catalog").unwrap(), "registry:catalog:*");
        assert_eq!(of(Method::HEAD, "/v2/a/b/manifests/v1").unwrap(), "repository:a/b:pull");
        assert_eq!(of(Method::PUT, "/v2/a/b/manifests/v1").unwrap(), "repository:a/b:pull,push");
        assert_eq!(of(Method::DELETE, "/v2/a/b/manifests/v1").unwrap(), "repository:a/b:delete");
        assert_eq!(of(Method::DELETE, "/v2/a/blobs/uploads/x").unwrap(), "repository:a:pull,push");
        let mount = format!("/v2/a/blobs/uploads/?mount={digest}&from=c/d");
        assert_eq!(of(Method::POST, &mount).unwrap(), "repository:a:pull,push repository:c/d:pull");
        for odd in ["/v2/A/manifests/v1", "/v2/a%22/manifests/v1", "/v2/a/what"] {
            assert_eq!(of(Method::GET, odd), None, "{odd}");
        }
    }
}
