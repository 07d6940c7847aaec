//! Deleting tags, manifests (end-9) and blobs (end-10).

use super::Call;
use crate::domain::action::{DeleteBlob, DeleteManifest, DeleteTag};
use crate::domain::{Digest, Reference, RepositoryName, Result};
use crate::server::service::delete;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;

pub(super) async fn manifest(call: Call, repository: RepositoryName, reference: Reference) -> Result<Response<Body>> {
    let condition = call.condition();
    let Call { app, caller, .. } = call;
    match reference {
        Reference::Tag(tag) => {
            let proof = app.access.authorize(&caller, DeleteTag { repository, tag }).await?;
            delete::tag(&app, &proof, condition).await?;
        }
        Reference::Digest(digest) => {
            let proof = app.access.authorize(&caller, DeleteManifest { repository, digest }).await?;
            condition.check(Some(&proof.action().digest))?; // What has a digest never changes.
            delete::manifest(&app, &proof).await?;
        }
    }
    Ok(StatusCode::ACCEPTED.into_response())
}

pub(super) async fn blob(call: Call, repository: RepositoryName, digest: Digest) -> Result<Response<Body>> {
    let condition = call.condition();
    let Call { app, caller, .. } = call;
    let proof = app.access.authorize(&caller, DeleteBlob { repository, digest }).await?;
    condition.check(Some(&proof.action().digest))?;
    delete::blob(&app, &proof).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}
