//! Where a page stands: the list, its namespace, the repository.

use crate::domain::{Address, Namespace, RepositoryName};
use leptos::prelude::*;

/// The way from the list of repositories down to `repository`, whose own name is a link where the
/// page is about something inside it.
#[component]
pub fn Crumbs(repository: RepositoryName, #[prop(optional)] inside: bool) -> impl IntoView {
    let list = Address::Repositories.to_string();
    let namespace = repository.namespace().map(|namespace| {
        let href = Address::Namespace(namespace.clone()).to_string();
        view! { <li><a href=href>{namespace.to_string()}</a></li> }
    });
    let own = inside.then(|| {
        let href = Address::Repository(repository.clone()).to_string();
        view! { <li><a href=href>{repository.base().to_owned()}</a></li> }
    });
    view! {
        <nav class="crumbs" aria-label="Breadcrumb">
            <ol><li><a href=list.clone()>"Repositories"</a></li>{namespace}{own}</ol>
        </nav>
    }
    .into_any()
}

/// The way from the list of repositories down to a namespace.
#[component]
pub fn NamespaceCrumbs(namespace: Namespace) -> impl IntoView {
    let list = Address::Repositories.to_string();
    let mut above = Vec::new();
    let mut rest = namespace.as_str();
    while let Some((parent, _)) = rest.rsplit_once('/') {
        above.extend(parent.parse::<Namespace>().ok());
        rest = parent;
    }
    let above = above.into_iter().rev().map(|name| {
        let words = name.to_string();
        view! { <li><a href=Address::Namespace(name).to_string()>{words}</a></li> }
    });
    view! {
        <nav class="crumbs" aria-label="Breadcrumb">
            <ol><li><a href=list.clone()>"Repositories"</a></li>{above.collect_view()}</ol>
        </nav>
    }
    .into_any()
}
