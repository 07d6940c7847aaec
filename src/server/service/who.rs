//! Who did something is told to people who say who they are themselves: what is public is so without names, and without the
//! words that somebody left.

use crate::domain::view::{HistoryRow, MoveRow, Moved, RepositoryRow, TagRow};
use crate::domain::{Actor, Error, Result, Rule};
use crate::server::access::Rights;

/// Whether the holder of these rights learns it.
fn is_told(rights: &Rights) -> bool {
    rights.standing().is_signed_in()
}

/// The account of a person, by its id.
pub(super) fn account(rights: &Rights) -> Option<String> {
    let standing = rights.standing();
    standing.id.clone().filter(|_| matches!(standing.actor, Actor::User(_)))
}

/// Who did something.
pub(super) fn told(rights: &Rights, by: Option<Actor>) -> Option<Actor> {
    by.filter(|_| is_told(rights))
}

/// A move of a tag.
pub(super) fn of_move(rights: &Rights, moved: Moved) -> Moved {
    match moved {
        Moved::At { when, by } => Moved::At { when, by: told(rights, by) },
        seen @ Moved::FirstSeen { .. } => seen,
    }
}

pub(super) fn of_tag(rights: &Rights, row: TagRow) -> TagRow {
    TagRow { moved: of_move(rights, row.moved), ..row }
}

pub(super) fn of_tags(rights: &Rights, rows: &mut [TagRow]) {
    for row in rows.iter_mut().filter(|_| !is_told(rights)) {
        row.moved = of_move(rights, row.moved.clone());
    }
}

/// Moves of tags as an image shows them.
pub(super) fn of_moves(rights: &Rights, rows: &mut [MoveRow]) {
    rows.iter_mut().for_each(|row| row.by = told(rights, row.by.take()));
}

pub(super) fn of_repositories(rights: &Rights, rows: &mut [RepositoryRow]) {
    rows.iter_mut().for_each(|row| row.updated_by = told(rights, row.updated_by.take()));
}

pub(super) fn of_rules(rights: &Rights, rules: &mut [Rule]) {
    rules.iter_mut().for_each(|rule| rule.created_by = told(rights, rule.created_by.take()));
}

pub(super) fn of_history(rights: &Rights, rows: &mut [HistoryRow]) {
    for row in rows.iter_mut().filter(|_| !is_told(rights)) {
        (row.by, row.reason) = (None, None);
    }
}

/// Refuses to find by a name what names nobody.
///
/// # Errors
/// [`Error::Unauthenticated`].
pub(super) fn require_told(rights: &Rights, asks_by_name: bool) -> Result<()> {
    if asks_by_name && !is_told(rights) { Err(Error::Unauthenticated) } else { Ok(()) }
}
