//! What nobody finds any more once an image lost its last name: what that lists, and what is about it.

use super::label;
use super::listed::first;
use crate::domain::Digest;
use crate::domain::radius::{Graph, Radius};
use crate::domain::view::{More, PreviewKind, PreviewRow};

/// The first of these, and how many more there are.
pub(super) fn of((graph, radius): (&Graph, &Radius)) -> (Vec<PreviewRow>, More) {
    let parts = radius.in_the_end.iter().filter(|(digest, top)| digest != top && !radius.images.contains_key(*digest));
    first(parts.map(|(digest, top)| part(graph, digest, top)))
}

fn part(graph: &Graph, digest: &Digest, top: &Digest) -> PreviewRow {
    let is_listed = graph.0.get(digest).is_some_and(|node| !node.parents.is_empty());
    let (kind, reason) = match is_listed {
        true => (PreviewKind::Child, format!("it belongs to {} alone", top.short())),
        false => (PreviewKind::Referrer, format!("it is about what belongs to {}", top.short())),
    };
    PreviewRow { kind, tag: None, digest: Some(digest.clone()), name: None, label: label(graph, digest), reason }
}
