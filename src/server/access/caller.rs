//! Who asks, as the doors (HTTP, jobs) found out.

use super::Standing;
use crate::domain::Actor;
use std::sync::Arc;

/// The one behind a request.
#[derive(Clone, Debug)]
pub struct Caller {
    pub standing: Arc<Standing>,
    /// The request's id, which logs, audit and answer share.
    pub request_id: String,
    /// From which address it came, as far as that can be believed.
    pub address: String,
}

impl Caller {
    /// Who it is.
    pub fn actor(&self) -> &Actor {
        &self.standing.actor
    }
}
