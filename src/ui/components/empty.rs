//! What stands where a list has nothing to show: the absence first, then the next step.

use super::icon::Icon;
use leptos::prelude::*;

/// An empty place of a list.
#[component]
pub fn Empty(icon: &'static str, title: String, children: Children) -> impl IntoView {
    view! {
        <div class="empty">
            <Icon name=icon class="i i-lg"/>
            <h2>{title}</h2>
            {children()}
        </div>
    }
    .into_any()
}

/// A filter that nothing matches.
#[component]
pub fn NoMatch(what: &'static str, filter: String, clear: String) -> impl IntoView {
    view! {
        <Empty icon="search" title=format!("No {what} match “{filter}”")>
            <a class="btn" href=clear>"Clear filter"</a>
        </Empty>
    }
}
