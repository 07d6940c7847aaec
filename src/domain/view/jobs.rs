//! What the pages of long work show.

use crate::domain::run::{CopyOf, Nouns, RunKind, RunState};
use crate::domain::{Actor, Digest, Permission, RepositoryName, Scope, Tag, Target, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A run in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRow {
    pub id: String,
    pub kind: RunKind,
    /// Whether it only finds out what it would do.
    pub is_dry: bool,
    /// What is copied from where to where, if that is what it does.
    pub copy: Option<CopyOf>,
    /// Whether it deletes images besides tags.
    pub takes_images: bool,
    /// Whether these are all that it deletes, and what it counts.
    pub counts_images: bool,
    pub scope: Scope,
    pub state: RunState,
    pub n_done: u64,
    /// How much there is to do, once that is known.
    pub n_total: Option<u64>,
    /// Bytes that it freed, copied or moved so far.
    pub n_bytes: u64,
    /// What holds it up.
    pub waits_for: Option<String>,
    /// How long it will go on, by how it went so far.
    pub left_s: Option<u64>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// `None` where nobody knows any more.
    pub by: Option<Actor>,
    pub error: Option<String>,
}

impl JobRow {
    /// What its progress counts.
    pub fn nouns(&self) -> Nouns {
        self.kind.nouns(self.counts_images)
    }

    /// What it takes to see it, for whose it is: to read where it works, and of a copy where that comes from.
    pub fn needs_to_see(&self) -> Vec<(Permission, Target)> {
        let source = self.copy.iter().map(|copy| Scope::Repository(copy.from.clone()));
        [self.scope.clone()].into_iter().chain(source).map(|scope| self.kind.needs_to_see(&scope)).collect()
    }
}

/// The page of jobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobsView {
    pub rows: Vec<JobRow>,
    /// Those of them, by their ids, that the reader may pause, resume and cancel.
    pub controlled: BTreeSet<String>,
    /// Pass it as `after` to get older ones.
    pub next: Option<String>,
    /// Whether the reader may start a garbage collection, where there is something to collect.
    pub may_collect: bool,
}

/// The page of one job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobView {
    pub row: JobRow,
    /// What it said so far, oldest first.
    pub log: Vec<(Timestamp, String)>,
    /// Whether the reader may pause, resume and cancel it.
    pub may_control: bool,
    /// What of it is in the trash, for one that deletes or restores.
    pub in_trash: Option<InTrash>,
    /// What brings the tags of a copy that is over back to what they named.
    pub way_back: Option<WayBack>,
}

/// The tags that still name what a job copied to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayBack {
    pub repository: RepositoryName,
    /// What each names, and what it named before; in the order in which they were asked for.
    pub tags: Vec<(Tag, Digest, Option<Digest>)>,
    /// Whether the reader may do that.
    pub may_take: bool,
}

/// What of a job is in the trash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InTrash {
    /// The repository that it is of; none where it is of several.
    pub repository: Option<RepositoryName>,
    /// By which all of it comes back.
    pub batch: String,
    /// How many entries there are of it now.
    pub n: u64,
    /// Whether the reader may bring them back.
    pub may_restore: bool,
    /// Whether there is a trash where it deletes.
    pub is_kept: bool,
}
