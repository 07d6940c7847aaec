//! What stands under `/n/`: who has access to a namespace, and how it is set.

use super::access::Access;
use super::error::NotFound;
use super::settings::Settings;
use crate::domain::Address;
use crate::ui::query::decode_path;
use crate::ui::request::PageRequest;
use leptos::either::EitherOf3;
use leptos::prelude::*;

/// Decides by the address which page it is.
#[component]
pub fn NamespaceRest() -> impl IntoView {
    let path = decode_path(PageRequest::current().path());
    match path.strip_prefix("/n/").and_then(Address::parse_namespace) {
        Some(Address::Access(scope)) => EitherOf3::A(view! { <Access scope/> }),
        Some(Address::Settings(scope)) => EitherOf3::B(view! { <Settings scope/> }),
        _ => EitherOf3::C(NotFound()),
    }
}
