//! Steps that are asked about first: whether the name of what they are about was typed, and where it is said why not.

use super::Form;
use crate::domain::{Error, Result};

impl Form<'_> {
    /// Whether a question was answered by the name of what it is about; one that was not asked yet has no field for it.
    ///
    /// # Errors
    /// As [`Form::confirmed`].
    pub(super) fn answered(&self, name: &str) -> Result<bool> {
        match self.sent.has("confirmed") {
            true => self.confirmed(name).map(|()| true),
            false => Ok(false),
        }
    }

    /// Why what was asked about is not done: in the question there is no field but the name at which to say it.
    pub(super) fn to_question(&self, error: Error) -> Error {
        match error {
            Error::Invalid { field, message } if self.sent.has("confirmed") && field != "confirmed" => {
                Error::Conflict(message)
            }
            other => other,
        }
    }

    /// Refuses a step that wants the name typed where it was not.
    pub(super) fn confirmed(&self, name: &str) -> Result<()> {
        match self.sent.text("confirmed") == name {
            true => Ok(()),
            false => Err(Error::invalid("confirmed", format!("type {name} to confirm"))),
        }
    }
}
