//! Runs: long work that people see, from when somebody asked for it until it is over. On screen, in the API and in the
//! guides a run is a *job*. A `Job` in this code (`domain/principal.rs`, `server/store/jobs.rs`) is something else: work in
//! the background that acts by itself and is leased to a node, such as reading a registry, or doing what runs ask for.

use super::{Error, Permission, RepositoryName, Result, Scope, Target};
use serde::{Deserialize, Serialize};

/// The most tags that go, or come back, in one request of the hosted registry; more of them are a run.
pub const AT_ONCE: u64 = 500;
/// The same of a registry elsewhere, where each tag takes some requests, and so does each image that is deleted itself.
pub const AT_ONCE_ELSEWHERE: u64 = 20;

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RunKind {
    /// Frees what nothing names any more.
    #[serde(rename = "gc")]
    Collect,
    /// Copies tags with all that their images are to another registry.
    #[serde(rename = "copy")]
    Copy,
    /// Deletes many tags.
    #[serde(rename = "delete")]
    Delete,
    /// Brings back what one request deleted, where that is much.
    #[serde(rename = "restore")]
    Restore,
}

/// Which places a run takes. Those in one lane hold up nobody in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    Collecting,
    Copying,
    Changing,
}

/// What is counted, for one and for many.
pub type Nouns = (&'static str, &'static str);

/// Which copy a run is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyOf {
    pub from: RepositoryName,
    pub to: RepositoryName,
    pub n_tags: u64,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// Waits for its turn.
    Queued,
    Running,
    Paused,
    Done,
    Failed,
    Cancelled,
}

/// What somebody does to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Control {
    Pause,
    Resume,
    Cancel,
}

impl RunKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Collect, Self::Copy, Self::Delete, Self::Restore];

    /// The name in the table and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Collect => "gc",
            Self::Copy => "copy",
            Self::Delete => "delete",
            Self::Restore => "restore",
        }
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|kind| kind.name() == name);
        known.ok_or_else(|| Error::invalid("kind", format!("there is no kind of job `{name:.40}`")))
    }

    /// What people call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Collect => "Garbage collection",
            Self::Copy => "Copy",
            Self::Delete => "Deletion of tags",
            Self::Restore => "Restore from the trash",
        }
    }

    /// Where it waits for its turn.
    pub fn lane(self) -> Lane {
        match self {
            Self::Collect => Lane::Collecting,
            Self::Copy => Lane::Copying,
            Self::Delete | Self::Restore => Lane::Changing,
        }
    }

    /// What its progress counts; a delete may delete images alone.
    pub fn nouns(self, counts_images: bool) -> Nouns {
        match self {
            Self::Collect => ("item looked at", "items looked at"),
            Self::Copy => ("part", "parts"),
            Self::Delete if counts_images => ("image", "images"),
            Self::Delete => ("tag", "tags"),
            Self::Restore => ("thing", "things"),
        }
    }

    /// What is left when it is cancelled; `is_dry` where it only finds out what it would do.
    pub fn kept(self, is_dry: bool) -> &'static str {
        match self {
            Self::Collect if is_dry => "A dry run frees nothing. What it counted so far is dropped.",
            Self::Collect => "What was freed so far stays freed. The rest stays for the next run.",
            Self::Copy => {
                "Tags are set last, so most likely none is. Images that were sent so far stay there without a name, and \
                 layers until that registry collects its garbage. The same copy sends nothing of it again."
            }
            Self::Delete => {
                "What was deleted so far stays in the trash, together: Undo on this page brings all of it back."
            }
            Self::Restore => "What came back so far stays. The rest stays in the trash.",
        }
    }

    /// What it takes to pause, resume and cancel one's own in a scope: the right to what it does there, as far as that
    /// does not depend on the tags, of which each step asks.
    pub fn needs(self, scope: &Scope) -> (Permission, Target) {
        match self {
            Self::Collect => (Permission::SystemConfigure, Target::Instance),
            Self::Copy => (Permission::RepositoryPush, within(scope)),
            Self::Delete => (Permission::TagDelete, within(scope)),
            Self::Restore => (Permission::TrashRestore, within(scope)),
        }
    }

    /// What it takes to see one's own in a scope.
    pub fn needs_to_see(self, scope: &Scope) -> (Permission, Target) {
        match self {
            Self::Collect => (Permission::SystemRead, Target::Instance),
            Self::Copy | Self::Delete | Self::Restore => (Permission::RepositoryRead, within(scope)),
        }
    }
}

/// How far a run came: `200 of 520 tags`, where it is known of how many.
pub fn how_far((one, many): Nouns, n_done: u64, n_total: Option<u64>) -> Option<String> {
    n_total.map(|total| format!("{n_done} of {total} {}", if total == 1 { one } else { many }))
}

fn within(scope: &Scope) -> Target {
    match scope {
        Scope::Repository(name) => Target::Repository(name.clone()),
        scope => Target::Scope(scope.clone()),
    }
}

impl Lane {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Collecting, Self::Copying, Self::Changing];
}

impl RunState {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Queued, Self::Running, Self::Paused, Self::Done, Self::Failed, Self::Cancelled];

    /// The name in the table and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more comes of it.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }

    /// What somebody can do to a run that stands so.
    pub fn takes(self, control: Control) -> bool {
        match control {
            Control::Pause => matches!(self, Self::Queued | Self::Running),
            Control::Resume => self == Self::Paused,
            Control::Cancel => !self.is_over(),
        }
    }
}

impl Control {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pause, Self::Resume, Self::Cancel];

    /// The last part of the address that asks for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
        }
    }

    /// How a run stands afterwards.
    pub fn leads_to(self) -> RunState {
        match self {
            Self::Pause => RunState::Paused,
            Self::Resume => RunState::Queued,
            Self::Cancel => RunState::Cancelled,
        }
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|control| control.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_what_is_over_takes_nothing() {
        for kind in RunKind::ALL {
            assert_eq!(RunKind::parse(kind.name()), Ok(kind));
        }
        assert!(RunKind::parse("none").is_err());
        for state in RunState::ALL {
            let taken = Control::ALL.into_iter().filter(|control| state.takes(*control));
            assert_eq!(taken.count() == 0, state.is_over(), "{state:?}");
        }
        assert_eq!(Control::ALL.map(|control| Control::parse(control.name())), Control::ALL.map(Some));
    }
}
