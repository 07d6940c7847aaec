//! What is attached to an image: manifests that name it as their subject, entries of an index that are about its platforms, and
//! what tags name that are made of its digest. Facts as they are stated: nothing here verifies a signature.

use super::one::Image;
use super::reading;
use crate::domain::error::What;
use crate::domain::manifest::{Descriptor, Manifest, Relation};
use crate::domain::page::DEFAULT_LIMIT;
use crate::domain::view::image_tabs::{
    AttachedBy, AttachedRow, AttachedView, Content, Envelope, ImageQuery, Opened, OpenedFile, Statement,
};
use crate::domain::{ByteSize, Digest, Error, RepositoryName, Result, media_type};
use crate::server::store::edges::about;
use crate::server::store::images::{Attached, Child, Surroundings};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use bytes::Bytes;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The most bytes of annotations that a list shows beside something, and the most of them that are shown of what is opened.
const MAX_ANNOTATIONS: usize = 4 * 1024;
const MAX_OPENED_ANNOTATIONS: usize = 50;
/// Files of an attestation, and keys of an envelope, that are named.
const MAX_FILES: usize = 50;

/// Where builders say what kind of statement a file is (in-toto's, BuildKit's and cosign's annotations).
const PREDICATE: [&str; 2] = ["in-toto.io/predicate-type", "predicateType"];

/// One page of it in the order of digests; what fits on one page stands by time, the newest first.
pub(super) fn list(image: &Image<'_>, stored: &[Child], around: &mut Surroundings, query: &ImageQuery) -> AttachedView {
    let limit = DEFAULT_LIMIT as usize;
    let mut rows: Vec<AttachedRow> =
        std::mem::take(&mut around.attached).into_iter().map(|it| row(it, AttachedBy::Subject)).collect();
    let is_cut = rows.len() > limit;
    rows.truncate(limit);
    // What lies beyond the end of this page belongs to the next.
    let end = rows.last().map(|row| row.digest.clone()).filter(|_| is_cut);
    let is_here = |digest: &Digest| {
        query.after.as_ref().is_none_or(|after| digest > after) && end.as_ref().is_none_or(|end| digest <= end)
    };
    let mut listed: Vec<&Descriptor> =
        image.entries.iter().copied().filter(|entry| is_here(&entry.digest) && about(entry).is_some()).collect();
    listed.sort_by(|one, other| one.digest.cmp(&other.digest));
    // A row looks for its platform among all entries, of which there may be thousands.
    let listed = listed.into_iter().take(limit + 1).map(|entry| child(image, entry, stored));
    let noted = std::mem::take(&mut around.noted).into_iter().filter(|(_, it)| is_here(&it.digest));
    rows.extend(listed.chain(noted.map(|(tag, it)| row(it, AttachedBy::Tag(tag)))));
    rows.sort_by(|one, other| one.digest.cmp(&other.digest));
    rows.dedup_by(|one, other| one.digest == other.digest);
    let is_cut = is_cut || rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().map(|row| row.digest.clone()).filter(|_| is_cut);
    if next.is_none() && query.after.is_none() {
        rows.sort_by_key(|row| Reverse(row.pushed));
    }
    AttachedView { rows, next, opened: None }
}

fn row(it: Attached, by: AttachedBy) -> AttachedRow {
    let annotations = it.annotations.map(|text| serde_json::from_str::<BTreeMap<_, _>>(&text).unwrap_or_default());
    AttachedRow {
        digest: it.digest,
        artifact: Some(it.artifact),
        size: it.size,
        pushed: Some(it.pushed),
        by,
        annotations: annotations.map(|all| all.into_iter().collect()),
        present: true,
    }
}

fn child(image: &Image<'_>, entry: &Descriptor, stored: &[Child]) -> AttachedRow {
    let row = image.child_row(entry, stored);
    let held = stored.iter().find(|held| held.digest == entry.digest);
    let n_bytes: usize = entry.annotations.iter().map(|(key, value)| key.len() + value.len()).sum();
    AttachedRow {
        artifact: held.and_then(|held| held.artifact.clone()).or_else(|| entry.artifact_type.clone()),
        size: row.size,
        pushed: held.map(|held| held.pushed_at),
        by: AttachedBy::Index { platform: row.platform },
        annotations: (n_bytes <= MAX_ANNOTATIONS).then(|| entry.annotations.clone().into_iter().collect()),
        present: row.present,
        digest: row.digest,
    }
}

/// What is opened is attached to the image.
///
/// # Errors
/// Not found otherwise, as what is not there at all.
pub(super) fn require(
    opening: &Opening,
    repository: &RepositoryName,
    image: &Image<'_>,
    around: &Surroundings,
) -> Result<()> {
    let is_listed = image.entries.iter().any(|entry| entry.digest == opening.digest && about(entry).is_some());
    let is_noted = around.noted.iter().any(|(_, it)| it.digest == opening.digest);
    if is_listed || is_noted || opening.subject.as_ref() == Some(&image.found.digest) {
        return Ok(());
    }
    Err(Error::NotFound(What::Manifest { repository: repository.clone(), digest: opening.digest.clone() }))
}

