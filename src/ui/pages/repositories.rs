//! `/repositories`: every repository that the reader may see.

mod first_push;
mod row;

use super::load::{PageTitle, load};
use crate::api::repositories::list_repositories;
use crate::domain::view::{MountNotice, RepositoriesView, RepositoryRow, RepositorySort, Totals};
use crate::domain::{Address, Timestamp};
use crate::ui::components::empty::NoMatch;
use crate::ui::components::filter::{Filter, FilterForm};
use crate::ui::components::notice::Notice;
use crate::ui::components::pages::{Foot, Pages};
use crate::ui::components::sort_head::{Column, Head, SortHead};
use crate::ui::islands::live::LiveScope;
use crate::ui::query::{ListQuery, Order};
use crate::ui::request::{PageRequest, Part};
use crate::ui::words::counted;
use first_push::FirstPush;
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use row::Rows;

type Query = ListQuery<RepositorySort>;

/// The page.
#[component]
pub fn Repositories() -> impl IntoView {
    let request = PageRequest::current();
    let query = Query::of(&request.path_and_query);
    let asked = query.clone();
    let data = async move { list_repositories(asked?.into()).await };
    load(data, move |view| {
        let query = query.unwrap_or_default();
        match request.part {
            Some(Part::Rows) => EitherOf3::A(view! { <Rows rows=view.page.items now=request.now/> }),
            Some(Part::Results) => EitherOf3::B(view! { <Results view query request/> }),
            None => EitherOf3::C(view! { <Whole view query request/> }),
        }
    })
}

#[component]
fn Whole(view: RepositoriesView, query: Query, request: PageRequest) -> impl IntoView {
    let base = Address::Repositories.to_string();
    let filter = Filter {
        action: base,
        label: "Filter repositories",
        hint: "Part of a name",
        value: query.q.clone(),
        sort: (query.sort != RepositorySort::default()).then(|| query.sort.word()),
    };
    view! {
        <PageTitle text="Repositories".to_owned()/>
        <div class="head"><div class="grow"><h1>"Repositories"</h1><Sums totals=view.totals/></div></div>
        <FilterForm filter>
            <LiveScope scope="repositories".to_owned() since=request.now nouns=("repository", "repositories")/>
        </FilterForm>
        <List view query request/>
    }
}

/// What changes with the data.
#[component]
fn Results(view: RepositoriesView, query: Query, request: PageRequest) -> impl IntoView {
    view! { <Sums totals=view.totals/> <List view query request/> }
}

/// `128 repositories. 412 GB stored, 3.1 TB before sharing layers.`
#[component]
fn Sums(totals: Totals) -> impl IntoView {
    let Totals {
        repositories,
        stored,
        logical,
        ..
    } = totals;
    let count = counted(repositories, "repository", "repositories");
    let words = match repositories {
        0 => "No repositories yet.".to_owned(),
        _ => format!("{count}. {stored} stored, {logical} before sharing layers."),
    };
    view! { <p class="head-sub" data-live="sums">{words}</p> }
}

#[component]
fn List(view: RepositoriesView, query: Query, request: PageRequest) -> impl IntoView {
    let RepositoriesView {
        page,
        totals,
        notices,
        accepts_push,
    } = view;
    let base = Address::Repositories.to_string();
    let is_unused = totals.repositories == 0 && query.q.is_empty();
    let body = match page.items.is_empty() {
        true if is_unused => EitherOf3::A(view! { <FirstPush request=request.clone() accepts_push/> }),
        true => {
            EitherOf3::B(view! { <NoMatch what="repositories" filter=query.q.clone() clear=query.cleared(&base)/> })
        }
        false => {
            let by_time = query.sort == RepositorySort::Updated;
            let foot = Foot::of(&page, &query, &base, totals.repositories, by_time);
            EitherOf3::C(view! { <Table rows=page.items query now=request.now/> <Pages foot/> })
        }
    };
    let sharing = request.try_mode.then(|| view! { <Sharing totals/> });
    view! { <div data-live="list">{sharing}<Notices notices now=request.now/>{body}</div> }
}

#[component]
fn Notices(notices: Vec<MountNotice>, now: Timestamp) -> impl IntoView {
    notices
        .into_iter()
        .map(|notice| view! { <Notice notice now/> })
        .collect_view()
}

/// What a look at a registry is most often after.
#[component]
pub fn Sharing(totals: Totals) -> impl IntoView {
    let shared = totals.tags_sharing;
    if shared == 0 {
        return Either::Left(());
    }
    let (verb, them) = if shared == 1 {
        ("shares", "it")
    } else {
        ("share", "one")
    };
    let words = format!(
        "{} {verb} an image with another tag: deleting {them} by digest would take the others.",
        counted(shared, "tag", "tags")
    );
    Either::Right(view! { <p class="status">{words}</p> })
}

#[component]
fn Table(rows: Vec<RepositoryRow>, query: Query, now: Timestamp) -> impl IntoView {
    let base = Address::Repositories.to_string();
    let column = |sort, ascending, class, label| Column {
        sort,
        ascending,
        class,
        label,
    };
    let (query, base) = (&query, base.as_str());
    view! {
        <div class="tablewrap">
            <table class="cards cards-3" role="table" aria-labelledby="caption">
                <caption class="vh" id="caption">{format!("Repositories, {}", order_words(query.sort))}</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        <SortHead query base column=column(RepositorySort::Name, true, "", "Repository")/>
                        <Head label="Newest tag"/>
                        <SortHead query base column=column(RepositorySort::Tags, false, "r", "Tags")/>
                        <SortHead query base column=column(RepositorySort::Stored, false, "r", "Stored")/>
                        <SortHead query base column=column(RepositorySort::Updated, false, "", "Updated")/>
                    </tr>
                </thead>
                <tbody role="rowgroup"><Rows rows now/></tbody>
            </table>
        </div>
    }
}

fn order_words(sort: RepositorySort) -> &'static str {
    match sort {
        RepositorySort::Updated => "most recently updated first",
        RepositorySort::Name => "by name",
        RepositorySort::Tags => "most tags first",
        RepositorySort::Stored => "largest first",
    }
}
