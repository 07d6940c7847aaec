//! Who sees what, in worlds drawn at random: the filter of lists in SQL and the decision about one repository are one
//! rule, whoever asks, however much was granted to them and whatever names look like.

use super::seen;
use super::store::{Bench, NOW, push};
use portolan::domain::view::{RepositoryQuery, RepositorySort};
use portolan::domain::{Namespace, RepositoryVisibility, Role, Scope, Terms, Timestamp};
use portolan::params;
use portolan::server::access::{Bound, Policy, Verbs};
use portolan::server::store::{Tx, Value};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// Names that are easily taken for each other, in and around namespaces.
pub(super) const NAMES: [&str; 24] = [
    "one",
    "one/web",
    "one/a/b",
    "one/a/bc",
    "one/a-b",
    "one/a.b/c",
    "one/a/b/c",
    "one-ci/web",
    "one.ci/web",
    "one0/web",
    "onea/web",
    "on/web",
    "one__a/web",
    "a",
    "a/b",
    "a-b",
    "a/bc",
    "ab",
    "ab/c",
    "a/0",
    "public/a",
    "publicly/a",
    "two/web",
    "two/a",
];
const NAMESPACES: [&str; 13] =
    ["one", "one/a", "one/a/b", "one/a.b", "one-ci", "one__a", "on", "a", "ab", "public", "two", "none", "one/web"];

/// Worlds that are looked at on each database, each by three who ask.
const WORLDS: usize = 400;

#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) of_mount: RepositoryVisibility,
    of_repositories: Vec<Option<RepositoryVisibility>>,
    grants: Vec<(Grantee, Terms)>,
    bounds: Vec<Bound>,
    pub(super) policy: Policy,
    pub(super) query: RepositoryQuery,
    pub(super) after: &'static str,
}

/// Whom something is granted, by the id and the kind that rows have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Grantee(&'static str, &'static str);

const MARA: Grantee = Grantee("w-mara", "user");
const ROBOT: Grantee = Grantee("w-ci", "robot");
const HER_GROUP: Grantee = Grantee("w-eng", "group");
const OTTO: Grantee = Grantee("w-otto", "user");
const HIS_GROUP: Grantee = Grantee("w-ops", "group");
const EVERYBODY: Grantee = Grantee("", "anonymous");

/// Who asks: a user in a group, a robot, and nobody in particular.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    Mara,
    Robot,
    Nobody,
}

impl Asker {
    pub(super) const ALL: [Self; 3] = [Self::Mara, Self::Robot, Self::Nobody];

    /// By which id their grants are found.
    pub(super) fn id(self) -> Option<&'static str> {
        match self {
            Self::Mara => Some(MARA.0),
            Self::Robot => Some(ROBOT.0),
            Self::Nobody => None,
        }
    }

    fn is_given(self, to: Grantee) -> bool {
        match self {
            Self::Mara => [MARA, HER_GROUP, EVERYBODY].contains(&to),
            Self::Robot => [ROBOT, EVERYBODY].contains(&to),
            Self::Nobody => to == EVERYBODY,
        }
    }
}

impl World {
    /// What is granted to who asks.
    pub(super) fn terms(&self, asker: Asker) -> Vec<Terms> {
        self.grants.iter().filter(|(to, _)| asker.is_given(*to)).map(|(_, terms)| terms.clone()).collect()
    }

    /// What they came with: tokens are somebody's.
    pub(super) fn bounds(&self, asker: Asker) -> Vec<Bound> {
        if asker == Asker::Nobody { vec![] } else { self.bounds.clone() }
    }

    /// How visible a repository is; those that other tests left have no visibility of their own.
    pub(super) fn level(&self, name: &str) -> RepositoryVisibility {
        let own = NAMES.iter().position(|own| *own == name).and_then(|place| self.of_repositories[place]);
        own.unwrap_or(self.of_mount)
    }
}

pub(super) fn terms() -> impl Strategy<Value = Terms> + Clone {
    let expires_at = select(vec![None, None, Some(Timestamp(NOW.0 - 1)), Some(NOW), Some(Timestamp(NOW.0 + 1))]);
    let role = prop_oneof![40 => select(Role::ALL[..5].to_vec()), 1 => select(Role::ALL.to_vec())];
    let scope = prop_oneof![
        1 => Just("*".to_owned()),
        60 => select(NAMES.to_vec()).prop_map(str::to_owned),
        60 => select(NAMESPACES.to_vec()).prop_map(|namespace| format!("{namespace}/*")),
        5 => Just("none".to_owned()),
    ];
    (role, scope, expires_at).prop_map(|(role, scope, expires_at)| {
        let scope: Scope = if role.is_of_the_instance() { Scope::Everything } else { scope.parse().unwrap() };
        Terms { role, scope, tags: None, expires_at }
    })
}

pub(super) fn bounds() -> impl Strategy<Value = Vec<Bound>> {
    let token = terms().prop_map(|terms| Bound::Terms(Terms { expires_at: None, ..terms }));
    let pull = (select(NAMES.to_vec()), any::<bool>());
    let pull = pull.prop_map(|(name, pull)| (name.parse().unwrap(), Verbs { pull, ..Verbs::default() }));
    let registry = (vec(pull, 0..4), any::<bool>());
    let registry = registry.prop_map(|(repositories, catalog)| Bound::Registry { repositories, catalog });
    let none = || Just(vec![]);
    let (tokens, registry) =
        (prop_oneof![3 => none(), 1 => vec(token, 1..3)], prop_oneof![3 => none(), 1 => vec(registry, 1)]);
    (tokens, registry).prop_map(|(tokens, registry)| tokens.into_iter().chain(registry).collect())
}

