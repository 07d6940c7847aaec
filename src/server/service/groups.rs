//! Groups of users.

use super::{may, taken};
use crate::domain::action::{ChangeGroup, CreateGroup, DeleteGroup, ListGroups, MapGroup};
use crate::domain::error::What;
use crate::domain::principal::PrincipalKind;
use crate::domain::view::{ClaimRow, GroupRow, GroupView, GroupsView};
use crate::domain::{Action, Error, GroupName, Result, Username};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::service::access;
use crate::server::store::admins::Guard;
use crate::server::store::group_claims::{self, Claim};
use crate::server::store::{Change, groups, people, principals};
use std::collections::BTreeSet;

/// Groups and members of a page.
const PAGE: u32 = 50;
/// The most of a group, whoever says that they are in it.
const MAX_MEMBERS: u32 = 10_000;
/// The most names that the record of a change has.
const MAX_NAMED: usize = 100;
/// The most groups of providers that stand for one, and the most of such a name.
const MAX_CLAIMS: usize = 100;
const MAX_CLAIM_BYTES: usize = 512;
/// Names to pick from.
const PICK: u32 = 200;

/// A page of groups after `after`.
pub async fn page(app: &App, proof: &Authorized<ListGroups>, after: &str) -> Result<GroupsView> {
    let mut found = groups::list(&app.store, after, PAGE + 1).await?;
    let is_cut = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let next = found.last().filter(|_| is_cut).map(|group| group.name.to_string());
    Ok(GroupsView { groups: found, next, may_manage: may_manage(proof) })
}

/// Groups after `after` in the order of their names.
pub async fn list(app: &App, _proof: &Authorized<ListGroups>, after: &str, limit: u32) -> Result<Vec<GroupRow>> {
    groups::list(&app.store, after, limit).await
}

/// Everything on the page of one group, with its members after `after`.
pub async fn view(app: &App, proof: &Authorized<ListGroups>, name: &GroupName, after: &str) -> Result<GroupView> {
    let found = group_claims::with_group(&app.store, name).await?;
    let (id, claims) = found.ok_or_else(|| Error::NotFound(What::Group(name.to_string())))?;
    let mut members = groups::members(&app.store, &id, after, PAGE + 1).await?;
    let is_cut = members.len() > PAGE as usize;
    members.truncate(PAGE as usize);
    let next = members.last().filter(|_| is_cut).map(|member| member.username.to_string());
    let title = |provider: &str| app.identity.providers.title(provider);
    members.iter_mut().filter(|it| !it.source.is_empty()).for_each(|it| it.source = title(&it.source));
    let may_manage = may_manage(proof);
    let people = match may_manage {
        true => people::usernames(&app.store, PICK).await?,
        false => vec![],
    };
    let access = access::of_group(app, proof, &id).await?;
    let claims = claims.into_iter().map(|Claim { provider, value }| ClaimRow { provider, value }).collect();
    let providers = app.identity.providers.all();
    let providers = providers.iter().map(|it| (it.name.clone(), it.title.clone())).collect();
    Ok(GroupView { name: name.clone(), members, next, access, claims, providers, people, may_manage })
}

fn may_manage(proof: &Authorized<ListGroups>) -> bool {
    may(proof, &CreateGroup { name: "nobody".parse().expect("the name of a group") })
}

/// A group by its name or its id: both.
pub async fn named(app: &App, text: &str) -> Result<(String, GroupName)> {
    let found = groups::find(&app.store, text).await?;
    found.ok_or_else(|| Error::NotFound(What::Group(text.chars().take(80).collect())))
}

/// Everybody in a group, whoever says so.
pub async fn all_members(app: &App, _proof: &Authorized<ListGroups>, id: &str) -> Result<BTreeSet<Username>> {
    let members = groups::members(&app.store, id, "", MAX_MEMBERS).await?;
    Ok(members.into_iter().map(|member| member.username).collect())
}

/// Makes a group of these.
///
/// # Errors
/// [`Error::Conflict`] if the name is taken, [`Error::Invalid`] for a member that nobody is.
pub async fn create(app: &App, proof: &Authorized<CreateGroup>, members: Vec<Username>) -> Result<()> {
    let ids = ids_of(app, &members).await?;
    let (name, now, by) = (proof.action().name.clone(), app.clock.now(), proof.actor().clone());
    let id = new_id(&*app.entropy, now);
    let added = id.clone();
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if !groups::insert(tx, &added, &name, &by, now).await? {
                return Err(taken(&name));
            }
            for member in ids {
                groups::add(tx, &added, &member).await?;
            }
            Ok(Change::new((), None, Some(added)))
        })
    });
    write.await
}

