//! `/n/{ns}`: the namespaces right below one, and the repositories in it, hosted and remote alike.

use super::load::{PageTitle, load};
use super::repositories::row::Rows;
use super::repositories::{Bar, List, Query, Results, Sums, is_unused};
use crate::api::repositories::list_repositories;
use crate::domain::view::{NamespaceRow, RepositoriesView};
use crate::domain::{self, Address, Scope};
use crate::ui::components::crumbs::NamespaceCrumbs;
use crate::ui::components::icon::Icon;
use crate::ui::components::tabs::{ScopeTabs, Tab};
use crate::ui::islands::live::LiveScope;
use crate::ui::query::{Pairs, address};
use crate::ui::request::{PageRequest, Part};
use crate::ui::words::counted;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Namespace(namespace: domain::Namespace) -> impl IntoView {
    let request = PageRequest::current();
    let within = Some(namespace.clone());
    let query = Query::of(&request.path_and_query).map(|query| Query { within, ..query });
    let below = Pairs::of(&request.path_and_query).get("below").unwrap_or_default().to_owned();
    let asked = query.clone();
    let data = async move { list_repositories(asked?, below).await };
    load(data, move |view| {
        let (query, base) = (query.unwrap_or_default(), Address::Namespace(namespace.clone()).to_string());
        match request.part {
            Some(Part::Rows) => view! { <Rows rows=view.page.items now=request.now/> }.into_any(),
            Some(Part::Results) => view! { <Results view query request base/> }.into_any(),
            Some(Part::Dialog) | None => view! { <Whole namespace view query request/> }.into_any(),
        }
    })
}

#[component]
fn Whole(namespace: domain::Namespace, view: RepositoriesView, query: Query, request: PageRequest) -> impl IntoView {
    let (title, base) = (namespace.to_string(), Address::Namespace(namespace.clone()).to_string());
    let bar = (!is_unused(&view, &query)).then(|| view! { <Bar query=&query base=base.clone()/> });
    let below = (!view.children.is_empty()).then(|| {
        view! { <Below rows=view.children.clone() next=view.children_next.clone() base=base.clone()/> }
    });
    view! {
        <PageTitle text=title.clone()/>
        <NamespaceCrumbs namespace=namespace.clone()/>
        <div class="head">
            <div class="grow"><h1>{title}</h1><Sums totals=view.totals is_emptied=view.left.is_some()/></div>
            <LiveScope scope="repositories".to_owned() since=request.now nouns=("repository", "repositories")/>
        </div>
        <ScopeTabs scope=Scope::Namespace(namespace) open=Tab::Contents count=Some(view.totals.repositories) opens=view.opens/>
        {below}
        {bar}
        <List view query request base/>
    }
    .into_any()
}

/// The namespaces right below, each with how many repositories in it the reader may see.
#[component]
fn Below(rows: Vec<NamespaceRow>, next: Option<String>, base: String) -> impl IntoView {
    let rows = rows.into_iter().map(|NamespaceRow { name, repositories }| {
        let (words, href) = (name.to_string(), Address::Namespace(name).to_string());
        view! {
            <li class="row-3 listed">
                <Icon name="repo"/>
                <a class="grow pick" href=href><span class="name">{words}</span><span class="cell-sub">{counted(repositories, "repository", "repositories")}</span></a>
            </li>
        }
    });
    let more = next.map(|next| {
        let href = address(&base, &[("below", &next)]);
        view! { <p class="tfoot"><a class="btn btn-sm" href=href>"More namespaces"</a></p> }
    });
    view! {
        <h2 class="section">"Namespaces"</h2>
        <ul class="plain-list">{rows.collect_view()}</ul>
        {more}
        <h2 class="section">"Repositories"</h2>
    }
    .into_any()
}
