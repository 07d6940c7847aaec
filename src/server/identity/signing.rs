//! The key that signs the registry's tokens: ES256 (RFC 7518, section 3.4), one algorithm and no other, whatever a
//! token's header asks for. It is drawn at the first start and sealed in the database, so all nodes share it.

use super::sealing::Sealing;
use crate::domain::action::Maintain;
use crate::domain::{Error, Result};
use crate::server::access::Authorized;
use crate::server::clock::Clock;
use crate::server::entropy::Entropy;
use crate::server::store::{Store, signing_keys};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What the private half is sealed for.
const PURPOSE: &str = "the key that signs tokens";

/// A key pair with its name.
pub struct Signing {
    issuer: String,
    /// The thumbprint of the public half (RFC 7638).
    id: String,
    private: EncodingKey,
    public: DecodingKey,
    jwk: Value,
}

impl Signing {
    /// The key in the database, drawn if there is none yet.
    pub async fn load(
        issuer: String,
        store: &Store,
        sealing: &Sealing,
        (clock, entropy): (&dyn Clock, &dyn Entropy),
        proof: &Authorized<Maintain>,
    ) -> Result<Self> {
        let drawn = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let drawn = drawn.map_err(|_| Error::Internal)?;
        let own = Self::of(issuer.clone(), drawn.as_ref())?;
        let (id, public, now) = (own.id.clone(), own.jwk.to_string(), clock.now());
        let sealed = sealing.seal(PURPOSE, drawn.as_ref(), entropy)?;
        let keep = store
            .note(proof, move |tx| Box::pin(async move { signing_keys::first(tx, &id, sealed, &public, now).await }));
        Self::of(issuer, &sealing.open(PURPOSE, &keep.await?)?)
    }

    fn of(issuer: String, private: &[u8]) -> Result<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private).map_err(|_| Error::Internal)?;
        let point = pair.public_key().as_ref(); // SEC 1, section 2.3.3: 4, then both coordinates.
        let (x, y) = point.get(1..).and_then(|both| both.split_at_checked(32)).ok_or(Error::Internal)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let thumbprint = Sha256::digest(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
        let id = URL_SAFE_NO_PAD.encode(thumbprint);
        let public = DecodingKey::from_ec_components(&x, &y).map_err(|_| Error::Internal)?;
        let jwk = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": id, "x": x, "y": y});
        Ok(Self { issuer, id, private: EncodingKey::from_ec_der(private), public, jwk })
    }

    /// Who signs.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The public half, for those who check tokens (RFC 7517, section 5).
    pub fn key_set(&self) -> Value {
        json!({"keys": [self.jwk]})
    }

    /// Signs claims.
    pub(super) fn sign<C: Serialize>(&self, claims: &C) -> Result<String> {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(Algorithm::ES256) };
        encode(&header, claims, &self.private).map_err(|_| Error::Internal)
    }

    /// Claims that were signed here. Keys that a token brings along are not looked at.
    pub(super) fn verify<C: DeserializeOwned>(&self, token: &str) -> Result<C> {
        let header = decode_header(token.as_bytes()).map_err(|_| Error::Unauthenticated)?;
        if header.alg != Algorithm::ES256 || header.kid.as_deref() != Some(&self.id) {
            return Err(Error::Unauthenticated);
        }
        let mut validation = Validation::new(Algorithm::ES256);
        // Times, issuer and audience are looked at by our own clock, where the claims are known.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let token = decode::<C>(token, &self.public, &validation).map_err(|_| Error::Unauthenticated)?;
        Ok(token.claims)
    }
}
