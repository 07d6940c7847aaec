//! The badge of a tag that a rule binds, with what the rule leaves.

use super::icon::Icon;
use crate::domain::Protection;
use leptos::prelude::*;

/// The badge.
#[component]
pub fn Protected<'a>(rule: &'a Protection) -> impl IntoView + use<> {
    let words = words(rule, "it");
    let (title, hidden) = (rule.guard.title(), format!(": {words}"));
    view! { <span class="badge" title=words><Icon name="lock"/>{title}<span class="vh">{hidden}</span></span> }
        .into_any()
}

/// `only Maintainer and up delete it, by the rule on team/*`.
pub fn words(rule: &Protection, it: &str) -> String {
    format!("{}, by the rule on {}", rule.guard.leaving(it), rule.scope.words())
}
