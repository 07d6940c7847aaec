//! The id_token (OpenID Connect Core 1.0, section 3.1.3.7): signed by the provider, for this registry, now, and for this
//! one sign-in. Keys that it brings along are not looked at, and how it may be signed is written here.

use super::Failure;
use super::claims::{Claims, text};
use crate::domain::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use serde_json::Value;

/// Clocks may differ by so much.
const LEEWAY_S: i64 = 60;

/// The algorithms that count: each has a public half. `none` is not among them, nor any in which the provider's public
/// key, or the client's secret, would be the key.
const ALGORITHMS: [(&str, Algorithm); 9] = [
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
];

/// How a token says that it was signed.
pub(super) struct Head {
    pub name: &'static str,
    pub algorithm: Algorithm,
    pub kid: Option<String>,
}

impl Head {
    /// Reads it from the token.
    pub(super) fn of(token: &str) -> Result<Self, Failure> {
        #[derive(Deserialize)]
        struct Raw {
            alg: String,
            kid: Option<String>,
            crit: Option<Value>,
        }
        let odd = || Failure::answer("its id_token is no signed token");
        let head = token.split('.').next().unwrap_or_default();
        let head = URL_SAFE_NO_PAD.decode(head).map_err(|_| odd())?;
        let raw: Raw = serde_json::from_slice(&head).map_err(|_| odd())?;
        if raw.crit.is_some() {
            return Err(Failure::answer("its id_token asks for an extension that is not known here"));
        }
        let refused = || Failure::odd("its id_token is signed by an algorithm that does not count", &raw.alg);
        let (name, algorithm) = ALGORITHMS.into_iter().find(|(name, _)| *name == raw.alg).ok_or_else(refused)?;
        Ok(Self { name, algorithm, kid: raw.kid })
    }

    /// Whether a key is of the kind that the algorithm takes.
    pub(super) fn fits(&self, key: &AlgorithmParameters) -> bool {
        match key {
            AlgorithmParameters::EllipticCurve(_) => matches!(self.algorithm, Algorithm::ES256 | Algorithm::ES384),
            AlgorithmParameters::OctetKeyPair(_) => self.algorithm == Algorithm::EdDSA,
            AlgorithmParameters::RSA(_) => {
                !matches!(self.algorithm, Algorithm::ES256 | Algorithm::ES384 | Algorithm::EdDSA)
            }
            _ => false,
        }
    }
}

/// The claims of a token that this key signed.
pub(super) fn open(token: &str, head: &Head, key: &Jwk) -> Result<Claims, Failure> {
    let key = DecodingKey::from_jwk(key).map_err(|_| Failure::answer("its key cannot be read"))?;
    let mut validation = Validation::new(head.algorithm);
    // What the claims say is looked at below, by our own clock.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let opened = decode::<Claims>(token, &key, &validation);
    opened.map(|token| token.claims).map_err(|_| Failure::answer("its id_token is not signed by its key"))
}

/// What a token has to be for.
pub(super) struct Expected<'e> {
    pub issuer: &'e str,
    pub client_id: &'e str,
    /// That of the sign-in; `None` where the provider was asked again, and nothing went through a browser.
    pub nonce: Option<&'e str>,
    pub now: Timestamp,
}

