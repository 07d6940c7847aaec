//! Forms of the console: what each asks for, what stands in it, and what is said when it was done.
//!
//! A form posts to the address of its own page. What is refused comes back on that page with what was typed; what was
//! done leads on to a page that says so, once.

mod said;
mod state;

pub use said::Said;
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
    RunCollection,
    PauseJob,
    ResumeJob,
    CancelJob,
}

impl Intent {
    /// All of them.
    pub const ALL: [Self; 53] = [
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

    /// What is said when it was done, of what it was done to.
    pub fn done(self, of: &str) -> String {
        match self {
            Self::CreateUser => format!("{of} has an account."),
            Self::InviteAgain => format!("{of} has a new link; the one before it stopped working."),
            Self::DisableUser => format!("{of} is let in no more."),
            Self::EnableUser => format!("{of} is let in again."),
            Self::DeleteUser => format!("The account {of} is gone, with its access, sessions and tokens."),
            Self::EndSessions => format!("{of} is signed out everywhere."),
            Self::GiveAccess => format!("{of} has access."),
            Self::InviteWithAccess => format!("{of} has an account and access. Pass the link on."),
            Self::TakeInvitation => format!("The invitation of {of} is taken back. Its link stopped working."),
            Self::ChangeAccess => format!("Access of {of} changed."),
            Self::TakeAccess => format!("Access was taken from {of}."),
            Self::CreateGroup => format!("The group {of} is there."),
            Self::AddMember => format!("{of} is in the group."),
            Self::RemoveMember => format!("{of} is out of the group."),
            Self::MapClaim => format!("Who is in {of} is in this group."),
            Self::UnmapClaim => format!("{of} puts nobody in here any more."),
            Self::LetIn => format!("{of} is let in, and has a session after the next sign-in."),
            Self::Dismiss => format!("{of} waits no longer."),
            Self::DeleteGroup => format!("The group {of} is gone, with all access that it had."),
            Self::CreateRepository => format!("{of} is there. Push the first image to it."),
            Self::ConfigureRepository | Self::ConfigureNamespace => format!("The settings of {of} are saved."),
            Self::DeleteRepository => format!("The repository {of} is deleted, with its tags and images."),
            Self::SetProtection => format!("The rule about {of} is set, and holds at once."),
            Self::ChangeProtection => format!("The rule is about {of} now, and holds at once."),
            Self::RemoveProtection => format!("The rule about {of} is gone."),
            Self::ChangePassword => "Your password changed. You are signed out everywhere else.".to_owned(),
            Self::EndSession => "That session is over.".to_owned(),
            Self::LinkIdentity => format!("You can sign in by {of} from now on."),
            Self::UnlinkIdentity => {
                format!("You cannot sign in by {of} any more. Sessions opened by it elsewhere ended.")
            }
            Self::CreateToken => format!("The token {of} is there."),
            Self::DeleteToken | Self::RevokeToken => format!("The token {of} is revoked. What used it is out."),
            Self::CreateRobot => format!("The robot {of} is there."),
            Self::RotateRobot => format!("The robot {of} has a new secret; the one before it stopped working."),
            Self::DisableRobot => format!("The robot {of} is let in no more."),
            Self::EnableRobot => format!("The robot {of} is let in again."),
            Self::DeleteRobot => format!("The robot {of} is gone, with its access and its secret."),
            Self::CreateMount => format!("{of} is mounted, and is being read."),
            Self::ChangeMount => format!("The mount {of} changed, and is being read again."),
            Self::CheckMount => format!("{of} is being read now."),
            Self::DeleteMount => format!("The mount {of} is gone here. Its registry has all that it had."),
            Self::CreateProvider => format!("{of} is saved, and not live yet. Try it, then enable it."),
            Self::ChangeProvider => format!("The settings of {of} are saved."),
            Self::EnableProvider => format!("{of} is live: people sign in by it."),
            Self::DisableProvider => format!("{of} is not live. Who was here by its word alone is out."),
            Self::DeleteProvider => format!("{of} is gone. Who came by it stays, and is out without another way in."),
            Self::AcceptGroup => format!("{of} counts as it is now, from each person's next sign-in."),
            Self::TryProvider => format!("{of} was tried."),
            Self::RunCollection => format!("The {of} is on its way."),
            Self::PauseJob => "The job is paused. It goes on from here when you resume it.".to_owned(),
            Self::ResumeJob => "The job goes on.".to_owned(),
            Self::CancelJob => "The job is cancelled.".to_owned(),
        }
    }
}

/// What is said of an address that nobody has: then there is somebody to invite.
pub const NOBODYS: &str = "nobody here has this address yet; invite them below";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Error;

    #[test]
    fn a_form_is_found_by_what_it_asks_for() {
        for intent in Intent::ALL {
            assert_eq!(Intent::parse(intent.name()), Some(intent));
            assert!(intent.done("mara").ends_with('.'));
        }
        assert_eq!(Intent::parse("anything"), None);
    }

    #[test]
    fn what_was_typed_belongs_to_its_own_form() {
        let form = FormState {
            intent: Some(Intent::CreateUser),
            error: Some(Error::invalid("username", "it is taken")),
            typed: vec![("username".to_owned(), "mara".to_owned())],
            ..FormState::default()
        };
        assert_eq!(form.value(Some(Intent::CreateUser), "username"), Some("mara"));
        assert_eq!(form.wrong(Some(Intent::CreateUser), "username"), Some("it is taken"));
        assert_eq!(form.value(Some(Intent::GiveAccess), "username"), None);
        assert_eq!(form.wrong(None, "username"), None);
    }
}
