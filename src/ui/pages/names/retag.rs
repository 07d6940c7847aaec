//! `/-/tags/{tag}/retag` and `/-/manifests/{digest}/tag`: another name for an image, or a name that moves to it.

use super::{Asking, Frame, InTheWay, LastMoved, Stale, Told};
use crate::api::names::show_naming;
use crate::domain::view::{NamingView, TagThere};
use crate::domain::{Address, Reference, RepositoryName, Tag};
use crate::ui::components::change::Sides;
use crate::ui::components::digest::DigestLink;
use crate::ui::components::form::{Field, Kind};
use crate::ui::components::icon::Icon;
use crate::ui::form::Intent;
use crate::ui::pages::load::load;
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
    let sub = view! { {of}<DigestLink repository=&repository digest=&view.side.digest/> }.into_any();
    let body = match view.target.clone() {
        Some(target) => view! { <Moving view target stale=stale.into_any() request/> }.into_any(),
        None => view! { <Adding view stale=stale.into_any()/> }.into_any(),
    };
    view! { <Frame repository title of=sub>{body}</Frame> }.into_any()
}

fn title(view: &NamingView) -> String {
    match &view.target {
        Some(target) => format!("Move {} of {}", target.tag, view.repository),
        None => match &view.tag {
            Some(tag) => format!("Retag {tag} of {}", view.repository),
            None => format!("Retag {} of {}", view.side.digest.short(), view.repository),
        },
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
fn Adding(view: NamingView, stale: AnyView) -> impl IntoView {
    let hint = match view.may_move {
        true => "If the tag exists, the next step shows what it names now, before anything moves",
        false => "One that does not exist yet: to move a tag takes tag.move",
    };
    let (back, digest) = (back(&view), view.side.digest.to_string());
    let asked = Pairs::of(&PageRequest::current().path_and_query).get("name").unwrap_or_default().to_owned();
    let kind = Kind { class: "input input-mono", placeholder: "1.5.0", checks: "tag", ..Kind::TEXT };
    let foot = view! {
        <a class="btn" href=back data-cancel="">"Cancel"</a>
        <button class="btn btn-primary" type="submit">"Add tag"</button>
    }
    .into_any();
    view! {
        <Asking intent=INTENT foot>
            {stale}
            <input type="hidden" name="digest" value=digest/>
            <input type="hidden" name="expect" value=""/>
            <Field intent=INTENT name="name" label="Tag" kind value=asked hint/>
        </Asking>
    }
    .into_any()
}

/// A name that is there: from where to where it moves.
#[component]
fn Moving(view: NamingView, target: TagThere, stale: AnyView, request: PageRequest) -> impl IntoView {
    let TagThere { tag, side, moved, may, rule, .. } = target;
    let back = back(&view);
    let closes = |words: &'static str| {
        let back = back.clone();
        view! { <a class="btn" href=back autofocus="true" data-cancel="">{words}</a> }.into_any()
    };
    if side.digest == view.side.digest {
        let words = format!("{tag} names this image already.");
        return view! {
            <Told foot=closes("Back")>
                {stale}
                <div class="callout callout-info"><Icon name="check"/><p>{words}</p></div>
            </Told>
        }
        .into_any();
    }
    let (name, digest, expect) = (tag.to_string(), view.side.digest.to_string(), side.digest.to_string());
    let act = format!("Move {tag} to {}", view.side.called(&tag));
    let heading = format!("{tag} names another image now.");
    let both = view! {
        {stale}
        <p class="medium">{heading}</p>
        <Sides repository=view.repository.clone() now=Some(side) then=view.side.clone() at=request.now/>
        <LastMoved tag=tag.clone() moved now=request.now/>
    }
    .into_any();
    if let Some(met) = rule {
        let rule = view! { <InTheWay intent=INTENT met/> };
        return view! { <Told foot=closes("Back")>{both}{rule}</Told> }.into_any();
    }
    if !may.roll_back {
        let words = format!("{tag} stays where it is: to move it takes tag.move, which you do not have over it.");
        return view! { <Told foot=closes("Back")>{both}<p class="sm">{words}</p></Told> }.into_any();
    }
    let foot = view! { {closes("Cancel")}<button class="btn btn-primary" type="submit">{act}</button> }.into_any();
    view! {
        <Asking intent=INTENT foot>
            {both}
            <p class="sm">"Whoever pulls it gets the other image from then on. Its history keeps both, and it can be rolled back."</p>
            <input type="hidden" name="name" value=name/>
            <input type="hidden" name="digest" value=digest/>
            <input type="hidden" name="expect" value=expect/>
        </Asking>
    }
    .into_any()
}
