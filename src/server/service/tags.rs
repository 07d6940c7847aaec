//! A repository's page of tags.

use super::names::Powers;
use super::repositories::{notice, position};
use super::{in_trash, opens, stars, who};
use crate::domain::action::{DeleteTags, ReadRepository};
use crate::domain::error::What;
use crate::domain::tag_filter::TagFilter;
use crate::domain::view::{CrawlState, Deletable, Matching, MountNotice, RepositoryView, TagQuery, TagRow};
use crate::domain::{Error, Page, Permission, Protection, RepositoryName, Result, Scope, Tag, Target};
use crate::server::access::{Authorized, Caller, Visibility};
use crate::server::context::App;
use crate::server::store::radius::Reader;
use crate::server::store::repositories::Head;
use crate::server::store::{mounts, pulls, repositories, tags};
use std::collections::BTreeSet;

/// The most tags that a filter takes along: their names are read together, and a job does the rest in parts.
pub const MAX_MATCHED: u32 = 200_000;

/// Tags that a filter matches are counted up to here.
const MAX_COUNTED: u32 = 1000;

/// The head of a repository and one page of its tags. At most four statements.
///
/// Opening a repository of a registry elsewhere makes the crawl look at it first: one that
/// was never read waits a moment for its first rows, one that was is checked again behind the page.
pub async fn list(app: &App, proof: &Authorized<ReadRepository>, query: TagQuery) -> Result<RepositoryView> {
    let name = &proof.action().repository;
    let position = position(query.after.clone(), query.before.clone())?;
    let filter = filter(app, &query.q)?;
    let reader = who::account(&proof.rights());
    let mut found = repositories::head_and_rules(&app.store, name, reader.as_deref()).await?;
    let is_new = |head: &Head| is_remote(app, &head.mount_id) && head.read_at.is_none();
    let is_unread = found.as_ref().is_some_and(|(head, _)| is_new(head));
    if is_unread && app.looks.first(name, app.clock.now()).await {
        found = repositories::head_and_rules(&app.store, name, reader.as_deref()).await?;
    }
    let (mut head, rules) = found.ok_or_else(|| Error::NotFound(What::Repository(name.clone())))?;
    who::of_repositories(&proof.rights(), std::slice::from_mut(&mut head.row));
    let filter = in_repository(app, proof, filter, (&head.mount_id, &rules))?;
    let mut page = tags::list(&app.store, &head.id, (&query, &filter), &position).await?;
    who::of_tags(&proof.rights(), &mut page.items);
    let powers = Powers::of(app, proof, &head.mount_id, rules.clone());
    page.items.iter_mut().for_each(|row| row.may = powers.over(&row.tag));
    if !is_unread && is_remote(app, &head.mount_id) {
        app.looks.again(name, page.items.iter().map(|row| row.tag.clone()).collect(), app.clock.now());
    }
    let pulls = match is_remote(app, &head.mount_id) {
        true => None,
        false => Some(pulls::recent(&app.store, &head.id, app.clock.now()).await?),
    };
    let deletable = deletable(app, proof, (&head.id, &filter), (&page, &powers)).await?;
    let (pull_host, pull_name) = pull_line(app, name);
    let place = Scope::Repository(name.clone());
    let left = if page.items.is_empty() { in_trash::left(app, &proof.rights(), &place).await? } else { None };
    Ok(RepositoryView {
        deletable,
        copies: powers.copy(),
        may_star: stars::may_star(proof),
        is_read_only: app.mount(name).is_some_and(|mount| mount.upstream.is_some() && mount.changes.is_none()),
        notice: mount_notice(app, proof, &head.mount_id).await?,
        rules,
        logical: head.logical,
        images: head.images,
        pulls,
        head: head.row,
        page,
        left,
        pull_host,
        pull_name,
        opens: opens(app, proof, &place),
    })
}

/// What the reader may delete of what the page lists.
async fn deletable(
    app: &App,
    proof: &Authorized<ReadRepository>,
    (id, filter): (&str, &TagFilter),
    (page, powers): (&Page<TagRow>, &Powers),
) -> Result<Deletable> {
    let name = &proof.action().repository;
    let tags: BTreeSet<Tag> =
        page.items.iter().map(|row| &row.tag).filter(|tag| powers.deletes(tag)).cloned().collect();
    if tags.is_empty() {
        return Ok(Deletable::default());
    }
    let whole = Target::Scope(Scope::Repository(name.clone()));
    let is_part = page.previous.is_some() || page.next.is_some();
    let matching = match is_part && !filter.is_empty() && proof.rights().require(Permission::TagDelete, &whole).is_ok()
    {
        true => {
            let count = tags::count_matching(&app.store, id, filter, MAX_COUNTED + 1).await?;
            Some(Matching { count: count.min(MAX_COUNTED.into()), is_more: count > MAX_COUNTED.into() })
        }
        false => None,
    };
    Ok(Deletable { tags, matching })
}

