//! In whose name a run goes on once the request that asked for it is over. It outlives the session and the password of
//! that request, and nothing else: for each step its owner and the token that they came with are looked up anew, with
//! what was granted at that moment. Who is signed out everywhere loses what they began (`runs::put_out`).

use super::Identity;
use super::known::{At, live, within};
use crate::domain::{Error, Result};
use crate::server::access::{Bound, Caller, Evidence, Standing};
use crate::server::store::runs::{Behalf, Run};
use crate::server::store::tokens;
use std::sync::Arc;

/// In whose name a run goes on that somebody asks for now.
///
/// # Errors
/// [`Error::Conflict`] for a token of the registry: it ends within minutes, and says nothing of work.
pub fn of(standing: &Standing) -> Result<Behalf> {
    if standing.bounds.iter().any(|bound| matches!(bound, Bound::Registry { .. })) {
        let words = "a token of the registry starts no job; ask with the token or the password behind it";
        return Err(Error::Conflict(words.to_owned()));
    }
    Ok(Behalf { principal: standing.id.clone(), token: standing.token.clone() })
}

impl Identity {
    /// Whoever asked for a run, as somebody who asks now for one more step of it: its id is that of the request.
    ///
    /// # Errors
    /// [`Error::Conflict`] if they are let in no more, or the token that they came with is gone or ended.
    pub async fn on_behalf(&self, run: &Run) -> Result<Caller> {
        let at = At { epoch: self.epoch().await?, now: self.clock.now() };
        let Behalf { principal, token } = &run.behalf;
        let standing = match principal {
            Some(id) => self.principal(id, Evidence::Nothing, at).await,
            None => self.nobody(at).await,
        };
        let mut standing = standing.map_err(|failure| lost(failure, "is let in no more"))?;
        if let Some(id) = token {
            let token = live(tokens::by_id(&self.store, id).await?, at.now);
            standing = within(standing, token.map_err(|failure| lost(failure, "did so by a token that is no more"))?);
        }
        Ok(Caller { standing: Arc::new(standing), request_id: run.id.clone(), address: String::new() })
    }
}

/// Nobody is there who could sign in once more: it is said what became of who asked.
fn lost(failure: Error, what: &str) -> Error {
    match failure {
        Error::Unauthenticated => Error::Conflict(format!("whoever asked for it {what}")),
        failure => failure,
    }
}
