//! What is asked about registries that are mounted in the console.

use super::{Action, Mutation};
use crate::domain::{MountPrefix, Permission, Target};

impl Mutation for CreateMount {}
impl Mutation for ChangeMount {}
impl Mutation for CheckMount {}
impl Mutation for DeleteMount {}
impl Mutation for RotateHook {}

actions! {
    /// Ask a registry what it can do, without mounting it.
    ProbeMount {} = "mount.probe", needs |this| manages_mounts(), object String::new();

    /// Mount a registry.
    CreateMount { prefix: MountPrefix } = "mount.create", needs |this| manages_mounts(), object this.prefix.shown();

    /// Change how a registry is reached and seen.
    ChangeMount { prefix: MountPrefix } = "mount.change", needs |this| manages_mounts(), object this.prefix.shown();

    /// Read a registry now.
    CheckMount { prefix: MountPrefix } = "mount.check", needs |this| manages_mounts(), object this.prefix.shown();

    /// Give a registry another secret by which it tells of pushes; the one from before ends.
    RotateHook { prefix: MountPrefix } = "mount.rotate", needs |this| manages_mounts(), object this.prefix.shown();

    /// Forget a registry here.
    DeleteMount { prefix: MountPrefix } = "mount.delete", needs |this| manages_mounts(), object this.prefix.shown();
}

fn manages_mounts() -> Vec<(Permission, Target)> {
    vec![(Permission::MountManage, Target::Instance)]
}
