//! The list of all that a delete takes and all that it leaves.

mod all;
mod image;
mod instead;
mod lists;
mod weight;

use super::asked::Asked;
use crate::domain::view::{FEW_TAGS, Preview, PreviewKind, PreviewRow, RuleMet};
use crate::domain::{Digest, RepositoryName, Tag};
use crate::ui::components::digest::DigestLink;
use crate::ui::components::icon::Icon;
use crate::ui::components::protected::{self, MetMore, each_once};
use crate::ui::words::{MAX_TEXT_CHARS, counted, inert, sentence};
use all::of_all;
use image::of_image;
use instead::Instead;
use leptos::prelude::*;
use lists::{digests, folded, labelled, note};
pub use weight::Undoable;
use weight::weight;

/// The list.
#[component]
pub fn Blast<'a>(asked: &'a Asked, preview: &'a Preview) -> impl IntoView + use<> {
    let rows = match asked {
        Asked::Tags(name, _) | Asked::Matching(name, _) if preview.n_tags <= FEW_TAGS => each_tag(name, preview),
        Asked::Tags(name, _) | Asked::Matching(name, _) => many_tags(name, preview),
        Asked::Image(name, digest) => of_image(name, digest, preview),
        Asked::All(scope) => of_all(scope, preview),
    };
    let instead = match asked {
        Asked::Image(name, _) if preview.n_tags > 0 => Some(view! { <Instead name preview/> }),
        _ => None,
    };
    let said = |icon| move |text: &String| row(icon, sentence(text), None);
    let more = counted(preview.barred_more, "more thing is kept by a rule", "more things are kept by rules");
    let more = (preview.barred_more > 0).then_some(more);
    let barred: Vec<AnyView> = preview.barred.iter().chain(&more).map(said("lock")).collect();
    let left_out: Vec<AnyView> = preview.left_out.iter().map(said("x")).collect();
    let notes: Vec<AnyView> = preview.notes.iter().map(|text| note(text, preview.freed_by.as_deref())).collect();
    let (in_the_way, passed): (Vec<RuleMet>, Vec<_>) =
        each_once(&preview.rules).into_iter().partition(|met| met.is_in_the_way);
    let ruled = |rules: Vec<RuleMet>| rules.iter().map(rule).collect::<Vec<_>>();
    let (in_the_way, passed) = (ruled(in_the_way), ruled(passed));
    view! { <ul class="blast">{in_the_way}{barred}{left_out}{rows}{passed}{weight(preview)}{notes}</ul>{instead} }
        .into_any()
}

/// A row: what happens, and more about it.
fn row(icon: &'static str, what: impl IntoView + 'static, more: Option<AnyView>) -> AnyView {
    let more = more.map(|more| view! { <div class="xs muted">{more}</div> });
    view! { <li><Icon name=icon class="i i-sm"/><div><p>{what.into_any()}</p>{more}</div></li> }.into_any()
}

/// What a rule says of it.
fn rule(met: &RuleMet) -> AnyView {
    row("lock", protected::said(met), Some(view! { <MetMore met=met.clone()/> }.into_any()))
}

fn of_kind(items: &[PreviewRow], kind: PreviewKind) -> Vec<&PreviewRow> {
    items.iter().filter(|it| it.kind == kind).collect()
}

/// Tags, those of one image together, with what becomes of it.
fn each_tag(name: &RepositoryName, preview: &Preview) -> Vec<AnyView> {
    let mut images: Vec<(Option<&Digest>, Vec<&Tag>)> = Vec::new();
    for going in of_kind(&preview.removed, PreviewKind::Tag) {
        let (digest, tag) = (going.digest.as_ref(), going.tag.as_ref());
        match images.iter_mut().find(|(other, _)| digest.is_some() && *other == digest) {
            Some((_, tags)) => tags.extend(tag),
            None => images.push((digest, tag.into_iter().collect())),
        }
    }
    let (is_one, more) = (images.len() == 1, preview.kept_more.tags);
    let of_one = if is_one { more } else { 0 };
    let rows = images.into_iter().map(|(digest, tags)| tags_of_one(name, (digest, &tags), (preview, of_one)));
    // Of several images it is not known here whose these are.
    let rest = counted(more, "more tag stays on the same images", "more tags stay on the same images");
    rows.chain((more > of_one).then(|| row("check", rest, None))).collect()
}

