//! What stands under `/r/`: a repository with its tabs, an image by its tag or by its digest.

use super::access::Access;
use super::activity::Activity;
use super::error::NotFound;
use super::image::Image;
use super::repository::Repository;
use super::settings::Settings;
use crate::domain::{Address, Reference};
use crate::ui::query::decode_path;
use crate::ui::request::PageRequest;
use leptos::either::EitherOf6;
use leptos::prelude::*;

/// Decides by the address which page it is.
#[component]
pub fn RepositoryRest() -> impl IntoView {
    let path = decode_path(PageRequest::current().path());
    match path.strip_prefix("/r/").and_then(Address::parse_repository) {
        Some(Address::Repository(name)) => EitherOf6::A(view! { <Repository name/> }),
        Some(Address::Tag(name, tag)) => EitherOf6::B(view! { <Image name reference=Reference::Tag(tag)/> }),
        Some(Address::Manifest(name, digest)) => {
            EitherOf6::B(view! { <Image name reference=Reference::Digest(digest)/> })
        }
        Some(Address::Access(scope)) => EitherOf6::C(view! { <Access scope/> }),
        Some(Address::Activity(scope)) => EitherOf6::E(view! { <Activity scope/> }),
        Some(Address::Settings(scope)) => EitherOf6::D(view! { <Settings scope/> }),
        _ => EitherOf6::F(NotFound()),
    }
}
