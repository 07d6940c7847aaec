//! Which two images are compared: a plain GET form, with each image under its field.

use crate::domain::view::{CompareSide, CompareView, Outcome};
use crate::domain::{Actor, Address, Reference, Timestamp};
use crate::ui::components::change::Image;
use crate::ui::components::icon::Icon;
use crate::ui::components::time::When;
use crate::ui::query::compared;
use leptos::prelude::*;

/// The form.
#[component]
pub fn Choose<'a>(view: &'a CompareView, now: Timestamp) -> impl IntoView + use<> {
    let (from, to) = (&view.from, &view.to);
    let action = Address::Compare(from.repository.clone(), None).to_string();
    let with = if from.repository == to.repository { String::new() } else { to.repository.to_string() };
    let swap = from.reference.as_ref().zip(to.reference.as_ref()).map(|(first, second)| {
        let href = compared((&to.repository, second), (&from.repository, first), None);
        view! { <a class="btn btn-icon cmp-swap" href=href aria-label="Swap from and to"><Icon name="swap" class="i i-sm"/></a> }
    });
    let built = match &view.outcome {
        Outcome::Differ(changes) => changes.built,
        _ => [None, None],
    };
    view! {
        <form class="cmp" method="get" action=action aria-label="Images to compare">
            <Side side=from key="from" label="From" built=built[0] now/>
            {swap}
            <Side side=to key="to" label="To" built=built[1] now/>
            <div class="field">
                <label for="with">"Repository of the second"</label>
                <input class="input" id="with" name="with" value=with placeholder=from.repository.to_string() autocomplete="off" autocapitalize="off" spellcheck="false"/>
            </div>
            <button class="btn" type="submit">"Compare"</button>
        </form>
    }
    .into_any()
}

/// One field: any tag or digest, with the newest tags to choose from.
#[component]
fn Side<'a>(
    side: &'a CompareSide,
    key: &'static str,
    label: &'static str,
    built: Option<Timestamp>,
    now: Timestamp,
) -> impl IntoView + use<> {
    let list = format!("{key}-tags");
    let value = side.reference.as_ref().map(Reference::to_string).unwrap_or_default();
    let tags = side.newest.iter().map(|tag| view! { <option value=tag.to_string()></option> }).collect_view();
    let image = side.image.as_ref().map(|image| {
        let by = image.pushed_by.as_ref().and_then(Actor::name).map(|by| format!(" by {by}"));
        view! {
            <p class="row-1 wrap xs subtle">
                <Image repository=&side.repository digest=&image.digest/>
                <span><When at=image.pushed now/>{by}{built.map(|at| view! { ", built "<When at now/> })}</span>
            </p>
        }
    });
    view! {
        <div class="field">
            <label for=key>{label}</label>
            <input class="input input-mono" id=key name=key value=value list=list.clone() required=true autocomplete="off" autocapitalize="off" spellcheck="false"/>
            <datalist id=list>{tags}</datalist>
            {image}
        </div>
    }
}
