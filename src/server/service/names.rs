//! Names of images: set, moved, renamed, brought back.

mod shown;

pub(super) use shown::Powers;
pub use shown::{naming, renaming, rolling_back};

use super::elsewhere;
use super::namer::{Namer, never_named, there_already};
use crate::domain::action::{RenameTag, RollBackTag, SetTag};
use crate::domain::condition::Expect;
use crate::domain::error::What;
use crate::domain::principal::one_line;
use crate::domain::view::{How, TagRow};
use crate::domain::{Error, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::store::{Change, history, manifests, tags, trash};
use std::collections::BTreeSet;

/// The longest reason for a move.
pub const MAX_REASON_CHARS: usize = 500;

/// Names an image that is there; whether the tag is new, and how lists show it now.
///
/// # Errors
/// Not found if the repository does not have the image; [`Error::Changed`] if the tag is not as expected.
pub async fn set(app: &App, proof: &Authorized<SetTag>, how: How, expect: Expect) -> Result<(bool, TagRow)> {
    let SetTag { repository, tag, digest } = proof.action().clone();
    let mut namer = Namer::of(app, proof, &repository)?;
    let expect = match elsewhere::of(app, &repository)? {
        None => expect,
        Some(elsewhere) => {
            elsewhere.put(app, proof, (&repository, &tag, &digest), &expect).await?;
            namer.now = app.clock.now(); // A reading that asked before knows less.
            Expect::Anything
        }
    };
    let about = (namer.is_done, &proof.action().repository, &proof.action().digest);
    let change = elsewhere::write_name(app, proof, about, move |tx| {
        Box::pin(async move {
            let found = namer.open(tx).await?;
            let current = tags::current(tx, &found.id, &tag).await?.map(|current| current.digest);
            expect.check(current.as_ref())?;
            if manifests::size(tx, &found.id, &digest).await?.is_none() {
                return Err(Error::NotFound(What::Manifest { repository, digest }));
            }
            let rules = namer.rules(tx).await?;
            let before = namer.put(tx, (&found, &rules), (&tag, &digest), (how, None)).await?;
            let named = namer.named(tx, &found, &tag).await?;
            let is_new = before.is_none();
            let before = before.map(|before| before.to_string());
            Ok(Change::new((is_new, named), before, Some(digest.to_string())).announcing(namer.name))
        })
    });
    change.await
}

/// Gives an image another name in place of one, which goes to the trash; how lists show it now.
///
/// # Errors
/// [`Error::Changed`] if the tag does not name `expect`; [`Error::Conflict`] if the new name is taken.
pub async fn rename(app: &App, proof: &Authorized<RenameTag>, expect: Expect) -> Result<TagRow> {
    let RenameTag { repository, tag, to } = proof.action().clone();
    let mut namer = Namer::of(app, proof, &repository)?;
    let batch = crate::server::entropy::new_id(&*app.entropy, app.clock.now());
    if let Some(elsewhere) = elsewhere::of(app, &repository)? {
        let renamed = elsewhere.rename(app, proof, &expect, &batch).await?;
        namer.now = app.clock.now(); // As above.
        return elsewhere::renamed(app, proof, namer, (renamed, batch)).await;
    }
    let change = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let found = namer.open(tx).await?;
            let current = tags::current(tx, &found.id, &tag).await?.ok_or_else(|| namer.absent(&tag))?.digest;
            expect.check(Some(&current))?;
            if tags::current(tx, &found.id, &to).await?.is_some() {
                return Err(there_already(&to));
            }
            let rules = namer.rules(tx).await?;
            namer.put(tx, (&found, &rules), (&to, &current), (How::Rename, None)).await?;
            namer.take(tx, &found, BTreeSet::from([tag.clone()]), (How::Delete, batch)).await?;
            let named = namer.named(tx, &found, &to).await?;
            Ok(Change::new(named, Some(format!("{tag} {current}")), Some(format!("{to} {current}")))
                .announcing(namer.name))
        })
    });
    change.await
}

/// Brings a tag back to an image that it named before, one in the trash is restored first; how lists show it now.
///
/// # Errors
/// [`Error::Conflict`] if the tag never named it, or it is gone for good; [`Error::Changed`] as above.
pub async fn roll_back(app: &App, proof: &Authorized<RollBackTag>, expect: Expect) -> Result<TagRow> {
    let RollBackTag { repository, tag, digest, reason } = proof.action().clone();
    let reason = one_line("reason", &reason, MAX_REASON_CHARS)?;
    let mut namer = Namer::of(app, proof, &repository)?;
    let expect = match elsewhere::of(app, &repository)? {
        None => expect,
        Some(elsewhere) => {
            elsewhere.put_again(app, proof, (&repository, &tag, &digest), &expect).await?;
            namer.now = app.clock.now(); // As above.
            Expect::Anything
        }
    };
    let about = (namer.is_done, &proof.action().repository, &proof.action().digest);
    let change = elsewhere::write_name(app, proof, about, move |tx| {
        Box::pin(async move {
            let found = namer.open(tx).await?;
            let current = tags::current(tx, &found.id, &tag).await?.map(|current| current.digest);
            expect.check(current.as_ref())?;
            if !history::ever_named(tx, &found.id, &tag, &digest).await? {
                return Err(never_named(&tag, &digest));
            }
            trash::restore_image(tx, &found, &namer.name, &digest, &namer.restoring()).await?;
            let reason = Some(reason.as_str()).filter(|reason| !reason.is_empty());
            let rules = namer.rules(tx).await?;
            let before = namer.put(tx, (&found, &rules), (&tag, &digest), (How::RollBack, reason)).await?;
            let named = namer.named(tx, &found, &tag).await?;
            let after = reason.map_or_else(|| digest.to_string(), |reason| format!("{digest}\n{reason}"));
            Ok(Change::new(named, before.map(|before| before.to_string()), Some(after)).announcing(namer.name))
        })
    });
    change.await
}
