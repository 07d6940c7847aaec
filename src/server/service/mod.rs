//! Use cases: plain functions, one file per noun. They take the proof of what was allowed.

pub mod images;
pub mod mounts;
pub mod repositories;
pub mod tags;
