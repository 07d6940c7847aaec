//! Long names, which may break where their parts meet and nowhere else.

use leptos::prelude::*;

/// A name whose lines break after its slashes.
#[component]
pub fn Breakable(text: String) -> impl IntoView {
    text.split_inclusive('/').map(|part| view! { {part.to_owned()}<wbr/> }).collect_view()
}
