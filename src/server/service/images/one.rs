//! An image as it was found, with the entry of an index that is chosen, and what the repository has of its parts.

use super::{MAX_ROWS, choose};
use crate::domain::manifest::{Descriptor, Kind, Manifest, Relation};
use crate::domain::view::ChildRow;
use crate::domain::view::image_tabs::{ImageQuery, TabRow};
use crate::domain::{Digest, ImageTab, Result, media_type};
use crate::server::context::App;
use crate::server::store::edges::about;
use crate::server::store::images::{self, Child, MAX_COUNTED, StoredImage};
use std::borrow::Cow;

/// What a page is about.
pub(super) struct Image<'a> {
    pub found: StoredImage,
    pub manifest: &'a Manifest,
    /// The entries of an index.
    pub entries: Vec<&'a Descriptor>,
    chosen: Option<&'a Descriptor>,
}

/// The one image whose layers and configuration are shown: itself, or the platform that is chosen from an index.
pub(super) struct One<'a> {
    pub digest: Digest,
    pub manifest: Cow<'a, Manifest>,
    /// Its configuration, where the catalog has that.
    pub config: Option<Cow<'a, [u8]>>,
}

impl<'a> Image<'a> {
    pub fn of(found: StoredImage, manifest: &'a Manifest, query: &ImageQuery) -> Result<Self> {
        let entries: Vec<&Descriptor> = manifest.of(Relation::Manifest).collect();
        let chosen = choose(&entries, query.platform.as_deref())?;
        Ok(Self { found, manifest, entries, chosen })
    }

    /// The tabs that apply to it. What nobody can configure has no configuration, and an artifact to which nothing is attached
    /// no tab for that.
    pub fn tabs(&self) -> Vec<TabRow> {
        let has_files = match self.manifest.kind {
            Kind::Index => self.entries.iter().any(|entry| about(entry).is_none()),
            kind => kind == Kind::Image,
        };
        let has_config = match self.manifest.kind {
            Kind::Index => self.entries.iter().any(|entry| about(entry).is_none()),
            _ => self.manifest.config().is_some_and(|config| config.media_type != media_type::EMPTY),
        };
        let n_listed = self.entries.iter().filter(|entry| about(entry).is_some()).count() as u64;
        let n_attached = self.found.n_attached + n_listed;
        let tabs = ImageTab::ALL.into_iter().filter(|tab| match tab {
            ImageTab::Files => has_files,
            ImageTab::Config => has_config,
            ImageTab::Attestations => self.manifest.kind != Kind::Artifact || n_attached > 0,
            ImageTab::Overview | ImageTab::Manifest => true,
        });
        let count = |tab| (tab == ImageTab::Attestations && n_attached < MAX_COUNTED).then_some(n_attached);
        tabs.map(|tab| TabRow { tab, count: count(tab).filter(|count| *count > 0) }).collect()
    }

    /// What the repository has of an index's entries, with the bytes of the one that is shown or of the attestation that is
    /// opened. One statement, or none.
    pub async fn parts(&self, app: &App, query: &ImageQuery) -> Result<Vec<Child>> {
        let opened = query.show.as_ref().filter(|_| query.tab == ImageTab::Attestations);
        if self.manifest.kind != Kind::Index && opened.is_none() {
            return Ok(vec![]);
        }
        let shown = opened.or(self.chosen.map(|child| &child.digest));
        images::children(&app.store, &self.found, MAX_ROWS as u64, (shown, opened.is_some())).await
    }

    /// The one image that is shown, if it is here.
    pub fn one<'b>(&'b self, stored: &'b [Child]) -> Option<One<'b>> {
        if self.manifest.kind != Kind::Index {
            let config = self.found.config.as_deref().map(Cow::Borrowed);
            return Some(One { digest: self.found.digest.clone(), manifest: Cow::Borrowed(self.manifest), config });
        }
        let chosen = self.chosen?;
        let is_it = |held: &&Child| held.digest == chosen.digest && held.content.is_some();
        let child = stored.iter().find(is_it)?;
        let manifest = Manifest::parse(Some(&chosen.media_type), child.content.as_deref()?).ok()?;
        let config = child.config.as_deref().map(Cow::Borrowed);
        Some(One { digest: child.digest.clone(), manifest: Cow::Owned(manifest), config })
    }

    /// The first entries of an index as rows, what runs before what is about it.
    pub fn child_rows(&self, stored: &[Child]) -> Vec<ChildRow> {
        let entries = &self.entries[..self.entries.len().min(MAX_ROWS)];
        let mut rows: Vec<_> = entries.iter().map(|entry| self.child_row(entry, stored)).collect();
        rows.sort_by_key(|row| row.attestation);
        rows
    }

    /// The row of an entry; one that is about another has the platform of that.
    pub fn child_row(&self, entry: &Descriptor, stored: &[Child]) -> ChildRow {
        let mut row = images::child_row(entry, stored);
        let subject = about(entry).and_then(|digest| self.entries.iter().find(|it| it.digest.as_str() == digest));
        if let Some(platform) = subject.and_then(|subject| subject.platform.as_ref()) {
            row.platform = platform.to_string();
        }
        row
    }
}
