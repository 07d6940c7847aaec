//! The keys that sign the registry's tokens: ES256 (RFC 7518, section 3.4), one algorithm and no other, whatever a
//! token's header asks for. They are drawn here and sealed in the database, so all nodes share them, and an authority
//! of our own vouches for each ([`super::certificates`]). A key signs for [`SIGNS_MS`]; what it signed counts until the
//! longest token of it is over.

use super::certificates;
use super::sealing::Sealing;
use crate::domain::action::Maintain;
use crate::domain::{Error, Result, Timestamp};
use crate::server::access::Authorized;
use crate::server::clock::Clock;
use crate::server::entropy::Entropy;
use crate::server::store::Store;
use crate::server::store::signing_keys::{self, Kept};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::{Arc, PoisonError, RwLock};

/// What private halves are sealed for.
const PURPOSE: &str = "the key that signs tokens";
const AUTHORITY: &str = "the authority over keys that sign tokens";

/// How long a key signs: 30 days.
const SIGNS_MS: i64 = 30 * 86_400_000;
/// How long what it signed counts after another took its place: longer than any token lives, and nodes need to notice.
const COUNTS_MS: i64 = 3_600_000;
/// How long the keys are known before they are read again, and how long after a token by a key that is not known.
const KNOWN_MS: i64 = 60_000;
const UNKNOWN_MS: i64 = 250;

/// What keys are kept with.
pub struct Parts {
    pub store: Store,
    pub sealing: Arc<Sealing>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub proof: Authorized<Maintain>,
}

/// Signs, and knows what was signed here.
pub struct Signing {
    issuer: String,
    parts: Parts,
    authority: Authority,
    keys: RwLock<Arc<Keys>>,
    /// Held by the one who reads them again.
    reading: tokio::sync::Mutex<()>,
}

struct Authority {
    /// PKCS#8.
    private: Vec<u8>,
    /// DER in base64.
    certificate: String,
}

/// The keys as of a moment; the one that signs is the first.
struct Keys {
    read_at: Timestamp,
    all: Vec<Key>,
}

/// A key pair with its name.
struct Key {
    /// The thumbprint of the public half (RFC 7638).
    id: String,
    private: EncodingKey,
    public: DecodingKey,
    jwk: Value,
    certificate: String,
    retires_at: Timestamp,
}

impl Signing {
    /// The keys in the database, drawn if there are none yet.
    pub async fn load(issuer: String, parts: Parts) -> Result<Self> {
        let now = parts.clock.now();
        let (id, private, public) = draw()?;
        let certificate = STANDARD.encode(certificates::of_authority(&private, now)?);
        let sealed = parts.sealing.seal(AUTHORITY, &private, &*parts.entropy)?;
        let new = Kept { id, sealed, public, certificate, created_at: now, retires_at: Timestamp(0) };
        let keep =
            parts.store.note(&parts.proof, move |tx| Box::pin(async move { signing_keys::authority(tx, &new).await }));
        let kept = keep.await?;
        let authority =
            Authority { private: parts.sealing.open(AUTHORITY, &kept.sealed)?, certificate: kept.certificate };
        let none = Keys { read_at: Timestamp(i64::MIN), all: vec![] };
        let signing = Self { issuer, parts, authority, keys: RwLock::new(Arc::new(none)), reading: Default::default() };
        signing.read(now).await?;
        Ok(signing)
    }

    /// Who signs.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The public halves, for those who check tokens (RFC 7517, section 5).
    pub async fn key_set(&self) -> Result<Value> {
        let (now, keys) = (self.parts.clock.now(), self.current().await?);
        let count = keys.all.iter().filter(|key| key.counts(now));
        Ok(json!({"keys": count.map(|key| &key.jwk).collect::<Vec<_>>()}))
    }

