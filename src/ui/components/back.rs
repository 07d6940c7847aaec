//! The way back from what was just done: a form of its own, so that it needs no script.

use crate::domain::view::rules_of;
use crate::domain::{Address, Digest, Protection, Role, TagPattern};
use crate::ui::form::{ALL_SEEN, Back, Intent};
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
        Back::Rule { scope, there, says } => (Some(rules_of(&scope)), of_rule(&there, &says), rule(there, says)),
        Back::Copied(request_id) => (None, Intent::UndoCopy, vec![("copy", request_id)]),
        Back::Robot { namespace, name } => {
            (Some(Address::Robots(namespace)), Intent::EnableRobot, vec![("robot", name.to_string())])
        }
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

fn of_rule(there: &Option<(String, Digest)>, says: &Option<Protection>) -> Intent {
    match (there, says) {
        (Some(_), None) => Intent::RemoveProtection,
        (Some(_), Some(_)) => Intent::ChangeProtection,
        (None, _) => Intent::SetProtection,
    }
}

/// The fields of a rule: which one, and what it is to say.
fn rule(there: Option<(String, Digest)>, says: Option<Protection>) -> Vec<(&'static str, String)> {
    let which = there.into_iter().flat_map(|(id, print)| [("rule", id), ("print", print.to_string())]);
    let text = |pattern: Option<TagPattern>| pattern.as_ref().map(ToString::to_string).unwrap_or_default();
    let says = says.into_iter().flat_map(|Protection { tags, except, guard, .. }| {
        let role = guard.role().map_or("", Role::name).to_owned();
        let kind = guard.kind().name().to_owned();
        // It was about all tags before, if it is again.
        let seen = "yes".to_owned();
        [("tags", text(tags)), ("except", text(except)), ("kind", kind), ("role", role), (ALL_SEEN, seen)]
    });
    which.chain(says).collect()
}
