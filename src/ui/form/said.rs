//! What is said of something that was done, once.

use super::Intent;
use crate::domain::view::Ended;
use crate::ui::words::counted;

/// Something that was done, said once on the page that follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub intent: Intent,
    pub of: String,
    /// What was made and is shown this once.
    pub secret: Option<String>,
    /// What stopped by it.
    pub ended: Option<Ended>,
    /// By what all of it comes back, where the reader may bring it back.
    pub batch: Option<String>,
}

impl Said {
    /// It in words.
    pub fn words(&self) -> String {
        let done = self.intent.done(&self.of);
        let Some(Ended { n_sessions, n_tokens }) = self.ended else { return done };
        let none_or = |number, one, many| if number == 0 { format!("no {one}") } else { counted(number, one, many) };
        let (sessions, tokens) = (none_or(n_sessions, "session", "sessions"), none_or(n_tokens, "token", "tokens"));
        format!("{done} That ended {sessions} and stopped {tokens}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stopped_is_counted() {
        let said = |n_sessions, n_tokens| {
            let ended = Some(Ended { n_sessions, n_tokens });
            Said { intent: Intent::DisableUser, of: "mara".to_owned(), secret: None, ended, batch: None }.words()
        };
        assert_eq!(said(2, 1), "mara is let in no more. That ended 2 sessions and stopped 1 token.");
        assert_eq!(said(0, 0), "mara is let in no more. That ended no session and stopped no token.");
    }
}
