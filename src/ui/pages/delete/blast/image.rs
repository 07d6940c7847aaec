//! An image with all that goes with it: the tags that name it, what it lists, and what is about it.

use super::lists::{digests, folded, label_words, labelled};
use super::{of_kind, row};
use crate::domain::view::{Preview, PreviewKind, PreviewRow};
use crate::domain::{Digest, RepositoryName, Tag};
use crate::ui::components::digest::DigestLink;
use crate::ui::words::{counted, grouped};
use leptos::prelude::*;

/// The image, in the order in which its own page shows what it lists.
pub(super) fn of_image(name: &RepositoryName, digest: &Digest, preview: &Preview) -> Vec<AnyView> {
    if !preview.parents.is_empty() {
        let parents: Vec<&Digest> = preview.parents.iter().collect();
        let words = "It is a part of what is listed here. That has to be deleted first.";
        return vec![row("warn", words, Some(digests(name, &parents, 0)))];
    }
    let own = preview.removed.iter().find(|it| it.digest.as_ref() == Some(digest) && it.kind == PreviewKind::Image);
    let own = own.and_then(|it| it.label.as_deref()).unwrap_or_default();
    let (platforms, attestations) = listed(preview, own);
    // Above what it lists the title says it already.
    let image = platforms.is_empty().then(|| {
        let words = format!("goes. {}", label_words(own));
        row(
            "layers",
            view! { <span class="row-1 wrap"><DigestLink repository=name digest/><span>{words}</span></span> },
            None,
        )
    });
    let more = preview.removed_more;
    let images = ("image that it lists goes with it", "images that it lists go with it");
    let about = ("attestation that it lists goes with it", "attestations that it lists go with it");
    let referrers = of_kind(&preview.removed, PreviewKind::Referrer);
    [
        image,
        Some(tags(name, preview)),
        parts(name, "layers", (&platforms, more.children), images),
        parts(name, "list", (&attestations, 0), about),
        parts(name, "link", (&referrers, more.referrers), ("referrer goes with it", "referrers go with it")),
        staying(name, preview),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn tags(name: &RepositoryName, preview: &Preview) -> AnyView {
    let tags: Vec<&Tag> =
        of_kind(&preview.removed, PreviewKind::Tag).into_iter().filter_map(|it| it.tag.as_ref()).collect();
    let words = match (tags.is_empty(), preview.n_tags) {
        (true, _) => return row("tag", "No tag names it.", None),
        (false, 1) => "The tag that names it is removed:".to_owned(),
        (false, count) => format!("All {} tags that name it are removed:", grouped(count)),
    };
    row("tag", words, Some(folded(name, &tags, preview.removed_more.tags)))
}

/// What it lists, by the platforms that it says in their order, and the attestations about these apart.
fn listed<'p>(preview: &'p Preview, own: &str) -> (Vec<&'p PreviewRow>, Vec<&'p PreviewRow>) {
    let of = |it: &PreviewRow| it.label.clone().unwrap_or_default();
    let is_attestation = |it: &&PreviewRow| label_words(&of(it)).starts_with("Attestation");
    let (attestations, mut platforms): (Vec<&PreviewRow>, Vec<&PreviewRow>) =
        of_kind(&preview.removed, PreviewKind::Child).into_iter().partition(is_attestation);
    let order: Vec<&str> = own.split(',').collect();
    platforms.sort_by_cached_key(|it| {
        let label = of(it);
        (order.iter().position(|platform| *platform == label).unwrap_or(order.len()), label)
    });
    (platforms, attestations)
}

fn staying(name: &RepositoryName, preview: &Preview) -> Option<AnyView> {
    let stay = preview.kept.iter().filter(|it| matches!(it.kind, PreviewKind::Child | PreviewKind::Referrer));
    let stay: Vec<&PreviewRow> = stay.collect();
    let more = preview.kept_more.children + preview.kept_more.referrers;
    let words = ("part of it stays: something else names it", "parts of it stay: something else names them");
    parts(name, "check", (&stay, more), words)
}

fn parts(
    name: &RepositoryName,
    icon: &'static str,
    (parts, more): (&[&PreviewRow], u64),
    (one, many): (&str, &str),
) -> Option<AnyView> {
    let words = counted(parts.len() as u64 + more, one, many);
    (!parts.is_empty()).then(|| row(icon, words, Some(labelled(name, parts, more))))
}
