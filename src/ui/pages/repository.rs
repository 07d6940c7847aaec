//! `/r/{repo}`: a repository and its tags.

mod head;
mod row;
mod select;

use super::load::{PageTitle, load};
use super::repositories::first_push::PushTo;
use crate::api::repositories::show_repository;
use crate::domain::tag_filter::PROTECTED;
use crate::domain::view::{CrawlState, Deletable, ListQuery, RepositoryView, Shelf, TagRow, TagSort};
use crate::domain::{Address, Protection, RepositoryName, Scope, Timestamp};
use crate::ui::components::crumbs::Crumbs;
use crate::ui::components::empty::{Empty, NoMatch};
use crate::ui::components::filter::{Filter, FilterForm};
use crate::ui::components::in_trash::InTrash;
use crate::ui::components::notice::{Notice, Unreadable};
use crate::ui::components::pages::{Foot, Pages, StartedOver};
use crate::ui::components::pull_box::Pull;
use crate::ui::components::sort_head::{Column, Head, SortHead, SortMenu};
use crate::ui::components::tabs::{ScopeTabs, Tab};
use crate::ui::query::Order;
use crate::ui::request::{PageRequest, Part};
use crate::ui::words::sentence;
use head::{Facts, Heading, Pulling, pull_any};
use leptos::prelude::*;
use row::Rows;
use select::{SelectAll, SelectionBar, listed};

type Query = ListQuery<TagSort>;

/// The page.
#[component]
pub fn Repository(name: RepositoryName) -> impl IntoView {
    let request = PageRequest::current();
    let query = Query::of(&request.path_and_query);
    let asked = query.clone();
    let data = async move { show_repository(name, asked?).await };
    load(data, move |view| {
        let query = query.unwrap_or_default();
        match request.part {
            Some(Part::Rows) => {
                let pull = pull_any(&view, &request);
                let RepositoryView { head, page, rules, deletable, copies, .. } = view;
                view! { <Rows name=head.name rows=page.items rules deletable copies pull list=listed(&query) now=request.now/> }.into_any()
            }
            Some(Part::Results) => view! { <Results view query request/> }.into_any(),
            Some(Part::Dialog) | None => view! { <Whole view query request/> }.into_any(),
        }
    })
}

#[component]
fn Whole(view: RepositoryView, query: Query, request: PageRequest) -> impl IntoView {
    let name = view.head.name.clone();
    let base = Address::Repository(name.clone()).to_string();
    let filter = Filter {
        action: base.clone(),
        label: "Filter tags",
        hint: "1.4.* or age:>30d",
        value: query.q.clone(),
        sort: (query.sort != TagSort::default()).then(|| query.sort.word()),
        shelf: Shelf::All,
    };
    let orders =
        view! { <Views view=&view query=&query base=&base/> <SortMenu query=&query base=&base words=order_words/> };
    view! {
        <PageTitle text=name.to_string()/>
        <Crumbs repository=name/>
        <Heading view=&view now=request.now/>
        <Facts view=&view/>
        <Pulling view=&view request=&request/>
        <Tabs view=&view/>
        <FilterForm filter>{orders}</FilterForm>
        <List view query request/>
    }
}

/// The word of the view of what nobody uses.
const UNUSED: &str = "unused:>90d";

/// All tags, those that a rule protects, where there are any, or those that nobody uses, where pulls are known: a word of the
/// filter at a press.
#[component]
fn Views<'a>(view: &'a RepositoryView, query: &'a Query, base: &'a str) -> impl IntoView + use<> {
    let views = [("Protected", PROTECTED, !view.rules.is_empty()), ("Unused 90 d", UNUSED, view.pulls.is_some())];
    let is_on = |word: &str| query.q.split_whitespace().any(|other| other == word);
    let others = query.q.split_whitespace().filter(|word| views.iter().all(|(_, of_view, _)| word != of_view));
    let others: Vec<&str> = others.collect();
    let link = |words: &'static str, word: Option<&str>, is_on: bool| {
        let href = query.filtered(base, others.iter().copied().chain(word).collect::<Vec<_>>().join(" "));
        view! { <a href=href aria-current=is_on.then_some("true")>{words}</a> }
    };
    let all = link("All", None, views.iter().all(|(_, word, _)| !is_on(word)));
    let shown = views.iter().filter(|(_, word, has_any)| *has_any || is_on(word));
    let links: Vec<_> = shown.map(|(words, word, _)| link(words, Some(word), is_on(word))).collect();
    (!links.is_empty()).then(|| view! { <nav class="seg" aria-label="Views">{all}{links}</nav> }.into_any())
}

/// What changes with the data.
#[component]
fn Results(view: RepositoryView, query: Query, request: PageRequest) -> impl IntoView {
    view! {
        <Facts view=&view/>
        <Pulling view=&view request=&request/>
        <Tabs view=&view/>
        <List view query request/>
    }
}

