//! Tokens of the registry (CNCF distribution, "Token Authentication Specification"; JWT, RFC 7519): what a client gets
//! for its credentials, for minutes and for what it asked. They are the most that may be done; live rights decide
//! besides, at every request.

use super::signing::Signing;
use crate::domain::{Error, RepositoryName, Result, Timestamp};
use crate::server::access::Verbs;
use crate::server::clock::Clock;
use crate::server::entropy::{Entropy, new_secret_uuid};
use crate::server::secret::Secret;
use serde::{Deserialize, Serialize};

/// How long a token holds. A large layer may take long, so it is looked at when a request begins.
const LIFE_S: i64 = 30 * 60;

/// The same at registries elsewhere, which ask nobody again while it holds.
const LIFE_ELSEWHERE_S: i64 = 5 * 60;

/// Clocks of nodes may differ by so much.
const LEEWAY_S: u64 = 30;

/// As whom Portolan itself reads.
const READER: &str = "portolan";

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    /// The username; empty for nobody in particular.
    pub sub: String,
    pub exp: i64,
    pub nbf: i64,
    pub iat: i64,
    pub jti: String,
    pub access: Vec<Entry>,
    /// Whose it is, by id, and by which token they asked.
    #[serde(rename = "portolan")]
    pub own: Own,
}

/// One thing and what may be done with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    #[serde(rename = "type")]
    pub kind: String,
    pub name: String,
    pub actions: Vec<String>,
}

/// What only Portolan reads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Own {
    pub principal: Option<String>,
    pub token: Option<String>,
    /// By which password they asked, as a fingerprint of its hash: after a change of it the token is worth nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Which repository of that name was meant, by id: another one that gets the name later is not.
    pub repositories: Vec<(RepositoryName, String)>,
}

impl Claims {
    /// What the token allows, and whether it lists repositories.
    pub fn bound(&self) -> (Vec<(RepositoryName, Verbs)>, bool) {
        let of = |kind: &'static str| self.access.iter().filter(move |entry| entry.kind == kind);
        let granted = of("repository").filter(|entry| !entry.actions.is_empty());
        let repositories = granted.filter_map(|entry| Some((entry.name.parse().ok()?, verbs(&entry.actions))));
        (repositories.collect(), of("registry").any(|entry| entry.name == "catalog" && !entry.actions.is_empty()))
    }
}

fn verbs(actions: &[String]) -> Verbs {
    let has = |verb: &str| actions.iter().any(|action| action == verb);
    Verbs { pull: has("pull"), push: has("push"), delete: has("delete") }
}

/// How long a token holds that is given `now` for something that may end: never longer than that.
pub fn life_s(now: Timestamp, ends_at: Option<Timestamp>, is_elsewhere: bool) -> i64 {
    let most = if is_elsewhere { LIFE_ELSEWHERE_S } else { LIFE_S };
    // A second that has begun counts: what ends in it is looked at besides, to the millisecond.
    ends_at.map_or(most, |end| most.min((end.0 + 999) / 1000 - now.0 / 1000))
}

/// What Portolan itself asks for.
pub struct Wanted<'s> {
    pub scope: &'s str,
    /// Whether it is to read alone, whatever the scope says.
    pub is_to_read: bool,
}

/// A token by which Portolan itself does what is wanted at the registry that asks for `service`, and for how many
/// seconds it holds.
pub async fn for_itself(
    signing: &Signing,
    service: &str,
    Wanted { scope, is_to_read }: Wanted<'_>,
    (clock, entropy): (&dyn Clock, &dyn Entropy),
) -> Result<(Secret, u64)> {
    let (now_s, jti) = (clock.now().0 / 1000, new_secret_uuid(entropy));
    let is_given = |action: &&str| match *action {
        "pull" | "*" => true,
        "push" | "delete" => !is_to_read,
        _ => false,
    };
    let entry = |text: &str| {
        let (kind, rest) = text.split_once(':')?;
        let (name, actions) = rest.rsplit_once(':')?;
        let actions = actions.split(',').filter(is_given).map(str::to_owned).collect();
        Some(Entry { kind: kind.to_owned(), name: name.to_owned(), actions })
    };
    let claims = Claims {
        iss: signing.issuer().to_owned(),
        aud: service.to_owned(),
        sub: READER.to_owned(),
        exp: now_s + LIFE_ELSEWHERE_S,
        nbf: now_s,
        iat: now_s,
        jti,
        access: scope.split(' ').filter_map(entry).collect(),
        own: Own::default(),
    };
    Ok((Secret::from(issue(signing, &claims).await?), LIFE_ELSEWHERE_S.unsigned_abs()))
}

/// Signs a token.
pub async fn issue(signing: &Signing, claims: &Claims) -> Result<String> {
    signing.sign(claims).await
}

/// The claims of a token that was signed here for `audience`, and still holds.
///
/// # Errors
/// [`Error::Unauthenticated`], which says nothing of the reason.
pub async fn check(signing: &Signing, token: &str, audience: &str, now: Timestamp) -> Result<Claims> {
    let claims: Claims = signing.verify(token).await?;
    let (now, leeway) = (now.0 / 1000, LEEWAY_S as i64);
    let is_now = claims.nbf - leeway <= now && now < claims.exp + leeway;
    if claims.aud != audience || claims.iss != signing.issuer() || !is_now {
        return Err(Error::Unauthenticated);
    }
    Ok(claims)
}
