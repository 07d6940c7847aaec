//! What is not there and was: when it was deleted, and the way to it in the trash, for who may bring it back; and what its
//! history tells and which names are like it, for who reads that. To everybody else it never was.

use crate::api::names::show_lost;
use crate::domain::error::What;
use crate::domain::trash::TrashRow;
use crate::domain::view::Lost;
use crate::domain::{Actor, Address, Error, Reference, RepositoryName, Tag};
use crate::ui::components::icon::Icon;
use crate::ui::components::time::When;
use crate::ui::query::address;
use crate::ui::request::PageRequest;
use leptos::prelude::*;

/// Looks for what an error says is not there. A part of a page says nothing of it.
pub async fn lost(error: &Error) -> Option<Lost> {
    let Error::NotFound(what) = error else { return None };
    if PageRequest::current().part.is_some() {
        return None;
    }
    let (repository, named) = match what {
        What::Tag { repository, tag } => (repository, Some(Reference::Tag(tag.clone()))),
        What::Manifest { repository, digest } => (repository, Some(Reference::Digest(digest.clone()))),
        What::Repository(name) => (name, None),
        _ => return None,
    };
    let found = show_lost(repository.clone(), named).await.ok()?;
    (found.trashed.is_some() || found.has_history || !found.near.is_empty()).then_some(found)
}

/// The words, and the ways.
#[component]
pub fn WasThere<'a>(lost: Lost, error: &'a Error) -> impl IntoView + use<> {
    let trashed = lost.trashed.map(|row| view! { <Trashed row/> });
    let history = match error {
        Error::NotFound(What::Tag { repository, tag }) if lost.has_history => {
            let href = address(&Address::History(repository.clone()).to_string(), &[("tag", tag.as_str())]);
            Some(view! { <p><a href=href>{format!("See the history of {tag}")}</a></p> })
        }
        _ => None,
    };
    let was_there = (trashed.is_some() || history.is_some()).then(|| {
        view! { <div class="callout callout-info"><Icon name="clock"/><div class="stack-2">{trashed}{history}</div></div> }
    });
    let near = match error {
        Error::NotFound(What::Tag { repository, .. }) if !lost.near.is_empty() => {
            Some(view! { <Near repository=repository.clone() tags=lost.near/> })
        }
        _ => None,
    };
    view! { {was_there}{near} }.into_any()
}

/// Tags that somebody may have meant.
#[component]
fn Near(repository: RepositoryName, tags: Vec<Tag>) -> impl IntoView {
    let links = tags.into_iter().map(|tag| {
        let (words, to) = (tag.to_string(), Address::Tag(repository.clone(), tag));
        view! { <li><a class="tagchip" href=to.to_string()><span class="truncate">{words}</span></a></li> }
    });
    view! {
        <p id="near">"Tags that are written like it:"</p>
        <ul class="row wrap" aria-labelledby="near">{links.collect_view()}</ul>
    }
}

#[component]
fn Trashed(row: TrashRow) -> impl IntoView {
    let now = PageRequest::current().now;
    let by = row.deleted_by.as_ref().and_then(Actor::name).map(|by| format!(" by {by}"));
    // History may keep it for longer than was said.
    let until = if row.expires > now { format!(" until {}", row.expires.date()) } else { String::new() };
    let href = address(&Address::Trash(None).to_string(), &[("batch", &row.batch)]);
    view! {
        <p>
            "It was deleted "<When at=row.deleted now/>{by}{format!(" and can be restored{until}. ")}
            <a href=href>"See it in the trash"</a>
        </p>
    }
}
