//! An OpenID provider as tests use it: in process, with keys of its own, and ready to lie.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use axum::extract::{Form, State as FromState};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

pub const CLIENT: &str = "portolan-client";
pub const SECRET: &str = "a secret of the client";
pub const ACCESS: &str = "opaque-access-token";

/// How its tokens are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    Es256,
    Rs256,
    /// By no key.
    None,
    /// By its public key, which everybody has.
    Hs256WithPublicKey,
    /// By another key under the name of its own.
    AnotherKey,
    /// By another key, which the token brings along.
    BroughtAlong,
    /// By a key that it has not published under this name.
    UnknownKey,
}

/// What it does about refresh tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Refresh {
    /// It gives none.
    #[default]
    None,
    /// It gives them, and says besides what stands here.
    Given(Value),
    /// The same without an id_token where one is brought.
    Bare,
    /// It gave them, and takes none any more.
    Over,
    /// It takes one, gives another, and then its userinfo is down.
    Halfway,
}

/// What it does.
pub struct Ways {
    pub signed: Signed,
    /// Claims of the next id_token; null leaves one out.
    pub claims: Map<String, Value>,
    pub userinfo: Map<String, Value>,
    /// What its discovery document says otherwise.
    pub discovery: Map<String, Value>,
    /// What its token endpoint answers in place of tokens.
    pub token_answer: Option<(u16, Value)>,
    pub now_s: i64,
    /// Names of keys that it publishes for its ES256 key.
    pub key_names: Vec<String>,
    /// Whether it has another key under these names by now.
    pub is_renewed: bool,
    pub n_key_fetches: usize,
    /// Whether it answers 503 when asked about itself, and how often it was.
    pub is_down: bool,
    pub n_discoveries: usize,
    /// What it does about refresh tokens.
    pub refresh: Refresh,
    /// The one that is worth something, how many were given, and how often one was brought.
    pub live: Option<String>,
    pub n_given: usize,
    pub n_asked: usize,
    /// How often it was shown a code.
    pub n_shown: usize,
    /// Whom to tell that one was brought, and for what to wait before the answer to it.
    pub hold: Option<(Arc<Semaphore>, Arc<Semaphore>)>,
    codes: HashMap<String, Code>,
}

#[derive(Clone)]
struct Code {
    nonce: String,
    challenge: String,
    redirect_uri: String,
}

/// A provider on a free port.
#[derive(Clone)]
pub struct StandIn {
    pub issuer: String,
    ways: Arc<Mutex<Ways>>,
    keys: Arc<Keys>,
}

struct Keys {
    es256: EcdsaKeyPair,
    rs256: RsaKeyPair,
    other: EcdsaKeyPair,
}

