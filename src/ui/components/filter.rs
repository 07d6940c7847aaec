//! The filter of a list: a plain GET form, so that the answer has an address.

use super::icon::Icon;
use crate::domain::view::Shelf;
use leptos::prelude::*;

/// What a filter asks and what it already says.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Where the form goes; its query is built from the fields.
    pub action: String,
    /// What the field is for: "Filter repositories".
    pub label: &'static str,
    pub hint: &'static str,
    pub value: String,
    /// The order to keep, unless it is the usual one.
    pub sort: Option<&'static str>,
    /// The part of all to stay in.
    pub shelf: Shelf,
}

/// The form; what stands beside it is given as children.
#[component]
pub fn FilterForm(
    filter: Filter,
    /// What its button says.
    #[prop(default = "Filter")]
    button: &'static str,
    children: Children,
) -> impl IntoView {
    let Filter { action, label, hint, value, sort, shelf } = filter;
    let shelf = (shelf != Shelf::All).then(|| view! { <input type="hidden" name="view" value=shelf.name()/> });
    let sort = sort.map(|sort| view! { <input type="hidden" name="sort" value=sort/> });
    view! {
        <div class="filters">
            <form class="row grow" method="get" action=action role="search" aria-label=label>
                <div class="search">
                    <Icon name="search" class="i i-sm"/>
                    <label class="vh" for="q">{label}</label>
                    <input class="input" id="q" name="q" type="search" placeholder=hint value=value autocomplete="off" spellcheck="false"/>
                </div>
                {sort}{shelf}
                <button class="btn" type="submit">{button}</button>
            </form>
            {children()}
        </div>
    }
    .into_any()
}
