//! One suite per trait, run by every implementation.

mod blobs;
mod reached;
pub(crate) mod registry;
mod seen;
mod store;
mod worlds;
mod write_registry;
