//! That a registry elsewhere has something no more, though the catalog does.

use super::time::When;
use crate::domain::Timestamp;
use leptos::prelude::*;

/// The badge.
#[component]
pub fn Missing(at: Timestamp, now: Timestamp) -> impl IntoView {
    view! { <span class="badge badge-warn">"Missing upstream since "<When at now/></span> }
}
