//! The authorization code flow (RFC 6749, section 4.1) with PKCE (RFC 7636), which both kinds of provider share. The
//! crate `oauth2` writes the requests and reads the answers; they travel by our own client.

use super::wire::Wire;
use super::{Failure, Returned};
use crate::server::identity::attempts::Attempt;
use crate::server::secret::Secret;
use futures::future::BoxFuture;
use oauth2::basic::{
    BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
    BasicTokenType,
};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RefreshToken, RequestTokenError, Scope, StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::atomic::{AtomicU16, Ordering};
use url::Url;

/// A refresh token that is said to live for less is bound to a session at the provider, as Keycloak's are without the
/// scope offline_access: that it ends says nothing of its owner. In seconds.
const MIN_REFRESH_LIFE_S: u64 = 2 * 86_400;

/// This registry, as a provider knows it.
pub struct Client {
    pub id: String,
    pub secret: Secret,
    /// Where the provider sends browsers back to.
    pub callback: Url,
    /// Where it sends those that it signed out.
    pub left: Url,
    pub scopes: Vec<String>,
}

/// Where a provider takes browsers, and codes.
#[derive(Clone, Debug)]
pub(super) struct Endpoints {
    pub authorization: Url,
    pub token: Url,
    /// Whether it wants the client's secret in the body, for it does not read it in the header.
    pub is_secret_in_body: bool,
}

/// What a code is worth, or a refresh token.
pub(super) struct Tokens {
    pub access: Secret,
    pub id: Option<String>,
    /// By what to ask again.
    pub refresh: Option<Secret>,
}

/// What stands in an answer besides what RFC 6749 names.
#[derive(Debug, Deserialize, Serialize)]
struct Besides {
    id_token: Option<String>,
    /// For how many seconds the refresh token holds: Keycloak's name for it, where 0 is for ever.
    refresh_expires_in: Option<Value>,
    /// The same, as GitHub and ADFS call it.
    refresh_token_expires_in: Option<Value>,
}

impl ExtraTokenFields for Besides {}

type Answer = StandardTokenResponse<Besides, BasicTokenType>;

type Flow = oauth2::Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

impl Client {
    fn flow(&self, endpoints: &Endpoints) -> Flow {
        let auth_type = if endpoints.is_secret_in_body { AuthType::RequestBody } else { AuthType::BasicAuth };
        oauth2::Client::new(ClientId::new(self.id.clone()))
            .set_client_secret(ClientSecret::new(self.secret.expose().to_owned()))
            .set_auth_type(auth_type)
            .set_auth_uri(AuthUrl::from_url(endpoints.authorization.clone()))
            .set_token_uri(TokenUrl::from_url(endpoints.token.clone()))
            .set_redirect_uri(RedirectUrl::from_url(self.callback.clone()))
    }

    /// The address to send a browser to.
    pub(super) fn authorize(&self, endpoints: &Endpoints, state: &Secret, attempt: &Attempt) -> Url {
        let verifier = PkceCodeVerifier::new(attempt.verifier.expose().to_owned());
        let flow = self.flow(endpoints);
        let request = flow.authorize_url(|| CsrfToken::new(state.expose().to_owned()));
        let request = request.add_scopes(self.scopes.iter().cloned().map(Scope::new));
        request.set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier)).url().0
    }

    /// What the provider gives for the code that a browser brought.
    pub(super) async fn redeem(
        &self,
        (endpoints, wire): (&Endpoints, &Wire),
        returned: Returned,
        attempt: &Attempt,
    ) -> Result<Tokens, Failure> {
        let code = code(returned)?;
        let (flow, asked) = (self.flow(endpoints), Asked { wire, status: AtomicU16::new(0) });
        let request = flow.exchange_code(AuthorizationCode::new(code.expose().to_owned()));
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier.expose().to_owned()));
        request.request_async(&asked).await.map(Tokens::from).map_err(|error| refused(error, &asked.status))
    }

    /// What the provider gives for what it gave before (RFC 6749, section 6).
    ///
    /// # Errors
    /// [`Failure::Code`] if it is worth nothing any more.
    pub(super) async fn renew(
        &self,
        (endpoints, wire): (&Endpoints, &Wire),
        refresh: &Secret,
    ) -> Result<Tokens, Failure> {
        let (flow, asked) = (self.flow(endpoints), Asked { wire, status: AtomicU16::new(0) });
        let refresh = RefreshToken::new(refresh.expose().to_owned());
        let request = flow.exchange_refresh_token(&refresh);
        request.request_async(&asked).await.map(Tokens::from).map_err(|error| refused(error, &asked.status))
    }
}

impl From<Answer> for Tokens {
    fn from(answer: Answer) -> Self {
        let besides = answer.extra_fields();
        let said = besides.refresh_expires_in.as_ref().or(besides.refresh_token_expires_in.as_ref());
        let lives = !matches!(said.and_then(Value::as_u64), Some(1..MIN_REFRESH_LIFE_S));
        Self {
            access: Secret::from(answer.access_token().secret().clone()),
            id: besides.id_token.clone(),
            refresh: answer.refresh_token().filter(|_| lives).map(|it| Secret::from(it.secret().clone())),
        }
    }
}

/// The way that the requests of the flow take; it remembers the status of the answer.
struct Asked<'w> {
    wire: &'w Wire,
    status: AtomicU16,
}

impl<'c> AsyncHttpClient<'c> for Asked<'_> {
    type Error = Failure;
    type Future = BoxFuture<'c, Result<HttpResponse, Failure>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.wire.send(request).await?;
            self.status.store(answer.status().as_u16(), Ordering::Relaxed);
            Ok(answer)
        })
    }
}

fn code(returned: Returned) -> Result<Secret, Failure> {
    if let Some(error) = returned.error {
        return Err(Failure::Denied { error, description: returned.description.unwrap_or_default() });
    }
    returned.code.ok_or_else(|| Failure::answer("the browser brought neither a code nor an error"))
}

fn refused(error: RequestTokenError<Failure, BasicErrorResponse>, status: &AtomicU16) -> Failure {
    let said = match error {
        RequestTokenError::Request(failure) => return failure,
        RequestTokenError::ServerResponse(said) => Some(said),
        // GitHub answers 200 whatever it says.
        RequestTokenError::Parse(_, body) => serde_json::from_slice(&body).ok(),
        RequestTokenError::Other(_) => None,
    };
    let Some(said) = said else {
        let status = status.load(Ordering::Relaxed);
        return match status {
            401 => Failure::ClientSecret,
            _ => Failure::answer(format!("its token endpoint answered {status} with something unreadable")),
        };
    };
    let words = said.error_description().cloned().unwrap_or_default();
    match said.error() {
        BasicErrorResponseType::InvalidClient | BasicErrorResponseType::UnauthorizedClient => Failure::ClientSecret,
        BasicErrorResponseType::InvalidGrant => Failure::Code(words),
        BasicErrorResponseType::Extension(error) if error == "incorrect_client_credentials" => Failure::ClientSecret,
        BasicErrorResponseType::Extension(error) if is_spent(error) => Failure::Code(words),
        error => Failure::answer(format!("its token endpoint said {error}: {words}")),
    }
}

/// As GitHub says that a code, or a refresh token, is worth nothing.
fn is_spent(error: &str) -> bool {
    matches!(error, "bad_verification_code" | "bad_refresh_token")
}
