//! Use cases: plain functions, one file per noun. They take the proof of what was allowed.

pub mod access;
pub mod account;
pub mod activity;
pub mod changes;
pub mod compare;
pub mod copies;
pub mod delete;
pub mod elsewhere;
pub mod files;
pub mod groups;
pub mod history;
pub mod hooks;
pub mod image_rows;
pub mod images;
mod in_trash;
pub mod invitations;
pub mod jobs;
mod locking;
pub mod long_work;
pub mod mounts;
mod namer;
pub mod names;
pub mod openapi;
pub mod personal_tokens;
pub mod plans;
pub mod protections;
pub mod providers;
pub mod pull;
pub mod push;
pub mod push_help;
pub mod repositories;
pub mod robots;
pub mod search;
pub mod settings;
pub mod stars;
pub mod system;
pub mod tags;
pub mod to_its_end;
pub mod tokens;
pub mod trash;
pub mod users;
pub mod waiting;
mod who;

use crate::domain::action::{ConfigureRepository, ListGrants, ReadActivity, ReadNamespace, RollBackNamespace};
use crate::domain::digest::Algorithm;
use crate::domain::view::{MAX_DAYS, Opens};
use crate::domain::{Action, Digest, Error, Permission, Result, Scope, Target, Timestamp};
use crate::server::access::Authorized;
use crate::server::blobs::ContentHash;
use crate::server::context::App;
use crate::server::identity::secrets::{self, Kind};
use crate::server::secret::Secret;
use std::fmt::Display;

/// Whether the one whose proof this is might do something else as well, so that a page shows no control which the
/// server would refuse.
fn may<A: Action, B: Action>(proof: &Authorized<A>, other: &B) -> bool {
    proof.rights().may(other)
}

/// Which pages of a scope that one may open.
fn opens<A: Action>(app: &App, proof: &Authorized<A>, scope: &Scope) -> Opens {
    let (robots, settings) = match scope {
        Scope::Everything => (false, false),
        Scope::Namespace(namespace) => {
            let namespace = namespace.clone();
            (robots::manages(proof, &namespace), may(proof, &ReadNamespace { namespace }))
        }
        Scope::Repository(name) => {
            let repository = name.clone();
            (false, may(proof, &ConfigureRepository { repository, description: None, visibility: None }))
        }
    };
    let activity = may(proof, &ReadActivity { scope: scope.clone() });
    let (trash, past) = match scope {
        Scope::Namespace(namespace) => {
            let back = RollBackNamespace { namespace: namespace.clone(), to: Timestamp(0) };
            let restores = proof.rights().require(Permission::TrashRestore, &Target::Scope(scope.clone())).is_ok();
            (restores, history::goes_back(app, namespace) && may(proof, &back))
        }
        Scope::Everything | Scope::Repository(_) => (false, false),
    };
    let push = match scope {
        Scope::Everything => proof.rights().reach_anywhere(Permission::RepositoryPush),
        Scope::Namespace(_) => false,
        Scope::Repository(name) => {
            proof.rights().require(Permission::RepositoryPush, &Target::Repository(name.clone())).is_ok()
        }
    };
    Opens { access: may(proof, &ListGrants { scope: scope.clone() }), robots, activity, settings, trash, past, push }
}

/// A new secret, from the server's randomness.
fn draw(app: &App, kind: Kind) -> Secret {
    secrets::new(kind, &*app.entropy)
}

/// What somebody was shown, as one value: another one wherever a line is.
fn print_of(lines: impl Iterator<Item = String>) -> Digest {
    ContentHash::digest_of(Algorithm::Sha256, lines.collect::<Vec<_>>().join("\n").as_bytes())
}

/// That something else has a name that is to be given.
fn taken(name: &impl Display) -> Error {
    Error::Conflict(format!("the name {name} is taken; choose another one"))
}

/// Refuses an end that is over or further away than anybody should plan.
fn within_a_year(end: Timestamp, now: Timestamp) -> Result<()> {
    let words = match end {
        _ if end <= now => "this time is over; choose one that is to come".to_owned(),
        _ if end > now.plus_days(MAX_DAYS) => format!("choose a time within the next {MAX_DAYS} days"),
        _ => return Ok(()),
    };
    Err(Error::invalid("expires_at", words))
}
