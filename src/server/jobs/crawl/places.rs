//! Walking through a list page by page without going round in circles.

use crate::domain::Result;
use crate::server::jobs::reading::Reading;
use std::collections::HashSet;

/// The places at which the pages of a list began. A registry that sends us to one of them again would
/// keep us going round for ever.
#[derive(Default)]
pub(super) struct Places(HashSet<String>);

impl Places {
    /// Where to go on, if that is not where we have been.
    pub(super) fn next(&mut self, reading: &Reading<'_>, next: Option<String>) -> Result<Option<String>> {
        match next {
            Some(place) if !self.0.insert(place.clone()) => {
                Err(reading.fault("leads round in circles through its list; its paging is broken"))
            }
            next => Ok(next),
        }
    }
}
