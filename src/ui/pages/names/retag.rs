//! `/-/tags/{tag}/retag` and `/-/manifests/{digest}/tag`: another name for an image, or a name that moves to it.

use super::{LastMoved, Stale};
use crate::api::names::show_naming;
use crate::domain::view::{NamingView, Target};
use crate::domain::{Address, Reference, RepositoryName, Tag};
use crate::ui::components::change::Sides;
use crate::ui::components::crumbs::Crumbs;
use crate::ui::components::digest::DigestLink;
use crate::ui::components::form::{Field, Kind, PostForm};
use crate::ui::components::icon::Icon;
use crate::ui::form::Intent;
use crate::ui::pages::load::{PageTitle, load};
use crate::ui::query::Pairs;
use crate::ui::request::PageRequest;
use leptos::prelude::*;

const INTENT: Intent = Intent::SetTag;

/// The page.
#[component]
pub fn Retag(name: RepositoryName, reference: Reference) -> impl IntoView {
    let request = PageRequest::current();
    let wanted = wanted(&request);
    let asked = wanted.clone();
    let data = async move { show_naming(name, reference, asked).await };
    load(data, move |view| view! { <Whole view wanted request/> })
}

/// The name that the image shall have: as it was typed, or as the address says.
fn wanted(request: &PageRequest) -> Option<Tag> {
    let pairs = Pairs::of(&request.path_and_query);
    request.form.value(Some(INTENT), "name").or(pairs.get("name"))?.trim().parse().ok()
}

#[component]
fn Whole(view: NamingView, wanted: Option<Tag>, request: PageRequest) -> impl IntoView {
    let (title, of) = (title(&view), image(&view));
    let repository = view.repository.clone();
    let is_stale = wanted.filter(|_| request.form.error.is_some());
    let stale = is_stale.map(|tag| view! { <Stale intent=INTENT repository=repository.clone() tag/> });
    let body = match view.target.clone() {
        Some(target) => view! { <Moving view=view.clone() target request/> }.into_any(),
        None => view! { <Adding view=view.clone()/> }.into_any(),
    };
    view! {
        <PageTitle text=title.clone()/>
        <Crumbs repository=repository.clone() inside=true/>
        <div class="head">
            <div class="grow">
                <h1>{title}</h1>
                <p class="head-sub row-1 wrap">{of}<DigestLink repository=&repository digest=&view.side.digest/></p>
            </div>
        </div>
        {stale}
        {body}
    }
    .into_any()
}

fn title(view: &NamingView) -> String {
    match &view.target {
        Some(target) => format!("Move {} of {}", target.tag, view.repository),
        None => format!("Add a tag in {}", view.repository),
    }
}

/// What the image is called where it was reached.
fn image(view: &NamingView) -> String {
    view.tag.as_ref().map_or_else(|| view.repository.to_string(), |tag| format!("{}:{tag}", view.repository))
}

/// Where the reader goes who changes their mind.
fn back(view: &NamingView) -> String {
    match view.tag.clone() {
        Some(tag) => Address::Tag(view.repository.clone(), tag).to_string(),
        None => Address::Manifest(view.repository.clone(), view.side.digest.clone()).to_string(),
    }
}

/// A name that is new.
#[component]
fn Adding(view: NamingView) -> impl IntoView {
    let hint = match view.may_move {
        true => "A tag that names another image is moved after you have seen from where to where",
        false => "A tag that names another image stays where it is: to move it takes tag.move",
    };
    let (back, digest) = (back(&view), view.side.digest.to_string());
    let asked = Pairs::of(&PageRequest::current().path_and_query).get("name").unwrap_or_default().to_owned();
    let kind = Kind { class: "input input-mono", placeholder: "1.5.0", ..Kind::TEXT };
    view! {
        <PostForm intent=INTENT class="stack narrow-page">
            <input type="hidden" name="digest" value=digest/>
            <input type="hidden" name="expect" value=""/>
            <Field intent=INTENT name="name" label="Tag" kind value=asked hint/>
            <div class="row end">
                <a class="btn" href=back>"Cancel"</a>
                <button class="btn btn-primary" type="submit">"Add tag"</button>
            </div>
        </PostForm>
    }
    .into_any()
}

/// A name that is there: from where to where it moves.
#[component]
fn Moving(view: NamingView, target: Target, request: PageRequest) -> impl IntoView {
    let Target { tag, side, moved, may } = target;
    let back = back(&view);
    if side.digest == view.side.digest {
        let words = format!("{tag} names this image already.");
        return view! { <div class="callout callout-info"><Icon name="check"/><p>{words}</p></div> }.into_any();
    }
    let (name, digest, expect) = (tag.to_string(), view.side.digest.to_string(), side.digest.to_string());
    let act = format!("Move {tag} to {}", view.side.digest.short());
    let heading = format!("{tag} names another image now");
    let form = match may.roll_back {
        true => view! {
            <PostForm intent=INTENT>
                <input type="hidden" name="name" value=name/>
                <input type="hidden" name="digest" value=digest/>
                <input type="hidden" name="expect" value=expect/>
                <div class="row end wrap">
                    <a class="btn" href=back autofocus="true">"Cancel"</a>
                    <button class="btn btn-primary" type="submit">{act}</button>
                </div>
            </PostForm>
        }
        .into_any(),
        false => view! {
            <p class="sm">{format!("{tag} stays where it is: to move it takes tag.move, which you do not have over it.")}</p>
            <div class="row end"><a class="btn" href=back>"Back"</a></div>
        }
        .into_any(),
    };
    view! {
        <section class="card confirm confirm-plain" aria-labelledby="move">
            <div class="card-head"><h2 id="move">{heading}</h2></div>
            <div class="card-body stack">
                <Sides repository=view.repository.clone() now=Some(side) then=view.side.clone() at=request.now/>
                <LastMoved tag moved now=request.now/>
                <p class="sm">"Whoever pulls it gets the other image from then on. Its history keeps both, and it can be rolled back."</p>
                {form}
            </div>
        </section>
    }
    .into_any()
}
