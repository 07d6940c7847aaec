//! Long names, which may break where their parts meet and nowhere else.

use crate::domain::{RepositoryName, Scope};
use leptos::prelude::*;

/// A name whose lines break after its slashes.
#[component]
pub fn Breakable(text: String) -> impl IntoView {
    text.split_inclusive('/').map(|part| view! { {part.to_owned()}<wbr/> }).collect_view()
}

/// The heading of a repository's pages: its own name, and less loud what it lies in.
#[component]
pub fn RepositoryTitle<'a>(name: &'a RepositoryName) -> impl IntoView + use<> {
    let above = name.namespace().map(|namespace| format!("{namespace}/"));
    let above = above.map(|above| view! { <span class="dim"><Breakable text=above/></span> });
    view! { <h1>{above}{name.base().to_owned()}</h1> }
}

/// The same of any scope; what is none of a repository has a title of its own.
#[component]
pub fn ScopeTitle<'a>(scope: &'a Scope, title: String) -> impl IntoView + use<> {
    match scope {
        Scope::Repository(name) => view! { <RepositoryTitle name/> }.into_any(),
        Scope::Namespace(_) | Scope::Everything => view! { <h1>{title}</h1> }.into_any(),
    }
}
