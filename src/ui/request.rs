//! What the server tells a page about the request that it answers. Plain data, given by context.
//!
//! `server/http/shell.rs` fills it in; pages read it and know neither headers nor status codes.

use super::form::{FormState, Said};
use crate::domain::{Error, Permission, Timestamp};
use leptos::prelude::use_context;
use std::sync::Arc;

/// The request, as far as pages care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// What clients type in front of a repository's name: `registry.acme.dev`, `127.0.0.1:5000`.
    pub host: String,
    /// Where people reach the console, with its scheme.
    pub public_url: String,
    /// What everybody should know about this instance's policy, as one sentence.
    pub banner: Option<String>,
    /// Whether this is a look at somebody's registry that leaves nothing behind.
    pub try_mode: bool,
    /// What finds this request in the server's log.
    pub id: String,
    /// The moment that ages are counted from.
    pub now: Timestamp,
    /// What the reader chose; `None` follows their system.
    pub theme: Option<Theme>,
    /// Whether keys do something by themselves, which a reader may switch off.
    pub single_keys: bool,
    /// The part of the page that is asked for; `None` is all of it.
    pub part: Option<Part>,
    /// The address as it was asked for.
    pub path_and_query: String,
    pub assets: Assets,
    /// Who reads, if they signed in.
    pub user: Option<String>,
    /// What they hold on the instance itself: a room that they may not enter has no entry.
    pub powers: Vec<Permission>,
    /// Whether they may bring something back that was deleted.
    pub restores: bool,
    /// How many wait to be let in, where the reader may do so, as far as they are counted.
    pub n_waiting: u64,
    /// How people may sign in.
    pub ways: Ways,
    /// What stands in the form that came back.
    pub form: FormState,
    /// What was just done, by the form on the page before.
    pub said: Option<Said>,
    /// What the policy for scripts lets run.
    pub nonce: Option<String>,
}

/// How people may sign in here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// By these identity providers.
    pub providers: Vec<Way>,
    /// By a password of this registry.
    pub is_local: bool,
}

/// One identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// What stands in its address.
    pub name: String,
    /// What people call it.
    pub title: String,
    pub icon: &'static str,
}

/// A reader's choice of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
}

/// A fragment of a page that an island asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The rows of its table, nothing else.
    Rows,
    /// Everything on it that changes with the data, each in an element with `data-live`.
    Results,
    /// The form on it, for a dialog over another page.
    Dialog,
}

/// Addresses of the built files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assets {
    pub css: String,
    pub js: String,
    pub wasm: String,
}

/// Tells the server which error a page shows, so that the status of the answer agrees with it.
#[derive(Clone)]
pub struct ErrorReport(pub Arc<dyn Fn(&Error) + Send + Sync>);

impl PageRequest {
    /// The request that is being answered.
    pub fn current() -> Self {
        use_context().expect("the shell provides the request before it draws a page")
    }

    /// The address without its query.
    pub fn path(&self) -> &str {
        self.path_and_query.split_once('?').map_or(&self.path_and_query, |(path, _)| path)
    }

    /// The address of the whole page, also where a part of it is asked for.
    pub fn own_address(&self) -> String {
        let Some((path, query)) = self.path_and_query.split_once('?') else { return self.path_and_query.clone() };
        let rest: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("part=")).collect();
        if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) }
    }

    /// Whether the reader holds a permission on the instance.
    pub fn holds(&self, permission: Permission) -> bool {
        self.powers.contains(&permission)
    }

    /// Whether clients reach this registry without TLS.
    pub fn is_plain_http(&self) -> bool {
        self.public_url.starts_with("http://")
    }
}

impl Theme {
    /// The value of the cookie and of `data-theme`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Reads the cookie; anything else follows the system.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Light, Self::Dark].into_iter().find(|theme| theme.name() == text)
    }
}

impl Part {
    /// Reads `?part=`; an unknown part is the whole page.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "rows" => Some(Self::Rows),
            "results" => Some(Self::Results),
            "dialog" => Some(Self::Dialog),
            _ => None,
        }
    }
}
