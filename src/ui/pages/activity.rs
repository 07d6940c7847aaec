//! `/activity`: what was done and what was refused, by whom, newest first.

use super::load::{PageTitle, load};
use crate::api::people::list_activity;
use crate::domain::view::{ActivityQuery, ActivityRow, ActivityView};
use crate::domain::{Actor, Address, Timestamp};
use crate::ui::components::empty::Empty;
use crate::ui::components::time::When;
use crate::ui::query::{Pairs, address};
use crate::ui::request::PageRequest;
use crate::ui::words::inert;
use leptos::prelude::*;

/// The most that is shown of what was done it to.
const MAX_OBJECT_CHARS: usize = 300;

/// The page.
#[component]
pub fn Activity() -> impl IntoView {
    let request = PageRequest::current();
    let query = read(&request.path_and_query);
    let asked = query.clone();
    load(list_activity(asked), move |view| view! { <Whole view query now=request.now/> })
}

fn read(path_and_query: &str) -> ActivityQuery {
    let pairs = Pairs::of(path_and_query);
    let get = |key: &str| pairs.get(key).unwrap_or_default().trim().to_owned();
    let refused_only = pairs.get("refused").is_some();
    ActivityQuery { who: get("who"), action: get("action"), object: get("object"), refused_only, after: get("after") }
}

#[component]
fn Whole(view: ActivityView, query: ActivityQuery, now: Timestamp) -> impl IntoView {
    let next = view.next.as_ref().map(|next| {
        let refused = if query.refused_only { "yes" } else { "" };
        let pairs = [
            ("who", query.who.as_str()),
            ("action", &query.action),
            ("object", &query.object),
            ("refused", refused),
            ("after", next),
        ];
        let href = address(&Address::Activity.to_string(), &pairs);
        view! { <nav class="tfoot" aria-label="Pages"><a class="btn btn-sm" rel="next" href=href>"Older"</a></nav> }
    });
    let rows = match view.rows.is_empty() {
        true => view! { <Empty icon="pulse" title="Nothing was done that fits".to_owned()><a class="btn" href=Address::Activity.to_string()>"Clear filter"</a></Empty> }.into_any(),
        false => view! { <Table rows=view.rows now/> }.into_any(),
    };
    view! {
        <PageTitle text="Activity".to_owned()/>
        <div class="head">
            <div class="grow"><h1>"Activity"</h1><p class="head-sub">"What was changed and what was refused. Pulls are counted, not listed."</p></div>
        </div>
        <FilterBar query/>
        {rows}
        {next}
    }
}

#[component]
fn FilterBar(query: ActivityQuery) -> impl IntoView {
    let kinds = [
        ("", "Any action"),
        ("manifest", "Pushes and deletes of images"),
        ("tag", "Tags"),
        ("blob", "Blobs"),
        ("repository", "Repositories"),
        ("grant", "Access"),
        ("user", "Users"),
        ("group", "Groups"),
        ("session", "Sessions"),
        ("account", "Accounts"),
        ("token", "Tokens"),
        ("namespace", "Namespaces"),
        ("robot", "Robots"),
        ("instance", "Instance"),
    ];
    let kinds =
        kinds.map(|(value, words)| view! { <option value=value selected=value == query.action>{words}</option> });
    view! {
        <form class="filters row wrap" method="get" action=Address::Activity.to_string() role="search" aria-label="Filter activity">
            <label class="vh" for="who">"Who"</label>
            <input class="input narrow" id="who" name="who" value=query.who placeholder="Who" autocomplete="off" spellcheck="false"/>
            <label class="vh" for="action">"What"</label>
            <select class="select" id="action" name="action">{kinds}</select>
            <label class="vh" for="object">"To what"</label>
            <input class="input narrow" id="object" name="object" value=query.object placeholder="To what" autocomplete="off" spellcheck="false"/>
            <label class="vh" for="refused">"Result"</label>
            <select class="select" id="refused" name="refused">
                <option value="">"Any result"</option>
                <option value="yes" selected=query.refused_only>"Refused only"</option>
            </select>
            <button class="btn" type="submit">"Filter"</button>
        </form>
    }
    .into_any()
}

