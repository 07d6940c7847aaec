//! What pages show of protection rules.

use super::Opens;
use crate::domain::protection::Barred;
use crate::domain::{Address, Namespace, Role, Rule, Scope};
use serde::{Deserialize, Serialize};

/// What is asked of the rules of a scope.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProtectionQuery {
    /// Rules after this one.
    pub after: String,
    /// Patterns to be tried on the tags that are there, with those excepted, as they were typed.
    pub tries: Option<(String, String)>,
}

/// The rules that hold in a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtectionsView {
    pub scope: Scope,
    pub rules: Vec<RuleRow>,
    pub next: Option<String>,
    /// Whether the reader may set one here.
    pub may_set: bool,
    /// The roles that they may name in one: those that they hold.
    pub roles: Vec<Role>,
    /// What was tried, with what came of it.
    pub tried: Option<Covered>,
}

/// A rule in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleRow {
    pub rule: Rule,
    /// Whether the reader may change it here.
    pub may_change: bool,
    /// Whether they may open the page on which it is set, where that is another one.
    pub may_follow: bool,
}

/// A rule that somebody meets on the way to what they ask for: it is in the way, or would be in that of others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleMet {
    pub barred: Barred,
    pub is_in_the_way: bool,
    /// What they are, where they may act under it or lift it.
    pub role: Option<Role>,
    /// Whether they may open the page on which it stands.
    pub may_open: bool,
    /// Whether they may change it or take it away.
    pub may_lift: bool,
}

impl RuleMet {
    /// Where it stands, for who may go there.
    pub fn address(&self) -> Option<String> {
        let page = rules_of(&self.barred.scope);
        self.may_open.then(|| format!("{page}#rule-{}", self.barred.rule))
    }
}

/// The page on which the rules of a scope are set.
pub fn rules_of(scope: &Scope) -> Address {
    match scope {
        Scope::Everything => Address::AllPolicies,
        Scope::Namespace(namespace) => Address::Policies(namespace.clone()),
        Scope::Repository(_) => Address::Settings(scope.clone()),
    }
}

/// Tags that are there and that a pattern is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// The first of them by name; of a namespace with their repositories.
    pub first: Vec<String>,
    pub n_covered: u64,
    /// How many tags were looked at.
    pub n_tags: u64,
    /// Whether there are more than that.
    pub is_cut: bool,
}

/// For how many days what is deleted in a namespace is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrashDays {
    /// As it says itself.
    pub own: Option<u32>,
    /// As a namespace above it says, or the configuration, where it says nothing itself.
    pub otherwise: u32,
}

/// What binds all tags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllPoliciesView {
    pub protections: ProtectionsView,
    /// For how many days what is deleted is kept where no namespace says so.
    pub trash_days: u32,
}

/// The policies of a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoliciesView {
    pub namespace: Namespace,
    pub protections: ProtectionsView,
    pub trash: TrashDays,
    pub opens: Opens,
}
