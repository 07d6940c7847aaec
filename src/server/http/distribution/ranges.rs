//! Byte ranges in requests: `Range` of whoever reads, `Content-Range` of whoever uploads. Digits are digits: what
//! one server reads as a number and the next does not is no number here.

use crate::server::service::pull::ContentRange;

/// One range `bytes=a-b`, `bytes=a-` or `bytes=-n`. What cannot be read, and several ranges at once, get the
/// whole content (RFC 9110, section 14.2).
pub(crate) fn wanted(text: &str) -> Option<ContentRange> {
    match text.strip_prefix("bytes=")?.split_once('-')? {
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
        assert_eq!(wanted("bytes=2-5"), Some(ContentRange::From { start: 2, end: Some(5) }));
        assert_eq!(wanted("bytes=2-"), Some(ContentRange::From { start: 2, end: None }));
        assert_eq!(wanted("bytes=-5"), Some(ContentRange::Last(5)));
        for odd in ["bytes=1-2,4-5", "lines=1-2", "bytes=a-b", "bytes=99999999999999999999-", "bytes=-", "bytes=+1-2"] {
            assert_eq!(wanted(odd), None, "{odd}");
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
