//! `/admin/users`: who has an account, and to invite somebody.

use super::More;
use crate::api::people::list_users;
use crate::domain::view::{UserRow, UsersView, WaitingRow};
use crate::domain::{Address, Timestamp};
use crate::ui::components::avatar::Avatar;
use crate::ui::components::empty::{Empty, NoMatch};
use crate::ui::components::filter::{Filter, FilterForm};
use crate::ui::components::form::{Field, Kind, PostForm, Problem};
use crate::ui::components::table::Table;
use crate::ui::components::time::When;
use crate::ui::form::Intent;
use crate::ui::pages::load::{PageTitle, load};
use crate::ui::query::Pairs;
use crate::ui::request::PageRequest;
use crate::ui::words::inert;
use leptos::prelude::*;

/// The most that is shown of a stranger's groups.
const MAX_GROUPS_CHARS: usize = 200;

/// The page.
#[component]
pub fn Users() -> impl IntoView {
    let request = PageRequest::current();
    let pairs = Pairs::of(&request.path_and_query);
    let (q, after) =
        (pairs.get("q").unwrap_or_default().trim().to_owned(), pairs.get("after").unwrap_or_default().to_owned());
    let asked = q.clone();
    load(list_users(asked, after), move |view| view! { <Whole view q now=request.now/> })
}

#[component]
fn Whole(view: UsersView, q: String, now: Timestamp) -> impl IntoView {
    let filter = Filter {
        action: Address::Users.to_string(),
        label: "Filter users",
        hint: "Name, username or e-mail",
        value: q.clone(),
        sort: None,
    };
    let rows = match view.users.is_empty() {
        true if q.is_empty() => {
            view! { <Empty icon="users" title="No users".to_owned()><p>"Invite somebody above."</p></Empty> }.into_any()
        }
        true => view! { <NoMatch what="users" filter=q.clone() clear=Address::Users.to_string()/> }.into_any(),
        false => view! { <UserRows users=view.users now/> }.into_any(),
    };
    view! {
        <PageTitle text="Users".to_owned()/>
        <div class="head">
            <div class="grow">
                <h1>"Users"</h1>
                <p class="head-sub">"An account alone gives nothing. What somebody may do comes from access, theirs or their groups'."</p>
            </div>
        </div>
        {view.may_invite.then(InviteForm)}
        <Waiting rows=view.waiting now/>
        <FilterForm filter>""</FilterForm>
        {rows}
        <More next=view.next q/>
    }
}

/// Who signed in by a provider and is let in by no rule.
#[component]
fn Waiting(rows: Vec<WaitingRow>, now: Timestamp) -> impl IntoView {
    if rows.is_empty() {
        return None;
    }
    let rows = rows.into_iter().map(|row| {
        let WaitingRow { issuer, subject, provider, email, name, groups, last_at } = row;
        // An address that the provider does not vouch for is not shown.
        let email = if email.is_empty() { subject.clone() } else { email };
        let title = if name.is_empty() { email.clone() } else { name };
        let groups = match groups.is_empty() {
            true => "in no group that the provider names".to_owned(),
            false => format!("in {}", inert(&groups.join(", "), MAX_GROUPS_CHARS)),
        };
        let decide = move |intent: Intent, class: &'static str, words: &'static str| {
            let (issuer, subject, email) = (issuer.clone(), subject.clone(), email.clone());
            let label = format!("{words} {email}");
            view! {
                <PostForm intent class="row">
                    <input type="hidden" name="issuer" value=issuer/>
                    <input type="hidden" name="subject" value=subject/>
                    <input type="hidden" name="email" value=email/>
                    <button class=class type="submit" aria-label=label>{words}</button>
                </PostForm>
            }
        };
        let (in_, out) = (
            decide(Intent::LetIn, "btn btn-sm btn-primary", "Let in"),
            decide(Intent::Dismiss, "btn btn-sm", "Dismiss"),
        );
        view! {
            <li class="row-3 wrap listed">
                <span class="grow">
                    <b class="medium">{inert(&title, 120)}</b>
                    <span class="cell-sub">{format!("By {provider}, {groups}, ")}<When at=last_at now/></span>
                </span>
                <span class="row">{in_}{out}</span>
            </li>
        }
    });
    Some(view! {
        <h2 class="section">"Waiting"</h2>
        <p class="sm muted">"They signed in by a provider and no rule lets them in. To let a whole team in, map its group on the page of one of yours."</p>
        <ul class="plain-list">{rows.collect_view()}</ul>
    }
    .into_any())
}

