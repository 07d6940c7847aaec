//! What is said of something that was done, once.

use super::Intent;
use crate::domain::view::Ended;
use crate::domain::{Digest, Namespace, Protection, RepositoryName, Scope, Tag, Timestamp, Username};
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
    /// How it is taken back, where the reader may do that.
    pub back: Option<Back>,
}

/// The way back from what was done to names, to the rules that keep them, or to who is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Back {
    /// A tag goes back to what it named, or goes where it was not there, as long as it names `expect`.
    Tag { repository: RepositoryName, tag: Tag, to: Option<Digest>, expect: Digest },
    /// A tag is called as before, as long as it names `expect`.
    Renamed { repository: RepositoryName, tag: Tag, to: Tag, expect: Digest },
    /// What was copied by this request is taken back.
    Copied(String),
    /// A namespace goes back to how it was.
    Namespace { namespace: Namespace, then: Timestamp },
    /// A robot of a namespace is let in again.
    Robot { namespace: Namespace, name: Username },
    /// What a plan deleted comes back, by its batch.
    Trash(String),
    /// A rule says again what it said: one that is there goes or changes, by its id and as long as it says what has this
    /// print; one that went is set again.
    Rule { scope: Scope, there: Option<(String, Digest)>, says: Option<Protection> },
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
            Said { intent: Intent::DisableUser, of: "mara".to_owned(), secret: None, ended, back: None }.words()
        };
        assert_eq!(said(2, 1), "mara is let in no more. That ended 2 sessions and stopped 1 token.");
        assert_eq!(said(0, 0), "mara is let in no more. That ended no session and stopped no token.");
    }
}
