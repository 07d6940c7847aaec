//! Tokens of the registry that somebody else signed. Each is well signed by a key that its maker has and says what a
//! real one would, so whatever believes the wrong key takes it.

use super::api::admin;
use super::with;
use crate::support::{Answer, OCI_MANIFEST, START, TestApp};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
};
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::net::TcpListener;

/// What stands before the point of a P-256 key in its SubjectPublicKeyInfo (RFC 5480, section 2).
const SPKI: &str = "3059301306072a8648ce3d020106082a8648ce3d030107034200";

/// A key of somebody else's, with what they can say of it.
struct Attacker {
    pair: EcdsaKeyPair,
    /// Self-signed, in DER.
    certificate: Vec<u8>,
}

impl Attacker {
    fn new() -> Self {
        let drawn = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, drawn.as_ref()).unwrap();
        let private = PrivatePkcs8KeyDer::from(drawn.as_ref().to_vec());
        let own = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&private, &rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = rcgen::CertificateParams::default().self_signed(&own).unwrap().der().to_vec();
        Self { pair, certificate }
    }

    fn jwk(&self, kid: &str) -> Value {
        let point = self.pair.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid, "x": x, "y": y})
    }

    fn sign(&self, head: &Value, claims: &Value) -> String {
        let text = unsigned(head, claims);
        let signature = self.pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.pair.public_key().as_ref());
        public.verify(text.as_bytes(), signature.as_ref()).expect("whoever takes this key takes the token");
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn unsigned(head: &Value, claims: &Value) -> String {
    [head, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".")
}

/// Signed by a key that both would have to share.
fn by_shared(head: &Value, claims: &Value, key: &[u8]) -> String {
    let text = unsigned(head, claims);
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key);
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(aws_lc_rs::hmac::sign(&key, text.as_bytes())))
}

/// A part of a token, as anybody can read it.
pub(super) fn part(token: &str, n: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(n).unwrap()).unwrap()).unwrap()
}

fn merged(head: &Value, more: Value) -> Value {
    let mut head = head.clone();
    head.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    head
}

/// A real token for pushing to `team/web`, and the key by which others check it.
struct Real {
    token: String,
    head: Value,
    claims: Value,
    jwk: Value,
}

async fn real(admin: &TestApp) -> Real {
    let given = admin.get("/token?scope=repository:team/web:pull,push").await;
    let token = given.json()["token"].as_str().expect("a token").to_owned();
    let jwk = admin.get("/token/jwks.json").await.json()["keys"][0].clone();
    let (head, claims) = (part(&token, 0), part(&token, 1));
    assert_eq!((&jwk["kid"], jwk["d"].is_null()), (&head["kid"], true), "the public half and no more");
    Real { token, head, claims, jwk }
}

/// Whether a token opens anything of what a real one opens.
async fn opens(test: &TestApp, token: &str) -> bool {
    let shown = format!("Bearer {token}");
    let by = test.showing(&shown);
    let answers: [Answer; 3] = [
        by.get("/v2/").await,
        by.get("/v2/team/web/tags/list").await,
        by.call("POST", "/v2/team/web/blobs/uploads/", OCI_MANIFEST, "").await,
    ];
    let through = answers.iter().filter(|answer| answer.status.is_success()).count();
    assert!(through == 0 || through == answers.len(), "all or nothing: {token}");
    if through == 0 {
        answers.iter().for_each(|answer| assert_eq!(answer.refusal(), "401 UNAUTHORIZED", "{token}"));
    }
    through > 0
}

