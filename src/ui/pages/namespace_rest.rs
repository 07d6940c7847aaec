//! What stands under `/n/`: what lies in a namespace, who has access to it, which robots it has, what was done in it, and
//! how it is set, what was deleted in it, and how it was at a time.

use super::access::Access;
use super::activity::Activity;
use super::as_of::AsOf;
use super::delete::Delete;
use super::error::NotFound;
use super::namespace::Namespace;
use super::policies::Policies;
use super::robots::Robots;
use super::settings::Settings;
use super::trash::Trash;
use crate::domain::Address;
use crate::ui::query::decode_path;
use crate::ui::request::PageRequest;
use leptos::prelude::*;

/// Decides by the address which page it is.
#[component]
pub fn NamespaceRest() -> impl IntoView {
    let path = decode_path(PageRequest::current().path());
    match path.strip_prefix("/n/").and_then(Address::parse_namespace) {
        Some(Address::Namespace(namespace)) => view! { <Namespace namespace/> }.into_any(),
        Some(Address::Access(scope)) => view! { <Access scope/> }.into_any(),
        Some(Address::Policies(namespace)) => view! { <Policies namespace/> }.into_any(),
        Some(Address::Robots(namespace)) => view! { <Robots namespace/> }.into_any(),
        Some(Address::Activity(scope)) => view! { <Activity scope/> }.into_any(),
        Some(Address::Settings(scope)) => view! { <Settings scope/> }.into_any(),
        Some(Address::Trash(namespace)) => view! { <Trash namespace/> }.into_any(),
        Some(Address::AsOf(namespace)) => view! { <AsOf namespace/> }.into_any(),
        Some(address @ Address::DeleteAll(_)) => view! { <Delete address/> }.into_any(),
        _ => NotFound().into_any(),
    }
}
