//! Who asks.

use super::{Error, Namespace, Result, Timestamp, Username};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The one who acts. There is always one: nobody-in-particular is [`Actor::Anonymous`],
/// and goes through the same decision as everybody else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Actor {
    Anonymous,
    /// A person.
    User(Username),
    /// A machine with a secret of its own.
    Robot(Username),
    System(Job),
}

/// Somebody who can sign in: a user or a robot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    pub id: String,
    pub kind: PrincipalKind,
    pub username: Username,
    /// What people call them; empty where nothing was said.
    pub name: String,
    pub email: String,
    /// Of a robot: where it belongs.
    pub namespace: Option<Namespace>,
    pub expires_at: Option<Timestamp>,
    pub disabled_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub seen_at: Option<Timestamp>,
}

/// What kind of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrincipalKind {
    /// A person.
    User,
    /// A machine with a secret of its own.
    Robot,
}

impl Principal {
    /// As whom they act.
    pub fn actor(&self) -> Actor {
        match self.kind {
            PrincipalKind::User => Actor::User(self.username.clone()),
            PrincipalKind::Robot => Actor::Robot(self.username.clone()),
        }
    }

    /// Whether they may sign in at this moment.
    pub fn is_let_in(&self, now: Timestamp) -> bool {
        self.disabled_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// Background work that acts by itself. What people call a job is a run (`run.rs`); [`Job::Run`] does it for whoever
/// asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Job {
    /// Reads a mounted registry into the catalog.
    Crawl,
    /// Removes what abandoned or broken uploads left behind.
    Sweep,
    /// Writes down how often tags were pulled.
    Pulls,
    /// Computes again what the catalog derives.
    Rebuild,
    /// Puts a backup back.
    Restore,
    /// Keeps who signed in, from where, and what was used.
    SignIn,
    /// Asks identity providers again about people who came by them.
    Recheck,
    /// Does long work that people see.
    Run,
    /// Frees what nothing names any more.
    Collect,
    /// Reads which files are in layers.
    Layers,
    /// Lets the first administrator in.
    SetUp,
    /// Somebody who holds the data, by a command.
    CommandLine,
}

impl Job {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Crawl,
        Self::Sweep,
        Self::Pulls,
        Self::Rebuild,
        Self::Restore,
        Self::SignIn,
        Self::Recheck,
        Self::Run,
        Self::Collect,
        Self::Layers,
        Self::SetUp,
        Self::CommandLine,
    ];

    /// The name in the jobs table and in logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crawl => "crawl",
            Self::Sweep => "sweep",
            Self::Pulls => "pulls",
            Self::Rebuild => "rebuild",
            Self::Restore => "restore",
            Self::SignIn => "sign-in",
            Self::Recheck => "recheck",
            Self::Run => "run",
            Self::Collect => "gc",
            Self::Layers => "layers",
            Self::SetUp => "set-up",
            Self::CommandLine => "command-line",
        }
    }
}

impl Actor {
    /// What records name it by: no two actors share one, whatever somebody calls themselves.
    pub fn key(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::User(name) => format!("user:{name}"),
            Self::Robot(name) => format!("robot:{name}"),
            Self::System(job) => format!("job:{}", job.name()),
        }
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        actor.key()
    }
}

impl TryFrom<String> for Actor {
    type Error = Error;

    fn try_from(key: String) -> Result<Self> {
        key.parse()
    }
}

/// Reads what [`Actor::key`] writes.
impl FromStr for Actor {
    type Err = Error;

    fn from_str(key: &str) -> Result<Self> {
        let job = |name: &str| Job::ALL.into_iter().find(|job| job.name() == name).map(Self::System);
        let odd = || Error::invalid("actor", format!("`{key}` names nobody"));
        match key.split_once(':') {
            None if key == "anonymous" => Ok(Self::Anonymous),
            Some(("user", name)) => Ok(Self::User(name.parse()?)),
            Some(("robot", name)) => Ok(Self::Robot(name.parse()?)),
            Some(("job", name)) => job(name).ok_or_else(odd),
            _ => Err(odd()),
        }
    }
}

impl Actor {
    /// What people call it; nothing for whoever is nobody in particular.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Anonymous => None,
            Self::User(name) | Self::Robot(name) => Some(name.as_str()),
            Self::System(job) => Some(job.name()),
        }
    }
}

/// For people; see [`Actor::key`] for records.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous"),
            Self::User(name) | Self::Robot(name) => f.write_str(name.as_str()),
            Self::System(job) => f.write_str(job.name()),
        }
    }
}

/// The most of a person's name.
const MAX_NAME_CHARS: usize = 120;
/// The most of an e-mail address (RFC 5321, section 4.5.3.1).
const MAX_EMAIL_BYTES: usize = 254;

/// Whether a character shows nothing of itself, or turns the text around it: a name with such passes for another one
/// (Unicode TR 36, section 2.10.2).
pub fn is_hidden(c: char) -> bool {
    let turns = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    // Letters and blanks without a shape, and what changes the one before it.
    let is_blank = matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{2028}' | '\u{2029}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
    c.is_control() || turns || is_blank
}

/// The same in a line of text, where what joins and colours an emoji is no trick.
pub fn is_hidden_in_text(c: char) -> bool {
    is_hidden(c) && !matches!(c, '\u{200d}' | '\u{fe0e}' | '\u{fe0f}')
}

/// What somebody writes for others to read: one line without the space around it, or nothing.
///
/// # Errors
/// [`Error::Invalid`] of that field for one that is too long, or has a character that shows nothing of itself or turns the
/// text around it.
pub fn one_line(field: &str, text: &str, max_chars: usize) -> Result<String> {
    let text = text.trim();
    if text.chars().count() > max_chars || text.chars().any(is_hidden_in_text) {
        let words = format!("write one line of at most {max_chars} characters, none of which is hidden");
        return Err(Error::invalid(field, words));
    }
    Ok(text.to_owned())
}

/// What people call somebody: one line, or nothing.
pub fn person_name(text: &str) -> Result<String> {
    let text = text.trim();
    if text.chars().count() > MAX_NAME_CHARS || text.chars().any(is_hidden) {
        return Err(Error::invalid("name", format!("a name has at most {MAX_NAME_CHARS} characters in one line")));
    }
    Ok(text.to_owned())
}

/// Where mail reaches somebody, or nothing. Nobody is known by it.
pub fn email(text: &str) -> Result<String> {
    let text = text.trim();
    let is_odd = text.len() > MAX_EMAIL_BYTES || text.chars().any(|c| is_hidden(c) || c.is_whitespace());
    match is_odd || (!text.is_empty() && !text.contains('@')) {
        true => Err(Error::invalid("email", "this is no e-mail address")),
        false => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written() {
        let jobs = Job::ALL.map(Actor::System);
        let (anna, robot) = (Actor::User("anna".parse().unwrap()), Actor::Robot("ci-web".parse().unwrap()));
        assert_eq!(robot.key(), "robot:ci-web");
        for actor in [Actor::Anonymous, anna, robot].into_iter().chain(jobs) {
            assert_eq!(actor.key().parse::<Actor>().unwrap(), actor);
        }
        for odd in ["", "mara", "user:", "user:Mara", "job:none", "robot"] {
            assert!(odd.parse::<Actor>().is_err(), "{odd}");
        }
    }
}
