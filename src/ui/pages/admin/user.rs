//! `/admin/users/{name}`: one person, what reaches them, where they are signed in.

use super::last_part;
use super::user_rows::{Seen, ways};
use super::users::State;
use crate::api::people::show_user;
use crate::domain::error::What;
use crate::domain::view::{SessionRow, TokenRow, UserRow, UserView};
use crate::domain::{Address, Error, Permission, Scope, Timestamp};
use crate::ui::components::empty::Empty;
use crate::ui::components::form::{Confirm, PostForm, Problem};
use crate::ui::components::time::When;
use crate::ui::form::Intent;
use crate::ui::pages::access::rows::{AccessRows, Columns};
use crate::ui::pages::load::{PageTitle, load};
use crate::ui::pages::tokens::{Revoke, TokenRows, chosen};
use crate::ui::query::{Pairs, address};
use crate::ui::request::PageRequest;
use crate::ui::words::counted;
use leptos::prelude::*;

/// The page.
#[component]
pub fn User() -> impl IntoView {
    let request = PageRequest::current();
    let name = last_part();
    let data = async move {
        let username = name.parse().map_err(|_| Error::NotFound(What::User(name)))?;
        show_user(username).await
    };
    load(data, move |view| view! { <Whole view request/> })
}

#[component]
fn Whole(view: UserView, request: PageRequest) -> impl IntoView {
    let asks_to_delete = Pairs::of(&request.path_and_query).get("delete").is_some() && view.may_manage;
    let delete = asks_to_delete.then(|| view! { <Deleting user=view.user.clone()/> });
    let title = if view.user.name.is_empty() { view.user.username.to_string() } else { view.user.name.clone() };
    let now = request.now;
    let own = address(&Address::Activity(Scope::Everything).to_string(), &[("who", view.user.username.as_str())]);
    let done = request.holds(Permission::AuditRead).then(|| {
        view! { <p class="sm mt-4"><a href=own>{format!("What {title} did")}</a></p> }
    });
    view! {
        <PageTitle text=title.clone()/>
        <nav class="crumbs" aria-label="Breadcrumb"><ol><li><a href=Address::Users.to_string()>"Users"</a></li></ol></nav>
        <div class="head">
            <div class="grow">
                <div class="head-title"><h1>{title}</h1><State user=&view.user now/></div>
                <p class="head-sub">{about(&view.user)}</p>
                <Facts user=&view.user now/>
            </div>
            {(view.may_manage && !asks_to_delete).then(|| view! { <Actions view=&view/> })}
        </div>
        {[Intent::DisableUser, Intent::EnableUser, Intent::InviteAgain].map(|intent| view! { <Problem intent/> })}
        {delete}
        <h2 class="section">"Access"</h2>
        <AccessRows rows=view.access page=Columns::Somebody empty=NoAccess/>
        {view.may_manage.then(|| view! { <Tokens rows=view.tokens request/> })}
        {view.may_manage.then(|| view! { <Sessions rows=view.sessions now/> })}
        {done}
    }
    .into_any()
}

fn about(user: &UserRow) -> String {
    let groups: Vec<&str> = user.groups.iter().map(|group| group.as_str()).collect();
    let groups = if groups.is_empty() { "in no group".to_owned() } else { format!("in {}", groups.join(", ")) };
    let parts = [user.username.to_string(), user.email.clone(), groups];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// By what they sign in, how much reaches them, and when they were last here.
#[component]
fn Facts<'a>(user: &'a UserRow, now: Timestamp) -> impl IntoView + use<> {
    let ways = Some(ways(user)).filter(|ways| !ways.is_empty());
    let ways = ways.map_or_else(|| "No way to sign in yet".to_owned(), |ways| format!("Signs in by {ways}"));
    let grants = counted(user.n_grants, "grant", "grants");
    view! {
        <p class="head-sub">{format!("{ways} · {grants}, theirs and their groups' · Last seen: ")}<Seen at=user.seen_at now/></p>
    }
    .into_any()
}

#[component]
fn Actions<'a>(view: &'a UserView) -> impl IntoView + use<> {
    let is_invited = !view.user.has_way_in;
    let invite = is_invited.then(|| {
        view! { <PostForm intent=Intent::InviteAgain class="row"><button class="btn" type="submit">"New invitation link"</button></PostForm> }
    });
    let (intent, words) = match view.user.is_disabled {
        true => (Intent::EnableUser, "Let in again"),
        false => (Intent::DisableUser, "Disable"),
    };
    // Nobody locks themselves out by a slip.
    let others = (!view.is_reader).then(|| {
        view! {
            <PostForm intent class="row"><button class="btn" type="submit">{words}</button></PostForm>
            <a class="btn btn-bad-quiet" id="delete" href="?delete=yes">"Delete…"</a>
        }
    });
    view! { <div class="head-actions row wrap">{invite}{others}</div> }
}

