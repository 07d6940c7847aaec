//! Taking one tag away that names what somebody saw.

use super::act::run;
use super::kept_days;
use super::sealed::print;
use crate::domain::action::DeleteTags;
use crate::domain::{Digest, Error, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::service::repositories::require;
use crate::server::store::radius::{Reader, reach};

/// Takes a tag from its image, if it names this one; the image stays.
///
/// # Errors
/// [`Error::Changed`] with what it names; [`Error::Outdated`] if that changes meanwhile.
pub async fn untag(app: &App, proof: &Authorized<DeleteTags>, named: &Digest) -> Result<Vec<String>> {
    let DeleteTags { repository: name, tags, .. } = proof.action();
    let (repository, mut reader) = (require(app, name).await?, Reader::Store(&app.store));
    let kept = (app.changeable(name)?.keeps_trash, app.facts.trash_days);
    let days = kept_days::now(&mut reader, name, kept).await?;
    let radius = reach(&mut reader, repository, name, (tags, &[])).await?.radius;
    match radius.tags.values().find(|digest| *digest != named) {
        Some(other) => Err(Error::Changed { current: Some(other.clone()) }),
        None => run(app, proof, (None, Some(&print(&radius, days)))).await,
    }
}