    /// The certificate of the authority, for registries that trust tokens from here (PEM, RFC 7468).
    pub fn authority(&self) -> String {
        let lines = self.authority.certificate.as_bytes().chunks(64).map(String::from_utf8_lossy);
        let lines: Vec<_> = lines.collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    /// Signs claims. The certificate of the key goes along (RFC 7515, section 4.1.6).
    pub(super) async fn sign<C: Serialize>(&self, claims: &C) -> Result<String> {
        let keys = self.current().await?;
        let key = keys.all.first().ok_or(Error::Internal)?;
        let x5c = Some(vec![key.certificate.clone()]);
        let header = Header { kid: Some(key.id.clone()), x5c, ..Header::new(Algorithm::ES256) };
        encode(&header, claims, &key.private).map_err(|_| Error::Internal)
    }

    /// Claims that were signed here. Keys and certificates that a token brings along are not looked at.
    pub(super) async fn verify<C: DeserializeOwned>(&self, token: &str) -> Result<C> {
        let header = decode_header(token.as_bytes()).map_err(|_| Error::Unauthenticated)?;
        let id = header.kid.filter(|_| header.alg == Algorithm::ES256).ok_or(Error::Unauthenticated)?;
        let now = self.parts.clock.now();
        let mut keys = self.known();
        // Another node may have put a key in force.
        if keys.find(&id).is_none() && now.0 - keys.read_at.0 >= UNKNOWN_MS {
            keys = self.read_again(now, UNKNOWN_MS).await?;
        }
        let key = keys.find(&id).filter(|key| key.counts(now)).ok_or(Error::Unauthenticated)?;
        let mut validation = Validation::new(Algorithm::ES256);
        // Times, issuer and audience are looked at by our own clock, where the claims are known.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let token = decode::<C>(token, &key.public, &validation).map_err(|_| Error::Unauthenticated)?;
        Ok(token.claims)
    }

    fn known(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The keys, of which the first is not due to be followed by another.
    async fn current(&self) -> Result<Arc<Keys>> {
        let (now, known) = (self.parts.clock.now(), self.known());
        match now.0 - known.read_at.0 < KNOWN_MS {
            true => Ok(known),
            false => self.read_again(now, KNOWN_MS).await,
        }
    }

    /// The keys as they were read at most `age_ms` ago; of many who want them, one reads.
    async fn read_again(&self, now: Timestamp, age_ms: i64) -> Result<Arc<Keys>> {
        let _reading = self.reading.lock().await;
        let known = self.known();
        match now.0 - known.read_at.0 < age_ms {
            true => Ok(known),
            false => self.read(now).await,
        }
    }

    async fn read(&self, now: Timestamp) -> Result<Arc<Keys>> {
        let due = Timestamp(now.0 - SIGNS_MS);
        let mut kept = signing_keys::list(&self.parts.store).await?;
        let signs = |key: &Kept| key.retires_at.0 == 0 && !key.certificate.is_empty() && key.created_at > due;
        if !kept.first().is_some_and(signs) {
            self.renew(now, due).await?;
            kept = signing_keys::list(&self.parts.store).await?;
        }
        let all = kept.into_iter().map(|key| {
            let private = self.parts.sealing.open(PURPOSE, &key.sealed)?;
            Key::of(&private, key.certificate, key.retires_at)
        });
        let keys = Arc::new(Keys { read_at: now, all: all.collect::<Result<_>>()? });
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&keys);
        Ok(keys)
    }

    async fn renew(&self, now: Timestamp, due: Timestamp) -> Result<()> {
        let (id, private, public) = draw()?;
        let certificate = STANDARD.encode(certificates::of_key(&private, &self.authority.private, now)?);
        let sealed = self.parts.sealing.seal(PURPOSE, &private, &*self.parts.entropy)?;
        let new = Kept { id, sealed, public, certificate, created_at: now, retires_at: Timestamp(0) };
        let until = Timestamp(now.0 + COUNTS_MS);
        let renew = self.parts.store.note(&self.parts.proof, move |tx| {
            Box::pin(async move { signing_keys::renew(tx, &new, due, until).await })
        });
        renew.await
    }
}

impl Keys {
    fn find(&self, id: &str) -> Option<&Key> {
        self.all.iter().find(|key| key.id == id)
    }
}

impl Key {
    fn of(private: &[u8], certificate: String, retires_at: Timestamp) -> Result<Self> {
        let (id, jwk) = named(private)?;
        let coordinate = |name: &str| jwk[name].as_str().unwrap_or_default().to_owned();
        let public = DecodingKey::from_ec_components(&coordinate("x"), &coordinate("y"));
        let public = public.map_err(|_| Error::Internal)?;
        Ok(Self { id, private: EncodingKey::from_ec_der(private), public, jwk, certificate, retires_at })
    }

    fn counts(&self, now: Timestamp) -> bool {
        self.retires_at.0 == 0 || now < self.retires_at
    }
}

/// A new key: its name, its private half (PKCS#8) and its public one.
fn draw() -> Result<(String, Vec<u8>, String)> {
    let drawn = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    let private = drawn.map_err(|_| Error::Internal)?.as_ref().to_vec();
    let (id, jwk) = named(&private)?;
    Ok((id, private, jwk.to_string()))
}

/// The name of a key, and its public half as others read it.
fn named(private: &[u8]) -> Result<(String, Value)> {
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private).map_err(|_| Error::Internal)?;
    let point = pair.public_key().as_ref(); // SEC 1, section 2.3.3: 4, then both coordinates.
    let (x, y) = point.get(1..).and_then(|both| both.split_at_checked(32)).ok_or(Error::Internal)?;
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    let thumbprint = Sha256::digest(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
    let id = URL_SAFE_NO_PAD.encode(thumbprint);
    let jwk = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": id, "x": x, "y": y});
    Ok((id, jwk))
}
