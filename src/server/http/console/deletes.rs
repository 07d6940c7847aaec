//! Forms that do what a preview said, and the one that takes it back.

use super::{Done, Form, NextPage};
use crate::domain::action::{RestoreTrash, Trashed};
use crate::domain::error::What;
use crate::domain::trash::TrashRow;
use crate::domain::view::FEW_TAGS;
use crate::domain::{Address, Error, Permission, Result, Scope, Target};
use crate::server::service::plans::{Delete, Redeemed};
use crate::server::service::trash::{self, Taken, Undone};
use crate::ui::form::{Back, Intent};
use crate::ui::query::{address, came_from};
use std::collections::BTreeSet;

/// Does what the preview on the page said, once, however often it is sent.
///
/// # Errors
/// Not found for a plan of another page; [`Error::Invalid`] where what had to be typed was not.
pub(super) async fn redeem(form: &Form<'_>) -> Result<Done> {
    let (plan, wanted) = Delete::open(form.app, form.caller, form.sent.text("plan")).await?;
    if place(form.page()).is_none_or(|place| place != wanted.place()) {
        return Err(Error::NotFound(What::Plan));
    }
    confirmed(form, &wanted)?;
    let entries = match wanted.redeem(form.app, form.caller, &plan).await? {
        Redeemed::Done(entries) => entries,
        Redeemed::Run(job) => return Ok(Done::at_job(job, Intent::DeleteTags)),
    };
    let (to, intent, of) = match &wanted {
        Delete::Tags(it) | Delete::Unprotected { left: it, .. } => {
            let of = match it.tags.as_slice() {
                [one] => format!("tag {one} from {}", it.repository),
                _ if entries.len() == 1 => format!("1 tag from {}", it.repository),
                _ => format!("{} tags from {}", entries.len(), it.repository),
            };
            (Address::Repository(it.repository.clone()), Intent::DeleteTags, of)
        }
        Delete::Images(it) => {
            let digest = it.digests.first().map(|digest| digest.short()).unwrap_or_default();
            let of = format!("image {digest} with all its tags from {}", it.repository);
            (Address::Repository(it.repository.clone()), Intent::DeleteImage, of)
        }
        Delete::Repository(it) => (Address::Repositories, Intent::DeleteRepository, it.repository.to_string()),
        Delete::Namespace(it) => (Address::Repositories, Intent::DeleteNamespace, it.namespace.to_string()),
    };
    let is_kept = trash::of_batch(form.app, &plan.id).await.is_ok_and(|rows| !rows.is_empty());
    let back = (is_kept && may_restore(form, &wanted)).then_some(Back::Trash(plan.id));
    let list = came_from(&form.uri.to_string(), &to.to_string()).filter(|_| intent == Intent::DeleteTags);
    Ok(Done::new(list.unwrap_or_else(|| to.to_string()), intent, of).with_back(back))
}

/// Where the things of a page are, as plans write it.
fn place(page: &str) -> Option<String> {
    let address = match page.strip_prefix("/n/") {
        Some(rest) => Address::parse_namespace(rest),
        None => page.strip_prefix("/r/").and_then(Address::parse_repository),
    };
    match address? {
        Address::DeleteTags(name) | Address::DeleteTag(name, _) | Address::DeleteImage(name, _) => {
            Some(name.to_string())
        }
        Address::DeleteAll(Scope::Repository(name)) => Some(name.to_string()),
        Address::DeleteAll(Scope::Namespace(name)) => Some(format!("{name}/")),
        _ => None,
    }
}

/// Refuses what is large unless its name was typed; of many tags, their number as the page showed it.
fn confirmed(form: &Form<'_>, wanted: &Delete) -> Result<()> {
    match wanted {
        Delete::Tags(it) | Delete::Unprotected { left: it, .. } => {
            let now = it.tags.len() as u64;
            let shown = form.sent.text("tags").parse().ok().filter(|shown| *shown > FEW_TAGS).unwrap_or(now);
            if shown > FEW_TAGS { form.confirmed(&shown.to_string()) } else { Ok(()) }
        }
        Delete::Images(it) => form.confirmed(it.repository.as_str()),
        Delete::Repository(it) => form.confirmed(it.repository.as_str()),
        Delete::Namespace(it) => form.confirmed(it.namespace.as_str()),
    }
}

/// Whether the one who deleted it may bring it back.
fn may_restore(form: &Form<'_>, wanted: &Delete) -> bool {
    let restores = |what| form.may(&RestoreTrash { what, words: String::new() });
    match wanted {
        Delete::Tags(it) | Delete::Unprotected { left: it, .. } => {
            restores(Trashed::Tags(it.repository.clone(), it.tags.clone()))
        }
        Delete::Images(it) => restores(Trashed::Whole(it.repository.clone())),
        Delete::Repository(it) => restores(Trashed::Whole(it.repository.clone())),
        Delete::Namespace(it) => {
            let all = Target::Scope(Scope::Namespace(it.namespace.clone()));
            form.app.access.holds(&form.caller.standing, Permission::TrashRestore, &all)
        }
    }
}

/// Brings back what one request deleted. Tags of it that name other images by now are asked about at the trash.
///
/// # Errors
/// Not found for what is not in the trash, or not theirs to restore; what is in the way of it.
pub(super) async fn undo(form: &Form<'_>) -> Result<Done> {
    let batch = form.sent.text("batch");
    let rows = match trash::undo(form.app, form.caller, batch, Taken::Asked).await? {
        Undone::Done(rows) => rows,
        Undone::Job(job) => return Ok(Done::at_job(job, Intent::Undo)),
        Undone::Crosses => {
            let trash = Address::Trash(None).to_string();
            let asked = Done::new(address(&trash, &[("restore-all", batch)]), Intent::Undo, "");
            return Ok(Done { page: NextPage::Other, ..asked });
        }
    };
    let repositories: BTreeSet<_> = rows.iter().map(|row| &row.repository).collect();
    let to = match repositories.first() {
        Some(one) if repositories.len() == 1 => Address::Repository((*one).clone()).to_string(),
        _ => Address::Repositories.to_string(),
    };
    // Who sees the list stays at it, with its filter.
    let to = if form.page() == to { form.uri.to_string() } else { to };
    Ok(Done::new(to, Intent::Undo, words(&rows, repositories.len())))
}

fn words(rows: &[TrashRow], n_repositories: usize) -> String {
    match rows {
        [one] => one.words(),
        [one, ..] if n_repositories == 1 => {
            let what = if rows.iter().all(|row| row.tag.is_some()) { "tags" } else { "things" };
            format!("{} {what} of {}", rows.len(), one.repository)
        }
        _ => format!("{n_repositories} repositories"),
    }
}
