//! Who may do what, as a table: a change of policy is a change of this picture.

use portolan::domain::principal::Job;
use portolan::domain::{Actor, Permission, Target};
use portolan::server::access::{Policy, permits};

fn user(name: &str) -> Actor {
    Actor::User(name.to_owned())
}

/// What a permission is asked on.
fn target(permission: Permission) -> Target {
    match permission {
        Permission::MountRead | Permission::SystemRead | Permission::SystemMaintain => Target::Instance,
        _ => Target::Repository("one/web".parse().unwrap()),
    }
}

#[test]
fn the_policies_as_a_table() {
    let columns = [
        ("open", Policy::OpenOnLoopback, Actor::Anonymous),
        ("read-only", Policy::ReadOnly, Actor::Anonymous),
        ("tenant", Policy::Tenants, user("one")),
        ("its CI", Policy::Tenants, user("one-ci")),
        ("other", Policy::Tenants, user("two")),
        ("own jobs", Policy::ReadOnly, Actor::System(Job::Crawl)),
    ];
    let mut table = format!("{:<18}", "");
    for (name, _, _) in &columns {
        table.push_str(&format!(" {name:>9}"));
    }
    for permission in Permission::ALL {
        table.push_str(&format!("\n{:<18}", permission.name()));
        for (_, policy, actor) in &columns {
            let sign = if permits(*policy, actor, permission, &target(permission)) { '✔' } else { '✘' };
            table.push_str(&format!(" {sign:>9}"));
        }
    }
    insta::assert_snapshot!(table, @r"
                            open read-only    tenant    its CI     other  own jobs
    repository.read            ✔         ✔         ✔         ✔         ✘         ✔
    repository.push            ✔         ✘         ✔         ✔         ✘         ✔
    repository.create          ✔         ✘         ✔         ✔         ✘         ✔
    tag.move                   ✔         ✘         ✔         ✔         ✘         ✔
    tag.delete                 ✔         ✘         ✔         ✘         ✘         ✔
    manifest.delete            ✔         ✘         ✔         ✘         ✘         ✔
    mount.read                 ✔         ✔         ✘         ✘         ✘         ✔
    system.read                ✔         ✔         ✘         ✘         ✘         ✔
    system.maintain            ✘         ✘         ✘         ✘         ✘         ✔
    ");
}
