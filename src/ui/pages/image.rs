//! An image, reached by a tag or by its digest: what it is, what it is made of, how it runs.

mod aside;
mod files;
mod head;
mod index;
pub(in crate::ui::pages) mod layers;
mod names;
mod referrers;

use super::load::{PageTitle, load};
use crate::api::images::show_image;
use crate::domain::manifest::Kind;
use crate::domain::view::ImageView;
use crate::domain::{Reference, RepositoryName, Timestamp};
use crate::ui::components::artifact::kind_noun;
use crate::ui::components::crumbs::Crumbs;
use crate::ui::components::notice::Notice;
use crate::ui::components::pull_box::{Pull, PullBox};
use crate::ui::query::Pairs;
use crate::ui::request::PageRequest;
use aside::Aside;
use files::FilesCard;
use head::{Facts, Heading, PlatformSwitch};
use index::IndexCard;
use layers::LayersCard;
use leptos::prelude::*;
use names::NamesCard;
use referrers::{AnnotationsCard, ReferrersCard};

/// The page.
#[component]
pub fn Image(name: RepositoryName, reference: Reference) -> impl IntoView {
    let request = PageRequest::current();
    let platform = Pairs::of(&request.path_and_query).get("platform").map(str::to_owned);
    let asked = platform.clone();
    let data = async move { show_image(name, reference, asked).await };
    load(data, move |view| view! { <Whole view platform request/> })
}

#[component]
fn Whole(view: ImageView, platform: Option<String>, request: PageRequest) -> impl IntoView {
    let now = request.now;
    let notice = view.notice.clone().map(|notice| view! { <Notice notice now/> });
    view! {
        <PageTitle text=title(&view)/>
        <Crumbs repository=view.repository.clone() inside=true/>
        <Heading view=&view now/>
        <Facts view=&view now/>
        {notice.map(|notice| view! { <div class="notices">{notice}</div> })}
        <PullBox pull=pull(&view, &request) repository=view.repository.clone()/>
        <PlatformSwitch view=&view chosen=platform.as_deref()/>
        <div class="cols">
            <div class="stack"><Main view=&view platform now/></div>
            <Aside view=&view now/>
        </div>
    }
    .into_any()
}

#[component]
fn Main<'a>(view: &'a ImageView, platform: Option<String>, now: Timestamp) -> impl IntoView + use<> {
    let is_tree = view.kind == Kind::Index && platform.is_none();
    let repository = &view.repository;
    let content = view.shown.as_ref().map(|shown| match view.kind {
        Kind::Artifact => view! { <FilesCard shown/> }.into_any(),
        Kind::Image | Kind::Index => view! { <LayersCard shown/> }.into_any(),
    });
    view! {
        {is_tree.then(|| view! { <IndexCard view/> })}
        {content}
        <NamesCard view now/>
        <ReferrersCard repository referrers=&view.referrers noun=kind_noun(view.kind) now/>
        <AnnotationsCard annotations=&view.annotations/>
    }
    .into_any()
}

/// `team/web:1.4.2`, or the first digits of the digest where no tag led here.
fn title(view: &ImageView) -> String {
    match &view.tag {
        Some(tag) => format!("{}:{tag}", view.repository),
        None => format!("{}@{}", view.repository, view.digest.short()),
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
