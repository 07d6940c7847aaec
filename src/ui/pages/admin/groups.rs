//! `/admin/groups`.

use super::More;
use crate::api::people::list_groups;
use crate::domain::view::{ClaimRow, GroupRow, GroupsView};
use crate::domain::{Address, GroupName};
use crate::ui::components::empty::Empty;
use crate::ui::components::form::{Field, Kind, PostForm, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::components::table::Table;
use crate::ui::form::Intent;
use crate::ui::pages::load::{PageTitle, load};
use crate::ui::query::{Pairs, address};
use crate::ui::request::{PageRequest, Way};
use crate::ui::words::{MAX_NAME_CHARS, counted, inert};
use leptos::prelude::*;

/// The page.
#[component]
pub fn Groups() -> impl IntoView {
    let request = PageRequest::current();
    let pairs = Pairs::of(&request.path_and_query);
    let after = pairs.get("after").unwrap_or_default().to_owned();
    let asked = pairs.get("provider").zip(pairs.get("value")).map(|(provider, value)| {
        let title = title(&request.ways.providers, provider);
        Asked { provider: provider.to_owned(), title, value: value.to_owned() }
    });
    load(list_groups(after), move |view| view! { <Whole view asked/> })
}

/// What people call the provider of that name; its name where it is not in force.
fn title(providers: &[Way], name: &str) -> String {
    providers.iter().find(|way| way.name == name).map_or_else(|| name.to_owned(), |way| way.title.clone())
}

/// A group of a provider that is to be mapped to one of ours.
#[derive(Clone)]
struct Asked {
    provider: String,
    title: String,
    value: String,
}

#[component]
fn Whole(view: GroupsView, asked: Option<Asked>) -> impl IntoView {
    let asked = asked.filter(|_| view.may_manage);
    let mapping = asked.clone().map(|asked| view! { <Mapping asked is_first=view.groups.is_empty()/> });
    let rows = match view.groups.is_empty() {
        true => view! { <NoGroups/> }.into_any(),
        false => view! { <Rows groups=view.groups asked=asked.clone()/> }.into_any(),
    };
    view! {
        <PageTitle text="Groups".to_owned()/>
        <div class="head">
            <div class="grow">
                <h1>"Groups"</h1>
                <p class="head-sub">"Access that is given to a group reaches everybody in it."</p>
            </div>
        </div>
        {mapping}
        {view.may_manage.then(|| view! { <NewGroup asked/> })}
        {rows}
        <More next=view.next/>
    }
    .into_any()
}

/// To which group of ours one of a provider is mapped.
#[component]
fn Mapping(asked: Asked, is_first: bool) -> impl IntoView {
    let Asked { title, value, .. } = asked;
    let (title, value) = (inert(&title, MAX_NAME_CHARS), inert(&value, MAX_NAME_CHARS));
    let next = match is_first {
        true => "Make a group for them: it is mapped with it.",
        false => "Make a group for them, which is mapped with it, or open one of those below and map it there.",
    };
    view! {
        <div class="callout callout-info mt-4">
            <Icon name="users"/>
            <p>"Whom "{title}" puts into "<b class="mono">{value}</b>" is let in once a group here stands for it. "{next}</p>
        </div>
    }
    .into_any()
}

#[component]
fn NewGroup(asked: Option<Asked>) -> impl IntoView {
    const INTENT: Intent = Intent::CreateGroup;
    let kind = Kind { class: "input input-mono", placeholder: "eng-web", ..Kind::TEXT };
    let own = asked.as_ref().and_then(|asked| asked.value.parse::<GroupName>().ok());
    let name = own.map(|name| name.to_string()).unwrap_or_default();
    let mapped = asked.map(|Asked { provider, value, .. }| {
        view! {
            <input type="hidden" name="provider" value=provider/>
            <input type="hidden" name="value" value=value/>
        }
    });
    view! {
        <section aria-labelledby="new-group" class="mt-4">
            <h2 class="vh" id="new-group">"New group"</h2>
            <Problem intent=INTENT/>
            <PostForm intent=INTENT class="grantform grantform-short">
                {mapped}
                <Field intent=INTENT name="name" label="New group" kind value=name/>
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
    .into_any()
}

#[component]
fn Rows(groups: Vec<GroupRow>, asked: Option<Asked>) -> impl IntoView {
    const COLUMNS: &[&str] = &["Group", "Members", "Put in by", "Access"];
    let providers = PageRequest::current().ways.providers;
    let rows = groups.into_iter().map(move |GroupRow { name, n_members, n_grants, n_claims, claim, .. }| {
        let own = Address::Group(name.clone()).to_string();
        let href = asked.as_ref().map_or_else(
            || own.clone(),
            |Asked { provider, value, .. }| address(&own, &[("provider", provider), ("value", value)]) + "#map",
        );
        let grants = if n_grants == 0 { "no access".to_owned() } else { counted(n_grants, "grant", "grants") };
        let claim = claim.map(|ClaimRow { provider, value }| format!("{value} of {}", title(&providers, &provider)));
        let by = match claim {
            None => "hand".to_owned(),
            Some(claim) if n_claims == 1 => format!("{claim}, and by hand"),
            Some(claim) => format!("{claim}, {} more, and by hand", n_claims - 1),
        };
        view! {
            <tr role="row">
                <th role="rowheader" scope="row" data-a="head"><a class="name" href=href>{name.to_string()}</a></th>
                <td role="cell" data-a="two">{counted(n_members, "person", "people")}</td>
                <td role="cell" class="muted" data-a="three">{by}</td>
                <td role="cell" class="muted" data-a="end1">{grants}</td>
            </tr>
        }
    });
    view! { <Table label="Groups" columns=COLUMNS>{rows.collect_view()}</Table> }.into_any()
}
