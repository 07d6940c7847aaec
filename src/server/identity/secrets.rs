//! Secrets that are drawn at random: tokens, cookies, links. They are shown once and kept as fingerprints, so whoever
//! reads the database can use none of them; and they are found by the fingerprint, so no comparison tells how near a
//! guess was.

use crate::server::entropy::Entropy;
use crate::server::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// What a secret is for, which stands in front of it: scanners of source code find it, and people tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A user's token.
    Personal,
    /// A robot's token.
    Robot,
    /// A session's cookie.
    Session,
    /// A link that works once.
    Link,
    /// What a browser takes along to an identity provider.
    Attempt,
    /// What a registry elsewhere shows that tells of pushes.
    Hook,
}

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Personal => "ptl_p_",
            Self::Robot => "ptl_r_",
            Self::Session => "ptl_s_",
            Self::Link => "ptl_l_",
            Self::Attempt => "ptl_a_",
            Self::Hook => "ptl_h_",
        }
    }

    /// Whether a text looks like a secret of this kind.
    pub fn fits(self, text: &str) -> bool {
        text.starts_with(self.prefix())
    }
}

/// A new secret of 256 bits.
pub fn new(kind: Kind, entropy: &dyn Entropy) -> Secret {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    Secret::from(format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes)))
}

/// By what a secret is found: SHA-256, in hex. It has too many bits to be guessed, so it needs no slow hash.
pub fn fingerprint(secret: &Secret) -> String {
    hex::encode(Sha256::digest(secret.expose().as_bytes()))
}

/// The same of a text that is no secret by itself, such as a hash.
pub fn fingerprint_of(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::entropy::SeededEntropy;

    #[test]
    fn a_secret_says_what_it_is_for_and_its_fingerprint_says_nothing() {
        let entropy = SeededEntropy::new(1);
        let (one, other) = (new(Kind::Robot, &entropy), new(Kind::Robot, &entropy));
        assert!(Kind::Robot.fits(one.expose()) && !Kind::Personal.fits(one.expose()));
        assert_ne!(one, other);
        assert_eq!((one.expose().len(), fingerprint(&one).len()), (6 + 43, 64));
        assert_ne!(fingerprint(&one), fingerprint(&other));
    }
}
