//! Tokens of the registry: what somebody asks for and what they get of it.

mod elsewhere;

use crate::domain::{Error, Permission, RepositoryName, Result, Target, Timestamp};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::entropy::new_secret_uuid;
use crate::server::identity::registry_tokens::{self, Claims, Entry, Own};
use crate::server::identity::secrets::fingerprint_of;
use crate::server::identity::told;
use crate::server::store::repositories;
use std::collections::BTreeMap;

/// The most of a form.
pub const MAX_REQUEST_BYTES: usize = 64 * 1024;

/// The most things that one token may be for.
const MAX_SCOPES: usize = 100;

/// What a token can be for; others are asked of other registries.
const ACTIONS: [&str; 4] = ["pull", "push", "delete", "*"];

/// What is asked for: `type(class):name:actions`, where the name may hold a port's colon.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scopes(BTreeMap<(String, String), Vec<String>>);

impl Scopes {
    /// Reads all parameters, each with one scope or several. What cannot be read is left out: a client may ask for
    /// kinds of things that only other registries have.
    ///
    /// # Errors
    /// [`Error::Invalid`] for more scopes than anybody needs.
    pub fn parse(texts: &[&str]) -> Result<Self> {
        let mut scopes = Self::default();
        for text in texts.iter().flat_map(|text| text.split_whitespace()) {
            let Some((kind, rest)) = text.split_once(':') else { continue };
            let Some((name, actions)) = rest.rsplit_once(':') else { continue };
            let kind = kind.split_once('(').map_or(kind, |(kind, _class)| kind);
            let of = scopes.0.entry((kind.to_owned(), name.to_owned())).or_default();
            for action in actions.split(',').filter(|action| ACTIONS.contains(action)) {
                if !of.iter().any(|known| known == action) {
                    of.push(action.to_owned());
                }
            }
            if scopes.0.len() > MAX_SCOPES {
                return Err(Error::invalid("scope", format!("ask for at most {MAX_SCOPES} scopes at once")));
            }
        }
        Ok(scopes)
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A request for a token.
pub struct TokenRequest<'a> {
    /// For which registry; this one where nothing is said.
    pub service: Option<&'a str>,
    pub scopes: Scopes,
}

/// A token.
pub struct Issued {
    pub token: String,
    pub issued_at: Timestamp,
    pub expires_in_s: i64,
    /// What of the scopes was granted.
    pub scope: String,
}

/// Issues a token for what the caller asked and may do.
///
/// # Errors
/// [`Error::Invalid`] for another service.
pub async fn issue(app: &App, caller: &Caller, asked: TokenRequest<'_>) -> Result<Issued> {
    let own = &app.identity.settings.service;
    if let Some(service) = asked.service.filter(|service| service != own) {
        let mounts = app.mounts.now();
        let mount = mounts.iter().find(|mount| mount.token_service.as_deref() == Some(service));
        let unknown = || Error::invalid("service", format!("this is the token service of {own}, not of {service:.80}"));
        return elsewhere::issue(app, caller, asked.scopes, mount.ok_or_else(unknown)?).await;
    }
    let (mut access, mut ids) = (Vec::new(), Vec::new());
    for ((kind, name), actions) in asked.scopes.0 {
        let granted = match kind.as_str() {
            "repository" => repository(app, caller, &name, &actions, &mut ids).await?,
            // Whoever asks for the list gets what they may see of it.
            "registry" if name == "catalog" => actions.into_iter().filter(|action| action == "*").collect(),
            _ => vec![],
        };
        // Also with no action: so the registry tells what was denied from what was never asked.
        access.push(Entry { kind, name, actions: granted });
    }
    let standing = &caller.standing;
    let inside = Own {
        principal: standing.id.clone(),
        token: standing.token.clone(),
        password: standing.password().map(fingerprint_of),
        repositories: ids,
    };
    let life_s = registry_tokens::life_s(app.clock.now(), standing.ends_at, false);
    sign(app, caller, (own, life_s), access, inside).await
}

/// Signs what was granted, for a service and for some seconds.
async fn sign(
    app: &App,
    caller: &Caller,
    (service, life_s): (&str, i64),
    access: Vec<Entry>,
    own: Own,
) -> Result<Issued> {
    let issued_at = app.clock.now();
    let now_s = issued_at.0 / 1000;
    let claims = Claims {
        iss: app.identity.signing.issuer().to_owned(),
        aud: service.to_owned(),
        sub: caller.standing.actor.name().unwrap_or_default().to_owned(),
        exp: now_s + life_s,
        nbf: now_s,
        iat: now_s,
        jti: new_secret_uuid(&*app.entropy),
        access,
        own,
    };
    let of = |entry: &Entry| format!("{}:{}:{}", entry.kind, entry.name, entry.actions.join(","));
    let scope = claims.access.iter().filter(|entry| !entry.actions.is_empty()).map(of).collect::<Vec<_>>().join(" ");
    let token = registry_tokens::issue(&app.identity.signing, &claims).await?;
    told::issued(app, caller, &scope);
    Ok(Issued { token, issued_at, expires_in_s: life_s, scope })
}

/// Those of the actions that the caller may do, as things stand.
async fn repository(
    app: &App,
    caller: &Caller,
    name: &str,
    actions: &[String],
    ids: &mut Vec<(RepositoryName, String)>,
) -> Result<Vec<String>> {
    let Ok(name) = name.parse::<RepositoryName>() else { return Ok(vec![]) };
    // Some clients ask for all there is to have.
    let all = ["pull", "push", "delete"].map(str::to_owned);
    let actions = if actions.iter().any(|action| action == "*") { &all[..] } else { actions };
    let target = Target::Repository(name.clone());
    let mut granted = Vec::new();
    for action in actions {
        let permissions: &[Permission] = match action.as_str() {
            "pull" => &[Permission::RepositoryRead],
            "push" => &[Permission::RepositoryPush],
            // A tag or an image: which of them is decided where it is deleted.
            "delete" => &[Permission::TagDelete, Permission::ManifestDelete],
            _ => &[],
        };
        for permission in permissions {
            if app.access.permits(&caller.standing, *permission, &target).await? {
                granted.push(action.clone());
                break;
            }
        }
    }
    if !granted.is_empty()
        && let Some(found) = repositories::find(&app.store, &name).await?
    {
        ids.push((name, found.id));
    }
    Ok(granted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(texts: &[&str]) -> Vec<String> {
        let scopes = Scopes::parse(texts).unwrap().0;
        scopes.into_iter().map(|((kind, name), actions)| format!("{kind} {name} {}", actions.join("+"))).collect()
    }

    /// AUTH-6.
    #[test]
    fn scopes_are_read_however_they_come() {
        assert_eq!(parsed(&["repository:a/b:pull", "repository:a/b:pull,push"]), ["repository a/b pull+push"]);
        assert_eq!(parsed(&["repository:a:pull repository:b:push"]), ["repository a pull", "repository b push"]);
        assert_eq!(parsed(&["repository(plugin):host:5000/a:pull"]), ["repository host:5000/a pull"]);
        assert_eq!(parsed(&["registry:catalog:*", "unknown:x:y"]), ["registry catalog *", "unknown x "]);
        assert!(parsed(&["", " ", "a", "a:b"]).is_empty());
        let long = format!("repository:a:{}{}", "pull,".repeat(100_000), "x,".repeat(100_000));
        assert_eq!(parsed(&[&long]), ["repository a pull"], "what is said a hundred thousand times is said once");
        let many: Vec<String> = (0..101).map(|n| format!("repository:a{n}:pull")).collect();
        assert!(Scopes::parse(&many.iter().map(String::as_str).collect::<Vec<_>>()).is_err());
    }
}
