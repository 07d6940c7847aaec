//! `/admin/users`: who has an account, and to invite somebody.

use super::More;
use super::user_rows::UserRows;
use crate::api::people::list_users;
use crate::domain::view::{AlikeRow, Shelf, UserRow, UsersQuery, UsersView, WaitingRow};
use crate::domain::{Address, Cursor, Page, Permission, Timestamp};
use crate::ui::components::empty::{Empty, NoMatch};
use crate::ui::components::filter::{Filter, FilterForm};
use crate::ui::components::form::{Field, Kind, PostForm, Problem};
use crate::ui::components::pages::{Foot, Pages};
use crate::ui::components::time::When;
use crate::ui::form::Intent;
use crate::ui::pages::load::{PageTitle, load};
use crate::ui::query::{Pairs, address};
use crate::ui::request::PageRequest;
use crate::ui::words::{MAX_NAME_CHARS, counted, inert, invited};
use leptos::prelude::*;

/// The most that is shown of a stranger's groups.
const MAX_GROUPS_CHARS: usize = 200;
/// How many of them are offered to be mapped, and the most that is shown of one.
const MAX_MAPS: usize = 8;
const MAX_GROUP_CHARS: usize = 60;

/// The page.
#[component]
pub fn Users() -> impl IntoView {
    let request = PageRequest::current();
    let pairs = Pairs::of(&request.path_and_query);
    let get = |key: &str| pairs.get(key).unwrap_or_default().trim().to_owned();
    let query = UsersQuery {
        q: get("q"),
        after: get("after"),
        waiting_after: get("waiting-after"),
        waiting_before: get("waiting-before"),
    };
    load(list_users(query.clone()), move |view| view! { <Whole view query now=request.now/> })
}

#[component]
fn Whole(view: UsersView, query: UsersQuery, now: Timestamp) -> impl IntoView {
    let q = query.q.clone();
    let filter = Filter {
        action: Address::Users.to_string(),
        label: "Filter users",
        hint: "Name, username or e-mail",
        value: q.clone(),
        sort: None,
        shelf: Shelf::All,
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
        <Waiting page=view.waiting query now/>
        <FilterForm filter>""</FilterForm>
        {rows}
        <More next=view.next q/>
    }
    .into_any()
}

/// Who signed in by a provider and is let in by no rule.
#[component]
fn Waiting(page: Page<WaitingRow>, query: UsersQuery, now: Timestamp) -> impl IntoView {
    if page.items.is_empty() {
        return None;
    }
    let foot = foot(&page, &query).map(|foot| view! { <Pages foot/> });
    let rows = page.items.into_iter().map(|row| view! { <WaitingOne row now/> }).collect_view();
    Some(view! {
        <h2 class="section">"Waiting"</h2>
        <p class="sm muted">"They signed in by a provider and no rule lets them in. To let in all who are in a group there, map it to one here."</p>
        {[Intent::LetIn, Intent::Dismiss].map(|intent| view! { <Problem intent/> })}
        <ul class="plain-list">{rows}</ul>
        {foot}
        <h2 class="section">"Accounts"</h2>
    }
    .into_any())
}

/// The pages of those who wait, where they take more than one. The list of users stays as it is.
fn foot(page: &Page<WaitingRow>, query: &UsersQuery) -> Option<Foot> {
    let href = |key: &'static str, cursor: &Cursor| {
        let base = Address::Users.to_string();
        address(&base, &[("q", &query.q), ("after", &query.after), (key, &cursor.to_string())])
    };
    (page.previous.is_some() || page.next.is_some()).then(|| Foot {
        count: format!("{} on this page", counted(page.items.len() as u64, "person", "people")),
        before: page.previous.as_ref().map(|cursor| href("waiting-before", cursor)),
        after: page.next.as_ref().map(|cursor| href("waiting-after", cursor)),
        by_time: true,
    })
}

#[component]
fn WaitingOne(row: WaitingRow, now: Timestamp) -> impl IntoView {
    let WaitingRow { issuer, subject, provider, email, name, groups, last_at, title: by, alike } = row;
    let maps = view! { <Maps provider groups=groups.clone()/> };
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
    let (in_, out) =
        (decide(Intent::LetIn, "btn btn-sm", "Let in"), decide(Intent::Dismiss, "btn btn-sm btn-ghost", "Dismiss"));
    view! {
        <li class="row-3 wrap listed">
            <span class="grow">
                <b class="medium">{inert(&title, 120)}</b>
                <span class="cell-sub">{format!("By {}, {groups}, ", inert(&by, MAX_NAME_CHARS))}<When at=last_at now/></span>
                {alike.into_iter().map(same_address).collect_view()}
                {maps}
            </span>
            <span class="row">{in_}{out}</span>
        </li>
    }
    .into_any()
}

/// That somebody who waits may be somebody who is here: the provider vouches for the address, and an account has it.
fn same_address(AlikeRow { username, providers, has_password, .. }: AlikeRow) -> impl IntoView {
    let password = has_password.then(|| "password".to_owned());
    let ways: Vec<String> = providers.into_iter().chain(password).collect();
    let by = if ways.is_empty() { "invited".to_owned() } else { format!("by {}", ways.join(", ")) };
    let href = Address::User(username.clone()).to_string();
    let by = format!(" has this address here, {}.", inert(&by, MAX_NAME_CHARS));
    view! { <span class="cell-sub"><a href=href>{username.to_string()}</a>{by}</span> }.into_any()
}

/// For each of a stranger's groups the way to map it to one of ours, which lets in all who are in it.
#[component]
fn Maps(provider: String, groups: Vec<String>) -> impl IntoView {
    if groups.is_empty() || !PageRequest::current().holds(Permission::GroupManage) {
        return None;
    }
    let links = groups.into_iter().take(MAX_MAPS).map(|group| {
        let href = address(&Address::Groups.to_string(), &[("provider", &provider), ("value", &group)]);
        view! { <a class="btn btn-sm" href=href>{format!("Map {}", inert(&group, MAX_GROUP_CHARS))}</a> }
    });
    Some(view! { <span class="row wrap">{links.collect_view()}</span> }.into_any())
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
                <p class="hint grantform-note">"You get a link to pass on. It works once, for 7 days, and lets them choose how they sign in."</p>
                <button class="btn btn-primary" type="submit">"Make an invitation link"</button>
            </PostForm>
        </section>
    }
    .into_any()
}

/// Whether they may come in, and what is still to happen until they can.
#[component]
pub fn State<'a>(user: &'a UserRow, now: Timestamp) -> impl IntoView + use<> {
    let (class, words) = match (user.is_disabled, user.has_way_in) {
        (true, _) => ("badge badge-bad", "Disabled".to_owned()),
        (false, true) => ("badge", "Active".to_owned()),
        (false, false) => {
            let until = user.invited_until.unwrap_or(Timestamp(0));
            let class = if until > now { "badge badge-accent" } else { "badge badge-warn" };
            (class, invited(until, now))
        }
    };
    view! { <span class=class>{words}</span> }.into_any()
}
