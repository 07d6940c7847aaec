//! The door: routes, the distribution API, pages, files, events, health. The only place that
//! knows status codes (`error.rs`), headers and cookies.

pub mod assets;
mod conditions;
pub mod connections;
mod console;
pub mod distribution;
mod door;
mod edge;
pub mod error;
pub mod events;
pub mod health;
mod hooks;
mod in_time;
mod invite;
mod keys;
mod linger;
pub mod metrics;
mod packed;
mod places;
mod provider;
mod push;
mod raw;
mod rest;
pub mod router;
mod said;
mod search;
pub mod security;
mod set_up;
mod shell;
mod sign_in;
mod to_its_end;
mod token;
mod trial;
