//! The layers of an image as one bar. Geometry is in SVG attributes, since the policy forbids
//! inline styles; the table below it holds the same numbers for those who cannot see it.

use crate::domain::ByteSize;
use crate::domain::view::LayerRow;
use leptos::prelude::*;

/// The width that the layers share, in units of the drawing.
const WIDTH: f64 = 1000.0;
/// What stands between two layers, and the least that a layer is drawn with.
const GAP: f64 = 2.0;
const LEAST: f64 = 4.0;

/// The bar with its legend.
#[component]
pub fn LayerBar<'a>(layers: &'a [LayerRow]) -> impl IntoView + use<> {
    let sizes: Vec<u64> = layers.iter().map(|layer| layer.size.0).collect();
    let ranks = ranks(&sizes);
    let rects = spans(&sizes)
        .into_iter()
        .zip(&ranks)
        .map(|((x, width), rank)| {
            view! { <rect class=class(*rank) x=format!("{x:.1}") width=format!("{width:.1}") height="28"></rect> }
        })
        .collect_view();
    view! {
        <svg class="layerbar" viewBox="0 0 1000 28" preserveAspectRatio="none" aria-hidden="true">{rects}</svg>
        <p class="legend">{legend(&sizes, &ranks).into_iter().map(entry).collect_view()}</p>
    }
    .into_any()
}

fn entry((class, words): (&'static str, String)) -> impl IntoView {
    view! {
        <span>
            <svg viewBox="0 0 10 10" aria-hidden="true"><rect class=class width="10" height="10"></rect></svg>
            {words}
        </span>
    }
}

/// The two largest layers carry colours of their own; the rest share one.
fn class(rank: usize) -> &'static str {
    match rank {
        0 => "lb-2",
        1 => "lb-3",
        _ => "lb-1",
    }
}

/// Where each size stands, the largest first.
fn ranks(sizes: &[u64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(sizes[*index]));
    let mut ranks = vec![0; sizes.len()];
    for (rank, index) in order.into_iter().enumerate() {
        ranks[index] = rank;
    }
    ranks
}

fn legend(sizes: &[u64], ranks: &[usize]) -> Vec<(&'static str, String)> {
    let at = |rank: usize| ranks.iter().position(|r| *r == rank);
    let mut entries = Vec::new();
    for rank in 0..2 {
        if let Some(index) = at(rank) {
            entries.push((class(rank), format!("Layer {}, {}", index + 1, ByteSize(sizes[index]))));
        }
    }
    let rest: Vec<u64> = sizes.iter().zip(ranks).filter(|(_, rank)| **rank > 1).map(|(size, _)| *size).collect();
    if !rest.is_empty() {
        let sum = rest.iter().fold(0, |sum: u64, size| sum.saturating_add(*size));
        entries.push((class(2), format!("{} other, {}", rest.len(), ByteSize(sum))));
    }
    entries
}

/// Where each layer starts and how wide it is. Small layers stay visible at the cost of large ones.
fn spans(sizes: &[u64]) -> Vec<(f64, f64)> {
    let count = sizes.len() as f64;
    let room = (WIDTH - GAP * (count - 1.0).max(0.0)).max(0.0);
    let least = LEAST.min(room / count.max(1.0));
    let total: f64 = sizes.iter().map(|size| *size as f64).sum();
    let share = |size: u64| if total > 0.0 { size as f64 / total } else { 1.0 / count };
    let spare = (room - least * count).max(0.0);
    let mut x = 0.0;
    sizes
        .iter()
        .map(|size| {
            let width = least + spare * share(*size);
            let span = (x, width);
            x += width + GAP;
            span
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_largest_layers_are_named() {
        let sizes = [2_100_000, 19_700_000, 6_800_000, 14_000];
        let words: Vec<String> = legend(&sizes, &ranks(&sizes)).into_iter().map(|(_, words)| words).collect();
        assert_eq!(words.join("; ").replace('\u{a0}', " "), "Layer 2, 19.7 MB; Layer 3, 6.8 MB; 2 other, 2.11 MB");
    }

    proptest! {
        #[test]
        fn the_bar_is_filled_and_every_layer_is_seen(sizes in proptest::collection::vec(any::<u64>(), 1..120)) {
            let spans = spans(&sizes);
            let (x, width) = spans[spans.len() - 1];
            prop_assert!((x + width - WIDTH).abs() < 0.01);
            prop_assert!(spans.iter().all(|(_, width)| *width >= 1.0));
        }
    }
}
