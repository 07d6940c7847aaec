//! Asking for a copy between registries: what each tag names is noted here, on both sides.

use super::way::{TagToCopy, ToCopy};
use super::{Copied, Seen};
use crate::domain::action::CopyTags;
use crate::domain::error::What;
use crate::domain::protection::Act;
use crate::domain::run::RunKind;
use crate::domain::{Digest, Error, Permission, Reference, RepositoryName, Result, Scope, Tag, Target};
use crate::server::access::Authorized;
use crate::server::context::{App, Mount};
use crate::server::service::{elsewhere, long_work};
use crate::server::store::protections::{By, Rules};
use crate::server::store::repositories;
use futures::{StreamExt, TryStreamExt, stream};

/// Tags that are looked up side by side.
const TOGETHER: usize = 16;

/// Starts the job.
///
/// # Errors
/// Not found for a tag that is not there; what setting the tags would be refused for now.
pub(super) async fn ask(app: &App, proof: &Authorized<CopyTags>, (source, seen): (&Mount, &Seen)) -> Result<Copied> {
    let CopyTags { from, to, tags } = proof.action().clone();
    tags.iter().flat_map(|(tag, name)| [tag, name]).try_for_each(Tag::refuse_reserved)?;
    let look = |(tag, name): (Tag, Tag)| {
        let (from, to) = (&from, &to);
        async move {
            let absent = || Error::NotFound(What::Tag { repository: from.clone(), tag: tag.clone() });
            let digest = source.read.resolve(from, &Reference::Tag(tag.clone())).await?.ok_or_else(absent)?;
            let before = named(app, to, &name).await?;
            Ok::<_, Error>(TagToCopy { tag, name, digest, before })
        }
    };
    let wanted: Vec<TagToCopy> = stream::iter(tags).map(look).buffered(TOGETHER).try_collect().await?;
    seen.check_source(&from, &wanted.iter().map(|it| (it.tag.clone(), it.digest.clone())).collect())?;
    let there = wanted.iter().filter_map(|it| Some((it.name.clone(), it.before.clone()?)));
    seen.check_there(&to, &there.collect())?;
    is_allowed(app, proof, &wanted).await?;
    let copied = wanted.iter().map(|it| (it.name.clone(), it.digest.clone())).collect();
    let asked = ToCopy { from, to: to.clone(), tags: wanted };
    let params = serde_json::to_string(&asked).map_err(|_| Error::Internal)?;
    let new = long_work::new_run(app, proof, RunKind::Copy, Scope::Repository(to), params)?;
    let id = long_work::begin(app, proof, new).await?;
    Ok(Copied { tags: copied, job: Some(id), ..Copied::default() })
}

/// What a tag names where it goes to.
pub(super) async fn named(app: &App, to: &RepositoryName, tag: &Tag) -> Result<Option<Digest>> {
    match elsewhere::of(app, to)? {
        Some(elsewhere) => elsewhere.named(to, tag).await,
        None => app.hosted(to)?.0.read.resolve(to, &Reference::Tag(tag.clone())).await,
    }
}

/// What would be refused in the end is refused before anything is sent.
async fn is_allowed(app: &App, proof: &Authorized<CopyTags>, wanted: &[TagToCopy]) -> Result<()> {
    let (to, rights) = (&proof.action().to, proof.rights());
    if repositories::find(&app.store, to).await?.is_none() {
        rights.require(Permission::RepositoryCreate, &Target::Repository(to.clone()))?;
    }
    let rules = Rules::now(&app.store, to).await?;
    for TagToCopy { name, digest, before, .. } in wanted {
        if let Some(act) = Act::between(before.as_ref(), Some(digest)) {
            rules.allow(&rights, (name, act), By::Right)?;
        }
    }
    Ok(())
}
