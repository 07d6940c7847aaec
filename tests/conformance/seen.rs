//! What each list shows of a world, beside what the decision about one repository says of each.

use super::store::NOW;
use super::worlds::{Asker, NAMES, World};
use crate::support::user;
use portolan::domain::page::Position;
use portolan::domain::pasted::DigestStart;
use portolan::domain::sought::Sought;
use portolan::domain::view::{MAX_FOUND, RepositoryQuery, RepositoryRow, RepositorySort};
use portolan::domain::{Actor, RepositoryName, RepositoryVisibility, Scope, Timestamp};
use portolan::server::access::{Bound, Policy, Standing, Visibility, reads, visibility};
use portolan::server::context::Changed;
use portolan::server::service::changes::Watched;
use portolan::server::store::{Store, grants, mounts, namespaces, repositories, search, sums};
use std::collections::{BTreeMap, BTreeSet};

/// All that there is.
pub(super) struct Catalog {
    mount: String,
    /// In each order of a list.
    sorted: Vec<(RepositorySort, Vec<RepositoryRow>)>,
    /// Every tag, with its repository.
    tags: Vec<(RepositoryName, String)>,
}

impl Catalog {
    pub(super) async fn read(store: &Store) -> Self {
        let mount = mounts::list(store, NOW).await.unwrap()[0].id.clone();
        let mut sorted = Vec::new();
        for sort in [RepositorySort::Updated, RepositorySort::Name, RepositorySort::Tags, RepositorySort::Stored] {
            let query = RepositoryQuery { sort, ..RepositoryQuery::default() };
            sorted.push((sort, pages(store, &Visibility::Everything, &query).await));
        }
        let sql =
            "SELECT r.name, t.name FROM repositories r JOIN tags t ON t.repository_id = r.id ORDER BY r.name, t.name";
        let tags = store.all(sql, vec![]).await.unwrap().into_iter();
        let tags = tags.map(|mut row| (row.take().unwrap(), row.take().unwrap())).collect();
        let catalog = Self { mount, sorted, tags };
        let all: Vec<&str> = catalog.in_order(RepositorySort::Name).iter().map(|row| row.name.as_str()).collect();
        assert!(all.is_sorted() && NAMES.iter().all(|name| all.contains(name)));
        catalog
    }

    fn in_order(&self, sort: RepositorySort) -> &[RepositoryRow] {
        &self.sorted.iter().find(|(of, _)| *of == sort).unwrap().1
    }

    /// Holds every list to the decision, for one who asks in a world.
    pub(super) async fn check(&self, store: &Store, world: &World, asker: Asker) {
        let told = || format!("{asker:?} in {world:?}");
        let standing = Standing { terms: world.terms(asker), ..self.found(world, asker) };
        let terms = match asker.id() {
            Some(id) => grants::of_principal(store, id, &[]).await.unwrap(),
            None => grants::of_everybody(store).await.unwrap(),
        };
        let filter = visibility(world.policy, &Standing { terms, ..self.found(world, asker) }, NOW);
        let may_list = |name: &RepositoryName| lists(world, &standing, name);
        for row in self.in_order(RepositorySort::Name) {
            assert_eq!(filter.shows(&row.name, world.level(row.name.as_str())), may_list(&row.name), "{}", told());
        }
        let theirs = |sort| self.in_order(sort).iter().filter(|row| may_list(&row.name)).collect::<Vec<_>>();
        let by_name = theirs(RepositorySort::Name);
        self.names(store, &filter, world, &by_name).await;
        sums_and_times(store, &filter, world, &by_name).await;
        below(store, &filter, world, &by_name).await;
        self.searched(store, &filter, world, &by_name).await;
        let expected: Vec<&RepositoryName> =
            theirs(world.query.sort).into_iter().map(|row| &row.name).filter(|name| fits(name, &world.query)).collect();
        let listed = pages(store, &filter, &world.query).await;
        assert_eq!(listed.iter().map(|row| &row.name).collect::<Vec<_>>(), expected, "{}", told());
        let changed: RepositoryName = world.after.parse().unwrap();
        let heard = Changed { scope: Scope::Repository(changed.clone()), visibility: Default::default() };
        let concerns = Watched::All(filter).concerns(store, &heard).await;
        assert_eq!(concerns, may_list(&changed), "{changed} for {}", told());
    }

