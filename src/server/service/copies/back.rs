//! The way back from a copy: every name to which something was copied names again what it named before.

use crate::domain::action::TakeBackCopy;
use crate::domain::error::What;
use crate::domain::view::How;
use crate::domain::{Actor, Digest, Error, RepositoryName, Result, Tag};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::service::namer::Namer;
use crate::server::store::{Change, activity, tags, trash};
use std::collections::{BTreeMap, BTreeSet};

/// What names named, as it stands on record: one a line.
pub(super) fn written(repository: &RepositoryName, named: &BTreeMap<Tag, Digest>) -> String {
    let lines: Vec<String> = named.iter().map(|(tag, digest)| format!("{repository}:{tag} {digest}")).collect();
    lines.join("\n")
}

fn read(text: Option<&str>) -> BTreeMap<Tag, (RepositoryName, Digest)> {
    let line = |line: &str| {
        let (name, digest) = line.split_once(' ')?;
        let (repository, tag) = name.rsplit_once(':')?;
        Some((tag.parse().ok()?, (repository.parse().ok()?, digest.parse().ok()?)))
    };
    text.unwrap_or_default().lines().filter_map(line).collect()
}

/// What takes back a copy that somebody made by this request.
///
/// # Errors
/// Not found for one that they did not make.
pub async fn made(app: &App, by: &Actor, request_id: &str) -> Result<TakeBackCopy> {
    let row = activity::copy_by(&app.store, by, request_id).await?.ok_or(Error::NotFound(What::Page))?;
    let (before, after) = (read(row.before.as_deref()), read(row.after.as_deref()));
    let repository = after.values().next().map(|(repository, _)| repository.clone());
    let repository = repository.ok_or(Error::NotFound(What::Page))?;
    let tags = after.into_iter().map(|(tag, (_, digest))| {
        let before = before.get(&tag).map(|(_, digest)| digest.clone());
        (tag, digest, before)
    });
    let tags = tags.filter(|(_, digest, before)| before.as_ref() != Some(digest)).collect();
    Ok(TakeBackCopy { repository, tags })
}

/// Brings names back to what they named before something was copied to them, all or none; those that were not there go
/// to the trash.
///
/// # Errors
/// [`Error::Conflict`] if one moved since.
pub async fn take_back(app: &App, proof: &Authorized<TakeBackCopy>) -> Result<()> {
    let TakeBackCopy { repository, tags } = proof.action().clone();
    app.hosted(&repository)?; // Elsewhere the registry itself would have to be asked.
    let namer = Namer::of(app, proof, &repository)?;
    let batch = new_id(&*app.entropy, app.clock.now());
    let change = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let (found, rules) = (namer.open(tx).await?, namer.rules(tx).await?);
            let (mut gone, mut was, mut is) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
            for (tag, copied, before) in tags {
                let current = tags::current(tx, &found.id, &tag).await?.map(|current| current.digest);
                if current.as_ref() != Some(&copied) {
                    let words = format!("{tag} of {} moved since, and nothing was taken back", namer.name);
                    return Err(Error::Conflict(words));
                }
                was.insert(tag.clone(), copied);
                let Some(before) = before else {
                    gone.insert(tag);
                    continue;
                };
                trash::restore_image(tx, &found, &namer.name, &before, &namer.restoring()).await?;
                namer.naming(&found, &rules).put(tx, (&tag, &before), How::RollBack, None).await?;
                is.insert(tag, before);
            }
            if !gone.is_empty() {
                namer.take(tx, &found, gone, (How::RollBack, batch)).await?;
            }
            namer.touch(tx, &found).await?;
            let (was, is) = (written(&namer.name, &was), written(&namer.name, &is));
            Ok(Change::new((), Some(was), Some(is)).announcing(namer.name))
        })
    });
    change.await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_record_reads_back() {
        let repository: RepositoryName = "prod/web".parse().unwrap();
        let digest: Digest = format!("sha256:{}", "a".repeat(64)).parse().unwrap();
        let named = BTreeMap::from([("1.0".parse().unwrap(), digest.clone())]);
        let read = read(Some(&written(&repository, &named)));
        assert_eq!(read.into_iter().collect::<Vec<_>>(), [("1.0".parse().unwrap(), (repository, digest))]);
    }
}
