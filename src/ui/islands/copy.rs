//! Makes every copy button of the page work, also of rows that come later, by one listener; and
//! keeps the client whose command a reader copies. With it start what keys do, the palette,
//! the address that follows a name, names that are looked at as they are typed, dialogs, the choice of rows, and what
//! passes after a while.

use leptos::prelude::*;

/// Once on every page.
#[island]
pub fn Copy() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    super::browser::copy::start();
    #[cfg(feature = "hydrate")]
    super::browser::client::start();
    #[cfg(feature = "hydrate")]
    super::browser::keys::start();
    #[cfg(feature = "hydrate")]
    super::browser::callback::start();
    #[cfg(feature = "hydrate")]
    super::browser::check::start(); // before what sends forms
    #[cfg(feature = "hydrate")]
    super::browser::dialog::start();
    #[cfg(feature = "hydrate")]
    super::browser::select::start();
    #[cfg(feature = "hydrate")]
    super::browser::palette::start();
    #[cfg(feature = "hydrate")]
    super::browser::toast::start();
}