#[component]
fn Deleting(user: UserRow) -> impl IntoView {
    let username = user.username.to_string();
    let back = format!("{}#delete", Address::User(user.username));
    view! {
        <Confirm intent=Intent::DeleteUser title=format!("Delete {username}?") act=format!("Delete {username}") back typed=username.clone()>
            <p>
                {format!("{username} loses the account, all access given to it, its place in groups, sessions and tokens. ")}
                "Images and what activity records stay. This cannot be undone; to keep the account, disable it instead."
            </p>
        </Confirm>
    }
}

#[component]
fn NoAccess() -> impl IntoView {
    view! {
        <Empty icon="lock" title="Nothing is given to them".to_owned()>
            <p>"They see what is public or internal. Give access on the page of a repository or a namespace, or put them into a group."</p>
        </Empty>
    }
}

#[component]
fn Tokens(rows: Vec<TokenRow>, request: PageRequest) -> impl IntoView {
    const INTENT: Intent = Intent::RevokeToken;
    let back = request.path().to_owned();
    let asked = match chosen(&rows, &request) {
        Some(token) => view! { <Revoke token intent=INTENT back/> }.into_any(),
        None => view! { <Problem intent=INTENT/> }.into_any(),
    };
    let is_empty = rows.is_empty();
    let rows = (!is_empty).then(|| view! { <TokenRows rows is_own=false/> });
    view! {
        <h2 class="section">"Tokens"</h2>
        {asked}
        {is_empty.then(|| view! { <p class="muted sm">"None."</p> })}
        {rows}
    }
    .into_any()
}

#[component]
fn Sessions(rows: Vec<SessionRow>, now: Timestamp) -> impl IntoView {
    let is_empty = rows.is_empty();
    let end = (!is_empty).then(|| {
        view! { <PostForm intent=Intent::EndSessions class="row"><button class="btn btn-sm" type="submit">"Sign out everywhere"</button></PostForm> }
    });
    view! {
        <div class="row section-head"><h2 class="section grow">"Sessions"</h2>{end}</div>
        {is_empty.then(|| view! { <p class="muted sm">"Signed in nowhere."</p> })}
        <SessionList rows now ends=false/>
    }
}

/// Browsers in which somebody is signed in; each can be ended where they are the reader's own.
#[component]
pub fn SessionList(rows: Vec<SessionRow>, now: Timestamp, ends: bool) -> impl IntoView {
    let rows = rows.into_iter().map(|row| {
        let SessionRow { id, created_at, seen_at, address, agent, is_this } = row;
        let name = browser(&agent);
        let whose = format!(" the session of {name}");
        let end = (ends && !is_this).then(|| {
            view! {
                <PostForm intent=Intent::EndSession class="row end">
                    <input type="hidden" name="session" value=id/>
                    <button class="btn btn-sm" type="submit">"End"<span class="vh">{whose}</span></button>
                </PostForm>
            }
        });
        let here = is_this.then(|| view! { <span class="badge badge-good">"This browser"</span> });
        view! {
            <li class="row-3 listed">
                <span class="grow">
                    <span class="row wrap"><b class="medium">{name}</b>{here}</span>
                    <span class="cell-sub">"Signed in "<When at=created_at now/>{format!(" from {address}, last seen ")}<When at=seen_at now/></span>
                </span>
                {end}
            </li>
        }
    });
    view! { <ul class="plain-list">{rows.collect_view()}</ul> }.into_any()
}

/// What a browser calls itself, in words: it names its ancestors first.
fn browser(agent: &str) -> String {
    let names =
        [("Firefox/", "Firefox"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    let systems = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ];
    let find =
        |known: &[(&str, &'static str)]| known.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name);
    match (find(&names), find(&systems)) {
        (Some(name), Some(system)) => format!("{name} on {system}"),
        (Some(name), None) => name.to_owned(),
        _ if agent.is_empty() => "A browser that does not say what it is".to_owned(),
        _ => crate::ui::words::inert(agent, 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_named_in_words() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";
        assert_eq!(browser(chrome), "Chrome on Linux");
        assert_eq!(browser("curl/8.5"), "curl/8.5");
        assert_eq!(browser("Mozilla/5.0 (iPhone; CPU) Version/18 Safari/604.1"), "Safari on iPhone");
    }
}
