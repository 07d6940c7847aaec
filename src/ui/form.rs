//! Forms of the console: what each asks for, what stands in it, and what is said when it was done.
//!
//! A form posts to the address of its own page. What is refused comes back on that page with what was typed; what was
//! done leads on to a page that says so, once.

mod done;
mod said;
mod state;

pub use said::{Back, Said};
pub use state::{FormState, Left, Stranger};

macro_rules! intents {
    ($($intent:ident = $name:literal),* $(,)?) => {
        /// What a form asks for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Intent { $($intent),* }

        impl Intent {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$intent),*];

            /// The value of the field `do`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$intent => $name),* }
            }
        }
    };
}

intents! {
    CreateUser = "create-user",
    InviteAgain = "invite-again",
    DisableUser = "disable-user",
    EnableUser = "enable-user",
    DeleteUser = "delete-user",
    EndSessions = "end-sessions",
    GiveAccess = "give-access",
    InviteWithAccess = "invite-with-access",
    TakeInvitation = "take-invitation",
    ChangeAccess = "change-access",
    TakeAccess = "take-access",
    CreateGroup = "create-group",
    AddMember = "add-member",
    RemoveMember = "remove-member",
    MapClaim = "map-claim",
    UnmapClaim = "unmap-claim",
    DeleteGroup = "delete-group",
    LetIn = "let-in",
    Dismiss = "dismiss",
    CreateRepository = "create-repository",
    ConfigureRepository = "configure-repository",
    DeleteRepository = "delete-repository",
    DeleteTags = "delete-tags",
    DeleteImage = "delete-image",
    DeleteNamespace = "delete-namespace",
    Undo = "undo",
    ConfigureNamespace = "configure-namespace",
    SetProtection = "set-protection",
    ChangeProtection = "change-protection",
    RemoveProtection = "remove-protection",
    Star = "star",
    Unstar = "unstar",
    ChangePassword = "change-password",
    EndSession = "end-session",
    LinkIdentity = "link-identity",
    UnlinkIdentity = "unlink-identity",
    CreateToken = "create-token",
    DeleteToken = "delete-token",
    RevokeToken = "revoke-token",
    CreateRobot = "create-robot",
    RotateRobot = "rotate-robot",
    DisableRobot = "disable-robot",
    EnableRobot = "enable-robot",
    DeleteRobot = "delete-robot",
    CreateMount = "create-mount",
    ChangeMount = "change-mount",
    CheckMount = "check-mount",
    RotateHook = "rotate-hook",
    DeleteMount = "delete-mount",
    CreateProvider = "create-provider",
    ChangeProvider = "change-provider",
    EnableProvider = "enable-provider",
    DisableProvider = "disable-provider",
    DeleteProvider = "delete-provider",
    AcceptGroup = "accept-group",
    TryProvider = "try-provider",
    SetTag = "set-tag",
    CopyTags = "copy-tags",
    UndoCopy = "undo-copy",
    RenameTag = "rename-tag",
    RollBackTag = "roll-back-tag",
    RollBackNamespace = "roll-back-namespace",
    RestoreTrash = "restore-trash",
    PurgeTrash = "purge-trash",
    RunCollection = "run-collection",
    PauseJob = "pause-job",
    ResumeJob = "resume-job",
    CancelJob = "cancel-job",
}

impl Intent {
    /// Reads the field.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|intent| intent.name() == name)
    }
}

/// The field of a rule's form that says that its reader has seen how many tags are all tags.
pub const ALL_SEEN: &str = "all-seen";

/// What is said of an address that nobody has: then there is somebody to invite.
pub const NOBODYS: &str = "nobody here has this address yet; invite them below";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_found_by_what_it_asks_for() {
        for intent in Intent::ALL.iter().copied() {
            assert_eq!(Intent::parse(intent.name()), Some(intent));
            assert!(intent.done("mara").ends_with('.'));
        }
        assert_eq!(Intent::parse("anything"), None);
    }
}
