//! `/r/{repo}/-/images`: a row for each image, tagged or not, with its platforms and what is attached to it.

use super::load::{PageTitle, load};
use crate::api::repositories::list_images;
use crate::domain::manifest::Kind;
use crate::domain::tag_filter::UNTAGGED;
use crate::domain::view::{Belonging, ImageRow, ImageSort, ImagesView, ListQuery, Part, Shelf};
use crate::domain::{Actor, Address, Digest, RepositoryName, Scope, Timestamp};
use crate::ui::components::artifact::{kind_words, type_words};
use crate::ui::components::crumbs::Crumbs;
use crate::ui::components::digest::DigestLink;
use crate::ui::components::empty::{Empty, NoMatch};
use crate::ui::components::filter::{Filter, FilterForm};
use crate::ui::components::icon::Icon;
use crate::ui::components::name::RepositoryTitle;
use crate::ui::components::notice::Notice;
use crate::ui::components::pages::{Foot, Pages};
use crate::ui::components::table::Table;
use crate::ui::components::tabs::{ScopeTabs, Tab};
use crate::ui::components::time::When;
use crate::ui::islands::live::LiveScope;
use crate::ui::request::PageRequest;
use crate::ui::words::{MAX_NAME_CHARS, counted, inert};
use leptos::prelude::*;

type Query = ListQuery<ImageSort>;

/// The page.
#[component]
pub fn Images(name: RepositoryName) -> impl IntoView {
    let request = PageRequest::current();
    let query = Query::of(&request.path_and_query);
    let asked = query.clone();
    let data = async move { list_images(name, asked?).await };
    load(data, move |view| {
        let query = query.unwrap_or_default();
        match request.part {
            None => view! { <Whole view query now=request.now/> }.into_any(),
            Some(_) => view! { <List view query now=request.now/> }.into_any(),
        }
    })
}

#[component]
fn Whole(view: ImagesView, query: Query, now: Timestamp) -> impl IntoView {
    let (repository, base) = (view.repository.clone(), base(&view));
    let words = "Every image once, whether it has a tag or none, with its platforms and what is attached to it.";
    let filter = Filter {
        action: base.clone(),
        label: "Filter images",
        hint: "untagged or size:>1GB",
        value: query.q.clone(),
        sort: None,
        shelf: Shelf::All,
    };
    let views = view! { <Views query=&query base=&base/> };
    let scope = format!("repository:{repository}");
    view! {
        <PageTitle text=format!("Images of {repository}")/>
        <Crumbs repository=repository.clone()/>
        <div class="head">
            <div class="grow"><RepositoryTitle name=&repository/><p class="head-sub">{words}</p></div>
            <LiveScope scope since=now nouns=("image", "images")/>
        </div>
        <ScopeTabs scope=Scope::Repository(repository) open=Tab::Images count=view.n_tags opens=view.opens/>
        <FilterForm filter>{views}</FilterForm>
        <List view query now/>
    }
    .into_any()
}

fn base(view: &ImagesView) -> String {
    Address::Images(view.repository.clone()).to_string()
}

/// All images, or those without a tag.
#[component]
fn Views<'a>(query: &'a Query, base: &'a str) -> impl IntoView + use<> {
    let (untagged, others): (Vec<&str>, Vec<&str>) = query.q.split_whitespace().partition(|word| *word == UNTAGGED);
    let current = |is_on: bool| is_on.then_some("true");
    let all = query.filtered(base, others.join(" "));
    let only = query.filtered(base, others.into_iter().chain([UNTAGGED]).collect::<Vec<_>>().join(" "));
    view! {
        <nav class="seg" aria-label="Views">
            <a href=all aria-current=current(untagged.is_empty())>"All"</a>
            <a href=only aria-current=current(!untagged.is_empty())>"Untagged"</a>
        </nav>
    }
    .into_any()
}

