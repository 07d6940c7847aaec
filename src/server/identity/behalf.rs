//! In whose name work goes on once the request that asked for it is over: their rights are found anew for each step, so
//! whoever loses a right, an account or a token loses it for the work too.

use super::Identity;
use super::known::{At, live, within};
use crate::domain::{Error, Result};
use crate::server::access::{Bound, Caller, Shown, Standing};
use crate::server::store::tokens;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Who asked for work, as it is kept with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behalf {
    /// The id of a user or a robot; nothing for somebody who was not signed in.
    principal: Option<String>,
    /// The token that they came with, whose bounds are those of the work.
    token: Option<String>,
}

impl Behalf {
    /// That of somebody who asks now.
    ///
    /// # Errors
    /// [`Error::Conflict`] for a token of the registry: it ends within minutes, and says nothing of work.
    pub fn of(standing: &Standing) -> Result<Self> {
        if standing.bounds.iter().any(|bound| matches!(bound, Bound::Registry { .. })) {
            let words = "a token of the registry starts no job; ask with the token or the password behind it";
            return Err(Error::Conflict(words.to_owned()));
        }
        Ok(Self { principal: standing.id.clone(), token: standing.token.clone() })
    }
}

impl Identity {
    /// Whoever asked for work, as somebody who asks now for one more step of it: the work's id is that of the request.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if they are let in no more, or what they came with ended.
    pub async fn on_behalf(&self, behalf: &Behalf, work_id: &str) -> Result<Caller> {
        let standing = Arc::new(self.standing_of(behalf).await?);
        Ok(Caller { standing, request_id: work_id.to_owned(), address: String::new() })
    }

    async fn standing_of(&self, behalf: &Behalf) -> Result<Standing> {
        let at = At { epoch: self.epoch().await?, now: self.clock.now() };
        let Some(principal) = &behalf.principal else { return self.nobody(at).await };
        let standing = self.principal(principal, Shown::Nothing, at).await?;
        match &behalf.token {
            None => Ok(standing),
            Some(token) => Ok(within(standing, live(tokens::by_id(&self.store, token).await?, at.now)?)),
        }
    }
}
