//! What the server prints when it is ready, and what a look at a registry found.

use super::Try;
use crate::server::context::App;
use crate::server::secret::Secret;
use crate::server::terminal::say;
use std::net::SocketAddr;
use std::time::Duration;

/// Says for the log what people's browsers get less of than elsewhere.
fn weaker_cookie(app: &App) {
    if app.facts.is_plain_http() && !app.facts.is_try {
        tracing::info!(
            public_url = app.facts.public_url,
            "the session's cookie is the weaker one, without Secure and without the prefix __Host-: browsers take those \
             over https alone, and this address is plain http on this machine"
        );
    }
}

/// Says that the server is ready, where, and what to do next.
pub(super) fn ready(app: &App, listen: SocketAddr, look: Option<&Try>, link: Option<&Secret>) {
    weaker_cookie(app);
    let (url, host) = (&app.facts.public_url, &app.facts.host);
    say("");
    say(format_args!("  Portolan is ready:  {url}"));
    match look {
        None => {
            if let Some(link) = link {
                say(format_args!("  Set it up:          {url}/auth/setup?token={}", link.expose()));
                say("                      (this link works once and makes the first administrator)");
            }
            say(format_args!(
                "  Push an image:      docker login {host} && docker tag IMAGE {host}/team/web:1.0 && docker push {host}/team/web:1.0"
            ));
        }
        Some(look) => {
            let port = listen.port();
            say(format_args!("  Looking at:         {} (read-only; nothing is kept when this stops)", look.url));
            say(format_args!("  From elsewhere:     ssh -L {port}:{listen} THIS-SERVER, then open {url}"));
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
        let Ok(mounts) = crate::server::store::mounts::list(&app.store, app.clock.now()).await else {
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
