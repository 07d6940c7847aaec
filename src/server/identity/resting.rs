//! Who is here by the word of a provider alone rests when that word is old, or the provider is in force no more:
//! sessions, tokens and clients stop, and nothing of theirs is lost. Signing in there again ends the rest.

use super::known::{At, Identity};
use crate::domain::principal::PrincipalKind;
use crate::domain::{Error, Result, Timestamp};
use crate::server::access::{Basis, Evidence, Standing};
use crate::server::store::{grants, identities, principals};

/// Whose word counts for somebody at a moment.
struct Words {
    /// Providers whose word is fresh.
    providers: Vec<String>,
    /// When the first of them is old.
    until: Option<Timestamp>,
    /// Whether nothing else lets them in.
    is_all: bool,
}

/// By what somebody is here.
pub(super) struct Came {
    pub(super) shown: Evidence,
    /// Whether a link let them in that works once: that is the way in which is left where no other is.
    pub(super) is_by_link: bool,
}

impl Identity {
    /// Somebody with a name, as long as they are let in.
    pub(super) async fn principal(&self, id: &str, shown: Evidence, at: At) -> Result<Standing> {
        self.principal_by(id, Came { shown, is_by_link: false }, at).await
    }

    /// The same, by what they came.
    pub(super) async fn principal_by(&self, id: &str, came: Came, at: At) -> Result<Standing> {
        let Came { shown, is_by_link } = came;
        let principal = principals::by_id(&self.store, id).await?;
        let principal = principal.filter(|principal| principal.is_let_in(at.now)).ok_or(Error::Unauthenticated)?;
        let Words { providers, until, is_all } = match principal.kind {
            PrincipalKind::User => self.words(id, is_by_link, at.now).await?,
            PrincipalKind::Robot => Words { providers: vec![], until: None, is_all: false },
        };
        let terms = grants::of_principal(&self.store, id, &providers).await?;
        let of_console = providers.iter().filter(|name| !self.providers.is_of_file(name)).cloned().collect();
        let ends_at = [principal.expires_at, until].into_iter().flatten().min();
        let (actor, epoch) = (principal.actor(), at.epoch);
        let basis = Some(Basis { epoch, shown, providers, of_console, is_by_word: is_all });
        Ok(Standing { id: Some(principal.id), terms, ends_at, basis, ..Standing::of(actor) })
    }

    /// # Errors
    /// [`Error::Resting`] where nobody's word is left, and no password.
    async fn words(&self, user_id: &str, is_by_link: bool, now: Timestamp) -> Result<Words> {
        let (identities, has_password) = identities::of_user(&self.store, user_id).await?;
        let is_in_force = |it: &&identities::Identity| self.providers.has(&it.provider, &it.issuer);
        let ends = |it: &identities::Identity| Timestamp(it.checked_at.0.saturating_add(self.settings.recheck_ms));
        let vouches = |it: &&identities::Identity| it.refused_at.is_none() && now < ends(it);
        let fresh: Vec<_> = identities.iter().filter(is_in_force).filter(vouches).collect();
        let is_all = !identities.is_empty() && !(has_password && (self.settings.local_sign_in || is_by_link));
        if fresh.is_empty() && is_all {
            return Err(Error::Resting(self.reason(&identities)));
        }
        let until = fresh.iter().map(|it| ends(it)).min();
        Ok(Words { providers: fresh.into_iter().map(|it| it.provider.clone()).collect(), until, is_all })
    }

    fn reason(&self, identities: &[identities::Identity]) -> String {
        let old = identities.iter().find(|it| self.providers.has(&it.provider, &it.issuer));
        let refused = old.is_some_and(|it| it.refused_at.is_some());
        match old.and_then(|it| self.providers.find(&it.provider)) {
            Some(provider) if refused => format!(
                "this account rests: {} was asked again and vouches no more for its owner; who still has an account \
                 there signs in by it in a browser, once",
                provider.title
            ),
            Some(provider) => format!(
                "this account rests: its owner has not signed in by {} for {} days; do so in a browser",
                provider.title,
                self.settings.recheck_ms / 86_400_000
            ),
            None => "this account rests: its sign-in provider is in force no more; ask an administrator".to_owned(),
        }
    }
}
