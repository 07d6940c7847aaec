//! Who sees what, in worlds drawn at random: the filter of lists in SQL and the decision about one repository are one
//! rule, whoever asks and whatever names look like.

use super::store::{Bench, NOW, push};
use crate::support::user;
use portolan::domain::{RepositoryName, RepositoryVisibility, Role, Scope, Terms, Timestamp};
use portolan::params;
use portolan::server::access::{Bound, Policy, Standing, Visibility, reads, visibility};
use portolan::server::store::{Value, mounts, repositories};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

const NAMES: [&str; 12] = [
    "one",
    "one/web",
    "one/a/b",
    "one/a/c",
    "one-ci/web",
    "one0/web",
    "onea/web",
    "on/web",
    "public/a",
    "publicly/a",
    "two/web",
    "two/a",
];
const SCOPES: [&str; 12] =
    ["*", "one/*", "one/a/*", "one", "one/web", "on/*", "public/*", "two/*", "two/web", "none/*", "none", "one-ci/*"];

/// Worlds that are looked at on each database; each asks once in SQL and once for each repository.
const WORLDS: usize = 2000;

#[derive(Clone, Debug)]
struct World {
    of_mount: RepositoryVisibility,
    of_repositories: Vec<Option<RepositoryVisibility>>,
    standing: Standing,
    policy: Policy,
}

fn terms() -> impl Strategy<Value = Terms> {
    let expires_at = select(vec![None, Some(Timestamp(NOW.0 - 1)), Some(NOW), Some(Timestamp(NOW.0 + 1))]);
    (select(Role::ALL.to_vec()), select(SCOPES.to_vec()), expires_at).prop_map(|(role, scope, expires_at)| {
        let scope: Scope = if role.is_of_the_instance() { Scope::Everything } else { scope.parse().unwrap() };
        Terms { role, scope, tags: None, expires_at }
    })
}

fn worlds() -> impl Strategy<Value = World> {
    let level = || select(RepositoryVisibility::ALL.to_vec());
    let bound = option::of(terms().prop_map(|terms| Bound::Terms(Terms { expires_at: None, ..terms })));
    let standing = (any::<bool>(), vec(terms(), 0..4), bound).prop_map(|(is_known, terms, bound)| match is_known {
        true => Standing { terms, bounds: bound.into_iter().collect(), ..Standing::of(user("mara")) },
        false => Standing::anonymous(terms),
    });
    let policy = prop_oneof![9 => Just(Policy::Grants), 1 => Just(Policy::ReadOnly)];
    (level(), vec(option::of(level()), NAMES.len()), standing, policy)
        .prop_map(|(of_mount, of_repositories, standing, policy)| World { of_mount, of_repositories, standing, policy })
}

/// SEC-1, SEC-13.
pub(super) async fn lists_show_what_the_decision_allows(bench: &Bench) {
    for (seed, name) in NAMES.into_iter().enumerate() {
        push(bench, name, "v1", 5000 + seed, NOW).await;
    }
    let mount = mounts::list(&bench.store, NOW).await.unwrap()[0].id.clone();
    // What other tests left here is nobody's concern: it stays private.
    let all = repositories::names(&bench.store, &Visibility::Everything, &mount, None, 10_000).await.unwrap();
    let names: Vec<RepositoryName> = NAMES.iter().map(|name| name.parse().unwrap()).collect();
    assert!(names.iter().all(|name| all.contains(name)));
    let mut runner = TestRunner::deterministic();
    for _ in 0..WORLDS {
        let world = worlds().new_tree(&mut runner).unwrap().current();
        build(bench, &world).await;
        let own = names.iter().zip(&world.of_repositories).map(|(name, own)| (name, own.unwrap_or(world.of_mount)));
        let filter = visibility(world.policy, &world.standing, NOW);
        let shown = repositories::names(&bench.store, &filter, &mount, None, 10_000).await.unwrap();
        for (name, level) in own {
            let may_read = reads(world.policy, &world.standing, name, level, NOW);
            assert_eq!(filter.shows(name, level), may_read, "{name} in {world:?}");
            assert_eq!(shown.contains(name), may_read, "{name} in {world:?}");
        }
        let totals = repositories::totals(&bench.store, &filter, None).await.unwrap();
        assert_eq!(totals.repositories as usize, shown.len(), "{world:?}");
    }
}

async fn build(bench: &Bench, world: &World) {
    let (of_mount, own) = (world.of_mount.name(), world.of_repositories.clone());
    let write = bench.store.note(&bench.proof, move |tx| {
        Box::pin(async move {
            tx.run("UPDATE mounts SET visibility = $1", params![of_mount]).await?;
            for (name, level) in NAMES.iter().zip(own) {
                let level: Value = level.map(RepositoryVisibility::name).into();
                tx.run("UPDATE repositories SET visibility = $2 WHERE name = $1", vec![Value::from(*name), level])
                    .await?;
            }
            Ok(())
        })
    });
    write.await.unwrap();
}
