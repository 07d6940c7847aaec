//! The top of a repository's page: its name, what is known of it, and how to pull from it.

use crate::domain::manifest::Kind;
use crate::domain::view::{MountKind, RepositoryView};
use crate::domain::{Address, ByteSize, Protection, Scope, Timestamp};
use crate::ui::components::copy::CopyButton;
use crate::ui::components::form::PostForm;
use crate::ui::components::icon::Icon;
use crate::ui::components::missing::Missing;
use crate::ui::components::name::RepositoryTitle;
use crate::ui::components::notice::soon;
use crate::ui::components::protected::{self, Protected};
use crate::ui::components::pull_box::{Pull, PullBox};
use crate::ui::form::Intent;
use crate::ui::islands::live::LiveScope;
use crate::ui::request::PageRequest;
use crate::ui::words::{MAX_TEXT_CHARS, counted, grouped, inert};
use leptos::prelude::*;

/// Rules that are named.
const MAX_RULES: usize = 2;

/// Name, address to copy, badges, and whether the page is live.
#[component]
pub fn Heading<'a>(view: &'a RepositoryView, now: Timestamp) -> impl IntoView + use<> {
    let head = &view.head;
    let remote = (head.mount == MountKind::Remote).then(|| view! { <span class="badge">"Remote"</span> });
    let read_only = view.is_read_only.then(|| {
        view! { <span class="badge" title="Nothing is written to this registry from here"><Icon name="lock"/>"Read-only"</span> }
    });
    let rule = view.rules.iter().find(|rule| rule.is_whole()).map(|rule| view! { <Protected rule/> });
    let missing = head.missing_since.map(|at| view! { <Missing at now/> });
    let beside = view.notice.as_ref().and_then(|notice| soon(notice, now));
    let star = view.may_star.then(|| view! { <Star is_starred=head.is_starred/> });
    let push = view.opens.push.then(|| {
        let href = Address::Push(head.name.clone()).to_string();
        view! { <a class="btn" href=href><Icon name="terminal" class="i i-sm"/>"Push an image"</a> }
    });
    let acts = (star.is_some() || push.is_some()).then(|| view! { <div class="head-actions">{star}{push}</div> });
    view! {
        <div class="head">
            <div class="grow">
                <div class="head-title">
                    <RepositoryTitle name=&head.name/>
                    <CopyButton text=format!("{}/{}", view.pull_host, view.pull_name) label="Copy repository address".to_owned()/>
                    {remote} {read_only} {rule} {missing}
                </div>
                {head.description.clone().map(|text| view! { <p class="head-sub" dir="auto">{inert(&text, MAX_TEXT_CHARS)}</p> })}
            </div>
            <LiveScope scope=format!("repository:{}", head.name) since=now nouns=("tag", "tags") beside/>
            {acts}
        </div>
    }
    .into_any()
}

/// Marks the repository, or takes the mark away.
#[component]
fn Star(is_starred: bool) -> impl IntoView {
    let (intent, words, class) = match is_starred {
        true => (Intent::Unstar, "Unstar", "i i-sm is-on"),
        false => (Intent::Star, "Star", "i i-sm"),
    };
    view! {
        <PostForm intent><button class="btn" type="submit"><Icon name="star" class/>{words}</button></PostForm>
    }
}

/// `6.2 GB stored, 11.8 GB before sharing`.
#[component]
pub fn Facts<'a>(view: &'a RepositoryView) -> impl IntoView + use<> {
    let (stored, logical) = (view.head.stored, view.logical);
    let bytes = (logical > ByteSize(0)).then(|| {
        view! { <span><b>{stored.to_string()}</b>{format!(" stored, {logical} before sharing layers")}</span> }
    });
    let images = if view.images == 1 { "image" } else { "images" };
    // Of what was never read nothing is known, and a repository of artifacts alone has no images.
    let images = (view.images > 0).then(|| view! { <span><b>{grouped(view.images)}</b>{format!(" {images}")}</span> });
    let pulls = view.pulls.filter(|pulls| *pulls > 0).map(|pulls| {
        let words = if pulls == 1 { " pull in 30 days" } else { " pulls in 30 days" };
        view! { <span><b>{grouped(pulls)}</b>{words}</span> }
    });
    let facts = (!view.head.unread).then(|| {
        view! { {bytes}{images}{pulls}<Rules view/> }
    });
    view! { <div class="facts" data-live="facts">{facts}</div> }.into_any()
}

/// What rules say of some of its tags, its own before those from above. What holds for all of it stands beside its name.
#[component]
fn Rules<'a>(view: &'a RepositoryView) -> impl IntoView + use<> {
    let own = Scope::Repository(view.head.name.clone());
    let mut rules: Vec<&Protection> = view.rules.iter().filter(|rule| !rule.is_whole()).collect();
    rules.sort_by_key(|rule| rule.scope != own);
    let more = rules.len().saturating_sub(MAX_RULES) as u64;
    let more = (more > 0).then(|| {
        let words = format!("and {}", counted(more, "more rule", "more rules"));
        match view.opens.settings {
            true => {
                let href = format!("{}#protection", Address::Settings(own));
                view! { <a href=href>{words}</a> }.into_any()
            }
            false => view! { <span>{words}</span> }.into_any(),
        }
    });
    let rules = rules.into_iter().take(MAX_RULES).map(|rule| {
        let are = if rule.tags.is_some() { "is" } else { "are" };
        let words = format!(" {are} {}", rule.guard.title().to_lowercase());
        view! { <span title=protected::words(rule, "it")><b>{rule.about()}</b>{words}</span> }
    });
    view! { {rules.collect_view()}{more} }
}

/// How to pull the newest tag, or the first of the page where none is known to be the newest.
#[component]
pub fn Pulling<'a>(view: &'a RepositoryView, request: &'a PageRequest) -> impl IntoView + use<> {
    let pull = pull(view, request);
    let repository = view.head.name.clone();
    view! { <div data-live="pull">{pull.map(|pull| view! { <PullBox pull repository/> })}</div> }.into_any()
}

/// How to pull any of its images, with a place for the tag.
pub fn pull_any(view: &RepositoryView, request: &PageRequest) -> Pull {
    Pull {
        host: view.pull_host.clone(),
        name: view.pull_name.clone(),
        suffix: Pull::ANY.to_owned(),
        kind: Kind::Image,
        artifact: None,
        plain_http: plain_http(view, request),
    }
}

fn pull(view: &RepositoryView, request: &PageRequest) -> Option<Pull> {
    let rows = &view.page.items;
    let newest = view.head.newest_tag.as_ref();
    let row = rows.iter().find(|row| Some(&row.tag) == newest).or(rows.first());
    let tag = newest.or(row.map(|row| &row.tag))?;
    let row = row.filter(|row| row.tag == *tag);
    Some(Pull {
        suffix: format!(":{tag}"),
        kind: row.map_or(Kind::Image, |row| row.kind),
        artifact: row.and_then(|row| row.artifact.clone()),
        ..pull_any(view, request)
    })
}

/// Whether the registry that pulls go to is reached without TLS.
fn plain_http(view: &RepositoryView, request: &PageRequest) -> bool {
    match (view.head.mount, &view.notice) {
        (MountKind::Hosted, _) => request.is_plain_http(),
        (MountKind::Remote, notice) => notice.as_ref().is_some_and(|notice| notice.url.starts_with("http://")),
    }
}