/// An attestation that is to be opened.
pub(super) struct Opening {
    digest: Digest,
    artifact: Option<String>,
    annotations: BTreeMap<String, String>,
    subject: Option<Digest>,
    files: Vec<Descriptor>,
    shown: usize,
}

impl Opening {
    /// Reads its manifest; `file` counts its files from 1.
    pub fn of(held: &Child, file: Option<u32>) -> Result<Self> {
        let content = held.content.as_deref().unwrap_or_default();
        let manifest = Manifest::parse(Some(&held.media_type), content)?;
        let files = manifest.of(Relation::Layer).filter(|file| file.media_type != media_type::EMPTY);
        let files: Vec<Descriptor> = files.take(MAX_FILES).cloned().collect();
        let shown = file.map_or(0, |file| file.saturating_sub(1) as usize).min(files.len().saturating_sub(1));
        Ok(Self {
            digest: held.digest.clone(),
            artifact: held.artifact.clone().or_else(|| Some(held.media_type.clone())),
            annotations: manifest.annotations,
            subject: manifest.subject.map(|subject| subject.digest),
            files,
            shown,
        })
    }

    /// The file that is read.
    pub fn file(&self) -> Option<&Descriptor> {
        self.files.get(self.shown)
    }

    /// What it says, by what could be read of that file.
    pub fn opened(self, read: Option<Result<Bytes, String>>) -> Opened {
        let statement = read.map(|read| match read {
            Ok(bytes) => statement(&bytes),
            Err(why) => Statement { content: Content::Not(why), envelope: None },
        });
        let some = |all: BTreeMap<String, String>| all.into_iter().take(MAX_OPENED_ANNOTATIONS).collect();
        let file = |mut file: Descriptor| OpenedFile {
            predicate: PREDICATE.iter().find_map(|key| file.annotations.remove(*key)),
            digest: file.digest,
            media_type: file.media_type,
            size: ByteSize(file.size),
            annotations: some(file.annotations),
        };
        Opened {
            digest: self.digest,
            artifact: self.artifact,
            annotations: some(self.annotations),
            files: self.files.into_iter().map(file).collect(),
            shown: self.shown,
            statement,
        }
    }
}

/// What a file says: the payload of an envelope (DSSE; a sigstore bundle holds one), or the file itself.
fn statement(bytes: &[u8]) -> Statement {
    let opened = serde_json::from_slice::<Value>(bytes).ok().and_then(|read| {
        let outer = read.get("dsseEnvelope").unwrap_or(&read);
        let payload = outer.get("payload")?.as_str()?;
        // Either alphabet is allowed (DSSE, "Envelope").
        let payload = STANDARD.decode(payload).or_else(|_| URL_SAFE.decode(payload)).ok()?;
        let signatures = outer.get("signatures").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let keys = signatures.iter().filter_map(|it| it.get("keyid")?.as_str()).filter(|key| !key.is_empty());
        let envelope = Envelope {
            payload_type: outer.get("payloadType")?.as_str()?.to_owned(),
            n_signatures: signatures.len() as u64,
            keys: keys.take(MAX_FILES).map(str::to_owned).collect(),
        };
        Some((payload, envelope))
    });
    match opened {
        Some((payload, envelope)) => Statement { content: plain(&payload), envelope: Some(envelope) },
        None => Statement { content: plain(bytes), envelope: None },
    }
}

/// Its text alone.
fn plain(bytes: &[u8]) -> Content {
    match reading::content(bytes) {
        Content::Read { text, .. } => Content::Read { text, fields: vec![] },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(bytes: &[u8]) -> (String, Option<Envelope>) {
        let Statement { content, envelope } = statement(bytes);
        match content {
            Content::Read { text, .. } => (text.text, envelope),
            Content::Not(why) => (why, envelope),
        }
    }

    #[test]
    fn an_envelope_is_opened_and_what_is_none_is_shown_as_it_is() {
        let payload = STANDARD.encode(r#"{"predicateType":"x"}"#);
        let envelope = json!({"payloadType": "application/vnd.in-toto+json", "payload": payload,
            "signatures": [{"keyid": "", "sig": "a"}, {"keyid": "k1", "sig": "b"}]});
        for file in [envelope.clone(), json!({"mediaType": "bundle", "dsseEnvelope": envelope})] {
            let (text, envelope) = said(file.to_string().as_bytes());
            assert_eq!(text, "{\n  \"predicateType\": \"x\"\n}");
            let envelope = envelope.unwrap();
            assert_eq!((envelope.n_signatures, envelope.keys), (2, vec!["k1".to_owned()]));
        }
        for plain in [r#"{"payload":"no base64!","payloadType":"x"}"#, r#"{"payload":7}"#, "text"] {
            assert_eq!(said(plain.as_bytes()).1, None, "{plain}");
        }
        assert_eq!(said(b"text").0, "text");
        let odd = json!({"payloadType": "x", "payload": STANDARD.encode([0, 255])}).to_string();
        assert!(said(odd.as_bytes()).0.contains("no text"));
    }
}
