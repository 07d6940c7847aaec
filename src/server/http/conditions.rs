//! What a client makes the condition of a request (RFC 9110, section 13.1).

use crate::domain::condition::Among;
use axum::http::{HeaderMap, HeaderName};

/// A condition on the content, from all the lines in which it may be written. One that cannot be read stands: it names
/// no content.
pub(super) fn among(headers: &HeaderMap, name: HeaderName, is_strong: bool) -> Option<Among> {
    let mut lines = headers.get_all(name).iter().peekable();
    lines.peek()?;
    let lines: Vec<_> = lines.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    Some(Among::parse(&lines.join(","), is_strong))
}
