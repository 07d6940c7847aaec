//! Use cases: plain functions, one file per noun. They take the proof of what was allowed.

pub mod access;
pub mod changes;
pub mod delete;
pub mod images;
pub mod mounts;
pub mod pull;
pub mod push;
pub mod repositories;
pub mod system;
pub mod tags;
pub mod tokens;
pub mod users;
pub mod waiting;
