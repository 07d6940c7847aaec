//! Which runs somebody sees: one rule for the list, for the page of one, for programs and for what open pages hear.
//!
//! Who may see the instance sees all of them. Everybody else sees their own, as far as they may read now, and within what
//! they came with, where these work.

use crate::domain::error::What;
use crate::domain::view::JobRow;
use crate::domain::{Action, Actor, Error, Permission, Result, Target};
use crate::server::access::{Authorized, Standing};
use crate::server::context::App;
use crate::server::store::runs::{self, Owner};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Runs that are looked through for one page, at most: their owner may see few of them.
const MAX_LOOKED_AT: usize = 2_000;
/// Runs that are read at once.
const TOGETHER: u32 = 200;

/// Somebody who looks at runs, with what was found out of the places of those that were looked at.
pub(super) struct Eyes<'a> {
    app: &'a App,
    standing: Arc<Standing>,
    sees_all: bool,
    read: BTreeMap<String, bool>,
}

/// A run, and whether it is theirs.
pub(super) type Seen = (JobRow, bool);

impl<'a> Eyes<'a> {
    /// Those of a proof's holder.
    ///
    /// # Errors
    /// Refuses who has no part in anything here: nothing of theirs can be under way.
    pub(super) fn of<A: Action>(app: &'a App, proof: &Authorized<A>) -> Result<Self> {
        let standing = proof.rights().standing();
        let sees_all = proof.rights().require(Permission::SystemRead, &Target::Instance).is_ok();
        match proof.actor() {
            Actor::Anonymous if !sees_all => return Err(Error::Unauthenticated),
            _ if !sees_all && standing.terms.is_empty() => return Err(Error::Forbidden(Permission::SystemRead)),
            _ => {}
        }
        Ok(Self { app, standing, sees_all, read: BTreeMap::new() })
    }

    /// Whose runs are shown; anybody's where nobody is named.
    pub(super) fn whose(&self) -> Option<Owner> {
        (!self.sees_all).then(|| self.own())
    }

    fn own(&self) -> Owner {
        Owner::of(&self.standing)
    }

    /// A run.
    ///
    /// # Errors
    /// Not found for one that they do not see.
    pub(super) async fn find(&mut self, id: &str) -> Result<Seen> {
        let found = runs::find(&self.app.store, id).await?;
        match found {
            Some(found) => self.see(found).await?.ok_or(Error::NotFound(What::Job)),
            None => Err(Error::NotFound(What::Job)),
        }
    }

    /// Some of the runs that they see, newest first, and after which one to go on.
    pub(super) async fn list(&mut self, after: &str, limit: u32) -> Result<(Vec<Seen>, Option<String>)> {
        let (whose, mut after) = (self.whose(), after.to_owned());
        let (mut seen, mut n_looked_at) = (Vec::new(), 0);
        let together = if self.sees_all { limit + 1 } else { TOGETHER };
        loop {
            let found = runs::list(&self.app.store, whose.as_ref(), &after, together).await?;
            let is_last = found.len() < together as usize;
            for found in found {
                if seen.len() == limit as usize {
                    return Ok((seen, Some(after)));
                }
                n_looked_at += 1;
                after.clone_from(&found.0.id);
                seen.extend(self.see(found).await?);
            }
            if is_last || n_looked_at >= MAX_LOOKED_AT {
                return Ok((seen, (!is_last).then_some(after)));
            }
        }
    }

    async fn see(&mut self, (row, of): (JobRow, Option<Owner>)) -> Result<Option<Seen>> {
        let is_own = of == Some(self.own());
        if self.sees_all {
            return Ok(Some((row, is_own)));
        }
        let mut is_open = is_own;
        for (permission, target) in row.needs_to_see() {
            is_open = is_open && self.holds(permission, &target).await?;
        }
        Ok(is_open.then_some((row, is_own)))
    }

    async fn holds(&mut self, permission: Permission, target: &Target) -> Result<bool> {
        let place = target.place();
        let of = format!("{} {place}", permission.name());
        if let Some(known) = self.read.get(&of) {
            return Ok(*known);
        }
        let holds = self.app.access.permits(&self.standing, permission, target).await?;
        self.read.insert(of, holds);
        Ok(holds)
    }
}
