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

pub(super) async fn control(form: &Form<'_>, control: Control, intent: Intent) -> Result<Done> {
    let action = jobs::to_control(form.app, form.caller, form.last_part(), control).await?;
    let proof = form.app.access.authorize(form.caller, action).await?;
    jobs::control(form.app, &proof).await?;
    Ok(Done::new(form.page(), intent, ""))
}
