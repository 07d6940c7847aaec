//! One suite per trait, run by every implementation.

mod blobs;
pub(crate) mod registry;
mod seen;
mod store;
mod worlds;
mod write_registry;
