//! The files that differ between two images.

use super::{MAX_LISTS, Placed, check, readable, stacked};
use crate::domain::action::ReadRepository;
use crate::domain::files::{Difference, differences};
use crate::domain::view::{ChangeKind, ChangedFiles, ChangedQuery, ChangedView, FilesQuery, LayerRow, LayerState};
use crate::domain::{Digest, Error, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::insight::FORMAT;
use crate::server::store::layers::{self as store, Known, Wanted};
use std::ops::ControlFlow;

/// Paths on one page.
const MAX_ROWS: usize = 200;

/// Paths that are counted.
const MAX_COUNTED: u64 = 200_000;

/// One of the two images.
pub struct Side<'s> {
    pub proof: &'s Authorized<ReadRepository>,
    pub repository_id: &'s str,
    /// The lowest layer first.
    pub layers: &'s [LayerRow],
}

/// The files that differ, as far as the layers of both were read; what was not is asked for. One statement.
///
/// # Errors
/// [`Error::Invalid`] for a path that no list holds, and for images of very many layers.
pub async fn changed(app: &App, sides: [Side<'_>; 2], query: ChangedQuery) -> Result<ChangedFiles> {
    let asked = FilesQuery { path: query.path.clone(), after: query.after.clone(), layer: None };
    for side in &sides {
        check(side.layers, &asked)?;
    }
    let digests: [Vec<Digest>; 2] = std::array::from_fn(|n| readable(sides[n].layers));
    let wanted: [Wanted<'_>; 2] = std::array::from_fn(|n| Wanted {
        repository_id: sides[n].repository_id,
        layers: &digests[n],
        only: None,
        format: FORMAT,
        max_bytes: MAX_LISTS,
    });
    let turn = app.layers.turn().await;
    let known = store::known(&app.store, [&wanted[0], &wanted[1]], app.clock.now()).await?;
    for (side, known) in sides.iter().zip(&known) {
        let unread = known.iter().filter(|(_, known)| **known == Known::Unread).map(|(digest, _)| digest.clone());
        let unread: Vec<Digest> = unread.collect();
        app.layers.hint(side.proof.actor(), &side.proof.action().repository, &unread);
    }
    let rows = [sides[0].layers.to_vec(), sides[1].layers.to_vec()];
    let drawn = tokio::task::spawn_blocking(move || -> Result<ChangedFiles> {
        let ([from, to], [left, right]) = (rows, known);
        let ((from, left), (to, right)) = (stacked(&from, left)?, stacked(&to, right)?);
        let is_any = |state: &LayerState| from.iter().chain(&to).any(|layer| layer.state == *state);
        let found = match (is_any(&LayerState::Reading), is_any(&LayerState::Known)) {
            (true, _) => ChangedView::Waiting,
            (false, true) => ChangedView::TooLong,
            (false, false) => listed(&left, &right, &query)?,
        };
        Ok(ChangedFiles { query, layers: [from, to], found })
    });
    let drawn = drawn.await;
    drop(turn);
    drawn.map_err(|_| Error::Internal)?
}

/// Counts all that differ, and lists a page of those that are wanted.
fn listed(from: &[Placed], to: &[Placed], query: &ChangedQuery) -> Result<ChangedView> {
    let (mut counts, mut rows, mut n_seen) = ([0; 3], Vec::new(), 0);
    let is_behind = |path: &str| query.after.is_empty() || path.split('/').gt(query.after.split('/'));
    let seen = differences(from, to, &mut |difference: Difference| {
        if n_seen == MAX_COUNTED {
            return ControlFlow::Break(());
        }
        n_seen += 1;
        if difference.path.contains(&query.path) {
            let kind = ChangeKind::of(&difference);
            counts[kind as usize] += 1;
            let is_wanted = query.kind.is_none_or(|wanted| wanted == kind) && is_behind(&difference.path);
            if is_wanted && rows.len() <= MAX_ROWS {
                rows.push(difference);
            }
        }
        ControlFlow::Continue(())
    })?;
    let is_more = rows.len() > MAX_ROWS;
    rows.truncate(MAX_ROWS);
    let next = rows.last().filter(|_| is_more).map(|row| row.path.clone());
    Ok(ChangedView::Listed { counts, is_cut: seen.is_break(), rows, next })
}
