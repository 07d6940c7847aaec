//! Basic, tokens, and token services that are not to be trusted.

use super::upstream::*;
use crate::domain::Error;
use crate::server::registry::ReadRegistry;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `robot:hunter2`
const BASIC: &str = "Basic cm9ib3Q6aHVudGVyMg==";

fn challenge(realm: &str) -> String {
    format!(r#"Bearer realm="{realm}",service="reg",scope="repository:x:pull""#)
}

/// A registry that is its own token service; `life_s` is what it says of its tokens, and it takes
/// only the newest.
async fn with_tokens(life_s: u64) -> Upstream {
    let issued = Arc::new(AtomicUsize::new(0));
    Upstream::start(move |seen| {
        if seen.path.starts_with("/token?") {
            let number = issued.fetch_add(1, Ordering::SeqCst) + 1;
            return json(format!(r#"{{"token":"t{number}","expires_in":{life_s}}}"#));
        }
        let number = issued.load(Ordering::SeqCst);
        if seen.path.contains("/revoke/") {
            issued.fetch_add(1, Ordering::SeqCst);
        }
        if number > 0 && seen.authorization == Some(format!("Bearer t{number}")) {
            return json(r#"{"tags":["v1"]}"#);
        }
        answer(401, &[("www-authenticate", &challenge("/token"))], "")
    })
    .await
}

/// Realms are absolute; the server learns its own address only by being asked.
async fn token_registry(life_s: u64) -> Upstream {
    let inner = with_tokens(life_s).await;
    let url = inner.url.clone();
    drop(inner);
    let issued = Arc::new(AtomicUsize::new(0));
    let realm = Arc::new(std::sync::OnceLock::<String>::new());
    let own = realm.clone();
    let server = Upstream::start(move |seen| {
        if seen.path.starts_with("/token?") {
            let number = issued.fetch_add(1, Ordering::SeqCst) + 1;
            return json(format!(r#"{{"token":"t{number}","expires_in":{life_s}}}"#));
        }
        let number = issued.load(Ordering::SeqCst);
        if number > 0 && seen.authorization == Some(format!("Bearer t{number}")) {
            return json(r#"{"tags":["v1"]}"#);
        }
        answer(401, &[("www-authenticate", &challenge(own.get().unwrap()))], "")
    })
    .await;
    let _ = url;
    realm.set(format!("{}token", server.url)).unwrap();
    server
}
