//! What stands under `/r/`: a repository, an image by its tag, or an image by its digest.

use super::error::NotFound;
use super::image::Image;
use super::repository::Repository;
use crate::domain::{Address, Reference};
use crate::ui::query::decode_path;
use crate::ui::request::PageRequest;
use leptos::either::EitherOf3;
use leptos::prelude::*;

/// Decides by the address which page it is.
#[component]
pub fn RepositoryRest() -> impl IntoView {
    let path = decode_path(PageRequest::current().path());
    match path.strip_prefix("/r/").and_then(Address::parse_repository) {
        Some(Address::Repository(name)) => EitherOf3::A(view! { <Repository name/> }),
        Some(Address::Tag(name, tag)) => EitherOf3::B(view! { <Image name reference=Reference::Tag(tag)/> }),
        Some(Address::Manifest(name, digest)) => {
            EitherOf3::B(view! { <Image name reference=Reference::Digest(digest)/> })
        }
        _ => EitherOf3::C(NotFound()),
    }
}
