//! What is said when something was done.

use super::Intent;

impl Intent {
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
            Self::DeleteTags | Self::DeleteImage => format!("Deleted {of}."),
            Self::DeleteNamespace => format!("The namespace {of} is deleted, with all its repositories."),
            Self::Undo | Self::RestoreTrash => format!("Restored {of}."),
            Self::SetProtection => format!("The rule about {of} is set, and holds at once."),
            Self::ChangeProtection => format!("The rule is about {of} now, and holds at once."),
            Self::RemoveProtection => format!("The rule about {of} is gone."),
            Self::Star => format!("{of} is among your starred repositories."),
            Self::Unstar => format!("{of} has no star any more."),
            Self::ChangePassword => "Your password changed. You are signed out everywhere else.".to_owned(),
            Self::EndSession => "That session is over.".to_owned(),
            Self::LinkIdentity => format!("You can sign in by {of} from now on."),
            Self::UnlinkIdentity => format!("You cannot sign in by {of} any more. Its sessions elsewhere ended."),
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
            Self::RotateHook => format!("The registry of {of} has a new secret to tell of pushes by."),
            Self::DeleteMount => format!("The mount {of} is gone here. Its registry has all that it had."),
            Self::CreateProvider => format!("{of} is saved, and not live yet. Try it, then enable it."),
            Self::ChangeProvider => format!("The settings of {of} are saved."),
            Self::EnableProvider => format!("{of} is live: people sign in by it."),
            Self::DisableProvider => format!("{of} is not live. Who was here by its word alone is out."),
            Self::DeleteProvider => format!("{of} is gone. Who came by it stays, and is out without another way in."),
            Self::AcceptGroup => format!("{of} counts as it is now, from each person's next sign-in."),
            Self::TryProvider => format!("{of} was tried."),
            Self::CopyTags | Self::UndoCopy | Self::SetTag | Self::RenameTag => format!("{of}."),
            Self::RollBackTag | Self::RollBackNamespace => format!("{of}."),
            Self::PurgeTrash => format!("Deleted {of} for good."),
            Self::RunCollection | Self::PauseJob | Self::ResumeJob | Self::CancelJob => self.done_to_a_job(of),
        }
    }

    /// The same of what begins a job, and of what steers one, which is that on the page.
    fn done_to_a_job(self, of: &str) -> String {
        match self {
            Self::PauseJob => "The job is paused. It goes on from here when you resume it.".to_owned(),
            Self::ResumeJob => "The job goes on.".to_owned(),
            Self::CancelJob => "The job is cancelled.".to_owned(),
            _ => format!("The {of} is on its way."),
        }
    }
}
