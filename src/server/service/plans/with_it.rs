//! What goes with an image that loses its last name, in words.

use crate::domain::Digest;
use crate::domain::manifest::Kind;
use crate::domain::media_type::artifact_words;
use crate::domain::radius::{Graph, Node, Radius};
use std::collections::BTreeMap;

/// The most platforms that are named.
const NAMED: usize = 6;

/// What goes with each image once the trash has let it go.
pub(super) struct With<'g>(BTreeMap<&'g Digest, Vec<&'g Node>>);

impl<'g> With<'g> {
    pub(super) fn of((graph, radius): (&'g Graph, &'g Radius)) -> Self {
        let mut with: BTreeMap<&Digest, Vec<&Node>> = BTreeMap::new();
        for (digest, top) in radius.in_the_end.iter().filter(|(digest, top)| digest != top) {
            with.entry(top).or_default().extend(graph.0.get(digest));
        }
        Self(with)
    }

    /// `2 platforms (linux/amd64, linux/arm64), 2 attestations and 1 signature`.
    pub(super) fn said(&self, top: &Digest) -> Option<String> {
        self.0.get(top).and_then(|nodes| words(nodes))
    }
}

fn words(nodes: &[&Node]) -> Option<String> {
    let (platforms, others): (Vec<&Node>, Vec<&Node>) =
        nodes.iter().partition(|node| node.kind == Some(Kind::Image) && !node.label.is_empty());
    let mut names: Vec<&str> = platforms.iter().map(|node| node.label.as_str()).collect();
    names.sort_unstable();
    let more = if names.len() > NAMED { ", …" } else { "" };
    names.truncate(NAMED);
    let platforms = some(platforms.len(), "platform", "platforms");
    let platforms = platforms.map(|platforms| format!("{platforms} ({}{more})", names.join(", ")));
    let of = |noun: &str| others.iter().filter(|node| noun_of(node) == noun).count();
    let parts: Vec<String> = [
        platforms,
        some(of("attestation"), "attestation", "attestations"),
        some(of("signature"), "signature", "signatures"),
        some(of("SBOM"), "SBOM", "SBOMs"),
        some(of("image"), "more image", "more images"),
        some(of("artifact"), "artifact about it", "artifacts about it"),
    ]
    .into_iter()
    .flatten()
    .collect();
    match parts.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        [some @ .., last] => Some(format!("{} and {last}", some.join(", "))),
    }
}

fn noun_of(node: &Node) -> &'static str {
    let words = artifact_words(&node.label);
    match node.kind {
        Some(Kind::Artifact) if words.starts_with("Attestation") => "attestation",
        Some(Kind::Artifact) if words.starts_with("Signature") => "signature",
        Some(Kind::Artifact) if words.starts_with("SBOM") => "SBOM",
        Some(Kind::Artifact) => "artifact",
        Some(Kind::Image | Kind::Index) | None => "image",
    }
}

fn some(count: usize, one: &str, many: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {many}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_with_an_image_is_named_by_what_it_is() {
        let node = |kind, label: &str| Node { kind: Some(kind), label: label.to_owned(), ..Node::default() };
        let said = |nodes: &[Node]| words(&nodes.iter().collect::<Vec<_>>());
        let two = [node(Kind::Image, "linux/arm64"), node(Kind::Image, "linux/amd64")];
        assert_eq!(said(&two).as_deref(), Some("2 platforms (linux/amd64, linux/arm64)"));
        let attestation = || node(Kind::Artifact, "application/vnd.in-toto+json");
        let signature = node(Kind::Artifact, "application/vnd.dev.cosign.artifact.sig.v1+json");
        let [arm, amd] = two;
        let all = [arm, amd, attestation(), attestation(), signature, node(Kind::Artifact, "text/x-notes")];
        assert_eq!(
            said(&all).as_deref(),
            Some("2 platforms (linux/amd64, linux/arm64), 2 attestations, 1 signature and 1 artifact about it")
        );
        assert_eq!(said(&[]), None);
        let many: Vec<Node> = (0..7).map(|number| node(Kind::Image, &format!("linux/{number}"))).collect();
        assert!(said(&many).unwrap().ends_with("linux/5, …)"), "the first of many are named");
    }
}
