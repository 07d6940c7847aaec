//! What was just done, on its way to the page that says it: a cookie that the page takes away, so it is said once.
//! Whoever can write one can make a page of their own browser say it, and nothing else.

use super::door;
use crate::domain::protection::Guard;
use crate::domain::view::Ended;
use crate::domain::{Digest, Protection, Role, Scope, TagPattern, Timestamp};
use crate::server::context::App;
use crate::ui::form::{Back, Intent, Said};
use axum::http::{HeaderMap, HeaderValue};
use std::str::FromStr;

/// Long enough for one redirect.
const SECONDS: u32 = 60;
/// The most that is read of one.
const MAX_BYTES: usize = 2048;

fn name(app: &App) -> &'static str {
    if app.facts.is_plain_http() { "portolan-said" } else { "__Host-portolan-said" }
}

/// The cookie that carries it.
pub(super) fn cookie(app: &App, said: &Said) -> HeaderValue {
    let mut value = url::form_urlencoded::Serializer::new(String::new());
    value.append_pair("do", said.intent.name()).append_pair("of", &said.of);
    said.secret.iter().for_each(|secret| {
        value.append_pair("secret", secret);
    });
    said.ended.iter().for_each(|Ended { n_sessions, n_tokens }| {
        value.append_pair("sessions", &n_sessions.to_string()).append_pair("tokens", &n_tokens.to_string());
    });
    match &said.back {
        Some(Back::Tag { repository, tag, to, expect }) => {
            let to = to.as_ref().map_or("", Digest::as_str);
            value.append_pair("repository", repository.as_str()).append_pair("tag", tag.as_str());
            value.append_pair("to", to).append_pair("expect", expect.as_str());
        }
        Some(Back::Namespace { namespace, then }) => {
            value.append_pair("namespace", namespace.as_str()).append_pair("then", &then.0.to_string());
        }
        Some(Back::Renamed { repository, tag, to, expect }) => {
            value.append_pair("repository", repository.as_str()).append_pair("renamed", tag.as_str());
            value.append_pair("to", to.as_str()).append_pair("expect", expect.as_str());
        }
        Some(Back::Robot { namespace, name }) => {
            value.append_pair("robots", namespace.as_str()).append_pair("robot", name.as_str());
        }
        Some(Back::Copied(request_id)) => drop(value.append_pair("copy", request_id)),
        Some(Back::Trash(batch)) => drop(value.append_pair("batch", batch)),
        Some(Back::Rule { scope, there, says }) => {
            value.append_pair("scope", &scope.to_string());
            if let Some((id, print)) = there {
                value.append_pair("rule", id).append_pair("print", print.as_str());
            }
            if let Some(Protection { tags, except, guard, .. }) = says {
                let text = |pattern: &Option<TagPattern>| pattern.as_ref().map(ToString::to_string).unwrap_or_default();
                value.append_pair("kind", guard.kind().name()).append_pair("role", guard.role().map_or("", Role::name));
                value.append_pair("tags", &text(tags)).append_pair("except", &text(except));
            }
        }
        None => {}
    }
    let value = value.finish();
    match &said.back {
        // Better no way back than nothing said.
        Some(_) if value.len() > MAX_BYTES => cookie(app, &Said { back: None, ..said.clone() }),
        _ => set(app, &value, SECONDS),
    }
}

/// The rule that a cookie says is to be as it was.
fn rule(get: &dyn Fn(&str) -> Option<String>) -> Option<Back> {
    fn some<T: FromStr>(text: Option<String>) -> Option<Option<T>> {
        text.filter(|text| !text.is_empty()).map(|text| text.parse().ok()).map_or(Some(None), |read| read.map(Some))
    }
    let scope: Scope = get("scope")?.parse().ok()?;
    let there = match get("rule") {
        Some(id) => Some((id, get("print")?.parse().ok()?)),
        None => None,
    };
    let says = match get("kind") {
        Some(kind) => {
            let guard = Guard::new(kind.parse().ok()?, some(get("role"))?).ok()?;
            Some(Protection { scope: scope.clone(), tags: some(get("tags"))?, except: some(get("except"))?, guard })
        }
        None => None,
    };
    Some(Back::Rule { scope, there, says })
}

/// The way back that a cookie carries.
fn back(get: &dyn Fn(&str) -> Option<String>) -> Option<Back> {
    if let Some(batch) = get("batch") {
        return Some(Back::Trash(batch));
    }
    if let Some(request_id) = get("copy") {
        return Some(Back::Copied(request_id));
    }
    if let Some(name) = get("robot") {
        return Some(Back::Robot { namespace: get("robots")?.parse().ok()?, name: name.parse().ok()? });
    }
    if get("scope").is_some() {
        return rule(get);
    }
    if let Some(tag) = get("renamed") {
        let (repository, to) = (get("repository")?.parse().ok()?, get("to")?.parse().ok()?);
        return Some(Back::Renamed { repository, tag: tag.parse().ok()?, to, expect: get("expect")?.parse().ok()? });
    }
    if let Some(namespace) = get("namespace") {
        let then = Timestamp(get("then")?.parse().ok()?);
        return Some(Back::Namespace { namespace: namespace.parse().ok()?, then });
    }
    let to = get("to")?;
    let to = if to.is_empty() { None } else { Some(to.parse().ok()?) };
    let (repository, tag) = (get("repository")?.parse().ok()?, get("tag")?.parse().ok()?);
    Some(Back::Tag { repository, tag, to, expect: get("expect")?.parse().ok()? })
}

/// The cookie that takes it away.
pub(super) fn no_cookie(app: &App) -> HeaderValue {
    set(app, "", 0)
}

/// What a request carries.
pub(super) fn read(app: &App, headers: &HeaderMap) -> Option<Said> {
    let cookie = door::cookie(headers, name(app)).filter(|cookie| cookie.len() <= MAX_BYTES)?;
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(cookie.as_bytes()).into_owned().collect();
    let get = |key: &str| pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    let number = |key: &str| get(key)?.parse().ok();
    let ended = number("sessions").zip(number("tokens"));
    let ended = ended.map(|(n_sessions, n_tokens)| Ended { n_sessions, n_tokens });
    let back = back(&get);
    Some(Said { intent: Intent::parse(&get("do")?)?, of: get("of")?, secret: get("secret"), ended, back })
}

fn set(app: &App, value: &str, seconds: u32) -> HeaderValue {
    let secure = if app.facts.is_plain_http() { "" } else { "; Secure" };
    let text = format!("{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}", name(app));
    HeaderValue::from_str(&text).expect("what forms write is plain ASCII")
}
