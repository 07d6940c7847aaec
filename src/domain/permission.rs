//! Verbs and the things they are about.

use super::{Error, RepositoryName, Result, Scope, Tag, Username};
use serde::{Deserialize, Serialize};

/// One verb on one kind of thing. The table of policies shows which role holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Permission {
    RepositoryRead,
    RepositoryPush,
    RepositoryCreate,
    TagMove,
    TagDelete,
    /// Also for blobs that no image uses.
    ManifestDelete,
    RepositoryDelete,
    /// Description, visibility, protection, retention.
    RepositoryConfigure,
    TrashRestore,
    TrashPurge,
    GrantRead,
    GrantManage,
    RobotManage,
    WebhookManage,
    ScanRun,
    FindingTriage,
    AuditRead,
    ReplicationManage,
    UserRead,
    UserManage,
    GroupRead,
    GroupManage,
    RoleRead,
    RoleManage,
    MountRead,
    MountManage,
    /// Metrics, for one.
    SystemRead,
    SystemConfigure,
    /// What only Portolan's own jobs do; no role holds it.
    SystemMaintain,
    /// One's own account, which no role gives and none takes: see [`Target::Account`].
    AccountManage,
}

impl Permission {
    /// Every permission, in the order of the table in `tests/policy.rs`.
    pub const ALL: [Self; 30] = [
        Self::RepositoryRead,
        Self::RepositoryPush,
        Self::RepositoryCreate,
        Self::TagMove,
        Self::TagDelete,
        Self::ManifestDelete,
        Self::RepositoryDelete,
        Self::RepositoryConfigure,
        Self::TrashRestore,
        Self::TrashPurge,
        Self::GrantRead,
        Self::GrantManage,
        Self::RobotManage,
        Self::WebhookManage,
        Self::ScanRun,
        Self::FindingTriage,
        Self::AuditRead,
        Self::ReplicationManage,
        Self::UserRead,
        Self::UserManage,
        Self::GroupRead,
        Self::GroupManage,
        Self::RoleRead,
        Self::RoleManage,
        Self::MountRead,
        Self::MountManage,
        Self::SystemRead,
        Self::SystemConfigure,
        Self::SystemMaintain,
        Self::AccountManage,
    ];

    /// Those that a tag pattern narrows.
    pub const OF_TAGS: [Self; 6] = [
        Self::RepositoryPush,
        Self::TagMove,
        Self::TagDelete,
        Self::ManifestDelete,
        Self::TrashRestore,
        Self::TrashPurge,
    ];

    /// The name that people and programs see.
    pub fn name(self) -> &'static str {
        match self {
            Self::RepositoryRead => "repository.read",
            Self::RepositoryPush => "repository.push",
            Self::RepositoryCreate => "repository.create",
            Self::TagMove => "tag.move",
            Self::TagDelete => "tag.delete",
            Self::ManifestDelete => "manifest.delete",
            Self::RepositoryDelete => "repository.delete",
            Self::RepositoryConfigure => "repository.configure",
            Self::TrashRestore => "trash.restore",
            Self::TrashPurge => "trash.purge",
            Self::GrantRead => "grant.read",
            Self::GrantManage => "grant.manage",
            Self::RobotManage => "robot.manage",
            Self::WebhookManage => "webhook.manage",
            Self::ScanRun => "scan.run",
            Self::FindingTriage => "finding.triage",
            Self::AuditRead => "audit.read",
            Self::ReplicationManage => "replication.manage",
            Self::UserRead => "user.read",
            Self::UserManage => "user.manage",
            Self::GroupRead => "group.read",
            Self::GroupManage => "group.manage",
            Self::RoleRead => "role.read",
            Self::RoleManage => "role.manage",
            Self::MountRead => "mount.read",
            Self::MountManage => "mount.manage",
            Self::SystemRead => "system.read",
            Self::SystemConfigure => "system.configure",
            Self::SystemMaintain => "system.maintain",
            Self::AccountManage => "account.manage",
        }
    }

    /// What somebody who holds it may do, in a line.
    pub fn words(self) -> &'static str {
        match self {
            Self::RepositoryRead => "See repositories and pull from them",
            Self::RepositoryPush => "Push images, and tags that are new",
            Self::RepositoryCreate => "Make repositories, also by a first push",
            Self::TagMove => "Put a tag that is there on another image",
            Self::TagDelete => "Delete tags",
            Self::ManifestDelete => "Delete images with their tags, and blobs",
            Self::RepositoryDelete => "Delete repositories with all in them",
            Self::RepositoryConfigure => "Change descriptions, visibility and protection rules",
            Self::TrashRestore => "Bring back what was deleted",
            Self::TrashPurge => "Delete for good",
            Self::GrantRead => "See who has access",
            Self::GrantManage => "Give, change and take access, of what they hold themselves",
            Self::RobotManage => "Make robots, rotate their secrets, delete them",
            Self::WebhookManage => "Set webhooks",
            Self::ScanRun => "Run scans",
            Self::FindingTriage => "Judge findings",
            Self::AuditRead => "Read activity",
            Self::ReplicationManage => "Set replication",
            Self::UserRead => "See users",
            Self::UserManage => "Invite, let in, disable and delete users",
            Self::GroupRead => "See groups and who is in them",
            Self::GroupManage => "Make groups, say who is in them, map those of providers",
            Self::RoleRead => "See roles",
            Self::RoleManage => "Make roles",
            Self::MountRead => "See mounted registries",
            Self::MountManage => "Mount registries, change and remove them",
            Self::SystemRead => "Read metrics and health",
            Self::SystemConfigure => "Set by which providers people sign in",
            Self::SystemMaintain => "Keep the books",
            Self::AccountManage => "Manage one's own account",
        }
    }

    /// Whether nothing asks for it yet: roles hold it for what is to come.
    pub fn is_to_come(self) -> bool {
        matches!(
            self,
            Self::WebhookManage | Self::ScanRun | Self::FindingTriage | Self::ReplicationManage | Self::RoleManage
        )
    }

    /// Whether it is about the instance and not about repositories.
    pub fn is_of_the_instance(self) -> bool {
        self >= Self::ReplicationManage
    }
}

impl TryFrom<String> for Permission {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|permission| permission.name() == name);
        known.ok_or_else(|| Error::invalid("permission", format!("there is no permission `{name:.40}`")))
    }
}

impl From<Permission> for String {
    fn from(permission: Permission) -> Self {
        permission.name().to_owned()
    }
}

/// What a permission is asked on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    Instance,
    /// All that lies in a scope, for what is done to the scope itself: who has access, which robots it has.
    Scope(Scope),
    Repository(RepositoryName),
    Tag(RepositoryName, Tag),
    /// The account of a user, for what they do to it themselves.
    Account(Username),
}

impl Target {
    /// Where it is, as records say: `team/web` in a repository, `team/` in a namespace, nothing elsewhere.
    pub fn place(&self) -> String {
        match self {
            Self::Repository(name) | Self::Tag(name, _) | Self::Scope(Scope::Repository(name)) => name.to_string(),
            Self::Scope(Scope::Namespace(namespace)) => format!("{namespace}/"),
            Self::Instance | Self::Account(_) | Self::Scope(Scope::Everything) => String::new(),
        }
    }

    /// The repository that it is, or lies in.
    pub fn repository(&self) -> Option<&RepositoryName> {
        match self {
            Self::Instance | Self::Scope(_) | Self::Account(_) => None,
            Self::Repository(name) | Self::Tag(name, _) => Some(name),
        }
    }
}
