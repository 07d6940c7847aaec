//! What is not there and was, for who looks for it.

use super::shown::lacking;
use super::{Restorable, Wanted, list};
use crate::domain::action::ReadRepository;
use crate::domain::trash::{TrashKind, TrashRow};
use crate::domain::view::Lost;
use crate::domain::{Permission, Reference, RepositoryName, Result, Tag};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::store::{history, tags};

/// The most names that are proposed in place of one.
const N_NEAR: usize = 5;

/// The most changes by which one is like another.
const MAX_CHANGES: usize = 3;

/// What is known of a repository, or of a tag or an image of one: how it was deleted last, for who may bring it back; whether a
/// tag has a history, and what tags are written like it, for who reads the repository. At most four statements.
pub async fn lost(app: &App, caller: &Caller, repository: RepositoryName, named: Option<Reference>) -> Result<Lost> {
    let tag = match &named {
        Some(Reference::Tag(tag)) => Some(tag.clone()),
        _ => None,
    };
    let trashed = trashed(app, caller, (repository.clone(), named)).await?;
    let Some(tag) = tag else { return Ok(Lost { trashed, has_history: false, near: vec![] }) };
    let reading = app.access.authorize(caller, ReadRepository { repository }).await?;
    let repository = &reading.action().repository;
    let has_history = history::is_told(&app.store, repository, &tag).await?;
    let near = nearest(&tag, tags::around(&app.store, repository, &tag).await?);
    Ok(Lost { trashed, has_history, near })
}

async fn trashed(
    app: &App,
    caller: &Caller,
    (repository, named): (RepositoryName, Option<Reference>),
) -> Result<Option<TrashRow>> {
    let may_restore = app.access.reaches_anywhere(&caller.standing, Permission::TrashRestore);
    if !caller.standing.is_signed_in() || !may_restore {
        return Ok(None);
    }
    // What was deleted in a repository before is something else.
    let kind = named.is_none().then_some(TrashKind::Repository);
    let wanted = Wanted { repository: Some(repository), named, kind, ..Wanted::default() };
    let newest = list(app, caller, &wanted, 1).await?.items.into_iter().next().map(|Restorable { row, .. }| row);
    let lacks_image = !lacking(app, caller, newest.iter()).await?.is_empty();
    Ok(newest.filter(|_| !lacks_image))
}

/// The most alike of some names, in how many letters have to be changed, added, left out or swapped; what has little in common
/// with what was asked for is none of them.
fn nearest(asked: &Tag, names: Vec<Tag>) -> Vec<Tag> {
    let asked = asked.as_str().to_ascii_lowercase();
    let most = (asked.len() / 2).min(MAX_CHANGES);
    let far = |name: &Tag| strsim::osa_distance(&asked, &name.as_str().to_ascii_lowercase());
    let mut near: Vec<_> = names.into_iter().map(|name| (far(&name), name)).filter(|(far, _)| *far <= most).collect();
    near.sort();
    near.dedup();
    near.into_iter().map(|(_, name)| name).take(N_NEAR).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_much_alike_is_near() {
        let near = |asked: &str, names: &str| {
            let tags = names.split(' ').map(|name| name.parse().unwrap()).collect();
            let near = nearest(&asked.parse().unwrap(), tags);
            near.iter().map(Tag::as_str).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(near("1.4.3", "2.0 1.4 1.4.2 1.4.12 nightly 1.4.2"), "1.4.2 1.4 1.4.12");
        assert_eq!(near("lastest", "latest stable"), "latest");
        assert_eq!(near("PROD", "prod staging"), "prod");
        assert_eq!(near("a", "b c"), "", "of one letter none is left");
        assert_eq!(near("1.4.2", "1.4.20 1.4.21 1.4.22 1.4.23 1.4.24 1.4.25 1.4.26").split(' ').count(), N_NEAR);
    }
}