#[component]
fn Table(rows: Vec<ActivityRow>, now: Timestamp) -> impl IntoView {
    let rows = rows.into_iter().map(|row| view! { <Row row now/> }).collect_view();
    view! {
        <div class="tablewrap">
            <table class="cards cards-2" role="table" aria-label="Activity, newest first">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"What"</th>
                        <th role="columnheader" scope="col">"Who"</th>
                        <th role="columnheader" scope="col">"Result"</th>
                        <th role="columnheader" scope="col">"When"</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn Row(row: ActivityRow, now: Timestamp) -> impl IntoView {
    let ActivityRow { at, actor, action, object, refused, before, after, request_id, .. } = row;
    let who = match actor {
        Some(Actor::Anonymous) => "nobody in particular".to_owned(),
        Some(Actor::System(job)) => format!("Portolan ({})", job.name()),
        Some(actor) => actor.to_string(),
        None => "nobody knows".to_owned(),
    };
    let change = change(before, after);
    let result = match refused {
        Some(permission) => {
            view! { <span class="badge badge-bad" title=format!("It needs {permission}")>"Refused"</span> }.into_any()
        }
        None => view! { <span class="subtle">"Done"</span> }.into_any(),
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" data-a="head">
                <span class="name">{words(&action)}</span>" "<span class="mono sm">{inert(&object, MAX_OBJECT_CHARS)}</span>
                <span class="cell-sub">{change}" "<span class="mono">{format!("req {request_id}")}</span></span>
            </th>
            <td role="cell" data-a="two">{who}</td>
            <td role="cell" data-a="end2">{result}</td>
            <td role="cell" class="nowrap muted" data-a="end1"><When at now/></td>
        </tr>
    }
}

/// `before → after`, of what has either. An id says nothing to people.
fn change(before: Option<String>, after: Option<String>) -> String {
    let shown = |text: String| inert(&text, MAX_OBJECT_CHARS);
    let is_id = |text: &String| text.len() == 36 && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let says = |text: &String| !text.is_empty() && !is_id(text);
    match (before.filter(says), after.filter(says)) {
        (Some(before), Some(after)) => format!("{} → {}", shown(before), shown(after)),
        (Some(before), None) => format!("was {}", shown(before)),
        (None, Some(after)) => shown(after),
        (None, None) => String::new(),
    }
}

/// An action in words.
fn words(action: &str) -> String {
    let known = match action {
        "blob.push" => "Uploaded to",
        "blob.mount" => "Mounted a blob:",
        "blob.delete" => "Deleted the blob",
        "manifest.push" => "Pushed",
        "manifest.delete" => "Deleted the image",
        "tag.delete" => "Deleted the tag",
        "grant.give" => "Gave access:",
        "grant.take" => "Took access:",
        "grant.change" => "Changed access:",
        "user.create" => "Made the account",
        "user.change" => "Changed the account",
        "user.invite" => "Made an invitation link for",
        "user.delete" => "Deleted the account",
        "user.sign-out" => "Signed out everywhere:",
        "user.accept-link" => "Chose a password by a link:",
        "account.change-password" => "Changed the password of",
        "group.create" => "Made the group",
        "group.change" => "Changed the group",
        "group.delete" => "Deleted the group",
        "group.map" => "Mapped groups of providers to",
        "user.join" => "Came by a provider:",
        "user.follow-provider" => "Groups of a provider changed for",
        "user.let-in" => "Let in",
        "user.dismiss" => "Dismissed",
        "repository.create" => "Made the repository",
        "token.create" => "Made the token",
        "token.delete" | "token.revoke" => "Revoked the token",
        "robot.create" => "Made the robot",
        "robot.rotate" => "Rotated the secret of",
        "robot.change" => "Changed the robot",
        "robot.delete" => "Deleted the robot",
        "provider.create" => "Added the sign-in provider",
        "provider.change" => "Changed the sign-in provider",
        "provider.enable" => "Enabled the sign-in provider",
        "provider.disable" => "Disabled the sign-in provider",
        "provider.delete" => "Removed the sign-in provider",
        "provider.list" => "Asked for sign-in providers",
        "provider.try" => "Tried the sign-in provider",
        "repository.configure" => "Changed the settings of",
        "namespace.configure" => "Changed the settings of",
        "repository.read" => "Asked for",
        "grant.list" => "Asked who has access to",
        "user.list" => "Asked for users",
        "group.list" => "Asked for groups",
        "role.list" => "Asked for roles",
        "activity.read" => "Asked for activity",
        "account.read" => "Asked for an account",
        "system.read" => "Asked for metrics",
        "session.open" => "Signed in",
        "session.end" => "Ended a session",
        "instance.set-up" => "Set up the instance as",
        other => return other.to_owned(),
    };
    known.to_owned()
}
