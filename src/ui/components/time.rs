//! Moments: how long ago for the eye, the full moment for machines and on hovering.

use crate::domain::Timestamp;
use leptos::prelude::*;

/// A moment as an age.
#[component]
pub fn When(at: Timestamp, now: Timestamp) -> impl IntoView {
    view! { <time datetime=at.rfc3339() title=at.absolute()>{at.ago(now)}</time> }
}

/// When a secret was last used, and from where.
#[component]
pub fn Used(at: Option<Timestamp>, from: String, now: Timestamp) -> impl IntoView {
    match at {
        Some(at) => view! { <When at now/><span class="cell-sub mono">{from}</span> }.into_any(),
        None => view! { <span class="subtle">"Never"</span> }.into_any(),
    }
}
