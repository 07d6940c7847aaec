//! What is asked about who somebody is elsewhere.

use super::{Action, Mutation, own};
use crate::domain::{Permission, Target, Username};

impl Mutation for LinkIdentity {}
impl Mutation for UnlinkIdentity {}

actions! {
    /// Let who one is at a provider sign in to one's own account. Who takes an invitation so is vouched for.
    LinkIdentity { username: Username, provider: String } = "identity.link",
        needs |this| own(&this.username), object format!("{} by {}", this.username, this.provider);

    /// Let them sign in to it no more.
    UnlinkIdentity { username: Username, provider: String } = "identity.unlink",
        needs |this| own(&this.username), object format!("{} by {}", this.username, this.provider);
}
