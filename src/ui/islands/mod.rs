//! What pages gain with script. An island adds to HTML that is whole without it, calls no server
//! function, and fetches fragments of ordinary pages instead.

#[cfg(feature = "hydrate")]
mod browser;
pub mod copy;
pub mod keys;
pub mod live;
pub mod theme;

/// The module that wakes the islands of a page.
pub const LOADER: &str = include_str!("loader.js");

/// The `id` of the one polite live region of a page.
pub const STATUS: &str = "status";
