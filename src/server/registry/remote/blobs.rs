//! Content of blobs, whole or in part, streamed from the registry or from where it keeps them.

use super::body;
use super::client::{Answer, Ask, Client};
use super::lists::pull_scope;
use crate::domain::{Digest, Error, Result};
use crate::server::blobs::{Content, ContentRange};
use reqwest::Method;

/// A blob whose length nobody states is read into memory up to this size, to learn it.
const MOST_UNSTATED_BYTES: usize = 4 * 1024 * 1024;

/// `Content-Range: bytes 0-9/100` (RFC 9110, section 14.4).
#[derive(Debug, PartialEq, Eq)]
struct Part {
    first: u64,
    last: u64,
    size: u64,
}

impl Client {
    /// The content of a blob or a part of it; its stream ends with an error if the bytes do.
    pub async fn blob(&self, name: &str, digest: &Digest, range: Option<ContentRange>) -> Result<Option<Content>> {
        let ask = self.ask_blob(name, digest, range);
        let answer = self.send(&ask).await?;
        match answer.status() {
            200 if !answer.is_html() => self.whole(answer, range).await.map(Some),
            206 => self.part(answer, range).map(Some),
            404 if !answer.is_html() => Ok(None),
            416 => {
                let size = unsatisfied_size(answer.header("content-range").unwrap_or_default()).unwrap_or(0);
                Err(Error::Beyond { size })
            }
            _ => Err(self.refusal(&ask, &answer)),
        }
    }

    /// The question for a blob or a part of it.
    pub fn ask_blob(&self, name: &str, digest: &Digest, range: Option<ContentRange>) -> Ask {
        Ask {
            method: Method::GET,
            url: self.url(&format!("{name}/blobs/{digest}")),
            scope: pull_scope(name),
            accept: "*/*",
            range: range.map(|range| match range {
                ContentRange::From { start, end: Some(end) } => format!("bytes={start}-{end}"),
                ContentRange::From { start, end: None } => format!("bytes={start}-"),
                ContentRange::Last(length) => format!("bytes=-{length}"),
            }),
            what: "a blob",
            elsewhere: true,
            change: None,
        }
    }

    /// All of it was sent, also where a part was asked for: registries may ignore that.
    async fn whole(&self, answer: Answer, range: Option<ContentRange>) -> Result<Content> {
        let Some(size) = answer.header("content-length").and_then(|length| length.parse().ok()) else {
            return self.unstated(answer, range).await;
        };
        let (start, length) = ContentRange::within(range, size)?;
        let body = body::stream(answer.response, &self.transport, &self.host);
        Ok(Content { size, start, length, body: body::exactly(body, start, length) })
    }

    fn part(&self, answer: Answer, range: Option<ContentRange>) -> Result<Content> {
        let part = answer.header("content-range").and_then(parse_range);
        let wanted = part.as_ref().map(|part| ContentRange::within(range, part.size)).transpose()?;
        match (part, wanted) {
            (Some(part), Some((start, length)))
                if part.first == start && part.last.checked_sub(start) == length.checked_sub(1) =>
            {
                let body = body::stream(answer.response, &self.transport, &self.host);
                Ok(Content { size: part.size, start, length, body: body::exactly(body, 0, length) })
            }
            _ => Err(self.fault(answer.from.as_deref(), "sent another part of a blob than it was asked for")),
        }
    }

    async fn unstated(&self, answer: Answer, range: Option<ContentRange>) -> Result<Content> {
        let from = answer.from;
        let bytes = body::read(answer.response, &self.transport, MOST_UNSTATED_BYTES).await;
        let bytes = bytes.map_err(|words| {
            self.fault(from.as_deref(), &format!("was asked for a blob and did not state its length: it {words}"))
        })?;
        let size = bytes.len() as u64;
        let (start, length) = ContentRange::within(range, size)?;
        let body = futures::stream::iter([Ok(bytes)]);
        Ok(Content { size, start, length, body: body::exactly(body, start, length) })
    }
}

fn parse_range(header: &str) -> Option<Part> {
    let (range, size) = header.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.trim().split_once('-')?;
    Some(Part { first: first.parse().ok()?, last: last.parse().ok()?, size: size.trim().parse().ok()? })
}

fn unsatisfied_size(header: &str) -> Option<u64> {
    header.trim().strip_prefix("bytes */")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_are_read() {
        assert_eq!(parse_range("bytes 2-5/10"), Some(Part { first: 2, last: 5, size: 10 }));
        for odd in ["bytes 2-5/*", "bytes */10", "2-5/10", "bytes -5/10", "", "bytes 2-99999999999999999999999/10"] {
            assert_eq!(parse_range(odd), None, "{odd}");
        }
        assert_eq!(unsatisfied_size("bytes */10"), Some(10));
    }
}
