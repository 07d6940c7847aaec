//! What a collection leaves, by a plain walk from what holds something by itself.

use super::rows;
use crate::support::TestApp;
use std::collections::{BTreeMap, BTreeSet};

/// A repository and a digest in it.
pub type Place = (String, String);

/// What is there, or has to be.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Left {
    pub images: BTreeSet<Place>,
    pub links: BTreeSet<Place>,
    pub contents: BTreeSet<String>,
}

/// Of repositories that are there: what the others hold comes and goes with them.
const HERE: &str = "WHERE repository_id IN (SELECT id FROM repositories)";

/// What is there now.
pub async fn found(test: &TestApp) -> Left {
    let images = pairs(test, &format!("SELECT repository_id, digest FROM manifests {HERE}")).await;
    let links = pairs(test, &format!("SELECT repository_id, digest FROM repository_blobs {HERE}")).await;
    let contents = super::texts(test, "SELECT digest FROM blobs").await;
    Left { images, links, contents }
}

async fn pairs(test: &TestApp, sql: &str) -> BTreeSet<Place> {
    rows(test, sql).await.into_iter().map(|mut row| (row.take().unwrap(), row.take().unwrap())).collect()
}

/// From one to many, in each repository: pairs of the rows of a query that names a repository and two digests.
async fn arrows(test: &TestApp, sql: &str) -> BTreeMap<Place, Vec<String>> {
    let mut arrows: BTreeMap<Place, Vec<String>> = BTreeMap::new();
    for mut row in rows(test, sql).await {
        let place = (row.take().unwrap(), row.take().unwrap());
        arrows.entry(place).or_default().push(row.take().unwrap());
    }
    arrows
}

/// What has to be there after a collection at this moment.
pub async fn expected(test: &TestApp, now: i64, (grace_ms, window_ms): (i64, i64)) -> Left {
    let before = found(test).await;
    let (told, moved) = (now - grace_ms, now - window_ms);
    let listed = arrows(test, "SELECT repository_id, parent, child FROM manifest_edges").await;
    let about = arrows(test, "SELECT repository_id, subject, digest FROM referrers").await;
    let named: BTreeSet<Place> = pairs(
        test,
        &format!(
            "SELECT repository_id, to_digest FROM tag_moves WHERE at > {moved} AND to_digest IS NOT NULL
             UNION SELECT repository_id, from_digest FROM tag_moves WHERE at > {moved} AND from_digest IS NOT NULL"
        ),
    )
    .await;
    let kept = kept_entries(test, now, &named).await;
    let mut held = named;
    held.extend(pairs(test, "SELECT repository_id, digest FROM tags").await);
    let mut parts_in_trash: BTreeSet<Place> = BTreeSet::new();
    let in_trash = arrows(test, "SELECT repository_id, parent, child FROM deleted_edges").await;
    for mut row in rows(test, "SELECT entry, repository_id, digest FROM deleted_manifests").await {
        let (entry, repository, digest): (String, String, String) =
            (row.take().unwrap(), row.take().unwrap(), row.take().unwrap());
        let place = (repository.clone(), digest);
        if kept.contains(&entry) {
            let parts = in_trash.get(&place).into_iter().flatten().map(|part| (repository.clone(), part.clone()));
            parts_in_trash.extend(parts);
            held.extend(about.get(&place).into_iter().flatten().map(|it| (repository.clone(), it.clone())));
        }
    }
    held.extend(parts_in_trash.iter().cloned());
    for mut row in rows(test, "SELECT entry, repository_id, digest FROM deleted_tags").await {
        let (entry, place): (String, Place) = (row.take().unwrap(), (row.take().unwrap(), row.take().unwrap()));
        held.extend(kept.contains(&entry).then_some(place));
    }
    held.extend(by_themselves(test, told, &before, (&listed, &about)).await);
    let images = reached(held, &before.images, (&listed, &about));
    let links = links_left(test, told, &images, (&listed, &parts_in_trash)).await;
    let mut contents: BTreeSet<String> = links.iter().map(|(_, digest)| digest.clone()).collect();
    for mut row in rows(test, "SELECT entry, digest FROM deleted_blobs").await {
        let (entry, digest): (String, String) = (row.take().unwrap(), row.take().unwrap());
        contents.extend(kept.contains(&entry).then_some(digest));
    }
    let whole =
        "SELECT d.entry, l.digest FROM repository_blobs l JOIN deleted_repositories d ON d.id = l.repository_id";
    for mut row in rows(test, whole).await {
        let (entry, digest): (String, String) = (row.take().unwrap(), row.take().unwrap());
        contents.extend(kept.contains(&entry).then_some(digest));
    }
    Left { images, links, contents }
}

/// Which images one lists, or is about.
type Edges = BTreeMap<Place, Vec<String>>;

