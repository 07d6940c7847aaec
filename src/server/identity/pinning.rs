//! Groups whose names change hands, such as organisations of GitHub, by what they are and not by what they are called:
//! the first group of a name that means anything here is the one that is meant. Another one that takes the name gives
//! nobody anything, and lets nobody in.

use super::provider::{Groups, Provider, Verified};
use crate::domain::action::{CountGroup, Maintain};
use crate::domain::principal::Job;
use crate::domain::{Actor, Result};
use crate::server::access::{Caller, Standing};
use crate::server::context::App;
use crate::server::store::{group_claims, group_pins};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What was found of the groups that somebody is in.
struct Found {
    /// Names that stand for another group than the one that is meant.
    strangers: Vec<String>,
    /// Each name with the id of its group, where that is to be kept.
    unkept: Vec<(String, String)>,
}

/// The names of groups that do not count, for they are others than those that are meant. Nothing is kept.
pub(super) async fn strangers(app: &App, provider: &Provider, verified: &Verified) -> Result<Vec<String>> {
    Ok(found(app, provider, verified).await?.strangers)
}

/// What a provider says without the groups that do not count; keeps which group is meant by each name.
pub(super) async fn held(app: &App, provider: &Provider, mut verified: Verified) -> Result<Verified> {
    let Found { mut strangers, unkept } = found(app, provider, &verified).await?;
    if !unkept.is_empty() {
        let (issuer, now) = (provider.way.issuer().to_owned(), app.clock.now());
        let proof = app.access.system(Job::SignIn, Maintain {});
        let held = app
            .store
            .note(&proof, move |tx| Box::pin(async move { group_pins::hold(tx, &issuer, &unkept, now).await }));
        let new = held.await?;
        new.iter().for_each(|value| tell(app, provider, value));
        strangers.extend(new);
    }
    if let Groups::Said(said) = &mut verified.groups {
        said.retain(|group| !strangers.contains(group));
    }
    Ok(verified)
}

async fn found(app: &App, provider: &Provider, verified: &Verified) -> Result<Found> {
    let mut found = Found { strangers: vec![], unkept: vec![] };
    if verified.ids.is_empty() {
        return Ok(found);
    }
    let rules = &provider.rules;
    let mapped = group_claims::values(&app.store, &provider.name).await?;
    let meant: BTreeSet<&String> = rules.allowed_groups.iter().chain(&rules.admin_groups).chain(&mapped).collect();
    let named: Vec<_> = verified.ids.iter().filter(|(value, _)| meant.contains(value)).collect();
    if named.is_empty() {
        return Ok(found);
    }
    let pins = group_pins::of_issuer(&app.store, provider.way.issuer()).await?;
    let pins: BTreeMap<&str, _> = pins.iter().map(|pin| (pin.value.as_str(), pin)).collect();
    for (value, id) in named {
        let pin = pins.get(value.as_str());
        let is_told = |pin: &group_pins::Pin| if pin.id == *id { pin.stranger.is_empty() } else { pin.stranger == *id };
        if !pin.is_some_and(|pin| is_told(pin)) {
            found.unkept.push((value.clone(), id.clone()));
        }
        if pin.is_some_and(|pin| pin.id != *id) {
            found.strangers.push(value.clone());
        }
    }
    Ok(found)
}

/// Puts on record that a name stands for another group by now.
fn tell(app: &App, provider: &Provider, value: &str) {
    tracing::warn!(
        provider = provider.name,
        group = value,
        "another group has this name at the provider by now; it counts for nothing until it is accepted on the provider's page"
    );
    let standing = Arc::new(Standing::of(Actor::System(Job::SignIn)));
    let caller = Caller { standing, request_id: Job::SignIn.name().to_owned(), address: String::new() };
    let action = CountGroup { provider: provider.name.clone(), value: value.chars().take(200).collect() };
    app.access.tell(&caller, &action, Some("another group has this name at the provider by now"));
}
