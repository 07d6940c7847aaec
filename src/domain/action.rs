//! What is asked. The arguments are the action: whoever holds proof for one cannot use it for another.

use super::{Digest, Grantee, GroupName, Permission, Reference, RepositoryName, Scope, Tag, Target, Terms, Username};

/// Something that somebody may or may not do.
pub trait Action: Clone + Send + Sync + 'static {
    /// Stable name for the audit log.
    const NAME: &'static str;

    /// Every permission it takes, each with its target.
    fn needs(&self) -> Vec<(Permission, Target)>;

    /// What the audit log names as its object.
    fn object(&self) -> String;

    /// What it takes from somewhere else, which is told only to who may read there.
    fn source(&self) -> Option<String> {
        None
    }

    /// Where it is done, as [`Target::place`] says: in what it needs its first permission on.
    fn place(&self) -> String {
        self.needs().first().map(|(_, target)| target.place()).unwrap_or_default()
    }
}

/// An action that changes something: only its proof opens a transaction that writes.
pub trait Mutation: Action {}

impl Mutation for PushBlob {}
impl Mutation for MountBlob {}
impl Mutation for PushManifest {}
impl Mutation for Maintain {}
impl Mutation for SetUp {}
impl Mutation for CreateUser {}
impl Mutation for ChangeUser {}
impl Mutation for GiveAccess {}
impl Mutation for InviteWithAccess {}
impl Mutation for TakeAccess {}
impl Mutation for InviteUser {}
impl Mutation for TakeInvitation {}
impl Mutation for DeleteUser {}
impl Mutation for SignOutUser {}
impl Mutation for CreateGroup {}
impl Mutation for ChangeGroup {}
impl Mutation for MapGroup {}
impl Mutation for Dismiss {}
impl Mutation for DeleteGroup {}
impl Mutation for ChangeAccess {}
impl Mutation for AcceptLink {}
impl Mutation for StarRepository {}
impl Mutation for ChangePassword {}
impl Mutation for EndSession {}
impl Mutation for OpenSession {}
impl Mutation for LetIn {}

/// An action of which a part is only bookkeeping: its proof may also keep records that the audit log does not show.
pub trait Bookkeeping: Mutation {}

impl Bookkeeping for PushBlob {}
impl Bookkeeping for Maintain {}
impl Bookkeeping for DeleteTag {}
impl Bookkeeping for DeleteTags {}
impl Bookkeeping for DeleteImages {}
impl Bookkeeping for DeleteRepository {}
impl Bookkeeping for DeleteNamespace {}
impl Bookkeeping for SetTag {}
impl Bookkeeping for RollBackTag {}
impl Bookkeeping for RenameTag {}
impl Bookkeeping for TakeBackCopy {}
impl Bookkeeping for RestoreTrash {}
impl Bookkeeping for PurgeTrash {}
impl Bookkeeping for CopyTags {}

