//! `/repositories`: every repository that the reader may see.

pub(super) mod first_push;
pub(super) mod row;

use super::load::{PageTitle, load};
use crate::api::repositories::list_repositories;
use crate::domain::view::{ListQuery, MountNotice, RepositoriesView, RepositoryRow, RepositorySort, Shelf, Totals};
use crate::domain::{Address, Scope, Timestamp};
use crate::ui::components::empty::{Empty, NoMatch};
use crate::ui::components::filter::{Filter, FilterForm};
use crate::ui::components::icon::Icon;
use crate::ui::components::in_trash::InTrash;
use crate::ui::components::notice::Notice;
use crate::ui::components::pages::{Foot, Pages, StartedOver};
use crate::ui::components::sort_head::{Column, Head, SortHead, SortMenu};
use crate::ui::islands::live::LiveScope;
use crate::ui::query::Order;
use crate::ui::request::{PageRequest, Part};
use crate::ui::words::counted;
use first_push::{FirstPush, NothingToSee};
use leptos::prelude::*;
use row::Rows;

pub(super) type Query = ListQuery<RepositorySort>;

/// The page.
#[component]
pub fn Repositories() -> impl IntoView {
    let request = PageRequest::current();
    let query = Query::of(&request.path_and_query);
    let asked = query.clone();
    let data = async move { list_repositories(asked?, String::new()).await };
    load(data, move |view| {
        let query = query.unwrap_or_default();
        match request.part {
            Some(Part::Rows) => view! { <Rows rows=view.page.items now=request.now/> }.into_any(),
            Some(Part::Results) => view! { <Results view query request base=base()/> }.into_any(),
            Some(Part::Dialog) | None => view! { <Whole view query request/> }.into_any(),
        }
    })
}

#[component]
fn Whole(view: RepositoriesView, query: Query, request: PageRequest) -> impl IntoView {
    let now = request.now;
    // There is nothing to filter before the first push.
    let is_used = !is_unused(&view, &query);
    let shelves = is_used.then(|| view! { <Shelves view=&view query=&query base=base()/> });
    let bar = is_used.then(|| view! { <Bar query=&query base=base()>{shelves}</Bar> });
    let act = |is_open: bool, to: Address, icon: &'static str, words: &'static str| {
        let is_shown = is_open && view.accepts_push;
        is_shown.then(|| view! { <a class="btn" href=to.to_string()><Icon name=icon class="i i-sm"/>{words}</a> })
    };
    let push = act(view.opens.push, Address::PushImage, "terminal", "Push an image");
    let new = act(view.may_create, Address::NewRepository, "plus", "New repository");
    let acts = (push.is_some() || new.is_some()).then(|| view! { <div class="head-actions">{push}{new}</div> });
    view! {
        <PageTitle text="Repositories".to_owned()/>
        <div class="head">
            <div class="grow"><h1>"Repositories"</h1><Sums totals=view.totals is_emptied=view.left.is_some()/></div>
            <LiveScope scope="repositories".to_owned() since=now nouns=("repository", "repositories")/>
            {acts}
        </div>
        {bar}
        <List view query request base=base()/>
    }
    .into_any()
}

fn base() -> String {
    Address::Repositories.to_string()
}

#[component]
pub(super) fn Bar<'a>(
    query: &'a Query,
    base: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView + use<> {
    let filter = Filter {
        action: base.clone(),
        label: "Filter repositories",
        hint: "Part of a name",
        value: query.q.clone(),
        sort: (query.sort != RepositorySort::default()).then(|| query.sort.word()),
        shelf: query.shelf,
    };
    let orders = view! { <SortMenu query base=&base words=order_words/> };
    let children = children.map(|children| children());
    view! { <FilterForm filter>{children}{orders}</FilterForm> }.into_any()
}

/// All of them, those that the reader marked, and those that something is wrong with at a registry elsewhere.
#[component]
fn Shelves<'a>(view: &'a RepositoriesView, query: &'a Query, base: String) -> impl IntoView + use<> {
    let shelves = [
        (Shelf::All, "All", true),
        (Shelf::Starred, "Starred", view.has_stars),
        (Shelf::Attention, "Needs attention", view.has_remote),
    ];
    let shown = shelves.into_iter().filter(|(shelf, _, is_shown)| *is_shown || query.shelf == *shelf);
    let links: Vec<_> = shown
        .map(|(shelf, words, _)| {
            let current = (query.shelf == shelf).then_some("true");
            view! { <a href=query.of_shelf(&base, shelf) aria-current=current>{words}</a> }
        })
        .collect();
    (links.len() > 1).then(|| view! { <nav class="seg" aria-label="Views">{links}</nav> }.into_any())
}

/// Why a part of all repositories has none.
fn nothing_on(shelf: Shelf) -> (&'static str, &'static str) {
    match shelf {
        Shelf::Starred => ("No stars yet", "Star a repository on its page, and it stands here."),
        _ => ("Nothing needs attention", "Every repository could be read, and its registry lists it."),
    }
}

pub(super) fn is_unused(view: &RepositoriesView, query: &Query) -> bool {
    view.totals.repositories == 0 && query.q.is_empty()
}

/// What changes with the data.
#[component]
pub(super) fn Results(view: RepositoriesView, query: Query, request: PageRequest, base: String) -> impl IntoView {
    view! { <Sums totals=view.totals is_emptied=view.left.is_some()/> <List view query request base/> }.into_any()
}