/// Tags of one image, on which `more` stay than are named.
fn tags_of_one(
    name: &RepositoryName,
    (digest, tags): (Option<&Digest>, &[&Tag]),
    (preview, more): (&Preview, u64),
) -> AnyView {
    let (is_one, last) = (tags.len() == 1, tags.len().saturating_sub(1));
    let tag = |(at, tag): (usize, &&Tag)| {
        let joint = if at == 0 {
            ""
        } else if at == last {
            " and "
        } else {
            ", "
        };
        view! { {joint}<span class="tagname">{tag.to_string()}</span> }
    };
    let tag = tags.iter().enumerate().map(tag).collect_view();
    // What does not go yet only would.
    let would = preview.is_in_the_way();
    let (are, its) = match (would, is_one) {
        (false, true) => (" is removed.", " Its image stays."),
        (false, false) => (" are removed.", " Their image stays."),
        (true, true) => (" would be removed.", " Its image would stay."),
        (true, false) => (" would be removed.", " Their image would stay."),
    };
    let link = digest.map(|digest| view! { <DigestLink repository=name digest/> });
    let kept: Vec<&PreviewRow> = preview.kept.iter().filter(|it| it.digest.as_ref() == digest).collect();
    if let Some(left) = kept.iter().find(|it| it.kind == PreviewKind::Image) {
        let with =
            left.label.as_ref().map(|with| format!(" It has {}.", inert(with, MAX_TEXT_CHARS))).unwrap_or_default();
        let until = preview.freed_at.date();
        let words = match (&preview.stays_at, &preview.freed_by) {
            (Some(host), _) => format!("It stays at {host} by its digest.{with}"),
            (None, Some(host)) => {
                format!("It can be pulled by its digest until {until}, then it is deleted at {host}.{with}")
            }
            (None, None) => format!("It can be pulled by its digest until {until}, then it is collected.{with}"),
        };
        let more = view! { <div class="row-1 wrap">{link}<span>{words}</span></div> };
        let last = if is_one { " It is the last tag of its image." } else { " They are the last tags of their image." };
        return row("trash", view! { {tag}{are}{last} }, Some(more.into_any()));
    }
    let names: Vec<&Tag> = kept.iter().filter_map(|it| it.tag.as_ref()).collect();
    let words = match names.is_empty() {
        true => view! { <span>"Something else names it."</span> }.into_any(),
        false => view! { <span>"is still tagged"</span>{folded(name, &names, more)} }.into_any(),
    };
    let more = view! { <div class="row-1 wrap">{link}{words}</div> };
    row("tag", view! { {tag}{are}{its} }, Some(more.into_any()))
}

/// More tags than anybody reads one by one.
fn many_tags(name: &RepositoryName, preview: &Preview) -> Vec<AnyView> {
    let going: Vec<&Tag> =
        of_kind(&preview.removed, PreviewKind::Tag).into_iter().filter_map(|it| it.tag.as_ref()).collect();
    let n_tags = match preview.is_in_the_way() {
        true => format!("{} would be removed", counted(preview.n_tags, "tag", "tags")),
        false => counted(preview.n_tags, "tag is removed", "tags are removed"),
    };
    let mut rows = vec![row("tag", n_tags, Some(folded(name, &going, preview.removed_more.tags)))];
    let more = preview.kept_more;
    let unnamed: Vec<&Digest> =
        of_kind(&preview.kept, PreviewKind::Image).into_iter().filter_map(|it| it.digest.as_ref()).collect();
    if !unnamed.is_empty() {
        let (n_images, until) = (unnamed.len() as u64 + more.images, preview.freed_at.date());
        let until = match (&preview.stays_at, &preview.freed_by) {
            (Some(host), _) => format!("at {host}"),
            (None, Some(host)) if n_images == 1 => format!("until {until}, then it is deleted at {host}"),
            (None, Some(host)) => format!("until {until}, then they are deleted at {host}"),
            (None, None) => format!("until {until}"),
        };
        let words = format!(
            "{} by digest {until}",
            counted(
                n_images,
                "image loses its last tag, and can be pulled",
                "images lose their last tag, and can be pulled"
            )
        );
        rows.push(row("trash", words, Some(digests(name, &unnamed, more.images))));
        rows.extend(unreachable(name, preview));
    }
    let stay: Vec<&Tag> =
        of_kind(&preview.kept, PreviewKind::Tag).into_iter().filter_map(|it| it.tag.as_ref()).collect();
    if !stay.is_empty() {
        let n_tags = stay.len() as u64 + more.tags;
        let words = counted(n_tags, "tag stays on the same images", "tags stay on the same images");
        rows.push(row("check", words, Some(folded(name, &stay, more.tags))));
    }
    rows
}

/// What belongs to images that lose their last names, and has no other.
fn unreachable(name: &RepositoryName, preview: &Preview) -> Option<AnyView> {
    let parts: Vec<&PreviewRow> = preview.unreachable.iter().collect();
    let more = preview.unreachable_more.all();
    let words = counted(
        parts.len() as u64 + more,
        "part of these has no other name, and shares what becomes of them",
        "parts of these have no other name, and share what becomes of them",
    );
    (!parts.is_empty()).then(|| row("layers", words, Some(labelled(name, &parts, more))))
}
