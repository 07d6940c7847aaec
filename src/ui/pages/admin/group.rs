//! `/admin/groups/{name}`: who is in it, and what it has.

use super::{More, last_part};
use crate::api::people::show_group;
use crate::domain::error::What;
use crate::domain::view::{ClaimRow, GroupView, MemberRow};
use crate::domain::{Address, Error, GroupName, Username};
use crate::ui::components::avatar::Avatar;
use crate::ui::components::empty::Empty;
use crate::ui::components::form::{Choice, Confirm, Field, Kind, PostForm, Problem};
use crate::ui::form::Intent;
use crate::ui::pages::access::rows::{AccessRows, Columns};
use crate::ui::pages::load::{PageTitle, load};
use crate::ui::query::Pairs;
use crate::ui::request::PageRequest;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Group() -> impl IntoView {
    let request = PageRequest::current();
    let (name, after) = (last_part(), Pairs::of(&request.path_and_query).get("after").unwrap_or_default().to_owned());
    let data = async move {
        let name = name.parse().map_err(|_| Error::NotFound(What::Group(name)))?;
        show_group(name, after).await
    };
    load(data, move |view| view! { <Whole view request/> })
}

#[component]
fn Whole(view: GroupView, request: PageRequest) -> impl IntoView {
    let asks_to_delete = Pairs::of(&request.path_and_query).get("delete").is_some() && view.may_manage;
    let delete = asks_to_delete.then(|| view! { <Deleting name=view.name.clone()/> });
    let actions = (view.may_manage && !asks_to_delete)
        .then(|| view! { <div class="head-actions row"><a class="btn btn-bad-quiet" id="delete" href="?delete=yes">"Delete…"</a></div> });
    view! {
        <PageTitle text=view.name.to_string()/>
        <nav class="crumbs" aria-label="Breadcrumb"><ol><li><a href=Address::Groups.to_string()>"Groups"</a></li></ol></nav>
        <div class="head">
            <div class="grow"><h1>{view.name.to_string()}</h1><p class="head-sub">"Access that is given to this group reaches everybody in it."</p></div>
            {actions}
        </div>
        {delete}
        <h2 class="section">"Members"</h2>
        {view.may_manage.then(|| view! { <AddForm people=view.people/> })}
        <Members rows=view.members may_manage=view.may_manage/>
        <More next=view.next/>
        <Claims claims=view.claims providers=view.providers may_manage=view.may_manage/>
        <h2 class="section">"Access"</h2>
        <AccessRows rows=view.access page=Columns::Group empty=NoAccess/>
    }
    .into_any()
}

#[component]
fn AddForm(people: Vec<Username>) -> impl IntoView {
    const INTENT: Intent = Intent::AddMember;
    let people = people.into_iter().map(|name| view! { <option value=name.to_string()></option> }).collect_view();
    let member = Kind { class: "input input-mono", list: Some("people"), placeholder: "Username", ..Kind::TEXT };
    view! {
        <Problem intent=INTENT/>
        <Problem intent=Intent::RemoveMember/>
        <PostForm intent=INTENT class="grantform grantform-short">
            <Field intent=INTENT name="member" label="Add somebody" kind=member/>
            <datalist id="people">{people}</datalist>
            <button class="btn btn-primary" type="submit">"Add to the group"</button>
        </PostForm>
    }
    .into_any()
}

