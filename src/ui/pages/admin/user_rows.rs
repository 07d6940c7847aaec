//! Users in a table: by what they sign in, what reaches them, and when they were last here.

use super::users::State;
use crate::domain::view::UserRow;
use crate::domain::{Address, Timestamp};
use crate::ui::components::avatar::Avatar;
use crate::ui::components::time::When;
use crate::ui::words::{MAX_NAME_CHARS, grouped, inert};
use leptos::prelude::*;

/// What the heads do not say by themselves.
const GRANTS: &str = "How many grants name them or one of their groups";
const SEEN: &str = "When they last signed in, or a session or a token of theirs was in use";

/// The table.
#[component]
pub(super) fn UserRows(users: Vec<UserRow>, now: Timestamp) -> impl IntoView {
    let rows = users.into_iter().map(|user| view! { <Row user now/> }).collect_view();
    view! {
        <div class="tablewrap">
            <table class="cards" role="table" aria-label="Users">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Name"</th>
                        <th role="columnheader" scope="col">"Sign-in"</th>
                        <th role="columnheader" scope="col" class="p2">"Groups"</th>
                        <th role="columnheader" scope="col" class="p3 r" title=GRANTS>"Grants"</th>
                        <th role="columnheader" scope="col" title=SEEN>"Last seen"</th>
                        <th role="columnheader" scope="col">"State"</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn Row(user: UserRow, now: Timestamp) -> impl IntoView {
    let href = Address::User(user.username.clone()).to_string();
    let (state, ways) = (view! { <State user=&user now/> }, ways(&user));
    let UserRow { username, name, email, groups, n_grants, seen_at, .. } = user;
    let title = if name.is_empty() { username.to_string() } else { name.clone() };
    let sub: Vec<String> = [(!name.is_empty()).then(|| username.to_string()), Some(email)]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
    let grants = if n_grants == 1 { " grant" } else { " grants" };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" data-a="head">
                <span class="row-3">
                    <Avatar username name/>
                    <span class="grow"><a class="name" href=href>{title}</a><span class="cell-sub">{sub.join(" · ")}</span></span>
                </span>
            </th>
            <td role="cell" data-a="three">{ways}</td>
            <td role="cell" class="p2" data-a="two">{groups.join(", ")}</td>
            <td role="cell" class="p3 r" data-a="end3">{grouped(n_grants)}<span class="k-only">{grants}</span></td>
            <td role="cell" class="nowrap muted" data-a="end2"><span class="k-only">"Last seen: "</span><Seen at=seen_at now/></td>
            <td role="cell" data-a="end1">{state}</td>
        </tr>
    }
    .into_any()
}

/// By what somebody signs in, in words.
pub(super) fn ways(user: &UserRow) -> String {
    let password = user.has_password.then(|| "password".to_owned());
    let ways: Vec<String> = user.providers.iter().cloned().chain(password).collect();
    inert(&ways.join(", "), MAX_NAME_CHARS)
}

/// When somebody was last here.
#[component]
pub(super) fn Seen(at: Option<Timestamp>, now: Timestamp) -> impl IntoView {
    match at {
        Some(at) => view! { <When at now/> }.into_any(),
        None => view! { <span class="subtle">"Never"</span> }.into_any(),
    }
}
