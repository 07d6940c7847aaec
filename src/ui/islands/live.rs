//! Keeps the lists of a page as new as the registry, by server-sent events.

use crate::domain::Timestamp;
use leptos::prelude::*;

/// What a page listens to: the scope of events, from when on they may be missed, and what its rows
/// are called, for one and for many.
#[component]
pub fn LiveScope(
    scope: String,
    since: Timestamp,
    nouns: (&'static str, &'static str),
    /// How soon what it shows is as at its registry, where that is another one.
    #[prop(optional_no_strip)]
    beside: Option<String>,
) -> impl IntoView {
    let class = if beside.is_some() { "push row" } else { "push" };
    view! {
        <span class=class data-scope=scope data-since=since.0.to_string() data-one=nouns.0 data-many=nouns.1>
            {beside.map(|words| view! { <span class="xs muted">{words}</span> })}
            <Live/>
        </span>
    }
}

/// Shows whether the page is live, and offers what came in while the reader was elsewhere on it.
/// The scope stands in the element around it, so that the browser half needs no JSON.
#[island]
fn Live() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    super::browser::live::start();
    view! {
        <span class="row-3" hidden=true data-live-bar="">
            <button class="btn btn-sm" type="button" hidden=true data-live-more=""></button>
            <span class="live" data-state="reconnecting"><span class="dot"></span><span data-live-word="">"Connecting"</span></span>
        </span>
    }
}
