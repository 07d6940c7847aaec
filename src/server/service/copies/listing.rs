//! Lists of what is about an image, for registries that keep none by themselves: an index under a tag that names the
//! subject (OCI distribution specification, "Referrers Tag Schema"). What others had noted there when it was read stays.

use super::found::List;
use super::reading::Image;
use super::way::{Copying, Phase, There, of};
use crate::domain::digest::Algorithm;
use crate::domain::manifest::{Descriptor, Kind, MAX_DESCRIPTORS, Manifest};
use crate::domain::{Digest, Error, Reference, Result, media_type};
use crate::server::blobs::ContentHash;
use crate::server::registry::RawManifest;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use std::collections::BTreeSet;

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
        let noted = noted.as_ref().map(entries_of).transpose()?;
        let (base, enough) = match (&here, &noted) {
            (Some(here), _) => (entries_of(here)?, Listed::ThatIsThere),
            (None, Some(noted)) => (noted.clone(), Listed::AsNoted),
            (None, None) => (vec![], Listed::AsNoted),
        };
        let n_before = base.len();
        let mut entries = Entries::of(base);
        noted.into_iter().flatten().for_each(|entry| entries.add(entry));
        for digest in &list.images {
            if let Some(image) = self.image(digest).await? {
                entries.add(entry(&image)?);
            }
        }
        match entries.all.len() == n_before {
            true => Ok(enough),
            false => list_of(&entries.all).map(Box::new).map(Listed::Anew),
        }
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
///
/// # Errors
/// [`Error::Conflict`] for one that is longer than any that could be put: it is counted before it is read.
fn entries_of(raw: &RawManifest) -> Result<Vec<Value>> {
    #[derive(Deserialize)]
    struct Counted {
        manifests: Vec<IgnoredAny>,
    }
    let bounded = |n: usize| match n > MAX_DESCRIPTORS {
        true => Err(Error::Conflict(format!("the list that is there has more than {MAX_DESCRIPTORS} entries"))),
        false => Ok(()),
    };
    if let Ok(Counted { manifests }) = serde_json::from_slice(&raw.bytes) {
        bounded(manifests.len())?;
    }
    let mut parsed: Value = serde_json::from_slice(&raw.bytes).unwrap_or_default();
    match parsed.get_mut("manifests").map(Value::take) {
        Some(Value::Array(entries)) => bounded(entries.len()).map(|()| entries), // Written twice it was not counted.
        _ => Ok(vec![]),
    }
}

/// The entries of a list on its way, and which images they are.
struct Entries {
    all: Vec<Value>,
    images: BTreeSet<String>,
}

impl Entries {
    fn of(all: Vec<Value>) -> Self {
        let images = all.iter().map(image_of).collect();
        Self { all, images }
    }

    /// Adds an entry, unless there is one of that image.
    fn add(&mut self, new: Value) {
        if self.images.insert(image_of(&new)) {
            self.all.push(new);
        }
    }
}

fn image_of(entry: &Value) -> String {
    entry["digest"].as_str().unwrap_or_default().to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(entries: &[Value]) -> RawManifest {
        let bytes = Bytes::from(json!({ "manifests": entries }).to_string());
        let digest = ContentHash::digest_of(Algorithm::Sha256, &bytes);
        RawManifest { digest, media_type: media_type::OCI_INDEX.to_owned(), bytes }
    }

    #[test]
    fn a_list_that_could_not_be_put_again_is_not_read() {
        let twice = json!({"digest": "sha256:00", "theirs": true});
        assert_eq!(entries_of(&raw(&vec![twice.clone(); MAX_DESCRIPTORS])).unwrap().len(), MAX_DESCRIPTORS);
        let refused = entries_of(&raw(&vec![twice; MAX_DESCRIPTORS + 1])).unwrap_err();
        assert!(refused.to_string().contains("more than 10000 entries"), "{refused}");
        let odd = RawManifest { bytes: Bytes::from_static(b"[1]"), ..raw(&[]) };
        assert_eq!(entries_of(&odd), Ok(vec![]));
    }

    #[test]
    fn what_others_listed_stays_and_each_image_is_added_once() {
        let entry = |number: usize, by: &str| json!({"digest": format!("sha256:{number}"), "by": by});
        let mut entries = Entries::of((0..MAX_DESCRIPTORS).map(|number| entry(number, "them")).collect());
        for number in (MAX_DESCRIPTORS / 2..MAX_DESCRIPTORS * 2).chain(0..10) {
            entries.add(entry(number, "us"));
        }
        let by = |who: &str| entries.all.iter().filter(|it| it["by"] == who).count();
        assert_eq!((by("them"), by("us")), (MAX_DESCRIPTORS, MAX_DESCRIPTORS));
    }
}