/// `128 repositories. 412 GB stored, 3.1 TB before sharing layers.`
#[component]
pub(super) fn Sums(totals: Totals, is_emptied: bool) -> impl IntoView {
    let Totals { repositories, stored, logical, .. } = totals;
    let count = counted(repositories, "repository", "repositories");
    let words = match repositories {
        0 if is_emptied => "No repositories now.".to_owned(),
        0 => "No repositories yet.".to_owned(),
        _ => format!("{count}. {stored} stored, {logical} before sharing layers."),
    };
    view! { <p class="head-sub" data-live="sums">{words}</p> }
}

#[component]
pub(super) fn List(view: RepositoriesView, query: Query, request: PageRequest, base: String) -> impl IntoView {
    let now = request.now;
    let is_namespace = query.within.is_some();
    let is_unused = is_unused(&view, &query);
    let RepositoriesView { page, left, totals, notices, accepts_push, sees_all, .. } = view;
    let place = query.within.clone().map_or(Scope::Everything, Scope::Namespace);
    let is_emptied = left.is_some();
    let left = left.map(|left| view! { <InTrash left place now/> });
    let try_mode = request.try_mode;
    let over = view! { <StartedOver query=&query/> };
    let body = match page.items.is_empty() {
        // A registry that is being read says so itself.
        true if is_unused && !accepts_push && !notices.is_empty() => ().into_any(),
        true if is_unused && is_namespace => view! { <NothingHere is_emptied/> }.into_any(),
        true if is_unused && !sees_all => view! { <NothingToSee/> }.into_any(),
        true if is_unused => view! { <FirstPush request accepts_push/> }.into_any(),
        true if query.q.is_empty() && query.shelf != Shelf::All => {
            let (title, words) = nothing_on(query.shelf);
            view! {
                <Empty icon="repo" title=title.to_owned()>
                    <p>{words}</p>
                    <a class="btn" href=query.of_shelf(&base, Shelf::All)>"See all repositories"</a>
                </Empty>
            }
            .into_any()
        }
        true => view! { <NoMatch what="repositories" filter=query.q.clone() clear=query.cleared(&base)/> }.into_any(),
        false => {
            let by_time = query.sort == RepositorySort::Updated;
            let foot = Foot::of(&page, &query, &base, totals.repositories, by_time);
            view! { <Table rows=page.items query base now/> <Pages foot/> }.into_any()
        }
    };
    view! { <div data-live="list">{over}<Notices notices totals try_mode now/>{left}{body}</div> }.into_any()
}

#[component]
fn NothingHere(is_emptied: bool) -> impl IntoView {
    let title = if is_emptied { "No repositories here now" } else { "No repositories here yet" };
    view! {
        <Empty icon="box" title=title.to_owned()>
            <p>"A push to a name in this namespace makes one."</p>
        </Empty>
    }
}

/// What is to be said above the list, if anything is.
#[component]
fn Notices(notices: Vec<MountNotice>, totals: Totals, try_mode: bool, now: Timestamp) -> impl IntoView {
    let shows_sharing = try_mode && totals.tags_sharing > 0;
    let sharing = shows_sharing.then(|| view! { <Sharing totals/> });
    (shows_sharing || !notices.is_empty()).then(|| {
        let notices = notices.into_iter().map(|notice| view! { <Notice notice now/> }).collect_view();
        view! { <div class="notices">{sharing}{notices}</div> }.into_any()
    })
}

/// What a look at a registry is most often after.
#[component]
pub fn Sharing(totals: Totals) -> impl IntoView {
    let shared = totals.tags_sharing;
    let (verb, them) = if shared == 1 { ("shares", "it") } else { ("share", "one") };
    let words = format!(
        "{} {verb} an image with another tag: deleting {them} by digest would take the others.",
        counted(shared, "tag", "tags")
    );
    (shared > 0).then(|| view! { <p class="status">{words}</p> })
}

#[component]
fn Table(rows: Vec<RepositoryRow>, query: Query, base: String, now: Timestamp) -> impl IntoView {
    let column = |sort, ascending, class, label| Column { sort, ascending, class, label };
    let (query, base) = (&query, base.as_str());
    view! {
        <div class="tablewrap">
            <table class="cards cards-2" role="table" aria-labelledby="caption">
                <caption class="vh" id="caption">{format!("Repositories, {}", order_words(query.sort).to_lowercase())}</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        <SortHead query base column=column(RepositorySort::Name, true, "w-2/5", "Repository")/>
                        <Head label="Newest tag"/>
                        <SortHead query base column=column(RepositorySort::Tags, false, "r w-24", "Tags")/>
                        <SortHead query base column=column(RepositorySort::Stored, false, "r w-28", "Stored")/>
                        <SortHead query base column=column(RepositorySort::Updated, false, "w-36", "Updated")/>
                    </tr>
                </thead>
                <Rows rows now/>
            </table>
        </div>
    }
    .into_any()
}

fn order_words(sort: RepositorySort) -> &'static str {
    match sort {
        RepositorySort::Updated => "Recently updated first",
        RepositorySort::Name => "By name",
        RepositorySort::Tags => "Most tags first",
        RepositorySort::Stored => "Largest first",
    }
}
