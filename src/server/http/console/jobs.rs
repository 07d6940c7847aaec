//! Forms about long work.

use super::{Done, Form};
use crate::domain::action::RunCollection;
use crate::domain::run::Control;
use crate::domain::{Address, Result};
use crate::server::service::jobs;
use crate::ui::form::Intent;

pub(super) async fn collect(form: &Form<'_>) -> Result<Done> {
    let dry_run = !form.sent.text("dry_run").is_empty();
    let proof = form.app.access.authorize(form.caller, RunCollection { dry_run }).await?;
    let id = jobs::collect(form.app, &proof).await?;
    let of = if dry_run { "dry run" } else { "garbage collection" };
    Ok(Done::new(Address::Job(id), Intent::RunCollection, of))
}

/// Pauses a job, lets it go on, or ends it.
pub(super) async fn control(form: &Form<'_>, intent: Intent) -> Result<Done> {
    let control = match intent {
        Intent::PauseJob => Control::Pause,
        Intent::ResumeJob => Control::Resume,
        _ => Control::Cancel,
    };
    // In the list each row says which job it is, and the list stays as it is.
    let (id, page) = match form.sent.text("job") {
        "" => (form.last_part(), form.page().to_owned()),
        id => (id, form.uri.to_string()),
    };
    let action = jobs::to_control(form.app, form.caller, id, control).await?;
    let proof = form.app.access.authorize(form.caller, action).await?;
    jobs::control(form.app, &proof).await?;
    Ok(Done::new(page, intent, ""))
}
