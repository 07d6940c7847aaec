//! What clients pull of an image that goes, as the image's own page says it: nobody pulls all platforms of an index.

use crate::domain::manifest::Kind;
use crate::domain::radius::{Graph, Radius};
use crate::domain::{ByteSize, Digest};
use std::collections::BTreeSet;

/// Of one image what it is to pull, or each platform of an index; nothing of several images.
pub(super) fn of((graph, radius): (&Graph, &Radius)) -> Vec<(String, ByteSize)> {
    let tops: BTreeSet<&Digest> = radius.in_the_end.values().collect();
    let (Some(top), 1) = (tops.first(), tops.len()) else { return vec![] };
    let Some(top) = graph.0.get(*top) else { return vec![] };
    if top.kind != Some(Kind::Index) {
        return vec![(String::new(), ByteSize(top.bytes))];
    }
    let listed = top.children.iter().filter_map(|digest| graph.0.get(digest)).filter(|node| node.has_platform);
    let mut pulls: Vec<(String, ByteSize)> = listed.map(|it| (it.label.clone(), ByteSize(it.bytes))).collect();
    pulls.sort();
    pulls
}
