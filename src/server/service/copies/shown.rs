//! The page on which tags are copied or promoted: what was chosen, and where it could go.

use super::plan::Source;
use crate::domain::action::ReadRepository;
use crate::domain::view::{CopyPlan, CopyQuery, CopyView, Moved, Offer};
use crate::domain::{Error, Permission, RepositoryName, Result, Target};
use crate::server::access::{Authorized, Scopes};
use crate::server::context::App;
use crate::server::service::activity::place_of;
use crate::server::service::names::Powers;
use crate::server::store::{activity, copies};

/// How many names of a repository, and how many others, are offered at a press.
const MAX_OFFERS: usize = 6;
/// How many repositories a field suggests, and among how many copies the last ones are sought.
const MAX_PLACES: u32 = 100;

/// What was chosen, where it could go, and what that would do.
///
/// # Errors
/// Not found for a tag that is not there; [`Error::Forbidden`] for who may push nowhere.
pub async fn page(app: &App, proof: &Authorized<ReadRepository>, query: &CopyQuery) -> Result<CopyView> {
    let source = Source::of(app, proof, query).await?;
    let repository = source.name.clone();
    let may_name = Powers::of(app, proof, &source.found.mount_id, vec![]).adds();
    let (tags, offers, repositories, plan, wrong) = (vec![], vec![], vec![], None, None);
    let mut view = CopyView { repository, tags, may_name, offers, repositories, plan, wrong };
    if !query.to.is_empty() {
        match source.plan(app, proof, query).await {
            Ok(plan) => view.plan = Some(plan),
            Err(Error::Invalid { field, message }) => view.wrong = Some((field, message)),
            Err(error) => return Err(error),
        }
    }
    if view.plan.is_none() {
        view.repositories = places(app, proof, &source).await?;
        view.offers = if may_name { names(app, proof, &source).await? } else { vec![] };
        let last = last(app, proof, (&source, &view.repositories)).await?;
        view.offers.extend(last.into_iter().map(|repository| Offer { repository, tag: None, now: None }));
    }
    view.tags = source.tags.into_iter().collect();
    Ok(view)
}

/// What a copy would do.
///
/// # Errors
/// As [`page`]; [`Error::Invalid`] of `to` or `name` for where it cannot go.
pub async fn plan(app: &App, proof: &Authorized<ReadRepository>, query: &CopyQuery) -> Result<CopyPlan> {
    Source::of(app, proof, query).await?.plan(app, proof, query).await
}

/// Where the reader may push besides, in each registry that can be written to.
async fn places(app: &App, proof: &Authorized<ReadRepository>, source: &Source) -> Result<Vec<RepositoryName>> {
    let mounts = app.mounts.now();
    let open = mounts.iter().filter(|mount| mount.takes_changes());
    let open: Vec<String> = open.map(|mount| mount.id.clone()).collect();
    let (rights, standing) = (proof.rights(), proof.rights().standing());
    let pushing = standing.terms.iter().filter(|terms| terms.role.holds(Permission::RepositoryPush));
    let scopes = Scopes::of(pushing.map(|terms| &terms.scope));
    let mut places = copies::places(&app.store, &open, (&source.name, &scopes), MAX_PLACES).await?;
    places.retain(|place| rights.require(Permission::RepositoryPush, &Target::Repository(place.clone())).is_ok());
    Ok(places)
}

/// Names of the same repository to which one tag goes at a press: those that were moved before.
async fn names(app: &App, proof: &Authorized<ReadRepository>, source: &Source) -> Result<Vec<Offer>> {
    let Some((tag, digest)) = source.one() else { return Ok(vec![]) };
    let rights = proof.rights();
    let moving = copies::moving(&app.store, &source.found.id, MAX_OFFERS as u32 + 1).await?;
    let offers = moving.into_iter().filter(|(name, now, _)| {
        let target = Target::Tag(source.name.clone(), name.clone());
        name != tag && now != digest && rights.require(Permission::TagMove, &target).is_ok()
    });
    let offer = |(name, now, when)| {
        let now = Some((now, Moved::At { when, by: None }));
        Offer { repository: source.name.clone(), tag: Some(name), now }
    };
    Ok(offers.take(MAX_OFFERS).map(offer).collect())
}

/// Where the reader copied something from here last; then those that are called alike.
async fn last(
    app: &App,
    proof: &Authorized<ReadRepository>,
    (source, places): (&Source, &[RepositoryName]),
) -> Result<Vec<RepositoryName>> {
    let rows = activity::copies(&app.store, proof.actor(), MAX_PLACES).await?;
    let done = rows.iter().filter(|row| row.source.as_deref().and_then(place_of).as_ref() == Some(&source.name));
    let done = done.filter_map(|row| place_of(&row.object));
    let alike = places.iter().filter(|place| place.base() == source.name.base()).cloned();
    let mut last: Vec<RepositoryName> = Vec::new();
    for place in done.chain(alike) {
        if places.contains(&place) && !last.contains(&place) && last.len() < MAX_OFFERS {
            last.push(place);
        }
    }
    Ok(last)
}