    /// Who asks, with nothing granted yet.
    fn found(&self, world: &World, asker: Asker) -> Standing {
        let actor = match asker {
            Asker::Mara => user("mara"),
            Asker::Robot => Actor::Robot("ci".parse().unwrap()),
            Asker::Nobody => Actor::Anonymous,
        };
        Standing { bounds: world.bounds(asker), ..Standing::of(actor) }
    }

    /// What is found by words, by how tags begin, whichever way these are looked for, and by digests.
    async fn searched(&self, store: &Store, filter: &Visibility, world: &World, theirs: &[&RepositoryRow]) {
        let told = || format!("{filter:?} in {world:?}");
        let is_theirs = |name: &RepositoryName| theirs.iter().any(|row| row.name == *name);
        let sought = Sought::of(if world.query.q.is_empty() { "v1" } else { &world.query.q }, &[]);
        let fitting = search::repositories(store, filter, &sought, true).await.unwrap();
        assert_eq!(fitting.sees_any, !theirs.is_empty(), "{}", told());
        let word = sought.words().next().unwrap().to_lowercase();
        let n_fitting = theirs.iter().filter(|row| row.name.as_str().contains(&word)).count();
        assert_eq!(fitting.repositories.len(), n_fitting.min(20), "{word}: {}", told());
        for fit in &fitting.repositories {
            assert!(fit.row.name.as_str().contains(&word) && is_theirs(&fit.row.name), "{:?}: {}", fit, told());
        }
        for word in ["v1", "t2"] {
            let with: BTreeSet<&RepositoryName> =
                self.tags.iter().filter(|(_, tag)| tag.starts_with(word)).map(|(name, _)| name).collect();
            let expected = with.into_iter().filter(|name| is_theirs(name)).count().min(MAX_FOUND);
            let by_index = search::everywhere(store, filter, word, false).await.unwrap().found;
            let one_by_one = search::everywhere(store, filter, word, true).await.unwrap().found;
            assert_eq!(by_index, one_by_one, "{}", told());
            assert_eq!(by_index.len(), expected, "{word}: {}", told());
            assert!(by_index.iter().all(|tag| is_theirs(&tag.repository)), "{}", told());
        }
        let inside = search::among(store, &fitting.repositories, "v", false).await.unwrap().found;
        assert!(inside.iter().all(|tag| is_theirs(&tag.repository)), "{}", told());
        // All digests of the suite begin so.
        let start = DigestStart::read("000000").unwrap();
        let images = search::images(store, filter, &start, None, 10_000).await.unwrap();
        let met: BTreeSet<RepositoryName> = images.into_iter().map(|image| image.repository).collect();
        assert_eq!(
            met.into_iter().collect::<Vec<_>>(),
            theirs.iter().map(|row| row.name.clone()).collect::<Vec<_>>(),
            "{}",
            told()
        );
    }

    /// The catalog of the registry, whole and from some name on.
    async fn names(&self, store: &Store, filter: &Visibility, world: &World, theirs: &[&RepositoryRow]) {
        let theirs: Vec<&str> = theirs.iter().map(|row| row.name.as_str()).collect();
        let names = |after, limit| repositories::names(store, filter, &self.mount, after, limit);
        let shown = names(None, 10_000).await.unwrap();
        assert_eq!(shown.iter().map(RepositoryName::as_str).collect::<Vec<_>>(), theirs, "{filter:?} in {world:?}");
        let shown = names(Some(world.after), 3).await.unwrap();
        let follow: Vec<&str> = theirs.into_iter().filter(|name| *name > world.after).take(3).collect();
        assert_eq!(shown.iter().map(RepositoryName::as_str).collect::<Vec<_>>(), follow, "{filter:?} in {world:?}");
    }
}

