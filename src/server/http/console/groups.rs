//! Forms about groups.

use super::sent::{at, taken};
use super::{Done, Form};
use crate::domain::action::{ChangeGroup, CreateGroup, DeleteGroup, ListGroups, MapGroup};
use crate::domain::{Address, Error, GroupName, Result, Username};
use crate::server::service::groups;
use crate::ui::form::Intent;

pub(super) async fn create(form: &Form<'_>) -> Result<Done> {
    let name: GroupName = form.sent.parse("name")?;
    let claims = claim(form).into_iter().collect::<Vec<_>>();
    let proof = form.app.access.authorize(form.caller, CreateGroup { name: name.clone() }).await?;
    groups::check_claims(form.app, &claims).map_err(|error| at("name", error))?;
    groups::create(form.app, &proof, vec![]).await.map_err(|error| taken("name", error))?;
    if !claims.is_empty() {
        let action = MapGroup { name: name.clone(), claims };
        groups::map(form.app, &form.app.access.authorize(form.caller, action).await?).await?;
    }
    Ok(Done::new(Address::Group(name.clone()), Intent::CreateGroup, name))
}

/// The group of a provider that a new one of ours is made for, if it is.
fn claim(form: &Form<'_>) -> Option<(String, String)> {
    let claim = (form.sent.text("provider").to_owned(), form.sent.text("value").to_owned());
    Some(claim).filter(|(provider, _)| !provider.is_empty())
}

pub(super) async fn set_member(form: &Form<'_>, is_in: bool) -> Result<Done> {
    let (name, member): (GroupName, Username) = (name(form)?, form.sent.parse("member")?);
    let listing = form.app.access.authorize(form.caller, ListGroups {}).await?;
    let (id, name) = groups::named(form.app, name.as_str()).await?;
    let is_own = groups::own_members(form.app, &listing, &id).await?.contains(&member);
    let (add, remove) = match (is_in, is_own) {
        (true, false) => (vec![member.clone()], vec![]),
        (false, true) => (vec![], vec![member.clone()]),
        (true, true) => return Err(Error::invalid("member", format!("{member} is in {name} already"))),
        (false, false) => return Err(Error::Conflict(format!("{member} was not put into {name} here"))),
    };
    let proof = form.app.access.authorize(form.caller, ChangeGroup { name: name.clone(), add, remove }).await?;
    groups::change(form.app, &proof).await?;
    let intent = if is_in { Intent::AddMember } else { Intent::RemoveMember };
    Ok(Done::new(Address::Group(name), intent, member))
}

pub(super) async fn set_claim(form: &Form<'_>, is_there: bool) -> Result<Done> {
    let claim = (form.sent.text("provider").to_owned(), form.sent.text("value").to_owned());
    let listing = form.app.access.authorize(form.caller, ListGroups {}).await?;
    let (id, name) = groups::named(form.app, name(form)?.as_str()).await?;
    let mut claims = groups::claims(form.app, &listing, &id).await?;
    let is_mapped = claims.contains(&claim);
    claims.retain(|other| *other != claim);
    claims.extend(is_there.then(|| claim.clone()));
    let proof = form.app.access.authorize(form.caller, MapGroup { name: name.clone(), claims }).await?;
    if !is_there && !is_mapped {
        return Err(Error::Conflict(format!("{name} does not stand for that group of the provider")));
    }
    groups::map(form.app, &proof).await?;
    let intent = if is_there { Intent::MapClaim } else { Intent::UnmapClaim };
    let provider = form.app.identity.providers.title(&claim.0);
    Ok(Done::new(Address::Group(name), intent, format!("{} at {provider}", claim.1)))
}

pub(super) async fn delete(form: &Form<'_>) -> Result<Done> {
    let name = name(form)?;
    form.confirmed(name.as_str())?;
    let proof = form.app.access.authorize(form.caller, DeleteGroup { name: name.clone() }).await?;
    groups::delete(form.app, &proof).await?;
    Ok(Done::new(Address::Groups, Intent::DeleteGroup, name))
}

/// The group whose page it is.
fn name(form: &Form<'_>) -> Result<GroupName> {
    form.last_part().parse()
}