impl Expected<'_> {
    /// Whether it is.
    pub(super) fn check(&self, claims: &Claims) -> Result<(), Failure> {
        let odd = |why: &str| Err(Failure::answer(format!("its id_token {why}")));
        if claims.get("iss").and_then(Value::as_str) != Some(self.issuer) {
            return odd("names another issuer");
        }
        if !self.is_addressed(claims) {
            return odd("is for another client");
        }
        if self.nonce.is_some() && claims.get("nonce").and_then(Value::as_str) != self.nonce {
            return odd("is for another sign-in");
        }
        if text(claims, "sub").is_none() || claims.get("sub").and_then(Value::as_str) != text(claims, "sub").as_deref()
        {
            return odd("names nobody");
        }
        self.check_time(claims)
    }

    /// `aud` is one client or several, and then `azp` says which of them asked.
    fn is_addressed(&self, claims: &Claims) -> bool {
        let is_us = |value: &Value| value.as_str() == Some(self.client_id);
        let azp = claims.get("azp");
        let (is_named, is_alone) = match claims.get("aud") {
            Some(Value::Array(several)) => (several.iter().any(is_us), several.len() == 1),
            Some(one) => (is_us(one), true),
            None => (false, false),
        };
        is_named && azp.map_or(is_alone, is_us)
    }

    fn check_time(&self, claims: &Claims) -> Result<(), Failure> {
        let at = |name: &str| claims.get(name).and_then(Value::as_f64).map(|seconds| seconds as i64);
        let now = self.now.0 / 1000;
        let (Some(issued), Some(ends)) = (at("iat"), at("exp")) else {
            return Err(Failure::answer("its id_token does not say when it was issued, or how long it holds"));
        };
        let begins = at("nbf").unwrap_or(issued).max(issued);
        match now {
            _ if begins > now + LEEWAY_S => Err(Failure::Clock(begins - now)),
            // It was issued a moment ago, whatever it says: the browser brought a code that is worth nothing later.
            _ if ends <= now - LEEWAY_S => Err(Failure::Clock(now - issued)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_795_500_000;

    fn check(change: Value) -> Result<(), Failure> {
        let mut claims = json!({"iss": "https://id.example", "aud": "portolan", "sub": "1", "nonce": "n", "iat": NOW, "exp": NOW + 300});
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let (issuer, nonce, now) = ("https://id.example", Some("n"), Timestamp(NOW * 1000));
        let expected = Expected { issuer, client_id: "portolan", nonce, now };
        expected.check(claims.as_object().unwrap())
    }

    #[test]
    fn a_token_is_for_us_for_this_sign_in_and_for_now() {
        for good in [
            json!({}),
            json!({"aud": ["portolan"]}),
            json!({"aud": ["other", "portolan"], "azp": "portolan"}),
            json!({"exp": NOW - 59}),
            json!({"iat": NOW + 59}),
            json!({"iat": NOW as f64 + 0.5}),
        ] {
            assert_eq!(check(good.clone()), Ok(()), "{good}");
        }
        for bad in [
            json!({"iss": "https://id.example/"}),
            json!({"iss": null}),
            json!({"aud": "other"}),
            json!({"aud": ["other", "portolan"]}),
            json!({"aud": ["portolan"], "azp": "other"}),
            json!({"aud": null}),
            json!({"nonce": "m"}),
            json!({"nonce": null}),
            json!({"sub": ""}),
            json!({"sub": 7}),
            json!({"sub": "a\nb"}),
            json!({"exp": null}),
            json!({"iat": null}),
        ] {
            assert!(matches!(check(bad.clone()), Err(Failure::Answer(_))), "{bad}");
        }
        for (skewed, seconds) in [
            (json!({"iat": NOW + 600}), 600),
            (json!({"nbf": NOW + 600}), 600),
            (json!({"iat": NOW - 600, "exp": NOW - 300}), 600),
        ] {
            assert_eq!(check(skewed), Err(Failure::Clock(seconds)));
        }
    }

    #[test]
    fn a_head_names_an_algorithm_with_a_public_half() {
        let of = |head: Value| Head::of(&format!("{}.e30.", URL_SAFE_NO_PAD.encode(head.to_string())));
        assert_eq!(of(json!({"alg": "ES256", "kid": "a"})).unwrap().kid.as_deref(), Some("a"));
        for bad in [
            json!({"alg": "none"}),
            json!({"alg": "None"}),
            json!({"alg": "HS256"}),
            json!({"alg": "es256"}),
            json!({"kid": "a"}),
            json!({"alg": "RS256", "crit": ["b64"]}),
            json!([]),
        ] {
            assert!(of(bad.clone()).is_err(), "{bad}");
        }
        assert!(Head::of("").is_err() && Head::of("a.b.c").is_err());
    }
}