#[component]
fn Tabs<'a>(view: &'a RepositoryView) -> impl IntoView + use<> {
    let count = (!view.head.unread).then_some(view.head.tags);
    let (scope, open) = (Scope::Repository(view.head.name.clone()), Tab::Contents);
    view! { <ScopeTabs scope open count opens=view.opens/> }
}

#[component]
fn List(view: RepositoryView, query: Query, request: PageRequest) -> impl IntoView {
    let pull = pull_any(&view, &request);
    let RepositoryView { head, page, left, notice, pulls, rules, deletable, copies, .. } = view;
    let base = Address::Repository(head.name.clone()).to_string();
    let now = request.now;
    let place = Scope::Repository(head.name.clone());
    let left = left.map(|left| view! { <InTrash left place now/> });
    let over = view! { <StartedOver query=&query/> };
    let body = match page.items.is_empty() {
        true if query.after.is_some() || query.before.is_some() => {
            let first = query.sorted(&base, query.sort);
            view! {
                <Empty icon="tag" title="Nothing is left on this page".to_owned()>
                    <p><a href=first>"Go to the first page"</a></p>
                </Empty>
            }
            .into_any()
        }
        true if query.q.is_empty() => {
            let push_to = pulls.is_some().then(|| head.name.clone());
            view! { <NoTags unread=head.unread read_error=head.read_error.clone() push_to/> }.into_any()
        }
        true => view! { <NoMatch what="tags" filter=query.q.clone() clear=query.cleared(&base)/> }.into_any(),
        false => {
            let foot = Foot::of(&page, &query, &base, head.tags, query.sort == TagSort::Moved);
            view! { <Table name=head.name rows=page.items rules deletable copies pull query now/> <Pages foot/> }
                .into_any()
        }
    };
    // That the registry was read a moment ago says nothing about what could not be.
    let is_unreadable = head.read_error.is_some();
    let notice = notice.filter(|notice| !is_unreadable || notice.crawl != CrawlState::Rested);
    // Where there are no rows, the place of the rows says it.
    let read_error = head.read_error.filter(|_| !head.unread).map(|reason| view! { <Unreadable reason/> });
    let notice = notice.map(|notice| view! { <Notice notice now/> });
    let notices = (notice.is_some() || read_error.is_some())
        .then(|| view! { <div class="notices">{read_error}{notice}</div> }.into_any());
    view! { <div data-live="list">{over}{notices}{left}{body}</div> }
}

#[component]
fn NoTags(unread: bool, read_error: Option<String>, push_to: Option<RepositoryName>) -> impl IntoView {
    if let Some(reason) = read_error {
        return view! {
            <Empty icon="warn" title="This repository could not be read".to_owned()>
                <p>{sentence(&reason)}" Portolan tries again by itself."</p>
            </Empty>
        }
        .into_any();
    }
    if unread {
        return view! {
            <Empty icon="sync" title="Not read yet".to_owned()>
                <p>"Portolan reads this repository next. Its tags appear here by themselves."</p>
            </Empty>
        }
        .into_any();
    }
    if let Some(name) = push_to {
        return view! { <PushTo name/> }.into_any();
    }
    view! {
        <Empty icon="tag" title="No tags".to_owned()>
            <p>"No name points to an image here now. A push with a tag gives it one."</p>
        </Empty>
    }
    .into_any()
}

#[component]
fn Table(
    name: RepositoryName,
    rows: Vec<TagRow>,
    rules: Vec<Protection>,
    deletable: Deletable,
    copies: bool,
    pull: Pull,
    query: Query,
    now: Timestamp,
) -> impl IntoView {
    let base = Address::Repository(name.clone()).to_string();
    let caption = format!("Tags of {name}, {}", order_words(query.sort).to_lowercase());
    let column = |sort, ascending, class, label| Column { sort, ascending, class, label };
    let (query, base) = (&query, base.as_str());
    view! {
        <SelectionBar name=&name deletable=&deletable copies query/>
        <div class="tablewrap">
            <table class="cards tags selects" role="table" aria-labelledby="caption">
                <caption class="vh" id="caption">{caption}</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        <SelectAll/>
                        <SortHead query base column=column(TagSort::Name, true, "", "Tag")/>
                        <Head label="Image"/>
                        <Head label="Platforms" class="p2 w-32"/>
                        <SortHead query base column=column(TagSort::Size, false, "r", "Size")/>
                        <SortHead query base column=column(TagSort::Built, false, "p2", "Built")/>
                        <SortHead query base column=column(TagSort::Moved, false, "", "Moved")/>
                        <th role="columnheader" scope="col"><span class="vh">"Actions"</span></th>
                    </tr>
                </thead>
                <Rows name rows rules deletable copies pull list=listed(query) now/>
            </table>
        </div>
    }
    .into_any()
}

fn order_words(sort: TagSort) -> &'static str {
    match sort {
        TagSort::Moved => "Recently moved first",
        TagSort::Built => "Recently built first",
        TagSort::Size => "Largest first",
        TagSort::Name => "By name",
    }
}
