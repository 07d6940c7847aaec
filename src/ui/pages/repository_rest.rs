//! What stands under `/r/`: a repository with its tabs, an image by its tag or by its digest, and the forms about names.

use super::access::Access;
use super::activity::Activity;
use super::compare::Compare;
use super::delete::Delete;
use super::error::NotFound;
use super::history::History;
use super::image::Image;
use super::images::Images;
use super::names::{copy::Copy, rename::Rename, retag::Retag, roll_back::RollBack};
use super::push::Push;
use super::repository::Repository;
use super::settings::Settings;
use crate::domain::{Address, ImageTab, Reference};
use crate::ui::query::decode_path;
use crate::ui::request::PageRequest;
use leptos::prelude::*;

/// Decides by the address which page it is.
#[component]
pub fn RepositoryRest() -> impl IntoView {
    let path = decode_path(PageRequest::current().path());
    match path.strip_prefix("/r/").and_then(Address::parse_repository) {
        Some(Address::Repository(name)) => view! { <Repository name/> }.into_any(),
        Some(Address::Tag(name, tag)) => {
            view! { <Image name reference=Reference::Tag(tag) tab=ImageTab::Overview/> }.into_any()
        }
        Some(Address::Manifest(name, digest)) => {
            view! { <Image name reference=Reference::Digest(digest) tab=ImageTab::Overview/> }.into_any()
        }
        Some(Address::ManifestTab(name, digest, tab)) => {
            view! { <Image name reference=Reference::Digest(digest) tab/> }.into_any()
        }
        Some(Address::Retag(name, tag)) => view! { <Retag name reference=Reference::Tag(tag)/> }.into_any(),
        Some(Address::AddTag(name, digest)) => view! { <Retag name reference=Reference::Digest(digest)/> }.into_any(),
        Some(Address::RenameTag(name, tag)) => view! { <Rename name tag/> }.into_any(),
        Some(Address::RollBack(name, tag)) => view! { <RollBack name tag/> }.into_any(),
        Some(Address::Compare(name, pair)) => view! { <Compare name pair/> }.into_any(),
        Some(Address::Copy(name)) => view! { <Copy name/> }.into_any(),
        Some(Address::Push(name)) => view! { <Push name/> }.into_any(),
        Some(Address::Images(name)) => view! { <Images name/> }.into_any(),
        Some(Address::History(name)) => view! { <History name/> }.into_any(),
        Some(Address::Access(scope)) => view! { <Access scope/> }.into_any(),
        Some(Address::Activity(scope)) => view! { <Activity scope/> }.into_any(),
        Some(Address::Settings(scope)) => view! { <Settings scope/> }.into_any(),
        Some(
            address @ (Address::DeleteTags(_)
            | Address::DeleteTag(..)
            | Address::DeleteImage(..)
            | Address::DeleteAll(_)),
        ) => view! { <Delete address/> }.into_any(),
        _ => NotFound().into_any(),
    }
}
