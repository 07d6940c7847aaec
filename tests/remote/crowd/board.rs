//! What was acknowledged to all of them.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// An image that the registry took.
#[derive(Debug)]
pub struct Image {
    pub kind: &'static str,
    pub text: String,
    pub blobs: Vec<String>,
}

/// Of a repository, by a digest or a tag.
type At = (String, String);

#[derive(Default)]
pub struct Board {
    /// Those that nobody let go for good.
    images: Mutex<BTreeMap<At, Arc<Image>>>,
    /// Images that are everybody's. Each has a tag that nobody takes away.
    common: Mutex<BTreeMap<String, BTreeSet<String>>>,
    /// Tags that some of them change at once, with all that they were put on.
    contested: Mutex<BTreeMap<At, BTreeSet<String>>>,
}

impl Board {
    pub fn pushed(&self, repository: &str, digest: &str, image: &Arc<Image>) {
        self.images.lock().unwrap().insert((repository.to_owned(), digest.to_owned()), Arc::clone(image));
    }

    /// An image was let go for good: it may be there, and nobody can count on it.
    pub fn let_go(&self, repository: &str, digest: &str) -> Option<Arc<Image>> {
        self.images.lock().unwrap().remove(&(repository.to_owned(), digest.to_owned()))
    }

    pub fn image(&self, repository: &str, digest: &str) -> Option<Arc<Image>> {
        self.images.lock().unwrap().get(&(repository.to_owned(), digest.to_owned())).cloned()
    }

    /// All that has to be there.
    pub fn all(&self) -> Vec<(At, Arc<Image>)> {
        self.images.lock().unwrap().iter().map(|(at, image)| (at.clone(), Arc::clone(image))).collect()
    }

    /// These, all that they list, and what is about any of it; `with_lists` also what lists any of it. Nothing of
    /// `but`.
    pub fn around(
        &self,
        repository: &str,
        mut of: BTreeSet<String>,
        (but, with_lists): (&BTreeSet<String>, bool),
    ) -> BTreeSet<String> {
        let images: Vec<(String, Vec<String>, Option<String>)> = self
            .all()
            .into_iter()
            .filter(|((at, _), _)| at == repository)
            .map(|((_, digest), image)| {
                let manifest: Value = serde_json::from_str(&image.text).unwrap();
                let digest_of = |it: &Value| it["digest"].as_str().map(str::to_owned);
                let listed = manifest["manifests"].as_array().into_iter().flatten().filter_map(digest_of).collect();
                (digest, listed, digest_of(&manifest["subject"]))
            })
            .collect();
        loop {
            let n_before = of.len();
            for (digest, listed, subject) in &images {
                if of.contains(digest) {
                    of.extend(listed.iter().filter(|it| !but.contains(*it)).cloned());
                }
                let belongs = subject.as_ref().is_some_and(|it| of.contains(it))
                    || (with_lists && listed.iter().any(|it| of.contains(it)));
                if belongs && !but.contains(digest) {
                    of.insert(digest.clone());
                }
            }
            if of.len() == n_before {
                return of;
            }
        }
    }

    pub fn make_common(&self, repository: &str, digest: &str) {
        self.common.lock().unwrap().entry(repository.to_owned()).or_default().insert(digest.to_owned());
    }

    pub fn is_common(&self, repository: &str, digest: &str) -> bool {
        self.common.lock().unwrap().get(repository).is_some_and(|all| all.contains(digest))
    }

    pub fn common(&self, repository: &str) -> Vec<String> {
        self.common.lock().unwrap().get(repository).into_iter().flatten().cloned().collect()
    }

    pub fn contest(&self, repository: &str, tag: &str, digest: &str) {
        let at = (repository.to_owned(), tag.to_owned());
        self.contested.lock().unwrap().entry(at).or_default().insert(digest.to_owned());
    }

    pub fn contested(&self) -> BTreeMap<At, BTreeSet<String>> {
        self.contested.lock().unwrap().clone()
    }
}
