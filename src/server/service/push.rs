//! Writing content over the distribution API: which registry takes it is decided here.

use crate::domain::action::{MountBlob, PushBlob, PushManifest};
use crate::domain::digest::Algorithm;
use crate::domain::{Digest, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
pub use crate::server::registry::{Chunk, Pushed, SentManifest, Upload};
use crate::server::service::to_its_end::to_its_end;

/// Opens an upload.
pub async fn start(app: &App, proof: &Authorized<PushBlob>, algorithm: Algorithm) -> Result<Upload> {
    app.hosted(&proof.action().repository)?.1.start_upload(proof, algorithm).await
}

/// Links a blob of another repository of the same registry; `false` if it has to be sent.
pub async fn mount(app: &App, proof: &Authorized<MountBlob>) -> Result<bool> {
    let MountBlob { repository, from, .. } = proof.action();
    let (target, registry) = app.hosted(repository)?;
    match app.hosted(from) {
        Ok((source, _)) if source.id == target.id => registry.mount_blob(proof).await,
        _ => Ok(false),
    }
}

/// Takes a blob in one piece.
pub async fn whole(app: &App, proof: Authorized<PushBlob>, digest: &Digest, chunk: Chunk) -> Result<()> {
    let (_, registry) = app.hosted(&proof.action().repository)?;
    let upload = registry.start_upload(&proof, digest.algorithm()).await?;
    let digest = digest.clone();
    to_its_end(async move {
        let finished = registry.finish_upload(&proof, &upload.id, Some(chunk), &digest).await;
        if finished.is_err() {
            let _ = registry.cancel_upload(&proof, &upload.id).await; // Closed already where the digest was wrong.
        }
        finished
    })
    .await
}

/// Where an upload stands.
pub async fn status(app: &App, proof: &Authorized<PushBlob>, id: &str) -> Result<Upload> {
    app.hosted(&proof.action().repository)?.1.upload(proof, id).await
}

/// Adds bytes to an upload.
pub async fn append(app: &App, proof: &Authorized<PushBlob>, id: &str, chunk: Chunk) -> Result<Upload> {
    app.hosted(&proof.action().repository)?.1.append(proof, id, chunk).await
}

/// Closes an upload, with a last chunk where there is one. Once all bytes came it goes on to its end, also when whoever asked
/// for it has gone: else its link might come after a collection that found nobody at work.
pub async fn finish(
    app: &App,
    proof: Authorized<PushBlob>,
    id: &str,
    last: Option<Chunk>,
    digest: &Digest,
) -> Result<()> {
    let (_, registry) = app.hosted(&proof.action().repository)?;
    let (id, digest) = (id.to_owned(), digest.clone());
    to_its_end(async move { registry.finish_upload(&proof, &id, last, &digest).await }).await
}

/// Gives an upload up.
pub async fn cancel(app: &App, proof: &Authorized<PushBlob>, id: &str) -> Result<()> {
    app.hosted(&proof.action().repository)?.1.cancel_upload(proof, id).await
}

/// Stores a manifest as sent.
pub async fn manifest(app: &App, proof: &Authorized<PushManifest>, manifest: SentManifest) -> Result<Pushed> {
    app.hosted(&proof.action().repository)?.1.put_manifest(proof, manifest).await
}
