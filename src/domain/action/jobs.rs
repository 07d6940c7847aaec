//! What is asked about long work.

use super::{Action, Mutation};
use crate::domain::run::{Control, RunKind};
use crate::domain::{Permission, Scope, Target};

impl Mutation for RunCollection {}
impl Mutation for ControlJob {}

actions! {
    /// See long work: one's own, and all of it where the instance may be seen.
    ListJobs {} = "job.list", needs |this| vec![], object String::new();

    /// See one job.
    ReadJob { id: String } = "job.read", needs |this| vec![], object this.id.clone();

    /// Free what nothing names any more, or only find out what that would be.
    RunCollection { dry_run: bool } = "job.collect",
        needs |this| vec![RunKind::Collect.needs(&Scope::Everything)],
        object if this.dry_run { "dry run".to_owned() } else { String::new() };

    /// Pause a job, let it go on, or end it: one's own, or anybody's.
    ControlJob { id: String, kind: RunKind, scope: Scope, control: Control, is_own: bool } = "job.control",
        needs |this| vec![match this.is_own {
            true => this.kind.needs(&this.scope),
            false => (Permission::SystemConfigure, Target::Instance),
        }],
        object format!("{} {}", this.control.name(), this.id);
}
