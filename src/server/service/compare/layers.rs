//! Two stacks of layers beside each other, and what is fetched by who has the first.

use crate::domain::manifest::{Manifest, Relation};
use crate::domain::view::{LayerChange, LayerRow};
use crate::domain::{ByteSize, Digest, media_type};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::BTreeSet;

/// What a client fetches that has another image.
pub struct Fetched {
    pub n_layers: u64,
    pub bytes: ByteSize,
}

/// Layers and configuration of the second that the first does not name, each once.
pub fn fetched(from: &Manifest, to: &Manifest) -> Fetched {
    let has: BTreeSet<&Digest> = from.children.iter().map(|(_, part)| &part.digest).collect();
    let (mut n_layers, mut bytes, mut seen) = (0, 0, BTreeSet::new());
    for (relation, part) in &to.children {
        if part.media_type == media_type::EMPTY || has.contains(&part.digest) {
            continue;
        }
        n_layers += u64::from(*relation == Relation::Layer);
        if seen.insert(&part.digest) {
            bytes += part.size;
        }
    }
    Fetched { n_layers, bytes: ByteSize(bytes) }
}

/// Each layer at its place: those that both have are aligned, and what stands between them is beside each other.
pub fn changes(from: Vec<LayerRow>, to: Vec<LayerRow>) -> Vec<LayerChange> {
    let digests = |rows: &[LayerRow]| rows.iter().map(|row| row.digest.clone()).collect::<Vec<_>>();
    let steps = capture_diff_slices(Algorithm::Myers, &digests(&from), &digests(&to));
    let (mut from, mut to) = (from.into_iter(), to.into_iter());
    let mut rows = Vec::new();
    for step in steps {
        let (n_old, n_new) = match step {
            DiffOp::Equal { len, .. } => (len, len),
            DiffOp::Delete { old_len, .. } => (old_len, 0),
            DiffOp::Insert { new_len, .. } => (0, new_len),
            DiffOp::Replace { old_len, new_len, .. } => (old_len, new_len),
        };
        for n in 0..n_old.max(n_new) {
            let take = |rows: &mut dyn Iterator<Item = LayerRow>, has: usize| (n < has).then(|| rows.next()).flatten();
            rows.push(LayerChange { from: take(&mut from, n_old), to: take(&mut to, n_new) });
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(layers: &str) -> Vec<LayerRow> {
        let digest = |name: char| format!("sha256:{:064x}", name as u32).parse().unwrap();
        let row = |name: char| LayerRow {
            digest: digest(name),
            media_type: String::new(),
            size: ByteSize(1),
            title: None,
            step: Some(name.to_string()),
        };
        layers.chars().map(row).collect()
    }

    /// `a` for what is the same, `b>c` for what changed, with a dot for what is on one side alone.
    fn drawn(from: &str, to: &str) -> String {
        let name = |row: &Option<LayerRow>| row.as_ref().and_then(|row| row.step.clone()).unwrap_or(".".to_owned());
        let row = |it: LayerChange| match it.is_same() {
            true => name(&it.from),
            false => format!("{}>{}", name(&it.from), name(&it.to)),
        };
        changes(stack(from), stack(to)).into_iter().map(row).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn layers_that_both_have_stand_beside_themselves() {
        assert_eq!(drawn("abc", "abc"), "a b c");
        assert_eq!(drawn("abcd", "abxd"), "a b c>x d");
        assert_eq!(drawn("ab", "axb"), "a .>x b");
        assert_eq!(drawn("axyb", "ab"), "a x>. y>. b");
        assert_eq!(drawn("", "ab"), ".>a .>b");
    }
}
