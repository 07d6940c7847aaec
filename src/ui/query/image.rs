//! What an address asks of the page of an image.

use super::{Pairs, address};
use crate::domain::error::What;
use crate::domain::view::FilesQuery;
use crate::domain::view::image_tabs::ImageQuery;
use crate::domain::{Address, Digest, Error, ImageTab, Reference, RepositoryName, Result};

impl ImageQuery {
    /// Reads it; of a tag's page the query says the tab, of a digest's the path (`of_path`).
    ///
    /// # Errors
    /// Not found for a tab that nothing has, and [`Error::Invalid`] of the key under which stands what is no digest.
    pub fn of(reference: &Reference, of_path: ImageTab, path_and_query: &str) -> Result<Self> {
        let pairs = Pairs::of(path_and_query);
        let tab = match (reference, pairs.get("tab")) {
            (Reference::Tag(_), Some(word)) => ImageTab::of_word(word).ok_or(Error::NotFound(What::Page))?,
            _ => of_path,
        };
        Ok(Self {
            tab,
            platform: pairs.get("platform").map(str::to_owned),
            show: digest(&pairs, "show")?,
            file: pairs.get("file").and_then(|number| number.parse().ok()),
            after: digest(&pairs, "after")?,
            files: files(&pairs)?,
        })
    }

    /// The first page of a tab, on the same platform.
    pub fn at(&self, tab: ImageTab) -> Self {
        Self { tab, platform: self.platform.clone(), ..Self::default() }
    }

    /// The address of what is asked for, of an image that is reached by this.
    pub fn print(&self, repository: &RepositoryName, reference: &Reference) -> String {
        let (base, tab) = match reference {
            Reference::Tag(tag) => (Address::Tag(repository.clone(), tag.clone()), self.tab.word()),
            Reference::Digest(digest) => (Address::ManifestTab(repository.clone(), digest.clone(), self.tab), ""),
        };
        let file = self.file.map(|file| file.to_string()).unwrap_or_default();
        let named = |digest: &Option<Digest>| digest.as_ref().map(ToString::to_string).unwrap_or_default();
        let (show, after) = (named(&self.show), named(&self.after));
        let platform = self.platform.as_deref().unwrap_or_default();
        let FilesQuery { layer, path, after: from } = &self.files;
        let layer = layer.map(|layer| layer.to_string()).unwrap_or_default();
        let pairs = [
            ("tab", tab),
            ("platform", platform),
            ("show", &*show),
            ("file", &*file),
            ("after", &*after),
            ("layer", &*layer),
            ("path", path),
            ("from", from),
        ];
        address(&base.to_string(), &pairs)
    }
}

fn files(pairs: &Pairs) -> Result<FilesQuery> {
    let said = |key: &str| pairs.get(key).unwrap_or_default().to_owned();
    let layer = pairs.get("layer").filter(|layer| !layer.is_empty()).map(str::parse).transpose();
    let layer = layer.map_err(|_| Error::invalid("layer", "this image has no such layer"))?;
    Ok(FilesQuery { layer, path: said("path"), after: said("from") })
}

fn digest(pairs: &Pairs, key: &str) -> Result<Option<Digest>> {
    let read = pairs.get(key).map(str::parse).transpose();
    read.map_err(|_| Error::invalid(key, "this page address is damaged; go back to the first page"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reads_back(reference: &Reference, query: &ImageQuery) {
        let repository = "team/web".parse().unwrap();
        let text = query.print(&repository, reference);
        let path = text.split('?').next().unwrap().strip_prefix("/r/").unwrap();
        let (of_path, named) = match Address::parse_repository(path) {
            Some(Address::Tag(_, tag)) => (ImageTab::Overview, Reference::Tag(tag)),
            Some(Address::Manifest(_, digest)) => (ImageTab::Overview, Reference::Digest(digest)),
            Some(Address::ManifestTab(_, digest, tab)) => (tab, Reference::Digest(digest)),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!((&named, &ImageQuery::of(reference, of_path, &text).unwrap()), (reference, query), "{text}");
    }

    proptest! {
        #[test]
        fn an_address_reads_back_as_it_was_printed(
            tag in "[0-9a-z_][.0-9a-z-]{0,6}", n_tab in 0..5_usize, platform in proptest::option::of("\\PC{1,9}"),
            hex in proptest::option::of("[0-9a-f]{64}"), file in proptest::option::of(1..9_u32),
            layer in proptest::option::of(1..9_usize), path in "\\PC{0,9}", from in "\\PC{0,9}",
        ) {
            let digest = |hex: &String| format!("sha256:{hex}").parse::<Digest>().unwrap();
            let (show, after) = (hex.as_ref().map(digest), hex.as_ref().map(digest));
            let files = FilesQuery { layer, path, after: from };
            let query = ImageQuery { tab: ImageTab::ALL[n_tab], platform, show, file, after, files };
            reads_back(&Reference::Tag(tag.parse().unwrap()), &query);
            reads_back(&Reference::Digest(digest(&"a".repeat(64))), &query);
        }
    }

    #[test]
    fn what_no_tab_is_called_is_no_page() {
        let tag = Reference::Tag("1".parse().unwrap());
        let of = |query: &str| ImageQuery::of(&tag, ImageTab::Overview, &format!("/r/a/-/tags/1?{query}"));
        assert_eq!(of("tab=tests"), Err(Error::NotFound(What::Page)));
        assert_eq!(of("tab=overview"), Err(Error::NotFound(What::Page)));
        assert!(matches!(of("show=none"), Err(Error::Invalid { field, .. }) if field == "show"));
        assert_eq!(of("tab=&file=x"), Ok(ImageQuery::default()));
    }
}
