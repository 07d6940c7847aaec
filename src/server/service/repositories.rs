//! The list of repositories.

use super::{in_trash, who};
use crate::domain::action::{ListRepositories, ReadRepository};
use crate::domain::error::What;
use crate::domain::page::Position;
use crate::domain::view::{CrawlState, MountKind, MountNotice, MountRow, Opens, RepositoriesView, RepositoryFacts};
use crate::domain::view::{NamespaceRow, RepositoryQuery, RepositoryRow, Shelf, Totals};
use crate::domain::{Actor, Cursor, Error, MountPrefix, Namespace, Page, Permission, RepositoryName, Result, Scope};
use crate::server::access::{Authorized, Visibility};
use crate::server::context::App;
use crate::server::store::mounts::Mount;
use crate::server::store::repositories::Repository;
use crate::server::store::{mounts, namespaces, pulls, repositories, sums};

/// The longest name of a repository, and so the longest filter.
const MAX_FILTER_CHARS: usize = 255;

/// Namespaces that the page of the one above them lists.
const MAX_BELOW: u32 = 100;

/// A repository that has to be there.
///
/// # Errors
/// Not found if it is not.
pub(super) async fn require(app: &App, name: &RepositoryName) -> Result<Repository> {
    let found = repositories::find(&app.store, name).await?;
    found.ok_or_else(|| Error::NotFound(What::Repository(name.clone())))
}

/// One page of the repositories that the caller may see, everywhere or in a namespace. At most four statements.
pub async fn list(
    app: &App,
    proof: &Authorized<ListRepositories>,
    query: RepositoryQuery,
    below: &str,
) -> Result<RepositoriesView> {
    let page = page(app, proof, &query).await?;
    let mounts = mounts::list(&app.store, app.clock.now()).await?;
    let (visibility, within) = (proof.visibility(), query.within.as_ref());
    let totals = match (&visibility, within) {
        (Visibility::Everything, None) => {
            mounts.iter().fold(Totals::default(), |sum, mount| add(sum, mount.row.totals))
        }
        _ => sums::totals(&app.store, &visibility, within).await?,
    };
    let may_see_all = visibility == Visibility::Everything;
    let place = within.map_or(Scope::Everything, |namespace| Scope::Namespace(namespace.clone()));
    let opens = super::opens(app, proof, &place);
    let mut children = vec![];
    match within {
        None => require_anything(proof, totals)?,
        Some(_) => {
            // A namespace is there for who may see something in it, or has something to do there.
            if totals.repositories == 0 && opens == Opens::default() {
                return Err(Error::NotFound(What::Page));
            }
            // Without repositories there are none either.
            if totals.repositories > 0 {
                children = namespaces::below(&app.store, within, &visibility, (below, MAX_BELOW + 1)).await?;
            }
        }
    }
    let is_empty = page.items.is_empty() && query.q.is_empty() && query.shelf == Shelf::All;
    let left = if is_empty { in_trash::left(app, &proof.rights(), &place).await? } else { None };
    let is_near = |mount: &&Mount| within.is_none_or(|namespace| meets(namespace, &mount.row.prefix));
    Ok(RepositoriesView {
        page,
        left,
        totals,
        sees_all: may_see_all,
        // Whoever sees only a part learns nothing of the registries behind it.
        notices: mounts.iter().filter(|_| may_see_all).filter(is_near).filter_map(|mount| news(&mount.row)).collect(),
        accepts_push: app.mounts.now().iter().any(|mount| mount.write.is_some()),
        may_create: proof.rights().reach_anywhere(Permission::RepositoryCreate),
        has_remote: app.mounts.now().iter().any(|mount| mount.upstream.is_some()),
        has_stars: who::account(&proof.rights()).is_some(),
        children_next: (children.len() > MAX_BELOW as usize).then(|| children[MAX_BELOW as usize - 1].name.to_string()),
        children: children.into_iter().take(MAX_BELOW as usize).collect(),
        opens,
    })
}

/// One page of them and nothing else.
pub async fn page(
    app: &App,
    proof: &Authorized<ListRepositories>,
    query: &RepositoryQuery,
) -> Result<Page<RepositoryRow>> {
    let position = position(query.after.clone(), query.before.clone())?;
    filter(&query.q)?;
    let (visibility, reader) = (proof.visibility(), who::account(&proof.rights()));
    let mut page = repositories::list(&app.store, (&visibility, reader.as_deref()), query, &position).await?;
    who::of_repositories(&proof.rights(), &mut page.items);
    Ok(page)
}

/// Namespaces right below one, or at the top, after `after`, in which the reader may see something.
pub async fn namespaces(
    app: &App,
    proof: &Authorized<ListRepositories>,
    parent: Option<&Namespace>,
    (after, limit): (&str, u32),
) -> Result<Vec<NamespaceRow>> {
    namespaces::below(&app.store, parent, &proof.visibility(), (after, limit)).await
}

/// A repository by itself.
pub async fn facts(app: &App, proof: &Authorized<ReadRepository>) -> Result<RepositoryFacts> {
    let name = &proof.action().repository;
    let head = repositories::head(&app.store, name).await?;
    let mut head = head.ok_or_else(|| Error::NotFound(What::Repository(name.clone())))?;
    who::of_repositories(&proof.rights(), std::slice::from_mut(&mut head.row));
    let pulls = pulls::recent(&app.store, &head.id, app.clock.now()).await?;
    Ok(RepositoryFacts { row: head.row, logical: head.logical, images: head.images, pulls })
}

/// Whether repositories of a mount lie in a namespace, or the other way round.
fn meets(namespace: &Namespace, prefix: &MountPrefix) -> bool {
    let (namespace, prefix) = (format!("{namespace}/"), format!("{prefix}/"));
    prefix == "/" || namespace.starts_with(&prefix) || prefix.starts_with(&namespace)
}

/// Refuses who did not sign in where nothing is public: there is only the way in.
pub async fn require_any(app: &App, proof: &Authorized<ListRepositories>) -> Result<()> {
    match proof.visibility() {
        Visibility::Everything => Ok(()),
        _ if *proof.actor() != Actor::Anonymous => Ok(()),
        open => require_anything(proof, sums::totals(&app.store, &open, None).await?),
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
        refresh_s: mount.refresh_s,
        heard_at: mount.heard_at,
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
