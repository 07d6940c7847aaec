//! Groups of a provider whose name another one has by now: each counts again once somebody says that it is theirs.

use super::{access, changed, missing};
use crate::domain::action::{AcceptGroup, ListProviders};
use crate::domain::view::StrangerRow;
use crate::domain::{Action, Error, ProviderName, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::identity::provider::Provider;
use crate::server::store::{Change, group_pins};
use std::sync::Arc;

/// Those of the provider of that name.
pub(super) async fn of(app: &App, _proof: &Authorized<ListProviders>, name: &str) -> Result<Vec<StrangerRow>> {
    let Some(provider) = find(app, name) else { return Ok(vec![]) };
    let pins = group_pins::of_issuer(&app.store, provider.way.issuer()).await?.into_iter();
    let strangers = pins.filter(|pin| !pin.stranger.is_empty());
    Ok(strangers
        .map(|pin| StrangerRow { value: pin.value, was: pin.id, is: pin.stranger, at: pin.stranger_at })
        .collect())
}

/// Whether who is in that group is an administrator by it, or by another provider of the same issuer: what a name stands
/// for is the same to all of them.
pub fn brings_admins(app: &App, name: &ProviderName, value: &str) -> bool {
    let Some(provider) = find(app, name.as_str()) else { return false };
    let others = app.identity.providers.all();
    let of_issuer = others.iter().filter(|other| other.way.issuer() == provider.way.issuer());
    of_issuer.chain([&provider]).any(|it| it.rules.admin_groups.iter().any(|group| group == value))
}

/// Lets a name stand for the group that has it by now, from each person's next sign-in.
///
/// # Errors
/// [`Error::Conflict`] if it is another one again.
pub async fn accept(app: &App, proof: &Authorized<AcceptGroup>) -> Result<()> {
    let AcceptGroup { name, value, id, brings_admins } = proof.action().clone();
    let provider = find(app, name.as_str()).ok_or_else(|| missing(name.as_str()))?;
    if brings_admins {
        // It goes on bringing others when who accepted it is none any more.
        access::require_until(&proof.rights(), &proof.action().needs(), None)?;
    } else if self::brings_admins(app, &name, &value) {
        return Err(changed());
    }
    let issuer = provider.way.issuer().to_owned();
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let before = group_pins::accept(tx, &issuer, (&value, &id)).await?;
            let gone = || Error::Conflict("this group changed in the meantime; look again".to_owned());
            Ok(Change::new((), Some(before.ok_or_else(gone)?), Some(id)))
        })
    });
    write.await
}

fn find(app: &App, name: &str) -> Option<Arc<Provider>> {
    app.identity.providers.find(name).or_else(|| app.identity.providers.saved_as(name))
}
