//! Digests: the mark, the twelve digits that people compare, and the way to the whole.

use super::copy::{CopyButton, CopyDigest};
use super::mark::Mark;
use crate::domain::{Address, Digest, RepositoryName};
use leptos::prelude::*;

/// An image by its digest: a link to its permanent page, and a button that copies all of it.
#[component]
pub fn DigestLink<'a>(repository: &'a RepositoryName, digest: &'a Digest) -> impl IntoView + use<> {
    let address = Address::Manifest(repository.clone(), digest.clone()).to_string();
    view! {
        <span class="row-1">
            <a class="digest" href=address><Mark digest/>{digest.short().to_owned()}</a>
            <CopyDigest short=digest.short()/>
        </span>
    }
}

/// Content that has no page of its own, such as a layer.
#[component]
pub fn DigestText<'a>(digest: &'a Digest) -> impl IntoView + use<> {
    view! {
        <span class="row-1">
            <span class="digest"><Mark digest/>{digest.short().to_owned()}</span>
            <CopyButton text=digest.to_string() label=format!("Copy digest {}", digest.short())/>
        </span>
    }
}
