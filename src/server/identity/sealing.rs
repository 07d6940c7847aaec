//! Secrets that have to be read again (signing keys, providers' secrets) are sealed in the database under a key that
//! is not in it: a stolen database alone opens none of them.

use crate::domain::{Error, Result};
use crate::server::entropy::Entropy;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Bytes of the key: AES-256.
const KEY_LEN: usize = 32;

/// Seals and opens (AES-256-GCM, RFC 5116; a random nonce stands before each text).
pub struct Sealing(LessSafeKey);

impl Sealing {
    /// Under the key in this file, which is made if there is none: 64 hex digits that only its owner may read.
    ///
    /// # Errors
    /// [`Error::Unavailable`] that names the file, if it cannot be read or made, holds no key, or others may read it.
    pub fn under(path: &Path, entropy: &dyn Entropy) -> Result<Self> {
        let odd = |why: String| Error::Unavailable(format!("the key file {} {why}", path.display()));
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => make(path, entropy),
            read => read,
        };
        let text =
            text.map_err(|error| odd(format!("cannot be read or made ({error}); see to its folder and rights")))?;
        let mode = fs::metadata(path).map_err(|error| odd(error.to_string()))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(odd(format!("may be read by others (mode {:o}); run chmod 600 on it", mode & 0o777)));
        }
        let key = hex::decode(text.trim()).ok().filter(|key| key.len() == KEY_LEN);
        let key = key.ok_or_else(|| odd("holds no key of 64 hex digits; restore it from a backup".to_owned()))?;
        let key = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| Error::Internal)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Seals a text for one `purpose`: under another it does not open.
    pub fn seal(&self, purpose: &str, text: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut sealed = text.to_vec();
        let aad = Aad::from(purpose.as_bytes());
        let nonce_of_text = Nonce::assume_unique_for_key(nonce);
        self.0.seal_in_place_append_tag(nonce_of_text, aad, &mut sealed).map_err(|_| Error::Internal)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// What was sealed.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if it was sealed under another key.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let other = || Error::Unavailable(format!("{purpose} was sealed under another key; restore the key file"));
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or_else(other)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| other())?;
        let mut text = text.to_vec();
        let opened = self.0.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut text).map_err(|_| other())?;
        Ok(opened.to_vec())
    }
}

/// Writes a new key, durably, before anything is sealed under it.
fn make(path: &Path, entropy: &dyn Entropy) -> std::io::Result<String> {
    let mut key = [0; KEY_LEN];
    entropy.fill(&mut key);
    let text = hex::encode(key);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::entropy::SeededEntropy;

    #[test]
    fn what_is_sealed_opens_under_its_key_and_for_its_purpose() {
        let (folder, entropy) = (tempfile::tempdir().unwrap(), SeededEntropy::new(1));
        let path = folder.path().join("secret.key");
        let sealed = Sealing::under(&path, &entropy).unwrap().seal("a key", b"text", &entropy).unwrap();
        let again = Sealing::under(&path, &entropy).unwrap();
        assert_eq!(again.open("a key", &sealed).unwrap(), b"text");
        assert!(again.open("another", &sealed).is_err());
        assert!(again.open("a key", &sealed[..20]).is_err() && again.open("a key", b"").is_err());
        let other = Sealing::under(&folder.path().join("other.key"), &entropy).unwrap();
        assert!(other.open("a key", &sealed).unwrap_err().to_string().contains("key file"));

        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Sealing::under(&path, &entropy).err().unwrap().to_string().contains("chmod 600"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "short").unwrap();
        assert!(Sealing::under(&path, &entropy).err().unwrap().to_string().contains("64 hex digits"));
    }
}