impl StandIn {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let claims = json!({"sub": "1", "email": "mara@acme.dev", "email_verified": true, "name": "Mara Lindqvist",
                            "preferred_username": "mara.l", "groups": []});
        let ways = Ways {
            signed: Signed::Es256,
            claims: claims.as_object().unwrap().clone(),
            userinfo: Map::new(),
            discovery: Map::new(),
            token_answer: None,
            now_s: crate::support::START.0 / 1000,
            key_names: vec!["es".to_owned()],
            is_renewed: false,
            n_key_fetches: 0,
            is_down: false,
            n_discoveries: 0,
            refresh: Refresh::None,
            live: None,
            n_given: 0,
            n_asked: 0,
            n_shown: 0,
            hold: None,
            codes: HashMap::new(),
        };
        let keys = Keys { es256: ec(), rs256: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(), other: ec() };
        let own = Self { issuer, ways: Arc::new(Mutex::new(ways)), keys: Arc::new(keys) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys_of))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .with_state(own.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        own
    }

    /// A server's configuration with it as the provider `acme`, and `more` of that provider.
    pub fn config(&self, more: &str) -> String {
        self.provider("acme", more)
    }

    /// The same under another name.
    pub fn provider(&self, name: &str, more: &str) -> String {
        let issuer = &self.issuer;
        format!(
            "[[auth.providers]]\nname = \"{name}\"\nkind = \"oidc\"\ntitle = \"Acme\"\nissuer = \"{issuer}\"\n\
             client_id = \"{CLIENT}\"\nclient_secret = \"{SECRET}\"\n{more}\n"
        )
    }

    /// Changes what it does.
    pub fn set(&self, change: impl FnOnce(&mut Ways)) {
        change(&mut self.ways.lock().unwrap());
    }

    /// Looks at what it does, and did.
    pub fn read<T>(&self, look: impl FnOnce(&Ways) -> T) -> T {
        look(&self.ways.lock().unwrap())
    }

    /// Says something else of the person; null is to say nothing.
    pub fn claim(&self, name: &str, value: Value) {
        self.set(|ways| drop(ways.claims.insert(name.to_owned(), value)));
    }

    /// How often its keys were fetched.
    pub fn n_key_fetches(&self) -> usize {
        self.ways.lock().unwrap().n_key_fetches
    }

    /// How often it was asked about itself.
    pub fn n_discoveries(&self) -> usize {
        self.ways.lock().unwrap().n_discoveries
    }

    /// The person agrees: the path at the registry to which their browser is sent back.
    pub fn approve(&self, location: &str) -> String {
        let asked = url::Url::parse(location).unwrap();
        assert!(location.starts_with(&format!("{}/authorize?", self.issuer)), "{location}");
        let asked: HashMap<String, String> = asked.query_pairs().into_owned().collect();
        assert_eq!((asked["client_id"].as_str(), asked["response_type"].as_str()), (CLIENT, "code"));
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
        let mut ways = self.ways.lock().unwrap();
        let code = format!("code-{}", ways.codes.len());
        let made = Code {
            nonce: asked["nonce"].clone(),
            challenge: asked["code_challenge"].clone(),
            redirect_uri: asked["redirect_uri"].clone(),
        };
        let path = url::Url::parse(&made.redirect_uri).unwrap().path().to_owned();
        ways.codes.insert(code.clone(), made);
        format!("{path}?code={code}&state={}", asked["state"])
    }

    pub fn sign(&self, claims: &Map<String, Value>) -> String {
        let ways = self.ways.lock().unwrap();
        let public = self.keys.es256.public_key().as_ref().to_vec();
        let header = match ways.signed {
            Signed::Es256 | Signed::AnotherKey => json!({"alg": "ES256", "kid": "es"}),
            Signed::Rs256 => json!({"alg": "RS256", "kid": "rs"}),
            Signed::None => json!({"alg": "none"}),
            Signed::Hs256WithPublicKey => json!({"alg": "HS256", "kid": "es"}),
            Signed::BroughtAlong => {
                json!({"alg": "ES256", "kid": "own", "jwk": ec_jwk(&self.keys.other, "own"), "jku": "http://127.0.0.1:1/"})
            }
            Signed::UnknownKey => json!({"alg": "ES256", "kid": "new"}),
        };
        let part = |value: String| URL_SAFE_NO_PAD.encode(value);
        let text = format!("{}.{}", part(header.to_string()), part(Value::Object(claims.clone()).to_string()));
        let random = SystemRandom::new();
        let signature = match ways.signed {
            Signed::Es256 | Signed::UnknownKey => {
                self.keys.es256.sign(&random, text.as_bytes()).unwrap().as_ref().to_vec()
            }
            Signed::AnotherKey | Signed::BroughtAlong => {
                self.keys.other.sign(&random, text.as_bytes()).unwrap().as_ref().to_vec()
            }
            Signed::Rs256 => {
                let mut signature = vec![0; self.keys.rs256.public_modulus_len()];
                self.keys.rs256.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).unwrap();
                signature
            }
            Signed::None => vec![],
            Signed::Hs256WithPublicKey => {
                let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &public);
                aws_lc_rs::hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
            }
        };
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn ec() -> EcdsaKeyPair {
    let drawn = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, drawn.as_ref()).unwrap()
}

fn ec_jwk(pair: &EcdsaKeyPair, name: &str) -> Value {
    let point = pair.public_key().as_ref();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
    json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": name, "x": x, "y": y})
}

async fn discovery(FromState(own): FromState<StandIn>) -> (StatusCode, Json<Value>) {
    let issuer = &own.issuer;
    let mut document = json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "id_token_signing_alg_values_supported": ["none", "HS256", "ES256"],
    });
    let mut ways = own.ways.lock().unwrap();
    ways.n_discoveries += 1;
    for (name, value) in ways.discovery.clone() {
        document[name] = value;
    }
    (if ways.is_down { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }, Json(document))
}

async fn keys_of(FromState(own): FromState<StandIn>) -> Json<Value> {
    let mut ways = own.ways.lock().unwrap();
    ways.n_key_fetches += 1;
    let public = own.keys.rs256.public_key();
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (n, e) = (public.modulus(), public.exponent());
    let rsa = json!({"kty": "RSA", "use": "sig", "kid": "rs", "n": part(n.big_endian_without_leading_zero()), "e": part(e.big_endian_without_leading_zero())});
    let mut keys =
        vec![rsa, json!({"kty": "XYZ", "kid": "unheard-of"}), json!({"kty": "oct", "kid": "es", "k": "c2VjcmV0"})];
    let key = if ways.is_renewed { &own.keys.other } else { &own.keys.es256 };
    keys.extend(ways.key_names.iter().map(|name| ec_jwk(key, name)));
    Json(json!({ "keys": keys }))
}

