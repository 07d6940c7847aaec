//! Everything behind the pages; native only.
//!
//! Arrows point inward: `http` and `jobs` call `service` and `access`; `service` calls the store,
//! the registries and the blobs; only [`app`] names concrete implementations, only [`config`]
//! reads the environment. `tests/architecture.rs` holds the arrows.

pub mod access;
pub mod accounts;
pub mod app;
pub mod background;
pub mod backup;
pub mod blobs;
pub mod check;
pub mod clock;
pub mod config;
pub mod context;
pub mod entropy;
pub mod events;
#[doc(hidden)]
pub mod fuzz;
pub mod guard;
pub mod http;
pub mod identity;
pub mod insight;
pub mod jobs;
pub mod layers;
pub mod lock;
pub mod looks;
pub mod loopback;
pub mod memory;
pub mod metrics;
pub mod mounted;
pub mod pulls;
pub mod registry;
pub mod secret;
pub mod serve;
pub mod service;
pub mod store;
pub mod telemetry;
pub mod terminal;
pub mod turns;

pub use context::request;