/// One page of a repository's tags and nothing else.
pub async fn page(app: &App, proof: &Authorized<ReadRepository>, query: &TagQuery) -> Result<Page<TagRow>> {
    let position = position(query.after.clone(), query.before.clone())?;
    let (filter, id) = filtered(app, proof, &query.q).await?;
    let mut page = tags::list(&app.store, &id, (query, &filter), &position).await?;
    who::of_tags(&proof.rights(), &mut page.items);
    Ok(page)
}

/// What a list is filtered by.
///
/// # Errors
/// [`Error::Invalid`] of `q`, which says what was not understood.
pub fn filter(app: &App, text: &str) -> Result<TagFilter> {
    super::repositories::filter(text)?;
    TagFilter::parse(text, app.clock.now())
}

/// The same in a repository, by its rules, with the repository's id.
async fn filtered(app: &App, proof: &Authorized<ReadRepository>, text: &str) -> Result<(TagFilter, String)> {
    let (name, filter) = (&proof.action().repository, filter(app, text)?);
    let found = repositories::head_and_rules(&app.store, name, None).await?;
    let (head, rules) = found.ok_or_else(|| Error::NotFound(What::Repository(name.clone())))?;
    Ok((in_repository(app, proof, filter, (&head.mount_id, &rules))?, head.id))
}

/// What a filter says of the tags of a repository, where its reader may ask that there.
pub(super) fn in_repository(
    app: &App,
    proof: &Authorized<ReadRepository>,
    filter: TagFilter,
    (mount_id, rules): (&str, &[Protection]),
) -> Result<TagFilter> {
    who::require_told(&proof.rights(), filter.by.is_some())?;
    if filter.unused_since.is_some() && is_remote(app, mount_id) {
        let unknown = "`unused:` is not known here: this registry is pulled from past Portolan, which sees no pull";
        return Err(Error::invalid("q", unknown));
    }
    Ok(filter.with_rules(rules))
}

/// The names of all its tags that fit a filter.
///
/// # Errors
/// [`Error::Invalid`] for a filter that is not understood, fits nothing, or fits too many to be deleted at once.
pub async fn matching(app: &App, proof: &Authorized<ReadRepository>, text: &str) -> Result<Vec<Tag>> {
    let (filter, id) = filtered(app, proof, text).await?;
    let tags = tags::matching(&app.store, &id, &filter, MAX_MATCHED + 1).await?;
    if tags.len() > MAX_MATCHED as usize {
        return Err(Error::invalid("q", format!("this matches more than {MAX_MATCHED} tags; narrow it down")));
    }
    if tags.is_empty() {
        let name = &proof.action().repository;
        return Err(Error::invalid("filter", format!("no tag of {name} matches `{text:.80}`")));
    }
    Ok(tags)
}

/// To delete all that fit a filter.
///
/// # Errors
/// As [`matching`].
pub async fn to_delete(app: &App, caller: &Caller, repository: RepositoryName, filter: String) -> Result<DeleteTags> {
    let proof = app.access.authorize(caller, ReadRepository { repository: repository.clone() }).await?;
    let tags = matching(app, &proof, &filter).await?;
    Ok(DeleteTags { repository, tags, filter: Some(filter) })
}

/// One of its tags.
pub async fn one(app: &App, proof: &Authorized<ReadRepository>, tag: &Tag) -> Result<TagRow> {
    let repository = proof.action().repository.clone();
    let found = tags::row(&mut Reader::Store(&app.store), &id(app, &repository).await?, tag).await?;
    let found = found.ok_or_else(|| Error::NotFound(What::Tag { repository, tag: tag.clone() }))?;
    Ok(who::of_tag(&proof.rights(), found))
}

async fn id(app: &App, name: &RepositoryName) -> Result<String> {
    let head = repositories::head(&app.store, name).await?;
    head.map(|head| head.id).ok_or_else(|| Error::NotFound(What::Repository(name.clone())))
}

/// Where and under which name a repository is pulled.
pub(super) fn pull_line(app: &App, name: &RepositoryName) -> (String, String) {
    let mount = app.mount(name);
    let upstream = mount.as_ref().and_then(|mount| Some((mount.prefix.strip(name)?, mount.upstream.as_ref()?)));
    match upstream {
        Some((inner, upstream)) => (upstream.host.clone(), upstream.name(inner)),
        None => (app.facts.host.clone(), name.to_string()),
    }
}

/// How fresh a repository of a registry elsewhere is; costs no statement for the hosted one. Whoever sees only
/// a part of what there is learns no more of that registry than the time.
pub(super) async fn mount_notice(
    app: &App,
    proof: &Authorized<ReadRepository>,
    mount_id: &str,
) -> Result<Option<MountNotice>> {
    if !is_remote(app, mount_id) {
        return Ok(None);
    }
    let mount = mounts::find(&app.store, mount_id, app.clock.now()).await?;
    let notice = mount.and_then(|mount| notice(&mount.row));
    Ok(match proof.visibility() {
        Visibility::Everything => notice,
        Visibility::Open { .. } => {
            notice.map(|notice| MountNotice { url: String::new(), crawl: CrawlState::Rested, ..notice })
        }
    })
}

/// Whether a mount's registry is elsewhere.
pub(super) fn is_remote(app: &App, mount_id: &str) -> bool {
    app.mounts.find(mount_id).is_some_and(|mount| mount.upstream.is_some())
}
