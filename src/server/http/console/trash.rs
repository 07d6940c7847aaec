//! Forms about what was deleted.

use super::{Done, Form};
use crate::domain::error::What;
use crate::domain::{Error, Result};
use crate::server::http::restored;
use crate::server::service::trash;
use crate::ui::form::Intent;
use crate::ui::query::address;
use crate::ui::words::counted;

/// What somebody may not bring back is not in the trash to them.
fn hidden(refusal: Error) -> Error {
    match refusal {
        Error::Forbidden(_) | Error::NotFound(_) => Error::NotFound(What::Trash),
        refusal => refusal,
    }
}

/// Does what such a form asks for.
pub(super) async fn perform(form: &Form<'_>, intent: Intent) -> Result<Done> {
    if intent == Intent::PurgeTrash { purge(form).await } else { restore(form).await }
}

/// Brings an entry back, or all that was deleted with it. One whose tags name other images by now is asked about.
async fn restore(form: &Form<'_>) -> Result<Done> {
    const INTENT: Intent = Intent::RestoreTrash;
    let (batch, over) = (form.sent.text("batch"), form.sent.text("over") == "yes");
    if !batch.is_empty() {
        let rows = restored::batch(form.app, form.caller, batch, over).await.map_err(hidden)?;
        let words = match rows.as_slice() {
            [one] => one.words(),
            many => counted(many.len() as u64, "thing", "things that were deleted together"),
        };
        return Ok(Done::new(form.page(), INTENT, words));
    }
    let row = trash::find(form.app, form.sent.text("entry")).await?;
    let proof = form.app.access.authorize(form.caller, trash::restoring(&row)).await.map_err(hidden)?;
    if !over && trash::crosses(form.app, &row).await? {
        return Ok(Done::asking(address(form.page(), &[("restore", &row.id)]), INTENT));
    }
    trash::restore(form.app, &proof, vec![row.id.clone()], over).await?;
    Ok(Done::new(form.page(), INTENT, row.words()))
}

/// Lets an entry go for good, where its name was typed.
async fn purge(form: &Form<'_>) -> Result<Done> {
    let row = trash::find(form.app, form.sent.text("entry")).await?;
    let _seen = form.app.access.authorize(form.caller, trash::restoring(&row)).await.map_err(hidden)?;
    let proof = form.app.access.authorize(form.caller, trash::purging(&row)).await?;
    form.confirmed(row.name())?;
    trash::purge(form.app, &proof, row.id.clone()).await?;
    Ok(Done::new(form.page(), Intent::PurgeTrash, row.words()))
}
