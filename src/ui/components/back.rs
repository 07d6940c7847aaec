//! The way back from what was just done: a form of its own, so that it needs no script.

use crate::domain::{Address, Digest};
use crate::ui::form::{Back, Intent};
use crate::ui::query::address;
use leptos::prelude::*;

/// The button, or the way to the page that shows what it takes.
#[component]
pub fn TakeBack(back: Back) -> impl IntoView {
    match back {
        Back::Tag { repository, tag, to, expect } => {
            let action = Address::RollBack(repository, tag).to_string();
            view! {
                <form method="post" class="undo" action=action>
                    <input type="hidden" name="do" value=Intent::RollBackTag.name()/>
                    <input type="hidden" name="to" value=to.as_ref().map(Digest::to_string).unwrap_or_default()/>
                    <input type="hidden" name="expect" value=expect.to_string()/>
                    <button class="btn btn-sm" type="submit">"Undo"</button>
                </form>
            }
            .into_any()
        }
        Back::Renamed { repository, tag, to, expect } => {
            let action = Address::RenameTag(repository, tag).to_string();
            view! {
                <form method="post" class="undo" action=action>
                    <input type="hidden" name="do" value=Intent::RenameTag.name()/>
                    <input type="hidden" name="to" value=to.to_string()/>
                    <input type="hidden" name="expect" value=expect.to_string()/>
                    <button class="btn btn-sm" type="submit">"Undo"</button>
                </form>
            }
            .into_any()
        }
        Back::Copied(request_id) => view! {
            <form method="post" class="undo">
                <input type="hidden" name="do" value=Intent::UndoCopy.name()/>
                <input type="hidden" name="copy" value=request_id/>
                <button class="btn btn-sm" type="submit">"Undo"</button>
            </form>
        }
        .into_any(),
        Back::Trash(batch) => view! {
            <form method="post" class="undo">
                <input type="hidden" name="do" value=Intent::Undo.name()/>
                <input type="hidden" name="batch" value=batch/>
                <button class="btn btn-sm" type="submit">"Undo"</button>
            </form>
        }
        .into_any(),
        Back::Namespace { namespace, then } => {
            let href = address(&Address::AsOf(namespace).to_string(), &[("t", &then.exact())]);
            view! { <a class="btn btn-sm" href=href>"Undo…"</a> }.into_any()
        }
    }
}
