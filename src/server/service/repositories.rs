//! The list of repositories.

use crate::domain::action::ListRepositories;
use crate::domain::page::Position;
use crate::domain::view::{CrawlState, MountKind, MountNotice, MountRow, RepositoriesView, RepositoryQuery, Totals};
use crate::domain::{Actor, Cursor, Error, Permission, Result};
use crate::server::access::{Authorized, Visibility};
use crate::server::context::App;
use crate::server::store::{mounts, repositories};

/// The longest name of a repository, and so the longest filter.
const MAX_FILTER_CHARS: usize = 255;

/// One page of the repositories that the caller may see. Two statements, or three where only a part is seen.
pub async fn list(app: &App, proof: &Authorized<ListRepositories>, query: RepositoryQuery) -> Result<RepositoriesView> {
    let position = position(query.after.clone(), query.before.clone())?;
    filter(&query.q)?;
    let page = repositories::list(&app.store, &proof.visibility(), &query, &position).await?;
    let mounts = mounts::list(&app.store, app.clock.now()).await?;
    let totals = match proof.visibility() {
        Visibility::Everything => mounts.iter().fold(Totals::default(), |sum, mount| add(sum, mount.row.totals)),
        open @ Visibility::Open { .. } => repositories::totals(&app.store, &open).await?,
    };
    let may_see_all = proof.visibility() == Visibility::Everything;
    require_anything(proof, totals)?;
    Ok(RepositoriesView {
        page,
        totals,
        sees_all: may_see_all,
        // Whoever sees only a part learns nothing of the registries behind it.
        notices: mounts.iter().filter(|_| may_see_all).filter_map(|mount| news(&mount.row)).collect(),
        accepts_push: app.mounts.now().iter().any(|mount| mount.write.is_some()),
        may_create: proof.rights().reach_anywhere(Permission::RepositoryCreate),
    })
}

/// Refuses who did not sign in where nothing is public: there is only the way in.
pub(super) async fn require_any(app: &App, proof: &Authorized<ListRepositories>) -> Result<()> {
    match proof.visibility() {
        Visibility::Everything => Ok(()),
        open => require_anything(proof, repositories::totals(&app.store, &open).await?),
    }
}

/// The same where the sums are known.
fn require_anything(proof: &Authorized<ListRepositories>, seen: Totals) -> Result<()> {
    let is_shut_out = proof.visibility() != Visibility::Everything && *proof.actor() == Actor::Anonymous;
    if is_shut_out && seen.repositories == 0 { Err(Error::Unauthenticated) } else { Ok(()) }
}

/// The side of a cursor that was asked for.
pub(super) fn position(after: Option<Cursor>, before: Option<Cursor>) -> Result<Position> {
    match (after, before) {
        (None, None) => Ok(Position::Start),
        (Some(after), None) => Ok(Position::After(after)),
        (None, Some(before)) => Ok(Position::Before(before)),
        (Some(_), Some(_)) => Err(Error::invalid("after", "ask for the rows after or before a place, not both")),
    }
}

/// Refuses a filter that no name could fit and that would only cost time.
pub(super) fn filter(text: &str) -> Result<()> {
    match text.chars().count() {
        0..=MAX_FILTER_CHARS => Ok(()),
        _ => Err(Error::invalid("q", format!("a filter has at most {MAX_FILTER_CHARS} characters"))),
    }
}

/// The notice of a registry that is read, whatever its state.
pub(super) fn notice(mount: &MountRow) -> Option<MountNotice> {
    (mount.kind == MountKind::Remote).then(|| MountNotice {
        prefix: mount.prefix.clone(),
        url: mount.url.clone(),
        crawl: mount.crawl.clone(),
        as_of: mount.as_of,
    })
}

/// The same, only where there is something to say: a first reading that is not over, or a failure.
fn news(mount: &MountRow) -> Option<MountNotice> {
    notice(mount).filter(|notice| match notice.crawl {
        CrawlState::Rested => false,
        CrawlState::Running { .. } => notice.as_of.is_none(),
        CrawlState::Failed { .. } | CrawlState::Never => true,
    })
}

fn add(sum: Totals, part: Totals) -> Totals {
    use crate::domain::ByteSize;
    Totals {
        repositories: sum.repositories + part.repositories,
        tags: sum.tags + part.tags,
        images: sum.images + part.images,
        stored: ByteSize(sum.stored.0 + part.stored.0),
        logical: ByteSize(sum.logical.0 + part.logical.0),
        tags_sharing: sum.tags_sharing + part.tags_sharing,
    }
}
