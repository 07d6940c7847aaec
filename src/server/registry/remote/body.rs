//! Bodies of answers: read up to a bound whatever their length claims to be, or passed on with
//! their length checked. Nothing here trusts `Content-Length` for memory.

use super::failure;
use super::transport::Transport;
use crate::server::blobs::ByteStream;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use reqwest::Response;
use std::io::{Error as IoError, ErrorKind};

/// Reads the whole body, if it has at most `limit` bytes.
///
/// # Errors
/// Words that say what the other side did.
pub async fn read(mut response: Response, transport: &Transport, limit: usize) -> Result<Bytes, String> {
    let mut all = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| failure::words(&error, &transport.limits))? {
        if all.len() + part.len() > limit {
            return Err(format!("sent more than {limit} bytes where that is the most; the rest was not read"));
        }
        all.extend_from_slice(&part);
    }
    Ok(all.into())
}

/// Whether text begins like a page for people.
pub fn looks_like_html(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"<")
}

/// The body of a blob as a stream.
pub fn stream(response: Response, transport: &Transport, registry: &str) -> ByteStream {
    let (limits, registry) = (transport.limits.clone(), registry.to_owned());
    let say = move |error| IoError::other(format!("{registry} {}", failure::words(&error, &limits)));
    response.bytes_stream().map(move |part| part.map_err(&say)).boxed()
}

/// Leaves `skip` bytes out and passes `length` on. A body that ends before that ends with an
/// error, never as if it were whole (FLT-31); what a body has beyond that is not read.
pub fn exactly(
    body: impl Stream<Item = Result<Bytes, IoError>> + Send + Unpin + 'static,
    skip: u64,
    length: u64,
) -> ByteStream {
    futures::stream::unfold((Some(body), skip, length), |(body, mut skip, left)| async move {
        let mut body = body.filter(|_| left > 0)?;
        loop {
            let mut part = match body.next().await {
                Some(Ok(part)) => part,
                Some(Err(error)) => return Some((Err(error), (None, 0, 0))),
                None => return Some((Err(cut_off(skip + left)), (None, 0, 0))),
            };
            let unwanted = within(skip, part.len());
            skip -= unwanted as u64;
            part = part.split_off(unwanted);
            part.truncate(within(left, part.len()));
            if !part.is_empty() {
                let left = left - part.len() as u64;
                return Some((Ok(part), (Some(body), skip, left)));
            }
        }
    })
    .boxed()
}

fn within(count: u64, most: usize) -> usize {
    usize::try_from(count).unwrap_or(most).min(most)
}

fn cut_off(missing: u64) -> IoError {
    IoError::new(ErrorKind::UnexpectedEof, format!("the registry broke off {missing} bytes before the end of the blob"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn run(parts: &[&'static str], skip: u64, length: u64) -> (String, Option<ErrorKind>) {
        let parts: Vec<_> = parts.iter().map(|part| Ok(Bytes::from_static(part.as_bytes()))).collect();
        let mut body = exactly(futures::stream::iter(parts), skip, length);
        let (mut text, mut failed) = (String::new(), None);
        while let Some(part) = body.next().await {
            match part {
                Ok(part) => text.push_str(std::str::from_utf8(&part).unwrap()),
                Err(error) => failed = Some(error.kind()),
            }
        }
        (text, failed)
    }

    #[tokio::test]
    async fn a_part_is_cut_out_and_a_short_body_is_an_error() {
        assert_eq!(run(&["abc", "", "defg"], 2, 3).await, ("cde".to_owned(), None));
        assert_eq!(run(&["abc"], 0, 3).await, ("abc".to_owned(), None));
        assert_eq!(run(&[], 0, 0).await, (String::new(), None));
        assert_eq!(run(&["abc", "de"], 0, 6).await, ("abcde".to_owned(), Some(ErrorKind::UnexpectedEof)));
        assert_eq!(run(&["ab"], 5, 1).await, (String::new(), Some(ErrorKind::UnexpectedEof)));
    }
}
