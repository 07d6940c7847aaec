//! `/n/{ns}/-/policies`: what binds the tags of a namespace.

use super::access::Above;
use super::load::{PageTitle, load};
use super::protection::{Protections, asked};
use crate::api::people::show_policies;
use crate::domain::view::PoliciesView;
use crate::domain::{Namespace, Scope};
use crate::ui::components::tabs::{ScopeTabs, Tab};
use crate::ui::request::PageRequest;
use leptos::prelude::*;

/// The page of a namespace.
#[component]
pub fn Policies(namespace: Namespace) -> impl IntoView {
    let query = asked(&PageRequest::current());
    load(show_policies(namespace, query), move |view| view! { <Whole view/> })
}

#[component]
fn Whole(view: PoliciesView) -> impl IntoView {
    let PoliciesView { namespace, protections, opens } = view;
    let (title, scope) = (namespace.to_string(), Scope::Namespace(namespace));
    view! {
        <PageTitle text=format!("Policies of {title}")/>
        <Above scope=scope.clone()/>
        <div class="head">
            <div class="grow"><h1>{title}</h1><p class="head-sub">"What holds in this namespace and below it, whoever has access."</p></div>
        </div>
        <ScopeTabs scope open=Tab::Policies opens/>
        <Protections view=protections/>
    }
    .into_any()
}
