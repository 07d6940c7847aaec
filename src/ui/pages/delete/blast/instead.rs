//! What somebody may want who is about to delete an image: that names go and it stays, for some time or for good.

use super::lists::MAX_SHOWN;
use super::of_kind;
use crate::domain::view::{Preview, PreviewKind};
use crate::domain::{Address, RepositoryName, Tag};
use crate::ui::query::{Pairs, address};
use crate::ui::request::PageRequest;
use crate::ui::words::counted;
use leptos::prelude::*;

/// What deleting names alone would leave: of several names one, or what all of them leave and the delete of the image does
/// not.
#[component]
pub(super) fn Instead<'a>(name: &'a RepositoryName, preview: &'a Preview) -> impl IntoView + use<> {
    let tags = of_kind(&preview.removed, PreviewKind::Tag).into_iter().filter_map(|it| it.tag.as_ref());
    let tags: Vec<&Tag> = tags.collect();
    let request = PageRequest::current();
    let from = Pairs::of(&request.path_and_query);
    let came_by = tags.iter().find(|tag| from.get("tag") == Some(tag.as_str()) && preview.n_tags > 1);
    let (before, href, link, after) = match (came_by, tags.as_slice()) {
        (Some(tag), all) => {
            let others: Vec<&str> = all.iter().filter(|it| *it != tag).map(|it| it.as_str()).collect();
            let with = match others.as_slice() {
                [one] => (*one).to_owned(),
                [one, other] => format!("{one} and {other}"),
                _ => format!("its {}", counted(preview.n_tags - 1, "other tag", "other tags")),
            };
            let before = format!("To remove only {tag} and keep the image with {with}, ");
            let href = Address::DeleteTag(name.clone(), (*tag).clone());
            (before, href.to_string(), format!("delete the tag {tag} instead"), ".".to_owned())
        }
        (None, [one]) => {
            let href = Address::DeleteTag(name.clone(), (*one).clone());
            (
                "To remove only the name, ".to_owned(),
                href.to_string(),
                "delete the tag instead".to_owned(),
                stays(preview),
            )
        }
        // More are not chosen one by one.
        (None, all) if preview.n_tags > MAX_SHOWN as u64 || all.is_empty() => return ().into_any(),
        (None, all) => {
            let pairs: Vec<(&str, &str)> = all.iter().map(|tag| ("tag", tag.as_str())).collect();
            let href = address(&Address::DeleteTags(name.clone()).to_string(), &pairs);
            ("To remove only the names, ".to_owned(), href, "delete the tags instead".to_owned(), stays(preview))
        }
    };
    view! { <p class="muted">{before}<a href=href data-dialog="">{link}</a>{after}</p> }.into_any()
}

/// What becomes of an image whose tags are deleted and not itself.
fn stays(preview: &Preview) -> String {
    if !preview.parents.is_empty() {
        return ": the image stays with what lists it.".to_owned();
    }
    match &preview.stays_at {
        Some(host) => format!(": the image stays at {host} by its digest."),
        None => format!(": the image can then be pulled by its digest at least until {}.", preview.freed_at.date()),
    }
}
