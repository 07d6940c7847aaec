//! Pages: each reads its address, loads its data and places its parts.

pub mod access;
pub mod account;
pub mod activity;
pub mod admin;
pub mod as_of;
pub mod auth;
pub mod delete;
pub mod error;
pub mod history;
pub mod image;
pub mod jobs;
pub mod load;
mod lost;
pub mod mounts;
pub mod names;
pub mod namespace;
pub mod namespace_rest;
pub mod new_repository;
pub mod policies;
pub mod protection;
pub mod repositories;
pub mod repository;
pub mod repository_rest;
pub mod robots;
pub mod settings;
pub mod tokens;
pub mod trash;
