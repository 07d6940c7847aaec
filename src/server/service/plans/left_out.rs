//! What a preview leaves out of the tags that it was asked about, each with the words for it.

use crate::domain::action::DeleteTags;
use crate::domain::protection::Act;
use crate::domain::text::first_of;
use crate::domain::{Digest, Error, RepositoryName, Result, Tag};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::store::protections::Rules;
use crate::server::store::radius::{Reader, named};
use crate::server::store::repositories;

/// The most that are named.
const NAMED: usize = 5;

/// Leaves tags out that are gone meanwhile.
///
/// # Errors
/// The `failure` that they are, where nothing else was asked for.
pub(super) async fn gone(
    app: &App,
    name: &RepositoryName,
    (tags, digests): (&mut Vec<Tag>, &[Digest]),
    failure: Error,
) -> Result<String> {
    let found = repositories::find(&app.store, name).await?.ok_or_else(|| failure.clone())?;
    let there = named(&mut Reader::Store(&app.store), &found.id, tags).await?;
    let (left, gone): (Vec<Tag>, Vec<Tag>) = tags.drain(..).partition(|tag| there.contains_key(tag));
    *tags = left;
    if tags.is_empty() && digests.is_empty() {
        return Err(failure);
    }
    Ok(format!("Gone meanwhile, and left out: {}", first(&gone)))
}

/// Leaves tags out that a rule keeps from who asks to delete them; what is left, and the words for the others.
///
/// # Errors
/// [`Error::Invalid`] where none would be left.
pub(super) async fn protected(app: &App, proof: &Authorized<DeleteTags>) -> Result<(DeleteTags, Vec<String>)> {
    let (mut action, rights) = (proof.action().clone(), proof.rights());
    let rules = Rules::now(&app.store, &action.repository).await?;
    let tags = action.tags.drain(..);
    let (kept, left): (Vec<Tag>, Vec<Tag>) = tags.partition(|tag| rules.bar(&rights, Act::Delete, tag).is_some());
    action.tags = left;
    if action.tags.is_empty() {
        return Err(Error::invalid("tag", "rules protect all of these tags: none is left to delete"));
    }
    let words = || format!("Protected, and left out: {}", first(&kept));
    let words = (!kept.is_empty()).then(words).into_iter().collect();
    Ok((action, words))
}

fn first(tags: &[Tag]) -> String {
    first_of(tags, NAMED)
}
