//! Byte ranges in requests: `Range` of whoever reads, `Content-Range` of whoever uploads. Digits are digits: what
//! one server reads as a number and the next does not is no number here.

use crate::server::service::pull::ContentRange;

/// The most ranges that one answer holds. Clients that pull lazily ask for a few.
const MOST: usize = 16;

/// Ranges `bytes=a-b`, `bytes=a-` or `bytes=-n`, with commas between them. None where one cannot be read, or where
/// there are too many: that gets the whole content (RFC 9110, section 14.2).
pub(crate) fn wanted(text: &str) -> Vec<ContentRange> {
    let Some((unit, ranges)) = text.split_once('=') else { return vec![] };
    if !unit.eq_ignore_ascii_case("bytes") || ranges.split(',').count() > MOST {
        return vec![];
    }
    ranges.split(',').map(|range| one(range.trim_matches([' ', '\t']))).collect::<Option<_>>().unwrap_or_default()
}

fn one(range: &str) -> Option<ContentRange> {
    match range.split_once('-')? {
        ("", length) => Some(ContentRange::Last(number(length)?)),
        (start, "") => Some(ContentRange::From { start: number(start)?, end: None }),
        (start, end) => Some(ContentRange::From { start: number(start)?, end: Some(number(end)?) }),
    }
}

/// The place of a chunk in its upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub start: u64,
    /// At least one byte.
    pub length: u64,
}

/// The first and the last byte of a chunk, `10-19`; the specification writes it without `bytes`.
pub(crate) fn place(text: &str) -> Option<Place> {
    let (start, end) = text.split_once('-')?;
    let (start, end) = (number(start)?, number(end)?);
    Some(Place { start, length: end.checked_sub(start)?.checked_add(1)? })
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_ranges_mean_the_whole() {
        let closed = ContentRange::From { start: 2, end: Some(5) };
        assert_eq!(wanted("bytes=2-5"), [closed]);
        assert_eq!(wanted("bytes=2-"), [ContentRange::From { start: 2, end: None }]);
        assert_eq!(wanted("Bytes=2-5, -5"), [closed, ContentRange::Last(5)]);
        let many = |n: usize| format!("bytes={}", vec!["2-5"; n].join(","));
        assert_eq!((wanted(&many(MOST)).len(), wanted(&many(MOST + 1)).len()), (MOST, 0));
        for odd in
            ["2-5", "lines=1-2", "bytes=a-b", "bytes=1-2,x", "bytes=99999999999999999999-", "bytes=-", "bytes=+1-2"]
        {
            assert_eq!(wanted(odd), [], "{odd}");
        }
    }

    #[test]
    fn a_chunk_has_one_place_or_none() {
        assert_eq!(place("10-19"), Some(Place { start: 10, length: 10 }));
        assert_eq!(place("0-0"), Some(Place { start: 0, length: 1 }));
        for odd in ["", "5", "-5", "5-", "9-5", "+0-4", "0-+4", "0-4/9", "bytes 0-4/9", "0-18446744073709551615"] {
            assert_eq!(place(odd), None, "{odd}");
        }
    }
}
