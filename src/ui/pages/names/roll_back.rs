//! `/-/tags/{tag}/rollback`: a tag goes back to an image that it named before.

use super::{LastMoved, Stale};
use crate::api::names::show_roll_back;
use crate::domain::view::{Earlier, RollBackView, Side, Target};
use crate::domain::{Actor, Address, Digest, RepositoryName, Tag, Timestamp};
use crate::ui::components::change::Sides;
use crate::ui::components::crumbs::Crumbs;
use crate::ui::components::digest::DigestText;
use crate::ui::components::empty::Empty;
use crate::ui::components::form::{Field, Kind, PostForm};
use crate::ui::components::icon::Icon;
use crate::ui::components::time::When;
use crate::ui::form::Intent;
use crate::ui::pages::load::{PageTitle, load};
use crate::ui::query::{Pairs, address};
use crate::ui::request::PageRequest;
use leptos::prelude::*;

const INTENT: Intent = Intent::RollBackTag;

/// The page.
#[component]
pub fn RollBack(name: RepositoryName, tag: Tag) -> impl IntoView {
    let request = PageRequest::current();
    let to = Pairs::of(&request.path_and_query).get("to").map(str::to_owned);
    let data = async move {
        let to = to.map(|to| to.parse::<Digest>()).transpose()?;
        show_roll_back(name, tag, to).await
    };
    load(data, move |view| view! { <Whole view now=request.now/> })
}

#[component]
fn Whole(view: RollBackView, now: Timestamp) -> impl IntoView {
    let RollBackView { repository, tag, now: current, to, earlier } = view;
    let title = format!("Roll back {tag} of {repository}");
    let own = Address::RollBack(repository.clone(), tag.clone()).to_string();
    let (stale, others) = (repository.clone(), tag.clone());
    let body = match to {
        Some(to) => {
            let of = (repository.clone(), tag.clone());
            view! { <Question of current to now/><p class="sm mt-4"><a href=own>"Choose another image that it named"</a></p> }.into_any()
        }
        None if earlier.is_empty() => view! {
            <Empty icon="clock" title=format!("{others} named no other image that is kept")>
                <p>"A tag goes back to what it named before, as long as that image is here or in the trash."</p>
            </Empty>
        }
        .into_any(),
        None => {
            view! { <p class="sm muted">"Choose the image that it shall name again."</p><EarlierList earlier own now/> }
                .into_any()
        }
    };
    view! {
        <PageTitle text=title.clone()/>
        <Crumbs repository inside=true/>
        <div class="head"><div class="grow"><h1>{title}</h1></div></div>
        <Stale intent=INTENT repository=stale tag/>
        {body}
    }
    .into_any()
}

/// What it named, each with the way there.
#[component]
fn EarlierList(earlier: Vec<Earlier>, own: String, now: Timestamp) -> impl IntoView {
    let rows = earlier.into_iter().map(|Earlier { digest, until, by }| {
        let href = address(&own, &[("to", digest.as_str())]);
        let label = format!("Roll back to {}", digest.short());
        let by = by.as_ref().and_then(Actor::name).map(|by| format!(", moved on by {by}"));
        view! {
            <li class="row-3 listed">
                <span class="grow"><DigestText digest=&digest/><span class="cell-sub">"until "<When at=until now/>{by}</span></span>
                <a class="btn btn-sm" href=href aria-label=label>"Choose"</a>
            </li>
        }
    });
    view! { <ul class="plain-list">{rows.collect_view()}</ul> }.into_any()
}

/// What changes, and the button.
#[component]
fn Question(of: (RepositoryName, Tag), current: Option<Target>, to: Side, now: Timestamp) -> impl IntoView {
    let (repository, tag) = of;
    let back = Address::History(repository.clone()).to_string();
    let expect = current.as_ref().map(|it| it.side.digest.to_string()).unwrap_or_default();
    if expect == to.digest.as_str() {
        let words = format!("{tag} names {} already.", to.digest.short());
        return view! { <div class="callout callout-info"><Icon name="check"/><p>{words}</p></div> }.into_any();
    }
    let (act, digest) = (format!("Roll back {tag} to {}", to.digest.short()), to.digest.to_string());
    let trashed = to.is_in_trash.then(|| {
        view! { <p class="sm">"This image is in the trash. It comes back first, with its platforms, under the same digests."</p> }
    });
    let moved = current.clone().map(|it| view! { <LastMoved tag=it.tag moved=it.moved now/> });
    view! {
        <section class="card confirm confirm-plain" aria-labelledby="back">
            <div class="card-head"><h2 id="back">{format!("What {tag} names")}</h2></div>
            <div class="card-body stack">
                <Sides repository now=current.map(|it| it.side) then=to at=now/>
                {moved}
                {trashed}
                <PostForm intent=INTENT>
                    <input type="hidden" name="to" value=digest/>
                    <input type="hidden" name="expect" value=expect/>
                    <Field intent=INTENT name="reason" label="Reason" kind=Kind::OPTIONAL hint="Stands in the history and in the activity"/>
                    <div class="row end wrap">
                        <a class="btn" href=back autofocus="true">"Cancel"</a>
                        <button class="btn btn-primary" type="submit">{act}</button>
                    </div>
                </PostForm>
            </div>
        </section>
    }
    .into_any()
}