#[component]
fn List(view: ImagesView, query: Query, now: Timestamp) -> impl IntoView {
    let base = base(&view);
    let ImagesView { repository, page, notice, .. } = view;
    let body = match page.items.is_empty() {
        true if query.after.is_some() || query.before.is_some() => {
            let first = query.sorted(&base, query.sort);
            view! {
                <Empty icon="layers" title="Nothing is left on this page".to_owned()>
                    <p><a href=first>"Go to the first page"</a></p>
                </Empty>
            }
            .into_any()
        }
        true if query.q.is_empty() => view! {
            <Empty icon="layers" title="No images".to_owned()>
                <p>"What is pushed here stands here, also when no tag names it any more."</p>
            </Empty>
        }
        .into_any(),
        true => view! { <NoMatch what="images" filter=query.q.clone() clear=query.cleared(&base)/> }.into_any(),
        false => {
            let count = format!("{} on this page", counted(page.items.len() as u64, "image", "images"));
            let foot = Foot { count, ..Foot::of(&page, &query, &base, 0, true) };
            const COLUMNS: &[&str] = &["Image", "Tags", "Holds", "Size", "Pushed"];
            view! {
                <Table label="Images, newest first" class="cards" columns=COLUMNS>
                    {page.items.into_iter().map(|row| view! { <Row repository=&repository row now/> }).collect_view()}
                </Table>
                <Pages foot/>
            }
            .into_any()
        }
    };
    let notices = notice.map(|notice| view! { <div class="notices"><Notice notice now/></div> });
    view! { <div data-live="list">{notices}{body}</div> }
}

#[component]
fn Row<'a>(repository: &'a RepositoryName, row: ImageRow, now: Timestamp) -> impl IntoView + use<> {
    let ImageRow { digest, kind, artifact, platforms, size, pushed, pushed_by, tags, n_tags, parts, has_more } = row;
    let what = (kind != Kind::Image).then(|| kind_words(kind, artifact.as_deref()));
    let by = pushed_by.as_ref().and_then(Actor::name).map(|by| view! { <span class="cell-sub">{by.to_owned()}</span> });
    let more = n_tags.saturating_sub(tags.len() as u64);
    let chips = tags.into_iter().map(|tag| {
        let (words, href) = (tag.to_string(), Address::Tag(repository.clone(), tag).to_string());
        view! { <a class="tagchip" href=href><span class="truncate">{words}</span></a> }
    });
    let tags = match n_tags {
        0 => view! { <span class="subtle xs">"no tag"</span> }.into_any(),
        _ => {
            let more = (more > 0).then(|| view! { <span class="muted xs">{format!("and {more} more")}</span> });
            view! { <span class="row wrap">{chips.collect_view()}{more}</span> }.into_any()
        }
    };
    let holds = holds(repository, &digest, (&platforms, parts, has_more));
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" data-a="head">
                <DigestLink repository digest=&digest/>{what.map(|what| view! { <span class="cell-sub">{what}</span> })}
            </th>
            <td role="cell" data-a="two">{tags}</td>
            <td role="cell" data-a="three">{holds}</td>
            <td role="cell" data-a="end2" class="nowrap">{size.to_string()}</td>
            <td role="cell" data-a="end1" class="nowrap"><When at=pushed now/>{by}</td>
        </tr>
    }
    .into_any()
}

/// What an image runs on, and what belongs to it, folded.
fn holds(
    repository: &RepositoryName,
    image: &Digest,
    (platforms, parts, has_more): (&[String], Vec<Part>, bool),
) -> AnyView {
    let own = inert(&platforms.join(", "), MAX_NAME_CHARS);
    if parts.is_empty() {
        return view! { <span class="sm">{own}</span> }.into_any();
    }
    let n_platforms = parts.iter().filter(|part| matches!(part.is, Belonging::Platform(_))).count() as u64;
    let n_others = parts.len() as u64 - n_platforms;
    let said = |n: u64, one, many| (n > 0).then(|| counted(n, one, many));
    let own = if n_platforms > 0 { said(n_platforms, "platform", "platforms") } else { Some(own) };
    let words: Vec<_> = [own, said(n_others, "attachment", "attachments")].into_iter().flatten().collect();
    let words = words.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(", ");
    let more = has_more.then(|| {
        let href = Address::Manifest(repository.clone(), image.clone()).to_string();
        view! { <li><a href=href>"And more"</a></li> }
    });
    let parts = parts.into_iter().map(|part| {
        let words = match part.is {
            Belonging::Platform(platforms) => inert(&platforms, MAX_NAME_CHARS),
            Belonging::Listed(of) | Belonging::About(of) if of.is_empty() => "Artifact".to_owned(),
            Belonging::Listed(of) | Belonging::About(of) => type_words(&of),
        };
        let href = Address::Manifest(repository.clone(), part.digest).to_string();
        view! { <li class="row-1"><a href=href>{words}</a><span class="muted nowrap">{part.size.to_string()}</span></li> }
    });
    let parts = view! { <ul class="sm">{parts.collect_view()}{more}</ul> };
    view! { <details><summary class="fold sm">{words}<Icon name="down" class="i i-sm"/></summary>{parts}</details> }
        .into_any()
}
