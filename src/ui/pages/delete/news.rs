//! What the form of a delete keeps of what its tags named, and what became of them when it comes back.

use super::asked::Asked;
use crate::domain::view::{Preview, PreviewKind, PreviewRow};
use crate::domain::{Digest, Error, RepositoryName, Tag};
use crate::ui::components::change::Image;
use crate::ui::components::form::Problem;
use crate::ui::components::icon::Icon;
use crate::ui::form::FormState;
use crate::ui::pages::names::MovedMeanwhile;
use crate::ui::request::PageRequest;
use crate::ui::words::counted;
use leptos::prelude::*;
use std::collections::BTreeMap;

/// The most tags of which a form keeps what they named: as many as are seen at once.
const MAX_KEPT: usize = 50;

/// What the tags name as their reader sees it, so that it is known when the form comes back.
#[component]
pub fn Seen<'a>(asked: &'a Asked, preview: &'a Preview) -> impl IntoView + use<> {
    if let Some((.., now)) = one(asked, preview) {
        return now.map(|now| view! { <input type="hidden" name="expect" value=now.to_string()/> }).into_any();
    }
    let each = named(preview).take(MAX_KEPT).map(|(tag, digest)| format!("{tag} {digest}"));
    let each = each.filter(|_| repository(asked).is_some());
    each.map(|it| view! { <input type="hidden" name="seen" value=it/> }).collect_view().into_any()
}

/// Why the form came back, where that is about none of its fields.
#[component]
pub fn News<'a>(asked: &'a Asked, preview: &'a Preview, request: &'a PageRequest) -> impl IntoView + use<> {
    let (intent, form) = (asked.intent(), &request.form);
    let is_stale = matches!(form.error, Some(Error::Outdated | Error::Changed { .. }));
    if form.intent != Some(intent) || !is_stale {
        return view! { <Problem intent/> }.into_any();
    }
    if let (Some((repository, tag, now)), Some(before)) = (one(asked, preview), form.value(Some(intent), "expect")) {
        let current = match &form.error {
            Some(Error::Changed { current }) => current.clone(),
            _ => now,
        };
        let before: Option<Digest> = before.parse().ok();
        if before != current {
            return view! { <MovedMeanwhile repository tag before current/> }.into_any();
        }
    }
    let before = form.value(Some(intent), "tags").and_then(|before| before.parse().ok());
    let moved = moved(asked, preview, form);
    // Of more tags not all are known that moved.
    let is_known = before == Some(preview.n_tags) && preview.n_tags <= MAX_KEPT as u64;
    let words = match moved.len() {
        n_moved if n_moved > 0 && is_known => {
            format!("{} meanwhile. Look again.", counted(n_moved as u64, "tag moved", "tags moved"))
        }
        _ => asked.changed(before, preview),
    };
    let moved = repository(asked).filter(|_| !moved.is_empty()).map(|repository| view! { <Moved repository moved/> });
    view! {
        <div class="callout callout-warn" role="alert" tabindex="-1" id="problem" autofocus="true">
            <Icon name="warn"/>
            <div>
                <p class="medium">{words}</p>
                {moved}
                <p>"Nothing was deleted. Below is what would go now."</p>
            </div>
        </div>
    }
    .into_any()
}

/// A tag with what it named and names.
type Move = (Tag, Digest, Digest);

/// Tags that name other images than they did.
#[component]
fn Moved<'a>(repository: &'a RepositoryName, moved: Vec<Move>) -> impl IntoView + use<> {
    let row = |(tag, before, now): Move| {
        let [before, now] = [before, now].map(|digest| view! { <Image repository digest=&digest/> });
        view! {
            <li class="row-1 wrap">
                <span class="medium">{tag.to_string()}</span>" named "{before}" when you looked and names "{now}" now."
            </li>
        }
    };
    view! { <ul class="stack-2">{moved.into_iter().map(row).collect_view()}</ul> }.into_any()
}

/// Those that go now and that the form says were seen at other images.
fn moved(asked: &Asked, preview: &Preview, form: &FormState) -> Vec<Move> {
    let now: BTreeMap<&Tag, &Digest> = named(preview).collect();
    let seen = form.values(Some(asked.intent()), "seen").take(MAX_KEPT);
    let seen = seen.filter_map(|it| it.split_once(' '));
    let read = |(tag, before): (&str, &str)| Some((tag.parse::<Tag>().ok()?, before.parse::<Digest>().ok()?));
    let moved = |(tag, before): (Tag, Digest)| {
        let now = (*now.get(&tag)?).clone();
        (now != before).then_some((tag, before, now))
    };
    seen.filter_map(read).filter_map(moved).collect()
}

/// Each tag that goes, with what it names.
fn named(preview: &Preview) -> impl Iterator<Item = (&Tag, &Digest)> {
    let tags = preview.removed.iter().filter(|it| it.kind == PreviewKind::Tag);
    tags.filter_map(|PreviewRow { tag, digest, .. }| Some((tag.as_ref()?, digest.as_ref()?)))
}

/// Where the tags are, if tags are what is asked for.
fn repository(asked: &Asked) -> Option<&RepositoryName> {
    match asked {
        Asked::Tags(repository, _) | Asked::Matching(repository, _) => Some(repository),
        Asked::Image(..) | Asked::All(_) => None,
    }
}

/// The tag, where a single one was asked for, and what it names.
fn one(asked: &Asked, preview: &Preview) -> Option<(RepositoryName, Tag, Option<Digest>)> {
    let Asked::Tags(repository, tags) = asked else { return None };
    let [tag] = tags.as_slice() else { return None };
    let now = named(preview).find(|(it, _)| *it == tag).map(|(_, digest)| digest.clone());
    Some((repository.clone(), tag.clone(), now))
}