#[component]
fn InviteForm() -> impl IntoView {
    const INTENT: Intent = Intent::CreateUser;
    let username = Kind { class: "input input-mono", placeholder: "mara", ..Kind::TEXT };
    let email = Kind { input: "email", ..Kind::OPTIONAL };
    view! {
        <section aria-labelledby="invite" class="mt-4">
            <h2 class="vh" id="invite">"Invite somebody"</h2>
            <Problem intent=INTENT/>
            <PostForm intent=INTENT class="grantform">
                <Field intent=INTENT name="username" label="Username" kind=username/>
                <Field intent=INTENT name="name" label="Name" kind=Kind::OPTIONAL/>
                <Field intent=INTENT name="email" label="E-mail" kind=email/>
                <p class="hint grantform-note">"You get a link to pass on. It works once, for 7 days, and lets them choose a password."</p>
                <button class="btn btn-primary" type="submit">"Make an invitation link"</button>
            </PostForm>
        </section>
    }
    .into_any()
}

#[component]
fn UserRows(users: Vec<UserRow>, now: Timestamp) -> impl IntoView {
    const COLUMNS: &[&str] = &["User", "Groups", "State", "Last seen"];
    let rows = users.into_iter().map(|user| view! { <Row user now/> }).collect_view();
    view! { <Table label="Users" columns=COLUMNS>{rows}</Table> }.into_any()
}

#[component]
fn Row(user: UserRow, now: Timestamp) -> impl IntoView {
    let href = Address::User(user.username.clone()).to_string();
    let state = view! { <State user=&user now/> };
    let UserRow { username, name, email, groups, seen_at, .. } = user;
    let title = if name.is_empty() { username.to_string() } else { name.clone() };
    let sub: Vec<String> = [(!name.is_empty()).then(|| username.to_string()), Some(email)]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
    let seen = match seen_at {
        Some(at) => view! { <When at now/> }.into_any(),
        None => view! { <span class="subtle">"never"</span> }.into_any(),
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" data-a="head">
                <span class="row-3">
                    <Avatar username name/>
                    <span class="grow"><a class="name" href=href>{title}</a><span class="cell-sub">{sub.join(" · ")}</span></span>
                </span>
            </th>
            <td role="cell" data-a="two">{groups.join(", ")}</td>
            <td role="cell" data-a="end1">{state}</td>
            <td role="cell" class="nowrap muted" data-a="end2">{seen}</td>
        </tr>
    }
}

/// Whether they may come in, and what is still to happen until they can.
#[component]
pub fn State<'a>(user: &'a UserRow, now: Timestamp) -> impl IntoView + use<> {
    match (user.is_disabled, user.invited_until) {
        (true, _) => view! { <span class="badge badge-bad">"Disabled"</span> }.into_any(),
        (false, Some(until)) if until > now => {
            let days = (until.0 - now.0).unsigned_abs().div_ceil(86_400_000); // The day that has begun counts.
            let words =
                if days == 1 { "Invited, ends within a day".to_owned() } else { format!("Invited, {days} days left") };
            view! { <span class="badge badge-accent">{words}</span> }.into_any()
        }
        (false, _) if !user.has_way_in => view! { <span class="badge badge-warn">"Invitation ended"</span> }.into_any(),
        (false, _) => view! { <span class="badge">"Active"</span> }.into_any(),
    }
}
