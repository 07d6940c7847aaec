//! Where tags go: to a name or a repository at a press, or to what is typed.

use super::INTENT;
use crate::domain::view::{CopyQuery, CopyView, Moved, Offer};
use crate::domain::{Address, RepositoryName, Tag, Timestamp};
use crate::ui::components::digest::DigestText;
use crate::ui::components::form::{Field, Kind};
use crate::ui::components::time::When;
use leptos::prelude::*;

/// Ids of the lists of suggestions.
const NAMES: &str = "names";
const PLACES: &str = "places";

/// Both kinds of places. Only a single tag can become another name of the same repository, by who may name something there.
#[component]
pub fn Choose(view: CopyView, query: CopyQuery, now: Timestamp) -> impl IntoView {
    let back = match view.tags.as_slice() {
        [(tag, _)] => Address::Tag(view.repository.clone(), tag.clone()),
        _ => Address::Repository(view.repository.clone()),
    };
    let (view, query) = (&view, &query);
    let here = (view.tags.len() == 1 && view.may_name).then(|| view! { <Here view query now/> });
    view! {
        <div class="stack narrow-page">
            {here}
            <Elsewhere view query/>
            <div class="row"><a class="btn" href=back.to_string()>"Cancel"</a></div>
        </div>
    }
    .into_any()
}

/// Another name of the same repository.
#[component]
fn Here<'a>(view: &'a CopyView, query: &'a CopyQuery, now: Timestamp) -> impl IntoView + use<> {
    let name = &view.repository;
    let offers = view.offers.iter().filter(|offer| offer.repository == *name);
    let offers = offers.filter_map(|offer| {
        let (tag, (digest, moved)) = offer.tag.as_ref().zip(offer.now.as_ref())?;
        let href = query.address(name, Some(name), Some(tag));
        let (since, when) = match *moved {
            Moved::At { when, .. } => (" moved ", when),
            Moved::FirstSeen { when } => (" first seen ", when),
        };
        let label = format!("Promote to {tag}…");
        Some(view! {
            <li class="row-3 listed">
                <span class="grow">
                    <span class="tagname">{tag.to_string()}</span>
                    <span class="cell-sub"><DigestText digest/>{since}<When at=when now/></span>
                </span>
                <a class="btn" href=href aria-label=label>"Promote…"</a>
            </li>
        })
    });
    let offers: Vec<_> = offers.collect();
    let offers = (!offers.is_empty()).then(|| view! { <ul class="plain-list">{offers}</ul> });
    let names = view.offers.iter().filter_map(|offer| offer.tag.clone());
    let names = names.map(|tag| view! { <option value=tag.to_string()></option> }).collect_view();
    let value = if query.to == name.as_str() { query.name.clone() } else { String::new() };
    let kind = Kind { class: "input input-mono", placeholder: "prod", list: Some(NAMES), checks: "tag", ..Kind::TEXT };
    view! {
        <section class="card" aria-labelledby="here">
            <div class="card-head"><h2 id="here">{format!("To a name of {name}")}</h2></div>
            <div class="card-body stack">
                {offers}
                <Ask view query to=Some(name.clone())>
                    <Field intent=INTENT name="name" label="Tag" kind value hint="A tag that is there moves after you have seen from where to where"/>
                    <datalist id=NAMES>{names}</datalist>
                </Ask>
            </div>
        </section>
    }
    .into_any()
}

/// Another repository.
#[component]
fn Elsewhere<'a>(view: &'a CopyView, query: &'a CopyQuery) -> impl IntoView + use<> {
    let name = &view.repository;
    let offers = view.offers.iter().filter(|offer| offer.repository != *name).map(|Offer { repository, .. }| {
        let href = query.address(name, Some(repository), None);
        let label = format!("Copy to {repository}…");
        view! {
            <li class="row-3 listed">
                <span class="grow mono">{repository.to_string()}</span>
                <a class="btn" href=href aria-label=label>"Copy…"</a>
            </li>
        }
    });
    let offers: Vec<_> = offers.collect();
    let offers = (!offers.is_empty()).then(|| view! { <ul class="plain-list">{offers}</ul> });
    let places = view.repositories.iter().map(|it| view! { <option value=it.to_string()></option> }).collect_view();
    let is_here = query.to == name.as_str() && view.tags.len() == 1;
    let (to, renamed) = if is_here { Default::default() } else { (query.to.clone(), query.name.clone()) };
    let place = Kind { class: "input input-mono", placeholder: "prod/web", list: Some(PLACES), ..Kind::TEXT };
    let other = Kind { class: "input input-mono", checks: "tag", ..Kind::OPTIONAL };
    let rename = (view.tags.len() == 1).then(|| {
        view! { <Field intent=INTENT name="as" label="Tag there" kind=other value=renamed hint="Without one it keeps its own"/> }
    });
    view! {
        <section class="card" aria-labelledby="elsewhere">
            <div class="card-head"><h2 id="elsewhere">"To another repository"</h2></div>
            <div class="card-body stack">
                {offers}
                <Ask view query to=None>
                    <Field intent=INTENT name="to" label="Repository" kind=place value=to hint="One to which you may push; a new one is made"/>
                    <datalist id=PLACES>{places}</datalist>
                    {rename}
                </Ask>
            </div>
        </section>
    }
    .into_any()
}

/// A form that goes on to what it would do; nothing is done by it.
#[component]
fn Ask<'a>(
    view: &'a CopyView,
    query: &'a CopyQuery,
    /// The repository, where it is not typed.
    to: Option<RepositoryName>,
    children: Children,
) -> impl IntoView + use<> {
    let action = Address::Copy(view.repository.clone()).to_string();
    let hidden = |name: &'static str, value: String| view! { <input type="hidden" name=name value=value/> };
    let tags = query.tags.iter().map(|tag: &Tag| hidden("tag", tag.to_string())).collect_view();
    let filter = (!query.filter.is_empty()).then(|| hidden("filter", query.filter.clone()));
    let act = match &to {
        Some(to) => format!("Go on in {to}"),
        None => "Go on to another repository".to_owned(),
    };
    let to = to.map(|to| hidden("to", to.to_string()));
    view! {
        <form class="stack" method="get" action=action>
            {tags}{filter}{to}
            {children()}
            <div class="foot"><button class="btn btn-primary" type="submit">{act}</button></div>
        </form>
    }
    .into_any()
}
