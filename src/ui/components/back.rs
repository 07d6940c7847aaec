//! The way back from what was just done: a form of its own, so that it needs no script.

use crate::domain::{Address, Digest};
use crate::ui::form::{Back, Intent};
use crate::ui::query::address;
use leptos::prelude::*;

/// What a form of it says: where it goes, if not to the page on which it stands, what it asks for, and its fields.
type Form = (Option<Address>, Intent, Vec<(&'static str, String)>);

/// The button, or the way to the page that shows what it takes.
#[component]
pub fn TakeBack(back: Back) -> impl IntoView {
    let (to, intent, fields): Form = match back {
        Back::Tag { repository, tag, to, expect } => {
            let to = to.as_ref().map(Digest::to_string).unwrap_or_default();
            let fields = vec![("to", to), ("expect", expect.to_string())];
            (Some(Address::RollBack(repository, tag)), Intent::RollBackTag, fields)
        }
        Back::Renamed { repository, tag, to, expect } => {
            let fields = vec![("to", to.to_string()), ("expect", expect.to_string())];
            (Some(Address::RenameTag(repository, tag)), Intent::RenameTag, fields)
        }
        Back::Copied(request_id) => (None, Intent::UndoCopy, vec![("copy", request_id)]),
        Back::Trash(batch) => (None, Intent::Undo, vec![("batch", batch)]),
        Back::Namespace { namespace, then } => {
            let href = address(&Address::AsOf(namespace).to_string(), &[("t", &then.exact())]);
            return view! { <a class="btn btn-sm" href=href>"Undo…"</a> }.into_any();
        }
    };
    let fields = fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    view! {
        <form method="post" class="undo" action=to.map(|to| to.to_string())>
            <input type="hidden" name="do" value=intent.name()/>
            {fields.collect_view()}
            <button class="btn btn-sm" type="submit">"Undo"</button>
        </form>
    }
    .into_any()
}
