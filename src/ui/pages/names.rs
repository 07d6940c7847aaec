//! Pages on which a name is given, moved, changed and brought back: each is a form that works by itself.

pub mod copy;
pub mod rename;
pub mod retag;
pub mod roll_back;

use crate::domain::view::{Moved, RuleMet};
use crate::domain::{Actor, Digest, Error, RepositoryName, Tag, Timestamp};
use crate::ui::components::change::Image;
use crate::ui::components::crumbs::Crumbs;
use crate::ui::components::dialog::DialogHead;
use crate::ui::components::form::{PostForm, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::components::protected::Met;
use crate::ui::components::time::When;
use crate::ui::form::Intent;
use crate::ui::pages::load::PageTitle;
use crate::ui::request::{PageRequest, Part};
use leptos::prelude::*;

/// Whether it is asked for as what stands in a dialog over another page.
fn is_dialog() -> bool {
    PageRequest::current().part == Some(Part::Dialog)
}

/// The frame of such a page, or of the same in a dialog.
#[component]
fn Frame(repository: RepositoryName, title: String, of: AnyView, children: Children) -> impl IntoView {
    if is_dialog() {
        return view! {
            <DialogHead title of=Some(of)/>
            {children()}
        }
        .into_any();
    }
    view! {
        <PageTitle text=title.clone()/>
        <Crumbs repository inside=true/>
        <div class="head">
            <div class="grow"><h1>{title}</h1><p class="head-sub row-1 wrap">{of}</p></div>
        </div>
        {children()}
    }
    .into_any()
}

/// What is asked in it: a form with what it does at its foot.
#[component]
fn Asking(intent: Intent, foot: AnyView, children: Children) -> impl IntoView {
    match is_dialog() {
        true => view! {
            <PostForm intent class="plan">
                <div class="dialog-body">{children()}</div>
                <div class="dialog-foot">{foot}</div>
            </PostForm>
        }
        .into_any(),
        false => view! {
            <PostForm intent class="stack narrow-page">
                {children()}
                <div class="foot">{foot}</div>
            </PostForm>
        }
        .into_any(),
    }
}

/// The same where nothing can be done.
#[component]
fn Told(foot: AnyView, children: Children) -> impl IntoView {
    match is_dialog() {
        true => view! {
            <div class="plan"><div class="dialog-body">{children()}</div><div class="dialog-foot">{foot}</div></div>
        }
        .into_any(),
        false => view! {
            <div class="stack narrow-page">{children()}<div class="foot">{foot}</div></div>
        }
        .into_any(),
    }
}

/// A rule in the way of what the page is about, said before anything is sent. Above a form that came back by it that is
/// said already.
#[component]
fn InTheWay(intent: Intent, met: RuleMet) -> impl IntoView {
    let form = PageRequest::current().form;
    let is_said = form.intent == Some(intent) && form.rule.is_some();
    (!is_said).then(|| view! { <div class="callout callout-warn"><Icon name="lock"/><Met met/></div> }.into_any())
}

/// Whether the form of the page came back: it keeps what was typed, whatever is in the way.
fn came_back(intent: Intent) -> bool {
    let form = PageRequest::current().form;
    form.intent == Some(intent) && form.error.is_some()
}

/// Why the form of a tag came back. Where the tag moved since it was drawn, what it named then and names now.
#[component]
fn Stale(intent: Intent, repository: RepositoryName, tag: Tag) -> impl IntoView {
    let form = PageRequest::current().form;
    let Some(Error::Changed { current }) = form.error.as_ref().filter(|_| form.intent == Some(intent)) else {
        return view! { <Problem intent/> }.into_any();
    };
    let before = form.value(Some(intent), "expect").and_then(|expect| expect.parse::<Digest>().ok());
    view! { <MovedMeanwhile repository tag before current=current.clone()/> }.into_any()
}

/// What a tag named when it was looked at, and names now.
#[component]
pub fn MovedMeanwhile(
    repository: RepositoryName,
    tag: Tag,
    before: Option<Digest>,
    current: Option<Digest>,
) -> impl IntoView {
    let image = |digest: &Digest| view! { <Image repository=&repository digest/> }.into_any();
    let before = before
        .as_ref()
        .map_or_else(|| view! { "was not there" }.into_any(), |it| view! { "named "{image(it)} }.into_any());
    let now = current
        .as_ref()
        .map_or_else(|| view! { "is not there" }.into_any(), |it| view! { "names "{image(it)} }.into_any());
    view! {
        <div class="callout callout-bad problem" role="alert" tabindex="-1" id="problem" autofocus="true">
            <Icon name="warn"/>
            <p class="row-1 wrap"><span class="medium">{tag.to_string()}" moved meanwhile:"</span>" it "{before}" when you looked and "{now}" now. Nothing was done."</p>
        </div>
    }
    .into_any()
}

/// When a tag moved last, and by whom.
#[component]
fn LastMoved(tag: Tag, moved: Moved, now: Timestamp) -> impl IntoView {
    let words = match moved {
        Moved::At { when, by } => {
            let by = by.as_ref().and_then(Actor::name).map(|by| format!(", by {by}"));
            view! { " was set "<When at=when now/>{by}"." }.into_any()
        }
        Moved::FirstSeen { when } => view! { " was first seen so "<When at=when now/>"." }.into_any(),
    };
    view! { <p class="sm muted"><span class="tagname">{tag.to_string()}</span>{words}</p> }.into_any()
}