macro_rules! actions {
    ($($(#[$doc:meta])* $type:ident { $($field:ident: $kind:ty),* } = $name:literal,
        needs |$this:ident| $needs:expr, object $object:expr $(, source $source:expr)?;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $type { $(pub $field: $kind),* }
        impl Action for $type {
            const NAME: &'static str = $name;
            fn needs(&self) -> Vec<(Permission, Target)> { let $this = self; let _ = $this; $needs }
            fn object(&self) -> String { let $this = self; let _ = $this; $object }
            $(fn source(&self) -> Option<String> { let $this = self; Some($source) })?
        }
    )*};
}

mod credentials;
mod deletes;
mod identities;
mod jobs;
mod mounts;
mod protections;
mod settings;
mod sign_in_providers;
mod tags;

pub use credentials::{
    ChangeRobot, CreateRobot, CreateToken, DeleteRobot, DeleteToken, IssueToken, ListRobots, ReadRobots, RevokeToken,
    RotateRobot,
};
pub use deletes::{DeleteBlob, DeleteImages, DeleteManifest, DeleteNamespace, DeleteTag, DeleteTags};
pub use identities::{FollowProvider, JoinByProvider, LinkIdentity, RestByProvider, UnlinkIdentity};
pub use jobs::{ControlJob, ListJobs, ReadJob, RunCollection};
pub use mounts::{ChangeMount, CheckMount, CreateMount, DeleteMount, ProbeMount, RotateHook};
pub use protections::{ChangeProtection, ListProtections, RemoveProtection, SetProtection};
pub use settings::{ConfigureNamespace, ConfigureRepository, CreateRepository, DeleteRepository, ReadNamespace};
pub use sign_in_providers::{
    AcceptGroup, ChangeProvider, CountGroup, CreateProvider, DeleteProvider, DisableProvider, EnableProvider,
    ListProviders, TryProvider,
};

pub use tags::{
    CopyTags, PurgeTrash, RenameTag, RestoreTrash, RollBackNamespace, RollBackTag, SetTag, TakeBackCopy, Trashed,
};

actions! {
    /// See the list of repositories; which ones is for the visibility that comes with the proof.
    ListRepositories {} = "repository.list", needs |this| vec![], object String::new();

    /// See one repository and pull from it.
    ReadRepository { repository: RepositoryName } = "repository.read",
        needs |this| vec![(Permission::RepositoryRead, Target::Repository(this.repository.clone()))],
        object this.repository.to_string();

    /// Upload content: start, continue, finish or cancel an upload session.
    PushBlob { repository: RepositoryName } = "blob.push",
        needs |this| vec![(Permission::RepositoryPush, Target::Repository(this.repository.clone()))],
        object this.repository.to_string();

    /// Link a blob of another repository, without sending its bytes.
    MountBlob { repository: RepositoryName, from: RepositoryName, digest: Digest } = "blob.mount",
        needs |this| vec![
            (Permission::RepositoryPush, Target::Repository(this.repository.clone())),
            (Permission::RepositoryRead, Target::Repository(this.from.clone())),
        ],
        object format!("{}@{}", this.repository, this.digest);

    /// Store a manifest, and name it: by the reference if that is a tag, and by each of `tags`. Whether that
    /// creates the repository or moves a tag is decided inside the transaction that does it.
    PushManifest { repository: RepositoryName, reference: Reference, tags: Vec<Tag> } = "manifest.push",
        needs |this| vec![(Permission::RepositoryPush, Target::Repository(this.repository.clone()))],
        object format!("{}@{}", this.repository, this.reference);

    /// See the mounted registries and their state.
    ReadMounts {} = "mount.read", needs |this| vec![(Permission::MountRead, Target::Instance)], object String::new();

    /// Read the metrics.
    ReadSystem {} = "system.read", needs |this| vec![(Permission::SystemRead, Target::Instance)], object String::new();

    /// See who has accounts.
    ListUsers {} = "user.list", needs |this| vec![(Permission::UserRead, Target::Instance)], object String::new();

    /// Make an account.
    CreateUser { username: Username } = "user.create",
        needs |this| vec![(Permission::UserManage, Target::Instance)], object this.username.to_string();

    /// Let somebody in no more, or again.
    ChangeUser { username: Username, disabled: bool } = "user.change",
        needs |this| vec![(Permission::UserManage, Target::Instance)], object this.username.to_string();

    /// Make a link by which somebody who has no password yet chooses one.
    InviteUser { username: Username } = "user.invite",
        needs |this| vec![(Permission::UserManage, Target::Instance)], object this.username.to_string();

    /// Take back an invitation that nobody has taken, with the account and all that was given to it.
    TakeInvitation { username: Username } = "user.take-invitation",
        needs |this| vec![(Permission::UserManage, Target::Instance)], object this.username.to_string();

    /// Take an account away, with all that it has.
    DeleteUser { username: Username } = "user.delete",
        needs |this| vec![(Permission::UserManage, Target::Instance)], object this.username.to_string();

    /// Sign somebody out everywhere.
    SignOutUser { username: Username } = "user.sign-out",
        needs |this| vec![(Permission::UserManage, Target::Instance)], object this.username.to_string();

    /// See the groups.
    ListGroups {} = "group.list", needs |this| vec![(Permission::GroupRead, Target::Instance)], object String::new();

    /// Make a group.
    CreateGroup { name: GroupName } = "group.create",
        needs |this| vec![(Permission::GroupManage, Target::Instance)], object this.name.to_string();

    /// Put some into a group here, and take some out who were.
    ChangeGroup { name: GroupName, add: Vec<Username>, remove: Vec<Username> } = "group.change",
        needs |this| vec![(Permission::GroupManage, Target::Instance)], object this.name.to_string();

    /// Set which groups of providers put people into a group: each with its provider.
    MapGroup { name: GroupName, claims: Vec<(String, String)> } = "group.map",
        needs |this| vec![(Permission::GroupManage, Target::Instance)], object this.name.to_string();

    /// Somebody who waits is not let in.
    Dismiss { issuer: String, subject: String } = "user.dismiss",
        needs |this| vec![(Permission::UserManage, Target::Instance)], object this.subject.clone();

    /// Take a group away, with all access that it has.
    DeleteGroup { name: GroupName } = "group.delete",
        needs |this| vec![(Permission::GroupManage, Target::Instance)], object this.name.to_string();

    /// See what each role holds.
    ListRoles {} = "role.list", needs |this| vec![(Permission::RoleRead, Target::Instance)], object String::new();

    /// See what was done in a scope, by whom.
    ReadActivity { scope: Scope } = "activity.read",
        needs |this| vec![(Permission::AuditRead, Target::Scope(this.scope.clone()))],
        object if this.scope == Scope::Everything { String::new() } else { this.scope.to_string() };

    /// See who has access in a scope.
    ListGrants { scope: Scope } = "grant.list",
        needs |this| vec![(Permission::GrantRead, Target::Scope(this.scope.clone()))], object this.scope.to_string();

    /// Give somebody a role. Nobody gives what they do not have there.
    GiveAccess { to: Grantee, terms: Terms } = "grant.give",
        needs |this| all_of(&this.terms), object format!("{} to {}", words(&this.terms), this.to);

    /// Make an account for somebody who has none, with a role from the beginning.
    InviteWithAccess { username: Username, terms: Terms } = "grant.invite",
        needs |this| all_of(&this.terms).into_iter().chain([(Permission::UserManage, Target::Instance)]).collect(),
        object format!("{} with {}", this.username, words(&this.terms));

    /// Take it away again, which takes the same rights as to give it.
    TakeAccess { id: String, to: Grantee, terms: Terms } = "grant.take",
        needs |this| all_of(&this.terms), object format!("{} from {}", words(&this.terms), this.to);

    /// Give somebody another role than they have.
    ChangeAccess { id: String, to: Grantee, before: Terms, terms: Terms } = "grant.change",
        needs |this| all_of(&this.before).into_iter().chain(all_of(&this.terms)).collect(),
        object format!("{} for {}", words(&this.terms), this.to);

    /// See one's own account.
    ReadAccount { username: Username } = "account.read", needs |this| own(&this.username), object String::new();

    /// Mark a repository that one may read for oneself, or take the mark away.
    StarRepository { username: Username, repository: RepositoryName, starred: bool } = "repository.star",
        needs |this| {
            let reads = (Permission::RepositoryRead, Target::Repository(this.repository.clone()));
            own(&this.username).into_iter().chain([reads]).collect()
        },
        object this.repository.to_string();

    /// Choose another password.
    ChangePassword { username: Username } = "account.change-password",
        needs |this| own(&this.username), object this.username.to_string();

    /// End one's own session.
    EndSession { username: Username, id: String } = "session.end",
        needs |this| own(&this.username), object this.id.clone();

    /// Choose a password by a link. Nobody has the right: who holds the link is vouched for.
    AcceptLink { username: Username } = "user.accept-link",
        needs |this| vec![(Permission::SystemMaintain, Target::Instance)], object this.username.to_string();

    /// Make the first administrator. Nobody has the right: who holds the link for it is vouched for.
    SetUp { username: Username } = "instance.set-up",
        needs |this| vec![(Permission::SystemMaintain, Target::Instance)], object this.username.to_string();

    /// Sign in. Nobody has the right: who showed who they are is vouched for. `who` is as whom somebody tried it in vain.
    OpenSession { who: String } = "session.open",
        needs |this| vec![(Permission::SystemMaintain, Target::Instance)], object this.who.clone();

    /// Let somebody in who signed in by a provider and waits.
    LetIn { issuer: String, subject: String } = "user.let-in",
        needs |this| vec![(Permission::UserManage, Target::Instance)],
        object format!("{} at {}", this.subject, this.issuer);

    /// Keep Portolan's own records: job leases, crawl results, upload clean-up.
    Maintain {} = "system.maintain",
        needs |this| vec![(Permission::SystemMaintain, Target::Instance)], object String::new();
}

fn own(username: &Username) -> Vec<(Permission, Target)> {
    vec![(Permission::AccountManage, Target::Account(username.clone()))]
}

/// What it takes to give these terms: to manage grants there, and to hold all that the role holds.
fn all_of(terms: &Terms) -> Vec<(Permission, Target)> {
    let manages = (Permission::GrantManage, Target::Scope(terms.scope.clone()));
    [manages].into_iter().chain(held(terms)).collect()
}

/// All that the role of these terms holds, where it holds it.
fn held(terms: &Terms) -> Vec<(Permission, Target)> {
    let on = |permission: Permission| match permission.is_of_the_instance() {
        true => Target::Instance,
        false => Target::Scope(terms.scope.clone()),
    };
    let held = Permission::ALL.into_iter().filter(|permission| terms.role.holds(*permission));
    held.map(|permission| (permission, on(permission))).collect()
}

fn words(terms: &Terms) -> String {
    let tags = terms.tags.as_ref().map(|tags| format!(" only tags {tags}")).unwrap_or_default();
    format!("{} on {}{tags}", terms.role, terms.scope)
}