/// SEC-5: a key counts because it is ours, and nothing that a token's header brings along makes it so.
#[tokio::test]
async fn a_token_by_the_key_of_somebody_else_is_worth_nothing() {
    let admin = admin().await;
    admin.push_image("team/web", "v1", "amd64", b"layer").await;
    let (attacker, real, door) = (Attacker::new(), real(&admin).await, admin.by_nobody());
    let kid = real.head["kid"].as_str().unwrap();
    let nobody_asks = TcpListener::bind("127.0.0.1:0").unwrap();
    nobody_asks.set_nonblocking(true).unwrap();
    let theirs = format!("http://{}/keys.json", nobody_asks.local_addr().unwrap());
    let bare = json!({"alg": "ES256", "typ": "JWT", "kid": kid});
    let chain = json!([STANDARD.encode(&attacker.certificate)]);
    let long_chain = json!([STANDARD.encode(&attacker.certificate), real.head["x5c"][0]]);
    for head in [
        bare.clone(),
        real.head.clone(),
        json!({"alg": "ES256", "typ": "JWT"}),
        merged(&bare, json!({ "jwk": attacker.jwk(kid) })),
        merged(&bare, json!({"jwk": attacker.jwk("own"), "kid": "own"})),
        merged(&bare, json!({ "x5c": chain })),
        merged(&bare, json!({ "x5c": long_chain })),
        merged(&bare, json!({ "jku": theirs })),
        merged(&bare, json!({ "x5u": theirs })),
        merged(&bare, json!({"jku": theirs, "kid": "own"})),
        merged(&bare, json!({"jwk": attacker.jwk(kid), "x5c": chain, "jku": theirs, "x5u": theirs})),
        merged(&bare, json!({"kid": "../../../../dev/null"})),
        merged(&bare, json!({"kid": "' OR '1'='1"})),
        merged(&bare, json!({"kid": ""})),
    ] {
        let forged = attacker.sign(&head, &real.claims);
        assert!(!opens(&door, &forged).await, "{head}");
    }
    let asked = nobody_asks.accept().map_err(|error| error.kind());
    assert_eq!(asked.err(), Some(ErrorKind::WouldBlock), "nobody fetches a key that a token names");
    assert!(opens(&door, &real.token).await, "the real one does");
}

/// SEC-5: what everybody can read of our key signs nothing.
#[tokio::test]
async fn a_token_by_our_public_key_or_by_none_is_worth_nothing() {
    let admin = admin().await;
    admin.push_image("team/web", "v1", "amd64", b"layer").await;
    let (real, door) = (real(&admin).await, admin.by_nobody());
    let kid = real.head["kid"].as_str().unwrap();
    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(real.jwk[name].as_str().unwrap()).unwrap();
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let der = [hex::decode(SPKI).unwrap(), point.clone()].concat();
    let certificate = STANDARD.decode(real.head["x5c"][0].as_str().unwrap()).unwrap();
    assert!(certificate.windows(der.len()).any(|part| part == der), "the key as certificates write it");
    let pem = |label: &str, der: &[u8]| {
        let text = STANDARD.encode(der);
        let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
    };
    let keys: [Vec<u8>; 10] = [
        pem("PUBLIC KEY", &der).into_bytes(),
        pem("PUBLIC KEY", &der).trim_end().as_bytes().to_vec(),
        der.clone(),
        point.clone(),
        point[1..].to_vec(),
        real.jwk.to_string().into_bytes(),
        pem("CERTIFICATE", &certificate).into_bytes(),
        certificate,
        door.get("/token/ca.pem").await.body,
        vec![],
    ];
    for key in &keys {
        for algorithm in ["HS256", "ES256"] {
            let head = json!({"alg": algorithm, "typ": "JWT", "kid": kid});
            assert!(!opens(&door, &by_shared(&head, &real.claims, key)).await, "{algorithm} by {key:?}");
        }
    }
    let signature = real.token.rsplit('.').next().unwrap();
    for algorithm in ["none", "None", "NONE", "nOnE", ""] {
        let text = unsigned(&json!({"alg": algorithm, "typ": "JWT", "kid": kid}), &real.claims);
        for forged in [format!("{text}."), text.clone(), format!("{text}.{signature}")] {
            assert!(!opens(&door, &forged).await, "{forged}");
        }
    }
}

/// SEC-5: our signature holds for what we signed, to the bit.
#[tokio::test]
async fn our_signature_is_worth_nothing_over_anything_else() {
    let admin = admin().await;
    admin.push_image("team/web", "v1", "amd64", b"layer").await;
    let (real, door) = (real(&admin).await, admin.by_nobody());
    let [head, body, signature] = real.token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let mut changed: Vec<Value> = vec![real.claims.clone(); 4];
    changed[0]["access"][0]["name"] = json!("team/api");
    changed[1]["access"][0]["actions"] = json!(["pull", "push", "delete"]);
    changed[2]["exp"] = json!(START.0 / 1000 + 86_400);
    changed[3]["portolan"]["principal"] = json!("another");
    for claims in changed {
        let forged = format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        assert!(!opens(&door, &forged).await, "{claims}");
    }
    for forged in [
        format!("{head}.{body}.{}", &signature[..signature.len() - 2]),
        format!("{head}.{body}.{}", URL_SAFE_NO_PAD.encode([0; 64])),
        format!("{head}.{body}"),
        format!("{head}.{body}.{signature}.x"),
    ] {
        assert!(!opens(&door, &forged).await, "{forged}");
    }
    let answer = with(&door, "GET", "/v2/", ("authorization", &format!("Bearer {}", real.token))).await;
    assert_eq!(answer.status, StatusCode::OK);
}
