//! A part of a page of settings: what it is about on one side, its fields on the other; on a narrow screen one above the
//! other.

use crate::ui::components::icon::Icon;
use leptos::prelude::*;

/// The part, under a heading of its own.
#[component]
pub fn Part(
    id: &'static str,
    title: &'static str,
    /// What to know before it is filled in.
    #[prop(default = "")]
    words: &'static str,
    children: Children,
) -> impl IntoView {
    let words = (!words.is_empty()).then(|| view! { <p class="sm muted">{words}</p> });
    view! {
        <section class="part" aria-labelledby=id>
            <div class="part-about"><h2 id=id>{title}</h2>{words}</div>
            <div class="stack">{children()}</div>
        </section>
    }
    .into_any()
}

/// Where a form of several parts ends: its buttons, below the fields.
#[component]
pub fn PartsEnd(children: Children) -> impl IntoView {
    view! { <div class="part part-end"><div class="row wrap">{children()}</div></div> }.into_any()
}

/// Fields that few need, put away; they are open where one of them says something.
#[component]
pub fn Rest(words: &'static str, is_open: bool, children: Children) -> impl IntoView {
    view! {
        <details class="rest" open=is_open>
            <summary class="fold sm">{words}<Icon name="down" class="i i-sm"/></summary>
            <div class="stack">{children()}</div>
        </details>
    }
    .into_any()
}

/// How something stands, in one line with what is to be done next.
#[component]
pub fn Stands(
    /// `good`, `warn` or `bad`; nothing where it is neither.
    tone: &'static str,
    #[prop(into)] title: AnyView,
    words: &'static str,
    children: Children,
) -> impl IntoView {
    let dot = format!("dot dot-{tone}");
    view! {
        <section class="stands" aria-label="State">
            <p class="grow"><span class="row"><span class=dot aria-hidden="true"></span><b class="medium">{title}</b></span><span class="sm muted">{words}</span></p>
            <div class="row wrap">{children()}</div>
        </section>
    }
    .into_any()
}
