//! Who may do what, as a table: a change of policy is a change of this picture.

use crate::architecture::{files, production};
use crate::support::{START, user};
use portolan::domain::principal::Job;
use portolan::domain::{Actor, Permission, Role, Target};
use portolan::server::access::{Policy, Standing, permits};

/// What a permission is asked on.
fn target(permission: Permission) -> Target {
    match permission {
        _ if permission.is_of_the_instance() => Target::Instance,
        Permission::GrantRead | Permission::GrantManage | Permission::RobotManage | Permission::AuditRead => {
            Target::Scope("team/*".parse().unwrap())
        }
        Permission::TagMove | Permission::TagDelete => Target::Tag("team/web".parse().unwrap(), "v1".parse().unwrap()),
        _ => Target::Repository("team/web".parse().unwrap()),
    }
}

#[test]
fn the_roles_as_a_table() {
    let of_role = |role: Role| (role.name(), Policy::Grants, Standing::with_role(user("mara"), role));
    let others = [
        ("nobody", Policy::Grants, Standing::anonymous(vec![])),
        ("--try", Policy::ReadOnly, Standing::anonymous(vec![])),
        ("own jobs", Policy::Grants, Standing::of(Actor::System(Job::Crawl))),
    ];
    let columns: Vec<_> = Role::ALL.into_iter().map(of_role).chain(others).collect();
    let mut table = format!("{:<20}", "");
    for (name, ..) in &columns {
        table.push_str(&format!(" {name:>10}"));
    }
    for permission in Permission::ALL {
        table.push_str(&format!("\n{:<20}", permission.name()));
        for (_, policy, standing) in &columns {
            let sign = if permits(*policy, standing, permission, &target(permission), START) { '✔' } else { '✘' };
            table.push_str(&format!(" {sign:>10}"));
        }
    }
    insta::assert_snapshot!(table, @r"
                             reader  publisher  developer maintainer      owner    auditor      admin     nobody      --try   own jobs
    repository.read               ✔          ✔          ✔          ✔          ✔          ✔          ✔          ✘          ✔          ✔
    repository.push               ✘          ✔          ✔          ✔          ✔          ✘          ✔          ✘          ✘          ✔
    repository.create             ✘          ✔          ✔          ✔          ✔          ✘          ✔          ✘          ✘          ✔
    tag.move                      ✘          ✘          ✔          ✔          ✔          ✘          ✔          ✘          ✘          ✔
    tag.delete                    ✘          ✘          ✔          ✔          ✔          ✘          ✔          ✘          ✘          ✔
    manifest.delete               ✘          ✘          ✘          ✔          ✔          ✘          ✔          ✘          ✘          ✔
    repository.delete             ✘          ✘          ✘          ✘          ✔          ✘          ✔          ✘          ✘          ✔
    repository.configure          ✘          ✘          ✘          ✔          ✔          ✘          ✔          ✘          ✘          ✔
    trash.restore                 ✘          ✘          ✔          ✔          ✔          ✘          ✔          ✘          ✘          ✔
    trash.purge                   ✘          ✘          ✘          ✘          ✔          ✘          ✔          ✘          ✘          ✔
    grant.read                    ✘          ✘          ✘          ✔          ✔          ✔          ✔          ✘          ✘          ✔
    grant.manage                  ✘          ✘          ✘          ✔          ✔          ✘          ✔          ✘          ✘          ✔
    robot.manage                  ✘          ✘          ✘          ✔          ✔          ✘          ✔          ✘          ✘          ✔
    webhook.manage                ✘          ✘          ✘          ✔          ✔          ✘          ✔          ✘          ✘          ✔
    scan.run                      ✘          ✘          ✔          ✔          ✔          ✘          ✔          ✘          ✘          ✔
    finding.triage                ✘          ✘          ✘          ✔          ✔          ✘          ✔          ✘          ✘          ✔
    audit.read                    ✘          ✘          ✘          ✘          ✔          ✔          ✔          ✘          ✘          ✔
    replication.manage            ✘          ✘          ✘          ✘          ✘          ✘          ✔          ✘          ✘          ✔
    user.read                     ✘          ✘          ✘          ✘          ✘          ✔          ✔          ✘          ✘          ✔
    user.manage                   ✘          ✘          ✘          ✘          ✘          ✘          ✔          ✘          ✘          ✔
    group.read                    ✘          ✘          ✘          ✘          ✘          ✔          ✔          ✘          ✘          ✔
    group.manage                  ✘          ✘          ✘          ✘          ✘          ✘          ✔          ✘          ✘          ✔
    role.read                     ✘          ✘          ✘          ✘          ✘          ✔          ✔          ✘          ✘          ✔
    role.manage                   ✘          ✘          ✘          ✘          ✘          ✘          ✔          ✘          ✘          ✔
    mount.read                    ✘          ✘          ✘          ✘          ✘          ✔          ✔          ✘          ✔          ✔
    mount.manage                  ✘          ✘          ✘          ✘          ✘          ✘          ✔          ✘          ✘          ✔
    system.read                   ✘          ✘          ✘          ✘          ✘          ✔          ✔          ✘          ✔          ✔
    system.configure              ✘          ✘          ✘          ✘          ✘          ✘          ✔          ✘          ✘          ✔
    system.maintain               ✘          ✘          ✘          ✘          ✘          ✘          ✘          ✘          ✘          ✔
    account.manage                ✘          ✘          ✘          ✘          ✘          ✘          ✘          ✘          ✘          ✔
    ");
}

/// Pages speak of no verb for which there is nothing to do yet.
#[test]
fn a_verb_that_nothing_asks_for_is_to_come() {
    let code: String = files()
        .into_iter()
        .filter(|(path, _)| !path.ends_with("domain/permission.rs") && !path.ends_with("domain/role.rs"))
        .map(|(_, text)| production(&text))
        .collect();
    for permission in Permission::ALL {
        let is_asked_for = code.contains(&format!("Permission::{permission:?}"));
        assert_eq!(is_asked_for, !permission.is_to_come(), "{}", permission.name());
    }
}

/// An account is its owner's, and not that of whoever holds one of their tokens, nor an administrator's.
#[test]
fn an_account_is_managed_by_its_owner_alone() {
    let own = Target::Account("mara".parse().unwrap());
    let may = |standing: &Standing| permits(Policy::Grants, standing, Permission::AccountManage, &own, START);
    let mara = Standing::of(user("mara"));
    assert!(may(&mara));
    assert!(!may(&Standing::with_role(user("otto"), Role::Admin)));
    assert!(!may(&Standing { token: Some("t".to_owned()), ..mara.clone() }));
    assert!(!may(&Standing::of(Actor::Robot("mara".parse().unwrap()))));
    assert!(!may(&Standing::anonymous(vec![])));
    assert!(!permits(Policy::ReadOnly, &mara, Permission::AccountManage, &own, START));
}