/// Entries of the trash that can still be brought back, whose images history names, or that such a one needs.
async fn kept_entries(test: &TestApp, now: i64, named: &BTreeSet<Place>) -> BTreeSet<String> {
    let mut kept = super::texts(test, &format!("SELECT id FROM trash WHERE expires_at > {now}")).await;
    let of_tags = format!("SELECT repository_id, digest FROM trash WHERE kind = 'tag' AND expires_at > {now}");
    let of_tags = pairs(test, &of_tags).await;
    let mut last: BTreeMap<Place, (i64, String)> = BTreeMap::new();
    let held = "SELECT d.entry, x.expires_at, d.repository_id, d.digest FROM deleted_manifests d JOIN trash x ON x.id = d.entry";
    for mut row in rows(test, held).await {
        let (entry, end): (String, i64) = (row.take().unwrap(), row.take().unwrap());
        let place: Place = (row.take().unwrap(), row.take().unwrap());
        kept.extend((named.contains(&place) || of_tags.contains(&place)).then(|| entry.clone()));
        let latest = last.entry(place).or_default();
        *latest = (end, entry).max(latest.clone());
    }
    for mut row in rows(test, "SELECT entry, id FROM deleted_repositories").await {
        let (entry, id): (String, String) = (row.take().unwrap(), row.take().unwrap());
        kept.extend(named.iter().any(|(repository, _)| *repository == id).then_some(entry));
    }
    let around = format!(
        "SELECT x.id FROM trash x JOIN trash y ON y.repository_id = x.repository_id
         WHERE x.kind = 'repository' AND y.id <> x.id AND y.expires_at > {now}"
    );
    kept.extend(super::texts(test, &around).await);
    let all = super::texts(test, "SELECT id FROM trash").await;
    while let Some(part) = part_of_kept(test, &kept, (&all, &last)).await {
        kept.insert(part);
    }
    kept
}

/// An entry with a part of an image that another one keeps: the last that has it.
async fn part_of_kept(
    test: &TestApp,
    kept: &BTreeSet<String>,
    (all, last): (&BTreeSet<String>, &BTreeMap<Place, (i64, String)>),
) -> Option<String> {
    let sql = "SELECT p.entry, d.entry, d.repository_id, d.digest FROM deleted_manifests p
               JOIN deleted_edges e ON e.repository_id = p.repository_id AND e.parent = p.digest
               JOIN (SELECT entry, repository_id, digest FROM deleted_manifests
                 UNION SELECT entry, repository_id, digest FROM deleted_blobs) d
               ON d.repository_id = e.repository_id AND d.digest = e.child";
    for mut row in rows(test, sql).await {
        let (holder, part): (String, String) = (row.take().unwrap(), row.take().unwrap());
        let place: Place = (row.take().unwrap(), row.take().unwrap());
        let is_needed = last.get(&place).is_none_or(|(_, last)| *last == part);
        if is_needed && kept.contains(&holder) && !kept.contains(&part) && all.contains(&part) {
            return Some(part);
        }
    }
    None
}

/// Images that never had a name, those that lost it a moment ago, and those of which somebody was told since.
async fn by_themselves(test: &TestApp, told: i64, before: &Left, (listed, about): (&Edges, &Edges)) -> BTreeSet<Place> {
    let mut below: BTreeSet<Place> = BTreeSet::new();
    for (holder, held) in listed.iter().chain(about).filter(|(holder, _)| before.images.contains(*holder)) {
        below.extend(held.iter().map(|digest| (holder.0.clone(), digest.clone())));
    }
    let sql = format!(
        "SELECT repository_id, digest, CASE WHEN told_at > {told} THEN told_at ELSE unnamed_since END FROM manifests
         WHERE unnamed_since IS NULL OR unnamed_since > {told} OR told_at > {told}"
    );
    let mut found = BTreeSet::new();
    for mut row in rows(test, &sql).await {
        let (place, since): (Place, Option<i64>) = ((row.take().unwrap(), row.take().unwrap()), row.take().unwrap());
        if since.is_some() || !below.contains(&place) {
            found.insert(place);
        }
    }
    found
}

/// All that is there and that something which stays lists, or is about.
fn reached(held: BTreeSet<Place>, there: &BTreeSet<Place>, (listed, about): (&Edges, &Edges)) -> BTreeSet<Place> {
    let (mut open, mut reached): (Vec<Place>, BTreeSet<Place>) = (held.into_iter().collect(), BTreeSet::new());
    while let Some(place) = open.pop() {
        if there.contains(&place) && reached.insert(place.clone()) {
            let next = listed.get(&place).into_iter().chain(about.get(&place)).flatten();
            open.extend(next.map(|digest| (place.0.clone(), digest.clone())));
        }
    }
    reached
}

async fn links_left(
    test: &TestApp,
    told: i64,
    images: &BTreeSet<Place>,
    (listed, in_trash): (&BTreeMap<Place, Vec<String>>, &BTreeSet<Place>),
) -> BTreeSet<Place> {
    let mut needed = in_trash.clone();
    for (holder, parts) in listed.iter().filter(|(holder, _)| images.contains(*holder)) {
        needed.extend(parts.iter().map(|part| (holder.0.clone(), part.clone())));
    }
    let mut left = BTreeSet::new();
    for mut row in rows(test, &format!("SELECT repository_id, digest, linked_at FROM repository_blobs {HERE}")).await {
        let (place, linked_at): (Place, i64) = ((row.take().unwrap(), row.take().unwrap()), row.take().unwrap());
        if linked_at > told || needed.contains(&place) {
            left.insert(place);
        }
    }
    left
}
