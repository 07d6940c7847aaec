//! All tags of a namespace brought back to what they named at a time, in one step and however many they are.

use super::{mount_of, past, print_of, whole};
use crate::domain::action::RollBackNamespace;
use crate::domain::protection::Act;
use crate::domain::view::How;
use crate::domain::{Digest, Error, RepositoryName, Result, Tag};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::service::locking;
use crate::server::service::namer::Namer;
use crate::server::store::going_back::{self, Back, Tagged};
use crate::server::store::history;
use crate::server::store::protections::{By, Rules};
use crate::server::store::radius::Reader;
use crate::server::store::{Change, Tx, trash};
use std::collections::BTreeSet;

/// Tags that are asked about together.
const TOGETHER: u32 = 1000;
/// What stands in the record line by line.
const LINES: usize = 200;

/// What was seen before, and what becomes of tags that rules keep.
#[derive(Clone, Default)]
pub struct Agreed {
    /// The print of what shall go back.
    pub print: Option<Digest>,
    /// Whether they stay as they are and the others go back. Otherwise one of them is in the way of all.
    pub leaves_out: bool,
}

/// Brings every tag of a namespace back to what it named at a time, in one step: how many moved.
///
/// # Errors
/// [`Error::Conflict`] that names an image that is gone for good; [`Error::Outdated`] if something else differs, or is left
/// out, than the print says.
pub async fn roll_back(app: &App, proof: &Authorized<RollBackNamespace>, agreed: Agreed) -> Result<u64> {
    locking::again(|| roll_back_once(app, proof, agreed.clone())).await
}

async fn roll_back_once(app: &App, proof: &Authorized<RollBackNamespace>, agreed: Agreed) -> Result<u64> {
    let RollBackNamespace { namespace, to } = proof.action().clone();
    past(app, to)?;
    let mount = mount_of(app, &namespace)?;
    let found = history::different(&app.store, &whole(&mount.id, &namespace, to)).await?;
    let names: BTreeSet<RepositoryName> = found.into_iter().collect();
    let (namer, mount_id) = (Namer::each(app, proof, &mount), mount.id.clone());
    let batch = new_id(&*app.entropy, app.clock.now());
    let change = app.store.write(proof, move |tx| {
        Box::pin(async move {
            locking::lock(tx, &names, &mount_id).await?;
            let span = whole(&mount_id, &namespace, to);
            let mut n_moved = going_back::note(tx, &batch, &span).await?;
            let found = going_back::repositories(tx, &batch).await?;
            locking::require_locked(&names, found.iter())?;
            let since = history::since(&mut Reader::Tx(tx), &span).await?;
            let mut left_out = Vec::new();
            for name in found.iter().filter(|_| agreed.leaves_out) {
                leave_out(tx, &namer(name.clone()), &batch, &mut left_out).await?;
            }
            n_moved -= left_out.len() as u64;
            if agreed.print.is_some_and(|print| print != print_of(since, &left_out)) {
                return Err(Error::Outdated);
            }
            let found = going_back::repositories(tx, &batch).await?;
            let mut lines = Vec::new();
            for name in &found {
                bring_back(tx, &namer(name.clone()), &batch, &mut lines).await?;
            }
            going_back::forget(tx, &batch).await?;
            if n_moved > LINES as u64 {
                lines.push(format!("and more, {n_moved} tags in all"));
            }
            let change = Change::new(n_moved, Some(lines.join("\n")), Some(to.rfc3339()));
            Ok(found.into_iter().fold(change, Change::announcing))
        })
    });
    change.await
}

/// Leaves the tags of one repository as they are that rules keep, and tells their names.
async fn leave_out(tx: &mut Tx, namer: &Namer, batch: &str, left_out: &mut Vec<String>) -> Result<()> {
    let (found, rules) = (namer.open(tx).await?, namer.rules(tx).await?);
    let at = Back { batch, repository: &found };
    let mut after = String::new();
    loop {
        let tags = going_back::page(tx, at, &after, TOGETHER).await?;
        let Some(last) = tags.last() else { return Ok(()) };
        after = last.tag.to_string();
        let is_kept = |it: &Tagged| act(it).is_some_and(|act| rules.bar(namer.rights(), act, &it.tag).is_some());
        let kept: Vec<Tag> = tags.into_iter().filter(is_kept).map(|it| it.tag).collect();
        going_back::leave(tx, at, &kept).await?;
        left_out.extend(kept.iter().map(|tag| format!("{}:{tag}", namer.name)));
    }
}

/// Brings the tags of one repository back, and tells what they named.
async fn bring_back(tx: &mut Tx, namer: &Namer, batch: &str, lines: &mut Vec<String>) -> Result<()> {
    let (found, rules) = (namer.open(tx).await?, namer.rules(tx).await?);
    let at = Back { batch, repository: &found };
    trash::restore_images(tx, at, &namer.name, &namer.restoring()).await?;
    let mut after = String::new();
    loop {
        let tags = going_back::page(tx, at, &after, TOGETHER).await?;
        let Some(last) = tags.last() else { break };
        after = last.tag.to_string();
        tags.iter().try_for_each(|it| check(namer, &rules, it))?;
        let now = |it: &Tagged| it.now.as_ref().map(Digest::to_string).unwrap_or_default();
        let said = tags.iter().map(|it| format!("{}:{} {}", namer.name, it.tag, now(it)));
        lines.extend(said.take(LINES.saturating_sub(lines.len())));
        let gone: BTreeSet<Tag> = tags.into_iter().filter(|it| it.then.is_none()).map(|it| it.tag).collect();
        if !gone.is_empty() {
            namer.take(tx, &found, gone, (How::RollBack, batch.to_owned())).await?;
        }
    }
    going_back::set(tx, at, How::RollBack, (&namer.by, namer.now)).await?;
    going_back::forget_deleted(tx, at, &namer.name).await?;
    namer.touch(tx, &found).await
}

/// Whether a tag may go back; one that goes to the trash is asked about there.
fn check(namer: &Namer, rules: &Rules, it: &Tagged) -> Result<()> {
    it.tag.refuse_reserved()?;
    let act = act(it).filter(|act| *act != Act::Delete);
    act.map_or(Ok(()), |act| rules.allow(namer.rights(), (&it.tag, act), By::Right))
}

/// What is done to a tag that goes back.
fn act(it: &Tagged) -> Option<Act> {
    Act::between(it.now.as_ref(), it.then.as_ref())
}
