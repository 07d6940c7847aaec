//! `/admin/groups`.

use super::More;
use crate::api::people::list_groups;
use crate::domain::Address;
use crate::domain::view::{GroupRow, GroupsView};
use crate::ui::components::empty::Empty;
use crate::ui::components::form::{Field, Kind, PostForm, Problem};
use crate::ui::components::table::Table;
use crate::ui::form::Intent;
use crate::ui::pages::load::{PageTitle, load};
use crate::ui::query::Pairs;
use crate::ui::request::PageRequest;
use crate::ui::words::counted;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Groups() -> impl IntoView {
    let after = Pairs::of(&PageRequest::current().path_and_query).get("after").unwrap_or_default().to_owned();
    load(list_groups(after), move |view| view! { <Whole view/> })
}

#[component]
fn Whole(view: GroupsView) -> impl IntoView {
    let rows = match view.groups.is_empty() {
        true => view! { <NoGroups/> }.into_any(),
        false => view! { <Rows groups=view.groups/> }.into_any(),
    };
    view! {
        <PageTitle text="Groups".to_owned()/>
        <div class="head">
            <div class="grow">
                <h1>"Groups"</h1>
                <p class="head-sub">"Access that is given to a group reaches everybody in it."</p>
            </div>
        </div>
        {view.may_manage.then(NewGroup)}
        {rows}
        <More next=view.next/>
    }
}

#[component]
fn NewGroup() -> impl IntoView {
    const INTENT: Intent = Intent::CreateGroup;
    let name = Kind { class: "input input-mono", placeholder: "eng-web", ..Kind::TEXT };
    view! {
        <section aria-labelledby="new-group" class="mt-4">
            <h2 class="vh" id="new-group">"New group"</h2>
            <Problem intent=INTENT/>
            <PostForm intent=INTENT class="grantform grantform-short">
                <Field intent=INTENT name="name" label="New group" kind=name/>
                <button class="btn btn-primary" type="submit">"Make the group"</button>
            </PostForm>
        </section>
    }
    .into_any()
}

#[component]
fn NoGroups() -> impl IntoView {
    view! {
        <Empty icon="users" title="No groups".to_owned()>
            <p>"A group is given access once, and people come and go."</p>
        </Empty>
    }
}

#[component]
fn Rows(groups: Vec<GroupRow>) -> impl IntoView {
    const COLUMNS: &[&str] = &["Group", "Members", "Access"];
    let rows = groups.into_iter().map(|GroupRow { name, n_members, n_grants, .. }| {
        let href = Address::Group(name.clone()).to_string();
        let grants = if n_grants == 0 { "no access".to_owned() } else { counted(n_grants, "grant", "grants") };
        view! {
            <tr role="row">
                <th role="rowheader" scope="row" data-a="head"><a class="name" href=href>{name.to_string()}</a></th>
                <td role="cell" data-a="two">{counted(n_members, "person", "people")}</td>
                <td role="cell" class="muted" data-a="end1">{grants}</td>
            </tr>
        }
    });
    view! { <Table label="Groups" columns=COLUMNS>{rows.collect_view()}</Table> }.into_any()
}
