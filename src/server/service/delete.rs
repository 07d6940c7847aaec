//! Deleting over the distribution API: which registry does it is decided here.

use crate::domain::Result;
use crate::domain::action::{DeleteBlob, DeleteManifest, DeleteTag};
use crate::domain::condition::Condition;
use crate::server::access::Authorized;
use crate::server::context::App;

/// Takes a tag from its image, if it still names what the condition says.
pub async fn tag(app: &App, proof: &Authorized<DeleteTag>, condition: Condition) -> Result<()> {
    app.hosted(&proof.action().repository)?.1.delete_tag(proof, condition).await
}

/// Deletes a manifest with its tags, and nothing that belongs to it.
pub async fn manifest(app: &App, proof: &Authorized<DeleteManifest>) -> Result<()> {
    app.hosted(&proof.action().repository)?.1.delete_manifest(proof).await
}

/// Takes a blob out of a repository.
pub async fn blob(app: &App, proof: &Authorized<DeleteBlob>) -> Result<()> {
    app.hosted(&proof.action().repository)?.1.delete_blob(proof).await
}
