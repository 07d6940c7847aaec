//! What stands under `/n/`: who has access to a namespace, which robots it has, and how it is set.

use super::access::Access;
use super::error::NotFound;
use super::robots::Robots;
use super::settings::Settings;
use crate::domain::Address;
use crate::ui::query::decode_path;
use crate::ui::request::PageRequest;
use leptos::either::EitherOf4;
use leptos::prelude::*;

/// Decides by the address which page it is.
#[component]
pub fn NamespaceRest() -> impl IntoView {
    let path = decode_path(PageRequest::current().path());
    match path.strip_prefix("/n/").and_then(Address::parse_namespace) {
        Some(Address::Access(scope)) => EitherOf4::A(view! { <Access scope/> }),
        Some(Address::Robots(namespace)) => EitherOf4::B(view! { <Robots namespace/> }),
        Some(Address::Settings(scope)) => EitherOf4::C(view! { <Settings scope/> }),
        _ => EitherOf4::D(NotFound()),
    }
}
