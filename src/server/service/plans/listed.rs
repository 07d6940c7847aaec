//! What stands in a preview one by one: the first of each kind. The rest is counted.

use crate::domain::view::{More, PreviewKind, PreviewRow};

/// How many of a kind are named.
pub(super) const MAX_LISTED: usize = 2000;

/// The first of each kind, in their order, and how many more there are.
pub(super) fn first(items: impl IntoIterator<Item = PreviewRow>) -> (Vec<PreviewRow>, More) {
    let (mut listed, mut more) = (Vec::new(), More::default());
    let [mut tags, mut images, mut children, mut referrers] = [0_usize; 4];
    for it in items {
        let (n_listed, n_more) = match it.kind {
            PreviewKind::Tag => (&mut tags, &mut more.tags),
            PreviewKind::Image | PreviewKind::Repository => (&mut images, &mut more.images),
            PreviewKind::Child => (&mut children, &mut more.children),
            PreviewKind::Referrer => (&mut referrers, &mut more.referrers),
        };
        if *n_listed < MAX_LISTED {
            *n_listed += 1;
            listed.push(it);
        } else {
            *n_more += 1;
        }
    }
    (listed, more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_of_one_kind_hide_none_of_another() {
        let going = |kind| PreviewRow { kind, tag: None, digest: None, name: None, label: None, reason: String::new() };
        let many = std::iter::repeat_n(going(PreviewKind::Tag), MAX_LISTED + 3);
        let (listed, more) = first(many.chain([going(PreviewKind::Child)]));
        assert_eq!((listed.len(), listed.last().map(|it| it.kind)), (MAX_LISTED + 1, Some(PreviewKind::Child)));
        assert_eq!((more, more.all()), (More { tags: 3, ..More::default() }, 3));
    }
}
