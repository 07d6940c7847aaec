//! What is asked about who somebody is elsewhere.

use super::{Action, Mutation, own};
use crate::domain::{Permission, Target, Username};

impl Mutation for LinkIdentity {}
impl Mutation for UnlinkIdentity {}
impl Mutation for JoinByProvider {}
impl Mutation for FollowProvider {}
impl Mutation for RestByProvider {}

actions! {
    /// Let who one is at a provider sign in to one's own account. Who takes an invitation so is vouched for.
    LinkIdentity { username: Username, provider: String } = "identity.link",
        needs |this| own(&this.username), object format!("{} by {}", this.username, this.provider);

    /// Let them sign in to it no more.
    UnlinkIdentity { username: Username, provider: String } = "identity.unlink",
        needs |this| own(&this.username), object format!("{} by {}", this.username, this.provider);

    /// Become a user by the word of an identity provider. Nobody has the right: who signed in there is vouched for.
    JoinByProvider { username: Username, provider: String } = "user.join",
        needs |this| vec![(Permission::SystemMaintain, Target::Instance)],
        object format!("{} by {}", this.username, this.provider);

    /// Be what a provider says now: in which groups, and whether an administrator.
    FollowProvider { username: Username, provider: String } = "user.follow-provider",
        needs |this| vec![(Permission::SystemMaintain, Target::Instance)],
        object format!("{} by {}", this.username, this.provider);

    /// Rest, for the provider by which one came vouches no more.
    RestByProvider { username: Username, provider: String } = "user.rest",
        needs |this| vec![(Permission::SystemMaintain, Target::Instance)],
        object format!("{} by {}", this.username, this.provider);
}