/// Puts some into a group here, and takes some out; whom a provider puts in is for it to say.
///
/// # Errors
/// [`Error::Invalid`] for a member that nobody is.
pub async fn change(app: &App, proof: &Authorized<ChangeGroup>) -> Result<()> {
    let ChangeGroup { name, add, remove } = proof.action().clone();
    let (id, _) = named(app, name.as_str()).await?;
    let (ways, rights, needs) = (app.identity.providers.ways(), proof.rights(), proof.action().needs());
    let (adds, removes) = (ids_of(app, &add).await?, ids_of(app, &remove).await?);
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if !adds.is_empty() {
                access::require_until(&rights, &needs, groups::latest_end(tx, &id).await?)?;
            }
            let guard = Guard::before(tx, ways).await?;
            for member in &adds {
                if !groups::has(tx, &id, member).await? {
                    groups::add(tx, &id, member).await?;
                }
            }
            for member in &removes {
                groups::remove(tx, &id, member).await?;
            }
            guard.after(tx).await?;
            let names = |names: Vec<Username>| {
                let names: Vec<String> = names.iter().take(MAX_NAMED).map(ToString::to_string).collect();
                (!names.is_empty()).then(|| names.join(", "))
            };
            Ok(Change::new((), names(remove), names(add)))
        })
    });
    write.await
}

/// Which groups of providers put people into a group: each with its provider.
pub async fn claims(app: &App, _proof: &Authorized<ListGroups>, id: &str) -> Result<Vec<(String, String)>> {
    let claims = group_claims::of_group(&app.store, id).await?;
    Ok(claims.into_iter().map(|claim| (claim.provider, claim.value)).collect())
}

/// Whether these can be mapped.
///
/// # Errors
/// [`Error::Invalid`] for a provider that is not in force, an empty or overlong name of a group, or too many.
pub fn check_claims(app: &App, claims: &[(String, String)]) -> Result<()> {
    for (provider, value) in claims {
        if app.identity.providers.find(provider).is_none() {
            return Err(Error::invalid("provider", format!("there is no provider {provider:.80}")));
        }
        if value.is_empty() || value.len() > MAX_CLAIM_BYTES || claims.len() > MAX_CLAIMS {
            return Err(Error::invalid("value", "write the group as the provider names it, in at most 512 bytes"));
        }
    }
    Ok(())
}

/// Sets them. Whom a provider named at their last sign-in is in at once, and who was in by what is gone is not.
///
/// # Errors
/// [`Error::Invalid`] for a provider that is not in force, or an empty or overlong name of a group; [`Error::Conflict`]
/// if nobody would be left who may do everything.
pub async fn map(app: &App, proof: &Authorized<MapGroup>) -> Result<()> {
    let MapGroup { name, claims } = proof.action().clone();
    let (id, _) = named(app, name.as_str()).await?;
    let before = group_claims::of_group(&app.store, &id).await?;
    let is_new = |(provider, value): &&(String, String)| {
        !before.iter().any(|claim| claim.provider == *provider && claim.value == *value)
    };
    check_claims(app, &claims.iter().filter(is_new).cloned().collect::<Vec<_>>())?;
    let words = |claims: Vec<(String, String)>| {
        let words: Vec<String> = claims.into_iter().map(|(provider, value)| format!("{value} of {provider}")).collect();
        Some(words.join(", "))
    };
    let was = words(before.into_iter().map(|claim| (claim.provider, claim.value)).collect());
    let is = words(claims.clone());
    let claims: Vec<Claim> = claims.into_iter().map(|(provider, value)| Claim { provider, value }).collect();
    let (ways, rights, needs) = (app.identity.providers.ways(), proof.rights(), proof.action().needs());
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            access::require_until(&rights, &needs, groups::latest_end(tx, &id).await?)?;
            let guard = Guard::before(tx, ways).await?;
            group_claims::set(tx, &id, &claims).await?;
            guard.after(tx).await?;
            Ok(Change::new((), was, is))
        })
    });
    write.await
}

/// The usernames of those who are put in here.
pub async fn own_members(app: &App, _proof: &Authorized<ListGroups>, id: &str) -> Result<BTreeSet<Username>> {
    groups::own_members(&app.store, id, MAX_MEMBERS).await
}

async fn ids_of(app: &App, members: &[Username]) -> Result<Vec<String>> {
    if members.len() > MAX_MEMBERS as usize {
        return Err(Error::invalid("members", format!("a group has at most {MAX_MEMBERS} members")));
    }
    let mut ids = Vec::with_capacity(members.len());
    for member in members {
        let user = principals::by_username(&app.store, member).await?;
        let user = user.filter(|user| user.kind == PrincipalKind::User);
        ids.push(user.ok_or_else(|| Error::invalid("member", format!("there is no user {member}")))?.id);
    }
    Ok(ids)
}

/// Takes a group away, with all access that it had.
pub async fn delete(app: &App, proof: &Authorized<DeleteGroup>) -> Result<()> {
    let (id, _) = named(app, proof.action().name.as_str()).await?;
    let ways = app.identity.providers.ways();
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let guard = Guard::before(tx, ways).await?;
            groups::delete(tx, &id).await?;
            guard.after(tx).await?;
            Ok(Change::new((), Some(id), None))
        })
    });
    write.await
}
