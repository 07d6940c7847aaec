//! Portolan: the console of a team's container registries, with a registry inside.
//!
//! Read in this order: [`domain`] (the words), [`api`] (what pages may ask),
//! [`ui`] (what they look like), `server` (everything behind them).

#![recursion_limit = "512"]

pub mod api;
pub mod domain;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;

/// Where the browser starts: wakes the islands of the page that the server sent.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
