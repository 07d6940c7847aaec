//! Forms about what was deleted.

use super::{Done, Form};
use crate::domain::trash::{Over, SeenTag};
use crate::domain::{Digest, Error, RepositoryName, Result};
use crate::server::identity::again;
use crate::server::service::trash::{self, Taken, Undone, hidden};
use crate::ui::form::Intent;
use crate::ui::query::address;
use crate::ui::words::counted;
use std::collections::BTreeMap;

/// Does what such a form asks for.
pub(super) async fn perform(form: &Form<'_>, intent: Intent) -> Result<Done> {
    if intent == Intent::PurgeTrash { purge(form).await } else { restore(form).await }
}

/// Brings an entry back, or all that was deleted with it. One whose tags name other images by now is asked about.
async fn restore(form: &Form<'_>) -> Result<Done> {
    const INTENT: Intent = Intent::RestoreTrash;
    let over = over(form)?;
    if !form.sent.text("batch").is_empty() {
        return restore_all(form, over).await;
    }
    let row = trash::find(form.app, form.sent.text("entry")).await?;
    let proof = form.app.access.authorize(form.caller, trash::restoring(&row)).await.map_err(hidden)?;
    if over == Over::Nothing && trash::crosses(form.app, &row).await? {
        return Ok(Done::asking(address(form.page(), &[("restore", &row.id)]), INTENT));
    }
    trash::restore(form.app, &proof, vec![row.id.clone()], over).await?;
    Ok(Done::new(form.page(), INTENT, row.words()))
}

/// Brings back all that was deleted together. Tags of it that name other images by now are asked about.
async fn restore_all(form: &Form<'_>, over: Over) -> Result<Done> {
    const INTENT: Intent = Intent::RestoreTrash;
    let batch = form.sent.text("batch");
    let taken = match (form.sent.text("over"), over) {
        ("no", _) => Taken::LeftOut,
        (_, Over::Nothing) => Taken::Asked,
        (_, over) => Taken::Moved(over),
    };
    let rows = match trash::undo(form.app, form.caller, batch, taken).await? {
        Undone::Done(rows) => rows,
        Undone::Job(job) => return Ok(Done::at_job(job, INTENT)),
        Undone::Crosses => return Ok(Done::asking(address(form.page(), &[("restore-all", batch)]), INTENT)),
    };
    let words = match rows.as_slice() {
        [one] => one.words(),
        many => counted(many.len() as u64, "thing", "things that were deleted together"),
    };
    Ok(Done::new(form.page(), INTENT, words))
}

/// What tags may move back from: what the page showed them to name.
fn over(form: &Form<'_>) -> Result<Over> {
    if form.sent.text("over") != "yes" {
        return Ok(Over::Nothing);
    }
    let line = |line: &str| match line.split_once(' ') {
        Some((tag, digest)) => Ok((tag.parse()?, digest.parse()?)),
        None => Err(Error::invalid("expect", "a tag and a digest are wanted here")),
    };
    let seen: BTreeMap<SeenTag, Digest> = form.sent.all("expect").map(line).collect::<Result<_>>()?;
    Ok(if seen.is_empty() { Over::Anything } else { Over::Seen(seen) })
}

/// Lets an entry go for good, where its name was typed and who they are was shown a moment ago.
async fn purge(form: &Form<'_>) -> Result<Done> {
    if !form.sent.text("batch").is_empty() {
        return purge_all(form).await;
    }
    let row = trash::find(form.app, form.sent.text("entry")).await?;
    let _seen = form.app.access.authorize(form.caller, trash::restoring(&row)).await.map_err(hidden)?;
    let proof = form.app.access.authorize(form.caller, trash::purging(&row)).await?;
    form.confirmed(row.name())?;
    let from = (form.from.as_str(), form.mark.as_ref());
    again::show(form.app, &form.caller.standing, &form.sent.secret("password"), from).await?;
    trash::purge(form.app, &proof, row.id.clone()).await?;
    Ok(Done::new(form.page(), Intent::PurgeTrash, row.words()))
}

/// The same of all tags of one repository that were deleted together.
async fn purge_all(form: &Form<'_>) -> Result<Done> {
    let batch = form.sent.text("batch");
    let repository: RepositoryName = form.sent.parse("repository")?;
    let _seen = form.app.access.authorize(form.caller, trash::restoring_whole(&repository)).await.map_err(hidden)?;
    trash::require_tags(form.app, batch, &repository).await?;
    let proof = form.app.access.authorize(form.caller, trash::purging_all(repository.clone())).await?;
    form.confirmed(repository.as_str())?;
    let from = (form.from.as_str(), form.mark.as_ref());
    again::show(form.app, &form.caller.standing, &form.sent.secret("password"), from).await?;
    let n_gone = trash::purge_all(form.app, &proof, batch).await?;
    let words = format!("{} of {repository}", counted(n_gone as u64, "tag", "tags"));
    Ok(Done::new(form.page(), Intent::PurgeTrash, words))
}
