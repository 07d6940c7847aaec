//! Walking through a list page by page without going round in circles.

use crate::domain::Result;
use crate::server::jobs::reading::Reading;
use std::collections::HashSet;

/// The most pages of one list.
const MAX_PAGES: usize = 20_000;
/// The most pages in a row that bring nothing.
const MAX_EMPTY: usize = 50;

/// The places at which the pages of a list began. A registry that sends us to one of them again, or to ever new
/// ones where nothing is, would keep us going for ever.
#[derive(Default)]
pub(super) struct Places {
    met: HashSet<String>,
    n_empty: usize,
}

impl Places {
    /// Where to go on after a page that brought `n_items`, if that leads anywhere.
    pub(super) fn next(
        &mut self,
        reading: &Reading<'_>,
        n_items: usize,
        next: Option<String>,
    ) -> Result<Option<String>> {
        let Some(place) = next else { return Ok(None) };
        self.n_empty = if n_items == 0 { self.n_empty + 1 } else { 0 };
        if self.met.len() >= MAX_PAGES || self.n_empty > MAX_EMPTY {
            return Err(reading.fault("gives a list that does not end; its paging is broken"));
        }
        if !self.met.insert(place.clone()) {
            return Err(reading.fault("leads round in circles through its list; its paging is broken"));
        }
        Ok(Some(place))
    }
}
