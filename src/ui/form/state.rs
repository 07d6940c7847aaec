//! What stands in a form, and what a page around it has to know.

use super::Intent;
use crate::domain::Error;
use crate::domain::view::{ProbeView, RuleMet, Tried};

/// What stands in a form: nothing at first; what was typed, and what is wrong with it, when it comes back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormState {
    /// Which form of the page came back; `None` where a page has but one.
    pub intent: Option<Intent>,
    pub error: Option<Error>,
    /// The rule that it was refused by, as its reader meets it.
    pub rule: Option<RuleMet>,
    /// What is wrong with other fields besides, by field.
    pub also: Vec<(String, String)>,
    /// What was typed, by field; never a password.
    pub typed: Vec<(String, String)>,
    /// The secret of the link that opened it, if that works.
    pub link: Option<String>,
    /// Who is addressed by that link.
    pub addressee: Option<String>,
    /// Whether it is an invitation, which a provider may take as well.
    pub is_invitation: bool,
    /// What a registry answered that was asked before it is mounted so.
    pub probed: Option<ProbeView>,
    /// Somebody who signed in and was let in by nobody yet.
    pub stranger: Option<Stranger>,
    /// Who was signed in a moment ago, by a provider.
    pub left: Option<Left>,
    /// Whether nobody is here yet who could let others in.
    pub awaits_set_up: bool,
    /// What came of trying the provider whose page it is.
    pub tried: Option<Tried>,
}

/// Somebody for whom a provider vouches, and nobody here does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// As whom they signed in.
    pub email: String,
    /// Whether the provider left out in which groups they are.
    pub groups_unknown: bool,
}

/// A provider at which somebody is signed in still who signed out here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    pub title: String,
    /// Where they sign out there, if it has such a place.
    pub leave: Option<String>,
}

impl FormState {
    /// What was typed into a field of the form for `intent`; nothing where another form of the page came back.
    pub fn value(&self, intent: Option<Intent>, field: &str) -> Option<&str> {
        self.values(intent, field).next()
    }

    /// The same of a field that stands in that form more than once.
    pub fn values<'s>(&'s self, intent: Option<Intent>, field: &str) -> impl Iterator<Item = &'s str> {
        let typed = self.typed.iter().filter(move |(name, _)| self.intent == intent && name == field);
        typed.map(|(_, value)| value.as_str())
    }

    /// What is wrong with a field of that form.
    pub fn wrong(&self, intent: Option<Intent>, field: &str) -> Option<&str> {
        match &self.error {
            Some(Error::Invalid { field: wrong, message }) if self.intent == intent && wrong == field => Some(message),
            Some(_) if self.intent == intent => {
                self.also.iter().find(|(other, _)| other == field).map(|(_, message)| message.as_str())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
