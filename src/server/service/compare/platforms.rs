//! On which platform two images are compared.

use crate::domain::manifest::{ImageConfig, Kind, Manifest, Relation};
use crate::domain::{Digest, Error, Result};
use crate::server::store::compare::Pair;
use crate::server::store::edges::about;

/// Platforms of one image that are told apart.
const MAX_PLATFORMS: usize = 500;

/// What an image runs on: of an index its entries, else itself.
pub struct Runs {
    is_index: bool,
    /// Each with the image for it; one that states none has no name.
    entries: Vec<(String, Digest)>,
}

/// What is compared with what.
pub struct Chosen {
    pub platform: Option<String>,
    /// The platforms on which both run.
    pub common: Vec<String>,
    pub digests: [Digest; 2],
}

impl Runs {
    /// Reads it from a manifest.
    pub fn of(found: &Pair, manifest: &Manifest) -> Self {
        let entries = match manifest.kind {
            Kind::Index => {
                let entries = manifest.of(Relation::Manifest).filter(|entry| about(entry).is_none());
                let name = |entry: &crate::domain::manifest::Descriptor| {
                    entry.platform.as_ref().map(ToString::to_string).unwrap_or_default()
                };
                entries.take(MAX_PLATFORMS).map(|entry| (name(entry), entry.digest.clone())).collect()
            }
            Kind::Image | Kind::Artifact => {
                let config = found.config.as_deref().and_then(ImageConfig::parse);
                let stated = config.as_ref().and_then(ImageConfig::platform).filter(|it| !it.is_unknown());
                vec![(stated.map(|it| it.to_string()).unwrap_or_default(), found.digest.clone())]
            }
        };
        Self { is_index: manifest.kind == Kind::Index, entries }
    }

    /// Their names, without repetition.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (name, _) in self.entries.iter().filter(|(name, _)| !name.is_empty()) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    fn on(&self, platform: &str) -> Option<&Digest> {
        self.entries.iter().find(|(name, _)| name == platform).map(|(_, digest)| digest)
    }
}

/// The platform asked for, else Linux on amd64, else the first that both have. Two images that are no index are compared as
/// they are. `None` where they have none in common.
///
/// # Errors
/// [`Error::Invalid`] for one that was asked for and not both have.
pub fn choose(runs: &[Runs; 2], platform: Option<&str>) -> Result<Option<Chosen>> {
    let common: Vec<String> = runs[0].names().into_iter().filter(|name| runs[1].on(name).is_some()).collect();
    let on = |platform: Option<String>| {
        let name = platform.as_deref().unwrap_or_default();
        let digests = [runs[0].on(name)?.clone(), runs[1].on(name)?.clone()];
        Some(Chosen { platform, common: common.clone(), digests })
    };
    if let Some(wanted) = platform {
        // Who leaves the variant out means the only one there is.
        let is_variant = |name: &&String| name.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('/'));
        let mut variants = common.iter().filter(is_variant).filter(|_| wanted.contains('/'));
        let only = variants.next().filter(|_| variants.next().is_none());
        let found = common.iter().find(|name| *name == wanted).or(only);
        return match found {
            Some(found) => Ok(on(Some(found.clone()))),
            None => Err(Error::invalid("platform", "not both images have this platform")),
        };
    }
    let usual = common.iter().find(|name| *name == "linux/amd64").or(common.first()).cloned();
    if usual.is_some() {
        return Ok(on(usual));
    }
    if runs.iter().any(|it| it.is_index) {
        return Ok(on(None)); // Entries that state none are compared with each other.
    }
    let digests = [runs[0].entries[0].1.clone(), runs[1].entries[0].1.clone()];
    Ok(Some(Chosen { platform: None, common, digests }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(is_index: bool, names: &[&str]) -> Runs {
        let digest = |n: usize| format!("sha256:{n:064x}").parse().unwrap();
        Runs { is_index, entries: names.iter().enumerate().map(|(n, name)| ((*name).to_owned(), digest(n))).collect() }
    }

    fn chosen(from: Runs, to: Runs, platform: Option<&str>) -> Option<(String, usize)> {
        let chosen = choose(&[from, to], platform).unwrap()?;
        let at = |digest: &Digest| usize::from_str_radix(digest.to_string().rsplit(':').next().unwrap(), 16).unwrap();
        Some((chosen.platform.unwrap_or_default(), at(&chosen.digests[1])))
    }

    #[test]
    fn images_are_compared_on_a_platform_that_both_have() {
        let both = || {
            (runs(true, &["linux/arm64", "linux/amd64"]), runs(true, &["linux/s390x", "linux/arm64", "linux/amd64"]))
        };
        let (from, to) = both();
        assert_eq!(chosen(from, to, None), Some(("linux/amd64".to_owned(), 2)));
        let (from, to) = both();
        assert_eq!(chosen(from, to, Some("linux/arm64")), Some(("linux/arm64".to_owned(), 1)));
        let (from, to) = both();
        assert!(choose(&[from, to], Some("linux/s390x")).is_err());
        let arm = || runs(true, &["linux/amd64", "linux/arm64/v8"]);
        assert_eq!(chosen(arm(), arm(), Some("linux/arm64")), Some(("linux/arm64/v8".to_owned(), 1)));
        assert_eq!(chosen(runs(true, &["linux/arm64"]), runs(true, &["windows/amd64"]), None), None);
        assert_eq!(
            chosen(runs(false, &["linux/amd64"]), runs(false, &["linux/arm64"]), None),
            Some((String::new(), 0))
        );
        assert_eq!(
            chosen(runs(false, &["linux/arm64"]), runs(true, &["", "linux/arm64"]), None),
            Some(("linux/arm64".to_owned(), 1))
        );
        assert_eq!(chosen(runs(false, &[""]), runs(true, &["linux/arm64", ""]), None), Some((String::new(), 1)));
    }
}
