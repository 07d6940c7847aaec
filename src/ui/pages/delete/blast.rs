//! The list of all that a delete takes and all that it leaves.

mod all;
mod lists;

use super::asked::Asked;
use crate::domain::view::{FEW_TAGS, Preview, PreviewKind, PreviewRow, RuleMet};
use crate::domain::{Address, ByteSize, Digest, RepositoryName, Tag};
use crate::ui::components::digest::DigestLink;
use crate::ui::components::icon::Icon;
use crate::ui::components::protected::{self, MetMore};
use crate::ui::query::address;
use crate::ui::words::{MAX_TEXT_CHARS, counted, grouped, inert, sentence};
use all::of_all;
use leptos::prelude::*;
use lists::{MAX_SHOWN, digests, folded, label_words, labelled, note};
use std::collections::BTreeSet;

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
    let notes: Vec<AnyView> = preview.notes.iter().map(|text| note(text)).collect();
    let (in_the_way, passed): (Vec<&RuleMet>, Vec<_>) = preview.rules.iter().partition(|met| met.is_in_the_way);
    let ruled = |rules: Vec<&RuleMet>| rules.into_iter().map(rule).collect::<Vec<_>>();
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
        let until = match &preview.stays_at {
            Some(host) => format!("at {host}"),
            None => format!("until {}", preview.freed_at.date()),
        };
        let words = format!(
            "{} by digest {until}",
            counted(
                unnamed.len() as u64 + more.images,
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

/// An image with all that goes with it.
fn of_image(name: &RepositoryName, digest: &Digest, preview: &Preview) -> Vec<AnyView> {
    if !preview.parents.is_empty() {
        let parents: Vec<&Digest> = preview.parents.iter().collect();
        let words = "It is a part of what is listed here. That has to be deleted first.";
        return vec![row("warn", words, Some(digests(name, &parents, 0)))];
    }
    let tags: Vec<&Tag> =
        of_kind(&preview.removed, PreviewKind::Tag).into_iter().filter_map(|it| it.tag.as_ref()).collect();
    let own = preview.removed.iter().find(|it| it.digest.as_ref() == Some(digest) && it.kind == PreviewKind::Image);
    let platforms = own.and_then(|it| it.label.as_deref()).map(label_words).unwrap_or_default();
    let image = view! { <span class="row-1 wrap"><DigestLink repository=name digest/><span>{format!("goes. {platforms}")}</span></span> };
    let mut rows = vec![row("layers", image, None)];
    rows.push(match tags.is_empty() {
        true => row("tag", "No tag names it.", None),
        false => {
            let words = match preview.n_tags {
                1 => "The tag that names it is removed:".to_owned(),
                count => format!("All {} tags that name it are removed:", grouped(count)),
            };
            row("tag", words, Some(folded(name, &tags, preview.removed_more.tags)))
        }
    });
    rows.extend(parts(
        name,
        (preview, preview.removed_more.children),
        PreviewKind::Child,
        ("image that it lists goes with it", "images that it lists go with it"),
    ));
    let more = preview.removed_more.referrers;
    let words = ("referrer goes with it", "referrers go with it");
    rows.extend(parts(name, (preview, more), PreviewKind::Referrer, words));
    let stay = preview.kept.iter().filter(|it| matches!(it.kind, PreviewKind::Child | PreviewKind::Referrer));
    let stay: Vec<&PreviewRow> = stay.collect();
    if !stay.is_empty() {
        let more = preview.kept_more.children + preview.kept_more.referrers;
        let words = counted(
            stay.len() as u64 + more,
            "part of it stays: something else names it",
            "parts of it stay: something else names them",
        );
        rows.push(row("check", words, Some(labelled(name, &stay, more))));
    }
    rows
}

fn parts(
    name: &RepositoryName,
    (preview, more): (&Preview, u64),
    kind: PreviewKind,
    (one, many): (&str, &str),
) -> Option<AnyView> {
    let parts = of_kind(&preview.removed, kind);
    let icon = if kind == PreviewKind::Child { "layers" } else { "link" };
    let words = counted(parts.len() as u64 + more, one, many);
    (!parts.is_empty()).then(|| row(icon, words, Some(labelled(name, &parts, more))))
}

/// What a delete frees, and when.
fn weight(preview: &Preview) -> Option<AnyView> {
    if preview.is_in_the_way() {
        return None;
    }
    let until = preview.freed_at.date();
    let what = match (preview.freed, &preview.freed_by) {
        (ByteSize(0), _) => match &preview.stays_at {
            Some(host) => format!("Frees nothing: the image itself stays at {host}."),
            None => frees_nothing(preview).to_owned(),
        },
        (freed, Some(_)) => format!("Frees 0 now, about {freed} after the registry's own garbage collection."),
        (freed, None) if preview.kept_until.is_some_and(|until| preview.freed_at > until) => {
            format!("Frees {freed} on {until}, when neither the trash nor history needs it.")
        }
        (freed, None) => format!("Frees {freed} on {until}, when the trash lets it go."),
    };
    let more = (preview.logical > ByteSize(0))
        .then(|| format!("{} to pull, before sharing. What other images need stays.", preview.logical).into_any());
    Some(row("disk", what, more))
}

/// Why a delete frees nothing: the images stay, or others need their layers.
fn frees_nothing(preview: &Preview) -> &'static str {
    let is_image = |it: &PreviewRow| it.kind == PreviewKind::Image;
    let images: BTreeSet<&Digest> =
        of_kind(&preview.removed, PreviewKind::Tag).into_iter().filter_map(|it| it.digest.as_ref()).collect();
    match preview.removed.iter().chain(&preview.kept).any(is_image) {
        true => "Frees nothing: other images need the layers.",
        false if images.len() == 1 => "Frees nothing: the image stays.",
        false => "Frees nothing: the images stay.",
    }
}

/// Until when all of it can come back.
#[component]
pub fn Undoable<'a>(preview: &'a Preview) -> impl IntoView + use<> {
    let words = match preview.kept_until {
        None => "Nothing is kept in the trash here: it cannot come back.".to_owned(),
        Some(until) => {
            format!("All of it can be restored until {}. Restoring keeps the same digests.", until.date())
        }
    };
    view! { <p class="row xs muted"><Icon name="undo" class="i i-sm"/>{words}</p> }.into_any()
}

/// The way to take the names alone.
#[component]
fn Instead<'a>(name: &'a RepositoryName, preview: &'a Preview) -> impl IntoView + use<> {
    let tags = preview.removed.iter().filter(|it| it.kind == PreviewKind::Tag).filter_map(|it| it.tag.as_ref());
    let tags: Vec<&Tag> = tags.take(MAX_SHOWN).collect();
    let href = match tags.as_slice() {
        [one] => Address::DeleteTag(name.clone(), (*one).clone()).to_string(),
        some => {
            let pairs: Vec<(&str, &str)> = some.iter().map(|tag| ("tag", tag.as_str())).collect();
            address(&Address::DeleteTags(name.clone()).to_string(), &pairs)
        }
    };
    let link = if tags.len() == 1 { "delete the tag instead" } else { "delete the tags instead" };
    view! { <p class="muted">"To remove only a name and keep the image, "<a href=href data-dialog="">{link}</a>"."</p> }
        .into_any()
}
