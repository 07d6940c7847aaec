//! Somebody who is challenged, gets a token for just that, and goes on by it, as daemons do.

use super::{Answer, Body, Client, write};
use crate::support::process::ADMIN;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::cell::RefCell;

fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
}

/// How a token is got.
pub(super) enum Gets {
    AsDocker,
    AsContainerd,
}

/// Somebody with a password, who may push to `team` and gets a token wherever they are challenged.
pub(super) struct Publisher {
    host: String,
    gets: Gets,
    bearer: RefCell<String>,
    /// For what they were challenged.
    pub(super) scopes: RefCell<Vec<String>>,
}

impl Publisher {
    pub(super) fn of(host: &str, gets: Gets) -> Self {
        let (admin, json) = (basic(ADMIN[0].1, ADMIN[1].1), ("Content-Type", "application/json"));
        for (path, body) in [
            ("users", r#"{"username":"paula","password":"a horse of paula"}"#),
            ("grants", r#"{"principal":{"user":"paula"},"role":"publisher","scope":"team/*"}"#),
        ] {
            let path = format!("POST /api/v1/{path}");
            let made = write(host, &path, &[json, ("Authorization", &admin)], Body::Sized(body));
            assert_eq!(made.status, 201, "{}", made.body);
        }
        Self { host: host.to_owned(), gets, bearer: RefCell::default(), scopes: RefCell::default() }
    }

    /// A token for what a challenge asks for.
    fn get(&self, challenge: &str) -> String {
        let value = |name: &str| {
            let rest = challenge.split_once(&format!("{name}=\"")).map(|(_, rest)| rest);
            rest.and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
        };
        assert!(challenge.starts_with("Bearer ") && value("realm").ends_with("/token"), "{challenge}");
        self.scopes.borrow_mut().push(value("scope"));
        let mut fields = url::form_urlencoded::Serializer::new(String::new());
        fields.append_pair("service", &value("service"));
        if !value("scope").is_empty() {
            fields.append_pair("scope", &value("scope"));
        }
        let answer = match self.gets {
            Gets::AsDocker => {
                fields.extend_pairs([("account", "paula"), ("client_id", "docker"), ("offline_token", "true")]);
                let shown = basic("paula", "a horse of paula");
                write(&self.host, &format!("GET /token?{}", fields.finish()), &[("Authorization", &shown)], Body::None)
            }
            Gets::AsContainerd => {
                fields.extend_pairs([("grant_type", "password"), ("client_id", "containerd-client")]);
                fields.extend_pairs([("username", "paula"), ("password", "a horse of paula")]);
                let form = ("Content-Type", "application/x-www-form-urlencoded");
                write(&self.host, "POST /token", &[form], Body::Sized(&fields.finish()))
            }
        };
        assert_eq!(answer.status, 200, "{}", answer.body);
        let said: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        format!("Bearer {}", said["access_token"].as_str().unwrap())
    }
}

impl Client for Publisher {
    fn send(&self, line: &str, headers: &[(&str, &str)], body: Body<'_>) -> Answer {
        let shows = |bearer: &str| {
            let shown = [("Authorization", bearer)];
            let shown = if bearer.is_empty() { &shown[..0] } else { &shown[..] };
            write(&self.host, line, &[headers, shown].concat(), body)
        };
        let first = shows(&self.bearer.borrow());
        if first.status != 401 {
            return first;
        }
        *self.bearer.borrow_mut() = self.get(&first.header("www-authenticate"));
        shows(&self.bearer.borrow())
    }
}
