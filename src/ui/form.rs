//! Forms of the console: what each asks for, what stands in it, and what is said when it was done.
//!
//! A form posts to the address of its own page. What is refused comes back on that page with what was typed; what was
//! done leads on to a page that says so, once.

mod done;
mod said;
mod state;

pub use said::{Back, Said};
pub use state::{FormState, Left, Stranger};

/// What a form asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    CreateUser,
    InviteAgain,
    DisableUser,
    EnableUser,
    DeleteUser,
    EndSessions,
    GiveAccess,
    InviteWithAccess,
    TakeInvitation,
    ChangeAccess,
    TakeAccess,
    CreateGroup,
    AddMember,
    RemoveMember,
    MapClaim,
    UnmapClaim,
    DeleteGroup,
    LetIn,
    Dismiss,
    CreateRepository,
    ConfigureRepository,
    DeleteRepository,
    DeleteTags,
    DeleteImage,
    DeleteNamespace,
    Undo,
    ConfigureNamespace,
    SetProtection,
    ChangeProtection,
    RemoveProtection,
    ChangePassword,
    EndSession,
    LinkIdentity,
    UnlinkIdentity,
    CreateToken,
    DeleteToken,
    RevokeToken,
    CreateRobot,
    RotateRobot,
    DisableRobot,
    EnableRobot,
    DeleteRobot,
    CreateMount,
    ChangeMount,
    CheckMount,
    DeleteMount,
    CreateProvider,
    ChangeProvider,
    EnableProvider,
    DisableProvider,
    DeleteProvider,
    AcceptGroup,
    TryProvider,
    SetTag,
    RenameTag,
    RollBackTag,
    RollBackNamespace,
    RestoreTrash,
    PurgeTrash,
    RunCollection,
    PauseJob,
    ResumeJob,
    CancelJob,
}

impl Intent {
    /// All of them.
    pub const ALL: [Self; 63] = [
        Self::CreateUser,
        Self::InviteAgain,
        Self::DisableUser,
        Self::EnableUser,
        Self::DeleteUser,
        Self::EndSessions,
        Self::GiveAccess,
        Self::InviteWithAccess,
        Self::TakeInvitation,
        Self::ChangeAccess,
        Self::TakeAccess,
        Self::CreateGroup,
        Self::AddMember,
        Self::RemoveMember,
        Self::MapClaim,
        Self::UnmapClaim,
        Self::DeleteGroup,
        Self::LetIn,
        Self::Dismiss,
        Self::CreateRepository,
        Self::ConfigureRepository,
        Self::DeleteRepository,
        Self::DeleteTags,
        Self::DeleteImage,
        Self::DeleteNamespace,
        Self::Undo,
        Self::ConfigureNamespace,
        Self::SetProtection,
        Self::ChangeProtection,
        Self::RemoveProtection,
        Self::ChangePassword,
        Self::EndSession,
        Self::LinkIdentity,
        Self::UnlinkIdentity,
        Self::CreateToken,
        Self::DeleteToken,
        Self::RevokeToken,
        Self::CreateRobot,
        Self::RotateRobot,
        Self::DisableRobot,
        Self::EnableRobot,
        Self::DeleteRobot,
        Self::CreateMount,
        Self::ChangeMount,
        Self::CheckMount,
        Self::DeleteMount,
        Self::CreateProvider,
        Self::ChangeProvider,
        Self::EnableProvider,
        Self::DisableProvider,
        Self::DeleteProvider,
        Self::AcceptGroup,
        Self::TryProvider,
        Self::SetTag,
        Self::RenameTag,
        Self::RollBackTag,
        Self::RollBackNamespace,
        Self::RestoreTrash,
        Self::PurgeTrash,
        Self::RunCollection,
        Self::PauseJob,
        Self::ResumeJob,
        Self::CancelJob,
    ];

    /// The value of the field `do`.
    pub fn name(self) -> &'static str {
        match self {
            Self::CreateUser => "create-user",
            Self::InviteAgain => "invite-again",
            Self::DisableUser => "disable-user",
            Self::EnableUser => "enable-user",
            Self::DeleteUser => "delete-user",
            Self::EndSessions => "end-sessions",
            Self::GiveAccess => "give-access",
            Self::InviteWithAccess => "invite-with-access",
            Self::TakeInvitation => "take-invitation",
            Self::ChangeAccess => "change-access",
            Self::TakeAccess => "take-access",
            Self::CreateGroup => "create-group",
            Self::AddMember => "add-member",
            Self::RemoveMember => "remove-member",
            Self::MapClaim => "map-claim",
            Self::UnmapClaim => "unmap-claim",
            Self::DeleteGroup => "delete-group",
            Self::LetIn => "let-in",
            Self::Dismiss => "dismiss",
            Self::CreateRepository => "create-repository",
            Self::ConfigureRepository => "configure-repository",
            Self::DeleteRepository => "delete-repository",
            Self::DeleteTags => "delete-tags",
            Self::DeleteImage => "delete-image",
            Self::DeleteNamespace => "delete-namespace",
            Self::Undo => "undo",
            Self::ConfigureNamespace => "configure-namespace",
            Self::SetProtection => "set-protection",
            Self::ChangeProtection => "change-protection",
            Self::RemoveProtection => "remove-protection",
            Self::ChangePassword => "change-password",
            Self::EndSession => "end-session",
            Self::LinkIdentity => "link-identity",
            Self::UnlinkIdentity => "unlink-identity",
            Self::CreateToken => "create-token",
            Self::DeleteToken => "delete-token",
            Self::RevokeToken => "revoke-token",
            Self::CreateRobot => "create-robot",
            Self::RotateRobot => "rotate-robot",
            Self::DisableRobot => "disable-robot",
            Self::EnableRobot => "enable-robot",
            Self::DeleteRobot => "delete-robot",
            Self::CreateMount => "create-mount",
            Self::ChangeMount => "change-mount",
            Self::CheckMount => "check-mount",
            Self::DeleteMount => "delete-mount",
            Self::CreateProvider => "create-provider",
            Self::ChangeProvider => "change-provider",
            Self::EnableProvider => "enable-provider",
            Self::DisableProvider => "disable-provider",
            Self::DeleteProvider => "delete-provider",
            Self::AcceptGroup => "accept-group",
            Self::TryProvider => "try-provider",
            Self::SetTag => "set-tag",
            Self::RenameTag => "rename-tag",
            Self::RollBackTag => "roll-back-tag",
            Self::RollBackNamespace => "roll-back-namespace",
            Self::RestoreTrash => "restore-trash",
            Self::PurgeTrash => "purge-trash",
            Self::RunCollection => "run-collection",
            Self::PauseJob => "pause-job",
            Self::ResumeJob => "resume-job",
            Self::CancelJob => "cancel-job",
        }
    }

    /// Reads the field.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|intent| intent.name() == name)
    }
}

/// What is said of an address that nobody has: then there is somebody to invite.
pub const NOBODYS: &str = "nobody here has this address yet; invite them below";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_found_by_what_it_asks_for() {
        for intent in Intent::ALL {
            assert_eq!(Intent::parse(intent.name()), Some(intent));
            assert!(intent.done("mara").ends_with('.'));
        }
        assert_eq!(Intent::parse("anything"), None);
    }
}
