//! Hashing content while it arrives, with a state that survives between requests.

use super::VerifiedBlob;
use crate::domain::digest::Algorithm;
use crate::domain::error::{ContentProblem, What};
use crate::domain::{Digest, Error, Result};
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest as _, Sha256, Sha512};

/// A running hash and the number of bytes that it has seen.
#[derive(Clone)]
pub struct ContentHash {
    state: State,
    size: u64,
}

#[derive(Clone)]
enum State {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl ContentHash {
    /// The hash of nothing.
    pub fn new(algorithm: Algorithm) -> Self {
        let state = match algorithm {
            Algorithm::Sha256 => State::Sha256(Sha256::new()),
            Algorithm::Sha512 => State::Sha512(Sha512::new()),
        };
        Self { state, size: 0 }
    }

    /// The digest of some bytes in memory.
    pub fn digest_of(algorithm: Algorithm, bytes: &[u8]) -> Digest {
        let mut hash = Self::new(algorithm);
        hash.update(bytes);
        hash.finish()
    }

    /// Takes in more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        match &mut self.state {
            State::Sha256(hash) => hash.update(bytes),
            State::Sha512(hash) => hash.update(bytes),
        }
    }

    /// How many bytes went in.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The algorithm it runs.
    pub fn algorithm(&self) -> Algorithm {
        match self.state {
            State::Sha256(_) => Algorithm::Sha256,
            State::Sha512(_) => Algorithm::Sha512,
        }
    }

    /// The digest of all that went in.
    pub fn finish(self) -> Digest {
        let hex = match self.state {
            State::Sha256(hash) => hex::encode(hash.finalize()),
            State::Sha512(hash) => hex::encode(hash.finalize()),
        };
        let algorithm = if hex.len() == 64 { Algorithm::Sha256 } else { Algorithm::Sha512 };
        Digest::from_hex(algorithm, &hex).expect("a hash in lower-case hex is a digest")
    }

    /// Proof that what went in is what `claimed` names.
    pub fn verify(self, claimed: &Digest) -> Result<VerifiedBlob> {
        let size = self.size;
        let digest = self.finish();
        if digest == *claimed {
            return Ok(VerifiedBlob { digest, size });
        }
        Err(Error::Content {
            problem: ContentProblem::Digest,
            message: format!("the bytes received have digest {digest}, not {claimed}; upload them again"),
        })
    }

    /// The state for the database: the count and what the hash function holds, whose length tells which one it is.
    pub fn save(&self) -> Vec<u8> {
        let mut saved = self.size.to_be_bytes().to_vec();
        match &self.state {
            State::Sha256(hash) => saved.extend_from_slice(&hash.serialize()),
            State::Sha512(hash) => saved.extend_from_slice(&hash.serialize()),
        }
        saved
    }

    /// The inverse of [`ContentHash::save`]; a damaged state is no upload any more.
    pub fn restore(saved: &[u8]) -> Result<Self> {
        let damaged = || Error::NotFound(What::Upload);
        let (size, state) = saved.split_first_chunk::<8>().ok_or_else(damaged)?;
        let state = if let Ok(state) = SerializedState::<Sha256>::try_from(state) {
            State::Sha256(Sha256::deserialize(&state).map_err(|_| damaged())?)
        } else {
            let state = SerializedState::<Sha512>::try_from(state).map_err(|_| damaged())?;
            State::Sha512(Sha512::deserialize(&state).map_err(|_| damaged())?)
        };
        Ok(Self { state, size: u64::from_be_bytes(*size) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_saved_state_goes_on_where_it_stopped(algorithm in prop_oneof![Just(Algorithm::Sha256), Just(Algorithm::Sha512)],
                                                  first in proptest::collection::vec(any::<u8>(), 0..300),
                                                  second in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut hash = ContentHash::new(algorithm);
            hash.update(&first);
            let mut resumed = ContentHash::restore(&hash.save()).unwrap();
            resumed.update(&second);
            let whole = ContentHash::digest_of(algorithm, &[first, second].concat());
            prop_assert_eq!(resumed.finish(), whole);
        }

        #[test]
        fn a_damaged_state_is_refused_without_panic(saved in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = ContentHash::restore(&saved);
        }
    }
}