/// What lists show of a repository, by the decision about it alone. Of a token of the registry its word on the catalog
/// counts: its repositories are what else it is for.
fn lists(world: &World, standing: &Standing, name: &RepositoryName) -> bool {
    let level = world.level(name.as_str());
    if world.policy == Policy::Grants && !standing.may_ask_for_the_catalog() {
        return level == RepositoryVisibility::Public;
    }
    let is_kept = |bound: &&Bound| !matches!(bound, Bound::Registry { .. });
    let bounds = standing.bounds.iter().filter(is_kept).cloned().collect();
    reads(world.policy, &Standing { bounds, ..standing.clone() }, name, level, NOW)
}

/// Whether a list with this query is about a repository.
fn fits(name: &RepositoryName, query: &RepositoryQuery) -> bool {
    let is_below = |above: &str| name.as_str().strip_prefix(above).is_some_and(|rest| rest.starts_with('/'));
    name.as_str().contains(&query.q.to_lowercase())
        && query.within.as_ref().is_none_or(|namespace| is_below(namespace.as_str()))
}

/// All pages of a list.
async fn pages(store: &Store, filter: &Visibility, query: &RepositoryQuery) -> Vec<RepositoryRow> {
    let (mut rows, mut position) = (Vec::new(), Position::Start);
    loop {
        let page = repositories::list(store, (filter, None), query, &position).await.unwrap();
        rows.extend(page.items);
        match page.next {
            Some(next) => position = Position::After(next),
            None => return rows,
        }
    }
}

async fn sums_and_times(store: &Store, filter: &Visibility, world: &World, theirs: &[&RepositoryRow]) {
    let everywhere = RepositoryQuery::default();
    let within = RepositoryQuery { within: world.query.within.clone(), ..RepositoryQuery::default() };
    for query in [&everywhere, &within] {
        let summed: Vec<_> = theirs.iter().filter(|row| fits(&row.name, query)).collect();
        let expected =
            [summed.len() as u64, summed.iter().map(|row| row.tags).sum(), summed.iter().map(|row| row.stored.0).sum()];
        // The second time it may be known.
        for _ in 0..2 {
            let sum = sums::totals(store, filter, query.within.as_ref()).await.unwrap();
            assert_eq!([sum.repositories, sum.tags, sum.stored.0], expected, "{filter:?} in {world:?}");
        }
    }
    let changed_at = repositories::any_changed_at(store, filter).await.unwrap();
    let newest = theirs.iter().filter_map(|row| row.updated).max().unwrap_or(Timestamp(0));
    assert_eq!(changed_at, newest, "{filter:?} in {world:?}");
}

/// The namespaces at the top and right below one, with how much of each is shown.
async fn below(store: &Store, filter: &Visibility, world: &World, theirs: &[&RepositoryRow]) {
    for namespace in [None, world.query.within.as_ref()] {
        let above = namespace.map(|it| format!("{it}/")).unwrap_or_default();
        let mut expected = BTreeMap::new();
        for row in theirs {
            let inner = row.name.as_str().strip_prefix(&above);
            if let Some((child, _)) = inner.and_then(|inner| inner.split_once('/')) {
                *expected.entry(format!("{above}{child}")).or_insert(0) += 1;
            }
        }
        let rows = namespaces::below(store, namespace, filter, ("", 10_000)).await.unwrap();
        let shown: BTreeMap<_, _> = rows.into_iter().map(|row| (row.name.to_string(), row.repositories)).collect();
        assert_eq!(shown, expected, "{filter:?} below {above:?} in {world:?}");
    }
}
