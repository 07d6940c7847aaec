//! Sums over what readers see, answered from memory where nothing was written since ([`Moment`]): each is a look at
//! every repository, and open pages ask for the same one again and again.

use super::{Moment, Store, visible};
use crate::domain::view::Totals;
use crate::domain::{Namespace, Result};
use crate::server::access::Visibility;
use std::sync::{Mutex, PoisonError};

/// How many sums are kept. What a reader sees may take some hundred kilobytes, which they share with their standing.
const ROOM: usize = 32;

/// Sums over the repositories that the reader may see. What several of them share is stored once and counted in each.
pub async fn totals(store: &Store, visibility: &Visibility, namespace: Option<&Namespace>) -> Result<Totals> {
    let moment = store.moment();
    if let Some(known) = store.sums.known(moment, visibility, namespace) {
        return Ok(known);
    }
    let mut params = vec![];
    let shown = visible::condition(store, visibility, "r", &mut params) + &visible::below(namespace, "r", &mut params);
    let sums = ["r.n_tags", "r.n_images", "r.stored_bytes", "r.logical_bytes"];
    let sums = sums.map(|column| format!("CAST(COALESCE(SUM({column}), 0) AS BIGINT)")).join(", ");
    let sql = format!(
        "SELECT COUNT(*), {sums} FROM repositories r JOIN mounts m ON m.id = r.mount_id WHERE m.active = 1 {shown}"
    );
    let Some(mut row) = store.scan(&sql, params).await?.into_iter().next() else { return Ok(Totals::default()) };
    let (repositories, tags, images) = (row.take()?, row.take()?, row.take()?);
    let sum = Totals { repositories, tags, images, stored: row.take()?, logical: row.take()?, tags_sharing: 0 };
    store.sums.keep(moment, visibility, namespace, sum);
    Ok(sum)
}

/// The sums of one database.
#[derive(Default)]
pub(super) struct Sums(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// At which moment all of them were read.
    at: Option<Moment>,
    sums: Vec<(Visibility, Option<Namespace>, Totals)>,
}

impl Sums {
    /// What is known at this moment, which the caller names before it asks anybody.
    pub(super) fn known(&self, now: Option<Moment>, of: &Visibility, below: Option<&Namespace>) -> Option<Totals> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sums = known.sums.iter().filter(|_| now.is_some() && known.at == now);
        sums.find(|(visibility, within, _)| within.as_ref() == below && visibility == of).map(|(.., sum)| *sum)
    }

    /// Keeps what was read since the moment.
    pub(super) fn keep(&self, at: Option<Moment>, of: &Visibility, below: Option<&Namespace>, sum: Totals) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Where nothing is found nothing is kept: strangers could fill the room with names.
        if at.is_none() || known.at > at || sum.repositories == 0 {
            return;
        }
        if known.at != at || known.sums.len() == ROOM {
            *known = Known { at, sums: vec![] };
        }
        known.sums.push((of.clone(), below.cloned(), sum));
    }
}
