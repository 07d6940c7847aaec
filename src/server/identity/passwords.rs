//! Passwords: hashed by argon2id (RFC 9106) with the parameters that OWASP names for a server, few at a time, so that
//! nobody who guesses takes all the memory, or the places of who is known.

use super::queue::{Places, Who};
use crate::domain::{Error, Result};
use crate::server::entropy::Entropy;
use crate::server::memory;
use crate::server::secret::Secret;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::task::spawn_blocking;

/// 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes that are computed at the same time.
const AT_A_TIME: usize = 2;

/// Hashes and checks passwords.
pub struct Passwords {
    places: Places,
    entropy: Arc<dyn Entropy>,
    computed: AtomicU64,
    rounds: AtomicU64,
}

/// What is checked where there is nobody, so that the answer takes as long: the parameters above, and a hash that no
/// password has.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl Passwords {
    /// Ready to hash.
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self { places: Places::new(AT_A_TIME), entropy, computed: AtomicU64::default(), rounds: AtomicU64::default() }
    }

    /// The hash of a new password, as a PHC string. Whoever sets one is known.
    pub async fn hash(&self, password: &Secret) -> Result<String> {
        let (password, salt) = (password.clone(), salt(&*self.entropy));
        self.work(Who::Known, move || hash(password.expose().as_bytes(), &salt)).await?
    }

    /// Whether a password is the one that was hashed. Where nobody has one it takes as long, and is not; and where some
    /// came from another registry, each check costs what the costliest of those (`highest`) does besides ours.
    pub(super) async fn verify(
        &self,
        password: &Secret,
        hash: Option<String>,
        (who, highest): (Who, u32),
    ) -> Result<bool> {
        let (password, is_somebody) = (password.clone(), hash.is_some());
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        let cost = hash.parse::<bcrypt::HashParts>().ok().map(|parts| parts.get_cost());
        let more = padding(cost, highest.min(MAX_BCRYPT_COST));
        let rounds = cost.into_iter().chain(more.clone()).map(|cost| 1 << cost).sum();
        self.rounds.fetch_add(rounds, Ordering::Relaxed);
        let is_right = self.work(who, move || {
            let ours = if cost.is_some() { NOBODY } else { &hash };
            let parsed = PasswordHash::new(ours).ok();
            let fits = parsed.is_some_and(|hash| argon().verify_password(password.expose().as_bytes(), &hash).is_ok());
            let fits_imported = cost.is_some() && bcrypt::verify(password.expose(), &hash).unwrap_or(false);
            for cost in more {
                let _in_vain = std::hint::black_box(bcrypt::hash_with_salt(password.expose(), cost, [0; 16]));
            }
            if cost.is_some() { fits_imported } else { fits }
        });
        Ok(is_right.await? && is_somebody)
    }

    /// How many hashes were computed; tests hold requests to a number.
    pub fn n_computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    /// How many rounds of bcrypt; tests hold all checks to the same.
    pub fn n_rounds(&self) -> u64 {
        self.rounds.load(Ordering::Relaxed)
    }

    async fn work<T: Send + 'static>(&self, who: Who, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let place = self.places.place(who).await?;
        self.computed.fetch_add(1, Ordering::Relaxed);
        let working = spawn_blocking(move || {
            let _place = place; // Given back when the work ends, even if nobody waits for it any more.
            let done = work();
            memory::give_back();
            done
        });
        working.await.map_err(|_| Error::Internal)
    }
}

/// The most work that an imported hash may ask for: a quarter of a second or so.
const MAX_BCRYPT_COST: u32 = 12;

/// What to compute besides a hash of this cost, so that all of it takes as many rounds as one of `highest`. Each step of
/// cost doubles the rounds.
fn padding(cost: Option<u32>, highest: u32) -> Vec<u32> {
    match cost {
        Some(cost) => (cost..highest).collect(),
        None => (highest > 0).then_some(highest).into_iter().collect(),
    }
}

/// Whether a hash came from another registry: bcrypt, which the first use replaces.
pub fn is_imported(hash: &str) -> bool {
    hash.starts_with("$2")
}

/// Whether a hash of another registry can be used here.
pub fn can_import(hash: &str) -> bool {
    hash.parse::<bcrypt::HashParts>().is_ok_and(|parts| parts.get_cost() <= MAX_BCRYPT_COST)
}

fn argon() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("constants that argon2 allows");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn salt(entropy: &dyn Entropy) -> [u8; 16] {
    let mut salt = [0; 16];
    entropy.fill(&mut salt);
    salt
}

fn hash(password: &[u8], salt: &[u8]) -> Result<String> {
    argon().hash_password_with_salt(password, salt).map(|hash| hash.to_string()).map_err(|_| Error::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::entropy::SeededEntropy;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_and_nobody_has_one() {
        let passwords = Passwords::new(Arc::new(SeededEntropy::new(1)));
        let (right, wrong) = (Secret::from("correct horse".to_owned()), Secret::from("wrong horse".to_owned()));
        let hash = passwords.hash(&right).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, passwords.hash(&right).await.unwrap(), "each has a salt of its own");
        let who = (Who::Stranger, 0);
        assert!(passwords.verify(&right, Some(hash.clone()), who).await.unwrap());
        assert!(!passwords.verify(&wrong, Some(hash), who).await.unwrap());
        assert!(!passwords.verify(&right, None, who).await.unwrap());
        assert!(PasswordHash::new(NOBODY).is_ok(), "it costs as much as any other");
    }

    #[tokio::test]
    async fn a_password_of_another_registry_is_known() {
        let passwords = Passwords::new(Arc::new(SeededEntropy::new(1)));
        let hash = bcrypt::hash_with_salt("correct horse", 4, [7; 16]).unwrap().to_string();
        assert!(can_import(&hash) && is_imported(&hash) && !can_import("$2y$31$abc") && !is_imported(NOBODY));
        for (text, is_right) in [("correct horse", true), ("wrong horse", false)] {
            let secret = Secret::from(text.to_owned());
            let verified = passwords.verify(&secret, Some(hash.clone()), (Who::Stranger, 5)).await;
            assert_eq!(verified.unwrap(), is_right, "{text}");
        }
        assert_eq!((passwords.n_computed(), passwords.n_rounds()), (2, 2 << 5));
    }

    #[test]
    fn every_check_takes_the_rounds_of_the_costliest() {
        for highest in 4..=MAX_BCRYPT_COST {
            for cost in [None].into_iter().chain((4..=highest).map(Some)) {
                let all = cost.into_iter().chain(padding(cost, highest));
                assert_eq!(all.map(|cost| 1_u64 << cost).sum::<u64>(), 1 << highest, "{cost:?} of {highest}");
            }
        }
        assert!(padding(None, 0).is_empty(), "nothing, where nobody came from elsewhere");
    }
}
