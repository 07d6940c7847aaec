//! Small content that a page shows: read from the registry that has it, within bounds of size and time, and made text.

use crate::domain::json_text::{Laid, laid_out};
use crate::domain::manifest::Descriptor;
use crate::domain::view::image_tabs::{Content, Text};
use crate::domain::{ByteSize, RepositoryName};
use crate::server::blobs::{ContentHash, collect};
use crate::server::context::App;
use bytes::Bytes;
use serde_json::Value;
use std::time::Duration;

/// The largest content that is read for a page.
const MAX_READ_BYTES: u64 = 256 * 1024;
/// How long a page waits for it.
const MAX_TIME: Duration = Duration::from_secs(5);
/// The most text that a page shows of one thing.
const MAX_SHOWN_BYTES: usize = 512 * 1024;
/// The first lines of what nobody explains.
const MAX_FIELDS: usize = 50;

/// The bytes of some content of a repository, which `is_here` says whether it has; else why they are not shown. What a manifest
/// names is no reason to be read: the repository has to have it.
///
/// # Errors
/// Words for the reader.
pub(super) async fn small(
    app: &App,
    repository: &RepositoryName,
    part: &Descriptor,
    is_here: bool,
) -> Result<Bytes, String> {
    if part.size > MAX_READ_BYTES {
        let (size, most) = (ByteSize(part.size), ByteSize(MAX_READ_BYTES));
        return Err(format!("it has {size}, and more than {most} are not read for a page; pull it to see all of it"));
    }
    if !is_here {
        return Err(format!("it is named here, and {repository} does not have it"));
    }
    let gone = || "the registry does not have it any more".to_owned();
    let read = async {
        let mount = app.mount(repository).ok_or_else(gone)?;
        let found = mount.read.blob(repository, &part.digest, None).await;
        let content = found.map_err(|failure| format!("it could not be read: {failure}"))?.ok_or_else(gone)?;
        collect(content, MAX_READ_BYTES).await.map_err(|failure| format!("it could not be read: {failure}"))
    };
    let late = format!("the registry did not send it within {} s; try again", MAX_TIME.as_secs());
    let bytes = tokio::time::timeout(MAX_TIME, read).await.map_err(|_| late)??;
    let is_it = ContentHash::digest_of(part.digest.algorithm(), &bytes) == part.digest;
    is_it.then_some(bytes).ok_or_else(|| "what the registry sent is not what its digest says".to_owned())
}

/// Some bytes as text: JSON with lines and steps, any other text as it is, and of what is no text that it is none.
pub(super) fn content(bytes: &[u8]) -> Content {
    let size = ByteSize(bytes.len() as u64);
    if let Some(Laid { text, is_cut }) = laid_out(bytes, MAX_SHOWN_BYTES) {
        return Content::Read { text: Text { text, size, is_cut }, fields: fields(bytes) };
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Content::Read { text: as_written(text), fields: vec![] },
        _ => Content::Not(format!("its {size} are no text")),
    }
}

/// A text as it is, as far as a page shows it.
pub(super) fn as_written(text: &str) -> Text {
    let end = text.floor_char_boundary(MAX_SHOWN_BYTES);
    Text { text: text[..end].to_owned(), size: ByteSize(text.len() as u64), is_cut: end < text.len() }
}

/// What the first level of a JSON object says in one line each.
fn fields(bytes: &[u8]) -> Vec<(String, String)> {
    let Ok(Value::Object(all)) = serde_json::from_slice(bytes) else { return vec![] };
    let one_line = |(key, value): (String, Value)| match value {
        Value::String(text) => Some((key, text)),
        Value::Number(number) => Some((key, number.to_string())),
        Value::Bool(is_so) => Some((key, if is_so { "yes" } else { "no" }.to_owned())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    all.into_iter().filter_map(one_line).take(MAX_FIELDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_text_or_says_that_it_is_none() {
        let Content::Read { text, fields } = content(br#"{"name":"web","version":1,"deep":{"x":1}}"#) else { panic!() };
        assert!(text.text.starts_with("{\n  \"name\": \"web\",") && !text.is_cut, "{}", text.text);
        assert_eq!(fields, [("name", "web"), ("version", "1")].map(|(key, value)| (key.to_owned(), value.to_owned())));
        let Content::Read { text, .. } = content(b"plain\n{ text") else { panic!() };
        assert_eq!((&*text.text, text.size), ("plain\n{ text", ByteSize(12)));
        for binary in [&b"\x1f\x8b\x08"[..], b"a\0b"] {
            assert!(matches!(content(binary), Content::Not(_)), "{}", binary.escape_ascii());
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let text = as_written(&"ü".repeat(MAX_SHOWN_BYTES));
        assert!(text.is_cut && text.text.len() == MAX_SHOWN_BYTES && text.size.0 == 2 * MAX_SHOWN_BYTES as u64);
    }
}