async fn token(
    FromState(own): FromState<StandIn>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let basic = format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(CLIENT), encoded(SECRET))));
    if headers.get("authorization").is_none_or(|shown| shown != basic.as_str()) {
        return refuse(401, "invalid_client");
    }
    let is_refresh = form.get("grant_type").is_some_and(|it| it == "refresh_token");
    own.set(|ways| ways.n_shown += usize::from(!is_refresh));
    let worth = own.worth(&form, is_refresh);
    let hold = own.read(|ways| ways.hold.clone()).filter(|_| is_refresh);
    if let Some((asked, hold)) = hold {
        asked.add_permits(1);
        let _ = hold.acquire().await.unwrap();
    }
    let (code, mut claims, now, refresh) = match worth {
        Ok(worth) => worth,
        Err(answer) => return answer,
    };
    if let Some(code) = &code {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"].as_bytes()));
        if challenge != code.challenge || form["redirect_uri"] != code.redirect_uri {
            return refuse(400, "invalid_grant");
        }
    }
    let mut usual = json!({"iss": own.issuer, "aud": CLIENT, "iat": now, "exp": now + 300});
    if let Some(code) = &code {
        usual["nonce"] = code.nonce.clone().into();
    }
    for (name, value) in usual.as_object().unwrap() {
        claims.entry(name).or_insert_with(|| value.clone());
    }
    claims.retain(|_, value| !value.is_null());
    let mut answer = json!({"access_token": ACCESS, "token_type": "Bearer", "expires_in": 60});
    if !(is_refresh && own.ways.lock().unwrap().refresh == Refresh::Bare) {
        answer["id_token"] = own.sign(&claims).into();
    }
    answer.as_object_mut().unwrap().extend(refresh);
    (StatusCode::OK, Json(answer))
}

type Answer = (StatusCode, Json<Value>);
/// The code, where it was one; claims, and the time of the answer; what it says of refresh tokens.
type Worth = (Option<Code>, Map<String, Value>, i64, Map<String, Value>);

impl StandIn {
    /// What the token endpoint makes of a code, or of a refresh token: either works once.
    fn worth(&self, form: &HashMap<String, String>, is_refresh: bool) -> Result<Worth, Answer> {
        let mut ways = self.ways.lock().unwrap();
        if let Some((status, answer)) = &ways.token_answer {
            return Err((StatusCode::from_u16(*status).unwrap(), Json(answer.clone())));
        }
        ways.n_asked += usize::from(is_refresh);
        let code = match is_refresh {
            true => {
                let live = ways.live.take().filter(|_| ways.refresh != Refresh::Over);
                (live.is_some() && live.as_ref() == form.get("refresh_token")).then_some(None)
            }
            false => ways.codes.remove(&form["code"]).map(Some),
        };
        let code = code.ok_or_else(|| refuse(400, "invalid_grant"))?;
        Ok((code, ways.claims.clone(), ways.now_s, ways.give()))
    }
}

fn refuse(status: u16, error: &str) -> Answer {
    (StatusCode::from_u16(status).unwrap(), Json(json!({ "error": error })))
}

impl Ways {
    /// A new refresh token, and what is said with it.
    fn give(&mut self) -> Map<String, Value> {
        let mut said = match &self.refresh {
            Refresh::None | Refresh::Over => return Map::new(),
            Refresh::Given(besides) => besides.as_object().cloned().unwrap_or_default(),
            Refresh::Bare | Refresh::Halfway => Map::new(),
        };
        self.n_given += 1;
        let new = format!("refresh-planted-{}", self.n_given);
        self.live = Some(new.clone());
        said.insert("refresh_token".to_owned(), new.into());
        said
    }
}

async fn userinfo(FromState(own): FromState<StandIn>, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    if headers.get("authorization").is_none_or(|shown| shown != format!("Bearer {ACCESS}").as_str()) {
        return (StatusCode::UNAUTHORIZED, Json(json!({})));
    }
    let ways = own.ways.lock().unwrap();
    if ways.refresh == Refresh::Halfway && ways.n_asked > 0 {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({})));
    }
    let mut said = ways.userinfo.clone();
    said.entry("sub").or_insert_with(|| ways.claims["sub"].clone());
    (StatusCode::OK, Json(Value::Object(said)))
}
