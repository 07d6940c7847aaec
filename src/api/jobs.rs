//! Questions about long work.

use crate::domain::Error;
use crate::domain::view::{JobView, JobsView};
use leptos::prelude::*;

/// A page of jobs older than `after`, newest first.
#[server(name = ListJobs, endpoint = "jobs/list")]
pub async fn list_jobs(after: String) -> Result<JobsView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ListJobs {}).await?;
    service::jobs::list(&app, &proof, &after, crate::domain::page::DEFAULT_LIMIT).await
}

/// One job.
#[server(name = ShowJob, endpoint = "jobs/show")]
pub async fn show_job(id: String) -> Result<JobView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ReadJob { id }).await?;
    service::jobs::view(&app, &proof).await
}
