//! Protection rules: tags that nobody, or only some, may set, move or delete. Grants allow; rules take away afterwards.

use super::{Actor, Digest, Error, Permission, Result, Role, Scope, Tag, TagPattern, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What is done to a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// One that is not there is put on an image.
    Create,
    /// One that is there is put on another image.
    Move,
    Delete,
}

/// The kinds of rules, as programs call them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtectionKind {
    Immutable,
    Protected,
    NoDelete,
}

/// What a rule asks of whoever acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Guard {
    /// A tag that is there stays on its image, whoever asks, until the rule changes.
    Immutable,
    /// Who holds this role there sets, moves and deletes; nobody else does.
    Protected(Role),
    /// Who holds this role there deletes; nobody does where there is none.
    NoDelete(Option<Role>),
}

/// Who may still act under a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Least {
    Nobody,
    Role(Role),
}

/// What a rule says: in which scope, about which tags, and what it asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Protection {
    pub scope: Scope,
    /// All tags where there is none.
    pub tags: Option<TagPattern>,
    /// Tags of those that it is not about.
    pub except: Option<TagPattern>,
    pub guard: Guard,
}

/// A rule that is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub id: String,
    pub protection: Protection,
    pub created_by: Option<Actor>,
    pub created_at: Timestamp,
}

/// A rule in the way of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Barred {
    /// The tag, or the repository where it is about that as a whole.
    pub what: String,
    /// The rule, by its id.
    pub rule: String,
    /// The tags that it is about, as its patterns say.
    pub about: String,
    pub scope: Scope,
    pub guard: Guard,
}

impl Act {
    /// What is done to a tag that comes from one image, or none, to another, or none; nothing where both are the same.
    pub fn between(before: Option<&Digest>, after: Option<&Digest>) -> Option<Self> {
        match (before, after) {
            (before, after) if before == after => None,
            (_, None) => Some(Self::Delete),
            (None, Some(_)) => Some(Self::Create),
            (Some(_), Some(_)) => Some(Self::Move),
        }
    }

    /// The right that it takes over that tag, whatever rules say.
    pub fn needs(self) -> Permission {
        match self {
            Self::Create => Permission::RepositoryPush,
            Self::Move => Permission::TagMove,
            Self::Delete => Permission::TagDelete,
        }
    }
}

impl ProtectionKind {
    pub const ALL: [Self; 3] = [Self::Immutable, Self::Protected, Self::NoDelete];

    /// The name in forms, tables and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Immutable => "immutable",
            Self::Protected => "protected",
            Self::NoDelete => "no_delete",
        }
    }

    /// What it is called where rules are listed.
    pub fn title(self) -> &'static str {
        match self {
            Self::Immutable => "Immutable",
            Self::Protected => "Protected",
            Self::NoDelete => "No deletion",
        }
    }

    /// What it means, for who chooses one.
    pub fn words(self) -> &'static str {
        match self {
            Self::Immutable => "Immutable: stays on its image",
            Self::Protected => "Protected: only some change it",
            Self::NoDelete => "No deletion, but it may move",
        }
    }
}

impl FromStr for ProtectionKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|kind| kind.name() == text);
        known.ok_or_else(|| Error::invalid("kind", "a rule is immutable, protected or no_delete"))
    }
}

impl Guard {
    /// Roles that a rule can ask for: the others change nothing.
    pub const ROLES: [Role; 5] = [Role::Publisher, Role::Developer, Role::Maintainer, Role::Owner, Role::Admin];

    /// That of a kind, with the least role that may still act.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a role that it does not take, or for none where it takes one.
    pub fn new(kind: ProtectionKind, role: Option<Role>) -> Result<Self> {
        let odd = |message: &str| Err(Error::invalid("role", message));
        match (kind, role) {
            (_, Some(role)) if !Self::ROLES.contains(&role) => odd("this role changes nothing; choose a higher one"),
            (ProtectionKind::Immutable, None) => Ok(Self::Immutable),
            (ProtectionKind::Immutable, Some(_)) => odd("what is immutable is so for everybody; leave the role out"),
            (ProtectionKind::Protected, Some(role)) => Ok(Self::Protected(role)),
            (ProtectionKind::Protected, None) => odd("choose the least role that may still set, move and delete"),
            (ProtectionKind::NoDelete, role) => Ok(Self::NoDelete(role)),
        }
    }

    pub fn kind(self) -> ProtectionKind {
        match self {
            Self::Immutable => ProtectionKind::Immutable,
            Self::Protected(_) => ProtectionKind::Protected,
            Self::NoDelete(_) => ProtectionKind::NoDelete,
        }
    }

    /// The least role that may still act, where there is one.
    pub fn role(self) -> Option<Role> {
        match self {
            Self::Immutable | Self::NoDelete(None) => None,
            Self::Protected(role) | Self::NoDelete(Some(role)) => Some(role),
        }
    }

