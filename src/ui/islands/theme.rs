//! The choice of colours: the system's, light or dark, kept in a cookie that the server reads.

use crate::ui::components::icon::Icon;
use leptos::prelude::*;

/// The choice. Not shown without script, since it could do nothing.
#[island]
pub fn ThemeSwitch() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    super::browser::theme::start();
    view! {
        <div class="seg theme noscript:hidden" role="group" aria-label="Colours">
            <button type="button" value="" on:click=|_| choose("") aria-label="As the system"><Icon name="monitor" class="i i-sm"/></button>
            <button type="button" value="light" on:click=|_| choose("light") aria-label="Light"><Icon name="sun" class="i i-sm"/></button>
            <button type="button" value="dark" on:click=|_| choose("dark") aria-label="Dark"><Icon name="moon" class="i i-sm"/></button>
        </div>
    }
}

fn choose(name: &'static str) {
    #[cfg(feature = "hydrate")]
    super::browser::theme::choose(name);
    #[cfg(not(feature = "hydrate"))]
    let _ = name;
}
