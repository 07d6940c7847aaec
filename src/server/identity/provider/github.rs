//! GitHub: OAuth 2 without an id_token. Who somebody is is the number of their account; logins change hands.

use super::claims::{self, Claims};
use super::flow::{Client, Endpoints};
use super::wire::Wire;
use super::{Failure, Groups, IdentityProvider, Renewed, Returned, Verified};
use crate::domain::Result as DomainResult;
use crate::server::identity::attempts::Attempt;
use crate::server::secret::Secret;
use async_trait::async_trait;
use serde_json::Value;
use std::collections::BTreeMap;
use url::Url;

/// Entries of one page of a list, and how many pages are read.
const PAGE: usize = 100;
const MAX_PAGES: usize = 20;

/// How to use GitHub, or a GitHub Enterprise Server.
pub struct GitHubSettings {
    /// Without a slash at the end, such as `https://github.com`.
    pub url: String,
    /// The same, such as `https://api.github.com`.
    pub api_url: String,
    pub client: Client,
    /// A field of the account; the login where nothing is said.
    pub username_claim: Option<String>,
}

/// GitHub.
pub struct GitHub {
    settings: GitHubSettings,
    endpoints: Endpoints,
    wire: Wire,
}

impl GitHub {
    /// GitHub, which is not asked yet.
    ///
    /// # Errors
    /// If an address cannot be used.
    pub fn new(settings: GitHubSettings, wire: Wire) -> DomainResult<Self> {
        let at = |path: &str| {
            let text = format!("{}/login/oauth/{path}", settings.url);
            Url::parse(&text).map_err(|error| crate::domain::Error::invalid("url", format!("{text}: {error}")))
        };
        let (authorization, token) = (at("authorize")?, at("access_token")?);
        let endpoints = Endpoints { authorization, token, is_secret_in_body: true };
        Ok(Self { settings, endpoints, wire })
    }

    /// What the API has at a path; `None` where it does not let this token see it.
    async fn ask(&self, path: &str, token: &Secret) -> Result<Option<(Value, bool)>, Failure> {
        let at = format!("{}{path}", self.settings.api_url);
        let at = Url::parse(&at).map_err(|error| Failure::answer(format!("{at} is no address: {error}")))?;
        let got = self.wire.get(&at, Some(token)).await?;
        if got.is_limited {
            return Err(Failure::Limited);
        }
        match got.status {
            200 => match serde_json::from_slice(&got.body) {
                Ok(value) => Ok(Some((value, got.has_next))),
                Err(error) => Err(Failure::answer(format!("{path} holds something else than it should: {error}"))),
            },
            403 | 404 => Ok(None),
            status @ 500.. => Err(Failure::Unreachable(format!("{path} answered {status}"))),
            status => Err(Failure::answer(format!("{path} answered {status}"))),
        }
    }

    /// A whole list, page by page; whether it went on beyond what is read. An organisation may hide itself from an app,
    /// which is to be in none.
    async fn list(&self, path: &str, token: &Secret) -> Result<(Vec<Claims>, bool), Failure> {
        let mut all = Vec::new();
        for page in 1..=MAX_PAGES {
            let found = self.ask(&format!("{path}?per_page={PAGE}&page={page}"), token).await?;
            let Some((Value::Array(items), has_next)) = found else { return Ok((all, false)) };
            let is_last = !has_next && items.len() < PAGE;
            all.extend(items.into_iter().filter_map(|item| if let Value::Object(it) = item { Some(it) } else { None }));
            if is_last {
                return Ok((all, false));
            }
        }
        Ok((all, true))
    }

    /// `org` for each organisation, `org/team` for each team, with the number of each. One without a number is none: who
    /// gives a name up gives it to whoever takes it.
    async fn groups(&self, token: &Secret) -> Result<(Groups, BTreeMap<String, String>), Failure> {
        let (orgs, more_orgs) = self.list("/user/orgs", token).await?;
        let (teams, more_teams) = self.list("/user/teams", token).await?;
        let number = |of: &Claims| Some(of.get("id")?.as_u64()?.to_string());
        let orgs = orgs.iter().filter_map(|org| Some((claims::text(org, "login")?, number(org)?)));
        let teams = teams.iter().filter_map(|team| {
            let (org, slug) = (claims::text(team, "organization.login")?, claims::text(team, "slug")?);
            Some((format!("{org}/{slug}"), number(team)?))
        });
        let ids: BTreeMap<String, String> = orgs.chain(teams).collect();
        let groups = match more_orgs || more_teams {
            true => Groups::TooMany,
            false => Groups::Said(ids.keys().cloned().collect()),
        };
        Ok((groups, ids))
    }

    /// The first address, if GitHub has seen that it is theirs.
    async fn email(&self, token: &Secret) -> Result<Option<String>, Failure> {
        let (emails, _) = self.list("/user/emails", token).await?;
        let is = |email: &Claims, name: &str| email.get(name) == Some(&Value::Bool(true));
        let own = emails.iter().find(|email| is(email, "primary") && is(email, "verified"));
        Ok(own.and_then(|email| claims::text(email, "email")))
    }
}

#[async_trait]
impl IdentityProvider for GitHub {
    fn issuer(&self) -> &str {
        &self.settings.url
    }

    async fn start(&self, state: &Secret, attempt: &Attempt) -> Result<Url, Failure> {
        Ok(self.settings.client.authorize(&self.endpoints, state, attempt))
    }

    async fn finish(&self, returned: Returned, attempt: &Attempt) -> Result<Verified, Failure> {
        let tokens = self.settings.client.redeem((&self.endpoints, &self.wire), returned, attempt).await?;
        Ok(Verified { refresh: tokens.refresh, ..self.person(&tokens.access).await? })
    }

    async fn renew(&self, refresh: &Secret, subject: &str) -> Result<Renewed, Failure> {
        let tokens = self.settings.client.renew((&self.endpoints, &self.wire), refresh).await?;
        let said = match self.person(&tokens.access).await {
            Ok(other) if other.subject != subject => {
                Err(Failure::answer("it speaks of another account than was asked"))
            }
            said => said.map(Some),
        };
        Ok(Renewed { refresh: tokens.refresh, said })
    }

    fn client_id(&self) -> &str {
        &self.settings.client.id
    }

    async fn leave(&self) -> Option<Url> {
        None
    }

    async fn reach(&self) -> Result<(), Failure> {
        self.wire.get(&self.endpoints.authorization, None).await.map(|_| ())
    }
}

impl GitHub {
    /// Whose token it is.
    async fn person(&self, access: &Secret) -> Result<Verified, Failure> {
        let Some((Value::Object(account), _)) = self.ask("/user", access).await? else {
            return Err(Failure::answer("it does not tell whose token it gave"));
        };
        let id = account.get("id").and_then(Value::as_u64).filter(|id| *id != 0);
        let subject = id.ok_or_else(|| Failure::answer("it names no account"))?.to_string();
        let email = self.email(access).await?;
        let login = claims::text(&account, "login");
        let (groups, ids) = self.groups(access).await?;
        let named = self.settings.username_claim.as_deref().and_then(|claim| claims::text(&account, claim));
        Ok(Verified {
            issuer: self.settings.url.clone(),
            email_is_verified: email.is_some(),
            email: email.clone().or_else(|| login.clone()).unwrap_or_else(|| subject.clone()),
            subject,
            name: claims::text(&account, "name").unwrap_or_default(),
            usernames: [named, login, email].into_iter().flatten().collect(),
            groups,
            ids,
            refresh: None,
        })
    }
}
