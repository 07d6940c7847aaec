//! Lists of what is about an image, for registries that keep none by themselves: an index under a tag that names the
//! subject (OCI distribution specification, "Referrers Tag Schema"). What others had noted there when it was read stays.

use super::found::List;
use super::reading::Image;
use super::way::{Copying, Phase, There, of};
use crate::domain::digest::Algorithm;
use crate::domain::manifest::{Descriptor, Kind, Manifest};
use crate::domain::{Digest, Error, Reference, Result, media_type};
use crate::server::blobs::ContentHash;
use crate::server::registry::RawManifest;
use bytes::Bytes;
use serde_json::{Value, json};

impl Copying<'_> {
    /// Sees to it that what is about one image is found there.
    pub(super) async fn list(&mut self) -> Result<()> {
        let list = match self.there {
            There::Elsewhere(_) => self.list_at(self.place.listed).await?,
            There::Hosted(_) => None,
        };
        let Some(mut list) = list else {
            self.place.phase = Phase::Name;
            self.ends_step = true; // What was changed here is read there.
            return Ok(());
        };
        let (before, what) = (list.clone(), listing(&list));
        match self.outcome(&mut list).await.map_err(|failure| of(&what, failure))? {
            Listed::AsNoted => {}
            Listed::ThatIsThere => list.goes = None,
            Listed::Anew(anew) => {
                self.put(&anew).await.map_err(|failure| of(&what, failure))?;
                self.list_in_catalog(&anew).await?;
                list.goes = Some(anew.raw.digest);
            }
        }
        if list != before {
            let number = |list: &List| u64::from(list.goes.is_some());
            let total = |total: u64| (total + number(&list)).saturating_sub(number(&before));
            self.to.n_total = self.to.n_total.map(total);
            self.keep_list(self.place.listed, &list)?;
        }
        self.place.listed += 1;
        Ok(())
    }

    /// A list that somebody changed since it was read, made anew with all that it has by now; none where nothing is
    /// missing in theirs.
    pub(super) async fn list_again(&mut self, list: &mut List) -> Result<Option<Digest>> {
        let what = listing(list);
        match self.outcome(list).await.map_err(|failure| of(&what, failure))? {
            Listed::AsNoted | Listed::ThatIsThere => Ok(None),
            Listed::Anew(anew) => {
                self.put(&anew).await.map_err(|failure| of(&what, failure))?;
                self.list_in_catalog(&anew).await?;
                list.goes = Some(anew.raw.digest);
                Ok(list.goes.clone())
            }
        }
    }

    /// Which list is to be there: one that has all that either side has.
    async fn outcome(&self, list: &mut List) -> Result<Listed> {
        let (to, There::Elsewhere(there)) = (&self.asked.to, &self.there) else { return Ok(Listed::AsNoted) };
        if there.read().referrers(to, &list.subject).await?.is_some() {
            return Ok(Listed::AsNoted);
        }
        let here = there.read().manifest(to, &Reference::Tag(list.subject.as_tag())).await?;
        // It is replaced if it is this one still.
        list.base = here.as_ref().map(|here| here.digest.clone()).or(list.base.take());
        let noted = match &list.goes {
            Some(digest) => self.image(digest).await?.map(|image| image.raw),
            None => None,
        };
        let (base, enough) = match (&here, &noted) {
            (Some(here), _) => (entries_of(here), Listed::ThatIsThere),
            (None, Some(noted)) => (entries_of(noted), Listed::AsNoted),
            (None, None) => (vec![], Listed::AsNoted),
        };
        let (n_before, mut entries) = (base.len(), base);
        noted.iter().flat_map(entries_of).for_each(|entry| add(&mut entries, entry));
        for digest in &list.images {
            if let Some(image) = self.image(digest).await? {
                add(&mut entries, entry(&image)?);
            }
        }
        if entries.len() == n_before { Ok(enough) } else { list_of(&entries).map(Box::new).map(Listed::Anew) }
    }
}

/// What is being done, in words.
fn listing(list: &List) -> String {
    format!("list what is about the image {}", list.subject.short())
}

/// Which list of what is about an image is to be there.
enum Listed {
    /// The one of the source, if it has one, or none.
    AsNoted,
    ThatIsThere,
    Anew(Box<Image>),
}

/// The entries of such a list as they stand there.
fn entries_of(raw: &RawManifest) -> Vec<Value> {
    let parsed: Value = serde_json::from_slice(&raw.bytes).unwrap_or_default();
    parsed["manifests"].as_array().cloned().unwrap_or_default()
}

/// Adds an entry, unless there is one of that image.
fn add(entries: &mut Vec<Value>, new: Value) {
    if entries.iter().all(|it| it["digest"] != new["digest"]) {
        entries.push(new);
    }
}

fn entry(image: &Image) -> Result<Value> {
    let Image { raw, parsed } = image;
    let config = parsed.config().filter(|_| parsed.kind != Kind::Index).map(|config: &Descriptor| &config.media_type);
    let mut entry = json!({ "mediaType": parsed.media_type, "digest": raw.digest, "size": raw.bytes.len() });
    if let Some(stated) = parsed.stated_artifact_type.as_ref().or(config) {
        entry["artifactType"] = json!(stated);
    }
    if !parsed.annotations.is_empty() {
        entry["annotations"] = serde_json::to_value(&parsed.annotations).map_err(|_| Error::Internal)?;
    }
    Ok(entry)
}

fn list_of(entries: &[Value]) -> Result<Image> {
    let index = json!({ "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": entries });
    let bytes = Bytes::from(index.to_string());
    let parsed = Manifest::parse(Some(media_type::OCI_INDEX), &bytes)?;
    let digest = ContentHash::digest_of(Algorithm::Sha256, &bytes);
    Ok(Image { raw: RawManifest { digest, media_type: media_type::OCI_INDEX.to_owned(), bytes }, parsed })
}
