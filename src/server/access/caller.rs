//! Who asks, as the doors (HTTP, jobs) found out.

use crate::domain::Actor;

/// The one behind a request.
#[derive(Clone, Debug)]
pub struct Caller {
    pub actor: Actor,
    /// The request's id, which logs, audit and answer share.
    pub request_id: String,
}
