//! OpenID Connect (Core 1.0): the code flow, an id_token that is checked, and userinfo for what is not in it.

use super::claims::{self, Claims};
use super::documents::{Discovery, Documents};
use super::flow::{Client, Endpoints, Tokens};
use super::id_token::{self, Expected, Head};
use super::wire::Wire;
use super::{Failure, Groups, IdentityProvider, Renewed, Returned, Verified};
use crate::server::clock::Clock;
use crate::server::identity::attempts::Attempt;
use crate::server::secret::Secret;
use async_trait::async_trait;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use url::Url;

/// Hosts of issuers that give refresh tokens which last to whom they know, whether they agree anew or not: Microsoft and
/// Google.
const WITHOUT_CONSENT: [&str; 5] = [
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "sts.windows.net",
    "accounts.google.com",
];

/// How to use an OpenID provider.
pub struct OidcSettings {
    /// As it writes itself, to the last character.
    pub issuer: String,
    pub client: Client,
    pub groups_claim: String,
    /// What people are called by; by what is usual where nothing is said.
    pub username_claim: Option<String>,
}

/// An OpenID provider.
pub struct Oidc {
    settings: OidcSettings,
    documents: Documents,
}

impl Oidc {
    /// The provider, which is not asked yet.
    pub fn new(settings: OidcSettings, wire: Wire, clock: Arc<dyn Clock>) -> Self {
        let documents = Documents::of(settings.issuer.clone(), wire, clock);
        Self { settings, documents }
    }

    fn endpoints(discovery: &Discovery) -> Endpoints {
        let methods = &discovery.token_endpoint_auth_methods_supported;
        let has = |method: &str| methods.iter().any(|it| it == method);
        Endpoints {
            authorization: discovery.authorization_endpoint.clone(),
            token: discovery.token_endpoint.clone(),
            is_secret_in_body: has("client_secret_post") && !has("client_secret_basic"),
        }
    }

    /// RFC 9207, section 2.4.
    fn check_sender(&self, discovery: &Discovery, returned: &Returned) -> Result<(), Failure> {
        match &returned.issuer {
            Some(issuer) if *issuer != self.settings.issuer => Err(Failure::Foreign(format!("its iss is {issuer:?}"))),
            None if discovery.authorization_response_iss_parameter_supported => {
                Err(Failure::Foreign("it has no iss, which this provider always sends".to_owned()))
            }
            _ => Ok(()),
        }
    }

    async fn check_id_token(&self, token: &str, nonce: Option<&str>) -> Result<Claims, Failure> {
        let head = Head::of(token)?;
        let key = self.documents.key(&head).await?;
        let claims = match id_token::open(token, &head, &key) {
            Ok(claims) => claims,
            // Its key may have become another one under the same name.
            Err(failure) => match self.documents.other_key(&head).await? {
                Some(key) => id_token::open(token, &head, &key)?,
                None => return Err(failure),
            },
        };
        let (issuer, client_id) = (self.settings.issuer.as_str(), self.settings.client.id.as_str());
        Expected { issuer, client_id, nonce, now: self.documents.now() }.check(&claims)?;
        Ok(claims)
    }

    /// What userinfo adds, where something is missing. It has to be about the same person (Core, section 5.3.2).
    async fn userinfo(&self, discovery: &Discovery, own: &Claims, access: &Secret) -> Result<Claims, Failure> {
        let has_groups = matches!(claims::groups(own, &self.settings.groups_claim), Some(Groups::Said(_)));
        let is_whole = has_groups && claims::text(own, "email").is_some() && !self.usernames(own).is_empty();
        let Some(at) = discovery.userinfo_endpoint.as_ref().filter(|_| !is_whole) else { return Ok(Claims::new()) };
        let said: Claims = self.documents.fetch(at, Some(access)).await?;
        match said.get("sub").and_then(Value::as_str) == own.get("sub").and_then(Value::as_str) {
            true => Ok(said),
            false => Err(Failure::answer("its userinfo is about somebody else than its id_token")),
        }
    }

    /// Whether people have to agree each time, for what they give lasts while they are away (Core, section 11). Issuers
    /// that are known to give it without are not asked so: they would ask everybody at every sign-in.
    fn asks_for_consent(&self) -> bool {
        let host = Url::parse(&self.settings.issuer).ok().and_then(|url| url.host_str().map(ToOwned::to_owned));
        let is_known = host.is_some_and(|host| WITHOUT_CONSENT.contains(&host.as_str()));
        !is_known && self.settings.client.scopes.iter().any(|scope| scope == "offline_access")
    }

