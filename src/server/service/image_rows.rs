//! A repository's page of images.

use super::repositories::position;
use super::tags::{in_repository, is_remote, mount_notice};
use super::{opens, tags, who};
use crate::domain::action::ReadRepository;
use crate::domain::error::What;
use crate::domain::tag_filter::UNTAGGED;
use crate::domain::view::{ImagesQuery, ImagesView};
use crate::domain::{Error, Result, Scope};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::store::{image_rows, repositories};

/// One page of the images of a repository that stand for themselves, each with its tags and what belongs to it. At most four
/// statements.
///
/// # Errors
/// [`Error::Invalid`] for a filter that is not understood, or that asks for a tag and for none.
pub async fn list(app: &App, proof: &Authorized<ReadRepository>, query: ImagesQuery) -> Result<ImagesView> {
    let name = &proof.action().repository;
    let position = position(query.after.clone(), query.before.clone())?;
    let (untagged, words): (Vec<&str>, Vec<&str>) = query.q.split_whitespace().partition(|word| *word == UNTAGGED);
    let (is_untagged, filter) = (!untagged.is_empty(), tags::filter(app, &words.join(" "))?);
    let found = repositories::head_and_rules(&app.store, name, None).await?;
    let (head, rules) = found.ok_or_else(|| Error::NotFound(What::Repository(name.clone())))?;
    let filter = in_repository(app, proof, filter, (&head.mount_id, &rules))?;
    let asked = (&query, &filter, is_untagged);
    let mut page = image_rows::list(&app.store, &head.id, asked, &position).await?;
    image_rows::add_parts(&app.store, &head.id, &mut page.items).await?;
    page.items.iter_mut().for_each(|row| row.pushed_by = who::told(&proof.rights(), row.pushed_by.take()));
    if is_remote(app, &head.mount_id) {
        app.looks.again(name, page.items.iter().flat_map(|row| row.tags.clone()).collect(), app.clock.now());
    }
    Ok(ImagesView {
        repository: name.clone(),
        n_tags: (!head.row.unread).then_some(head.row.tags),
        page,
        notice: mount_notice(app, proof, &head.mount_id).await?,
        opens: opens(app, proof, &Scope::Repository(name.clone())),
    })
}