fn query() -> impl Strategy<Value = RepositoryQuery> {
    let sort =
        select(vec![RepositorySort::Updated, RepositorySort::Name, RepositorySort::Tags, RepositorySort::Stored]);
    let q = select(vec!["", "", "", "a", "a/b", "A/B", "-", "_", "%", "c", "one"]);
    let within = option::of(select(NAMESPACES.to_vec()));
    (sort, q, within, 1..9u32).prop_map(|(sort, q, within, limit)| RepositoryQuery {
        q: q.to_owned(),
        sort,
        within: within.map(|namespace| namespace.parse::<Namespace>().unwrap()),
        limit: Some(limit),
        ..RepositoryQuery::default()
    })
}

fn worlds() -> impl Strategy<Value = World> {
    let level = || select(RepositoryVisibility::ALL.to_vec());
    // Where most is private, it is grants that decide.
    let own = prop_oneof![2 => Just(vec![None; NAMES.len()]), 3 => vec(option::weighted(0.4, level()), NAMES.len())];
    let to = select(vec![MARA, ROBOT, HER_GROUP, OTTO, HIS_GROUP, EVERYBODY]);
    let grant = (to, terms());
    let grants = prop_oneof![vec(grant.clone(), 0..4), vec(grant, 0..41)];
    let policy = prop_oneof![19 => Just(Policy::Grants), 1 => Just(Policy::ReadOnly)];
    (level(), own, grants, bounds(), policy, query(), select(NAMES.to_vec())).prop_map(
        |(of_mount, of_repositories, grants, bounds, policy, query, after)| World {
            of_mount,
            of_repositories,
            grants,
            bounds,
            policy,
            query,
            after,
        },
    )
}

/// SEC-1, SEC-13.
pub(super) async fn lists_show_what_the_decision_allows(bench: &Bench) {
    for (seed, name) in NAMES.into_iter().enumerate() {
        let at = Timestamp(NOW.0 + 1000 + seed as i64 / 3);
        for tag in 0..=seed % 3 {
            push(bench, name, &format!("v{tag}"), 5000 + 100 * tag + seed, at).await;
        }
    }
    let people = bench.store.note(&bench.proof, |tx| Box::pin(settle(tx)));
    people.await.unwrap();
    let catalog = seen::Catalog::read(&bench.store).await;
    let mut runner = TestRunner::deterministic();
    for _ in 0..WORLDS {
        let world = worlds().new_tree(&mut runner).unwrap().current();
        let built = world.clone();
        bench.store.note(&bench.proof, move |tx| Box::pin(async move { build(tx, &built).await })).await.unwrap();
        for asker in Asker::ALL {
            catalog.check(&bench.store, &world, asker).await;
        }
    }
    // What this left is nobody's in the tests that follow.
    bench.store.note(&bench.proof, |tx| Box::pin(async move { clear(tx).await })).await.unwrap();
}

async fn settle(tx: &mut Tx) -> portolan::domain::Result<()> {
    for Grantee(id, kind) in [MARA, ROBOT, OTTO] {
        let sql = "INSERT INTO principals (id, kind, username, name, email, created_at, created_by)
                   VALUES ($1, $2, $1, '', '', 0, '')";
        tx.run(sql, params![id, kind]).await?;
    }
    for (Grantee(group, _), Grantee(member, _)) in [(HER_GROUP, MARA), (HIS_GROUP, OTTO)] {
        tx.run("INSERT INTO user_groups (id, name, created_at, created_by) VALUES ($1, $1, 0, '')", params![group])
            .await?;
        let sql = "INSERT INTO group_members (group_id, user_id, source) VALUES ($1, $2, '')";
        tx.run(sql, params![group, member]).await?;
    }
    Ok(())
}

async fn build(tx: &mut Tx, world: &World) -> portolan::domain::Result<()> {
    tx.run("UPDATE mounts SET visibility = $1", params![world.of_mount.name()]).await?;
    let (mut levels, mut cases) = (Vec::new(), String::new());
    for (name, level) in NAMES.iter().zip(&world.of_repositories) {
        levels.extend([Value::from(*name), level.map(RepositoryVisibility::name).into()]);
        cases.push_str(&format!(" WHEN ${} THEN ${}", levels.len() - 1, levels.len()));
    }
    tx.run(&format!("UPDATE repositories SET visibility = CASE name{cases} END"), levels).await?;
    tx.run("DELETE FROM grants", vec![]).await?;
    let (mut values, mut rows) = (Vec::new(), Vec::new());
    for (number, (Grantee(id, kind), terms)) in world.grants.iter().enumerate() {
        let first = values.len() + 1;
        let slots: Vec<String> = (first..first + 6).map(|slot| format!("${slot}")).collect();
        rows.push(format!("({}, 0, '')", slots.join(", ")));
        let (scope, expires_at) = (terms.scope.to_string(), terms.expires_at.map(|at| at.0));
        values.extend(params![format!("w-{number}"), *kind, *id, terms.role.name(), scope, expires_at]);
    }
    if rows.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO grants (id, grantee_kind, grantee, role, scope, expires_at, created_at, created_by) VALUES ";
    tx.run(&(sql.to_owned() + &rows.join(", ")), values).await.map(|_| ())
}

async fn clear(tx: &mut Tx) -> portolan::domain::Result<()> {
    for sql in ["DELETE FROM grants", "UPDATE mounts SET visibility = 'private'"] {
        tx.run(sql, vec![]).await?;
    }
    Ok(())
}
