//! `/-/tags/{tag}/rollback`: a tag goes back to an image that it named before.

use super::{Asking, Frame, InTheWay, LastMoved, Stale, Told, came_back};
use crate::api::names::show_roll_back;
use crate::domain::view::{Earlier, RollBackView, Side, TagThere};
use crate::domain::{Actor, Address, Digest, RepositoryName, Tag, Timestamp};
use crate::ui::components::change::{Sides, known_as};
use crate::ui::components::digest::{DigestLink, DigestText};
use crate::ui::components::form::{Field, Kind};
use crate::ui::components::icon::Icon;
use crate::ui::components::time::When;
use crate::ui::form::Intent;
use crate::ui::pages::load::load;
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
    let RollBackView { repository, tag, now: current, to, earlier, rule } = view;
    let title = format!("Roll back {tag} of {repository}");
    let own = Address::RollBack(repository.clone(), tag.clone()).to_string();
    let of = match &current {
        Some(current) => {
            let digest = current.side.digest.clone();
            view! { {format!("{tag} names ")}<DigestLink repository=&repository digest=&digest/> }.into_any()
        }
        None => format!("{tag} names nothing now").into_any(),
    };
    let stale = view! { <Stale intent=INTENT repository=repository.clone() tag=tag.clone()/> }.into_any();
    let back = Address::History(repository.clone()).to_string();
    let of_tag = (repository.clone(), tag.clone());
    let body = match (rule.filter(|_| !came_back(INTENT)), to) {
        (Some(met), to) => {
            let repository = repository.clone();
            let both = to.map(|then| view! { <Sides repository now=current.map(|it| it.side) then at=now/> });
            view! { <Told foot=closes(back, "Back")>{both}<InTheWay intent=INTENT met/></Told> }.into_any()
        }
        (None, Some(to)) => view! { <Question of=of_tag current to stale own back now/> }.into_any(),
        (None, None) => view! { <Choosing tag earlier stale own back now/> }.into_any(),
    };
    view! { <Frame repository title of>{body}</Frame> }.into_any()
}

/// Where the reader goes who changes their mind: out of the dialog, or to the history.
fn closes(back: String, words: &'static str) -> AnyView {
    view! { <a class="btn" href=back autofocus="true" data-cancel="">{words}</a> }.into_any()
}

/// What it named, each with the way there.
#[component]
fn Choosing(
    tag: Tag,
    earlier: Vec<Earlier>,
    stale: AnyView,
    own: String,
    back: String,
    now: Timestamp,
) -> impl IntoView {
    let foot = closes(back, "Cancel");
    if earlier.is_empty() {
        return view! {
            <Told foot>
                {stale}
                <div class="stack-2">
                    <p class="medium">{format!("{tag} named no other image that is kept.")}</p>
                    <p class="sm muted">"A tag goes back to what it named before, as long as that image is here or in the trash."</p>
                </div>
            </Told>
        }
        .into_any();
    }
    let rows = earlier.into_iter().map(|Earlier { digest, side, until, by }| {
        let href = address(&own, &[("to", digest.as_str())]);
        let names = side.as_ref().filter(|side| !side.tags.is_empty()).map(known_as);
        let label = format!("Choose {}", names.as_deref().unwrap_or(digest.short()));
        let names = names.map(|names| view! { <span class="medium">{names}</span>" " });
        let by = by.as_ref().and_then(Actor::name).map(|by| format!(", when {by} moved it"));
        view! {
            <li class="row-3 listed">
                <span class="grow">
                    {names}<DigestText digest=&digest/>
                    <span class="cell-sub"><Facts side now/></span>
                    <span class="cell-sub">"until "<When at=until now/>{by}</span>
                </span>
                <a class="btn btn-sm" href=href aria-label=label data-dialog="">"Choose"</a>
            </li>
        }
    });
    let rows = rows.collect_view();
    view! {
        <Told foot>
            {stale}
            <p class="sm muted">{format!("Choose what {tag} names again.")}</p>
            <ul class="plain-list">{rows}</ul>
        </Told>
    }
    .into_any()
}

/// By what somebody knows the image again that they look for.
#[component]
fn Facts(side: Option<Side>, now: Timestamp) -> impl IntoView {
    const NAMED: usize = 3;
    let Some(side) = side else { return "in the trash".into_any() };
    let more = side.platforms.len().saturating_sub(NAMED);
    let mut words = side.platforms.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 {
        words.push_str(&format!(" and {more} more"));
    }
    let facts = [Some(words).filter(|words| !words.is_empty()), side.size.map(|size| size.to_string())];
    let words = facts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let built = side.built.map(|at| view! { " · built "<When at now/> });
    view! { {words}{built} }.into_any()
}

/// What changes, and the button.
#[component]
fn Question(
    of: (RepositoryName, Tag),
    current: Option<TagThere>,
    to: Side,
    stale: AnyView,
    /// The page on which the image is chosen.
    own: String,
    back: String,
    now: Timestamp,
) -> impl IntoView {
    let (repository, tag) = of;
    let other = view! { <p class="sm"><a href=own data-dialog="">"Choose another image that it named"</a></p> };
    let expect = current.as_ref().map(|it| it.side.digest.to_string()).unwrap_or_default();
    if expect == to.digest.as_str() {
        let words = format!("{tag} names {} already.", to.digest.short());
        return view! {
            <Told foot=closes(back, "Back")>
                {stale}
                <div class="callout callout-info"><Icon name="check"/><p>{words}</p></div>
                {other}
            </Told>
        }
        .into_any();
    }
    let (act, digest) = (format!("Roll back {tag} to {}", to.called(&tag)), to.digest.to_string());
    let trashed = to.is_in_trash.then(|| {
        view! { <p class="sm">"This image is in the trash. It comes back first, with its platforms, under the same digests."</p> }
    });
    let moved = current.clone().map(|it| view! { <LastMoved tag=it.tag moved=it.moved now/> });
    let cancel = closes(back, "Cancel");
    let foot = view! { {cancel}<button class="btn btn-primary" type="submit">{act}</button> }.into_any();
    view! {
        <Asking intent=INTENT foot>
            {stale}
            <Sides repository now=current.map(|it| it.side) then=to at=now/>
            {moved}
            {trashed}
            {other}
            <input type="hidden" name="to" value=digest/>
            <input type="hidden" name="expect" value=expect/>
            <Field intent=INTENT name="reason" label="Reason" kind=Kind::OPTIONAL hint="Stands in the history and in the activity"/>
        </Asking>
    }
    .into_any()
}
