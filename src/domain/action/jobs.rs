//! What is asked about long work.

use super::{Action, Mutation};
use crate::domain::run::{Control, RunKind};
use crate::domain::{Permission, Scope, Target};

impl Mutation for RunCollection {}
impl Mutation for ControlJob {}

actions! {
    /// See long work: one's own in what one may read, and all of it where the instance may be seen. Which runs these are is
    /// found when they are.
    ListJobs {} = "job.list", needs |this| vec![], object String::new();

    /// See one job, by the same rule.
    ReadJob { id: String } = "job.read", needs |this| vec![], object this.id.clone();

    /// Free what nothing names any more, or only find out what that would be.
    RunCollection { dry_run: bool } = "job.collect",
        needs |this| vec![RunKind::Collect.needs(&Scope::Everything)],
        object if this.dry_run { "dry run".to_owned() } else { String::new() };

    /// Pause a job, let it go on, or end it: one's own, or anybody's.
    /// `takes_images` where it deletes images besides tags.
    ControlJob { id: String, kind: RunKind, scope: Scope, takes_images: bool, control: Control, is_own: bool } = "job.control",
        needs |this| match this.is_own {
            true => {
                let (permission, target) = this.kind.needs(&this.scope);
                let images = this.takes_images.then(|| (Permission::ManifestDelete, target.clone()));
                [(permission, target)].into_iter().chain(images).collect()
            }
            false => vec![(Permission::SystemConfigure, Target::Instance)],
        },
        object format!("{} {}", this.control.name(), this.id);
}
