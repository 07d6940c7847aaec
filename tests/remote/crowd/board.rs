//! What was acknowledged to all of them.

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
