//! What goes with whole repositories: every tag, and every image, also those that no tag names.

use super::super::asked::n_repositories;
use super::lists::{fold, folded, labelled, out_of_sight};
use super::{of_kind, row};
use crate::domain::view::{Preview, PreviewKind, PreviewRow};
use crate::domain::{Scope, Tag};
use crate::ui::words::counted;
use leptos::prelude::*;

/// A repository, or all of a namespace.
pub(super) fn of_all(scope: &Scope, preview: &Preview) -> Vec<AnyView> {
    let tags = of_kind(&preview.removed, PreviewKind::Tag);
    let is_image =
        |it: &&PreviewRow| matches!(it.kind, PreviewKind::Image | PreviewKind::Child | PreviewKind::Referrer);
    let images: Vec<&PreviewRow> = preview.removed.iter().filter(is_image).collect();
    let more = preview.removed_more;
    let more_images = more.all() - more.tags;
    let has_parts = more_images > 0 || images.iter().any(|it| it.kind != PreviewKind::Image);
    let (it, first, tags, images) = if let Scope::Repository(name) = scope {
        let words = " goes. Nothing can be pulled from it any more, by tag or by digest.";
        let first = row("repo", view! { <b class="medium">{name.to_string()}</b>{words} }, None);
        let tags: Vec<&Tag> = tags.into_iter().filter_map(|it| it.tag.as_ref()).collect();
        ("it", first, folded(name, &tags, more.tags), labelled(name, &images, more_images))
    } else {
        let names = of_kind(&preview.removed, PreviewKind::Repository).into_iter().filter_map(|it| it.name.clone());
        let names = names.map(|name| repository(&name)).collect();
        let words = counted(n_repositories(preview), "repository goes", "repositories go");
        let first = row("repo", words, Some(fold(names, 0)));
        let tags = tags.into_iter().filter_map(|it| Some(format!("{}:{}", it.name.as_ref()?, it.tag.as_ref()?)));
        let short = |it: &&PreviewRow| Some(format!("{}@{}", it.name.as_ref()?, it.digest.as_ref()?.short()));
        let images = images.iter().filter_map(short);
        ("them", first, fold(tags.map(chip).collect(), more.tags), fold(images.map(chip).collect(), more_images))
    };
    let mut rows = vec![first];
    let goes = |count: u64, one: &str, many: &str| counted(count, &format!("{one} goes"), &format!("{many} go"));
    let of_tags = format!("{} with {it}.", goes(preview.n_tags, "tag", "tags"));
    rows.push(row("tag", of_tags, (preview.n_tags > 0).then_some(tags)));
    if preview.n_images > 0 {
        let also = if has_parts { ", each platform and each signature counted" } else { "" };
        let words = format!("{} with {it}{also}.", goes(preview.n_images, "image", "images"));
        rows.push(row("layers", words, Some(out_of_sight("Show their digests", images))));
    }
    rows.push(row("key", "Names are free at once, and access that was given stays with the names.", None));
    rows
}

fn repository(name: &str) -> AnyView {
    view! { <li><a class="tagchip" href=format!("/r/{name}")>{name.to_owned()}</a></li> }.into_any()
}

fn chip(words: String) -> AnyView {
    view! { <li class="chip">{words}</li> }.into_any()
}
