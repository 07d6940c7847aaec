//! An image, reached by a tag or by its digest: what it is, what it is made of, how it runs, what is said about it.

mod aside;
mod attached;
mod config;
mod elsewhere;
mod files;
mod head;
mod index;
pub(in crate::ui::pages) mod layers;
mod manifest;
mod names;
mod opened;
mod referrers;
mod tree;

use super::load::{PageTitle, load};
use crate::api::images::show_image;
use crate::domain::manifest::Kind;
use crate::domain::view::ImageView;
use crate::domain::view::image_tabs::{Elsewhere, ImageQuery, TabView};
use crate::domain::{ImageTab, Reference, RepositoryName, Timestamp};
use crate::ui::components::artifact::kind_noun;
use crate::ui::components::crumbs::Crumbs;
use crate::ui::components::notice::Notice;
use crate::ui::components::pull_box::{Pull, PullBox};
use crate::ui::components::tabs::ImageTabs;
use crate::ui::request::PageRequest;
use aside::Aside;
use attached::AttachedTab;
use config::ConfigTab;
use elsewhere::ElsewhereCard;
use files::FilesCard;
use head::{Facts, Heading, PlatformSwitch};
use index::IndexCard;
use layers::LayersCard;
use leptos::prelude::*;
use manifest::ManifestTab;
use names::NamesCard;
use referrers::{AnnotationsCard, ReferrersCard};
use tree::FilesTab;

/// The page.
#[component]
pub fn Image(name: RepositoryName, reference: Reference, tab: ImageTab) -> impl IntoView {
    let request = PageRequest::current();
    let query = ImageQuery::of(&reference, tab, &request.path_and_query);
    let (asked, by) = (query.clone().unwrap_or_default(), reference.clone());
    let data = async move { show_image(name, reference, query?).await };
    load(data, move |view| view! { <Whole view reference=by query=asked request/> })
}

#[component]
fn Whole(view: ImageView, reference: Reference, query: ImageQuery, request: PageRequest) -> impl IntoView {
    let now = request.now;
    let notice = view.notice.clone().map(|notice| view! { <Notice notice now/> });
    // What is said about an index is said about all of it.
    let has_platforms = !matches!(view.tab, TabView::Attestations(_) | TabView::Manifest(_));
    let switch = has_platforms.then(|| view! { <PlatformSwitch view=&view reference=&reference query=&query/> });
    // Whose tab does not say how its registry is reached has no command for it.
    let has_pull = !matches!(view.tab, TabView::Files(_));
    let pull = has_pull.then(|| view! { <PullBox pull=pull(&view, &request) repository=view.repository.clone()/> });
    let content = match &view.tab {
        TabView::Overview(elsewhere) => {
            view! { <Overview view=&view elsewhere reference=&reference query=&query now/> }.into_any()
        }
        TabView::Files(files) => {
            view! { <FilesTab view=&view files=files.as_ref() reference=&reference query=&query/> }.into_any()
        }
        TabView::Config(config) => view! { <ConfigTab view=&view config=config.as_ref() now/> }.into_any(),
        TabView::Attestations(attached) => {
            view! { <AttachedTab view=&view attached reference=&reference query=&query now/> }.into_any()
        }
        TabView::Manifest(text) => view! { <ManifestTab view=&view text now/> }.into_any(),
    };
    view! {
        <PageTitle text=title(&view, query.tab)/>
        <Crumbs repository=view.repository.clone() inside=true/>
        <Heading view=&view now/>
        <Facts view=&view now/>
        {notice.map(|notice| view! { <div class="notices">{notice}</div> })}
        {pull}
        {switch}
        <ImageTabs repository=&view.repository reference=&reference query=&query tabs=&view.tabs/>
        {content}
    }
    .into_any()
}

#[component]
fn Overview<'a>(
    view: &'a ImageView,
    elsewhere: &'a Elsewhere,
    reference: &'a Reference,
    query: &'a ImageQuery,
    now: Timestamp,
) -> impl IntoView + use<> {
    let is_tree = view.kind == Kind::Index && query.platform.is_none();
    let repository = &view.repository;
    let content = view.shown.as_ref().map(|shown| match view.kind {
        Kind::Artifact => view! { <FilesCard shown/> }.into_any(),
        Kind::Image | Kind::Index => view! { <LayersCard shown/> }.into_any(),
    });
    let has_tab = view.tabs.iter().any(|row| row.tab == ImageTab::Attestations);
    let all = has_tab.then(|| query.at(ImageTab::Attestations).print(repository, reference));
    view! {
        <div class="cols">
            <div class="stack">
                {is_tree.then(|| view! { <IndexCard view/> })}
                {content}
                <NamesCard view now/>
                <ReferrersCard repository referrers=&view.referrers noun=kind_noun(view.kind) all now/>
                <AnnotationsCard annotations=&view.annotations/>
            </div>
            <div class="aside"><Aside view now/><ElsewhereCard elsewhere noun=kind_noun(view.kind)/></div>
        </div>
    }
    .into_any()
}

/// `team/web:1.4.2`, or the first digits of the digest where no tag led here; before it the tab.
fn title(view: &ImageView, tab: ImageTab) -> String {
    let image = match &view.tag {
        Some(tag) => format!("{}:{tag}", view.repository),
        None => format!("{}@{}", view.repository, view.digest.short()),
    };
    match tab {
        ImageTab::Overview => image,
        tab => format!("{} of {image}", tab.title()),
    }
}

fn pull(view: &ImageView, request: &PageRequest) -> Pull {
    let suffix = match &view.tag {
        Some(tag) => format!(":{tag}"),
        None => format!("@{}", view.digest),
    };
    let plain_http = match &view.notice {
        Some(notice) => notice.url.starts_with("http://"),
        None => request.is_plain_http(),
    };
    Pull {
        host: view.pull_host.clone(),
        name: view.pull_name.clone(),
        suffix,
        kind: view.kind,
        artifact: view.artifact.clone(),
        plain_http,
    }
}
