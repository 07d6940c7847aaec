//! Pages about people and what they may do.

use super::{ProtectionsView, TokenRow};
use crate::domain::page::Position;
use crate::domain::{
    Actor, Grantee, GroupName, Page, RepositoryVisibility, Result, Role, Scope, Terms, Timestamp, Username,
};
use serde::{Deserialize, Serialize};

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRow {
    pub id: String,
    pub username: Username,
    /// What people call them; empty where nothing was said.
    pub name: String,
    pub email: String,
    pub groups: Vec<GroupName>,
    pub is_disabled: bool,
    /// Until when the link works by which they choose their first password.
    pub invited_until: Option<Timestamp>,
    pub has_password: bool,
    /// Whether they have a password, or an identity at a provider.
    pub has_way_in: bool,
    /// The providers at which they have one, by their titles.
    pub providers: Vec<String>,
    /// How many grants name them or one of their groups.
    pub n_grants: u64,
    pub created_at: Timestamp,
    /// When they were last here: they signed in, or a session or a token of theirs was in use.
    pub seen_at: Option<Timestamp>,
}

/// What stopped when somebody was let in no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub n_sessions: u64,
    pub n_tokens: u64,
}

/// Somebody who signed in by a provider, and whom nobody has let in yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingRow {
    pub issuer: String,
    pub subject: String,
    pub provider: String,
    pub email: String,
    pub name: String,
    /// The groups that the provider named.
    pub groups: Vec<String>,
    pub last_at: Timestamp,
    /// What people call the provider.
    pub title: String,
    /// Who has the same address here already.
    pub alike: Vec<AlikeRow>,
}

/// An account that has the address of somebody who waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlikeRow {
    /// In lower case.
    pub email: String,
    pub username: Username,
    /// By what its owner signs in: providers by their titles, and a password.
    pub providers: Vec<String>,
    pub has_password: bool,
}

/// A group of a provider that puts people into one of ours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClaimRow {
    pub provider: String,
    pub value: String,
}

/// What the page of users is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UsersQuery {
    pub q: String,
    pub after: String,
    /// Where the page of those who wait starts, or where it ends.
    pub waiting_after: String,
    pub waiting_before: String,
}

impl UsersQuery {
    /// Which of those who wait are asked for.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::domain::Error::Invalid) for a damaged key.
    pub fn waiting(&self) -> Result<Position> {
        Ok(match (self.waiting_after.as_str(), self.waiting_before.as_str()) {
            ("", "") => Position::Start,
            ("", before) => Position::Before(before.parse()?),
            (after, _) => Position::After(after.parse()?),
        })
    }
}

/// The page of users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsersView {
    pub users: Vec<UserRow>,
    /// Who waits, for those who may let them in.
    pub waiting: Page<WaitingRow>,
    /// Where the next page starts.
    pub next: Option<String>,
    pub may_manage: bool,
    /// Whether accounts with passwords can be made: not where signing in by password is off.
    pub may_invite: bool,
}

/// The page of one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserView {
    pub user: UserRow,
    /// All that reaches them: their own grants, those of their groups, and everybody's.
    pub access: Vec<AccessRow>,
    pub sessions: Vec<SessionRow>,
    /// For whoever may take them.
    pub tokens: Vec<TokenRow>,
    pub may_manage: bool,
    pub is_reader: bool,
}

/// A browser in which somebody is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    pub id: String,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    pub address: String,
    pub agent: String,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// A grant in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRow {
    pub id: String,
    pub to: Grantee,
    /// What people call them; empty where nothing was said.
    pub name: String,
    /// How many are in the group, if it is one.
    pub n_members: u64,
    pub terms: Terms,
    pub given_at: Timestamp,
    pub given_by: Option<Actor>,
    /// Whether the reader may change it or take it away.
    pub may_change: bool,
    /// That it is for somebody who was invited and has no way in yet.
    pub invited: Option<Invited>,
    /// When whom it names was last here; of a group whoever of it was last.
    pub seen_at: Option<Timestamp>,
    /// The provider that says so at each sign-in, if it is not given here.
    pub provider: Option<String>,
}

/// An invitation that nobody has taken yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// Until when its link works; long ago where none does.
    pub until: Timestamp,
    /// Whether the reader may take it back.
    pub may_take_back: bool,
}

/// Who has access in a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessView {
    pub scope: Scope,
    pub rows: Vec<AccessRow>,
    pub next: Option<String>,
    /// Who may see the repository without a grant, where the scope is one.
    pub visibility: Option<RepositoryVisibility>,
    /// The roles that the reader may give here, from the least to the most.
    pub roles: Vec<Role>,
    /// Whether the reader may make an account for somebody who has none.
    pub may_invite: bool,
    /// Whom the reader may pick from; nobody where they may not look people up.
    pub people: Vec<Grantee>,
    pub opens: Opens,
    /// The host at which clients sign in as it says, whatever is given here: that of a registry elsewhere.
    pub signs_in_at: Option<String>,
}

/// A group in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRow {
    pub id: String,
    pub name: GroupName,
    pub n_members: u64,
    pub n_grants: u64,
    /// How many groups of providers put people in.
    pub n_claims: u64,
    /// One of them, with its provider.
    pub claim: Option<ClaimRow>,
}

/// The page of groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupsView {
    pub groups: Vec<GroupRow>,
    pub next: Option<String>,
    pub may_manage: bool,
}

/// Somebody in a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRow {
    pub username: Username,
    pub name: String,
    /// The title of the provider that says so; empty for who was put in here.
    pub source: String,
}

/// The page of one group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupView {
    pub name: GroupName,
    pub members: Vec<MemberRow>,
    pub next: Option<String>,
    pub access: Vec<AccessRow>,
    pub claims: Vec<ClaimRow>,
    /// The providers whose groups may be mapped, by name and title.
    pub providers: Vec<(String, String)>,
    /// Whom the reader may pick from.
    pub people: Vec<Username>,
    pub may_manage: bool,
}

/// How a repository or a namespace is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsView {
    pub scope: Scope,
    /// What somebody said it is; what its newest image says of itself stands on its page besides.
    pub description: String,
    /// Of a repository its own, of a namespace that with which repositories begin.
    pub visibility: RepositoryVisibility,
    pub opens: Opens,
    /// Of a repository its rules.
    pub protections: Option<ProtectionsView>,
    /// Whether the reader may delete it, with all that is in it.
    pub may_delete: bool,
    /// The registry elsewhere that keeps it and at which it can only be deleted itself, for who might delete it here.
    pub kept_at: Option<String>,
}

/// Which pages of a scope its reader may open, besides the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opens {
    pub access: bool,
    pub robots: bool,
    pub activity: bool,
    pub settings: bool,
    /// Of a namespace: what was deleted in it, and how it was at a time.
    pub trash: bool,
    pub past: bool,
    /// Of a repository, or of the list of all of them: how to push there.
    pub push: bool,
}
