//! Browsers that somebody signed in with before. Each keeps a cookie that says so and opens nothing: by it the owner of
//! an account is told from whoever guesses passwords on the same network, and does not wait for what others did.

use super::sealing::Sealing;
use crate::domain::Result;
use crate::server::entropy::Entropy;
use crate::server::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::sync::Arc;

/// What the name in the cookie is sealed for.
const PURPOSE: &str = "the mark of a browser";

/// Marks browsers, and knows the marks again.
pub struct Devices {
    sealing: Arc<Sealing>,
    entropy: Arc<dyn Entropy>,
}

impl Devices {
    /// Marks that are sealed so. They hold on every node, and after a restart.
    pub(super) fn new(sealing: Arc<Sealing>, entropy: Arc<dyn Entropy>) -> Self {
        Self { sealing, entropy }
    }

    /// The mark of a browser with which `username` signed in just now; no two are alike.
    pub fn mark(&self, username: &str) -> Result<Secret> {
        let sealed = self.sealing.seal(PURPOSE, name(username).as_bytes(), &*self.entropy)?;
        Ok(Secret::from(URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// Whether `username` signed in with the browser that has this mark.
    pub(super) fn knows(&self, mark: &Secret, username: &str) -> bool {
        let sealed = URL_SAFE_NO_PAD.decode(mark.expose()).unwrap_or_default();
        self.sealing.open(PURPOSE, &sealed).is_ok_and(|opened| opened == name(username).as_bytes())
    }
}

/// A username however it was typed.
fn name(username: &str) -> String {
    username.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::entropy::SeededEntropy;

    #[test]
    fn a_mark_is_of_one_account_and_cannot_be_made_up() {
        let (folder, entropy) = (tempfile::tempdir().unwrap(), Arc::new(SeededEntropy::new(1)));
        let sealing = Sealing::under(&folder.path().join("secret.key"), &*entropy).unwrap();
        let devices = Devices::new(Arc::new(sealing), entropy);
        let mark = devices.mark(" Mara").unwrap();
        assert!(devices.knows(&mark, "mara") && !devices.knows(&mark, "nina"));
        assert_ne!(mark, devices.mark("mara").unwrap());
        for made_up in ["", "bWFyYQ", "mara", &mark.expose()[1..]] {
            assert!(!devices.knows(&Secret::from(made_up.to_owned()), "mara"), "{made_up}");
        }
    }
}
