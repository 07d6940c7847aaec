//! Taking one tag away that names what somebody saw.

use super::act::run;
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
    let repository = require(app, name).await?;
    let radius = reach(&mut Reader::Store(&app.store), repository, name, (tags, &[])).await?.radius;
    match radius.tags.values().find(|digest| *digest != named) {
        Some(other) => Err(Error::Changed { current: Some(other.clone()) }),
        None => run(app, proof, (None, Some(&print(&radius)))).await,
    }
}