#[component]
fn Members(rows: Vec<MemberRow>, may_manage: bool) -> impl IntoView {
    if rows.is_empty() {
        return view! { <Empty icon="users" title="Nobody is in this group".to_owned()>""</Empty> }.into_any();
    }
    let sees_users = PageRequest::current().holds(crate::domain::Permission::UserRead);
    let rows = rows.into_iter().map(|MemberRow { username, name, source }| {
        let title = if name.is_empty() { username.to_string() } else { name.clone() };
        let title = match sees_users {
            true => view! { <a class="name" href=Address::User(username.clone()).to_string()>{title}</a> }.into_any(),
            false => view! { <span class="name">{title}</span> }.into_any(),
        };
        let by = if source.is_empty() { username.to_string() } else { format!("{username}, by {source}") };
        let is_own = source.is_empty();
        let remove = (may_manage && is_own).then(|| {
            let (label, member) = (format!("Remove {username}"), username.to_string());
            view! {
                <PostForm intent=Intent::RemoveMember class="row end">
                    <input type="hidden" name="member" value=member/>
                    <button class="btn btn-sm btn-ghost" type="submit" aria-label=label>"Remove"</button>
                </PostForm>
            }
        });
        view! {
            <li class="row-3 listed"><Avatar username=username.clone() name/><span class="grow">{title}<span class="cell-sub">{by}</span></span>{remove}</li>
        }
    });
    view! { <ul class="plain-list">{rows.collect_view()}</ul> }.into_any()
}

/// Groups of providers that put people in here.
#[component]
fn Claims(claims: Vec<ClaimRow>, providers: Vec<(String, String)>, may_manage: bool) -> impl IntoView {
    if claims.is_empty() && (providers.is_empty() || !may_manage) {
        return None;
    }
    let rows = claims.into_iter().map(|ClaimRow { provider, value }| {
        let title = providers.iter().find(|(name, _)| *name == provider).map_or(&provider, |(_, title)| title);
        let (words, sub) = (value.clone(), format!("at {title}"));
        let unmap = may_manage.then(|| {
            let label = format!("Unmap {value}");
            view! {
                <PostForm intent=Intent::UnmapClaim class="row end">
                    <input type="hidden" name="provider" value=provider/>
                    <input type="hidden" name="value" value=value/>
                    <button class="btn btn-sm btn-ghost" type="submit" aria-label=label>"Unmap"</button>
                </PostForm>
            }
        });
        view! { <li class="row-3 listed"><span class="grow"><span class="mono">{words}</span><span class="cell-sub">{sub}</span></span>{unmap}</li> }
    });
    let rows = rows.collect_view();
    let form = (may_manage && !providers.is_empty()).then(|| view! { <MapForm providers/> });
    Some(view! {
        <h2 class="section" id="map">"Groups of providers"</h2>
        <p class="sm muted">"Whom a provider puts into one of these is in this group, from the next sign-in on or at once if it said so before."</p>
        {form}
        <ul class="plain-list">{rows}</ul>
    }
    .into_any())
}

#[component]
fn MapForm(providers: Vec<(String, String)>) -> impl IntoView {
    const INTENT: Intent = Intent::MapClaim;
    let kind = Kind { class: "input input-mono", placeholder: "eng-web", ..Kind::TEXT };
    // Who waits is in a group that the address names.
    let asked = Pairs::of(&PageRequest::current().path_and_query);
    let get = |key: &str| asked.get(key).unwrap_or_default().to_owned();
    let (asked_provider, asked_value) = (get("provider"), get("value"));
    view! {
        <Problem intent=INTENT/>
        <Problem intent=Intent::UnmapClaim/>
        <PostForm intent=INTENT class="grantform">
            <Choice intent=INTENT name="provider" label="Provider" options=providers value=asked_provider/>
            <Field intent=INTENT name="value" label="Its group" kind value=asked_value hint="As the provider sends it; some send an id"/>
            <button class="btn btn-primary" type="submit">"Map this group"</button>
        </PostForm>
    }
    .into_any()
}

#[component]
fn Deleting(name: GroupName) -> impl IntoView {
    let (title, back) = (name.to_string(), format!("{}#delete", Address::Group(name)));
    view! {
        <Confirm intent=Intent::DeleteGroup title=format!("Delete {title}?") act=format!("Delete {title}") back typed=title.clone()>
            <p>"All access that was given to the group goes with it, at once. The people stay. This cannot be undone."</p>
        </Confirm>
    }
}

#[component]
fn NoAccess() -> impl IntoView {
    view! {
        <Empty icon="lock" title="Nothing is given to this group".to_owned()>
            <p>"Give it access on the page of a repository or a namespace."</p>
        </Empty>
    }
}
