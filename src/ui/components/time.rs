//! Moments: how long ago for the eye, the full moment for machines and on hovering.

use crate::domain::Timestamp;
use leptos::prelude::*;

/// A moment as an age.
#[component]
pub fn When(at: Timestamp, now: Timestamp) -> impl IntoView {
    view! { <time datetime=at.rfc3339() title=at.absolute()>{at.ago(now)}</time> }
}
