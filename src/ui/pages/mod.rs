//! Pages: each reads its address, loads its data and places its parts.

pub mod auth;
pub mod error;
pub mod image;
pub mod load;
pub mod mounts;
pub mod repositories;
pub mod repository;
pub mod repository_rest;
