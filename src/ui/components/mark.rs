//! The digest mark: a glyph of three by three cells, mirrored, with one of eight tones.
//!
//! Same image, same glyph. It stands beside the digits, never instead of them. Shape and tone both
//! differ, so that the marks can be told apart without seeing colours.

use crate::domain::Digest;
use leptos::prelude::*;

/// The two halves of a glyph as SVG paths over a square of 15 units.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Glyph {
    tone: u8,
    full: String,
    pale: String,
}

/// The mark of a digest.
#[component]
pub fn Mark<'a>(digest: &'a Digest) -> impl IntoView + use<> {
    let Glyph { tone, full, pale } = Glyph::of(digest);
    view! {
        <svg class=format!("dm dm-{tone}") viewBox="0 0 15 15" aria-hidden="true">
            <path d=full></path>
            <path d=pale></path>
        </svg>
    }
}

impl Glyph {
    /// Three cells of the left column, mirrored on the right, and three of the middle column: each
    /// is empty, pale or full, as its byte of the digest says.
    fn of(digest: &Digest) -> Self {
        let bytes = bytes(digest);
        let (mut full, mut pale) = (String::new(), String::new());
        for (index, byte) in bytes[1..7].iter().enumerate() {
            let (middle, row) = (index >= 3, index % 3);
            let path = match byte % 3 {
                0 => continue,
                1 => &mut pale,
                _ => &mut full,
            };
            path.push_str(&cells(middle, row));
        }
        if full.is_empty() {
            full = cells(true, 1);
        }
        Self { tone: bytes[0] % 8, full, pale }
    }
}

/// A cell is a stroke, as wide as it is long.
fn cells(middle: bool, row: usize) -> String {
    let y = ["3", "7.5", "12"][row];
    if middle { format!("M5.5 {y}h4") } else { format!("M1 {y}h4m5 0h4") }
}

/// The first seven bytes; every digest has at least thirty-two.
fn bytes(digest: &Digest) -> [u8; 7] {
    let hex = digest.hex();
    std::array::from_fn(|index| {
        let pair = hex.get(2 * index..2 * index + 2).unwrap_or_default();
        u8::from_str_radix(pair, 16).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glyph(hex: &str) -> Glyph {
        Glyph::of(&format!("sha256:{hex:0<64}").parse().unwrap())
    }

    #[test]
    fn the_same_digest_has_the_same_mark() {
        assert_eq!(glyph("3f9a41c7e05d"), glyph("3f9a41c7e05d"));
        assert_ne!(glyph("3f9a41c7e05d"), glyph("7be1c0d2a914"));
    }

    #[test]
    fn no_mark_is_blank() {
        assert_eq!(glyph(""), Glyph { tone: 0, full: "M5.5 7.5h4".to_owned(), pale: String::new() });
    }

    #[test]
    fn the_sides_mirror_each_other() {
        let left_top_full = glyph("0002");
        assert_eq!(left_top_full.full, "M1 3h4m5 0h4");
    }

    #[test]
    fn many_digests_have_many_marks() {
        let marks: std::collections::BTreeSet<String> = (0u64..2000)
            .map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15))
            .map(|n| glyph(&format!("{n:016x}")))
            .map(|glyph| format!("{glyph:?}"))
            .collect();
        assert!(marks.len() > 1500, "{}", marks.len());
    }
}
