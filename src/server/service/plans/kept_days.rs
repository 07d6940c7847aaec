//! For how long it is kept what goes: of each repository the nearest namespace says it.

use crate::domain::{Namespace, RepositoryName, Result, Scope};
use crate::server::store::radius::Reader;
use crate::server::store::trash;
use std::collections::{BTreeMap, BTreeSet};

/// Namespaces that are named where they differ.
const MAX_NAMED: usize = 5;

/// For how many days it is kept what goes of a repository now; for none where its mount keeps no trash.
pub(super) async fn now(
    reader: &mut Reader<'_>,
    name: &RepositoryName,
    (keeps_trash, default): (bool, u32),
) -> Result<u32> {
    if keeps_trash { Ok(trash::days(reader, name).await?.unwrap_or(default)) } else { Ok(0) }
}

/// For how many days all of whole repositories is kept that go together, and some of it.
pub(super) struct Days {
    pub least: u32,
    pub most: u32,
    /// What says how long, where that is not the same for all of it.
    pub note: Option<String>,
}

/// What holds for some repositories, by what the namespaces say in which they lie.
pub(super) fn of<'n>(
    said: &BTreeMap<Namespace, u32>,
    names: impl Iterator<Item = &'n RepositoryName>,
    default: u32,
) -> Days {
    let nearest = |name: &RepositoryName| {
        let line = Scope::Repository(name.clone()).line();
        let found = line.iter().rev().filter_map(Scope::namespace).find_map(|it| said.get_key_value(it));
        found.map_or((None, default), |(namespace, days)| (Some(namespace), *days))
    };
    // Those that keep it for the shortest time come first: by then it is too late for all of it.
    let met: BTreeSet<(u32, Option<&Namespace>)> = names.map(nearest).map(|(by, days)| (days, by)).collect();
    let least = met.first().map_or(default, |(days, _)| *days);
    let most = met.last().map_or(default, |(days, _)| *days);
    Days { least, most, note: (least < most).then(|| note(&met)) }
}

fn note(met: &BTreeSet<(u32, Option<&Namespace>)>) -> String {
    let named = met.iter().take(MAX_NAMED).map(|(days, by)| {
        let days = if *days == 1 { "1 day".to_owned() } else { format!("{days} days") };
        by.map_or(format!("what lies in no such namespace is kept for {days}"), |by| format!("{by} keeps for {days}"))
    });
    let more = met.len().saturating_sub(MAX_NAMED);
    let more = (more > 0).then(|| format!("and {more} more"));
    format!("Not all of it is kept for as long: {}", named.chain(more).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_namespace_of_each_says_for_how_long() {
        let said = |said: &[(&str, u32)], names: &[&str]| {
            let said = said.iter().map(|(name, days)| (name.parse().unwrap(), *days)).collect();
            let names: Vec<RepositoryName> = names.iter().map(|name| name.parse().unwrap()).collect();
            let Days { least, most, note } = of(&said, names.iter(), 30);
            (least, most, note.unwrap_or_default())
        };
        let names = ["team/web", "team/ci/x"];
        assert_eq!(said(&[], &names), (30, 30, String::new()));
        assert_eq!(said(&[("team", 7)], &names), (7, 7, String::new()));
        assert_eq!(said(&[("team", 7), ("team/ci", 7)], &names), (7, 7, String::new()));
        let (least, most, note) = said(&[("team", 90), ("team/ci", 1)], &names);
        assert_eq!((least, most), (1, 90));
        assert_eq!(note, "Not all of it is kept for as long: team/ci keeps for 1 day, team keeps for 90 days");
        // What nothing lies right below says nothing, and what is above is not asked where something nearer is.
        assert_eq!(said(&[("team", 1), ("team/ci", 90)], &names[1..]), (90, 90, String::new()));
        let (.., note) = said(&[("team/ci", 40)], &names);
        assert!(
            note.ends_with("what lies in no such namespace is kept for 30 days, team/ci keeps for 40 days"),
            "{note}"
        );
        let many: Vec<String> = (1..8).map(|n| format!("team/n{n}")).collect();
        let says: Vec<(&str, u32)> = many.iter().zip(1..).map(|(name, days)| (name.as_str(), days)).collect();
        let below: Vec<String> = many.iter().map(|name| format!("{name}/x")).collect();
        let (.., note) = said(&says, &below.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(note.ends_with("team/n5 keeps for 5 days, and 2 more"), "{note}");
    }
}