    /// Who may still do that; `None` where the rule leaves it alone.
    pub fn leaves(self, act: Act) -> Option<Least> {
        match (self, act) {
            (Self::Immutable, Act::Create) | (Self::NoDelete(_), Act::Create | Act::Move) => None,
            (Self::Immutable, Act::Move | Act::Delete) | (Self::NoDelete(None), Act::Delete) => Some(Least::Nobody),
            (Self::Protected(role), _) | (Self::NoDelete(Some(role)), Act::Delete) => Some(Least::Role(role)),
        }
    }

    /// The least role that may change the rule or take it away.
    pub fn lifted_by(self) -> Role {
        self.role().map_or(Role::Maintainer, |role| role.max(Role::Maintainer))
    }

    /// Who may still do what to `it`.
    pub fn leaving(self, it: &str) -> String {
        match self {
            Self::Immutable => format!("nobody moves or deletes {it}"),
            Self::Protected(role) => format!("only {} set, move or delete {it}", and_up(role)),
            Self::NoDelete(Some(role)) => format!("only {} delete {it}", and_up(role)),
            Self::NoDelete(None) => format!("nobody deletes {it}"),
        }
    }

    /// What stands beside a tag.
    pub fn title(self) -> &'static str {
        match self {
            Self::Immutable => "Immutable",
            Self::Protected(_) | Self::NoDelete(_) => "Protected",
        }
    }
}

/// `immutable: nobody moves or deletes it`, `protected: only Maintainer and up delete it`.
impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.title().to_ascii_lowercase(), self.leaving("it"))
    }
}

/// `Maintainer and up`.
pub fn and_up(role: Role) -> String {
    let up = if role == Role::Admin { "" } else { " and up" };
    format!("{}{up}", role.title())
}

impl Protection {
    /// Whether it is about a tag.
    pub fn covers(&self, tag: &Tag) -> bool {
        self.tags.as_ref().is_none_or(|tags| tags.matches(tag))
            && !self.except.as_ref().is_some_and(|it| it.matches(tag))
    }

    /// Whether it is about all that a repository holds, and so about the repository and its untagged content too.
    pub fn is_whole(&self) -> bool {
        self.tags.is_none() && self.except.is_none() && self.guard != Guard::Immutable
    }

    /// Of these the one that binds most of those that are about a tag.
    pub fn of_tag<'r>(rules: &'r [Self], tag: &Tag) -> Option<&'r Self> {
        rules.iter().filter(|rule| rule.covers(tag)).min_by_key(|rule| match rule.guard {
            Guard::Immutable => 0,
            Guard::Protected(_) => 1,
            Guard::NoDelete(_) => 2,
        })
    }

    /// The tags that it is about: `v* but not *-snapshot`.
    pub fn about(&self) -> String {
        let tags = self.tags.as_ref().map_or("all tags", TagPattern::as_str).to_owned();
        let but = self.except.as_ref().map(|except| format!(" but not {except}"));
        tags + &but.unwrap_or_default()
    }

    /// What it is called in a sentence: `the rule about v* but not *-snapshot in team`.
    pub fn called(&self) -> String {
        called(&self.about(), &self.scope)
    }

    /// What stands in records.
    pub fn words(&self) -> String {
        let role = self.guard.role().map(|role| format!(", least role {role}")).unwrap_or_default();
        format!("{} on {}: {}{role}", self.guard.kind().name(), self.scope, self.about())
    }

    /// The same for a state before or after a change: one line for each thing that can become another.
    pub fn lines(&self) -> String {
        let role = self.guard.role().map_or("nobody", Role::name);
        let except = self.except.as_ref().map_or("none", TagPattern::as_str);
        let tags = self.tags.as_ref().map_or("all", TagPattern::as_str);
        let Self { scope, guard, .. } = self;
        format!("kind: {}\ntags: {tags}\nexcept: {except}\nleast role: {role}\nscope: {scope}", guard.kind().name())
    }
}

impl Barred {
    /// By this rule.
    pub fn by(rule: &Rule, what: impl fmt::Display) -> Self {
        let (about, Protection { scope, guard, .. }) = (rule.protection.about(), rule.protection.clone());
        Self { what: what.to_string(), rule: rule.id.clone(), about, scope, guard }
    }

    /// What the rule is called in a sentence.
    pub fn called(&self) -> String {
        called(&self.about, &self.scope)
    }
}

fn called(about: &str, scope: &Scope) -> String {
    match scope {
        Scope::Everything => format!("the rule about {about} in every repository"),
        Scope::Namespace(namespace) => format!("the rule about {about} in {namespace}"),
        Scope::Repository(name) => format!("the rule about {about} in {name}"),
    }
}

/// `prod is protected: only Maintainer and up set, move or delete it, by the rule about prod* in team`.
impl fmt::Display for Barred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, guard, .. } = self;
        write!(f, "{what} is {guard}, by {}", self.called())
    }
}

#[cfg(test)]
mod tests;