    fn usernames(&self, claims: &Claims) -> Vec<String> {
        let named = self.settings.username_claim.as_deref().into_iter().chain(["preferred_username", "email"]);
        named.filter_map(|claim| claims::text(claims, claim)).collect()
    }

    fn person(&self, own: &Claims, more: &Claims) -> Verified {
        let text = |name: &str| claims::text(own, name).or_else(|| claims::text(more, name));
        let groups = |said: &Claims| claims::groups(said, &self.settings.groups_claim);
        let groups = match (groups(own), groups(more)) {
            (Some(Groups::Said(said)), _) | (_, Some(Groups::Said(said))) => Groups::Said(said),
            (None, None) => Groups::Said(vec![]),
            _ => Groups::TooMany,
        };
        let subject = text("sub").unwrap_or_default();
        let email = text("email").or_else(|| text("preferred_username")).or_else(|| text("name"));
        let mut both = more.clone();
        both.extend(own.clone());
        Verified {
            issuer: self.settings.issuer.clone(),
            email_is_verified: [own, more].into_iter().find(|said| said.contains_key("email")).is_some_and(is_vouched),
            email: email.unwrap_or_else(|| subject.clone()),
            subject,
            name: text("name").unwrap_or_default(),
            usernames: self.usernames(&both),
            groups,
            ids: BTreeMap::new(),
            refresh: None,
        }
    }

    /// What an answer to a refresh token says of its owner: there may be an id_token (Core, section 12.2), userinfo, or
    /// nothing.
    async fn again(&self, discovery: &Discovery, tokens: &Tokens, subject: &str) -> Result<Option<Verified>, Failure> {
        let own = match &tokens.id {
            Some(token) => self.check_id_token(token, None).await?,
            None => Claims::from_iter([("sub".to_owned(), Value::from(subject))]),
        };
        if own.get("sub").and_then(Value::as_str) != Some(subject) {
            return Err(Failure::answer("it was asked about one person, and speaks of another"));
        }
        let more = self.userinfo(discovery, &own, &tokens.access).await?;
        let is_said = tokens.id.is_some() || claims::groups(&more, &self.settings.groups_claim).is_some();
        Ok(is_said.then(|| self.person(&own, &more)))
    }
}

#[async_trait]
impl IdentityProvider for Oidc {
    fn issuer(&self) -> &str {
        self.documents.issuer()
    }

    async fn start(&self, state: &Secret, attempt: &Attempt) -> Result<Url, Failure> {
        let discovery = self.documents.discovery().await?;
        let mut url = self.settings.client.authorize(&Self::endpoints(&discovery), state, attempt);
        url.query_pairs_mut().append_pair("nonce", &attempt.nonce);
        if self.asks_for_consent() {
            url.query_pairs_mut().append_pair("prompt", "consent");
        }
        Ok(url)
    }

    async fn finish(&self, returned: Returned, attempt: &Attempt) -> Result<Verified, Failure> {
        let discovery = self.documents.discovery().await?;
        self.check_sender(&discovery, &returned)?;
        let way = (&Self::endpoints(&discovery), self.documents.wire());
        let tokens = self.settings.client.redeem(way, returned, attempt).await?;
        let missing = || Failure::answer("it gave no id_token; it has to allow the scope openid");
        let own = self.check_id_token(&tokens.id.ok_or_else(missing)?, Some(&attempt.nonce)).await?;
        let more = self.userinfo(&discovery, &own, &tokens.access).await?;
        Ok(Verified { refresh: tokens.refresh, ..self.person(&own, &more) })
    }

    async fn renew(&self, refresh: &Secret, subject: &str) -> Result<Renewed, Failure> {
        let discovery = self.documents.discovery().await?;
        let way = (&Self::endpoints(&discovery), self.documents.wire());
        let tokens = self.settings.client.renew(way, refresh).await?;
        let said = self.again(&discovery, &tokens, subject).await;
        Ok(Renewed { refresh: tokens.refresh, said })
    }

    fn client_id(&self) -> &str {
        &self.settings.client.id
    }

    /// OpenID Connect RP-Initiated Logout 1.0, section 2.
    async fn leave(&self) -> Option<Url> {
        let mut url = self.documents.discovery().await.ok()?.end_session_endpoint.clone()?;
        let Client { id, left, .. } = &self.settings.client;
        url.query_pairs_mut().append_pair("client_id", id).append_pair("post_logout_redirect_uri", left.as_str());
        Some(url)
    }

    async fn reach(&self) -> Result<(), Failure> {
        self.documents.reach().await
    }
}

/// Whether the document that names an address says that it is theirs: another one's word is about another address.
fn is_vouched(said: &Claims) -> bool {
    said.get("email_verified") == Some(&Value::Bool(true)) && claims::text(said, "email").is_some()
}
