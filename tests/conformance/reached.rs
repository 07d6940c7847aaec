//! What somebody may do to some tags alone: what the database finds of it, in the trash and under rules, and the decision
//! about one tag are one rule.

use super::store::{Bench, NOW};
use super::worlds::{NAMES, bounds, terms};
use crate::support::{decides, user};
use portolan::domain::action::{ListRepositories, RestoreTrash, Trashed};
use portolan::domain::protection::{Act, Guard};
use portolan::domain::trash::TrashRow;
use portolan::domain::{Action, Permission, Protection, Role, Rule, Scope, Terms};
use portolan::params;
use portolan::server::access::{Caller, Policy, Standing};
use portolan::server::store::mounts;
use portolan::server::store::protections::{self, Barring, Rules};
use portolan::server::store::radius::{Reader, sums};
use portolan::server::store::trash::{self, Wanted};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::sync::Arc;

const WORLDS: usize = 300;
const PATTERNS: [&str; 5] = ["v*", "prod", "!v1", "*0, [a-p]*", "v?, !v0"];
/// What is deleted of each repository: these tags, and an image.
const TAGS: [&str; 4] = ["v0", "v1", "prod", "v10"];

fn some_terms() -> impl Strategy<Value = Terms> {
    let tags = option::of(select(PATTERNS.to_vec()));
    (terms(), tags).prop_map(|(terms, tags)| {
        let tags = tags.filter(|_| !terms.role.is_of_the_instance());
        Terms { tags: tags.map(|tags| tags.parse().unwrap()), ..terms }
    })
}

/// SEC-1, SEC-13.
pub(super) async fn the_trash_shows_what_the_decision_allows(bench: &Bench) {
    let deleted = bench.store.note(&bench.proof, |tx| {
        Box::pin(async move {
            let sql = "INSERT INTO trash (id, batch, kind, mount_id, repository_id, repository, name, digest, n_tags, held_bytes,
                         deleted_at, deleted_by, expires_at) VALUES ($1, $2, $3, '', '', $2, $4, NULL, 0, 1, 0, '', 0)";
            for name in NAMES {
                let tags = TAGS.map(|tag| ("tag", tag));
                for (kind, of) in tags.into_iter().chain([("repository", "")]) {
                    tx.run(sql, params![format!("w-{name}-{of}"), name, kind, of]).await?;
                }
            }
            Ok(())
        })
    });
    deleted.await.unwrap();
    let everything =
        decides(Policy::Grants).reach(&Standing::with_role(user("admin"), Role::Owner), Permission::TrashRestore);
    let all = trash::list(&bench.store, (&everything, &Wanted::default()), 10_000).await.unwrap();
    assert!(all.len() >= NAMES.len() * (TAGS.len() + 1));
    let mut runner = TestRunner::deterministic();
    for _ in 0..WORLDS {
        let policy = prop_oneof![19 => Just(Policy::Grants), 1 => Just(Policy::ReadOnly)];
        let world = (vec(some_terms(), 0..8), bounds(), policy);
        let (terms, bounds, policy) = world.new_tree(&mut runner).unwrap().current();
        let (access, standing) = (decides(policy), Standing { terms, bounds, ..Standing::of(user("mara")) });
        let allowed = |row: &TrashRow| {
            let what = match &row.tag {
                Some(tag) => Trashed::Tags(row.repository.clone(), vec![tag.clone()]),
                None => Trashed::Whole(row.repository.clone()),
            };
            let action = RestoreTrash { what, words: String::new() };
            action.needs().iter().all(|(permission, target)| access.holds(&standing, *permission, target))
        };
        let expected: Vec<&str> = all.iter().filter(|it| allowed(&it.row)).map(|it| it.row.id.as_str()).collect();
        let (reach, wanted) = (access.reach(&standing, Permission::TrashRestore), Wanted::default());
        let shown = trash::list(&bench.store, (&reach, &wanted), 10_000).await.unwrap();
        let shown: Vec<&str> = shown.iter().map(|it| it.row.id.as_str()).collect();
        assert_eq!(shown, expected, "{standing:?}");
        assert_eq!(
            trash::held(&bench.store, (&reach, &wanted)).await.unwrap().n,
            expected.len() as u64,
            "{standing:?}"
        );
    }
    let nothing_is_left = bench.store.note(&bench.proof, |tx| {
        Box::pin(async move { tx.run("DELETE FROM trash WHERE mount_id = ''", vec![]).await })
    });
    nothing_is_left.await.unwrap();
}

fn some_rule() -> impl Strategy<Value = Rule> {
    let scope = select(vec!["*", "one/*", "one/a/*", "one/a/b", "one/web", "one/a-b", "two/*"]);
    let pattern = || option::of(select(PATTERNS.to_vec()));
    let role = select(Guard::ROLES.to_vec());
    let guard = prop_oneof![
        Just(Guard::Immutable),
        role.clone().prop_map(Guard::Protected),
        option::of(role).prop_map(Guard::NoDelete)
    ];
    (0..1000u32, scope, pattern(), pattern(), guard).prop_map(|(id, scope, tags, except, guard)| {
        let read = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        let protection = Protection { scope: scope.parse().unwrap(), tags: read(tags), except: read(except), guard };
        Rule { id: id.to_string(), protection, created_by: None, created_at: NOW }
    })
}

/// SEC-13.
pub(super) async fn what_rules_keep_of_many_repositories_is_what_they_keep_of_each_tag(bench: &Bench) {
    let (store, reader) = (&bench.store, &mut Reader::Store(&bench.store));
    let mount = mounts::list(store, NOW).await.unwrap()[0].id.clone();
    let found = sums(reader, &mount, None, Some(&"one".parse().unwrap()), 100).await.unwrap();
    let tags = protections::tags_in(store, &"one/*".parse::<Scope>().unwrap(), 10_000).await.unwrap();
    assert!(found.len() > 5 && tags.len() > 8, "{found:?} {tags:?}");
    let mut runner = TestRunner::deterministic();
    for _ in 0..WORLDS {
        let world = (vec(some_terms(), 0..8), bounds(), vec(some_rule(), 0..6));
        let (terms, bounds, mut rules) = world.new_tree(&mut runner).unwrap().current();
        rules.sort_by(|one, other| one.id.cmp(&other.id));
        rules.dedup_by(|one, other| one.id == other.id);
        let standing = Arc::new(Standing { terms, bounds, ..Standing::of(user("mara")) });
        let caller = Caller { standing, request_id: String::new(), address: String::new() };
        let proof = decides(Policy::Grants).authorize(&caller, ListRepositories {}).await.unwrap();
        let (rights, of) = (proof.rights(), |name| Rules::covering(name, &rules));
        let kept = tags.iter().filter_map(|(name, tag)| of(name.clone()).bar(&rights, Act::Delete, tag));
        let (whole, kept) =
            (found.iter().filter_map(|it| of(it.name.clone()).bar_content(&rights)), kept.collect::<Vec<_>>());
        let met = Barring::of(&rights, rules.clone()).meet(reader, &found, 3).await.unwrap();
        let told = || format!("{caller:?} {rules:?}");
        assert_eq!(met.n_tags, kept.len() as u64, "{}", told());
        assert_eq!(met.whole, whole.collect::<Vec<_>>(), "{}", told());
        assert_eq!(met.tags.len(), kept.len().min(3), "{}", told());
        assert!(met.tags.iter().all(|(_, barred)| kept.contains(barred)), "{}", told());
    }
}
