//! Forms that copy tags to another repository, promote one to a name of the same, and take a copy back.

use super::names::back;
use super::{Done, Form};
use crate::domain::action::{CopyTags, ReadRepository, SetTag, TakeBackCopy};
use crate::domain::condition::Expect;
use crate::domain::error::What;
use crate::domain::view::{CopyPlan, CopyQuery, CopyRow, How};
use crate::domain::{Address, Error, RepositoryName, Result, Tag};
use crate::server::service::copies::{self, Seen};
use crate::server::service::jobs;
use crate::server::service::names;
use crate::ui::form::{Back, Intent};
use crate::ui::words::counted;

/// Does what such a form asks for.
pub(super) async fn perform(form: &Form<'_>, intent: Intent) -> Result<Done> {
    if intent == Intent::UndoCopy { undo(form).await } else { copy(form).await }
}

/// Copies what the page showed, if it is as the page showed it.
///
/// # Errors
/// [`Error::Changed`] with what the name of a single tag names by now; [`Error::Conflict`] if something else changed.
async fn copy(form: &Form<'_>) -> Result<Done> {
    let Some(Address::Copy(from)) = form.page().strip_prefix("/r/").and_then(Address::parse_repository) else {
        return Err(Error::NotFound(What::Page));
    };
    let query = CopyQuery::of(&form.uri.to_string())?;
    let reading = ReadRepository { repository: from.clone() };
    let plan = copies::plan(form.app, &form.app.access.authorize(form.caller, reading).await?, &query).await?;
    if plan.seen != form.sent.text("seen") {
        return Err(changed(form, &plan));
    }
    match plan.one() {
        Some(row) if plan.to == from => promote(form, from, row.clone()).await,
        _ => link(form, from, plan).await,
    }
}

/// What is not as it was seen.
fn changed(form: &Form<'_>, plan: &CopyPlan) -> Error {
    let expected = form.sent.text("expect");
    match plan.one() {
        Some(row) if row.now.as_ref().map_or("", |now| now.as_str()) != expected => {
            Error::Changed { current: row.now.clone() }
        }
        _ => Error::Conflict("what these tags name changed since you looked, and nothing was done; look again".into()),
    }
}

/// Moves a name of the same repository to an image that another one has.
async fn promote(form: &Form<'_>, repository: RepositoryName, row: CopyRow) -> Result<Done> {
    let CopyRow { tag, digest, name, now } = row;
    let action = SetTag { repository: repository.clone(), tag: name.clone(), digest: digest.clone() };
    let proof = form.app.access.authorize(form.caller, action).await?;
    names::set(form.app, &proof, How::Promote, now.clone().map_or(Expect::Absent, Expect::Named)).await?;
    let words = format!("{name} names the same image as {tag} now");
    let back = back(form, (repository.clone(), name.clone()), now, digest).await;
    Ok(Done::new(Address::Tag(repository, name), Intent::CopyTags, words).with_back(back))
}

/// Copies tags to another repository.
async fn link(form: &Form<'_>, from: RepositoryName, plan: CopyPlan) -> Result<Done> {
    let seen = Seen::of(&plan);
    let to = plan.to.clone();
    let tags: Vec<(Tag, Tag)> = plan.rows.iter().map(|row| (row.tag.clone(), row.name.clone())).collect();
    let proof = form.app.access.authorize(form.caller, CopyTags { from, to: to.clone(), tags }).await?;
    let copied = copies::copy(form.app, &proof, seen).await?;
    if let Some(job) = copied.job {
        return Ok(Done::at_job(job, Intent::CopyTags));
    }
    let (page, words) = match plan.one() {
        Some(row) if row.tag == row.name => {
            (Address::Tag(to.clone(), row.name.clone()), format!("Copied {} to {to}", row.tag))
        }
        Some(CopyRow { tag, name, .. }) => {
            (Address::Tag(to.clone(), name.clone()), format!("Copied {tag} to {to} as {name}"))
        }
        None => {
            let tags = counted(plan.rows.len() as u64, "tag", "tags");
            (Address::Repository(to.clone()), format!("Copied {tags} to {to}"))
        }
    };
    let left = match copied.left.as_slice() {
        [] => String::new(),
        [one] => format!(", without the tag {one}"),
        more => format!(", without {} of signatures", counted(more.len() as u64, "tag", "tags")),
    };
    let moved = plan.rows.into_iter().filter(|row| row.now.as_ref() != Some(&row.digest));
    let moved = moved.map(|row| (row.name, row.digest, row.now)).collect();
    let may_undo = form.may(&TakeBackCopy { repository: to, tags: moved });
    let back = may_undo.then(|| Back::Copied(form.caller.request_id.clone()));
    Ok(Done::new(page, Intent::CopyTags, words + &left).with_back(back))
}

/// Takes a copy back: one that whoever sent the form made, or what a job copied that they may see.
///
/// # Errors
/// Not found for another one; [`Error::Conflict`] if something moved since.
async fn undo(form: &Form<'_>) -> Result<Done> {
    let job = form.sent.text("job");
    let action = match job.is_empty() {
        true => copies::made(form.app, form.caller.actor(), form.sent.text("copy")).await?,
        false => jobs::to_take_back(form.app, form.caller, job).await?,
    };
    let repository = action.repository.clone();
    let words = match action.tags.as_slice() {
        [(tag, ..)] => format!("{tag} of {repository} is as it was"),
        tags => format!("{} of {repository} are as they were", counted(tags.len() as u64, "tag", "tags")),
    };
    copies::undo(form.app, form.caller, action).await?;
    Ok(Done::new(Address::Repository(repository), Intent::UndoCopy, words))
}
